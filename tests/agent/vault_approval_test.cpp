// Goal: a record whose form asks for it counts only once a second officer has signed for its very
// bytes.
#include <doctest/doctest.h>

#include "agent/vault/approvals.h"
#include "sync/log/approval.h"
#include "tests/agent/people.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

InstanceId waiting_record(Vault& vault, std::string_view name) {
    const InstanceId draft = vault.start_draft(test_form(), "ar").value();
    must(vault.finalise(draft, answers(name), true));
    return draft;
}

ApprovalState state_of(Vault& vault, const InstanceId& record) {
    return approval_of(*vault.session().value(), record).value().state;
}

std::vector<InstanceId> awaiting(Vault& vault) {
    ListQuery query;
    query.awaiting = true;
    std::vector<InstanceId> found;
    const auto rows = vault.list(query).value();
    for (const RecordRow& row : rows) found.push_back(row.instance);
    return found;
}

void write_event(Session& session, sync::EventType type, ByteView payload) {
    Write write = Write::begin(session).value();
    must(write.append(type, payload));
    must(write.commit());
}

}  // namespace

TEST_CASE(
    "a record that needs it waits until a second officer agrees, and is delivered meanwhile") {
    People people;
    InstanceId plain;
    InstanceId record;
    {
        auto vault = people.as(kKarim);
        plain = make_record(*vault, "نور");
        record = waiting_record(*vault, "سلمى");
        CHECK(state_of(*vault, plain) == ApprovalState::kNone);
        CHECK(state_of(*vault, record) == ApprovalState::kAwaiting);
        CHECK(vault->seal_pending().value().records == 2);
        people.office.answer(*vault, true, true);
        CHECK(vault->reconcile().value().delivered_records == 2);
        CHECK(state_of(*vault, record) == ApprovalState::kAwaiting);
        CHECK(code(approve(*vault->session().value(), record)) == Errc::kNotAllowed);
    }
    auto vault = people.as(kSara);
    Session& session = *vault->session().value();
    CHECK(awaiting(*vault) == std::vector{record});
    CHECK(code(approve(session, plain)) == Errc::kNotAwaiting);
    CHECK(code(approve(session, InstanceId{})) == Errc::kNotFound);
    REQUIRE(approve(session, record).ok());
    CHECK(awaiting(*vault).empty());
    CHECK(vault->seal_pending().value().batches == 1);  // headquarters hears of it by itself
    const ShownRecord shown = vault->show(record).value();
    CHECK(shown.approval.state == ApprovalState::kApproved);
    CHECK(shown.approval.officer_name == kSara);
    CHECK(shown.approval.reason.empty());
    CHECK(shown.state == RecordState::kDelivered);
    CHECK(code(approve(session, record)) == Errc::kNotAwaiting);
    CHECK(code(give_back(session, record, "late")) == Errc::kNotAwaiting);
    const LogReport report = vault->verify_log().value();
    CHECK_MESSAGE(report.intact, report.finding);
}

TEST_CASE("nobody approves what he recorded himself, whatever his role") {
    People people;
    InstanceId record;
    {
        auto vault = people.as(kSara);
        record = waiting_record(*vault, "نور");
        CHECK(code(approve(*vault->session().value(), record)) == Errc::kSecondPerson);
        CHECK(code(give_back(*vault->session().value(), record, "a reason")) ==
              Errc::kSecondPerson);
    }
    auto vault = people.office.unlock();
    CHECK(approve(*vault->session().value(), record).ok());
}

TEST_CASE("a record given back is corrected by a revision, which waits in its turn") {
    People people;
    InstanceId record;
    {
        auto vault = people.as(kKarim);
        record = waiting_record(*vault, "نور");
    }
    {
        auto vault = people.as(kSara);
        Session& session = *vault->session().value();
        CHECK(code(give_back(session, record, " \t")) == Errc::kUsage);
        CHECK(code(give_back(session, record, std::string(sync::kReturnReasonMax + 1, 'x'))) ==
              Errc::kTooLarge);
        REQUIRE(give_back(session, record, "لا شاهد").ok());
    }
    InstanceId second;
    {
        auto vault = people.as(kKarim);
        const ShownRecord shown = vault->show(record).value();
        CHECK(shown.approval.state == ApprovalState::kReturned);
        CHECK(shown.approval.reason == "لا شاهد");
        second = vault->amend(record, shown.approval.reason).value();
        must(vault->finalise(second, answers("نور"), true));
    }
    auto vault = people.as(kSara);
    CHECK(awaiting(*vault) == std::vector{second});
    CHECK(approve(*vault->session().value(), second).ok());
    CHECK(state_of(*vault, record) == ApprovalState::kReturned);
    CHECK(state_of(*vault, second) == ApprovalState::kApproved);
    CHECK(vault->verify_log().value().intact);
}

TEST_CASE("a revision that was replaced cannot be approved any more") {
    People people;
    InstanceId record;
    {
        auto vault = people.as(kKarim);
        record = waiting_record(*vault, "نور");
        const InstanceId second = vault->amend(record, "a reason").value();
        must(vault->finalise(second, answers("نور"), false));
    }
    auto vault = people.as(kSara);
    CHECK(awaiting(*vault).empty());
    CHECK(code(approve(*vault->session().value(), record)) == Errc::kNotAwaiting);
}

TEST_CASE("approvals are the same after a rebuild, and a changed row is found") {
    People people;
    {
        auto vault = people.as(kKarim);
        waiting_record(*vault, "نور");
        waiting_record(*vault, "سلمى");
    }
    auto vault = people.as(kSara);
    Session& session = *vault->session().value();
    REQUIRE(approve(session, awaiting(*vault).front()).ok());
    CHECK(vault->verify_log().value().intact);
    REQUIRE(session.db.exec("UPDATE approvals SET state = 2 WHERE state = 1").ok());
    const LogReport report = vault->verify_log().value();
    CHECK_FALSE(report.intact);
    CHECK(report.finding == "a table does not follow from the log");
}

TEST_CASE("log verify finds a decision that nobody may have taken") {
    const auto forge = [](std::string_view by, const auto& alter) {
        People people;
        InstanceId record;
        {
            auto vault = people.as(kKarim);
            record = waiting_record(*vault, "نور");
        }
        auto vault = people.office.try_unlock(by).value();
        Session& session = *vault->session().value();
        sync::Decision decision;
        decision.approved = true;
        decision.instance = record;
        decision.officer = session.identity.officer;
        {
            Statement query =
                session.db.prepare("SELECT record FROM approvals WHERE instance = ?").value();
            query.bind(1, record.value);
            REQUIRE(query.step().value());
            decision.record = query.fixed<32>(0).value();
        }
        write_event(session, sync::EventType::kRecordApproved, alter(session, decision));
        const LogReport report = vault->verify_log().value();
        return report.finding;
    };
    const auto as_it_is = [](Session& session, const sync::Decision& decision) {
        return sync::sign_decision(decision, session.keys.officer);
    };
    constexpr std::string_view kMayNot = "a decision about a record by someone who may not";
    CHECK(forge(kSara, as_it_is).empty());
    CHECK(forge(kKarim, as_it_is) == kMayNot);  // his own
    CHECK(forge(kRojin, as_it_is) == kMayNot);  // no supervisor
    CHECK(forge(kAmin, as_it_is) == kMayNot);
    CHECK(forge(kSara, [](Session& session, const sync::Decision& decision) {
              return sync::sign_decision(decision, session.keys.device.sign);
          }) == kMayNot);
    CHECK(forge(kSara, [](Session& session, sync::Decision decision) {
              decision.record[0] ^= 1U;
              return sync::sign_decision(decision, session.keys.officer);
          }) == "a decision about a record that does not wait for one");
}

TEST_CASE("a decision cut short, garbled or without its reason is never read") {
    fakes::SeededRandom random(5);
    const SignKey key = new_sign_key(random);
    sync::Decision decision;
    random.fill(decision.instance.value);
    random.fill(decision.officer.value);
    decision.reason = "لا شاهد";
    const Bytes good = sync::sign_decision(decision, key);
    const sync::Decision read = sync::open_decision(good).value();
    CHECK(read.reason == decision.reason);
    CHECK_FALSE(read.approved);
    for (std::size_t size = 0; size < good.size(); ++size) {
        CHECK_FALSE(sync::open_decision(ByteView(good).first(size)).ok());
    }
    for (std::size_t at = 0; at < good.size(); ++at) {
        Bytes bad = good;
        bad[at] ^= 0x20U;
        CHECK_FALSE(sync::open_decision(bad).ok());
    }
    decision.approved = true;
    CHECK_FALSE(sync::open_decision(sync::sign_decision(decision, key)).ok());
    decision.approved = false;
    decision.reason.clear();
    CHECK_FALSE(sync::open_decision(sync::sign_decision(decision, key)).ok());
}
