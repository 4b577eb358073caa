#include "forms/audit.h"

#include <algorithm>
#include <array>

#include "forms/model.h"
#include "forms/names.h"
#include "forms/table_instance.h"
#include "forms/value.h"

namespace awda::forms {
namespace {

constexpr std::int64_t kMinIntervalMs = 1000;

const ModelNode* find_child(const ModelNode& node, std::string_view name) {
    for (const ModelNode& each : node.children) {
        if (local_name(each.name) == name) return &each;
    }
    return nullptr;
}

AuditConfig::Priority parse_priority(std::string_view text) {
    const std::string word = lower_ascii(trim(text));
    if (word == "balanced") return AuditConfig::Priority::kBalanced;
    if (word == "low-power" || word == "low_power") return AuditConfig::Priority::kLowPower;
    if (word == "no-power" || word == "no_power") return AuditConfig::Priority::kNoPower;
    return AuditConfig::Priority::kHighAccuracy;
}

/// Whole seconds as milliseconds; nothing if it is no such number.
std::optional<std::int64_t> parse_seconds(std::string_view text) {
    constexpr double kSecondsMax = 1e9;
    const double number = parse_number(trim(text));
    if (!(number >= 0) || number > kSecondsMax) return std::nullopt;
    return static_cast<std::int64_t>(number) * 1000;
}

AuditConfig read_config(const Attributes& attributes) {
    AuditConfig out;
    bool priority = false;
    std::optional<std::int64_t> interval;
    std::optional<std::int64_t> age;
    for (const auto& [qualified, value] : attributes) {
        const std::string_view name = local_name(qualified);
        if (name == "location-priority") {
            out.location_priority = parse_priority(value);
            priority = true;
        }
        if (name == "location-min-interval") interval = parse_seconds(value);
        if (name == "location-max-age") age = parse_seconds(value);
        if (name == "track-changes") out.track_changes = lower_ascii(trim(value)) == "true";
        if (name == "identify-user") out.identify_user = lower_ascii(trim(value)) == "true";
        if (name == "track-changes-reasons") out.reasons_on_edit = trim(value) == "on-form-edit";
    }
    out.locations = priority && interval && age;
    if (out.locations) {
        out.location_min_interval_ms = std::max(*interval, kMinIntervalMs);
        out.location_max_age_ms = *age;
    }
    return out;
}

/// Events that have an end, because they last.
bool lasts(AuditEvent event) {
    return event == AuditEvent::kQuestion || event == AuditEvent::kGroupQuestions ||
           event == AuditEvent::kJump || event == AuditEvent::kAddRepeat ||
           event == AuditEvent::kEndScreen;
}

bool about_location(AuditEvent event) {
    return event >= AuditEvent::kLocationTrackingEnabled &&
           event <= AuditEvent::kLocationPermissionsNotGranted;
}

/// The specification quotes what has a comma or a line end in it, and doubles quotes only there; a
/// value that begins with a quote is quoted too, since readers would take it for quoting.
void append_quoted(std::string& out, std::string_view text) {
    out += ',';
    if (text.find_first_of(",\r\n") == std::string_view::npos && !text.starts_with('"')) {
        out += text;
        return;
    }
    out += '"';
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
}

}  // namespace

std::optional<AuditConfig> audit_config(const FormDefinition& form) {
    const FormModel& model = form.model();
    const ModelNode* meta = find_child(model.root, "meta");
    const ModelNode* audit = meta == nullptr ? nullptr : find_child(*meta, "audit");
    if (audit == nullptr) return std::nullopt;
    const std::string ref = "/" + model.root.name + "/" + meta->name + "/" + audit->name;
    const auto bind = std::find_if(model.binds.begin(), model.binds.end(),
                                   [&](const ModelBind& each) { return each.nodeset == ref; });
    return bind == model.binds.end() ? AuditConfig{} : read_config(bind->others);
}

std::string_view audit_event_name(AuditEvent event) {
    static constexpr std::array<std::string_view, 23> kNames{"form start",
                                                             "question",
                                                             "group questions",
                                                             "jump",
                                                             "add repeat",
                                                             "delete repeat",
                                                             "end screen",
                                                             "form save",
                                                             "form exit",
                                                             "form resume",
                                                             "form finalize",
                                                             "save error",
                                                             "finalize error",
                                                             "constraint error",
                                                             "change reason",
                                                             "location tracking enabled",
                                                             "location tracking disabled",
                                                             "location providers enabled",
                                                             "location providers disabled",
                                                             "location permissions granted",
                                                             "location permissions not granted",
                                                             "background audio enabled",
                                                             "background audio disabled"};
    return kNames[static_cast<std::size_t>(event)];
}

AuditRecorder::AuditRecorder(const AuditConfig& config, const Clock& clock)
    : config_(config), clock_(&clock) {}

/// Only the first moment is the wall clock's; the rest is elapsed time, which nobody can set.
std::int64_t AuditRecorder::now_ms() {
    if (!started_) {
        wall_start_ = clock_->now();
        steady_start_ = clock_->steady_ms();
        started_ = true;
    }
    return wall_start_ + (clock_->steady_ms() - steady_start_);
}

void AuditRecorder::add_position(double latitude, double longitude, double accuracy_m) {
    if (!config_.locations) return;
    if (positions_.size() >= kPositionsMax) positions_.erase(positions_.begin());
    positions_.push_back({latitude, longitude, accuracy_m, clock_->steady_ms()});
}

void AuditRecorder::locate(Row& row) {
    const std::int64_t oldest = clock_->steady_ms() - config_.location_max_age_ms;
    std::erase_if(positions_, [&](const Position& p) { return p.at_ms < oldest; });
    const auto best =
        std::min_element(positions_.begin(), positions_.end(),
                         [](const auto& a, const auto& b) { return a.accuracy_m < b.accuracy_m; });
    if (best == positions_.end()) return;
    row.latitude = print_number(best->latitude);
    row.longitude = print_number(best->longitude);
    row.accuracy = print_number(best->accuracy_m);
}

void AuditRecorder::append(const Session& session, AuditEvent event, std::string_view ref,
                           Row row) {
    if (rows_.size() >= kRowsMax) return;
    row.event = event;
    row.ref = ref;
    if (!ref.empty()) {
        row.node = "/" + session.definition().model().root.name + "/" + std::string(ref);
    }
    row.start = now_ms();
    row.user = user_;
    if (config_.locations) locate(row);
    rows_.push_back(std::move(row));
}

void AuditRecorder::log(const Session& session, AuditEvent event, std::string_view ref) {
    if (lasts(event)) return enter(session, event, ref);
    if (about_location(event)) {
        // Systems tell twice of one switch; a log without places does not tell of it at all.
        const bool switched = event == AuditEvent::kLocationProvidersEnabled ||
                              event == AuditEvent::kLocationProvidersDisabled;
        const bool told = switched && !rows_.empty() && rows_.back().event == event;
        if (!config_.locations || told) return;
    }
    if (event == AuditEvent::kFormExit) leave(session);
    append(session, event, ref, {});
}

void AuditRecorder::log_reason(const Session& session, std::string reason) {
    Row row;
    row.reason = std::move(reason);
    append(session, AuditEvent::kChangeReason, {}, std::move(row));
}

void AuditRecorder::enter(const Session& session, AuditEvent event, std::string_view ref,
                          bool on_page) {
    if (!lasts(event)) return log(session, event, ref);
    const auto open_rows = rows_.begin() + static_cast<std::ptrdiff_t>(first_open_);
    const bool in_view = std::any_of(open_rows, rows_.end(), [&](const Row& row) {
        return row.open && row.event == event && row.ref == ref;
    });
    if (in_view) return;
    Row row;
    row.open = true;
    row.on_page = on_page;
    if (event == AuditEvent::kQuestion && config_.track_changes) row.old_value = session.value(ref);
    append(session, event, ref, std::move(row));
}

void AuditRecorder::leave(const Session& session) {
    const std::int64_t end = now_ms();
    const auto open_rows = rows_.begin() + static_cast<std::ptrdiff_t>(first_open_);
    const auto unlogged = std::remove_if(open_rows, rows_.end(), [&](Row& row) {
        if (!row.open) return false;
        row.open = false;
        row.end = end;
        if (config_.locations && row.latitude.empty()) locate(row);
        if (row.event != AuditEvent::kQuestion) return false;
        if (!config_.track_changes) return row.on_page;
        row.new_value = session.value(row.ref);
        if (row.new_value != row.old_value) return false;
        row.old_value.clear();
        row.new_value.clear();
        return row.on_page;
    });
    rows_.erase(unlogged, rows_.end());
    first_open_ = rows_.size();
}

std::string AuditRecorder::header() const {
    std::string out = "event,node,start,end";
    if (config_.locations) out += ",latitude,longitude,accuracy";
    if (config_.track_changes) out += ",old-value,new-value";
    if (config_.identify_user) out += ",user";
    if (config_.reasons_on_edit) out += ",change-reason";
    return out + "\n";
}

void AuditRecorder::write(const Row& row, std::string& out) const {
    out.append(audit_event_name(row.event)).append(",").append(row.node);
    out.append(",").append(std::to_string(row.start)).append(",");
    if (row.end != 0) out += std::to_string(row.end);
    if (config_.locations) {
        out.append(",").append(row.latitude).append(",").append(row.longitude);
        out.append(",").append(row.accuracy);
    }
    if (config_.track_changes) {
        append_quoted(out, row.old_value);
        append_quoted(out, row.new_value);
    }
    if (config_.identify_user) append_quoted(out, row.user);
    if (config_.reasons_on_edit) append_quoted(out, row.reason);
    out += '\n';
}

std::string AuditRecorder::csv() const {
    std::string out = header() + earlier_;
    for (const Row& row : rows_) {
        // A question of a page counts only once it is known whether its answer changed.
        if (!row.open || !row.on_page) write(row, out);
    }
    return out;
}

Result<AuditRecorder> AuditRecorder::resume(const AuditConfig& config, const Clock& clock,
                                            std::string_view csv) {
    constexpr std::size_t kLogBytesMax = 64U << 20U;
    if (csv.size() > kLogBytesMax) return Error{Errc::kTooLarge, "an audit log"};
    AuditRecorder out(config, clock);
    const std::string header = out.header();
    if (csv.starts_with(header)) {
        out.earlier_ = csv.substr(header.size());
        if (!out.earlier_.empty() && out.earlier_.back() != '\n') out.earlier_ += '\n';
        return out;
    }
    // The form's settings have changed since: each cell goes below today's heading.
    StringPool names;
    const auto table = AWDA_TRY(TableInstance::from_csv(csv, names));
    if (table->columns() == 0 || table->column_text(0) != "event") {
        return Error{Errc::kMalformed, "an audit log"};
    }
    std::vector<std::uint32_t> columns;
    std::string_view rest = std::string_view(header).substr(0, header.size() - 1);
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        columns.push_back(table->find_column(names.find(rest.substr(0, comma))));
        rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
    for (std::uint32_t row = 0; row < table->rows(); ++row) {
        std::string line;
        for (const std::uint32_t column : columns) {
            append_quoted(line, column == TableInstance::kNoColumn ? std::string_view()
                                                                   : table->at(row, column));
        }
        out.earlier_.append(line, 1).append("\n");
    }
    return out;
}

}  // namespace awda::forms
