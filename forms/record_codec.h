// Record codec: finished records of one form as columns, one a question, and back, exactly.
// Bytes: RECORD_FORMAT.md.
//
// Ownership: owns nothing of the records; shares the definition. Threads: immutable; any thread.
// A record that does not fit the form (other paths, another order) is kept as it is, beside the
// columns; a value that does not fit its column's type is kept as text.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "forms/definition.h"
#include "forms/session.h"
#include "platform/bytes.h"
#include "platform/result.h"

namespace awda::forms {

inline constexpr std::size_t kRecordsMax = 200'000;                     ///< of one file
inline constexpr std::size_t kDecodedAnswersMax = 8'000'000;            ///< of one file
inline constexpr std::size_t kDecodedBytesMax = std::size_t{1} << 30U;  ///< paths and values

class RecordCodec {
public:
    explicit RecordCodec(FormDefinitionPtr definition);
    ~RecordCodec();
    RecordCodec(RecordCodec&&) noexcept;
    RecordCodec& operator=(RecordCodec&&) noexcept;

    /// kUnknownForm if a record is not of this form and version, kMalformed if it is not UTF-8,
    /// kTooLarge beyond the limits.
    [[nodiscard]] Result<Bytes> encode(std::span<const FinalRecord> records) const;
    /// kUnknownForm if the bytes were written for another shape of form, kMalformed, kTooLarge.
    [[nodiscard]] Result<std::vector<FinalRecord>> decode(ByteView bytes) const;

private:
    friend class RecordWriter;
    friend class RecordReader;
    struct Shape;
    std::unique_ptr<const Shape> shape_;
};

}  // namespace awda::forms
