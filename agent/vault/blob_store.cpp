#include "agent/vault/blob_store.h"

#include <algorithm>
#include <bit>

#include "agent/vault/keyring.h"
#include "platform/codec.h"

namespace awda::agent {

namespace {

constexpr std::string_view kMagic = "AWDABLB1";
constexpr std::size_t kFrame = 64U << 10U;
constexpr std::size_t kSmallStep = 4U << 10U;
constexpr std::size_t kLengthBytes = 8;

/// Up to 64 KiB in steps of 4 KiB, then in eighths of the power of two below: at most an eighth is
/// added, and lengths fall into a few dozen classes.
std::uint64_t padded(std::uint64_t size) {
    const std::uint64_t step = size <= kFrame ? kSmallStep : std::bit_floor(size) / 8;
    return (size + step - 1) / step * step;
}

std::uint64_t file_size_of(std::uint64_t content_size) {
    const std::uint64_t plain = padded(content_size + kLengthBytes);
    const std::uint64_t frames = (plain + kFrame - 1) / kFrame;
    return kMagic.size() + kStreamHeaderSize + plain + frames * kStreamFrameOverhead;
}

Bytes bound_to(const Hash32& name) {
    ByteWriter out;
    out.raw(kMagic);
    out.raw(name);
    return out.take();
}

bool our_look(std::string_view file) {
    if (file.ends_with(".tmp")) file.remove_suffix(4);
    return file.size() == 64 &&
           file.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

Hash32 content_hash(ByteView content) {
    Hasher hasher;
    hasher.add(as_bytes("AWDABLBH"));
    hasher.add(content);
    return hasher.finish();
}

BlobStore::BlobStore(const Path& vault_folder, ByteView vault_key)
    : folder_(vault_folder / "blobs"), name_key_(subkey(vault_key, Subkey::kBlobs)) {}

Hash32 BlobStore::name_of(const Hash32& content) const {
    ByteWriter out;
    out.raw("AWDABLBN");
    out.raw(content);
    return hash32(out.bytes(), name_key_.view());
}

Status BlobStore::write(const Hash32& name, ByteView key32, ByteView content) const {
    if (content.size() > kBlobBytesMax) return Error(Errc::kTooLarge, "an attachment");
    AWDA_CHECK(make_folder(folder_));
    ByteWriter plain;
    plain.u64(content.size());
    plain.raw(content);
    Bytes padding(padded(plain.size()) - plain.size());
    plain.raw(padding);
    const Bytes bound = bound_to(name);
    StreamSealer sealer(key32);
    ByteWriter file;
    file.raw(kMagic);
    file.raw(sealer.header());
    ByteView rest = plain.bytes();
    while (!rest.empty()) {
        const std::size_t size = std::min(rest.size(), kFrame);
        file.raw(sealer.frame(rest.first(size), bound, size == rest.size()));
        rest = rest.subspan(size);
    }
    return atomic_write(folder_ / file_name(name), file.bytes());
}

Result<Bytes> BlobStore::read(const Hash32& name, ByteView key32) const {
    const Bytes file = AWDA_TRY(read_file(folder_ / file_name(name), 2 * kBlobBytesMax));
    const Error altered(Errc::kAltered, "an attachment's file");
    if (file.size() < kMagic.size() + kStreamHeaderSize ||
        as_text(ByteView(file).first(kMagic.size())) != kMagic) {
        return altered;
    }
    const Bytes bound = bound_to(name);
    StreamOpener opener(key32, ByteView(file).subspan(kMagic.size(), kStreamHeaderSize));
    ByteView rest = ByteView(file).subspan(kMagic.size() + kStreamHeaderSize);
    Bytes plain;
    bool ended = false;
    while (!rest.empty() && !ended) {
        const std::size_t size = std::min(rest.size(), kFrame + kStreamFrameOverhead);
        const auto frame = opener.frame(rest.first(size), bound);
        if (!frame.ok()) return altered;
        plain.insert(plain.end(), frame->plain.begin(), frame->plain.end());
        ended = frame->final;
        rest = rest.subspan(size);
    }
    ByteReader in(plain);
    const std::uint64_t length = in.u64();
    if (!ended || !rest.empty() || in.failed() || length > in.remaining() ||
        padded(length + kLengthBytes) != plain.size()) {
        return altered;
    }
    const ByteView content = in.raw(length);
    return Bytes(content.begin(), content.end());
}

bool BlobStore::stands(const Hash32& name, std::uint64_t content_size) const {
    const auto size = awda::file_size(folder_ / file_name(name));
    return size.ok() && *size == file_size_of(content_size);
}

Status BlobStore::remove(const Hash32& name) const {
    return remove_file(folder_ / file_name(name));
}

Result<std::vector<std::string>> BlobStore::files() const {
    if (!file_exists(folder_)) return std::vector<std::string>();
    std::vector<std::string> names = AWDA_TRY(list_files(folder_));
    std::erase_if(names, [](const std::string& name) { return !our_look(name); });
    return names;
}

Status BlobStore::remove_file_named(const std::string& file) const {
    return remove_file(folder_ / file);
}

}  // namespace awda::agent
