// crypto_openssl: the algorithms that ODK's encrypted submissions prescribe, and nothing else.
//
// Our own formats use platform/crypto.h; these are here because another system's format names them.
// OpenSSL stays behind this wall. Ownership: values in, values out; key material leaves as
// SecretBytes. Threads: pure functions.
#pragma once

#include <array>
#include <initializer_list>

#include "platform/bytes.h"
#include "platform/secret.h"

namespace awda {

using Md5Sum = std::array<std::uint8_t, 16>;

/// MD5 (RFC 1321) of the parts one after another. Not for security. kCryptoUnavailable.
[[nodiscard]] Result<Md5Sum> md5(std::initializer_list<ByteView> parts);

inline constexpr int kRsaBitsMin = 2048;

/// RSA-OAEP (RFC 8017) with SHA-256 for the hash and for MGF1, to a SubjectPublicKeyInfo in DER.
/// kMalformed if it is no RSA key of at least kRsaBitsMin bits; kTooLarge if `data` does not fit.
[[nodiscard]] Result<Bytes> rsa_oaep_seal(ByteView public_key_der, ByteView data);
/// The other way, with a private key in PEM; `passphrase` opens an encrypted one, nobody is asked.
/// kMalformed if the key can't be read, kNotForUs if the data was sealed to another key.
[[nodiscard]] Result<SecretBytes> rsa_oaep_open(ByteView private_key_pem, ByteView passphrase,
                                                ByteView sealed);

/// AES-256 in CFB mode with a feedback of 128 bits (SP 800-38A): a stream, no padding of its own.
[[nodiscard]] Result<Bytes> aes256_cfb_encrypt(ByteView key32, ByteView iv16, ByteView plain);
[[nodiscard]] Result<Bytes> aes256_cfb_decrypt(ByteView key32, ByteView iv16, ByteView cipher);

}  // namespace awda
