#include "forms/submission_crypto.h"

#include <algorithm>
#include <pugixml.hpp>

#include "forms/digest.h"
#include "forms/names.h"
#include "forms/value.h"
#include "forms/xml_nodes.h"
#include "forms/xml_text.h"
#include "platform/crypto_openssl.h"

namespace awda::forms {
namespace {

constexpr std::string_view kSpace = "http://opendatakit.org/submissions";
constexpr std::string_view kOpenRosaSpace = "http://openrosa.org/xforms";
constexpr std::string_view kXmlName = "submission.xml";
constexpr std::string_view kEnding = ".enc";
constexpr std::size_t kBlock = 16;
constexpr std::size_t kNameBytesMax = 255;

/// A name that stays in its folder and does not break the lines of the signature's text.
bool plain_name(std::string_view name) {
    if (name.empty() || name.size() > kNameBytesMax || name == "." || name == "..") return false;
    return std::none_of(name.begin(), name.end(), [](char c) {
        return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
    });
}

bool one_line(std::string_view text) {
    return text.find_first_of("\r\n") == std::string_view::npos && valid_utf8(text);
}

/// The initialisation vectors of a record's files, one after another.
class Vectors {
public:
    static Result<Vectors> start(std::string_view instance_id, ByteView key) {
        return Vectors(AWDA_TRY(md5({as_bytes(instance_id), key})));
    }
    ByteView next() {
        ++seed_[count_ % seed_.size()];
        ++count_;
        return seed_;
    }

private:
    explicit Vectors(const Md5Sum& seed) : seed_(seed) {}
    Md5Sum seed_;
    std::size_t count_ = 0;
};

/// PKCS#7: always 1 to 16 bytes, each of which says how many they are.
Bytes padded(ByteView plain) {
    const std::size_t more = kBlock - plain.size() % kBlock;
    Bytes out;
    out.reserve(plain.size() + more);
    out.assign(plain.begin(), plain.end());
    out.insert(out.end(), more, static_cast<std::uint8_t>(more));
    return out;
}

Status remove_padding(Bytes& plain) {
    const std::size_t more = plain.empty() ? 0 : plain.back();
    const bool right = plain.size() % kBlock == 0 && more >= 1 && more <= kBlock &&
                       std::all_of(plain.end() - static_cast<std::ptrdiff_t>(more), plain.end(),
                                   [more](std::uint8_t byte) { return byte == more; });
    if (!right) return Error{Errc::kAltered, "the padding of a decrypted file"};
    plain.resize(plain.size() - more);
    return {};
}

/// What the signature covers, line by line, and the MD5 of it.
class SignatureText {
public:
    SignatureText(const PlainSubmission& record, std::string_view base64_key) {
        add(record.form_id);
        if (!record.form_version.empty()) add(record.form_version);
        add(base64_key);
        add(record.instance_id);
    }
    Status add_file(std::string_view name, ByteView content) {
        const Md5Sum sum = AWDA_TRY(md5({content}));
        add(std::string(name) + "::" + to_hex(sum));
        return {};
    }
    [[nodiscard]] Result<Md5Sum> sum() const { return md5({as_bytes(text_)}); }

private:
    void add(std::string_view line) { text_.append(line) += '\n'; }
    std::string text_;
};

Result<Bytes> sealed_base64(std::string_view base64) {
    const auto decoded = base64_decode(base64);
    if (!decoded) return Error{Errc::kMalformed, "base64 of an encrypted submission"};
    return to_bytes(*decoded);
}

Status check_record(const PlainSubmission& record) {
    if (record.media.size() >= kSubmissionFilesMax) {
        return Error{Errc::kTooLarge, "a submission with too many files"};
    }
    if (record.form_id.empty() || record.instance_id.empty() || !one_line(record.form_id) ||
        !one_line(record.form_version) || !one_line(record.instance_id)) {
        return Error{Errc::kMalformed, "the ids of a submission to encrypt"};
    }
    if (record.xml.size() > kSubmissionFileBytesMax) {
        return Error{Errc::kTooLarge, "a submission to encrypt"};
    }
    for (const SubmissionFile& file : record.media) {
        if (!plain_name(file.name) || !valid_utf8(file.name)) {
            return Error{Errc::kMalformed, "the name of a submission's file"};
        }
        if (file.content.size() > kSubmissionFileBytesMax) {
            return Error{Errc::kTooLarge, "a submission's file"};
        }
    }
    return {};
}

std::string write_manifest(const PlainSubmission& record, std::string_view base64_key,
                           std::string_view base64_signature) {
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<data xmlns=\"";
    out.append(kSpace).append("\" id=\"").append(escape_xml(record.form_id)).append("\"");
    if (!record.form_version.empty())
        out.append(" version=\"").append(escape_xml(record.form_version)).append("\"");
    out.append(" encrypted=\"yes\"><base64EncryptedKey>").append(base64_key);
    out.append("</base64EncryptedKey><meta xmlns=\"").append(kOpenRosaSpace);
    out.append("\"><instanceID>").append(escape_xml(record.instance_id));
    out.append("</instanceID></meta>");
    for (const SubmissionFile& file : record.media) {
        out.append("<media><file>").append(escape_xml(file.name)).append(kEnding);
        out.append("</file></media>");
    }
    out.append("<encryptedXmlFile>").append(kXmlName).append(kEnding);
    out.append("</encryptedXmlFile><base64EncryptedElementSignature>").append(base64_signature);
    out.append("</base64EncryptedElementSignature></data>\n");
    return out;
}

struct Manifest {
    PlainSubmission record;  ///< ids, and the encrypted names of the media
    std::string xml_name;
    std::string base64_key;
    std::string base64_signature;
};

std::string child_text(const pugi::xml_node& parent, std::string_view name) {
    return std::string(trim(child_named(parent, name).child_value()));
}

Result<Manifest> read_manifest(std::string_view xml) {
    if (xml.size() > kManifestBytesMax) return Error{Errc::kTooLarge, "a submission's manifest"};
    pugi::xml_document document;
    if (!valid_utf8(xml) ||
        !document.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_utf8)) {
        return Error{Errc::kMalformed, "reading a submission's manifest"};
    }
    const pugi::xml_node root = document.document_element();
    if (std::string_view(root.attribute("encrypted").value()) != "yes") {
        return Error{Errc::kMalformed, "a manifest that is not of an encrypted record"};
    }
    Manifest out;
    out.record.form_id = root.attribute("id").value();
    out.record.form_version = root.attribute("version").value();
    out.base64_key = child_text(root, "base64EncryptedKey");
    out.base64_signature = child_text(root, "base64EncryptedElementSignature");
    out.xml_name = child_text(root, "encryptedXmlFile");
    for (const pugi::xml_node& part : root.children()) {
        if (local_name(part.name()) == "meta")
            out.record.instance_id = child_text(part, "instanceID");
        if (local_name(part.name()) != "media") continue;
        for (const pugi::xml_node& file : part.children()) {
            if (local_name(file.name()) != "file") continue;
            if (out.record.media.size() + 1 >= kSubmissionFilesMax) {
                return Error{Errc::kTooLarge, "a manifest of too many files"};
            }
            out.record.media.push_back({std::string(trim(file.child_value())), {}});
        }
    }
    if (out.base64_key.empty() || out.xml_name.empty() || out.record.instance_id.empty()) {
        return Error{Errc::kMalformed, "a manifest without key, file or instance id"};
    }
    return out;
}

/// "x.jpg.enc" → "x.jpg"; kAltered for a name that leads elsewhere.
Result<std::string> plain_file_name(std::string_view name) {
    if (!plain_name(name)) return Error{Errc::kAltered, "a file name of a manifest"};
    if (name.ends_with(kEnding) && name.size() > kEnding.size()) name.remove_suffix(kEnding.size());
    return std::string(name);
}

Result<Bytes> decrypt_file(std::string_view name, const SubmissionFiles& files, ByteView key,
                           Vectors& vectors) {
    const Bytes encrypted = AWDA_TRY(files(name));
    Bytes plain = AWDA_TRY(aes256_cfb_decrypt(key, vectors.next(), encrypted));
    AWDA_CHECK(remove_padding(plain));
    return plain;
}

}  // namespace

Result<EncryptedSubmission> encrypt_submission(const PlainSubmission& record,
                                               std::string_view base64_public_key, Random& random) {
    AWDA_CHECK(check_record(record));
    const Bytes public_key = AWDA_TRY(sealed_base64(base64_public_key));
    SecretBytes key(32);
    random.fill(key.mutable_view());
    const std::string base64_key = to_base64(AWDA_TRY(rsa_oaep_seal(public_key, key.view())));
    Vectors vectors = AWDA_TRY(Vectors::start(record.instance_id, key.view()));
    SignatureText text(record, base64_key);
    EncryptedSubmission out;
    const auto add = [&](std::string_view name, ByteView content) -> Status {
        Bytes plain = padded(content);
        auto encrypted = aes256_cfb_encrypt(key.view(), vectors.next(), plain);
        wipe(plain);
        out.files.push_back({std::string(name) + std::string(kEnding), AWDA_TRY(encrypted)});
        return text.add_file(name, content);
    };
    for (const SubmissionFile& file : record.media) AWDA_CHECK(add(file.name, file.content));
    AWDA_CHECK(add(kXmlName, as_bytes(record.xml)));
    const Md5Sum sum = AWDA_TRY(text.sum());
    const std::string signature = to_base64(AWDA_TRY(rsa_oaep_seal(public_key, sum)));
    out.manifest = write_manifest(record, base64_key, signature);
    return out;
}

Result<DecryptedSubmission> decrypt_submission(std::string_view manifest,
                                               const SubmissionFiles& files,
                                               ByteView private_key_pem, ByteView passphrase) {
    const Manifest parts = AWDA_TRY(read_manifest(manifest));
    const Bytes sealed = AWDA_TRY(sealed_base64(parts.base64_key));
    const SecretBytes key = AWDA_TRY(rsa_oaep_open(private_key_pem, passphrase, sealed));
    if (key.size() != 32) return Error{Errc::kAltered, "the key of an encrypted submission"};
    Vectors vectors = AWDA_TRY(Vectors::start(parts.record.instance_id, key.view()));
    SignatureText text(parts.record, parts.base64_key);
    DecryptedSubmission out;
    out.record.form_id = parts.record.form_id;
    out.record.form_version = parts.record.form_version;
    out.record.instance_id = parts.record.instance_id;
    for (const SubmissionFile& media : parts.record.media) {
        std::string name = AWDA_TRY(plain_file_name(media.name));
        Bytes content = AWDA_TRY(decrypt_file(media.name, files, key.view(), vectors));
        AWDA_CHECK(text.add_file(name, content));
        out.record.media.push_back({std::move(name), std::move(content)});
    }
    const std::string xml_name = AWDA_TRY(plain_file_name(parts.xml_name));
    Bytes xml = AWDA_TRY(decrypt_file(parts.xml_name, files, key.view(), vectors));
    AWDA_CHECK(text.add_file(xml_name, xml));
    out.record.xml = as_text(xml);
    wipe(xml);
    if (parts.base64_signature.empty()) return out;
    const Bytes sealed_sum = AWDA_TRY(sealed_base64(parts.base64_signature));
    const SecretBytes sum = AWDA_TRY(rsa_oaep_open(private_key_pem, passphrase, sealed_sum));
    if (!equal(sum.view(), AWDA_TRY(text.sum()))) {
        return Error{Errc::kAltered, "the signature of an encrypted submission"};
    }
    out.was_signed = true;
    return out;
}

}  // namespace awda::forms
