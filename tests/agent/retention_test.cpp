// Goal: what headquarters has is erased here when its time has come by headquarters' clock, and not
// a day before; nothing that may still be needed goes; the log still verifies and says what went.
#include <doctest/doctest.h>

#include <functional>

#include "agent/vault/attachments.h"
#include "agent/vault/case_changes.h"
#include "agent/vault/case_exchange.h"
#include "agent/vault/cases.h"
#include "agent/vault/projections.h"
#include "agent/vault/records.h"
#include "agent/vault/retention.h"
#include "agent/vault/retention_rules.h"
#include "agent/vault/search.h"
#include "agent/vault/tables.h"
#include "tests/agent/people.h"
#include "tests/agent/raw_pages.h"
#include "tests/agent/raw_vault.h"
#include "tests/fakes/pictures.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

constexpr std::string_view kSecret = "Zerzuratul-Mahfuza";

void check_whole(Vault& vault) {
    const LogReport report = vault.verify_log().value();
    CHECK_MESSAGE(report.intact, report.finding << " at " << report.first_bad_seq);
}

/// An office whose work headquarters answers when a test lets days pass.
struct Life {
    explicit Life(std::uint64_t seed = 1) : office(seed), vault(office.create()) {}

    [[nodiscard]] Session& session() { return session_of(*vault); }
    void deliver() {
        REQUIRE(vault->seal_pending().ok());
        office.answer(*vault, true, true);
        REQUIRE(vault->reconcile().ok());
    }
    /// Days go by, as a receipt of their last one shows.
    void pass(std::int64_t days) {
        office.clock.advance(days * kDayMs);
        make_record(*vault, "later");
        deliver();
    }
    [[nodiscard]] std::uint64_t run() { return run_retention(session()).value(); }
    [[nodiscard]] RetentionView look() { return look_at_retention(session()).value(); }
    [[nodiscard]] RecordState state(const InstanceId& record) {
        return record_row(session().db, record).value().state;
    }

    Office office;
    std::unique_ptr<Vault> vault;
};

void close_case(Session& session, const InstanceId& record) {
    must(move_case(session, sync::case_of_record(record), sync::CaseMove::kClose, {}, "done"));
}

}  // namespace

TEST_CASE(
    "a record stays until headquarters has had it for its period, and then its content goes") {
    Life life;
    const InstanceId record = make_record(*life.vault, kSecret);
    life.deliver();
    life.pass(399);
    CHECK(life.look().due_all() == 0);
    CHECK(life.run() == 0);
    CHECK(life.vault->show(record).ok());
    life.pass(1);
    const RetentionView view = life.look();
    CHECK(view.due[0] == 1);
    CHECK(life.run() == 1);
    CHECK(code(life.vault->show(record)) == Errc::kErased);
    CHECK(code(life.vault->amend(record, "too late")) == Errc::kErased);
    const RecordRow row = record_row(life.session().db, record).value();
    CHECK(row.state == RecordState::kErased);
    CHECK(row.title.empty());
    CHECK(row.form_id == test_form().id);
    CHECK(life.look().erased[0] == 1);
    CHECK(life.run() == 0);
    CHECK(life.vault->status()->erased_records == 1);
    check_whole(*life.vault);
    CHECK(life.vault->verify_log()->pruned == 1);
}

TEST_CASE("what was erased is on no page of the database and in no write-ahead log") {
    Life life;
    make_record(*life.vault, kSecret);
    life.deliver();
    must(life.vault->lock());
    CHECK(raw_pages(life.office.vault_folder()).find(kSecret) != std::string::npos);
    life.vault = life.office.unlock();
    life.pass(400);
    REQUIRE(life.run() == 1);
    const Path wal = life.office.vault_folder() / "vault.db-wal";
    CHECK((!file_exists(wal) || awda::file_size(wal).value() == 0));
    must(life.vault->lock());
    CHECK(raw_pages(life.office.vault_folder()).find(kSecret) == std::string::npos);
}

TEST_CASE("this computer's clock erases nothing, however far ahead it goes") {
    Life life;
    const InstanceId record = make_record(*life.vault, kSecret);
    life.deliver();
    life.office.clock.advance(4000 * kDayMs);
    CHECK(life.look().due_all() == 0);
    CHECK(run_daily_retention(life.session()).value() == 0);
    CHECK(life.state(record) == RecordState::kDelivered);
    Life other(2);
    make_record(*other.vault, kSecret);
    CHECK(other.look().proven_ms == 0);
    CHECK(other.run() == 0);
}

TEST_CASE("only an opened receipt counts: what is merely stored there stays here") {
    Life life;
    const InstanceId record = make_record(*life.vault, kSecret);
    REQUIRE(life.vault->seal_pending().ok());
    life.office.answer(*life.vault, true, false);
    REQUIRE(life.vault->reconcile().ok());
    life.office.clock.advance(1000 * kDayMs);
    make_record(*life.vault, "later");
    REQUIRE(life.vault->seal_pending().ok());
    life.office.answer(*life.vault, true, false);
    REQUIRE(life.vault->reconcile().ok());
    CHECK(life.run() == 0);
    CHECK(life.state(record) == RecordState::kStored);
}

TEST_CASE("a closed case goes sooner, counted from when headquarters heard that it was closed") {
    Life life;
    const InstanceId record = make_record(*life.vault, kSecret);
    life.deliver();
    life.pass(100);
    close_case(life.session(), record);
    CHECK(life.run() == 0);  // headquarters does not know yet
    life.deliver();
    life.pass(29);
    CHECK(life.run() == 0);
    life.pass(1);
    CHECK(life.look().due[1] == 1);
    CHECK(life.run() == 1);
    CHECK(life.state(record) == RecordState::kErased);
    const ShownCase shown = show_case(life.session(), sync::case_of_record(record)).value();
    CHECK(shown.row.status == sync::CaseStatus::kClosed);
    REQUIRE(shown.documents.size() == 1);
    CHECK(shown.documents[0].erased);
    CHECK(shown.documents[0].merged.fields.empty());
    check_whole(*life.vault);
}

TEST_CASE("a record and its corrections go together, or stay together") {
    Life life;
    const InstanceId first = make_record(*life.vault, kSecret);
    life.deliver();
    life.pass(390);
    const InstanceId second = life.vault->amend(first, "the name").value();
    must(life.vault->finalise(second, answers("نور")));
    life.pass(20);
    CHECK(life.run() == 0);  // the correction is young
    const InstanceId third = life.vault->amend(second, "again").value();
    life.pass(400);
    CHECK(life.look().held.drafts == 1);
    CHECK(life.state(first) == RecordState::kDelivered);
    must(life.vault->discard_draft(third));
    CHECK(life.run() > 2);
    CHECK(life.state(first) == RecordState::kErased);
    CHECK(life.state(second) == RecordState::kErased);
    check_whole(*life.vault);
}

TEST_CASE("what a second officer has still to decide on, or gave back, is held back") {
    Life life;
    const InstanceId draft = life.vault->start_draft(test_form(), "ar").value();
    must(life.vault->finalise(draft, answers(kSecret), true));
    life.deliver();
    life.pass(401);
    CHECK(life.look().held.approval == 1);
    CHECK(life.run() == 0);
    CHECK(life.state(draft) == RecordState::kDelivered);
}

TEST_CASE("a record that another office corrected too is held back: merging needs it") {
    Life life;
    Office other(9);
    auto theirs = other.create();
    const InstanceId record = make_record(*life.vault, kSecret);
    life.deliver();
    const auto id = sync::case_of_record(record);
    const auto events = case_events_of(life.session(), id).value();
    REQUIRE(import_case_events(session_of(*theirs), events).ok());
    const InstanceId draft = theirs->amend(record, "heard otherwise").value();
    must(theirs->finalise(draft, answers("نور")));
    const auto back = case_events_of(session_of(*theirs), id).value();
    REQUIRE(import_case_events(life.session(), back).value().entered > 0);
    life.pass(401);
    CHECK(life.look().held.shared == 1);
    CHECK(life.run() == 0);
}

TEST_CASE("a record stays as long as headquarters has not all of its attachments") {
    Life life;
    const InstanceId draft = life.vault->start_draft(test_form(), "ar").value();
    const Bytes picture = fakes::jpeg(300, 200);
    const auto prepared = prepare_attachment(picture, ImageUse::kPhoto).value();
    const AttachmentInfo info = attach(life.session(), draft, prepared).value();
    must(life.vault->finalise(draft, answers(kSecret)));
    life.deliver();
    life.pass(401);
    CHECK(life.look().held.attachments == 1);
    CHECK(life.run() == 0);
    CHECK(open_attachment(life.session(), draft, info.content).ok());
    must(life.session().db.exec("UPDATE blobs SET delivered = x'01'"));
    CHECK(life.run() == 1);
    CHECK(life.session().db.query_integer("SELECT count(*) FROM blobs").value() == 0);
    CHECK(code(open_attachment(life.session(), draft, info.content)) == Errc::kNotFound);
    CHECK(list_attachments(life.session(), draft).value().empty());
    check_whole(*life.vault);
}

TEST_CASE("an administrator sets the periods, within bounds, and only an administrator erases") {
    People people;
    {
        auto vault = people.as(kSara);
        CHECK(code(set_retention_periods(session_of(*vault), {})) == Errc::kNotAllowed);
        CHECK(code(run_retention(session_of(*vault))) == Errc::kNotAllowed);
        CHECK(look_at_retention(session_of(*vault)).ok());
    }
    auto vault = people.as(kOfficer);
    Session& session = session_of(*vault);
    CHECK(retention_periods(session.db).value() == RetentionPeriods{});
    CHECK(code(set_retention_periods(session, {400, 6, 30})) == Errc::kUsage);
    CHECK(code(set_retention_periods(session, {3651, 7, 30})) == Errc::kUsage);
    REQUIRE(set_retention_periods(session, {100, 7, 8}).ok());
    CHECK(retention_periods(session.db).value() == RetentionPeriods{100, 7, 8});
    CHECK(vault->verify_log()->intact);
}

TEST_CASE("the tables follow from the log after an erasure as before it") {
    Life life;
    const InstanceId first = make_record(*life.vault, kSecret);
    const InstanceId visit = make_record(*life.vault, "visit");
    must(join_record(life.session(), visit, sync::case_of_record(first), "the same family"));
    const InstanceId draft = life.vault->start_draft(test_form(), "ar").value();
    must(life.vault->finalise(draft, answers("second"), false));
    must(move_case(life.session(), sync::case_of_record(draft), sync::CaseMove::kSubmit));
    const InstanceId again = life.vault->amend(draft, "name").value();
    must(life.vault->finalise(again, answers("corrected")));
    must(set_retention_periods(life.session(), {50, 7, 8}));
    life.deliver();
    life.pass(51);
    CHECK(life.run() == 4);
    make_record(*life.vault, "after");
    life.pass(1);
    must(life.vault->lock());
    RawVault raw = open_raw(life.office.vault_folder());
    const TablesReport report = compare_tables(raw.db, raw.origin, Mend::kNo).value();
    CHECK(report.log.intact);
    CHECK(report.differed == 0);
    const ProjectionDigest before = digest_projections(raw.db).value();
    must(
        raw.db.exec("DELETE FROM records; DELETE FROM cases; DELETE FROM erased_records;"
                    "DELETE FROM retention; DELETE FROM case_records"));
    CHECK(compare_tables(raw.db, raw.origin, Mend::kYes)->mended);
    CHECK(digest_projections(raw.db).value().rows == before.rows);
}

TEST_CASE("the desk's own run is made once for each day of headquarters' clock") {
    Life life;
    make_record(*life.vault, kSecret);
    CHECK(run_daily_retention(life.session()).value() == 0);
    life.deliver();
    life.pass(400);
    CHECK(run_daily_retention(life.session()).value() == 1);
    must(set_retention_periods(life.session(), {7, 7, 7}));
    make_record(*life.vault, "more");
    life.deliver();
    CHECK(run_daily_retention(life.session()).value() == 0);
    life.pass(8);
    CHECK(run_daily_retention(life.session()).value() > 0);
    check_whole(*life.vault);
}

TEST_CASE("many records are erased in transactions of bounded size") {
    Life life;
    constexpr int kMany = 1203;
    for (int i = 0; i < kMany; ++i) make_record(*life.vault, "n");
    life.deliver();
    life.pass(400);
    int steps = 0;
    life.office.on_step = [&](Step step) { steps += step == Step::kPruned ? 1 : 0; };
    must(life.vault->lock());
    life.vault = life.office.unlock();
    CHECK(life.run() == kMany);
    CHECK(steps == 3);
    check_whole(*life.vault);
}

namespace {

/// A vault with one erased record, and what an attacker with its key does to it.
struct Erased {
    Erased() {
        record = make_record(*life.vault, kSecret);
        other = make_record(*life.vault, "another");
        life.deliver();
        close_case(life.session(), record);
        life.deliver();
        life.pass(31);
        AWDA_ASSERT(life.run() == 1);
        must(life.vault->lock());
        raw.emplace(open_raw(life.office.vault_folder()));
        drop_log_triggers(raw->db);
    }
    [[nodiscard]] std::string finding() { return check_log(raw->db, raw->origin)->finding; }

    Life life;
    InstanceId record;
    InstanceId other;
    std::optional<RawVault> raw;
};

/// The rules alone, on events that a test makes up.
struct Rules {
    Rules() {
        OfficerId admin;
        admin.value[0] = 1;
        OfficerId clerk;
        clerk.value[0] = 2;
        officers[admin] = {{}, Role::kAdministrator, 1};
        officers[clerk] = {{}, Role::kOfficer, 2};
        batches.resize(2);
        batches[0].sealed.first_seq = 1;
        batches[0].sealed.last_seq = 10;
        batches[0].opened_ms = 1'000 * kDayMs;
        batches[1].sealed.first_seq = 11;
        batches[1].sealed.last_seq = 20;
        rules.proven(1'400 * kDayMs);
        pruned.proven_ms = 1'400 * kDayMs;
        RecordSkeleton skeleton;
        skeleton.seq = 5;
        skeleton.batch = 1;
        pruned.records.push_back(skeleton);
        event.seq = 30;
        event.type = sync::EventType::kPruned;
        event.officer = admin;
    }
    [[nodiscard]] std::string say() {
        event.payload = encode(pruned);
        const auto wrong = rules.pruned(event, officers, batches);
        return wrong ? std::string(wrong->view()) : std::string();
    }
    KnownOfficers officers;
    WalkedBatches batches;
    RetentionRules rules;
    RecordsPruned pruned;
    sync::Event event;
};

}  // namespace

TEST_CASE("an erasure that the rules allow passes; each rule that it breaks is named") {
    CHECK(Rules().say().empty());
    const auto broken = [](const std::function<void(Rules&)>& change) {
        Rules rules;
        change(rules);
        return rules.say();
    };
    CHECK(broken([](Rules& r) { r.event.officer.value[0] = 2; }) ==
          "records were erased by someone who may not");
    CHECK(broken([](Rules& r) { r.event.officer.value[0] = 3; }) ==
          "records were erased by someone who may not");
    CHECK(broken([](Rules& r) { r.event.officer = {}; }).empty());
    CHECK(broken([](Rules& r) { r.pruned.proven_ms += 1; }) ==
          "records were erased by a time that headquarters never gave");
    CHECK(broken([](Rules& r) { r.pruned.proven_ms -= 1; }) ==
          "a record was erased before its time");
    CHECK(broken([](Rules& r) { r.pruned.records[0].batch = 2; }) ==
          "a record was erased that no batch carried");
    CHECK(broken([](Rules& r) {
              r.pruned.records[0].batch = 2;
              r.pruned.records[0].seq = 12;
          }) == "a record was erased before headquarters had opened it");
    CHECK(broken([](Rules& r) { r.pruned.records[0].seq = 12; }) ==
          "a record was erased that no batch carried");
    CHECK(broken([](Rules& r) { r.pruned.records.push_back(r.pruned.records[0]); }) ==
          "a record was erased a second time");
    Rules sooner;
    sooner.pruned.proven_ms = 1'030 * kDayMs;
    CHECK(sooner.say() == "a record was erased before its time");
    sooner.pruned.records[0].what = RetentionClass::kSettled;
    CHECK(sooner.say().empty());
    Rules set;
    set.event.payload = encode(RetentionPeriods{500, 30, 30});
    CHECK_FALSE(set.rules.set(set.event, set.officers).has_value());
    CHECK(set.say() == "a record was erased before its time");
    set.event.officer = {};
    set.event.payload = encode(RetentionPeriods{});
    CHECK(set.rules.set(set.event, set.officers).has_value());
}

TEST_CASE(
    "a payload that is gone without a word, or there although it is said to be gone, is found") {
    CHECK(Erased().finding().empty());
    Erased silent;
    Statement take = silent.raw->db
                         .prepare(
                             "UPDATE events SET salt = NULL, payload = NULL WHERE seq ="
                             " (SELECT seq FROM records WHERE instance = ?)")
                         .value();
    take.bind(1, silent.other.value);
    must(take.run());
    CHECK(silent.finding() == "an event is gone and none says why");
    for (const LiteralText sql : {LiteralText("UPDATE erased_records SET class = 1"),
                                  LiteralText("DELETE FROM erased_records"),
                                  LiteralText("UPDATE records SET state = 3 WHERE state = 4"),
                                  LiteralText("UPDATE records SET title = 'x' WHERE state = 4")}) {
        Erased changed;
        must(changed.raw->db.exec(sql));
        CHECK_FALSE(changed.finding().empty());
    }
}

TEST_CASE("an erasure and its periods are read back as written, and nothing else is") {
    const RetentionPeriods periods{100, 7, 3650};
    const Bytes set = encode(periods);
    CHECK(decode_retention_periods(set).value() == periods);
    RecordsPruned pruned;
    pruned.proven_ms = 7;
    RecordSkeleton skeleton;
    skeleton.seq = 9;
    skeleton.form_id = "f";
    skeleton.what = RetentionClass::kProtected;
    pruned.records = {skeleton, skeleton};
    const Bytes gone = encode(pruned);
    CHECK(decode_records_pruned(gone)->records == pruned.records);
    CHECK(decode_record_skeleton(encode(skeleton)).value() == skeleton);
    for (std::size_t cut = 0; cut < gone.size(); ++cut) {
        CHECK_FALSE(decode_records_pruned(ByteView(gone).first(cut)).ok());
    }
    for (std::size_t cut = 0; cut < set.size(); ++cut) {
        CHECK_FALSE(decode_retention_periods(ByteView(set).first(cut)).ok());
    }
    Bytes longer = gone;
    longer.push_back(0);
    CHECK_FALSE(decode_records_pruned(longer).ok());
    Bytes flood = gone;
    flood[16] = 0xff;
    flood[18] = 0xff;
    CHECK(code(decode_records_pruned(flood)) == Errc::kTooLarge);
}
