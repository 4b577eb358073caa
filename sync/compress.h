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

}  // namespace awda::sync
