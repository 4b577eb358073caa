// The desk of several officers: what each may do there, and a second one's approval.
#include <doctest/doctest.h>

#include "agent/vault/lease.h"
#include "tests/agent/approval_form.h"
#include "tests/agent/test_desk.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

constexpr std::string_view kSara = "Sara";

void add_people(DeskWorld& world) {
    write_approval_form(world.forms());
    auto vault = world.office.create();
    REQUIRE(vault->add_officer(kSara, Role::kSupervisor, secret(kPassphrase)).ok());
    REQUIRE(vault->add_officer("Karim", Role::kOfficer, secret(kPassphrase)).ok());
    REQUIRE(vault->add_officer("Amin", Role::kAuditor, secret(kPassphrase)).ok());
}

TestDesk::Seen switch_to(TestDesk& desk, std::string_view name) {
    desk.act(Lock{});
    return desk.log_in(kPassphrase, name);
}

InstanceId record_marked(TestDesk& desk) {
    desk.act(NewIntake{"marked"});
    desk.act(Answer{"given_name", "Nur"});
    desk.act(Answer{"verdict", "accepted"});
    return desk.act(Finalise{})->notice.instance;
}

}  // namespace

TEST_CASE("the desk shows a record that waits, and only another who may can decide about it") {
    DeskWorld world;
    add_people(world);
    TestDesk desk(world);
    auto seen = desk.log_in(kPassphrase, "Karim");
    CHECK(seen->role == "officer");
    CHECK_FALSE(seen->administrator);
    const InstanceId record = record_marked(desk);
    seen = desk.act(OpenIntake{record});
    REQUIRE(seen->open != nullptr);
    CHECK(seen->intakes->at(0).approval == ApprovalMark::kAwaiting);
    CHECK(seen->open->approval == ApprovalMark::kAwaiting);
    CHECK_FALSE(seen->open->may_decide);
    CHECK(seen->open->may_amend);
    CHECK(desk.act(Approve{record})->notice.code == Errc::kNotAllowed);

    seen = switch_to(desk, kSara);
    CHECK(seen->role == "supervisor");
    seen = desk.act(OpenIntake{record});
    REQUIRE(seen->open != nullptr);
    CHECK(seen->open->may_decide);
    SUBCASE("she agrees") {
        seen = desk.act(Approve{record});
        CHECK(seen->notice.kind == NoticeKind::kApproved);
        CHECK(seen->notice.instance == record);
        CHECK(seen->open == nullptr);
        CHECK(seen->intakes->at(0).approval == ApprovalMark::kApproved);
        CHECK(desk.act(Approve{record})->notice.code == Errc::kNotAwaiting);
    }
    SUBCASE("she gives it back, and its officer sees why") {
        CHECK(desk.act(GiveBack{record, " "})->notice.code == Errc::kUsage);
        seen = desk.act(GiveBack{record, "no witness"});
        CHECK(seen->notice.kind == NoticeKind::kGivenBack);
        switch_to(desk, "Karim");
        seen = desk.act(OpenIntake{record});
        REQUIRE(seen->open != nullptr);
        CHECK(seen->open->approval == ApprovalMark::kReturned);
        CHECK(seen->open->return_reason == "no witness");
        seen = desk.act(Amend{record, "witness added"});
        REQUIRE(seen->open != nullptr);
        CHECK(seen->open->approval == ApprovalMark::kNone);
        CHECK_FALSE(seen->open->may_amend);
        CHECK(desk.act(Finalise{})->intakes->at(0).approval == ApprovalMark::kAwaiting);
    }
}

TEST_CASE("an auditor's desk opens drafts and records for reading only") {
    DeskWorld world;
    add_people(world);
    TestDesk desk(world);
    desk.log_in(kPassphrase, "Karim");
    const InstanceId record = record_marked(desk);
    const InstanceId draft = desk.fill_in()->open->instance;
    desk.saved();
    auto seen = switch_to(desk, "Amin");
    CHECK_FALSE(seen->may_record);
    seen = desk.act(OpenIntake{draft});
    REQUIRE(seen->open != nullptr);
    CHECK(seen->open->read_only);
    CHECK_FALSE(seen->open->may_amend);
    CHECK(desk.act(Answer{"age", "9"})->notice.kind == NoticeKind::kError);
    seen = desk.act(OpenIntake{record});
    REQUIRE(seen->open != nullptr);
    CHECK_FALSE(seen->open->may_amend);
    CHECK_FALSE(seen->open->may_decide);
    CHECK(desk.act(NewIntake{"mini"})->notice.code == Errc::kNotAllowed);
}

TEST_CASE("the desk says that a lease ends, that it has ended, and that the clock jumped") {
    DeskWorld world;
    add_people(world);
    TestDesk desk(world);
    const UnixMs began = world.office.clock.now();
    CHECK(desk.log_in(kPassphrase, "Karim")->lease == LeaseWarning::kNone);
    world.office.clock.set_wall(began + 80 * kDayMs);
    CHECK(switch_to(desk, "Karim")->lease == LeaseWarning::kNone);
    world.office.clock.set_wall(began + 165 * kDayMs);
    auto seen = switch_to(desk, "Karim");
    CHECK(seen->lease == LeaseWarning::kEnding);
    CHECK(seen->lease_until_ms == began + 180 * kDayMs);
    world.office.clock.set_wall(began + 300 * kDayMs);
    CHECK(switch_to(desk, "Karim")->lease == LeaseWarning::kClock);
    world.office.clock.set_wall(began + 200 * kDayMs);
    CHECK(switch_to(desk, "Karim")->lease == LeaseWarning::kEnded);
    seen = desk.fill_in();
    REQUIRE(seen->open != nullptr);
    CHECK(desk.act(Finalise{})->notice.kind == NoticeKind::kFinalised);
    desk.act(Lock{});
    CHECK(desk->snapshot()->lease == LeaseWarning::kNone);
}
