// compress: the codec wall; zstd.h is included by compress.cpp alone.
//
// One zstd frame (RFC 8878), window at most 8 MiB, no dictionary. Inflating writes at most the size
// it was told to expect. Threads: pure functions.
#pragma once

#include <cstddef>

#include "platform/bytes.h"

namespace awda::sync {

/// kOutOfMemory.
[[nodiscard]] Result<Bytes> compress(ByteView plain);
/// kAltered unless `packed` is exactly one frame that inflates to exactly `plain_size` bytes.
[[nodiscard]] Result<Bytes> inflate(ByteView packed, std::size_t plain_size);

/// True for bytes that begin as a zstd frame does.
[[nodiscard]] bool looks_compressed(ByteView bytes);
/// A `.zst` file of any origin: frames of any stated or unstated size, one after the other.
/// kTooLarge as soon as more than `limit` bytes come out; kAltered when it is damaged or cut.
[[nodiscard]] Result<Bytes> inflate_file(ByteView packed, std::size_t limit);

}  // namespace awda::sync
