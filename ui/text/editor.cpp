#include "ui/text/editor.h"

#include <algorithm>

#include "platform/secret.h"

namespace awda::ui {

namespace {

constexpr char32_t kArabicDecimalMark = 0x066B;

bool is_digit(char32_t c) {
    return c >= U'0' && c <= U'9';
}

}  // namespace

EditModel::EditModel(InputFilter filter, bool multi_line, std::size_t characters_max)
    : filter_(filter),
      multi_line_(multi_line),
      characters_max_(std::min(characters_max, kCharactersMax)) {}

EditModel::~EditModel() {
    wipe(text_);
    forget(undo_);
    forget(redo_);
}

void EditModel::forget(std::vector<Step>& steps) {
    for (Step& step : steps) wipe(step.removed), wipe(step.inserted);
    steps.clear();
}

void EditModel::set_text(std::string_view utf8) {
    std::u32string fresh = decode_utf8(utf8);
    if (fresh.size() > kCharactersMax) fresh.resize(kCharactersMax);
    wipe(text_);
    text_ = std::move(fresh);
    forget(undo_);
    forget(redo_);
    caret_ = {static_cast<std::uint32_t>(text_.size()), true};
    anchor_ = caret_.position;
    goal_x_ = -1;
    group_open_ = false;
}

std::string EditModel::value() const {
    return to_nfc(encode_utf8(text_));
}

std::string EditModel::selected_text() const {
    return encode_utf8(
        std::u32string_view(text_).substr(selection_start(), selection_end() - selection_start()));
}

/// The character as it is stored at `at`, or 0 when the field does not take it there.
char32_t EditModel::accept(char32_t c, std::uint32_t at, std::u32string_view so_far) const {
    c = to_ascii_digit(c);
    if (c == U'\r') c = U'\n';
    const auto has = [&](char32_t wanted) {
        return so_far.find(wanted) != std::u32string_view::npos ||
               (!has_selection() && text_.find(wanted) != std::u32string::npos);
    };
    switch (filter_) {
        case InputFilter::kText: break;
        case InputFilter::kDecimal:
            if (c == U',' || c == kArabicDecimalMark) c = U'.';
            if (c == U'.') return has(U'.') ? 0 : c;
            [[fallthrough]];
        case InputFilter::kInteger:
            if (c == U'-') return at == 0 && !has(U'-') ? c : 0;
            return is_digit(c) ? c : 0;
        case InputFilter::kDate:
            if (c == U'/' || c == U'.') c = U'-';
            return is_digit(c) || c == U'-' ? c : 0;
        case InputFilter::kTime: return is_digit(c) || c == U':' ? c : 0;
    }
    if (c == U'\n') return multi_line_ ? c : U' ';
    if (c == U'\t') return U' ';
    if (is_paragraph_break(c)) return multi_line_ ? U'\n' : U' ';
    return is_control(c) || is_bidi_control(c) ? 0 : c;
}

std::u32string EditModel::accepted(std::u32string_view input) const {
    std::u32string out;
    const std::size_t kept = text_.size() - (selection_end() - selection_start());
    const std::size_t room = characters_max_ > kept ? characters_max_ - kept : 0;
    for (std::size_t i = 0; i < input.size() && out.size() < room; ++i) {
        if (input[i] == U'\r' && i + 1 < input.size() && input[i + 1] == U'\n') continue;
        const auto at = selection_start() + static_cast<std::uint32_t>(out.size());
        const char32_t c = accept(input[i], at, out);
        if (c != 0) out.push_back(c);
    }
    return out;
}

bool EditModel::replace(std::uint32_t from, std::uint32_t to, std::u32string_view with, Kind kind) {
    if (from == to && with.empty()) return false;
    // Typing and erasing go on in one step while they stay of one kind, up to a word's end.
    const bool word_ends = kind == Kind::kTyping && from > 0 && is_space(text_[from - 1]) &&
                           !with.empty() && !is_space(with.front());
    const bool joins =
        group_open_ && kind == last_kind_ && kind != Kind::kOther && !word_ends && !undo_.empty();
    undo_.push_back(
        {from, text_.substr(from, to - from), std::u32string(with), caret_, anchor_, joins});
    if (undo_.size() > kUndoMax) {
        std::size_t drop = 1;  // a whole group, so that undo never stops inside one
        while (drop < undo_.size() && undo_[drop].joins_previous) ++drop;
        undo_.erase(undo_.begin(), undo_.begin() + static_cast<std::ptrdiff_t>(drop));
    }
    forget(redo_);
    text_.replace(from, to - from, with);
    caret_ = {from + static_cast<std::uint32_t>(with.size()), !with.empty()};
    anchor_ = caret_.position;
    goal_x_ = -1;
    group_open_ = true;
    last_kind_ = kind;
    return true;
}

bool EditModel::type(char32_t character) {
    const std::u32string input = accepted(std::u32string_view(&character, 1));
    if (input.empty()) return false;
    const Kind kind = has_selection() ? Kind::kOther : Kind::kTyping;
    const bool changed = replace(selection_start(), selection_end(), input, kind);
    last_kind_ = Kind::kTyping;  // what is typed over a selection goes on as one step
    return changed;
}

bool EditModel::paste(std::string_view utf8) {
    const std::u32string input = accepted(decode_utf8(utf8.substr(0, kCharactersMax * 4)));
    if (input.empty()) return false;
    return replace(selection_start(), selection_end(), input, Kind::kOther);
}

bool EditModel::erase(std::uint32_t from, std::uint32_t to) {
    if (has_selection()) {
        return replace(selection_start(), selection_end(), {}, Kind::kOther);
    }
    return from < to && replace(from, to, {}, Kind::kErasing);
}

bool EditModel::backspace() {
    const std::uint32_t at = caret_.position;
    return erase(at > 0 ? at - 1 : 0, at);
}

bool EditModel::erase_forward() {
    const std::vector<bool> starts = grapheme_starts(text_);
    std::uint32_t end = caret_.position;
    if (end < text_.size()) {
        ++end;
        while (end < text_.size() && !starts[end]) ++end;
    }
    return erase(caret_.position, end);
}

bool EditModel::erase_word_back() {
    return erase(word_before(caret_.position), caret_.position);
}
bool EditModel::erase_word_forward() {
    return erase(caret_.position, word_after(caret_.position));
}

std::uint32_t EditModel::word_before(std::uint32_t position) const {
    const std::vector<bool> starts = word_starts(text_);
    while (position > 0 && is_space(text_[position - 1])) --position;
    while (position > 0) {
        --position;
        if (starts[position]) break;
    }
    return position;
}

std::uint32_t EditModel::word_after(std::uint32_t position) const {
    const std::vector<bool> starts = word_starts(text_);
    const auto size = static_cast<std::uint32_t>(text_.size());
    while (position < size) {
        ++position;
        if (starts[position]) break;
    }
    while (position < size && is_space(text_[position])) ++position;
    return position;
}

bool EditModel::undo() {
    if (undo_.empty()) return false;
    bool more = true;
    while (more && !undo_.empty()) {
        Step step = std::move(undo_.back());
        undo_.pop_back();
        text_.replace(step.at, step.inserted.size(), step.removed);
        caret_ = step.caret_before;
        anchor_ = step.anchor_before;
        more = step.joins_previous;
        redo_.push_back(std::move(step));
    }
    group_open_ = false;
    goal_x_ = -1;
    return true;
}

bool EditModel::redo() {
    if (redo_.empty()) return false;
    bool more = true;
    while (more && !redo_.empty()) {
        Step step = std::move(redo_.back());
        redo_.pop_back();
        text_.replace(step.at, step.removed.size(), step.inserted);
        caret_ = {step.at + static_cast<std::uint32_t>(step.inserted.size()), true};
        anchor_ = caret_.position;
        undo_.push_back(std::move(step));
        more = !redo_.empty() && redo_.back().joins_previous;
    }
    group_open_ = false;
    goal_x_ = -1;
    return true;
}

Caret EditModel::moved(Move move, const Layout& layout) {
    const bool rtl = layout.starts_right_to_left();
    const auto end = static_cast<std::uint32_t>(text_.size());
    switch (move) {
        case Move::kLeft: return layout.left_of(caret_);
        case Move::kRight: return layout.right_of(caret_);
        case Move::kWordLeft:
        case Move::kWordRight: {
            const bool forward = (move == Move::kWordRight) != rtl;
            return {forward ? word_after(caret_.position) : word_before(caret_.position), false};
        }
        case Move::kUp: return layout.vertical(caret_, -1, goal_x_);
        case Move::kDown: return layout.vertical(caret_, 1, goal_x_);
        case Move::kPageUp: return layout.vertical(caret_, -kPageLines, goal_x_);
        case Move::kPageDown: return layout.vertical(caret_, kPageLines, goal_x_);
        case Move::kLineStart: return layout.line_start(caret_);
        case Move::kLineEnd: return layout.line_end(caret_);
        case Move::kTextStart: return {0, false};
        case Move::kTextEnd: break;
    }
    return {end, true};
}

void EditModel::move(Move move, bool extend, const Layout& layout) {
    const bool vertical = move == Move::kUp || move == Move::kDown || move == Move::kPageUp ||
                          move == Move::kPageDown;
    if (vertical && goal_x_ < 0) goal_x_ = layout.caret_rect(caret_).left;
    if (!vertical) goal_x_ = -1;
    group_open_ = false;
    const bool sideways = move == Move::kLeft || move == Move::kRight;
    if (sideways && has_selection() && !extend) {
        // The arrow leaves the selection at the end it points to.
        const Caret a{selection_start(), false};
        const Caret b{selection_end(), true};
        const TextRect at_a = layout.caret_rect(a);
        const TextRect at_b = layout.caret_rect(b);
        const bool a_is_left =
            at_a.top == at_b.top ? at_a.left <= at_b.left : !layout.starts_right_to_left();
        caret_ = (move == Move::kLeft) == a_is_left ? a : b;
    } else {
        caret_ = moved(move, layout);
    }
    caret_.position = std::min(caret_.position, static_cast<std::uint32_t>(text_.size()));
    if (!extend) anchor_ = caret_.position;
}

void EditModel::place(Caret caret, bool extend) {
    caret_ = caret;
    caret_.position = std::min(caret_.position, static_cast<std::uint32_t>(text_.size()));
    if (!extend) anchor_ = caret_.position;
    goal_x_ = -1;
    group_open_ = false;
}

void EditModel::select_all() {
    anchor_ = 0;
    caret_ = {static_cast<std::uint32_t>(text_.size()), true};
    group_open_ = false;
}

void EditModel::select_word(std::uint32_t position) {
    const std::vector<bool> starts = word_starts(text_);
    const auto size = static_cast<std::uint32_t>(text_.size());
    std::uint32_t from = std::min(position, size);
    if (from == size && from > 0) --from;
    std::uint32_t to = from;
    while (from > 0 && !starts[from]) --from;
    if (to < size) ++to;
    while (to < size && !starts[to]) ++to;
    anchor_ = from;
    caret_ = {to, true};
    group_open_ = false;
}

void EditModel::select_paragraph(std::uint32_t position) {
    const auto size = static_cast<std::uint32_t>(text_.size());
    std::uint32_t from = std::min(position, size);
    std::uint32_t to = from;
    while (from > 0 && !is_paragraph_break(text_[from - 1])) --from;
    while (to < size && !is_paragraph_break(text_[to])) ++to;
    anchor_ = from;
    caret_ = {to, true};
    group_open_ = false;
}

}  // namespace awda::ui
