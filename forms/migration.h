// Migration: a draft of one version of a form onto another version.
//
// Ownership: values. Threads: the session's.
// A field keeps its place if the new version has the same path; else it moves to the only field of
// its name. Rows move with their repeats. What has no place is in the report with its value, so
// that nothing is lost.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "forms/definition.h"
#include "forms/session.h"

namespace awda::forms {

enum class FieldFate : std::uint8_t {
    kCarried,      ///< same place, same value
    kMoved,        ///< another group, or a renamed one
    kTypeChanged,  ///< the value fits the new type; it may be written differently now
    kTypeInvalid,  ///< kept, but not of the new type: shows as a problem
    kChoiceGone,   ///< a choice that the list no longer has; `value` is what was chosen
    kRecomputed,   ///< the new version computes it, and gets another value
    kOrphaned,     ///< no place, or no one place: only kept in this report
    kNewRequired,  ///< the new version asks for it
};
[[nodiscard]] std::string_view field_fate_name(FieldFate fate);

struct FieldReport {
    FieldFate fate{};
    std::string from;   ///< ref in the old version, or ""
    std::string to;     ///< ref in the new version, or ""
    std::string value;  ///< the old one
    std::string now;    ///< the new one
};

struct MigrationReport {
    std::vector<FieldReport> fields;  ///< in the order of the draft, then what is newly required
    [[nodiscard]] std::size_t count(FieldFate fate) const;
};

/// Where the new version has what the old one has at each of `paths` ("family/name", a question,
/// group or repeat), in their order; "" for what it has nowhere.
[[nodiscard]] std::vector<std::string> migrated_paths(const FormDefinition& before,
                                                      const FormDefinition& after,
                                                      std::span<const std::string> paths);

/// Loads the answers of a draft of `before` into `session`, which is on the new version.
[[nodiscard]] MigrationReport migrate(const FormDefinition& before, std::span<const Answer> answers,
                                      Session& session);

}  // namespace awda::forms
