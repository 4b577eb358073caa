// packing: the events of a batch as few bytes, and back, by whichever codec was told.
//
// Columns (sync/columns) where they give back what went in, which is tried each time: what cannot
// be read again must never be sealed. Else plain columns under zstd, level 19. Threads: pure
// functions, but for what `known` brings.
#pragma once

#include <cstdint>
#include <vector>

#include "sync/columns/event_columns.h"
#include "sync/log/event.h"

namespace awda::sync {

/// Plain bytes above which columns are not tried: reading them back would take too long.
inline constexpr std::uint64_t kColumnsPlainMax = std::uint64_t{16} << 20U;

enum class BatchCodec : std::uint8_t { kZstd = 1, kColumns = 2 };

struct Packed {
    BatchCodec codec = BatchCodec::kZstd;
    Bytes bytes;
    std::uint64_t plain_size = 0;  ///< of the events as plain columns (sync/log/event_codec.h)
};
/// kMalformed for events that have lost their payload; kTooLarge above `plain_max`; kOutOfMemory.
[[nodiscard]] Result<Packed> pack(const std::vector<Event>& events,
                                  const std::vector<SaltSeed>& seeds, const UnpackBounds& bounds,
                                  const Known& known);
/// `bounds.plain_max` is the plain size that was stated. kAltered, kMalformed, kTooLarge,
/// kPriorMissing.
[[nodiscard]] Result<std::vector<Event>> unpack(BatchCodec codec, ByteView bytes,
                                                const UnpackBounds& bounds, const Known& known);

/// What a length is padded to, so that it tells little: at most 12 percent more (Padmé; Nikitin et
/// al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", 2019).
[[nodiscard]] std::uint64_t padded_size(std::uint64_t size);
/// A byte 0x80 and zeros, up to padded_size (ISO/IEC 7816-4).
void pad(Bytes& bytes);
/// Takes it away again; kMalformed where there is none.
[[nodiscard]] Result<ByteView> unpadded(ByteView bytes);

}  // namespace awda::sync
