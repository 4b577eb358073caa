// SecondFactor: something an officer holds besides knowing a passphrase: 32 bytes that a device
// gives again whenever it is asked with the same credential and salt (FIDO2's hmac-secret, say).
//
// The secret is mixed into the key that wraps the officer's slot, so that neither the passphrase
// nor the device opens it alone. Credential and salt lie in the slot and are bound to it. Threads:
// asking waits for a person; on the thread that unlocks.
#pragma once

#include <array>

#include "platform/bytes.h"
#include "platform/ids.h"
#include "platform/secret.h"

namespace awda::agent {

struct Session;

inline constexpr std::size_t kCredentialMax = 256;
using FactorSalt = std::array<std::uint8_t, 32>;

class SecondFactor {
public:
    virtual ~SecondFactor() = default;
    /// Makes a credential for an officer on the device; at most kCredentialMax bytes.
    /// kSecondFactor.
    [[nodiscard]] virtual Result<Bytes> enrol(const OfficerId& officer) = 0;
    /// The 32 bytes of this credential and salt, always with the holder verified. kSecondFactor
    /// when the device is missing, is another one, or its holder did not agree.
    [[nodiscard]] virtual Result<SecretBytes> secret(ByteView credential,
                                                     const FactorSalt& salt) = 0;
};

/// Binds the logged-in officer's slot to the device in VaultEnv::factor. kSecondFactor;
/// kWrongPassphrase.
[[nodiscard]] Status add_second_factor(Session& session, const SecretBytes& passphrase);
/// The passphrase alone opens the slot again; asks the device once more before.
[[nodiscard]] Status remove_second_factor(Session& session, const SecretBytes& passphrase);

}  // namespace awda::agent
