// AuditRecorder: the audit log of one fill-in (ODK's client audit logs): who saw and changed what,
// when and where, as the CSV file "audit.csv" beside the record.
//
// Ownership: owns its rows, borrows the clock, which outlives it. Threads: none of its own; belongs
// with its session. The page tells it what is looked at; it reads answers from the session.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "forms/session.h"

namespace awda::forms {

/// What the form asks to be logged.
struct AuditConfig {
    enum class Priority : std::uint8_t { kNoPower, kLowPower, kBalanced, kHighAccuracy };
    Priority location_priority = Priority::kHighAccuracy;
    std::int64_t location_min_interval_ms = 0;  ///< at least a second
    std::int64_t location_max_age_ms = 0;
    bool locations = false;        ///< all three location parameters are there
    bool track_changes = false;    ///< old and new values
    bool reasons_on_edit = false;  ///< a reason is needed before an edited record is saved
    bool identify_user = false;    ///< who it is must be asked before the form opens
};
/// Nothing if the form has no meta/audit.
[[nodiscard]] std::optional<AuditConfig> audit_config(const FormDefinition& form);

enum class AuditEvent : std::uint8_t {
    kFormStart,
    kQuestion,
    kGroupQuestions,
    kJump,
    kAddRepeat,
    kDeleteRepeat,
    kEndScreen,
    kFormSave,
    kFormExit,
    kFormResume,
    kFormFinalize,
    kSaveError,
    kFinalizeError,
    kConstraintError,
    kChangeReason,
    kLocationTrackingEnabled,
    kLocationTrackingDisabled,
    kLocationProvidersEnabled,
    kLocationProvidersDisabled,
    kLocationPermissionsGranted,
    kLocationPermissionsNotGranted,
    kBackgroundAudioEnabled,
    kBackgroundAudioDisabled,
};
[[nodiscard]] std::string_view audit_event_name(AuditEvent event);

class AuditRecorder {
public:
    static constexpr std::size_t kRowsMax = 200'000;
    static constexpr std::size_t kPositionsMax = 10'000;

    AuditRecorder(const AuditConfig& config, const Clock& clock);
    /// Goes on with the log of a saved record. Rows under other columns are moved to today's.
    /// kMalformed or kTooLarge if `csv` is no such log.
    [[nodiscard]] static Result<AuditRecorder> resume(const AuditConfig& config, const Clock& clock,
                                                      std::string_view csv);

    /// Who is filling in, for the rows from now on.
    void set_user(std::string user) { user_ = std::move(user); }
    /// A position the desk has learnt; the most accurate of the last max-age goes into a row.
    void add_position(double latitude, double longitude, double accuracy_m);

    /// Something that happens at one moment; what is looked at goes on being looked at, except when
    /// the form is left. `ref` only for kDeleteRepeat.
    void log(const Session& session, AuditEvent event, std::string_view ref = {});
    /// Why an edited record was changed.
    void log_reason(const Session& session, std::string reason);
    /// Something comes into view: a question, a page of questions, the list to jump from, the end,
    /// the question whether to add a row. Shown again while it is in view, it is the same view.
    /// A question of a page (`on_page`) is only logged if its answer changed.
    void enter(const Session& session, AuditEvent event, std::string_view ref = {},
               bool on_page = false);
    /// Everything in view goes out of view.
    void leave(const Session& session);

    /// The whole log; what is still in view has no end yet.
    [[nodiscard]] std::string csv() const;

private:
    struct Row {
        AuditEvent event{};
        std::string ref;
        std::string node;
        std::int64_t start = 0;
        std::int64_t end = 0;  ///< 0: none
        std::string latitude;
        std::string longitude;
        std::string accuracy;
        std::string old_value;
        std::string new_value;
        std::string user;
        std::string reason;
        bool open = false;
        bool on_page = false;
    };
    struct Position {
        double latitude = 0;
        double longitude = 0;
        double accuracy_m = 0;
        std::int64_t at_ms = 0;  ///< steady
    };
    [[nodiscard]] std::int64_t now_ms();
    void locate(Row& row);
    void append(const Session& session, AuditEvent event, std::string_view ref, Row row);
    void write(const Row& row, std::string& out) const;
    [[nodiscard]] std::string header() const;

    AuditConfig config_;
    const Clock* clock_;
    std::string earlier_;  ///< rows of earlier sittings, as they stand in the file
    std::vector<Row> rows_;
    std::size_t first_open_ = 0;  ///< no row before it is still in view
    std::vector<Position> positions_;
    std::string user_;
    UnixMs wall_start_ = 0;
    std::int64_t steady_start_ = 0;
    bool started_ = false;
};

}  // namespace awda::forms
