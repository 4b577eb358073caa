#include "agent/vault/log_check.h"

#include <map>
#include <optional>

#include "agent/vault/event_log.h"
#include "agent/vault/payloads.h"
#include "agent/vault/projections.h"
#include "agent/vault/schema.h"
#include "platform/codec.h"
#include "sync/record.h"

namespace awda::agent {

namespace {

struct KnownOfficer {
    SignPublic key{};
    Role role = Role::kOfficer;
};

/// What the walk knows so far. A rule returns what is wrong, or nothing.
class Walk {
public:
    explicit Walk(const LogOrigin& origin) : origin_(origin), chain_(origin.device) {}

    [[nodiscard]] std::optional<LiteralText> add(const sync::Event& event,
                                                 const Hash32& stored_hash);
    void count(const sync::Event& event, LogReport& report) const;
    [[nodiscard]] const Hash32& head() const { return chain_.head(); }

private:
    [[nodiscard]] std::optional<LiteralText> check_frame(const sync::Event& event) const;
    [[nodiscard]] std::optional<LiteralText> check_meaning(const sync::Event& event);
    [[nodiscard]] std::optional<LiteralText> check_beginning(const sync::Event& event);
    [[nodiscard]] std::optional<LiteralText> check_officer(const sync::Event& event);
    [[nodiscard]] std::optional<LiteralText> check_record(const sync::Event& event) const;
    [[nodiscard]] std::optional<LiteralText> check_checkpoint(const sync::Event& event);

    LogOrigin origin_;
    sync::ChainVerifier chain_;
    sync::Hlc last_hlc_;
    std::uint64_t last_checkpoint_ = 0;
    std::map<OfficerId, KnownOfficer> officers_;
};

std::optional<LiteralText> Walk::check_frame(const sync::Event& event) const {
    if (sync::event_type_name(event.type).empty()) return LiteralText("an event of unknown type");
    if (event.office != origin_.office) return LiteralText("an event of another office");
    if (event.seq > 1 && !(last_hlc_ < event.hlc)) {
        return LiteralText("an event earlier than the one before it");
    }
    if ((event.seq == 1) != (event.type == sync::EventType::kDeviceInitialised)) {
        return LiteralText("the log does not begin where it should");
    }
    if (!event.officer.empty() && event.seq > 1 && !officers_.contains(event.officer)) {
        return LiteralText("an event of an officer whom nobody added");
    }
    if (event.type != sync::EventType::kCheckpoint &&
        event.seq - last_checkpoint_ > kCheckpointEvery) {
        return LiteralText("a checkpoint is missing");
    }
    return std::nullopt;
}

std::optional<LiteralText> Walk::check_beginning(const sync::Event& event) {
    const auto start = decode_device_initialised(*event.payload);
    if (!start.ok()) return LiteralText("the first event cannot be read");
    if (start->device_sign != origin_.device_sign || start->officer != event.officer) {
        return LiteralText("the first event is of another device");
    }
    officers_[start->officer] = {start->officer_key, start->role};
    return std::nullopt;
}

std::optional<LiteralText> Walk::check_officer(const sync::Event& event) {
    const auto added = decode_officer_added(*event.payload);
    if (!added.ok()) return LiteralText("an added officer cannot be read");
    const auto adder = officers_.find(added->added_by);
    if (adder == officers_.end() || !may_administer(adder->second.role) ||
        added->added_by != event.officer || officers_.contains(added->officer)) {
        return LiteralText("an officer was added by someone who may not");
    }
    if (!verify_officer_added(*event.payload, adder->second.key).ok()) {
        return LiteralText("an added officer's signature does not hold");
    }
    officers_[added->officer] = {added->officer_key, added->role};
    return std::nullopt;
}

std::optional<LiteralText> Walk::check_record(const sync::Event& event) const {
    const auto record = sync::decode_signed_record(*event.payload);
    if (!record.ok() || !sync::decode_record(record->record).ok()) {
        return LiteralText("a record cannot be read");
    }
    const auto officer = officers_.find(record->officer);
    if (officer == officers_.end() || officer->second.key != record->officer_key ||
        record->officer != event.officer || !sync::verify_record(*record)) {
        return LiteralText("a record's signature does not hold");
    }
    return std::nullopt;
}

std::optional<LiteralText> Walk::check_checkpoint(const sync::Event& event) {
    last_checkpoint_ = event.seq;
    if (!event.payload) return std::nullopt;
    const auto checkpoint = sync::decode_checkpoint(*event.payload);
    if (!checkpoint.ok() || checkpoint->device != origin_.device ||
        checkpoint->size != event.seq - 1 || checkpoint->head != event.prev) {
        return LiteralText("a checkpoint covers something else");
    }
    const auto officer = officers_.find(checkpoint->officer);
    if (checkpoint->officer != event.officer || officer == officers_.end() ||
        officer->second.key != checkpoint->officer_key ||
        !sync::verify_checkpoint(*checkpoint, origin_.device_sign).ok()) {
        return LiteralText("a checkpoint's signature does not hold");
    }
    return std::nullopt;
}

std::optional<LiteralText> Walk::check_meaning(const sync::Event& event) {
    if (event.type == sync::EventType::kCheckpoint) return check_checkpoint(event);
    if (!event.payload) {
        // Records may be pruned; who may sign, and the proofs, may not.
        const bool lawful = event.type != sync::EventType::kDeviceInitialised &&
                            event.type != sync::EventType::kOfficerAdded;
        if (lawful) return std::nullopt;
        return LiteralText("an event that must stay was pruned");
    }
    switch (event.type) {
        case sync::EventType::kDeviceInitialised: return check_beginning(event);
        case sync::EventType::kOfficerAdded: return check_officer(event);
        case sync::EventType::kRecordFinalised: return check_record(event);
        default: return std::nullopt;
    }
}

std::optional<LiteralText> Walk::add(const sync::Event& event, const Hash32& stored_hash) {
    if (event.seq != chain_.next_seq()) return LiteralText("an event is missing");
    if (!chain_.add(event, origin_.device_sign).ok()) {
        return LiteralText("an event does not fit the chain");
    }
    if (chain_.head() != stored_hash) return LiteralText("an event's hash was changed");
    if (const auto wrong = check_frame(event)) return wrong;
    if (const auto wrong = check_meaning(event)) return wrong;
    last_hlc_ = event.hlc;
    return std::nullopt;
}

void Walk::count(const sync::Event& event, LogReport& report) const {
    ++report.events;
    if (event.type == sync::EventType::kCheckpoint) ++report.checkpoints;
    if (event.type == sync::EventType::kRecordFinalised) ++report.records;
    if (!event.payload) ++report.pruned;
}

void find(LogReport& report, std::uint64_t seq, LiteralText what) {
    report.intact = false;
    report.first_bad_seq = seq;
    report.finding = std::string(what.view());
}

/// True if the walk came to the end without a finding.
Result<bool> walk_events(Database& db, Walk& walk, LogReport& report) {
    Statement query = AWDA_TRY(db.prepare(
        "SELECT seq, hlc, officer, office, type, commitment, prev, salt, payload, hash FROM events"
        " ORDER BY seq"));
    while (AWDA_TRY(query.step())) {
        const auto event = read_event(query);
        const auto hash = query.fixed<32>(9);
        if (!event.ok() || !hash.ok()) {
            find(report, report.events + 1, "an event cannot be read");
            return false;
        }
        if (const auto wrong = walk.add(*event, *hash)) {
            find(report, report.events + 1, *wrong);
            return false;
        }
        walk.count(*event, report);
    }
    return true;
}

/// The head kept apart tells when the newest events were taken away.
Result<bool> check_end(Database& db, const Walk& walk, LogReport& report) {
    const auto kept = AWDA_TRY(meta_get(db, Meta::kHead));
    ByteWriter found;
    found.u64(report.events);
    found.raw(walk.head());
    if (kept && *kept == found.bytes()) return true;
    find(report, report.events + 1, "the newest events are not those written last");
    return false;
}

/// Rebuilds the tables inside a transaction that is never committed, and compares row by row.
Result<bool> check_tables(Database& db, LogReport& report) {
    const ProjectionDigest held = AWDA_TRY(digest_projections(db));
    Transaction scratch = AWDA_TRY(Transaction::begin(db));
    if (!rebuild_projections(db).ok()) {
        find(report, report.events, "the tables cannot be rebuilt from the log");
        return false;
    }
    const ProjectionDigest rebuilt = AWDA_TRY(digest_projections(db));
    const std::uint64_t differs = first_difference(held, rebuilt);
    if (differs == 0) return true;
    find(report, differs, "a table does not follow from the log");
    return false;
}

}  // namespace

Result<LogReport> check_log(Database& db, const LogOrigin& origin) {
    LogReport report;
    Walk walk(origin);
    if (!AWDA_TRY(walk_events(db, walk, report))) return report;
    report.head = walk.head();
    if (!AWDA_TRY(check_end(db, walk, report))) return report;
    if (!AWDA_TRY(check_tables(db, report))) return report;
    report.intact = report.events > 0;
    if (!report.intact) find(report, 1, "the log is empty");
    return report;
}

}  // namespace awda::agent
