#include "agent/vault/log_check.h"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "agent/vault/event_log.h"
#include "agent/vault/log_rules.h"
#include "agent/vault/payloads.h"
#include "agent/vault/payloads_export.h"
#include "agent/vault/projections.h"
#include "agent/vault/retention_rules.h"
#include "agent/vault/schema.h"
#include "platform/codec.h"
#include "sync/log/cover.h"
#include "sync/receipt.h"
#include "sync/record.h"
#include "sync/trust.h"

namespace awda::agent {

namespace {

/// What headquarters and this device said when it was enrolled.
struct Papers {
    sync::HqKeys hq;
    sync::EnrolRequest request;
};

/// Nothing if the papers are gone or are not of this device. Whoever puts others in their place is
/// found by headquarters' receipt for them.
Result<std::optional<Papers>> read_papers(Database& db, const LogOrigin& origin) {
    const auto voucher_file = AWDA_TRY(meta_get(db, Meta::kVoucher));
    const auto request_file = AWDA_TRY(meta_get(db, Meta::kEnrolRequest));
    const auto enrolled = AWDA_TRY(meta_get(db, Meta::kEnrolled));
    if (!voucher_file || !request_file) return std::optional<Papers>();
    const auto voucher = sync::open_voucher(*voucher_file);
    const auto request = sync::open_enrol_request(*request_file);
    if (!voucher.ok() || !request.ok() || request->device != origin.device ||
        request->device_sign != origin.device_sign || request->voucher_hash != voucher->hash) {
        return std::optional<Papers>();
    }
    if (enrolled) {
        const auto receipt = sync::open_enrol_receipt(*enrolled, voucher->hq.stored_receipt);
        if (!receipt.ok() || receipt->request_hash != hash32(*request_file)) {
            return std::optional<Papers>();
        }
    }
    return std::optional<Papers>(Papers{voucher->hq, *request});
}

/// What the walk knows so far. A rule returns what is wrong, or nothing.
class Walk {
public:
    Walk(const LogOrigin& origin, Papers papers)
        : origin_(origin), papers_(std::move(papers)), chain_(origin.device) {}

    [[nodiscard]] std::optional<LiteralText> add(const sync::Event& event,
                                                 const Hash32& stored_hash);
    void count(const sync::Event& event, LogReport& report) const;
    [[nodiscard]] const Hash32& head() const { return chain_.head(); }
    [[nodiscard]] std::optional<RetentionFinding> wrongly_erased() const {
        return retention_.finish();
    }
    /// By the very officer whose records wait for a checkpoint, if any do.
    [[nodiscard]] bool signed_by_officer(const KeptHead& head) const;

private:
    [[nodiscard]] std::optional<LiteralText> check_frame(const sync::Event& event) const;
    [[nodiscard]] std::optional<LiteralText> check_meaning(const sync::Event& event);
    [[nodiscard]] std::optional<LiteralText> check_beginning(const sync::Event& event);
    [[nodiscard]] std::optional<LiteralText> check_officer(const sync::Event& event);
    [[nodiscard]] std::optional<LiteralText> check_recovered(const sync::Event& event);
    [[nodiscard]] std::optional<LiteralText> check_record(const sync::Event& event);
    [[nodiscard]] std::optional<LiteralText> check_checkpoint(const sync::Event& event);
    [[nodiscard]] std::optional<LiteralText> check_batch(const sync::Event& event);
    [[nodiscard]] std::optional<LiteralText> check_receipt(const sync::Event& event);

    LogOrigin origin_;
    Papers papers_;
    sync::ChainVerifier chain_;
    sync::Hlc last_hlc_;
    std::uint64_t last_checkpoint_ = 0;
    KnownOfficers officers_;
    sync::Cover cover_;
    ApprovalRules approvals_;
    RetentionRules retention_;
    WalkedBatches batches_;
};

std::optional<LiteralText> Walk::check_frame(const sync::Event& event) const {
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
    const sync::EnrolRequest& request = papers_.request;
    if (start->device_sign != origin_.device_sign || start->officer != event.officer ||
        start->officer != request.officer || start->officer_key != request.officer_key) {
        return LiteralText("the first event is of another device");
    }
    officers_[start->officer] = {start->officer_key, start->role, event.seq};
    return std::nullopt;
}

std::optional<LiteralText> Walk::check_officer(const sync::Event& event) {
    const auto added = decode_officer_added(*event.payload);
    if (!added.ok()) return LiteralText("an added officer cannot be read");
    const auto adder = officers_.find(added->added_by);
    if (adder == officers_.end() || !adder->second.may(Permission::kAdminister) ||
        added->added_by != event.officer || officers_.contains(added->officer)) {
        return LiteralText("an officer was added by someone who may not");
    }
    if (!verify_officer_added(*event.payload, adder->second.key).ok()) {
        return LiteralText("an added officer's signature does not hold");
    }
    officers_[added->officer] = {added->officer_key, added->role, event.seq};
    return std::nullopt;
}

std::optional<LiteralText> Walk::check_recovered(const sync::Event& event) {
    const auto back = decode_vault_recovered(*event.payload);
    if (!back.ok()) return LiteralText("a recovery cannot be read");
    if (!event.officer.empty() || officers_.contains(back->officer) ||
        !verify_vault_recovered(*event.payload, origin_.device_sign).ok()) {
        return LiteralText("a recovery's signature does not hold");
    }
    officers_[back->officer] = {back->officer_key, back->role, event.seq};
    return std::nullopt;
}

std::optional<LiteralText> Walk::check_record(const sync::Event& event) {
    const auto record = sync::decode_record_payload(*event.payload);
    if (!record.ok() || !sync::decode_record(record->record).ok()) {
        return LiteralText("a record cannot be read");
    }
    const auto officer = officers_.find(event.officer);
    const auto& own = record->own;
    if (officer == officers_.end() || !sync::verify_record(*record) ||
        (own && (own->officer != event.officer || own->key != officer->second.key))) {
        return LiteralText("a record's signature does not hold");
    }
    approvals_.finalised(*record, event.officer);
    return std::nullopt;
}

std::optional<LiteralText> Walk::check_checkpoint(const sync::Event& event) {
    last_checkpoint_ = event.seq;
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

std::optional<LiteralText> Walk::check_batch(const sync::Event& event) {
    const auto batch = decode_batch_sealed(*event.payload);
    if (!batch.ok()) return LiteralText("a sealed batch cannot be read");
    const std::uint64_t covered = batches_.empty() ? 0 : batches_.back().sealed.last_seq;
    if (batch->number != batches_.size() + 1 || batch->first_seq != covered + 1 ||
        batch->last_seq < batch->first_seq || batch->last_seq >= event.seq) {
        return LiteralText("a batch does not follow the one before it");
    }
    batches_.push_back({*batch});
    return std::nullopt;
}

std::optional<LiteralText> Walk::check_receipt(const sync::Event& event) {
    const bool opened = event.type == sync::EventType::kBatchOpened;
    const auto receipt = sync::open_receipt(*event.payload, papers_.hq);
    if (!receipt.ok() || receipt->device != origin_.device ||
        (receipt->kind == sync::ReceiptKind::kOpened) != opened) {
        return LiteralText("a receipt that headquarters did not give");
    }
    const std::uint64_t index = receipt->batch_number - 1;
    if (index >= batches_.size() || batches_[index].sealed.hash != receipt->batch_hash ||
        batches_[index].sealed.last_seq != receipt->last_seq) {
        return LiteralText("a receipt for a batch that was not sealed");
    }
    if (opened) batches_[index].opened_ms = receipt->server_ms;
    retention_.proven(receipt->server_ms);
    return std::nullopt;
}

std::optional<LiteralText> Walk::check_meaning(const sync::Event& event) {
    if (!event.payload) {
        if (event.type == sync::EventType::kRecordFinalised) approvals_.finalised_and_pruned();
        return retention_.gone(event);
    }
    switch (event.type) {
        case sync::EventType::kDeviceInitialised: return check_beginning(event);
        case sync::EventType::kOfficerAdded: return check_officer(event);
        case sync::EventType::kVaultRecovered: return check_recovered(event);
        case sync::EventType::kOfficerChanged: return check_officer_changed(event, officers_);
        case sync::EventType::kRecordFinalised: return check_record(event);
        case sync::EventType::kApprovalRequested: return approvals_.requested(event);
        case sync::EventType::kRecordApproved:
        case sync::EventType::kRecordReturned: return approvals_.decided(event, officers_);
        case sync::EventType::kBatchSealed: return check_batch(event);
        case sync::EventType::kBatchStored:
        case sync::EventType::kBatchOpened: return check_receipt(event);
        case sync::EventType::kCheckpoint: return check_checkpoint(event);
        case sync::EventType::kPruned: return retention_.pruned(event, officers_, batches_);
        case sync::EventType::kRetentionSet: return retention_.set(event, officers_);
        case sync::EventType::kConsentGiven:
        case sync::EventType::kConsentWithdrawn: return check_consent(event, officers_);
        case sync::EventType::kExported:
            if (decode_exported(*event.payload).ok()) return std::nullopt;
            return LiteralText("what left cannot be read");
        case sync::EventType::kIdentityMarked:
        case sync::EventType::kCaseJoined:
        case sync::EventType::kCaseMemberChanged:
        case sync::EventType::kCaseMoved:
        case sync::EventType::kCaseSplit:
        case sync::EventType::kCaseMerged:
        case sync::EventType::kCaseUnmerged:
        case sync::EventType::kConflictDecided:
        case sync::EventType::kForeignEvent:
        case sync::EventType::kRevisionParents: return check_case_event(event, officers_);
        default: return std::nullopt;
    }
}

bool Walk::signed_by_officer(const KeptHead& head) const {
    const OfficerId& waiting = cover_.waiting();
    if (!waiting.empty() && (head.old_form || head.officer != waiting)) return false;
    const auto officer = officers_.find(head.officer);
    return officer != officers_.end() && verify_head(origin_.device, head, officer->second.key);
}

std::optional<LiteralText> Walk::add(const sync::Event& event, const Hash32& stored_hash) {
    if (event.seq != chain_.next_seq()) return LiteralText("an event is missing");
    if (!chain_.add(event, origin_.device_sign).ok()) {
        return LiteralText("an event does not fit the chain");
    }
    if (chain_.head() != stored_hash) return LiteralText("an event's hash was changed");
    if (const auto wrong = check_frame(event)) return wrong;
    if (const auto wrong = check_meaning(event)) return wrong;
    if (!cover_.add(event).ok()) {
        return LiteralText("a record that its officer's checkpoint does not cover");
    }
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
Result<bool> walk_events(Database& db, Walk& walk, const Progress& progress, LogReport& report) {
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
        if (progress && report.events % kProgressEvery == 0) progress(report.events);
    }
    return true;
}

/// The head kept apart tells when the newest events were taken away or others put in their place.
Result<bool> check_end(Database& db, const Walk& walk, LogReport& report) {
    const auto kept = kept_head(db);
    if (!kept.ok() && kept.error().code != Errc::kLogBroken) return kept.error();
    if (!kept.ok() || !*kept || (*kept)->seq != report.events || (*kept)->hash != walk.head()) {
        find(report, report.events + 1, "the newest events are not those written last");
        return false;
    }
    if (!walk.signed_by_officer(**kept)) {
        find(report, report.events, "no officer signed the newest event");
        return false;
    }
    if (const auto wrong = walk.wrongly_erased()) {
        find(report, wrong->seq, wrong->what);
        return false;
    }
    return true;
}

/// Rebuilds the tables inside a transaction that is never committed, and compares row by row.
Result<bool> check_tables(Database& db, LogReport& report) {
    if (!AWDA_TRY(counts_follow(db))) {
        find(report, report.events, "the count of records does not follow from them");
        return false;
    }
    const ProjectionDigest held = AWDA_TRY(digest_projections(db));
    Transaction scratch = AWDA_TRY(Transaction::begin(db));
    if (!rebuild_projections(db).ok()) {
        find(report, report.events, "the tables cannot be rebuilt from the log");
        return false;
    }
    const ProjectionDigest rebuilt = AWDA_TRY(digest_projections(db));
    const auto differs = first_difference(held, rebuilt);
    if (!differs) return true;
    find(report, std::max<std::uint64_t>(*differs, 1), "a table does not follow from the log");
    return false;
}

}  // namespace

Result<LogReport> walk_log(Database& db, const LogOrigin& origin, const Progress& progress) {
    LogReport report;
    auto papers = AWDA_TRY(read_papers(db, origin));
    if (!papers) {
        find(report, 1, "the papers of enrolment are not this device's");
        return report;
    }
    Walk walk(origin, *std::move(papers));
    if (!AWDA_TRY(walk_events(db, walk, progress, report))) return report;
    report.head = walk.head();
    if (!AWDA_TRY(check_end(db, walk, report))) return report;
    report.intact = report.events > 0;
    if (!report.intact) find(report, 1, "the log is empty");
    return report;
}

Result<bool> counts_follow(Database& db) {
    Statement wrong = AWDA_TRY(
        db.prepare("SELECT 1 FROM (SELECT state, 1 AS n FROM records UNION ALL"
                   " SELECT state, -n FROM record_counts) GROUP BY state HAVING sum(n) <> 0"));
    return !AWDA_TRY(wrong.step());
}

Result<LogReport> check_log(Database& db, const LogOrigin& origin) {
    LogReport report = AWDA_TRY(walk_log(db, origin));
    if (report.intact) AWDA_TRY(check_tables(db, report));
    return report;
}

}  // namespace awda::agent
