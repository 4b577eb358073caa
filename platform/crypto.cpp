#include "platform/crypto.h"

#include <sodium.h>

#include <algorithm>

namespace awda {

static_assert(kSealOverhead == crypto_box_SEALBYTES);
static_assert(kStreamHeaderSize == crypto_secretstream_xchacha20poly1305_HEADERBYTES);
static_assert(kStreamFrameOverhead == crypto_secretstream_xchacha20poly1305_ABYTES);
static_assert(sizeof(Hash32) == crypto_generichash_BYTES);

Status crypto_start() {
    if (sodium_init() < 0) return Error(Errc::kCryptoUnavailable, "starting libsodium");
    return {};
}

std::uint64_t Random::next_u64() {
    std::array<std::uint8_t, 8> bytes{};
    fill(bytes);
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes) value = value << 8U | byte;
    return value;
}

namespace {
class SystemRandom final : public Random {
public:
    void fill(std::span<std::uint8_t> out) override { randombytes_buf(out.data(), out.size()); }
};
}  // namespace

Random& system_random() {
    static SystemRandom random;
    return random;
}

Hash32 hash32(ByteView data, ByteView key) {
    AWDA_ASSERT(key.size() <= crypto_generichash_KEYBYTES_MAX);
    Hash32 out{};
    crypto_generichash(out.data(), out.size(), data.data(), data.size(), key.data(), key.size());
    return out;
}

// The state is over-aligned, which make_unique honours in C++17 and later.
struct Hasher::State {
    crypto_generichash_state sodium;
};

Hasher::Hasher(ByteView key) : state_(std::make_unique<State>()) {
    AWDA_ASSERT(key.size() <= crypto_generichash_KEYBYTES_MAX);
    crypto_generichash_init(&state_->sodium, key.data(), key.size(), sizeof(Hash32));
}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::add(ByteView data) {
    crypto_generichash_update(&state_->sodium, data.data(), data.size());
}

Hash32 Hasher::finish() {
    Hash32 out{};
    crypto_generichash_final(&state_->sodium, out.data(), out.size());
    return out;
}

SignKey sign_key_from_seed(ByteView seed32) {
    AWDA_ASSERT(seed32.size() == crypto_sign_SEEDBYTES);
    SignKey key;
    key.seed = SecretBytes::copy_of(seed32);
    SecretBytes expanded(crypto_sign_SECRETKEYBYTES);
    crypto_sign_seed_keypair(key.pub.data(), expanded.mutable_view().data(), seed32.data());
    return key;
}

SignKey new_sign_key(Random& random) {
    SecretBytes seed(crypto_sign_SEEDBYTES);
    random.fill(seed.mutable_view());
    return sign_key_from_seed(seed.view());
}

namespace {
Bytes with_domain(std::string_view domain, ByteView data) {
    AWDA_ASSERT(domain.size() == 8);
    Bytes message = to_bytes(domain);
    message.insert(message.end(), data.begin(), data.end());
    return message;
}
}  // namespace

Signature sign(const SignKey& key, std::string_view domain, ByteView data) {
    const Bytes message = with_domain(domain, data);
    SignPublic pub{};
    SecretBytes expanded(crypto_sign_SECRETKEYBYTES);
    crypto_sign_seed_keypair(pub.data(), expanded.mutable_view().data(), key.seed.view().data());
    Signature signature{};
    crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(),
                         expanded.view().data());
    return signature;
}

bool verify(const SignPublic& key, std::string_view domain, ByteView data,
            const Signature& signature) {
    const Bytes message = with_domain(domain, data);
    return crypto_sign_verify_detached(signature.data(), message.data(), message.size(),
                                       key.data()) == 0;
}

bool verify_plain(const SignPublic& key, ByteView data, const Signature& signature) {
    return crypto_sign_verify_detached(signature.data(), data.data(), data.size(), key.data()) == 0;
}

SealKey seal_key_from_secret(ByteView secret32) {
    AWDA_ASSERT(secret32.size() == crypto_box_SECRETKEYBYTES);
    SealKey key;
    key.secret = SecretBytes::copy_of(secret32);
    crypto_scalarmult_base(key.pub.data(), secret32.data());
    return key;
}

Result<SealPublic> seal_public_of(const SignPublic& key) {
    SealPublic converted{};
    if (crypto_sign_ed25519_pk_to_curve25519(converted.data(), key.data()) != 0) {
        return Error(Errc::kMalformed, "a signing key that is no point of its curve");
    }
    return converted;
}

SealKey seal_key_of(const SignKey& key) {
    SignPublic pub{};
    SecretBytes expanded(crypto_sign_SECRETKEYBYTES);
    crypto_sign_seed_keypair(pub.data(), expanded.mutable_view().data(), key.seed.view().data());
    SecretBytes secret(crypto_box_SECRETKEYBYTES);
    crypto_sign_ed25519_sk_to_curve25519(secret.mutable_view().data(), expanded.view().data());
    return seal_key_from_secret(secret.view());
}

SealKey new_seal_key(Random& random) {
    SecretBytes secret(crypto_box_SECRETKEYBYTES);
    random.fill(secret.mutable_view());
    return seal_key_from_secret(secret.view());
}

Bytes seal_to(const SealPublic& recipient, ByteView data) {
    Bytes sealed(data.size() + crypto_box_SEALBYTES);
    const int failed = crypto_box_seal(sealed.data(), data.data(), data.size(), recipient.data());
    AWDA_ASSERT(failed == 0);
    return sealed;
}

Result<SecretBytes> open_sealed(const SealKey& key, ByteView sealed) {
    if (sealed.size() < crypto_box_SEALBYTES) {
        return Error(Errc::kMalformed, "a sealed box shorter than its overhead");
    }
    SecretBytes plain(sealed.size() - crypto_box_SEALBYTES);
    if (crypto_box_seal_open(plain.mutable_view().data(), sealed.data(), sealed.size(),
                             key.pub.data(), key.secret.view().data()) != 0) {
        return Error(Errc::kNotForUs, "opening a sealed box");
    }
    return plain;
}

SecretBytes derive_key(ByteView key32, std::uint64_t id, std::string_view context) {
    AWDA_ASSERT(key32.size() == crypto_kdf_KEYBYTES);
    AWDA_ASSERT(context.size() == crypto_kdf_CONTEXTBYTES);
    SecretBytes out(32);
    crypto_kdf_derive_from_key(out.mutable_view().data(), out.size(), id, context.data(),
                               key32.data());
    return out;
}

namespace {
constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
}  // namespace

Bytes aead_wrap(ByteView key32, ByteView plain, ByteView associated, Random& random) {
    AWDA_ASSERT(key32.size() == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
    Bytes out(kNonce + plain.size() + kTag);
    random.fill(std::span(out).first(kNonce));
    crypto_aead_xchacha20poly1305_ietf_encrypt(out.data() + kNonce, nullptr, plain.data(),
                                               plain.size(), associated.data(), associated.size(),
                                               nullptr, out.data(), key32.data());
    return out;
}

Result<SecretBytes> aead_unwrap(ByteView key32, ByteView wrapped, ByteView associated) {
    AWDA_ASSERT(key32.size() == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
    if (wrapped.size() < kNonce + kTag) return Error(Errc::kMalformed, "a wrapped key too short");
    SecretBytes plain(wrapped.size() - kNonce - kTag);
    const ByteView sealed = wrapped.subspan(kNonce);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            plain.mutable_view().data(), nullptr, nullptr, sealed.data(), sealed.size(),
            associated.data(), associated.size(), wrapped.data(), key32.data()) != 0) {
        return Error(Errc::kAltered, "unwrapping a key");
    }
    return plain;
}

Result<SecretBytes> derive_from_passphrase(ByteView passphrase, ByteView salt16,
                                           const KdfCost& cost) {
    AWDA_ASSERT(salt16.size() == crypto_pwhash_argon2id_SALTBYTES);
    SecretBytes key(32);
    if (crypto_pwhash_argon2id(key.mutable_view().data(), key.size(),
                               reinterpret_cast<const char*>(passphrase.data()), passphrase.size(),
                               salt16.data(), cost.passes, std::size_t{cost.memory_kib} * 1024,
                               crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
        return Error(Errc::kOutOfMemory, "deriving a key from a passphrase");
    }
    return key;
}

struct StreamSealer::State {
    crypto_secretstream_xchacha20poly1305_state sodium;
    std::array<std::uint8_t, kStreamHeaderSize> header{};
    bool finished = false;
    ~State() { sodium_memzero(&sodium, sizeof sodium); }
};

StreamSealer::StreamSealer(ByteView key32) : state_(std::make_unique<State>()) {
    AWDA_ASSERT(key32.size() == crypto_secretstream_xchacha20poly1305_KEYBYTES);
    crypto_secretstream_xchacha20poly1305_init_push(&state_->sodium, state_->header.data(),
                                                    key32.data());
}
StreamSealer::~StreamSealer() = default;

ByteView StreamSealer::header() const {
    return state_->header;
}

Bytes StreamSealer::frame(ByteView plain, ByteView associated, bool final) {
    AWDA_ASSERT(!state_->finished);
    state_->finished = final;
    Bytes out(plain.size() + kStreamFrameOverhead);
    const unsigned char tag = final ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0;
    crypto_secretstream_xchacha20poly1305_push(&state_->sodium, out.data(), nullptr, plain.data(),
                                               plain.size(), associated.data(), associated.size(),
                                               tag);
    return out;
}

struct StreamOpener::State {
    crypto_secretstream_xchacha20poly1305_state sodium;
    bool usable = false;
    ~State() { sodium_memzero(&sodium, sizeof sodium); }
};

StreamOpener::StreamOpener(ByteView key32, ByteView header24) : state_(std::make_unique<State>()) {
    AWDA_ASSERT(key32.size() == crypto_secretstream_xchacha20poly1305_KEYBYTES);
    AWDA_ASSERT(header24.size() == kStreamHeaderSize);
    state_->usable = crypto_secretstream_xchacha20poly1305_init_pull(
                         &state_->sodium, header24.data(), key32.data()) == 0;
}
StreamOpener::~StreamOpener() = default;

Result<StreamOpener::Frame> StreamOpener::frame(ByteView sealed, ByteView associated) {
    if (!state_->usable || sealed.size() < kStreamFrameOverhead) {
        return Error(Errc::kAltered, "a sealed frame that is too short or comes after the last");
    }
    Frame out;
    out.plain.resize(sealed.size() - kStreamFrameOverhead);
    unsigned char tag = 0;
    if (crypto_secretstream_xchacha20poly1305_pull(&state_->sodium, out.plain.data(), nullptr, &tag,
                                                   sealed.data(), sealed.size(), associated.data(),
                                                   associated.size()) != 0) {
        state_->usable = false;
        return Error(Errc::kAltered, "opening a sealed frame");
    }
    out.final = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    if (out.final) state_->usable = false;
    return out;
}

std::string to_base64(ByteView bytes) {
    constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;
    std::string text(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), kVariant);
    text.pop_back();  // sodium ends it with a NUL
    return text;
}

}  // namespace awda
