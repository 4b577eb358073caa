// crypto: the few primitives Awda uses, all from libsodium, behind one wall.
//
// Every structure that is hashed or signed begins with an 8-byte domain string, so that bytes meant
// for one purpose can never be accepted for another. Threads: pure functions, safe anywhere after
// crypto_start().
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "platform/bytes.h"
#include "platform/secret.h"

namespace awda {

using Hash32 = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;
using SignPublic = std::array<std::uint8_t, 32>;  ///< Ed25519 (RFC 8032)
using SealPublic = std::array<std::uint8_t, 32>;  ///< X25519 (RFC 7748)

/// Starts libsodium; call once at the head of main. kCryptoUnavailable if it can't.
[[nodiscard]] Status crypto_start();

/// Randomness by injection: the system's generator in programs, a seeded one in tests.
class Random {
public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::uint8_t> out) = 0;
    [[nodiscard]] std::uint64_t next_u64();
};
[[nodiscard]] Random& system_random();

/// BLAKE2b-256 (RFC 7693), keyed when `key` is not empty (up to 64 bytes).
[[nodiscard]] Hash32 hash32(ByteView data, ByteView key = {});
/// The same, fed in pieces.
class Hasher {
public:
    explicit Hasher(ByteView key = {});
    ~Hasher();
    Hasher(Hasher&&) noexcept;
    Hasher& operator=(Hasher&&) noexcept;
    void add(ByteView data);
    [[nodiscard]] Hash32 finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

struct SignKey {
    SignPublic pub{};
    SecretBytes seed;  ///< 32 bytes
};
[[nodiscard]] SignKey new_sign_key(Random& random);
[[nodiscard]] SignKey sign_key_from_seed(ByteView seed32);
/// Signs `domain` (8 bytes) followed by `data`.
[[nodiscard]] Signature sign(const SignKey& key, std::string_view domain, ByteView data);
[[nodiscard]] bool verify(const SignPublic& key, std::string_view domain, ByteView data,
                          const Signature& signature);
/// A signature over the bytes alone, as others make them. Our own always have a domain.
[[nodiscard]] bool verify_plain(const SignPublic& key, ByteView data, const Signature& signature);

struct SealKey {
    SealPublic pub{};
    SecretBytes secret;  ///< 32 bytes
};
[[nodiscard]] SealKey new_seal_key(Random& random);
[[nodiscard]] SealKey seal_key_from_secret(ByteView secret32);
/// The sealing key of somebody who is known by a signing key: the same point of the curve in its
/// other form (RFC 7748, section 4.1), so that one published key serves both. kMalformed if `key`
/// is no Ed25519 point.
[[nodiscard]] Result<SealPublic> seal_public_of(const SignPublic& key);
[[nodiscard]] SealKey seal_key_of(const SignKey& key);
/// An anonymous sealed box (X25519, XSalsa20-Poly1305): `data` grows by kSealOverhead bytes.
/// Ephemeral keys always come from the system's generator.
[[nodiscard]] Bytes seal_to(const SealPublic& recipient, ByteView data);
/// kNotForUs if it was sealed to another key or was altered.
[[nodiscard]] Result<SecretBytes> open_sealed(const SealKey& key, ByteView sealed);
inline constexpr std::size_t kSealOverhead = 48;

/// A subkey of a 32-byte key (crypto_kdf, BLAKE2b). `context` is 8 characters.
[[nodiscard]] SecretBytes derive_key(ByteView key32, std::uint64_t id, std::string_view context);

/// XChaCha20-Poly1305 (IETF): nonce of 24 bytes in front of the ciphertext; overhead 40 bytes.
[[nodiscard]] Bytes aead_wrap(ByteView key32, ByteView plain, ByteView associated, Random& random);
/// kAltered if key, ciphertext or associated data do not belong together.
[[nodiscard]] Result<SecretBytes> aead_unwrap(ByteView key32, ByteView wrapped,
                                              ByteView associated);

/// Argon2id cost. Slots bind it as associated data, so it can't be lowered behind our back.
struct KdfCost {
    std::uint32_t passes = 4;
    std::uint32_t memory_kib = 512U * 1024U;
    bool operator==(const KdfCost&) const = default;
};
/// The least a release build accepts: 3 passes over 256 MiB.
inline constexpr KdfCost kKdfFloor{3, 256U * 1024U};
/// Argon2id v1.3 (RFC 9106), one lane, 32 bytes out. kOutOfMemory if the memory can't be had.
[[nodiscard]] Result<SecretBytes> derive_from_passphrase(ByteView passphrase, ByteView salt16,
                                                         const KdfCost& cost);

/// Authenticated stream of frames (secretstream, XChaCha20-Poly1305) for batches and blobs.
inline constexpr std::size_t kStreamHeaderSize = 24;
inline constexpr std::size_t kStreamFrameOverhead = 17;
class StreamSealer {
public:
    explicit StreamSealer(ByteView key32);
    ~StreamSealer();
    [[nodiscard]] ByteView header() const;
    /// The last frame must have `final` set.
    [[nodiscard]] Bytes frame(ByteView plain, ByteView associated, bool final);

private:
    struct State;
    std::unique_ptr<State> state_;
};
class StreamOpener {
public:
    StreamOpener(ByteView key32, ByteView header24);
    ~StreamOpener();
    struct Frame {
        Bytes plain;
        bool final = false;
    };
    /// kAltered on a frame that is damaged, reordered, or comes after the final one.
    [[nodiscard]] Result<Frame> frame(ByteView sealed, ByteView associated);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Standard base64 with padding (RFC 4648).
[[nodiscard]] std::string to_base64(ByteView bytes);

}  // namespace awda
