// DeskView: an open intake: its sections, its page, its dialogs.
#include <algorithm>
#include <cmath>

#include "platform/secret.h"
#include "platform/text.h"
#include "ui/views/desk_view.h"
#include "ui/views/wording.h"

namespace awda::ui {

namespace {

constexpr float kHeadHeight = 68;
constexpr float kSideWidth = 272;
constexpr float kPageWidthMax = 800;

constexpr std::int64_t kChangeRowsShown = 3;  ///< of each group; the page behind shows all
constexpr std::size_t kChangeBytesMax = 60;   ///< of a label or value in the report

std::string cut(std::string_view text) {
    const std::string_view fits = fit_utf8(text, kChangeBytesMax);
    return std::string(fits) + (fits.size() < text.size() ? "…" : "");
}

const Section* find_section(const std::vector<Section>& sections, std::string_view key) {
    for (const Section& section : sections) {
        if (section.key == key) return &section;
    }
    return sections.empty() ? nullptr : &sections.front();
}

}  // namespace

void DeskView::draw_intake(Ui& ui, const Rect& area) {
    const agent::OpenIntakeView& open = *now_->open;
    if (open.instance != shown_instance_) {
        shown_instance_ = open.instance;
        section_.clear();
        pending_.clear();
        seen_finalise_ = open.finalise_serial;
        if (open.change != nullptr) ask_ = Ask::kNewerForm;
    }
    if (options_for_ != now_->open) {
        options_.clear();
        options_for_ = now_->open;
    }
    sections_ = sections_of(*open.page);
    const Section* current = find_section(sections_, section_);
    section_ = current != nullptr ? current->key : "";
    if (open.finalise_serial != seen_finalise_) {
        seen_finalise_ = open.finalise_serial;
        go_to_problem(ui);
    }
    draw_intake_head(ui, {area.x, area.y, area.w, kHeadHeight});
    const Rect below{area.x, area.y + kHeadHeight, area.w, area.h - kHeadHeight};
    draw_sections(ui, {below.x, below.y, kSideWidth, below.h});
    draw_page(ui, {below.x + kSideWidth, below.y, below.w - kSideWidth, below.h});
}

void DeskView::draw_intake_head(Ui& ui, const Rect& area) {
    const agent::OpenIntakeView& open = *now_->open;
    ui.fill(area, theme::kSurface);
    ui.line({area.x, area.bottom()}, {area.right(), area.bottom()}, theme::kLine);
    ButtonOptions back;
    back.kind = ButtonKind::kQuiet;
    back.icon = Icon::kBack;
    const float back_width = 150;
    if (ui.button_at({area.x + 12, area.y + 14, back_width, 40}, "intake.back",
                     ui.tr(Text::kIntakeBack), back)) {
        post(agent::CloseIntake{});
    }
    TextLook look;
    look.size_px = theme::kLargePx;
    look.weight = Weight::kBold;
    std::string title = open.form_title;
    if (open.revision > 1) title += " · " + ui.tr(Text::kListRevision, ui.number(open.revision));
    float x = area.x + back_width + 28;
    const float title_width = std::min(ui.text_width(title, look), area.w * 0.4F);
    ui.text_in({x, area.y, title_width, area.h}, title, look);
    ui.add_record("intake.title", "label", title, "", {x, area.y, title_width, area.h});
    x += title_width + 20;
    float end = area.right() - 20;
    ButtonOptions action;
    action.kind = open.read_only ? ButtonKind::kSecondary : ButtonKind::kPrimary;
    action.icon = open.read_only ? Icon::kEdit : Icon::kCheck;
    TextLook bold;
    bold.weight = Weight::kBold;
    if (open.change != nullptr) return draw_newer_button(ui, area, end);
    if (open.read_only && !open.may_amend) {
        draw_decision(ui, area, end);
        return;
    }
    const Text words = open.read_only ? Text::kIntakeAmend : Text::kIntakeFinalise;
    const float action_width = ui.text_width(ui.tr(words), bold) + 60;
    const Rect action_rect{end - action_width, area.y + 14, action_width, 40};
    end = draw_decision(ui, area, action_rect.x - 8);
    Rect discard_rect;
    if (!open.read_only) {
        const float width = ui.text_width(ui.tr(Text::kIntakeDiscard), bold) + 56;
        discard_rect = {end - width, area.y + 14, width, 40};
        ButtonOptions discard;
        discard.kind = ButtonKind::kQuiet;
        discard.icon = Icon::kTrash;
        if (ui.button_at(discard_rect, "intake.discard", ui.tr(Text::kIntakeDiscard), discard)) {
            ask_ = Ask::kDiscard;
        }
        const bool posted = pending_.empty();
        const agent::SavePhase phase = posted ? now_->save.phase : agent::SavePhase::kSaving;
        const Text save = phase == agent::SavePhase::kSaved    ? Text::kIntakeSaved
                          : phase == agent::SavePhase::kSaving ? Text::kIntakeSaving
                                                               : Text::kIntakeNotSaved;
        const Tone tone = phase == agent::SavePhase::kSaved    ? Tone::kSuccess
                          : phase == agent::SavePhase::kSaving ? Tone::kNeutral
                                                               : Tone::kDanger;
        const char* value = phase == agent::SavePhase::kSaved    ? "saved"
                            : phase == agent::SavePhase::kSaving ? "saving"
                                                                 : "failed";
        const Rect chip{x, area.y, ui.chip_width(ui.tr(save)), area.h};
        ui.chip(chip, ui.tr(save), tone);
        ui.add_record("intake.save", "status", ui.tr(save), value, chip);
    }
    if (!ui.button_at(action_rect, open.read_only ? "intake.amend" : "intake.finalise",
                      ui.tr(words), action)) {
        return;
    }
    ask_ = open.read_only ? Ask::kAmend : Ask::kFinalise;
    ui.request_frame();
}

void DeskView::draw_newer_button(Ui& ui, const Rect& area, float end) {
    TextLook bold;
    bold.weight = Weight::kBold;
    ButtonOptions look;
    look.kind = ButtonKind::kPrimary;
    look.icon = Icon::kEdit;
    const std::string words = ui.tr(Text::kIntakeNewer);
    const float width = ui.text_width(words, bold) + 60;
    if (!ui.button_at({end - width, area.y + 14, width, 40}, "intake.newer", words, look)) return;
    ask_ = Ask::kNewerForm;
    ui.request_frame();
}

/// One group of the report: its count, and its answers with their questions, as typed.
void DeskView::draw_change_group(Ui& ui, const char* id, Text words, agent::AnswerChange change) {
    const agent::FormChangeView& view = *now_->open->change;
    const auto count = std::ranges::count(view.rows, change, &agent::AnswerChangeRow::change);
    if (count == 0) return;
    TextLook head;
    head.weight = Weight::kBold;
    ui.text(std::string("newer.") + id, ui.tr(words, ui.number(static_cast<std::uint64_t>(count))),
            head);
    TextLook look;
    look.colour = theme::kMuted;
    // One text, so that the buttons stay on a small screen; the page behind shows every answer.
    std::string rows;
    std::int64_t shown = 0;
    for (const agent::AnswerChangeRow& row : view.rows) {
        if (row.change != change || shown == kChangeRowsShown) continue;
        rows += (shown++ == 0 ? "" : " · ") + cut(row.label) + ": " + cut(row.value);
    }
    if (count > shown) {
        const auto more = static_cast<std::uint64_t>(count - shown);
        rows += " · " + ui.tr(Text::kIntakeNewerMore, ui.number(more));
    }
    ui.text(std::string("newer.") + id + ".rows", rows, look);
}

void DeskView::draw_newer_dialog(Ui& ui) {
    if (now_->open == nullptr || now_->open->change == nullptr) {
        ask_ = Ask::kNothing;
        return;
    }
    ui.begin_dialog("newer", ui.tr(Text::kIntakeNewerTitle), 560);
    TextLook look;
    look.colour = theme::kMuted;
    ui.text("ask.text", ui.tr(Text::kIntakeNewerText), look);
    TextLook head;
    head.weight = Weight::kBold;
    const std::uint64_t kept = now_->open->change->kept;
    ui.text("newer.kept", ui.tr(Text::kIntakeNewerKept, ui.number(kept)), head);
    draw_change_group(ui, "moved", Text::kIntakeNewerMoved, agent::AnswerChange::kMoved);
    draw_change_group(ui, "refused", Text::kIntakeNewerRefused, agent::AnswerChange::kNotAllowed);
    draw_change_group(ui, "homeless", Text::kIntakeNewerHomeless, agent::AnswerChange::kNoPlace);
    ui.space(8);
    ui.begin_line();
    ButtonOptions yes;
    yes.kind = ButtonKind::kPrimary;
    if (ui.button("ask.yes", ui.tr(Text::kIntakeNewerAccept), yes)) {
        post(agent::AcceptForm{});
        ask_ = Ask::kNothing;
    }
    if (ui.button("ask.no", ui.tr(Text::kIntakeNewerLater))) ask_ = Ask::kNothing;
    ui.end_line();
    if (ui.end_dialog()) ask_ = Ask::kNothing;
    if (ask_ == Ask::kNothing) ui.request_frame();
}

/// The two buttons of a second officer; gives where the room before them ends.
float DeskView::draw_decision(Ui& ui, const Rect& area, float end) {
    if (!now_->open->may_decide) return end;
    TextLook bold;
    bold.weight = Weight::kBold;
    ButtonOptions yes;
    yes.kind = ButtonKind::kPrimary;
    yes.icon = Icon::kCheck;
    const float yes_width = ui.text_width(ui.tr(Text::kIntakeApprove), bold) + 60;
    const Rect yes_rect{end - yes_width, area.y + 14, yes_width, 40};
    if (ui.button_at(yes_rect, "intake.approve", ui.tr(Text::kIntakeApprove), yes)) {
        ask_ = Ask::kApprove;
        ui.request_frame();
    }
    ButtonOptions no;
    no.kind = ButtonKind::kSecondary;
    const float no_width = ui.text_width(ui.tr(Text::kIntakeReturn), bold) + 40;
    const Rect no_rect{yes_rect.x - 8 - no_width, area.y + 14, no_width, 40};
    if (ui.button_at(no_rect, "intake.return", ui.tr(Text::kIntakeReturn), no)) {
        ask_ = Ask::kGiveBack;
        ui.request_frame();
    }
    return no_rect.x - 8;
}

void DeskView::draw_sections(Ui& ui, const Rect& area) {
    ui.fill(area, theme::kSurface);
    ui.line({area.right(), area.y}, {area.right(), area.bottom()}, theme::kLine);
    ui.begin_scroll("intake.sections", area, to_text(shown_instance_), 12);
    ui.begin_flow(ui.free_area(), 2);
    for (std::size_t i = 0; i < sections_.size(); ++i) {
        const Section& section = sections_[i];
        const std::string& title =
            section.title.empty() ? ui.tr(Text::kIntakeGeneral) : section.title;
        const bool current = section.key == section_;
        const bool wrong = section.problems > 0;
        const bool done = !wrong && section.missing == 0 && section.answered > 0;
        TextLook title_look;
        title_look.colour = current ? theme::kAccent : theme::kText;
        title_look.weight = current ? Weight::kBold : Weight::kRegular;
        const auto words = ui.lay_out(title, title_look, ui.free_area().w - 54);
        const Rect rect = ui.take(std::max(46.0F, words->height() + 14));
        ButtonOptions press;
        press.kind = ButtonKind::kQuiet;
        if (current) ui.fill(rect, theme::kAccentSoft, theme::kRadius);
        const std::string id = "section:" + section.key;
        if (ui.button_at(rect, id, "", press)) {
            section_ = section.key;
            ui.request_frame();
        }
        const Rect disc{rect.x + 10, rect.y + (rect.h - 26) / 2, 26, 26};
        const Colour ink = wrong             ? theme::kDanger
                           : done || current ? theme::kAccent
                                             : theme::kFieldLine;
        if (done || wrong)
            ui.fill(disc, ink, 13);
        else
            ui.outline(disc, ink, 1.5F, 13);
        const Point centre{disc.x + 13, disc.y + 13};
        TextLook look;
        look.size_px = theme::kSmallPx;
        look.side = TextLook::Side::kCentre;
        look.colour = current ? theme::kAccent : theme::kMuted;
        if (wrong)
            ui.text_in(disc, "!",
                       {theme::kSmallPx, theme::kOnAccent, Weight::kBold, false, Direction::kAuto,
                        true, TextLook::Side::kCentre});
        else if (done)
            ui.icon(Icon::kCheck, centre, 13, theme::kOnAccent);
        else
            ui.text_in(disc, ui.number(i + 1), look);
        ui.draw(*words, {rect.x + 46, std::round(rect.y + (rect.h - words->height()) / 2)},
                title_look.colour);
        ui.add_record("section-title:" + section.key, "label", title,
                      wrong  ? "problem"
                      : done ? "done"
                             : "open",
                      rect);
    }
    ui.take(ui.end_flow());
    ui.end_scroll();
}

void DeskView::go_to_problem(Ui& ui) {
    const agent::OpenIntakeView& open = *now_->open;
    if (open.problems.empty()) return;
    const std::string& ref = open.problems.front().ref;
    const std::size_t at = section_with(*open.page, sections_, ref);
    if (at < sections_.size()) section_ = sections_[at].key;
    ui.focus("q:" + ref);
}

void DeskView::draw_problems_note(Ui& ui) {
    const agent::OpenIntakeView& open = *now_->open;
    if (open.read_only) {
        ui.note("intake.read-only", ui.tr(Text::kIntakeReadOnly), Tone::kInfo);
        if (open.approval == agent::ApprovalMark::kAwaiting) {
            ui.note("intake.awaiting", ui.tr(Text::kIntakeAwaiting), Tone::kWarning);
        }
        if (open.approval == agent::ApprovalMark::kReturned) {
            ui.note("intake.returned", ui.tr(Text::kIntakeReturnedWhy, open.return_reason),
                    Tone::kDanger);
        }
        return;
    }
    if (open.problems.empty()) return;
    ui.note("intake.problems", ui.tr(Text::kIntakeProblems, ui.number(open.problems.size())),
            Tone::kDanger);
    ButtonOptions go;
    go.kind = ButtonKind::kSecondary;
    if (ui.button("intake.first-problem", ui.tr(Text::kIntakeFirstProblem), go)) go_to_problem(ui);
}

void DeskView::draw_page(Ui& ui, const Rect& area) {
    const Section* section = find_section(sections_, section_);
    ui.begin_scroll("intake.page", area, to_text(shown_instance_) + section_, 24);
    const Rect room = ui.free_area();
    const float width = std::min(kPageWidthMax, room.w);
    ui.begin_flow({room.x + std::round((room.w - width) / 2), room.y, width, room.h});
    draw_problems_note(ui);
    if (section == nullptr) {
        ui.empty_state("intake.nothing", Icon::kInfo, ui.tr(Text::kIntakeNoQuestions), "");
    } else {
        ui.begin_card(28);
        ui.title("intake.section",
                 section->title.empty() ? ui.tr(Text::kIntakeGeneral) : section->title);
        draw_nodes(ui, section->first, section->last, section->depth);
        ui.end_card();
        draw_page_end(ui);
    }
    ui.space(24);
    ui.take(ui.end_flow());
    ui.end_scroll();
}

void DeskView::draw_page_end(Ui& ui) {
    std::size_t at = 0;
    while (at < sections_.size() && sections_[at].key != section_) ++at;
    std::size_t next = at;
    ui.begin_line();
    ButtonOptions move;
    if (at + 1 < sections_.size()) {
        move.kind = ButtonKind::kPrimary;
        if (ui.button("intake.next", ui.tr(Text::kIntakeNext), move)) next = at + 1;
    } else if (!now_->open->read_only) {
        move.kind = ButtonKind::kPrimary;
        move.icon = Icon::kCheck;
        if (ui.button("intake.finalise-end", ui.tr(Text::kIntakeFinalise), move)) {
            ask_ = Ask::kFinalise;
            ui.request_frame();
        }
    }
    move = {};
    if (at > 0 && ui.button("intake.previous", ui.tr(Text::kIntakePrevious), move)) next = at - 1;
    ui.end_line();
    if (next == at) return;
    section_ = sections_[next].key;
    // The keyboard goes on at the new page's first question.
    for (std::size_t i = sections_[next].first; i < sections_[next].last; ++i) {
        const forms::ViewNode& node = (*now_->open->page)[i];
        const bool takes_keys = node.kind == forms::ViewKind::kQuestion && !node.readonly &&
                                node.type != forms::QuestionType::kNote;
        if (!takes_keys) continue;
        ui.focus("q:" + node.ref);
        break;
    }
    ui.request_frame();
}

DeskView::Question DeskView::question_of(Ask ask) {
    switch (ask) {
        case Ask::kFinalise:
            return {Text::kIntakeFinaliseTitle, Text::kIntakeFinaliseText, Text::kIntakeFinalise,
                    ButtonKind::kPrimary};
        case Ask::kDiscard:
            return {Text::kIntakeDiscardTitle, Text::kIntakeDiscardText, Text::kIntakeDiscard,
                    ButtonKind::kDanger};
        case Ask::kAmend:
            return {Text::kIntakeAmendTitle, Text::kIntakeAmendText, Text::kIntakeAmend,
                    ButtonKind::kPrimary};
        case Ask::kApprove:
            return {Text::kIntakeApproveTitle, Text::kIntakeApproveText, Text::kIntakeApprove,
                    ButtonKind::kPrimary};
        case Ask::kGiveBack:
            return {Text::kIntakeReturnTitle, Text::kIntakeReturnText, Text::kIntakeReturn,
                    ButtonKind::kPrimary};
        case Ask::kRemoveRow:
        case Ask::kNothing:
        case Ask::kNewerForm:
        case Ask::kChooseForm: break;
    }
    return {Text::kIntakeRemoveTitle, Text::kIntakeRemoveText, Text::kIntakeRemoveRow,
            ButtonKind::kDanger};
}

void DeskView::confirmed(Ask ask) {
    switch (ask) {
        case Ask::kFinalise: post(agent::Finalise{}); break;
        case Ask::kDiscard: post(agent::DiscardDraft{}); break;
        case Ask::kRemoveRow:
            // Later rows move up: what is on its way to them has gone ahead in the queue.
            post(agent::RemoveRepeat{ask_ref_});
            break;
        case Ask::kApprove: post(agent::Approve{shown_instance_}); break;
        case Ask::kNothing:
        case Ask::kGiveBack:
        case Ask::kAmend:
        case Ask::kNewerForm:
        case Ask::kChooseForm: break;
    }
}

void DeskView::draw_dialogs(Ui& ui) {
    if (ask_ == Ask::kNothing) return;
    if (ask_ == Ask::kAmend || ask_ == Ask::kGiveBack) return draw_reason_dialog(ui);
    if (ask_ == Ask::kChooseForm) return draw_form_dialog(ui);
    if (ask_ == Ask::kNewerForm) return draw_newer_dialog(ui);
    const Question question = question_of(ask_);
    ui.begin_dialog("ask", ui.tr(question.title), 480);
    TextLook look;
    look.colour = theme::kMuted;
    ui.text("ask.text", ui.tr(question.text), look);
    ui.space(8);
    ui.begin_line();
    ButtonOptions yes;
    yes.kind = question.kind;
    const Ask asked = ask_;
    if (ui.button("ask.yes", ui.tr(question.yes), yes)) {
        confirmed(asked);
        ask_ = Ask::kNothing;
    }
    if (ui.button("ask.no", ui.tr(Text::kCommonCancel))) ask_ = Ask::kNothing;
    ui.end_line();
    if (ui.end_dialog()) ask_ = Ask::kNothing;
    if (ask_ == Ask::kNothing) ui.request_frame();
}

void DeskView::draw_reason_dialog(Ui& ui) {
    const bool amend = ask_ == Ask::kAmend;
    const Question question = question_of(ask_);
    ui.begin_dialog("amend", ui.tr(question.title), 520);
    TextLook look;
    look.colour = theme::kMuted;
    ui.text("ask.text", ui.tr(question.text), look);
    FieldOptions field;
    field.label = field.placeholder =
        ui.tr(amend ? Text::kIntakeAmendReason : Text::kIntakeReturnReason);
    const FieldResult typed = ui.text_field("amend.reason", reason_, field);
    if (typed.changed) reason_ = typed.value;
    ui.space(8);
    ui.begin_line();
    ButtonOptions yes;
    yes.kind = ButtonKind::kPrimary;
    yes.enabled = !reason_.empty();
    const bool go = ui.button("ask.yes", ui.tr(question.yes), yes) || typed.submitted;
    if (go && !reason_.empty()) {
        if (amend) {
            post(agent::Amend{shown_instance_, reason_});
        } else {
            post(agent::GiveBack{shown_instance_, reason_});
        }
        ask_ = Ask::kNothing;
    }
    if (ui.button("ask.no", ui.tr(Text::kCommonCancel))) ask_ = Ask::kNothing;
    ui.end_line();
    if (ui.end_dialog()) ask_ = Ask::kNothing;
    if (ask_ != Ask::kNothing) return;
    wipe(reason_);
    ui.request_frame();
}

void DeskView::draw_form_dialog(Ui& ui) {
    ui.begin_dialog("choose-form", ui.tr(Text::kListChooseForm), 480);
    ui.begin_flow(ui.free_area(), 0);
    for (const agent::FormRow& form : now_->forms) {
        Rect rect;
        const bool chosen = ui.list_row("form:" + form.id, form.title, form.id, 48, rect);
        ui.text_in(rect.inset(12, 0), form.title, {});
        if (!chosen) continue;
        post(agent::NewIntake{form.id});
        ask_ = Ask::kNothing;
    }
    ui.take(ui.end_flow());
    if (ui.button("ask.no", ui.tr(Text::kCommonCancel))) ask_ = Ask::kNothing;
    if (ui.end_dialog()) ask_ = Ask::kNothing;
    if (ask_ == Ask::kNothing) ui.request_frame();
}

}  // namespace awda::ui
