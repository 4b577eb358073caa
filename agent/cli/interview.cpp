#include "agent/cli/interview.h"

#include <algorithm>
#include <istream>
#include <ostream>
#include <utility>

#include "agent/cli/form_draft.h"
#include "agent/cli/interview_choices.h"
#include "forms/value.h"

namespace awda::cli {

namespace {

using forms::QuestionType;
using forms::ViewKind;
using forms::ViewNode;

bool is_select(QuestionType type) {
    return type == QuestionType::kSelectOne || type == QuestionType::kSelectMultiple ||
           type == QuestionType::kRank;
}

bool is_yes(std::string_view line) {
    constexpr std::string_view kYes[] = {"y", "Y", "yes", "1", "١", "نعم", "بەڵێ"};
    return std::find(std::begin(kYes), std::end(kYes), line) != std::end(kYes);
}

/// "family[2]/visit[1]/date" → "date"; "family[2]" → "family".
std::string name_of(const std::string& ref) {
    const std::string last = ref.substr(ref.rfind('/') + 1);
    return last.substr(0, last.find('['));
}

/// The row that a ref is in: "family[2]/visit[1]/date" → "family[2]/visit[1]"; "" if in none.
std::string row_of(const std::string& ref) {
    const auto close = ref.rfind(']');
    return close == std::string::npos ? std::string() : ref.substr(0, close + 1);
}

/// The repeat of a row: "family[2]" → "family".
std::string repeat_of(const std::string& row) {
    return row.substr(0, row.rfind('['));
}

/// Labels are Markdown of several lines; a terminal gets one line, without control characters.
std::string plain(const std::string& text) {
    return harmless(text);
}

}  // namespace

Interview::Interview(forms::Session& session, std::istream& in, std::ostream& out,
                     Language language)
    : session_(session), in_(in), out_(out), language_(language) {}

void Interview::tell_line(std::string_view text) {
    out_ << text << '\n';
}

void Interview::tell(Text text, std::initializer_list<std::string_view> arguments) {
    tell_line(say(text, language_, arguments));
}

std::string Interview::title_of(const std::string& ref) const {
    const std::string label = plain(session_.label(ref));
    return label.empty() ? name_of(ref) : label;
}

std::optional<std::string> Interview::read_line() {
    out_.flush();
    if (lines_ >= kLinesMax || stopped()) return std::nullopt;
    ++lines_;
    std::string line;
    if (!std::getline(in_, line)) return std::nullopt;
    if (line.size() > kLineBytesMax) line.resize(kLineBytesMax);
    return std::string(forms::trim(line));
}

std::vector<Interview::Stop> Interview::stops() const {
    struct Open {
        std::string ref;
        std::uint32_t depth = 0;
        bool can_add = false;
    };
    std::vector<Stop> all;
    std::vector<Open> open;
    std::vector<std::string> before;
    const auto stop_at = [&](Stop::Kind kind, const std::string& ref) {
        all.push_back({kind, ref, std::exchange(before, {})});
    };
    const auto close_to = [&](std::uint32_t depth) {
        while (!open.empty() && open.back().depth >= depth) {
            if (open.back().can_add) stop_at(Stop::Kind::kRowsEnd, open.back().ref);
            open.pop_back();
        }
    };
    for (const ViewNode& node : session_.page()) {
        close_to(node.depth);
        if (node.kind == ViewKind::kRepeat) {
            open.push_back({node.ref, node.depth, node.can_add});
        } else if (node.kind != ViewKind::kQuestion) {
            if (!node.ref.empty()) before.push_back(node.ref);
        } else if (node.readonly || node.type == QuestionType::kNote) {
            before.push_back(node.ref);
        } else {
            stop_at(Stop::Kind::kQuestion, node.ref);
        }
    }
    close_to(0);
    stop_at(Stop::Kind::kEnd, {});
    return all;
}

Result<bool> Interview::run() {
    tell(Text::kRunHello);
    go_to(stops(), 0);
    for (;;) {
        // A copy, since what is answered may lead elsewhere.
        const Stop here = at_;
        const Next next = here.kind == Stop::Kind::kEnd ? ask_end(here) : ask(here);
        if (next == Next::kLeave) break;
        step(next);
    }
    if (failure_) return *failure_;
    return finished_;
}

/// Moves on: the page may have changed with the answer.
void Interview::step(Next next) {
    if (next == Next::kStay) return;
    const auto all = stops();
    const auto here = std::find_if(all.begin(), all.end(), [this](const Stop& stop) {
        return stop.ref == at_.ref && stop.kind == at_.kind;
    });
    const bool found = here != all.end();
    std::size_t to = found ? static_cast<std::size_t>(here - all.begin()) : index_;
    if (next == Next::kForward && found) ++to;
    if (next == Next::kBack) to -= std::min<std::size_t>(to, 1);
    go_to(all, to);
}

void Interview::go_to(const std::vector<Stop>& all, std::size_t index) {
    index_ = std::min(index, all.size() - 1);
    at_ = all[index_];
    announced_ = false;
}

std::uint32_t Interview::rows_of(const std::string& repeat) const {
    for (const ViewNode& node : session_.page()) {
        if (node.kind == ViewKind::kRepeat && node.ref == repeat) return node.rows;
    }
    return 0;
}

// Asking -----------------------------------------------------------------------------------------

void Interview::show_choices(const ViewNode& view, std::string_view search) {
    if (view.choices == nullptr) return;
    const auto& choices = *view.choices;
    std::vector<std::size_t> shown;
    if (!search.empty()) {
        shown = choices_like(choices, search);
    } else {
        for (std::size_t i = 0; i < choices.size(); ++i) shown.push_back(i);
    }
    for (std::size_t i = 0; i < shown.size() && i < kChoicesShownMax; ++i) {
        tell_line("  " + std::to_string(shown[i] + 1) + ") " + plain(choices[shown[i]].label));
    }
    if (shown.size() > kChoicesShownMax) {
        tell(Text::kRunMoreChoices, {std::to_string(shown.size() - kChoicesShownMax)});
    }
}

/// The headings and notes on the way to a stop.
void Interview::announce_before(const Stop& stop) {
    for (const std::string& ref : stop.before) {
        const auto view = session_.view(ref);
        if (!view.ok()) continue;
        const bool note = view->kind == ViewKind::kQuestion;
        const std::string row = view->kind == ViewKind::kRow ? " (" + ref + ")" : std::string();
        tell_line(note ? "" : "\n== " + title_of(ref) + row + " ==");
        if (!note) continue;
        const std::string value = plain(view->value);
        tell_line(title_of(ref) + (value.empty() ? "" : ": " + value));
    }
}

void Interview::announce(const Stop& stop) {
    if (announced_) return;
    announced_ = true;
    announce_before(stop);
    if (stop.kind != Stop::Kind::kQuestion) return;
    const auto view = session_.view(stop.ref);
    if (!view.ok()) return;
    tell_line("");
    tell_line(title_of(stop.ref) + (view->required ? " *" : ""));
    if (!view->hint.empty()) tell_line("  " + plain(view->hint));
    if (view->type == QuestionType::kRange && !view->parameters.empty()) {
        tell_line("  " + plain(view->parameters));
    }
    if (is_select(view->type)) show_choices(*view, {});
    if (view->type == QuestionType::kSelectMultiple || view->type == QuestionType::kRank) {
        tell(Text::kRunSeveral);
    }
    if (view->type == QuestionType::kAcknowledge) tell(Text::kRunYesNo);
}

Interview::Next Interview::ask(const Stop& stop) {
    announce(stop);
    if (stop.kind == Stop::Kind::kRowsEnd) {
        const std::string rows = std::to_string(rows_of(stop.ref));
        out_ << say(Text::kRunAnother, language_, {title_of(stop.ref), rows}) << " ";
    } else {
        const std::string value = session_.value(stop.ref);
        if (!value.empty()) out_ << "[" << plain(value) << "] ";
        out_ << "> ";
    }
    const auto line = read_line();
    if (line) return take(stop, *line);
    tell_line("");
    tell(Text::kRunInputEnded);
    return Next::kLeave;
}

Interview::Next Interview::ask_end(const Stop& stop) {
    announce(stop);
    const auto problems = session_.validate();
    tell_line("");
    if (problems.empty()) {
        tell(Text::kRunComplete);
    } else {
        tell(Text::kNotFinished, {std::to_string(problems.size())});
        for (const forms::Problem& problem : problems) {
            tell_line("  " + title_of(problem.ref) + " (" + problem.ref +
                      "): " + plain(problem.message));
        }
        tell(Text::kRunGoOn);
    }
    out_ << "> ";
    const auto line = read_line();
    if (line && (*line == "<" || line->starts_with(':'))) return take(stop, *line);
    if (problems.empty()) {
        finished_ = true;
        return Next::kLeave;
    }
    if (line) return jump(problems.front().ref);
    tell_line("");
    tell(Text::kRunInputEnded);
    return Next::kLeave;
}

Interview::Next Interview::take(const Stop& stop, const std::string& line) {
    if (line == "<") return Next::kBack;
    if (line == "?") return explain(stop);
    if (line.starts_with(':')) {
        const auto space = std::min(line.find(' '), line.size());
        const std::string rest(forms::trim(std::string_view(line).substr(space)));
        return command(stop, std::string_view(line).substr(1, space - 1), rest);
    }
    if (stop.kind == Stop::Kind::kRowsEnd) {
        return is_yes(line) ? add_row(stop, {}) : Next::kForward;
    }
    // A backslash lets an answer begin with one of our own signs.
    return answer(stop.ref, line.starts_with('\\') ? line.substr(1) : line);
}

Interview::Next Interview::command(const Stop& stop, std::string_view word,
                                   const std::string& rest) {
    if (word == "jump") return jump(rest);
    if (word == "add") return add_row(stop, rest);
    if (word == "remove") return remove_row(stop, rest);
    if (word == "clear") return clear(stop);
    if (word == "save") return save(rest);
    if (word == "lang") return speak(rest);
    if (word == "quit") return Next::kLeave;
    if (word == "list") {
        list_answers();
        return Next::kStay;
    }
    if (word == "undo") return undo();
    if (word == "end") {
        const auto all = stops();
        go_to(all, all.size() - 1);
        return Next::kStay;
    }
    tell(Text::kRunCommands);
    return Next::kStay;
}

// Answers ----------------------------------------------------------------------------------------

/// An empty line: what is there stays, if the form can do with it.
Interview::Next Interview::keep(const ViewNode& view) {
    if (view.value.empty() && !view.required) return Next::kForward;
    if (!view.value.empty() && !view.problem) return Next::kForward;
    for (const forms::Problem& problem : session_.validate()) {
        if (problem.ref != view.ref) continue;
        tell_line("! " + plain(problem.message));
        return Next::kStay;
    }
    return Next::kForward;
}

Interview::Next Interview::answer(const std::string& ref, const std::string& line) {
    const auto view = session_.view(ref);
    if (!view.ok() || !view->relevant) return Next::kForward;
    if (line.empty()) return keep(*view);
    std::string value = line;
    if (is_select(view->type) && view->choices != nullptr) {
        const ChosenValues chosen =
            choose(*view->choices, line, view->type != QuestionType::kSelectOne);
        if (!chosen.ok) {
            tell(chosen.matches.empty() ? Text::kRunNoChoice : Text::kRunWhichChoice,
                 {plain(chosen.unclear)});
            if (!chosen.matches.empty()) show_choices(*view, chosen.unclear);
            return Next::kStay;
        }
        value = chosen.value;
    } else if (view->type == QuestionType::kAcknowledge) {
        value = is_yes(line) ? "OK" : "";
    }
    const std::string before = session_.value(ref);
    if (const Status status = session_.answer(ref, value); !status.ok()) {
        tell_line("! " + std::string(errc_message(status.error().code, language_)));
        return Next::kStay;
    }
    const auto now = session_.view(ref);
    if (!now.ok() || !now->problem) return Next::kForward;
    tell_line("! " + plain(now->problem->message));
    // Also what the refused answer did elsewhere is taken back. The same answer again did nothing.
    if (now->value != before) session_.undo().ignore("there is the answer to take back");
    return Next::kStay;
}

Interview::Next Interview::clear(const Stop& stop) {
    if (stop.kind != Stop::Kind::kQuestion) return Next::kStay;
    if (const Status status = session_.answer(stop.ref, ""); !status.ok()) {
        tell_line("! " + std::string(errc_message(status.error().code, language_)));
    }
    return Next::kStay;
}

Interview::Next Interview::explain(const Stop& stop) {
    const auto view = session_.view(stop.ref);
    if (view.ok()) {
        if (!view->hint.empty()) tell_line("  " + plain(view->hint));
        if (!view->guidance.empty()) tell_line("  " + plain(view->guidance));
        if (!view->marks.purpose.empty()) {
            tell(Text::kRunPurpose, {plain(view->marks.purpose)});
        }
        tell_line("  " + stop.ref + ", " + std::string(forms::question_type_name(view->type)));
    }
    tell(Text::kRunCommands);
    return Next::kStay;
}

// Moving -----------------------------------------------------------------------------------------

Interview::Next Interview::jump(const std::string& name) {
    const auto all = stops();
    const auto go = [&](const auto& fits) {
        const auto found = std::find_if(all.begin(), all.end(), fits);
        if (found == all.end()) return false;
        go_to(all, static_cast<std::size_t>(found - all.begin()));
        return true;
    };
    const bool found =
        !name.empty() && (go([&](const Stop& stop) { return stop.ref == name; }) ||
                          go([&](const Stop& stop) { return name_of(stop.ref) == name; }) ||
                          go([&](const Stop& stop) { return stop.ref.starts_with(name + "/"); }));
    if (!found) tell(Text::kRunNoQuestion, {plain(name)});
    return Next::kStay;
}

Interview::Next Interview::add_row(const Stop& stop, const std::string& name) {
    const bool rows_end = stop.kind == Stop::Kind::kRowsEnd;
    std::string repeat = rows_end ? stop.ref : repeat_of(row_of(stop.ref));
    if (!name.empty()) {
        repeat = name;
        for (const ViewNode& node : session_.page()) {
            if (node.kind == ViewKind::kRepeat && name_of(node.ref) == name) repeat = node.ref;
        }
    }
    const auto row = session_.add_repeat(repeat);
    if (!row.ok()) {
        tell_line("! " + std::string(errc_message(row.error().code, language_)));
        return Next::kStay;
    }
    return jump(*row);
}

Interview::Next Interview::remove_row(const Stop& stop, const std::string& name) {
    std::string row = name.empty() ? row_of(stop.ref) : name;
    // Behind the rows, the last one is meant.
    if (name.empty() && stop.kind == Stop::Kind::kRowsEnd) {
        row = stop.ref + "[" + std::to_string(rows_of(stop.ref)) + "]";
    }
    if (const Status status = session_.remove_repeat(row); !status.ok()) {
        tell_line("! " + std::string(errc_message(status.error().code, language_)));
        return Next::kStay;
    }
    tell(Text::kRunRemoved, {row});
    return Next::kJump;
}

/// Takes the last action back and goes to where it was.
Interview::Next Interview::undo() {
    const auto before = session_.answers(forms::Session::Include::kAll);
    if (const Status status = session_.undo(); !status.ok()) {
        tell_line("! " + std::string(errc_message(status.error().code, language_)));
        return Next::kStay;
    }
    const auto after = session_.answers(forms::Session::Include::kAll);
    for (std::size_t i = 0; i < std::max(before.size(), after.size()); ++i) {
        if (i < before.size() && i < after.size() && before[i] == after[i]) continue;
        const std::string changed = i < after.size() ? after[i].path : before[i].path;
        tell(Text::kRunUndone, {changed});
        const auto view = session_.view(changed);
        if (view.ok() && view->kind == ViewKind::kQuestion) return jump(changed);
        break;
    }
    return Next::kJump;
}

Interview::Next Interview::speak(const std::string& name) {
    const auto& languages = session_.definition().languages();
    const bool known = std::any_of(languages.begin(), languages.end(), [&](const auto& one) {
        return one.name == name || (!one.tag.empty() && one.tag == name);
    });
    const auto ours = parse_language(forms::language_tag(name));
    if (!known && !ours) {
        std::string names;
        for (const auto& one : languages) names += (names.empty() ? "" : ", ") + one.name;
        tell_line("! " + plain(names));
        return Next::kStay;
    }
    session_.set_language(name);
    if (ours) language_ = *ours;
    announced_ = false;
    return Next::kStay;
}

Interview::Next Interview::save(const std::string& name) {
    const std::string path = name.empty() ? draft_path : name;
    const forms::FormSettings& settings = session_.definition().settings();
    const FormDraft draft{settings.form_id, settings.version, std::string(session_.language()),
                          session_.instance_id(), session_.answers(forms::Session::Include::kAll)};
    if (const Status status = write_draft(Path(path), draft); !status.ok()) {
        failure_ = status.error();
        return Next::kLeave;
    }
    tell(Text::kFormConverted, {path});
    return Next::kStay;
}

void Interview::list_answers() {
    for (const ViewNode& node : session_.page()) {
        if (node.kind != ViewKind::kQuestion || node.value.empty()) continue;
        tell_line("  " + node.ref + " = " + plain(node.value));
    }
}

}  // namespace awda::cli
