#include "ui/views/desk_view.h"

#include "platform/secret.h"
#include "ui/views/wording.h"

namespace awda::ui {

namespace {

constexpr float kBarHeight = 56;
constexpr float kStatusHeight = 46;
constexpr std::int64_t kMinuteMs = 60'000;

std::string screen_name(const agent::Snapshot& snapshot) {
    switch (snapshot.vault) {
        case agent::VaultState::kMissing: return "first-start";
        case agent::VaultState::kLocked: return "login";
        case agent::VaultState::kUnlocking: return "";  // the screen that asked stays
        case agent::VaultState::kOpen: break;
    }
    return snapshot.open != nullptr ? "intake" : "list";
}

}  // namespace

DeskView::DeskView(agent::Desk& desk, const Clock& clock, Language language)
    : desk_(desk), clock_(clock), language_(language), now_(desk.snapshot()) {
    seen_notice_ = now_->notice.serial;
}

bool DeskView::post(agent::Command command) {
    if (!desk_.post(std::move(command)).ok()) return false;
    ++posted_;
    has_posted_ = true;
    return true;
}

std::string DeskView::screen() {
    now_ = desk_.snapshot();
    const std::string next = screen_name(*now_);
    if (!next.empty()) return next;
    return screen_.empty() ? "login" : screen_;
}

/// A screen takes nothing of the one before it along; a lock leaves nothing in memory.
void DeskView::leave_screen(Ui& ui) {
    const bool locked = screen_ == "login" || screen_ == "first-start";
    wipe(search_);
    filter_ = "all";
    door_error_.clear();
    pending_.clear();
    options_.clear();
    options_for_.reset();
    std::vector<Section>().swap(sections_);
    wipe(ask_ref_);
    wipe(reason_);
    ask_ = Ask::kNothing;
    passphrase_.clear();
    passphrase_again_.clear();
    if (locked) {
        ui.forget();
        ui.focus(screen_ == "login" ? (officer_.empty() ? "login.officer" : "login.passphrase")
                                    : "start.voucher");
    } else {
        auto_locked_ = false;
    }
}

void DeskView::take_snapshot(Ui& ui) {
    const std::string next = screen();
    if (next != screen_) {
        screen_ = next;
        leave_screen(ui);
        ui.request_frame();
    }
    std::erase_if(pending_,
                  [&](const auto& entry) { return now_->commands_done >= entry.second.ordinal; });
}

void DeskView::take_notice(Ui& ui) {
    const agent::Notice& notice = now_->notice;
    if (notice.serial == seen_notice_) return;
    seen_notice_ = notice.serial;
    const bool at_door = screen_ == "login" || screen_ == "first-start";
    switch (notice.kind) {
        case agent::NoticeKind::kNone: break;
        case agent::NoticeKind::kError: {
            const std::string message(errc_message(notice.code, language_));
            if (at_door) {
                door_error_ = message;
                ui.focus(screen_ == "login" ? "login.passphrase" : "start.voucher");
            } else if (notice.code != Errc::kAnswersInvalid) {
                ui.toast(message, Tone::kDanger);
            }
            break;
        }
        case agent::NoticeKind::kWarning:
            ui.toast(errc_message(notice.code, language_), Tone::kWarning);
            break;
        case agent::NoticeKind::kFinalised:
            ui.toast(ui.tr(Text::kIntakeFinalised), Tone::kSuccess);
            break;
        case agent::NoticeKind::kDiscarded:
            ui.toast(ui.tr(Text::kIntakeDiscarded), Tone::kNeutral);
            break;
        case agent::NoticeKind::kDelivered:
            ui.toast(ui.tr(Text::kSyncDelivered), Tone::kSuccess);
            break;
        case agent::NoticeKind::kApproved:
            ui.toast(ui.tr(Text::kIntakeApproved), Tone::kSuccess);
            break;
        case agent::NoticeKind::kGivenBack:
            ui.toast(ui.tr(Text::kIntakeGivenBack), Tone::kNeutral);
            break;
        case agent::NoticeKind::kAutoLocked: auto_locked_ = true; break;
    }
}

void DeskView::draw(Ui& ui) {
    take_snapshot(ui);
    take_notice(ui);
    draw_screen(ui);
    if (has_posted_) ui.request_frame();  // what was answered shows at once
    has_posted_ = false;
}

void DeskView::draw_screen(Ui& ui) {
    const Rect all = ui.screen();
    next_wake_ms_ = 0;
    if (screen_ == "first-start") return draw_first_start(ui);
    if (screen_ == "login") return draw_login(ui);
    const Rect middle{0, kBarHeight, all.w, all.h - kBarHeight - kStatusHeight};
    draw_bar(ui, {0, 0, all.w, kBarHeight});
    if (screen_ == "intake" && now_->open != nullptr)
        draw_intake(ui, middle);
    else
        draw_list(ui, middle);
    draw_status(ui, {0, all.h - kStatusHeight, all.w, kStatusHeight});
    draw_dialogs(ui);
    if (now_->sync.last_success_ms != 0) next_wake_ms_ = ui.now_ms() + kMinuteMs;
    if (ui.take_key(Key::kL, true)) post(agent::Lock{});
}

void DeskView::draw_languages(Ui& ui, const Rect& area, ButtonKind kind) {
    constexpr float kWidth = 76;
    float x = area.right() - 3 * kWidth;
    for (const Language language : {Language::kArabic, Language::kSorani, Language::kEnglish}) {
        const Rect rect{x, area.y + (area.h - 34) / 2, kWidth - 4, 34};
        const bool current = language == language_;
        if (current)
            ui.fill(rect, kind == ButtonKind::kBar ? theme::kBarHover : theme::kAccentSoft, 6);
        ButtonOptions options;
        options.kind = kind;
        const std::string id = "language." + std::string(language_code(language));
        if (ui.button_at(rect, id, text_of(Text::kLanguageName, language), options) && !current) {
            language_ = language;
            post(agent::SetLanguage{language});
            ui.request_frame();
        }
        x += kWidth;
    }
}

void DeskView::draw_bar(Ui& ui, const Rect& area) {
    ui.fill(area, theme::kBar);
    const float middle = area.y + area.h / 2;
    ui.fill({20, middle - 16, 32, 32}, theme::kOnBar, 9);
    ui.icon(Icon::kSync, {36, middle}, 17, theme::kBar);
    TextLook look;
    look.colour = theme::kOnBar;
    look.weight = Weight::kBold;
    look.size_px = theme::kLargePx;
    const float name_width = ui.text_width(ui.tr(Text::kAppName), look);
    ui.text_in({64, area.y, name_width + 4, area.h}, ui.tr(Text::kAppName), look);
    look.weight = Weight::kRegular;
    look.size_px = theme::kSmallPx;
    look.colour = theme::kOnBarMuted;
    const float left = 64 + name_width + 18;
    ui.text_in({left, area.y, 360, area.h}, ui.tr(Text::kAppMinistry), look);
    constexpr float kLanguages = 236;
    constexpr float kLockWidth = 96;
    const Rect lock{area.right() - 16 - kLockWidth, area.y + 11, kLockWidth, 34};
    draw_languages(ui, {lock.x - kLanguages - 8, area.y, kLanguages, area.h}, ButtonKind::kBar);
    ButtonOptions options;
    options.kind = ButtonKind::kBar;
    options.icon = Icon::kLock;
    if (ui.button_at(lock, "bar.lock", ui.tr(Text::kBarLock), options)) post(agent::Lock{});
    const float right = lock.x - kLanguages - 32;
    const std::string who =
        now_->office.empty() ? now_->officer : now_->officer + " · " + now_->office;
    const Rect place{left + 370, area.y, std::max(0.0F, right - left - 370), area.h};
    look.side = TextLook::Side::kEnd;
    look.direction = ui.right_to_left() ? Direction::kRightToLeft : Direction::kLeftToRight;
    look.colour = theme::kOnBar;
    ui.text_in(place, who, look);
    ui.add_record("bar.officer", "label", who, "", place);
}

std::string DeskView::sync_words(Ui& ui, Tone& tone) const {
    const agent::SyncView& sync = now_->sync;
    switch (sync.phase) {
        case agent::SyncPhase::kConnecting: tone = Tone::kInfo; return ui.tr(Text::kSyncConnecting);
        case agent::SyncPhase::kSending:
            tone = Tone::kInfo;
            return ui.tr(Text::kSyncSending, size_words(sync.total_bytes, language_));
        case agent::SyncPhase::kFailed:
            tone = Tone::kWarning;
            return ui.tr(Text::kSyncFailed) + " · " +
                   first_sentence(errc_message(sync.error, language_));
        case agent::SyncPhase::kIdle: break;
    }
    tone = sync.waiting_records == 0 ? Tone::kSuccess : Tone::kAccent;
    if (sync.waiting_records > 0) return "";
    return sync.last_success_ms == 0 ? "" : ui.tr(Text::kSyncNothing);
}

/// What waits, how much, when headquarters was last reached, and what is going on: always in sight.
void DeskView::draw_status(Ui& ui, const Rect& area) {
    const agent::SyncView& sync = now_->sync;
    ui.fill(area, theme::kSurface);
    ui.line({area.x, area.y}, {area.right(), area.y}, theme::kLine);
    Tone tone = Tone::kNeutral;
    const std::string state = sync_words(ui, tone);
    TextLook look;
    look.size_px = theme::kSmallPx + 0.5F;
    look.colour = theme::kMuted;
    float x = area.x + 20;
    const auto part = [&](std::string_view id, const std::string& words, std::string_view value) {
        const float width = ui.text_width(words, look);
        const Rect rect{x, area.y, width, area.h};
        ui.text_in(rect, words, look);
        ui.add_record(id, "status", words, value, rect);
        x += width + 28;
    };
    if (!state.empty()) {
        const float width = std::min(ui.chip_width(state), area.w * 0.5F);
        const Rect rect{x, area.y, width, area.h};
        ui.chip(rect, state, tone);
        ui.add_record("status.sync", "status", state,
                      sync.phase == agent::SyncPhase::kFailed ? errc_name(sync.error) : "", rect);
        x += width + 28;
    }
    if (sync.waiting_records > 0) {
        std::string words = ui.tr(Text::kSyncWaiting, ui.number(sync.waiting_records));
        if (sync.waiting_bytes > 0) words += " · " + size_words(sync.waiting_bytes, language_);
        part("status.waiting", words, std::to_string(sync.waiting_records));
    } else {
        ui.add_record("status.waiting", "status", "", "0", {x, area.y, 0, area.h});
    }
    const std::string last =
        sync.last_success_ms == 0
            ? ui.tr(Text::kSyncNever)
            : ui.tr(Text::kSyncLast, age_words(sync.last_success_ms, clock_.now(), language_));
    part("status.last", last, std::to_string(sync.last_success_ms));
    const bool busy =
        sync.phase == agent::SyncPhase::kConnecting || sync.phase == agent::SyncPhase::kSending;
    if (sync.phase == agent::SyncPhase::kSending && sync.total_bytes > 0) {
        ui.begin_flow({area.right() - 330, area.y + 19, 160, 10});
        ui.progress("status.progress", state,
                    static_cast<float>(sync.progress_bytes) / static_cast<float>(sync.total_bytes));
        ui.end_flow();
    }
    ButtonOptions options;
    options.kind = ButtonKind::kQuiet;
    options.icon = Icon::kSync;
    options.enabled = !busy;
    const Rect send{area.right() - 156, area.y + 6, 140, area.h - 12};
    if (ui.button_at(send, "status.send", ui.tr(Text::kSyncNow), options)) post(agent::SyncNow{});
}

}  // namespace awda::ui
