// delivery: what it takes to send the outbox, vault open or locked, gathered from public papers.
//
// The voucher of enrolment lies beside the vault as it came (signed, nothing secret), for it names
// the server, its pinned keys and the receipt keys; the enrolment request in the outbox names the
// device and that very voucher's hash. Ownership: plain values. Threads: deliver() blocks, for the
// net thread; the rest is for whoever owns the folder.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "agent/vault/vault.h"
#include "platform/clock.h"
#include "platform/crypto.h"
#include "platform/files.h"
#include "platform/http.h"
#include "sync/courier.h"

namespace awda::agent {

inline constexpr std::uint64_t kVoucherBytesMax = 64U * 1024U;

/// Makes the vault, with its voucher beside it. As Vault::create.
[[nodiscard]] Result<std::unique_ptr<Vault>> enrol(const VaultEnv& env, const NewVault& wanted);

struct DeliverySetup {
    Path outbox;
    sync::CourierSettings settings;
    HttpOptions http;
    std::string office_name;
};
/// kVaultMissing, kNotEnrolled, kAltered if the voucher is not the one that was enrolled with.
[[nodiscard]] Result<DeliverySetup> delivery_setup(const Path& vault_folder, const Path& outbox,
                                                   const std::string& connect_to);
/// Where a vault keeps its outbox.
[[nodiscard]] Path outbox_of(const Path& vault_folder);

struct DeliveryParts {
    const Clock& clock;
    Random& random;
    std::function<Result<std::unique_ptr<HttpClient>>(HttpOptions)> connect = HttpClient::make;
    sync::CourierHooks hooks;
};
/// One run of the courier. kBusy when another process is delivering. A link or server that failed
/// is in the summary, not an error.
[[nodiscard]] Result<sync::SyncSummary> deliver(const DeliverySetup& setup,
                                                const DeliveryParts& parts);

/// What lies in an outbox, for a status without a passphrase.
struct OutboxView {
    bool enrolled = false;
    std::uint64_t waiting_batches = 0;  ///< without an opened receipt
    std::uint64_t waiting_bytes = 0;    ///< without a stored receipt
    UnixMs last_receipt_ms = 0;         ///< by the server's clock; 0 = none is held
    bool forked = false;
};
[[nodiscard]] Result<OutboxView> look_at_outbox(const DeliverySetup& setup);

}  // namespace awda::agent
