// key_folders: the ministry's keys on disk, one folder for each custodian.
//
// `keys init` makes them together on a machine that is offline; afterwards the folders part: roots
// and recovery go into safes, the delegate's stays with whoever issues vouchers, and only
// `registry`, `frontend` and the public `hq.keys` stay with the server. Each loader reads what its
// command needs and nothing else. Ownership: plain values; secrets wipe themselves. Threads: pure
// functions. Layout of the folders and of a key file: README.md.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "platform/clock.h"
#include "platform/crypto.h"
#include "platform/files.h"
#include "platform/ids.h"
#include "sync/trust.h"

namespace awda::central {

/// Makes every folder under `out`, all or none of them. kKeysExist if `out` holds anything.
[[nodiscard]] Result<sync::HqKeys> init_key_folders(const Path& out,
                                                    const std::vector<std::string>& hosts,
                                                    const Clock& clock, Random& random);
/// Folders that must leave the server after `keys init`.
[[nodiscard]] const std::vector<std::string>& offline_folders();

/// The raw key of central's own SQLCipher database, and its salt.
struct DatabaseKey {
    SecretBytes key;   ///< 32 bytes
    SecretBytes salt;  ///< 16 bytes
};
/// kKeysMissing, kKeysMismatch.
[[nodiscard]] Result<DatabaseKey> load_database_key(const Path& keys);

/// hq.keys: signed by two of the roots it names.
struct PublicKeys {
    sync::SignedHqKeys signed_keys;
    sync::HqKeys hq;
};
[[nodiscard]] Result<PublicKeys> load_public_keys(const Path& keys);

struct VoucherKeys {
    PublicKeys hq;
    SignKey delegate;
};
[[nodiscard]] Result<VoucherKeys> load_voucher_keys(const Path& keys);

/// What opens protected answers: for the protection unit, on a machine of its own. kKeysMissing,
/// kKeysMismatch.
[[nodiscard]] Result<SealKey> load_protection_key(const Path& keys);
/// A line in the protection unit's own book beside the key, of a record about to be shown.
[[nodiscard]] Status append_protection_log(const Path& keys, UnixMs now, const InstanceId& record);

/// All that `serve` may have: neither root nor recovery nor delegate nor protection.
struct ServeKeys {
    PublicKeys hq;
    SealKey registry;
    SignKey opened_receipt;
    SignKey stored_receipt;
    SecretBytes tls_key;  ///< PEM
    std::string tls_certificate;
};
/// kKeysMissing; kKeysMismatch if a key is not the one that hq.keys names.
[[nodiscard]] Result<ServeKeys> load_serve_keys(const Path& keys);

}  // namespace awda::central
