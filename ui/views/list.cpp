// DeskView: the list of intakes.
#include <cmath>
#include <optional>

#include "ui/views/desk_view.h"
#include "ui/views/wording.h"

namespace awda::ui {

namespace {

constexpr float kPageWidthMax = 1080;
constexpr float kRowHeight = 56;

struct Shown {
    Text text;
    Tone tone;
    const char* name;
};

Shown state_of(agent::IntakeState state) {
    switch (state) {
        case agent::IntakeState::kDraft: return {Text::kStateDraft, Tone::kNeutral, "draft"};
        case agent::IntakeState::kWaiting: return {Text::kStateWaiting, Tone::kWarning, "waiting"};
        case agent::IntakeState::kStored: return {Text::kStateStored, Tone::kInfo, "stored"};
        case agent::IntakeState::kErased: return {Text::kStateErased, Tone::kNeutral, "erased"};
        case agent::IntakeState::kDelivered: break;
    }
    return {Text::kStateDelivered, Tone::kSuccess, "delivered"};
}

std::optional<Shown> approval_of(agent::ApprovalMark mark) {
    switch (mark) {
        case agent::ApprovalMark::kNone: break;
        case agent::ApprovalMark::kAwaiting:
            return Shown{Text::kStateAwaiting, Tone::kWarning, "awaiting"};
        case agent::ApprovalMark::kApproved:
            return Shown{Text::kStateApproved, Tone::kSuccess, "approved"};
        case agent::ApprovalMark::kReturned:
            return Shown{Text::kStateReturned, Tone::kDanger, "returned"};
    }
    return std::nullopt;
}

bool in_filter(const agent::IntakeRow& row, std::string_view filter) {
    if (filter == "draft") return row.state == agent::IntakeState::kDraft;
    if (filter == "delivered") {
        return row.state == agent::IntakeState::kDelivered ||
               row.state == agent::IntakeState::kErased;
    }
    if (filter == "waiting") {
        return row.state == agent::IntakeState::kWaiting ||
               row.state == agent::IntakeState::kStored;
    }
    return true;
}

std::vector<TableColumn> columns_of(const Ui& ui) {
    return {{ui.tr(Text::kListColumnName), 0, 1},
            {ui.tr(Text::kListColumnForm), 190, 0},
            {ui.tr(Text::kListColumnState), 230, 0},
            {ui.tr(Text::kListColumnChanged), 160, 0}};
}

}  // namespace

void DeskView::start_intake(Ui& ui) {
    if (now_->forms.size() == 1) {
        post(agent::NewIntake{now_->forms.front().id});
    } else if (!now_->forms.empty()) {
        ask_ = Ask::kChooseForm;
        ui.request_frame();
    }
}

void DeskView::draw_lease_note(Ui& ui) {
    switch (now_->lease) {
        case agent::LeaseWarning::kNone: return;
        case agent::LeaseWarning::kEnding:
            ui.note("lease",
                    ui.tr(Text::kLeaseEnding, moment_words(now_->lease_until_ms).substr(0, 10)),
                    Tone::kWarning);
            return;
        case agent::LeaseWarning::kEnded:
            ui.note("lease", std::string(errc_message(Errc::kLeaseExpired, language_)),
                    Tone::kDanger);
            return;
        case agent::LeaseWarning::kClock:
            ui.note("lease", std::string(errc_message(Errc::kClockUnconfirmed, language_)),
                    Tone::kDanger);
    }
}

void DeskView::draw_list_head(Ui& ui) {
    draw_lease_note(ui);
    ButtonOptions create;
    create.kind = ButtonKind::kPrimary;
    create.icon = Icon::kPlus;
    create.enabled = !now_->forms.empty() && now_->may_record;
    TextLook bold;
    bold.weight = Weight::kBold;
    const float width = ui.text_width(ui.tr(Text::kListNew), bold) + 62;
    ui.begin_columns({{0, 1}, {width, 0}});
    ui.title("list.title", ui.tr(Text::kListTitle));
    ui.next_column();
    if (ui.button("list.new", ui.tr(Text::kListNew), create)) start_intake(ui);
    ui.end_columns();
    ui.begin_columns({{320, 0}, {0, 1}});
    FieldOptions field;
    field.label = field.placeholder = ui.tr(Text::kListSearch);
    field.icon = Icon::kSearch;
    const FieldResult typed = ui.text_field("list.find", search_, field);
    if (typed.changed) search_ = typed.value;
    ui.next_column();
    ui.space(2);
    ui.tabs("list.filter",
            {{"all", ui.tr(Text::kListAll)},
             {"draft", ui.tr(Text::kListDraft)},
             {"waiting", ui.tr(Text::kListWaiting)},
             {"delivered", ui.tr(Text::kListDelivered)}},
            filter_);
    ui.end_columns();
    const bool shortcut = ui.take_key(Key::kN, true);
    if (shortcut && create.enabled) start_intake(ui);
    if (ui.take_key(Key::kF, true)) ui.focus("list.find");
}

void DeskView::draw_row(Ui& ui, const agent::IntakeRow& row) {
    const Shown state = state_of(row.state);
    std::string name = row.name.empty() ? ui.tr(Text::kListUnnamed) : row.name;
    if (row.revision > 1) name += " · " + ui.tr(Text::kListRevision, ui.number(row.revision));
    Rect rect;
    const bool open =
        ui.list_row("row:" + to_text(row.instance), name, state.name, kRowHeight, rect);
    const std::vector<Rect> cells = ui.column_rects(columns_of(ui), rect);
    TextLook look;
    look.weight = row.name.empty() ? Weight::kRegular : Weight::kBold;
    look.colour = row.name.empty() ? theme::kMuted : theme::kText;
    Rect name_room = cells[0];
    if (const auto approval = approval_of(row.approval)) {
        const float width = ui.chip_width(ui.tr(approval->text));
        const Rect chip{name_room.right() - width - 12, name_room.y, width, name_room.h};
        name_room.w -= width + 24;
        ui.chip(chip, ui.tr(approval->text), approval->tone);
        ui.add_record("approval:" + to_text(row.instance), "status", ui.tr(approval->text),
                      approval->name, chip);
    }
    ui.text_in(name_room, name, look);
    look.weight = Weight::kRegular;
    look.colour = theme::kMuted;
    std::string form = row.form_id;
    for (const agent::FormRow& known : now_->forms) {
        if (known.id == row.form_id) form = known.title;
    }
    ui.text_in(cells[1], form, look);
    ui.chip(cells[2], ui.tr(state.text), state.tone);
    look.direction = Direction::kLeftToRight;
    ui.text_in(cells[3], moment_words(row.updated_ms), look);
    if (open) post(agent::OpenIntake{row.instance});
}

void DeskView::draw_list(Ui& ui, const Rect& area) {
    const float width = std::min(kPageWidthMax, area.w - 48);
    const float left = std::round((area.w - width) / 2);
    ui.begin_flow({left, area.y + 24, width, area.h - 24}, 16);
    draw_list_head(ui);
    const std::vector<agent::IntakeRow>& rows = *now_->intakes;
    std::vector<std::size_t> shown;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const bool found = search_.empty() || matches_loosely(rows[i].name, search_);
        if (found && in_filter(rows[i], filter_)) shown.push_back(i);
    }
    const Rect room = ui.free_area();
    const Rect card{room.x, room.y, room.w, area.bottom() - room.y - 20};
    ui.fill(card, theme::kSurface, theme::kCardRadius);
    ui.outline(card, theme::kLine, 1, theme::kCardRadius);
    ui.begin_flow({card.x + 1, card.y + 4, card.w - 2, card.h - 8}, 0);
    if (shown.empty()) {
        const bool none = rows.empty();
        ui.empty_state("list.empty", none ? Icon::kEdit : Icon::kSearch,
                       ui.tr(none ? Text::kListEmptyTitle : Text::kListNoneTitle),
                       ui.tr(none ? Text::kListEmptyText : Text::kListNoneText));
    } else {
        ui.table_head(columns_of(ui));
        const Rect body = ui.free_area();
        ui.begin_scroll("list.rows", {body.x, body.y, body.w, card.bottom() - body.y - 8},
                        search_ + "/" + filter_, 0);
        // Rows out of sight cost nothing but their height.
        const float top = body.y;
        const float bottom = card.bottom();
        ui.begin_flow(ui.free_area(), 0);
        for (const std::size_t i : shown) {
            const Rect next = ui.free_area();
            const std::string id = "row:" + to_text(rows[i].instance);
            const bool near = next.y + 3 * kRowHeight > top && next.y - 2 * kRowHeight < bottom;
            if (near || ui.is_focused(id))
                draw_row(ui, rows[i]);
            else
                ui.take(kRowHeight);
        }
        ui.take(ui.end_flow());
        ui.end_scroll();
    }
    ui.end_flow();
    ui.end_flow();
}

}  // namespace awda::ui
