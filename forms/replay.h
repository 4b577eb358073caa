// Replay: runs recorded cases of other engines against this one; see the conformance data's README.
//
// Threads: pure. Each function takes the text of a .jsonl file and gives one outcome a line.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "forms/session.h"

namespace awda::forms {

struct ReplayFailure {
    std::size_t step = 0;  ///< 0 is the state after loading
    std::string ref;
    std::string expected;
    std::string got;
};

struct ReplayOutcome {
    std::string id;
    std::string what;
    bool counted = true;  ///< false for cases that can't be compared
    std::vector<ReplayFailure> failures;
    [[nodiscard]] bool passed() const { return failures.empty(); }
};

struct ReplayOptions {
    Profile profile = Profile::kAwda;
    std::string only;  ///< one case's id, or "" for all
};

using ReplaySink = std::function<void(const ReplayOutcome&)>;

/// replay.jsonl: fills forms step by step and compares every cell.
void replay_forms(std::string_view jsonl, const ReplayOptions& options, const ReplaySink& sink);
/// xpath.jsonl: expressions on documents.
void replay_xpath(std::string_view jsonl, const ReplayOptions& options, const ReplaySink& sink);
/// xlsform.jsonl: Markdown forms to XForms, or the errors they must give.
void replay_xlsform(std::string_view jsonl, const ReplayOptions& options, const ReplaySink& sink);

/// XML with sorted attributes and without white space or namespace declarations that mean nothing,
/// as the recorded XForms are compared.
[[nodiscard]] std::string canonical_xml(std::string_view xml);

}  // namespace awda::forms
