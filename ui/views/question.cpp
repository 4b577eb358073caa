// DeskView: groups, repeats and questions on an intake's page.
#include <algorithm>

#include "ui/views/desk_view.h"
#include "ui/views/wording.h"

namespace awda::ui {

namespace {

using forms::QuestionType;
using forms::ViewKind;
using forms::ViewNode;

/// Up to this many choices are shown at once; more open as a list.
constexpr std::size_t kRadioChoicesMax = 7;
/// Up to this many boxes are shown at once; more are picked one by one.
constexpr std::size_t kCheckChoicesMax = 14;
constexpr float kQuestionGap = 10;

std::vector<std::string> split_words(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        if (end > 0) out.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
    return out;
}

bool has_word(std::string_view appearance, std::string_view word) {
    std::size_t at = 0;
    while ((at = appearance.find(word, at)) != std::string_view::npos) {
        const bool starts = at == 0 || appearance[at - 1] == ' ';
        const std::size_t end = at + word.size();
        if (starts &&
            (end == appearance.size() || appearance[end] == ' ' || appearance[end] == '(')) {
            return true;
        }
        at = end;
    }
    return false;
}

bool is_typed_elsewhere(QuestionType type) {
    switch (type) {
        case QuestionType::kImage:
        case QuestionType::kAudio:
        case QuestionType::kVideo:
        case QuestionType::kFile:
        case QuestionType::kRank:
        case QuestionType::kGeotrace:
        case QuestionType::kGeoshape: return true;
        default: return false;
    }
}

}  // namespace

void DeskView::answer(const std::string& ref, std::string value) {
    if (!post(agent::Answer{ref, value})) return;
    pending_[ref] = {std::move(value), posted_};
}

/// What was just typed, until a snapshot has it.
std::string DeskView::shown_value(const ViewNode& node) const {
    const auto found = pending_.find(node.ref);
    return found != pending_.end() ? found->second.value : node.value;
}

/// Choices as the kit wants them, made once for a page.
const std::vector<Option>& DeskView::options_of(const ViewNode& node) {
    static const std::vector<Option> kNone;
    if (node.choices == nullptr) return kNone;
    auto [at, fresh] = options_.try_emplace(node.choices.get());
    if (fresh) {
        at->second.reserve(node.choices->size());
        for (const forms::Choice& choice : *node.choices) {
            at->second.push_back(
                {choice.value, choice.label.empty() ? choice.value : choice.label});
        }
    }
    return at->second;
}

/// Draws nodes from `first` on that lie at `depth` or deeper; gives where it stopped.
std::size_t DeskView::draw_nodes(Ui& ui, std::size_t first, std::size_t last, std::uint32_t depth) {
    const std::vector<ViewNode>& nodes = *now_->open->page;
    std::size_t i = first;
    while (i < last && nodes[i].depth >= depth) {
        const ViewNode& node = nodes[i];
        switch (node.kind) {
            case ViewKind::kQuestion:
                draw_question(ui, node);
                ++i;
                break;
            case ViewKind::kGroup:
                if (!node.label.empty()) {
                    ui.space(10);
                    ui.heading("group:" + node.ref, node.label);
                }
                i = draw_nodes(ui, i + 1, last, node.depth + 1);
                break;
            case ViewKind::kRepeat: i = draw_repeat(ui, i, last); break;
            case ViewKind::kRow: i = draw_nodes(ui, i + 1, last, node.depth + 1); break;
        }
    }
    return i;
}

std::size_t DeskView::draw_repeat(Ui& ui, std::size_t at, std::size_t last) {
    const std::vector<ViewNode>& nodes = *now_->open->page;
    const ViewNode& repeat = nodes[at];
    const bool writable = !now_->open->read_only;
    if (!repeat.label.empty() && section_ != repeat.ref) {
        ui.space(10);
        ui.heading("group:" + repeat.ref, repeat.label);
    }
    std::size_t i = at + 1;
    std::uint32_t row_number = 0;
    while (i < last && nodes[i].depth > repeat.depth) {
        const ViewNode& row = nodes[i];
        if (row.kind != ViewKind::kRow) {
            i = draw_nodes(ui, i, i + 1, row.depth);
            continue;
        }
        ++row_number;
        ui.begin_card(20, rgb(0xFAFBFB));
        ui.begin_columns({{0, 1}, {44, 0}});
        const std::string number = ui.number(row_number);
        ui.heading("row:" + row.ref,
                   row.label.empty() || row.label == repeat.label
                       ? (repeat.label.empty() ? number : repeat.label + " · " + number)
                       : row.label + " · " + number);
        ui.next_column();
        if (row.can_remove && writable) {
            ButtonOptions remove{ButtonKind::kQuiet, Icon::kTrash, true, false, true};
            if (ui.button("remove:" + row.ref, ui.tr(Text::kIntakeRemoveRow), remove)) {
                ask_ = Ask::kRemoveRow;
                ask_ref_ = row.ref;
                ui.request_frame();
            }
        }
        ui.end_columns();
        i = draw_nodes(ui, i + 1, last, row.depth + 1);
        ui.end_card();
    }
    if (row_number == 0) {
        TextLook look;
        look.colour = theme::kMuted;
        ui.text("empty:" + repeat.ref, ui.tr(Text::kIntakeNoRows), look);
    }
    if (repeat.can_add && writable) {
        ButtonOptions add;
        add.icon = Icon::kPlus;
        const std::string words = repeat.label.empty() ? ui.tr(Text::kIntakeAddRow)
                                                       : ui.tr(Text::kIntakeAddTo, repeat.label);
        if (ui.button("add:" + repeat.ref, words, add)) post(agent::AddRepeat{repeat.ref});
    }
    return i;
}

void DeskView::draw_question_head(Ui& ui, const ViewNode& node, const std::string& value) {
    TextLook look;
    look.weight = Weight::kBold;
    std::string label = node.label.empty() ? node.ref : node.label;
    if (node.required) label += " *";
    const bool clears = node.type == QuestionType::kSelectOne && !node.required && !node.readonly &&
                        !value.empty() && !now_->open->read_only;
    if (clears) {
        ui.begin_columns({{0, 1}, {32, 0}});
        ui.text("label:" + node.ref, label, look);
        ui.next_column();
        const Rect at = ui.free_area();
        ButtonOptions clear{ButtonKind::kQuiet, Icon::kCross, true, false, true};
        if (ui.button_at({at.x, at.y - 2, 28, 28}, "clear:" + node.ref, ui.tr(Text::kCommonClear),
                         clear)) {
            answer(node.ref, "");
        }
        ui.end_columns();
    } else {
        ui.text("label:" + node.ref, label, look);
    }
    if (node.hint.empty()) return;
    look.weight = Weight::kRegular;
    look.size_px = theme::kSmallPx;
    look.colour = theme::kMuted;
    ui.text("hint:" + node.ref, node.hint, look);
}

void DeskView::draw_question(Ui& ui, const ViewNode& node) {
    ui.space(kQuestionGap);
    ui.begin_flow(ui.free_area(), 6);
    if (node.type == QuestionType::kNote) {
        TextLook look;
        look.colour = theme::kMuted;
        ui.text("q:" + node.ref, node.label, look);
        if (!node.value.empty()) ui.text("value:" + node.ref, node.value);
    } else if (node.type == QuestionType::kAcknowledge) {
        const bool checked = !shown_value(node).empty();
        const bool enabled = !node.readonly && !now_->open->read_only;
        std::string label = node.label;
        if (node.required) label += " *";
        if (ui.checkbox("q:" + node.ref, label, checked, enabled))
            answer(node.ref, checked ? "" : "OK");
    } else {
        const std::string value = shown_value(node);
        draw_question_head(ui, node, value);
        const bool sealed = now_->open->sealed.contains(node.ref);
        if (sealed) ui.note("sealed:" + node.ref, ui.tr(Text::kIntakeSealed), Tone::kNeutral);
        if (!sealed || !now_->open->read_only) draw_answer(ui, node, value);
    }
    if (node.problem.has_value()) ui.field_problem("problem:" + node.ref, node.problem->message);
    ui.take(ui.end_flow());
}

void DeskView::draw_answer(Ui& ui, const ViewNode& node, const std::string& value) {
    if (is_typed_elsewhere(node.type)) {
        ui.note("q:" + node.ref, ui.tr(Text::kIntakeNotHere), Tone::kNeutral);
        return;
    }
    if (node.type == QuestionType::kSelectOne || node.type == QuestionType::kSelectMultiple) {
        draw_choice(ui, node, value);
    } else {
        draw_typed(ui, node, value);
    }
}

void DeskView::draw_choice(Ui& ui, const ViewNode& node, std::string value) {
    const std::string id = "q:" + node.ref;
    const std::vector<Option>& options = options_of(node);
    const bool enabled = !node.readonly && !now_->open->read_only;
    bool changed = false;
    if (node.type == QuestionType::kSelectMultiple && options.size() > kCheckChoicesMax) {
        return draw_many_choices(ui, node, value);
    }
    if (node.type == QuestionType::kSelectMultiple) {
        changed = ui.check_list(id, node.label, options, value, enabled);
    } else if (options.size() <= kRadioChoicesMax && !options.empty() &&
               !has_word(node.appearance, "minimal") &&
               !has_word(node.appearance, "autocomplete")) {
        changed = ui.radio_list(id, node.label, options, value, enabled);
    } else {
        FieldOptions field;
        field.enabled = enabled && !options.empty();
        field.width = 420;
        if (node.problem.has_value()) field.problem = node.problem->message;
        changed = ui.combo(id, node.label, options, value, field);
    }
    if (changed) answer(node.ref, std::move(value));
}

/// Several out of a long list: what is chosen stands as buttons that take it away again.
void DeskView::draw_many_choices(Ui& ui, const ViewNode& node, const std::string& value) {
    const std::string id = "q:" + node.ref;
    const std::vector<Option>& options = options_of(node);
    const bool enabled = !node.readonly && !now_->open->read_only;
    std::vector<std::string> chosen = split_words(value);
    const std::vector<std::string> before = chosen;
    if (!before.empty()) ui.begin_line(8);
    for (const std::string& word : before) {
        const auto found = std::find_if(options.begin(), options.end(),
                                        [&](const Option& option) { return option.value == word; });
        ButtonOptions button;
        button.icon = Icon::kCross;
        button.enabled = enabled;
        const std::string& label = found != options.end() ? found->label : word;
        if (ui.button(id + "#" + word, label, button)) std::erase(chosen, word);
    }
    if (!before.empty()) ui.end_line();
    std::vector<Option> rest;
    for (const Option& option : options) {
        if (std::find(before.begin(), before.end(), option.value) == before.end()) {
            rest.push_back(option);
        }
    }
    FieldOptions field;
    field.enabled = enabled && !rest.empty();
    field.width = 420;
    std::string picked;
    if (ui.combo(id, node.label, rest, picked, field)) chosen.push_back(picked);
    if (chosen != before) answer(node.ref, joined(chosen));
}

void DeskView::draw_typed(Ui& ui, const ViewNode& node, const std::string& value) {
    const std::string id = "q:" + node.ref;
    FieldOptions field;
    field.label = node.label;
    field.enabled = !node.readonly && !now_->open->read_only;
    if (node.problem.has_value()) field.problem = node.problem->message;
    FieldResult typed;
    switch (node.type) {
        case QuestionType::kInteger:
        case QuestionType::kRange:
            field.filter = InputFilter::kInteger;
            if (node.type == QuestionType::kRange) field.filter = InputFilter::kDecimal;
            typed = ui.number_field(id, value, field);
            break;
        case QuestionType::kDecimal:
            field.filter = InputFilter::kDecimal;
            typed = ui.number_field(id, value, field);
            break;
        case QuestionType::kDate: typed = ui.date_field(id, value, field); break;
        case QuestionType::kTime:
            field.filter = InputFilter::kTime;
            field.left_to_right = true;
            field.width = 180;
            field.placeholder = ui.tr(Text::kCommonTimeShape);
            typed = ui.text_field(id, value, field);
            break;
        case QuestionType::kDateTime:
        case QuestionType::kGeopoint:
        case QuestionType::kBarcode:
            field.left_to_right = true;
            field.local_digits = false;
            field.width = 420;
            if (node.type == QuestionType::kGeopoint)
                field.placeholder = ui.tr(Text::kIntakeCoordinates);
            typed = ui.text_field(id, value, field);
            break;
        default:
            field.multi_line = has_word(node.appearance, "multiline");
            if (has_word(node.appearance, "numbers") || has_word(node.appearance, "url")) {
                field.left_to_right = true;
                field.width = 420;
            }
            typed = ui.text_field(id, value, field);
            break;
    }
    if (typed.changed) answer(node.ref, typed.value);
}

}  // namespace awda::ui
