// DeskView: the screens of awda-desk, over the agent's Desk.
//
// It posts commands and shows snapshots; it keeps only what belongs to the window: the section
// looked at, the search typed, a passphrase being typed, and answers posted but not yet in a
// snapshot. Ownership: borrows the Desk. Threads: the UI thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/api/desk.h"
#include "ui/kit/ui.h"
#include "ui/views/page_model.h"

namespace awda::ui {

class DeskView {
public:
    DeskView(agent::Desk& desk, const Clock& clock, Language language);

    [[nodiscard]] Language language() const { return language_; }
    /// "first-start", "login", "list" or "intake".
    [[nodiscard]] std::string screen();
    void draw(Ui& ui);
    /// When the ages shown grow a minute older; 0 = nothing is due.
    [[nodiscard]] std::int64_t next_wake_ms() const { return next_wake_ms_; }

private:
    enum class Ask : std::uint8_t {
        kNothing,
        kFinalise,
        kDiscard,
        kAmend,
        kApprove,
        kGiveBack,
        kRemoveRow,
        kChooseForm,
        kNewerForm
    };
    /// The words of a dialog that asks.
    struct Question {
        Text title;
        Text text;
        Text yes;
        ButtonKind kind;
    };
    [[nodiscard]] static Question question_of(Ask ask);
    struct Pending {
        std::string value;
        std::uint64_t ordinal;  ///< of the command that carries it
    };

    bool post(agent::Command command);
    void take_snapshot(Ui& ui);
    void take_notice(Ui& ui);
    void leave_screen(Ui& ui);
    void draw_screen(Ui& ui);

    void draw_bar(Ui& ui, const Rect& area);
    void draw_languages(Ui& ui, const Rect& area, ButtonKind kind);
    void draw_status(Ui& ui, const Rect& area);
    [[nodiscard]] std::string sync_words(Ui& ui, Tone& tone) const;

    void draw_first_start(Ui& ui);
    void draw_enrol_fields(Ui& ui, bool busy);
    void draw_login(Ui& ui);
    void begin_door(Ui& ui, float width);
    void end_door(Ui& ui);

    void draw_list(Ui& ui, const Rect& area);
    void draw_list_head(Ui& ui);
    void draw_lease_note(Ui& ui);
    void draw_row(Ui& ui, const agent::IntakeRow& row);
    void start_intake(Ui& ui);

    void draw_intake(Ui& ui, const Rect& area);
    void draw_intake_head(Ui& ui, const Rect& area);
    void draw_newer_button(Ui& ui, const Rect& area, float end);
    void draw_change_group(Ui& ui, const char* id, Text words, agent::AnswerChange change);
    void draw_newer_dialog(Ui& ui);
    float draw_decision(Ui& ui, const Rect& area, float end);
    void draw_sections(Ui& ui, const Rect& area);
    void draw_page(Ui& ui, const Rect& area);
    void draw_page_end(Ui& ui);
    void draw_problems_note(Ui& ui);
    void go_to_problem(Ui& ui);
    std::size_t draw_nodes(Ui& ui, std::size_t first, std::size_t last, std::uint32_t depth);
    std::size_t draw_repeat(Ui& ui, std::size_t at, std::size_t last);
    void draw_question(Ui& ui, const forms::ViewNode& node);
    void draw_question_head(Ui& ui, const forms::ViewNode& node, const std::string& value);
    void draw_answer(Ui& ui, const forms::ViewNode& node, const std::string& value);
    void draw_choice(Ui& ui, const forms::ViewNode& node, std::string value);
    void draw_many_choices(Ui& ui, const forms::ViewNode& node, const std::string& value);
    void draw_typed(Ui& ui, const forms::ViewNode& node, const std::string& value);
    void draw_dialogs(Ui& ui);
    void draw_reason_dialog(Ui& ui);
    void draw_form_dialog(Ui& ui);
    void confirmed(Ask ask);

    void answer(const std::string& ref, std::string value);
    [[nodiscard]] std::string shown_value(const forms::ViewNode& node) const;
    [[nodiscard]] const std::vector<Option>& options_of(const forms::ViewNode& node);

    agent::Desk& desk_;
    const Clock& clock_;
    Language language_;
    std::shared_ptr<const agent::Snapshot> now_;
    std::uint64_t posted_ = 0;
    bool has_posted_ = false;
    std::uint64_t seen_notice_ = 0;
    std::string screen_;
    std::int64_t next_wake_ms_ = 0;

    std::string officer_;
    std::string voucher_;
    SecretEntry passphrase_;
    SecretEntry passphrase_again_;
    std::string door_error_;  ///< why the last log-in or enrolment failed
    bool auto_locked_ = false;

    std::string search_;
    std::string filter_ = "all";

    InstanceId shown_instance_;
    std::string section_;  ///< key of the section looked at
    std::vector<Section> sections_;
    std::map<std::string, Pending, std::less<>> pending_;
    std::map<const void*, std::vector<Option>> options_;
    std::shared_ptr<const agent::OpenIntakeView> options_for_;
    std::uint64_t seen_finalise_ = 0;
    Ask ask_ = Ask::kNothing;
    std::string ask_ref_;
    std::string reason_;
};

}  // namespace awda::ui
