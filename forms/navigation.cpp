#include "forms/navigation.h"

#include <algorithm>

#include "forms/appearance.h"
#include "forms/model.h"

namespace awda::forms {
namespace {

/// Behind everything that is inside the node at `at`.
std::size_t end_of(std::span<const ViewNode> page, std::size_t at) {
    const std::uint32_t depth = page[at].depth;
    for (++at; at < page.size() && page[at].depth > depth;) ++at;
    return at;
}

bool together(const ViewNode& node) {
    if (node.kind != ViewKind::kGroup && node.kind != ViewKind::kRow) return false;
    return node.hints->appearance.has(AppearanceWord::kFieldList) ||
           node.hints->appearance.has(AppearanceWord::kTableList);
}

/// "/data/a/b" and "a/b" mean the same; "family" the first row's repeat.
std::string_view without_root(std::string_view ref) {
    if (!ref.starts_with('/')) return ref;
    const auto slash = ref.find('/', 1);
    return slash == std::string_view::npos ? std::string_view() : ref.substr(slash + 1);
}

bool asks(const ViewNode& node) {
    return node.kind == ViewKind::kQuestion && !node.readonly && node.type != QuestionType::kNote &&
           node.type != QuestionType::kHidden;
}

}  // namespace

Navigator::Navigator(Session& session, NavigationMode mode) : session_(session) {
    const FormStyle style = parse_style(session.definition().model().body_class);
    whole_ = mode == NavigationMode::kWhole ||
             (mode == NavigationMode::kAuto && style.grid && !style.pages);
    refresh();
}

void Navigator::refresh() {
    if (revision_ == session_.revision() && language_ == session_.language()) return;
    page_ = session_.page();
    revision_ = session_.revision();
    language_ = session_.language();
    const std::vector<FormStep> before = std::move(steps_);
    steps_.clear();
    make_steps();
    find_again(before);
}

void Navigator::make_steps() {
    const auto add = [&](StepKind kind, std::size_t first, std::size_t end) {
        steps_.push_back({kind, page_[first].id, page_[first].ref,
                          static_cast<std::uint32_t>(first),
                          static_cast<std::uint32_t>(end - first)});
    };
    // The repeats around, with where they end: there it is asked whether to add a row.
    std::vector<std::pair<std::size_t, std::size_t>> open;
    const auto close = [&](std::size_t at) {
        while (!open.empty() && open.back().second <= at) {
            const std::size_t head = open.back().first;
            open.pop_back();
            if (page_[head].can_add) add(StepKind::kAddRow, head, head + 1);
        }
    };
    if (whole_ && !page_.empty()) add(StepKind::kTogether, 0, page_.size());
    for (std::size_t i = 0; i < page_.size() && !whole_;) {
        close(i);
        if (page_[i].kind == ViewKind::kRepeat) open.emplace_back(i, end_of(page_, i));
        const std::size_t end = together(page_[i]) ? end_of(page_, i) : i + 1;
        if (end > i + 1 || page_[i].kind == ViewKind::kQuestion) {
            const bool one = page_[i].kind == ViewKind::kQuestion;
            add(one ? StepKind::kQuestion : StepKind::kTogether, i, end);
        }
        i = end;
    }
    close(page_.size());
    steps_.push_back({StepKind::kEnd, 0, {}, static_cast<std::uint32_t>(page_.size()), 0});
}

/// The step that was current; else the next that is still there, else the last one before.
void Navigator::find_again(const std::vector<FormStep>& before) {
    if (before.empty()) {
        at_ = 0;
        return;
    }
    std::unordered_map<std::uint64_t, std::size_t> now;
    for (std::size_t i = 0; i < steps_.size(); ++i) now.emplace(steps_[i].id, i);
    for (std::size_t i = at_; i < before.size(); ++i) {
        const auto found = now.find(before[i].id);
        if (found == now.end()) continue;
        at_ = found->second;
        return;
    }
    at_ = steps_.size() - 1;
}

const FormStep& Navigator::current() {
    refresh();
    return steps_[at_];
}

std::span<const ViewNode> Navigator::nodes() {
    const FormStep& step = current();
    return std::span<const ViewNode>(page_).subspan(step.first, step.count);
}

std::size_t Navigator::position() {
    refresh();
    return at_;
}

std::span<const FormStep> Navigator::steps() {
    refresh();
    return steps_;
}

std::span<const ViewNode> Navigator::page() {
    refresh();
    return page_;
}

bool Navigator::next() {
    refresh();
    if (at_ + 1 >= steps_.size()) return false;
    ++at_;
    return true;
}

bool Navigator::previous() {
    refresh();
    if (at_ == 0) return false;
    --at_;
    return true;
}

void Navigator::to_start() {
    refresh();
    at_ = 0;
}

void Navigator::to_end() {
    refresh();
    at_ = steps_.size() - 1;
}

Status Navigator::to_step(std::size_t position) {
    refresh();
    if (position >= steps_.size()) return Error{Errc::kNotFound, "going to a step"};
    at_ = position;
    return {};
}

/// The step that shows a node of the page, or the first one behind its beginning.
std::size_t Navigator::step_of(std::size_t node) const {
    std::size_t best = steps_.size() - 1;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        const FormStep& step = steps_[i];
        const std::size_t end = std::size_t{step.first} + step.count;
        if (step.kind != StepKind::kAddRow && node >= step.first && node < end) return i;
        // An empty repeat leads to its "add another?".
        if (step.kind == StepKind::kAddRow && step.first == node && page_[node].rows == 0) return i;
        if (step.kind != StepKind::kAddRow && step.first >= node) best = std::min(best, i);
    }
    return best;
}

Status Navigator::to(std::string_view ref) {
    refresh();
    const std::string_view wanted = without_root(ref);
    for (std::size_t i = 0; i < page_.size() && !wanted.empty(); ++i) {
        if (page_[i].ref != wanted) continue;
        at_ = step_of(i);
        return {};
    }
    // Positions may be left out, and the repeat of a row is found by the session.
    const auto view = session_.view(ref);
    for (std::size_t i = 0; view.ok() && !view->ref.empty() && i < page_.size(); ++i) {
        if (page_[i].ref != view->ref) continue;
        at_ = step_of(i);
        return {};
    }
    return Error{Errc::kNotFound, "going to a question"};
}

std::optional<Problem> Navigator::to_first_problem() {
    std::vector<Problem> problems = session_.validate();
    refresh();
    // In the order of the page, which need not be the record's.
    std::unordered_map<std::string_view, const Problem*> by_ref;
    for (const Problem& problem : problems) by_ref.emplace(problem.ref, &problem);
    for (std::size_t i = 0; i < page_.size(); ++i) {
        const auto found = by_ref.find(page_[i].ref);
        if (page_[i].kind != ViewKind::kQuestion || found == by_ref.end()) continue;
        at_ = step_of(i);
        return *found->second;
    }
    return problems.empty() ? std::nullopt : std::optional(problems.front());
}

std::vector<OutlineEntry> Navigator::outline() {
    refresh();
    std::vector<OutlineEntry> out;
    std::vector<std::size_t> around;  // entries that the node is in
    for (std::size_t i = 0; i < page_.size(); ++i) {
        const ViewNode& node = page_[i];
        while (!around.empty() && out[around.back()].depth >= node.depth) around.pop_back();
        if (node.kind != ViewKind::kQuestion) {
            OutlineEntry entry;
            entry.ref = node.ref;
            entry.label = node.short_label.empty() ? node.label : node.short_label;
            entry.depth = node.depth;
            entry.kind = node.kind;
            entry.step = step_of(i);
            around.push_back(out.size());
            out.push_back(std::move(entry));
            continue;
        }
        if (!asks(node)) continue;
        for (const std::size_t group : around) {
            ++out[group].questions;
            if (!node.value.empty()) ++out[group].answered;
            if (node.value.empty() && node.required) ++out[group].missing;
            if (!node.value.empty() && node.problem) ++out[group].problems;
        }
    }
    return out;
}

}  // namespace awda::forms
