// DeskView: the screens before the vault is open.
#include <cmath>

#include "platform/secret.h"
#include "platform/text.h"
#include "ui/views/desk_view.h"

namespace awda::ui {

namespace {

SecretBytes taken(SecretEntry& entry) {
    const SecretBytes typed = entry.take();
    // The same letters typed on two keyboards must open the same vault.
    auto composed = nfc_secret(typed.view());
    return composed.ok() ? std::move(composed).value() : typed.clone();
}

void field_label(Ui& ui, std::string_view words, std::string_view hint = {}) {
    TextLook look;
    look.weight = Weight::kBold;
    ui.space(4);
    ui.text("", words, look);
    if (hint.empty()) return;
    look.weight = Weight::kRegular;
    look.size_px = theme::kSmallPx;
    look.colour = theme::kMuted;
    ui.space(-10);
    ui.text("", hint, look);
    ui.space(-4);
}

}  // namespace

/// The page behind a door: the name at the top, the languages, one card in the middle.
void DeskView::begin_door(Ui& ui, float width) {
    const Rect all = ui.screen();
    ui.fill({0, 0, all.w, 210}, theme::kBar);
    draw_languages(ui, {0, 12, all.w - 20, 44}, ButtonKind::kBar);
    TextLook look;
    look.colour = theme::kOnBar;
    look.weight = Weight::kBold;
    look.size_px = 30;
    look.side = TextLook::Side::kCentre;
    ui.text_in({0, 52, all.w, 48}, ui.tr(Text::kAppName), look);
    look.size_px = theme::kBodyPx;
    look.weight = Weight::kRegular;
    look.colour = theme::kOnBarMuted;
    ui.text_in({0, 100, all.w, 30}, ui.tr(Text::kAppMinistry) + " · " + ui.tr(Text::kAppTagline),
               look);
    const float shown = std::min(width, all.w - 40);
    ui.begin_scroll("door", {0, 142, all.w, all.h - 142}, screen_, 0);
    ui.begin_flow({std::round((all.w - shown) / 2), ui.free_area().y + 8, shown, all.h});
    ui.begin_card(30);
}

void DeskView::end_door(Ui& ui) {
    ui.end_card();
    const float used = ui.end_flow();
    ui.take(used + 32);
    ui.end_scroll();
}

void DeskView::draw_login(Ui& ui) {
    const bool busy = now_->vault == agent::VaultState::kUnlocking;
    begin_door(ui, 440);
    ui.title("login.title", ui.tr(Text::kLoginTitle));
    if (auto_locked_) ui.note("login.auto-locked", ui.tr(Text::kLoginAutoLocked), Tone::kInfo);
    if (!door_error_.empty() && !busy) ui.note("login.error", door_error_, Tone::kDanger);
    field_label(ui, ui.tr(Text::kLoginOfficer));
    FieldOptions field;
    field.label = ui.tr(Text::kLoginOfficer);
    field.icon = Icon::kPerson;
    field.enabled = !busy;
    field.local_digits = false;
    FieldResult name = ui.text_field("login.officer", officer_, field);
    if (name.changed) officer_ = name.value;
    if (name.submitted) ui.focus("login.passphrase");
    field_label(ui, ui.tr(Text::kLoginPassphrase));
    const bool entered =
        ui.secret_field("login.passphrase", ui.tr(Text::kLoginPassphrase), passphrase_, !busy);
    ui.space(8);
    ButtonOptions options;
    options.kind = ButtonKind::kPrimary;
    options.fill = true;
    options.enabled = !busy;
    const std::string& words = ui.tr(busy ? Text::kLoginWorking : Text::kLoginEnter);
    const bool pressed = ui.button("login.enter", words, options);
    TextLook look;
    look.size_px = theme::kSmallPx;
    look.colour = theme::kMuted;
    look.side = TextLook::Side::kCentre;
    ui.text("login.private", ui.tr(Text::kLoginPrivate), look);
    end_door(ui);
    if ((!pressed && !entered) || busy) return;
    if (officer_.empty()) return ui.focus("login.officer");
    if (passphrase_.empty()) return ui.focus("login.passphrase");
    door_error_.clear();
    post(agent::Unlock{officer_, taken(passphrase_)});
}

void DeskView::draw_enrol_fields(Ui& ui, bool busy) {
    FieldOptions field;
    field.enabled = !busy;
    field.local_digits = false;
    field.label = ui.tr(Text::kStartVoucher);
    field.left_to_right = true;
    field_label(ui, field.label, ui.tr(Text::kStartVoucherHint));
    FieldResult path = ui.text_field("start.voucher", voucher_, field);
    if (path.changed) voucher_ = path.value;
    if (path.submitted) ui.focus("start.officer");
    field.left_to_right = false;
    field.label = ui.tr(Text::kStartOfficer);
    field_label(ui, field.label, ui.tr(Text::kStartOfficerHint));
    FieldResult name = ui.text_field("start.officer", officer_, field);
    if (name.changed) officer_ = name.value;
    if (name.submitted) ui.focus("start.passphrase");
    field_label(ui, ui.tr(Text::kStartPassphrase), ui.tr(Text::kStartPassphraseHint));
    if (ui.secret_field("start.passphrase", ui.tr(Text::kStartPassphrase), passphrase_, !busy)) {
        ui.focus("start.passphrase-again");
    }
    field_label(ui, ui.tr(Text::kStartPassphraseAgain));
}

void DeskView::draw_first_start(Ui& ui) {
    const bool busy = now_->vault == agent::VaultState::kUnlocking;
    begin_door(ui, 620);
    ui.title("start.title", ui.tr(Text::kStartTitle));
    TextLook look;
    look.colour = theme::kMuted;
    ui.text("start.text", ui.tr(Text::kStartText), look);
    if (!door_error_.empty() && !busy) ui.note("start.error", door_error_, Tone::kDanger);
    draw_enrol_fields(ui, busy);
    const bool entered = ui.secret_field(
        "start.passphrase-again", ui.tr(Text::kStartPassphraseAgain), passphrase_again_, !busy);
    ui.space(8);
    ButtonOptions options;
    options.kind = ButtonKind::kPrimary;
    options.fill = true;
    options.enabled = !busy;
    const std::string& words = ui.tr(busy ? Text::kLoginWorking : Text::kStartEnrol);
    const bool pressed = ui.button("start.enrol", words, options);
    look.size_px = theme::kSmallPx;
    ui.text("start.command", ui.tr(Text::kStartCommand), look);
    end_door(ui);
    if ((!pressed && !entered) || busy) return;
    if (voucher_.empty()) return ui.focus("start.voucher");
    if (officer_.empty()) return ui.focus("start.officer");
    if (passphrase_.empty()) return ui.focus("start.passphrase");
    SecretBytes first = taken(passphrase_);
    const SecretBytes second = taken(passphrase_again_);
    if (!equal(first.view(), second.view())) {
        door_error_ = ui.tr(Text::kStartMismatch);
        return ui.focus("start.passphrase");
    }
    door_error_.clear();
    post(agent::InitVault{Path(voucher_), officer_, std::move(first)});
}

}  // namespace awda::ui
