// Navigator: the way through a form step by step, as people fill it in.
//
// Ownership: borrows its session, which outlives it. Threads: the session's.
// A step is one question, a group or row marked "field-list" (or "table-list") as a whole, the
// question whether to add a row, or the end. Groups that are not marked are no steps of their own.
// Whatever is answered in between, the navigator stays where it was, or at what comes next if that
// has gone.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "forms/session.h"

namespace awda::forms {

enum class StepKind : std::uint8_t {
    kQuestion,
    kTogether,  ///< a group, row, or the whole form on one page
    kAddRow,    ///< "add another?"; the step's one node is the repeat
    kEnd,
};

struct FormStep {
    StepKind kind{};
    std::uint64_t id = 0;     ///< of its first node; 0 at the end
    std::string ref;          ///< of its first node; "" at the end
    std::uint32_t first = 0;  ///< into page()
    std::uint32_t count = 0;
};

/// A line of the table of contents: a group, repeat or row.
struct OutlineEntry {
    std::string ref;  ///< "" for a group that is only for the page
    std::string label;
    std::uint32_t depth = 0;
    ViewKind kind{};
    std::size_t step = 0;         ///< where a jump leads
    std::uint32_t questions = 0;  ///< to be answered by a person, with all below
    std::uint32_t answered = 0;
    std::uint32_t missing = 0;   ///< required and blank
    std::uint32_t problems = 0;  ///< answered, but not right
    [[nodiscard]] bool complete() const { return missing == 0 && problems == 0; }
};

enum class NavigationMode : std::uint8_t {
    kAuto,  ///< as the form's style says: the grid theme without "pages" is one page
    kSteps,
    kWhole,  ///< all on one page
};

class Navigator {
public:
    explicit Navigator(Session& session, NavigationMode mode = NavigationMode::kAuto);

    [[nodiscard]] const FormStep& current();
    [[nodiscard]] std::span<const ViewNode> nodes();
    [[nodiscard]] std::size_t position();  ///< of the current step, from 0
    [[nodiscard]] std::span<const FormStep> steps();
    [[nodiscard]] std::span<const ViewNode> page();

    /// False at the end, or the beginning, where nothing moves.
    bool next();
    bool previous();
    void to_start();
    void to_end();
    /// To the step that shows the node: a question, or the first one in a group, repeat or row.
    /// kNotFound if it is not on the page now.
    [[nodiscard]] Status to(std::string_view ref);
    [[nodiscard]] Status to_step(std::size_t position);
    /// Validates and goes to the first thing that stands in the way; stays if nothing does.
    std::optional<Problem> to_first_problem();

    [[nodiscard]] std::vector<OutlineEntry> outline();

private:
    void refresh();
    void make_steps();
    void find_again(const std::vector<FormStep>& before);
    [[nodiscard]] std::size_t step_of(std::size_t node) const;

    Session& session_;
    bool whole_ = false;
    std::uint64_t revision_ = 0;  ///< of page_; 0 if never made
    std::string language_;
    std::vector<ViewNode> page_;
    std::vector<FormStep> steps_;
    std::size_t at_ = 0;
};

}  // namespace awda::forms
