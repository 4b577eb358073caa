// answers: answer files, as scripts hand them to `awda intake new` and `awda intake amend`.
//
// {"form": "returnee-intake", "language": "ar", "answers": {…}}: objects inside follow the form's
// groups, a repeat is an array of objects (forms/session.h, load_answers). Threads: pure but for
// reading.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "platform/files.h"
#include "platform/result.h"

namespace awda::cli {

inline constexpr std::uint64_t kAnswersBytesMax = 8U << 20U;
inline constexpr std::size_t kAnswersNestingMax = 64;
inline constexpr std::size_t kAnswersFilesMax = 100'000;

struct AnswersFile {
    std::string form;      ///< "" when the file doesn't say
    std::string language;  ///< "" when the file doesn't say
    std::string answers;   ///< the inner object, as JSON
};

/// kNotFound, kTooLarge, kIo; kMalformed when it is not of the shape above.
[[nodiscard]] Result<AnswersFile> read_answers_file(const Path& path);
[[nodiscard]] Result<AnswersFile> parse_answers(std::string_view json);

/// Files as they are; a folder stands for its .json files, sorted. kNotFound, kTooLarge.
[[nodiscard]] Result<std::vector<Path>> expand_answers(const std::vector<std::string>& given);

/// True if brackets nest no deeper than `limit`: asked before a parser that recurses is let loose.
[[nodiscard]] bool nesting_within(std::string_view json, std::size_t limit);

}  // namespace awda::cli
