#include "platform/crypto_openssl.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <climits>
#include <memory>

namespace awda {
namespace {

template <auto kFree>
struct Freed {
    template <typename T>
    void operator()(T* object) const {
        kFree(object);
    }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestPtr = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using CipherPtr = std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX_free>>;
using BioPtr = std::unique_ptr<BIO, Freed<BIO_free>>;

/// OpenSSL keeps errors by thread; ours are told by value, so the next caller finds none.
Error failed(Errc code, LiteralText what,
             std::source_location where = std::source_location::current()) {
    ERR_clear_error();
    return {code, what, 0, where};
}

bool right_kind(const EVP_PKEY* key) {
    return key != nullptr && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA &&
           EVP_PKEY_get_bits(key) >= kRsaBitsMin;
}

bool set_oaep(EVP_PKEY_CTX* context) {
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) > 0 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) > 0;
}

/// Hands over the passphrase; without one, reading fails instead of asking at a terminal.
int give_passphrase(char* out, int size, int /*writing*/, void* given) {
    const ByteView& passphrase = *static_cast<const ByteView*>(given);
    if (passphrase.empty() || size < 0 || passphrase.size() > static_cast<std::size_t>(size)) {
        return -1;
    }
    std::copy(passphrase.begin(), passphrase.end(), out);
    return static_cast<int>(passphrase.size());
}

Result<Bytes> cfb(ByteView key32, ByteView iv16, ByteView data, bool encrypting) {
    AWDA_ASSERT(key32.size() == 32 && iv16.size() == 16);
    constexpr std::size_t kPiece = 1U << 30U;  // OpenSSL counts in int
    static_assert(kPiece <= INT_MAX);
    const CipherPtr context(EVP_CIPHER_CTX_new());
    if (context == nullptr ||
        EVP_CipherInit_ex(context.get(), EVP_aes_256_cfb128(), nullptr, key32.data(), iv16.data(),
                          encrypting ? 1 : 0) <= 0) {
        return failed(Errc::kCryptoUnavailable, "starting AES");
    }
    Bytes out(data.size());
    for (std::size_t at = 0; at < data.size(); at += kPiece) {
        const auto size = static_cast<int>(std::min(kPiece, data.size() - at));
        int written = 0;
        if (EVP_CipherUpdate(context.get(), out.data() + at, &written, data.data() + at, size) <=
                0 ||
            written != size) {
            return failed(Errc::kCryptoUnavailable, "running AES");
        }
    }
    return out;
}

}  // namespace

Result<Md5Sum> md5(std::initializer_list<ByteView> parts) {
    const DigestPtr context(EVP_MD_CTX_new());
    bool ok = context != nullptr && EVP_DigestInit_ex(context.get(), EVP_md5(), nullptr) > 0;
    for (const ByteView& part : parts) {
        ok = ok && EVP_DigestUpdate(context.get(), part.data(), part.size()) > 0;
    }
    Md5Sum out{};
    ok = ok && EVP_DigestFinal_ex(context.get(), out.data(), nullptr) > 0;
    if (!ok) return failed(Errc::kCryptoUnavailable, "running MD5");
    return out;
}

Result<Bytes> rsa_oaep_seal(ByteView public_key_der, ByteView data) {
    const unsigned char* at = public_key_der.data();
    constexpr std::size_t kKeyBytesMax = 1U << 16U;
    if (public_key_der.empty() || public_key_der.size() > kKeyBytesMax) {
        return Error{Errc::kMalformed, "a public key of the wrong size"};
    }
    const KeyPtr key(d2i_PUBKEY(nullptr, &at, static_cast<long>(public_key_der.size())));
    if (!right_kind(key.get())) return failed(Errc::kMalformed, "reading an RSA public key");
    const auto room = static_cast<std::size_t>(EVP_PKEY_get_size(key.get()));
    constexpr std::size_t kOaepOverhead = 2 * 32 + 2;
    if (data.size() + kOaepOverhead > room) return Error{Errc::kTooLarge, "sealing with RSA"};
    const KeyContextPtr context(EVP_PKEY_CTX_new(key.get(), nullptr));
    Bytes out(room);
    std::size_t size = out.size();
    if (context == nullptr || EVP_PKEY_encrypt_init(context.get()) <= 0 ||
        !set_oaep(context.get()) ||
        EVP_PKEY_encrypt(context.get(), out.data(), &size, data.data(), data.size()) <= 0) {
        return failed(Errc::kCryptoUnavailable, "sealing with RSA");
    }
    out.resize(size);
    return out;
}

Result<SecretBytes> rsa_oaep_open(ByteView private_key_pem, ByteView passphrase, ByteView sealed) {
    constexpr std::size_t kPemBytesMax = 1U << 16U;
    if (private_key_pem.empty() || private_key_pem.size() > kPemBytesMax) {
        return Error{Errc::kMalformed, "a private key of the wrong size"};
    }
    const BioPtr source(
        BIO_new_mem_buf(private_key_pem.data(), static_cast<int>(private_key_pem.size())));
    const KeyPtr key(source == nullptr ? nullptr
                                       : PEM_read_bio_PrivateKey(source.get(), nullptr,
                                                                 give_passphrase, &passphrase));
    if (!right_kind(key.get())) return failed(Errc::kMalformed, "reading an RSA private key");
    const KeyContextPtr context(EVP_PKEY_CTX_new(key.get(), nullptr));
    if (context == nullptr || EVP_PKEY_decrypt_init(context.get()) <= 0 ||
        !set_oaep(context.get())) {
        return failed(Errc::kCryptoUnavailable, "opening with RSA");
    }
    SecretBytes out(static_cast<std::size_t>(EVP_PKEY_get_size(key.get())));
    std::size_t size = out.size();
    if (EVP_PKEY_decrypt(context.get(), out.mutable_view().data(), &size, sealed.data(),
                         sealed.size()) <= 0) {
        return failed(Errc::kNotForUs, "opening with RSA");
    }
    out.shrink(size);
    return out;
}

Result<Bytes> aes256_cfb_encrypt(ByteView key32, ByteView iv16, ByteView plain) {
    return cfb(key32, iv16, plain, true);
}

Result<Bytes> aes256_cfb_decrypt(ByteView key32, ByteView iv16, ByteView cipher) {
    return cfb(key32, iv16, cipher, false);
}

}  // namespace awda
