#include "sync/central/tls_identity.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <memory>

namespace awda::central {

namespace {

constexpr long kCertificateDays = 3653;

template <auto Free>
struct Freer {
    template <typename T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>>;

Bio bio_over(ByteView bytes) {
    return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

Result<ByteView> content(const Bio& bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    if (size <= 0 || data == nullptr) return Error(Errc::kInternal, "write a key as PEM");
    return as_bytes({data, static_cast<std::size_t>(size)});
}

/// A key file never asks for a passphrase on the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) {
    return -1;
}

Result<Key> read_key(ByteView pem) {
    const Bio bio = bio_over(pem);
    Key key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
    if (!key) return Error(Errc::kMalformed, "read a TLS key");
    return key;
}

Result<Hash32> pin_of(EVP_PKEY* key) {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key, &der);
    if (size <= 0) return Error(Errc::kMalformed, "write a public key");
    Hash32 pin{};
    const int ok =
        EVP_Digest(der, static_cast<std::size_t>(size), pin.data(), nullptr, EVP_sha256(), nullptr);
    OPENSSL_free(der);
    if (ok != 1) return Error(Errc::kInternal, "hash a public key");
    return pin;
}

bool is_address(const std::string& host) {
    ASN1_OCTET_STRING* address = a2i_IPADDRESS(host.c_str());
    const bool is = address != nullptr;
    ASN1_OCTET_STRING_free(address);
    return is;
}

bool is_host(const std::string& host) {
    if (host.empty() || host.size() > 253) return false;
    for (const char c : host) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':';
        if (!plain) return false;
    }
    return true;
}

Status add_extension(X509* certificate, int nid, const std::string& value) {
    X509V3_CTX context{};
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) {
        return Error(Errc::kInternal, "add a certificate extension");
    }
    return {};
}

Status name_and_date(X509* certificate, UnixMs now) {
    std::array<unsigned char, 16> serial{};
    if (RAND_bytes(serial.data(), static_cast<int>(serial.size())) != 1) {
        return Error(Errc::kCryptoUnavailable, "draw a certificate's serial number");
    }
    serial[0] = static_cast<unsigned char>((serial[0] & 0x3fU) | 0x40U);  // positive, full length
    BIGNUM* number = BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr);
    const bool serial_ok =
        number != nullptr &&
        BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
    BN_free(number);
    const std::time_t start = static_cast<std::time_t>(now / 1000) - 86'400;
    std::time_t base = start;
    const bool dates_ok =
        X509_time_adj_ex(X509_getm_notBefore(certificate), 0, 0, &base) != nullptr &&
        X509_time_adj_ex(X509_getm_notAfter(certificate), kCertificateDays, 0, &base) != nullptr;
    static constexpr unsigned char kName[] = "awda-central";
    X509_NAME* name = X509_get_subject_name(certificate);
    const bool name_ok =
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, kName, -1, -1, 0) == 1 &&
        X509_set_issuer_name(certificate, name) == 1;
    if (!serial_ok || !dates_ok || !name_ok) {
        return Error(Errc::kInternal, "fill in a certificate");
    }
    return {};
}

}  // namespace

Result<SecretBytes> new_tls_key() {
    const Key key(EVP_EC_gen("P-256"));
    const Bio bio(BIO_new(BIO_s_secmem()));
    if (!key || !bio ||
        PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                      nullptr) != 1) {
        return Error(Errc::kCryptoUnavailable, "make a TLS key");
    }
    return SecretBytes::copy_of(AWDA_TRY(content(bio)));
}

Result<std::string> self_signed_certificate(ByteView key_pem, const std::vector<std::string>& hosts,
                                            UnixMs now) {
    const Key key = AWDA_TRY(read_key(key_pem));
    const Certificate certificate(X509_new());
    if (!certificate || X509_set_version(certificate.get(), 2) != 1 ||
        X509_set_pubkey(certificate.get(), key.get()) != 1) {
        return Error(Errc::kInternal, "make a certificate");
    }
    AWDA_CHECK(name_and_date(certificate.get(), now));
    AWDA_CHECK(add_extension(certificate.get(), NID_basic_constraints, "critical,CA:FALSE"));
    AWDA_CHECK(add_extension(certificate.get(), NID_key_usage, "critical,digitalSignature"));
    AWDA_CHECK(add_extension(certificate.get(), NID_ext_key_usage, "serverAuth"));
    std::string names;
    for (const std::string& host : hosts) {
        if (!is_host(host)) return Error(Errc::kUsage, "a host name for the certificate");
        names += (names.empty() ? "" : ",");
        names += (is_address(host) ? "IP:" : "DNS:") + host;
    }
    if (!names.empty()) {
        AWDA_CHECK(add_extension(certificate.get(), NID_subject_alt_name, names));
    }
    const Bio bio(BIO_new(BIO_s_mem()));
    if (!bio || X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0 ||
        PEM_write_bio_X509(bio.get(), certificate.get()) != 1) {
        return Error(Errc::kInternal, "sign a certificate");
    }
    return std::string(as_text(AWDA_TRY(content(bio))));
}

Result<Hash32> pin_of_key(ByteView key_pem) {
    const Key key = AWDA_TRY(read_key(key_pem));
    return pin_of(key.get());
}

Result<Hash32> pin_of_certificate(ByteView certificate_pem) {
    const Bio bio = bio_over(certificate_pem);
    const Certificate certificate(
        bio ? PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
    if (!certificate) return Error(Errc::kMalformed, "read a TLS certificate");
    return pin_of(X509_get0_pubkey(certificate.get()));
}

}  // namespace awda::central
