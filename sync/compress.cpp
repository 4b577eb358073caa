#include "sync/compress.h"

#include <zstd.h>

#include <algorithm>
#include <memory>

namespace awda::sync {

namespace {
constexpr int kLevel = 19;
constexpr int kWindowLogMax = 23;  // 8 MiB: what an old laptop can always spare
constexpr std::size_t kInflateStep = 64U * 1024U;

struct FreeCompressor {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct FreeInflater {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};
using Compressor = std::unique_ptr<ZSTD_CCtx, FreeCompressor>;
using Inflater = std::unique_ptr<ZSTD_DCtx, FreeInflater>;

bool set(ZSTD_CCtx* context, ZSTD_cParameter parameter, int value) {
    return ZSTD_isError(ZSTD_CCtx_setParameter(context, parameter, value)) == 0;
}

Error not_one_frame() {
    return {Errc::kAltered, "packed data is not one frame of its stated size"};
}
}  // namespace

Result<Bytes> compress(ByteView plain) {
    const Compressor context(ZSTD_createCCtx());
    if (context == nullptr) return Error(Errc::kOutOfMemory, "making a compressor");
    const int window = std::min(kWindowLogMax, ZSTD_cParam_getBounds(ZSTD_c_windowLog).upperBound);
    // The seal already authenticates the content, so no checksum of zstd's own.
    if (!set(context.get(), ZSTD_c_compressionLevel, kLevel) ||
        !set(context.get(), ZSTD_c_windowLog, window) ||
        !set(context.get(), ZSTD_c_checksumFlag, 0) ||
        !set(context.get(), ZSTD_c_contentSizeFlag, 1)) {
        return Error(Errc::kInternal, "setting up a compressor");
    }
    Bytes packed(ZSTD_compressBound(plain.size()));
    const std::size_t size =
        ZSTD_compress2(context.get(), packed.data(), packed.size(), plain.data(), plain.size());
    if (ZSTD_isError(size) != 0) return Error(Errc::kOutOfMemory, "compressing");
    packed.resize(size);
    packed.shrink_to_fit();
    return packed;
}

Result<Bytes> inflate(ByteView packed, std::size_t plain_size) {
    if (packed.empty() || ZSTD_getFrameContentSize(packed.data(), packed.size()) != plain_size) {
        return not_one_frame();
    }
    const Inflater context(ZSTD_createDCtx());
    if (context == nullptr) return Error(Errc::kOutOfMemory, "making an inflater");
    if (ZSTD_isError(ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kWindowLogMax)) !=
        0) {
        return Error(Errc::kInternal, "setting up an inflater");
    }
    // Grows with what really comes out, so a lie about the size costs its sender, not us. One byte
    // of room beyond the stated size shows a frame that holds more.
    Bytes plain;
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    std::size_t left = 1;
    while (left != 0) {
        const std::size_t at = plain.size();
        plain.resize(std::min(at + kInflateStep, plain_size + 1));
        ZSTD_outBuffer out{plain.data(), plain.size(), at};
        const std::size_t in_before = in.pos;
        left = ZSTD_decompressStream(context.get(), &out, &in);
        plain.resize(out.pos);
        if (ZSTD_isError(left) != 0 || out.pos > plain_size) return not_one_frame();
        if (left != 0 && out.pos == at && in.pos == in_before) return not_one_frame();
    }
    if (plain.size() != plain_size || in.pos != packed.size()) return not_one_frame();
    return plain;
}

bool looks_compressed(ByteView bytes) {
    constexpr std::uint8_t kMagic[] = {0x28, 0xB5, 0x2F, 0xFD};
    return bytes.size() >= std::size(kMagic) &&
           std::equal(std::begin(kMagic), std::end(kMagic), bytes.begin());
}

Result<Bytes> inflate_file(ByteView packed, std::size_t limit) {
    const Inflater context(ZSTD_createDCtx());
    if (context == nullptr) return Error(Errc::kOutOfMemory, "making an inflater");
    Bytes plain;
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    std::size_t left = 1;
    while (in.pos < in.size || left != 0) {
        const std::size_t at = plain.size();
        const std::size_t in_before = in.pos;
        plain.resize(std::min(at + std::max(kInflateStep, at / 2), limit + 1));
        ZSTD_outBuffer out{plain.data(), plain.size(), at};
        left = ZSTD_decompressStream(context.get(), &out, &in);
        plain.resize(out.pos);
        if (ZSTD_isError(left) != 0) return Error(Errc::kAltered, "inflating a file");
        if (out.pos > limit) return Error(Errc::kTooLarge, "inflating a file");
        if (left != 0 && out.pos == at && in.pos == in_before) {
            return Error(Errc::kAltered, "inflating a file that was cut");
        }
    }
    return plain;
}

}  // namespace awda::sync
