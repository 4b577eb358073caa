// key_file: a secret key of headquarters as a file: what it is for, the secret, and a checksum.
//
// The checksum catches damage, not malice; whose key it is, hq.keys tells. Layout: PROTOCOL.md.
// Ownership: the secret wipes itself. Threads: pure, apart from the file.
#pragma once

#include <cstdint>

#include "platform/crypto.h"
#include "platform/files.h"

namespace awda::sync {

/// What a key file is for; stands in the file, so that two files cannot be swapped.
enum class KeyPurpose : std::uint8_t {
    kRoot = 1,
    kRecovery = 2,
    kDelegate = 3,
    kRegistry = 4,
    kOpenedReceipt = 5,
    kStoredReceipt = 6,
    kDatabase = 7,
    kProtection = 8,
};

[[nodiscard]] Status write_key_file(const Path& path, KeyPurpose purpose, ByteView secret);
/// The secret. kKeysMissing; kKeysMismatch if it is damaged, of another purpose or another size.
[[nodiscard]] Result<SecretBytes> read_key_file(const Path& path, KeyPurpose purpose,
                                                std::size_t size);

}  // namespace awda::sync
