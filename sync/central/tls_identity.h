// tls_identity: central's TLS key and self-signed certificate, and their pins.
//
// Agents trust the key by its pin (SHA-256 of SubjectPublicKeyInfo), not a certificate authority,
// so the certificate only has to carry the key. Ownership: plain values. Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "platform/clock.h"
#include "platform/crypto.h"
#include "platform/result.h"
#include "platform/secret.h"

namespace awda::central {

/// A new EC P-256 key as PKCS#8 PEM.
[[nodiscard]] Result<SecretBytes> new_tls_key();
/// A certificate over that key for `hosts` (names or addresses), valid for ten years from `now`.
[[nodiscard]] Result<std::string> self_signed_certificate(ByteView key_pem,
                                                          const std::vector<std::string>& hosts,
                                                          UnixMs now);
/// SHA-256 of the key's SubjectPublicKeyInfo. kMalformed if it isn't a private key in PEM.
[[nodiscard]] Result<Hash32> pin_of_key(ByteView key_pem);
/// The same of a certificate's key. kMalformed.
[[nodiscard]] Result<Hash32> pin_of_certificate(ByteView certificate_pem);

}  // namespace awda::central
