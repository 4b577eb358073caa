// The form that the corpus fills in: its questions in order, when each is asked, and how an answer
// to it is drawn.
//
// A returnee's intake in the manner of the library's, with questions of its own, so that the corpus
// stays what it is when the library's form changes. Threads: constants.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace awda::bench {

enum class Draw : std::uint8_t {
    kStart,      ///< a timestamp
    kEnd,        ///< a timestamp
    kToday,      ///< follows from the start
    kDevice,     ///< the same in all records of a device
    kOffice,     ///< the same in all records of a device
    kOfficer,    ///< one of the office's
    kLanguage,   ///< one of `of`
    kOne,        ///< one of `of`: "name:weight name:weight …"
    kMany,       ///< any of `of`: "name:percent …", joined by blanks
    kGivenName,  ///< in keeping with the sex that was answered
    kMaleName,
    kMotherName,  ///< two names
    kSurname,
    kLatinName,  ///< the given name, the father's and the surname in Latin letters
    kFullName,   ///< follows
    kBirthDate,  ///< `of`: weights of the age in six parts
    kBirthYear,
    kAge,          ///< follows
    kPastDate,     ///< `of`: within so many days before
    kFutureDate,   ///< `of`: within so many days after
    kMonthsSince,  ///< follows from the question `of`
    kDigits,       ///< as `of`: # a digit, @ one of 1 to 9, ^ a capital, ? one of 5, 7, 8, 9
    kEmail,        ///< the Latin name and digits
    kGovernorate,
    kDistrict,     ///< of the group's governorate
    kSubdistrict,  ///< of the group's district
    kSamePlace,    ///< follows: the district of return, wherever it was answered
    kGps,          ///< around that district
    kWords,        ///< stock phrase or free text; `of`: least and most number of words
    kOccupation,
    kCount,          ///< `of`: 0 … that, small numbers likelier
    kYears,          ///< `of`: 0 … that, all alike
    kFamilyCount,    ///< the number of rows
    kHouseholdSize,  ///< follows
    kCaseId,         ///< follows from the instance's id
    kMemberId,       ///< follows from the instance's id and the row
    kInstanceId,
};

struct Question {
    std::string_view path;  ///< within the row, for a member's question
    Draw draw;
    std::string_view of{};
    /// When it is asked: "path=value", "path!=value"; empty: always. A member's looks in its row.
    std::string_view relevant{};
    std::uint8_t answered = 100;  ///< of 100 who are asked
};

inline constexpr std::string_view kFormId = "returnee_corpus";
inline constexpr std::string_view kFormVersion = "2026010501";
inline constexpr std::string_view kMembers = "family/member";
inline constexpr std::size_t kMembersMax = 9;

/// The questions before the family's rows, of a row, and after the rows.
[[nodiscard]] std::span<const Question> questions_before();
[[nodiscard]] std::span<const Question> questions_of_member();
[[nodiscard]] std::span<const Question> questions_after();

/// "family/member[2]"
[[nodiscard]] std::string member_path(std::size_t member);

/// `answer` gives the value of a path, or "".
[[nodiscard]] bool is_asked(const Question& question,
                            const std::function<std::string_view(std::string_view)>& answer);

}  // namespace awda::bench
