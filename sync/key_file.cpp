#include "sync/key_file.h"

#include "platform/codec.h"

namespace awda::sync {

namespace {

constexpr std::string_view kMagic = "AWDAKEYF";
constexpr std::size_t kKeyFileMax = 4096;
constexpr std::size_t kChecksumSize = 16;

}  // namespace

Status write_key_file(const Path& path, KeyPurpose purpose, ByteView secret) {
    ByteWriter out;
    out.raw(kMagic);
    out.u8(static_cast<std::uint8_t>(purpose));
    out.blob(secret);
    const Hash32 checksum = hash32(out.bytes());
    out.raw(ByteView(checksum).first(kChecksumSize));
    Bytes file = out.take();
    const Status written = atomic_write(path, file);
    wipe(file);
    return written;
}

Result<SecretBytes> read_key_file(const Path& path, KeyPurpose purpose, std::size_t size) {
    auto read = read_file(path, kKeyFileMax);
    // "Not found" alone would not say what is missing.
    if (!read.ok() && read.error().code == Errc::kNotFound) {
        return Error(Errc::kKeysMissing, "read a key file");
    }
    if (!read.ok()) return read.error();
    Bytes& file = *read;
    ByteReader in(file);
    in.domain(kMagic);
    const std::uint8_t found = in.u8();
    const ByteView secret = in.blob();
    const std::size_t covered = in.position();
    const ByteView checksum = in.raw(kChecksumSize);
    const bool whole =
        in.done().ok() && found == static_cast<std::uint8_t>(purpose) && secret.size() == size &&
        equal(checksum, ByteView(hash32(ByteView(file).first(covered))).first(kChecksumSize));
    SecretBytes key = whole ? SecretBytes::copy_of(secret) : SecretBytes();
    wipe(file);
    if (!whole) return Error(Errc::kKeysMismatch, "a key file is damaged or of another kind");
    return key;
}

}  // namespace awda::sync
