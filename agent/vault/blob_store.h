// BlobStore: the encrypted files beside the database, one for each distinct attachment.
//
// A file's name is a keyed hash, so that it tells nobody who lacks the vault's key what is in it,
// and its length is padded. Its key is random, lives in the database, and goes with its row: then
// the file is noise wherever a copy of it may lie. Knows nothing of drafts and records. Layout:
// agent/VAULT.md, "Attachments". Ownership: plain values. Threads: the vault's.
#pragma once

#include <string>
#include <vector>

#include "platform/crypto.h"
#include "platform/files.h"

namespace awda::agent {

inline constexpr std::size_t kBlobBytesMax = 32U << 20U;

/// What an attachment is known by in answers and records.
[[nodiscard]] Hash32 content_hash(ByteView content);

class BlobStore {
public:
    BlobStore(const Path& vault_folder, ByteView vault_key);

    [[nodiscard]] Hash32 name_of(const Hash32& content) const;
    /// Durable when it returns ok; commit the row that refers to it only then. kTooLarge,
    /// kDiskFull, kIo.
    [[nodiscard]] Status write(const Hash32& name, ByteView key32, ByteView content) const;
    /// kNotFound; kAltered if the file is not, byte for byte, what was written under this name.
    [[nodiscard]] Result<Bytes> read(const Hash32& name, ByteView key32) const;
    /// True if there is a file of the length that `content_size` bytes get.
    [[nodiscard]] bool stands(const Hash32& name, std::uint64_t content_size) const;
    [[nodiscard]] Status remove(const Hash32& name) const;
    /// Names of the files that are ours by their look, temporary ones too; others are left out.
    [[nodiscard]] Result<std::vector<std::string>> files() const;
    [[nodiscard]] Status remove_file_named(const std::string& file) const;
    [[nodiscard]] static std::string file_name(const Hash32& name) { return to_hex(name); }

private:
    Path folder_;
    SecretBytes name_key_;
};

}  // namespace awda::agent
