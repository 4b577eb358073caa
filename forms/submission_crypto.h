// Encrypted submissions of the ODK XForms specification: a record and its media, readable only by
// who holds the private key of the form's base64RsaPublicKey.
//
// Ownership: values in, values out; the record's key lives in guarded memory and is gone
// afterwards. Threads: pure functions.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/bytes.h"
#include "platform/crypto.h"

namespace awda::forms {

struct SubmissionFile {
    std::string name;  ///< of a media file, without folders
    Bytes content;
};

/// A finished record before it is encrypted, or after it was decrypted.
struct PlainSubmission {
    std::string form_id;
    std::string form_version;  ///< "" for a form without one
    std::string instance_id;
    std::string xml;
    std::vector<SubmissionFile> media;  ///< their order decides their initialisation vectors
};

struct EncryptedSubmission {
    std::string manifest;  ///< the XML that is sent in the record's place
    /// "x.jpg.enc" … in order, then "submission.xml.enc".
    std::vector<SubmissionFile> files;
};

struct DecryptedSubmission {
    PlainSubmission record;
    bool was_signed = false;  ///< the manifest had a signature, and it was right
};

inline constexpr std::size_t kSubmissionFilesMax = 1000;
inline constexpr std::size_t kSubmissionFileBytesMax = 512U << 20U;
inline constexpr std::size_t kManifestBytesMax = 1U << 20U;

/// `random` gives the record's key. kMalformed for what is no RSA key of 2048 bits or more, or for
/// media names with folders or line ends in them, kTooLarge beyond the limits.
[[nodiscard]] Result<EncryptedSubmission> encrypt_submission(const PlainSubmission& record,
                                                             std::string_view base64_public_key,
                                                             Random& random);

/// Gives the content of a file that a manifest names ("submission.xml.enc").
using SubmissionFiles = std::function<Result<Bytes>(std::string_view name)>;

/// kMalformed for what is no manifest or no key, kNotForUs if it was encrypted to another key,
/// kAltered if padding, signature or names do not belong together; else what `files` says.
[[nodiscard]] Result<DecryptedSubmission> decrypt_submission(std::string_view manifest,
                                                             const SubmissionFiles& files,
                                                             ByteView private_key_pem,
                                                             ByteView passphrase = {});

}  // namespace awda::forms
