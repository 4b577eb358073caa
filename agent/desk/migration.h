// Migration: what becomes of each answer when a draft goes on with another version of its form.
//
// Ownership: values. Threads: the session's. Pure: the vault is not touched.
// forms/migration.h finds the places; here it is decided what of it is told and what is kept. No
// value is thrown away: one that has no place, or is not in its place as it was, is kept aside in
// the draft under "!orphaned/VERSION/path", and travels with the record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "forms/migration.h"
#include "forms/protection.h"
#include "forms/session.h"

namespace awda::agent {

inline constexpr std::string_view kAsidePrefix = "!orphaned/";

enum class AnswerFate : std::uint8_t {
    kCarried,   ///< same question, same value
    kRenamed,   ///< the question moved; same value
    kChanged,   ///< the question is there, the value is not allowed or is written otherwise: aside
    kOrphaned,  ///< no place: aside
};
[[nodiscard]] std::string_view answer_fate_name(AnswerFate fate);

struct AnswerMove {
    AnswerFate fate{};
    forms::FieldFate why{};  ///< as forms/migration.h tells it
    std::string from;        ///< ref in the old version
    std::string to;          ///< ref in the new version, or ""
    std::string value;       ///< as it was typed
    std::string now;         ///< what the new version has of it
    std::string aside;       ///< the path under which it is kept, or ""
    bool guarded = false;    ///< protected in the old or the new version
};

struct Migration {
    std::vector<AnswerMove> moves;            ///< each answer, in the order of the draft
    std::vector<forms::Answer> answers;       ///< plain ones of the new version, then those aside
    std::vector<forms::Answer> guarded;       ///< protected ones, likewise
    std::vector<std::string> seals;           ///< protected although the new version has no mark
    std::vector<std::string> newly_required;  ///< refs that the new version asks for
    [[nodiscard]] std::size_t count(AnswerFate fate) const;
};

/// A draft in its old version.
struct MigrationInput {
    const forms::FormDefinition& before;
    std::string version;               ///< of `before`, for the names of what is kept aside
    forms::ProtectedPaths protection;  ///< of `before`, with earlier seals
    std::vector<forms::Answer> answers;
    std::vector<forms::Answer> guarded;  ///< protected ones, if all of them are open
    bool sealed = false;                 ///< some are not: then none of them is here
};

/// Loads the draft into `session`, a fresh one on the new version, whose marks are `after`.
/// Where parts stay sealed, nothing that the new version computes of protected answers is kept: it
/// would be computed of answers that are not all here.
[[nodiscard]] Migration migrate_answers(const MigrationInput& input,
                                        const forms::ProtectedPaths& after,
                                        forms::Session& session);

/// "!orphaned/2/house/street" → true.
[[nodiscard]] bool is_aside(std::string_view path);

/// The two parts of such a path.
struct Aside {
    std::string version;
    std::string path;
};
[[nodiscard]] Aside split_aside(std::string_view path);

}  // namespace awda::agent
