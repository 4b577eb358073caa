// Goal: leases run out offline and by no trick of the clock run longer; an intake never stops.
#include <doctest/doctest.h>

#include "agent/vault/clock_confirm.h"
#include "tests/agent/people.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

constexpr std::int64_t kConfirm = -100'000;  ///< in a row's days: the supervisor confirms the clock

/// What happens to the clock of an office whose officers have leases of 60 days, and where that
/// leaves them.
struct Situation {
    const char* what;
    std::vector<std::int64_t> days;
    LeaseState lease;
    bool clock_unproven;
};

const std::vector<Situation>& situations() {
    static const std::vector<Situation> all = {
        {"the clock is right, ten days on", {10}, LeaseState::kValid, false},
        {"the clock is right, near the end", {45}, LeaseState::kExpiring, false},
        {"the clock is right, after the end", {30, 61}, LeaseState::kExpired, false},
        {"set back ten years after the end", {30, 61, -3650}, LeaseState::kExpired, false},
        {"set back ten years before the end", {10, -3650}, LeaseState::kValid, false},
        {"set back, and slowly on again", {30, 61, 20, 25}, LeaseState::kExpired, false},
        {"shut for a season", {85}, LeaseState::kExpired, false},
        {"jumped a year ahead", {10, 400}, LeaseState::kUnproven, true},
        {"jumped a year ahead, then set right", {10, 400, 11}, LeaseState::kUnproven, true},
        {"jumped ahead by less than the lease", {10, 40}, LeaseState::kExpiring, false},
        {"jumped a year ahead, and confirmed", {10, 400, kConfirm}, LeaseState::kExpired, false},
        {"jumped, set right, and confirmed", {10, 400, 11, kConfirm}, LeaseState::kValid, false},
    };
    return all;
}

struct Desk {
    explicit Desk(const Situation& situation) : people(1, 60) {
        {
            auto vault = people.as(kKarim);
            mine = make_record(*vault, "نور");
            my_draft = vault->start_draft(test_form(), "ar").value();
        }
        {
            auto vault = people.as(kRojin);
            others = make_record(*vault, "سلمى");
            others_draft = vault->start_draft(test_form(), "ar").value();
        }
        for (const std::int64_t day : situation.days) {
            if (day == kConfirm) {
                auto vault = people.as(kSara);
                REQUIRE(confirm_clock(*vault->session().value()).ok());
            } else {
                people.set_day(day);
                people.as(kRojin)->lock().ignore("only that the clock was seen matters");
            }
        }
    }

    People people;
    InstanceId mine;
    InstanceId my_draft;
    InstanceId others;
    InstanceId others_draft;
};

/// What is refused when something is, in this state.
std::optional<Errc> refusal(LeaseState state) {
    if (state == LeaseState::kExpired) return Errc::kLeaseExpired;
    if (state == LeaseState::kUnproven) return Errc::kClockUnconfirmed;
    return std::nullopt;
}

}  // namespace

TEST_CASE("an intake goes on in every state of lease and clock") {
    for (const Situation& situation : situations()) {
        CAPTURE(situation.what);
        Desk desk(situation);
        auto vault = desk.people.as(kKarim);
        const Standing stands = standing(*vault->session().value());
        CHECK(lease_state_name(stands.lease) == lease_state_name(situation.lease));
        CHECK(stands.clock_unproven == situation.clock_unproven);
        CHECK(vault->load_draft(desk.my_draft).ok());
        CHECK(vault->save_draft(desk.my_draft, {{"person/name", "نور"}}).ok());
        CHECK(vault->finalise(desk.my_draft, answers("نور")).ok());
        const auto fresh = vault->start_draft(test_form(), "ar");
        REQUIRE(fresh.ok());
        CHECK(vault->finalise(*fresh, answers("هدى")).ok());
        const auto sealed = vault->seal_pending();
        REQUIRE(sealed.ok());
        CHECK(sealed->records == 4);
        CHECK(vault->reconcile().ok());
        CHECK(vault->show(*fresh).ok());
        const LogReport report = vault->verify_log().value();
        CHECK_MESSAGE(report.intact, report.finding);
    }
}

TEST_CASE("what is another officer's is seen and changed only on a lease that runs for certain") {
    for (const Situation& situation : situations()) {
        CAPTURE(situation.what);
        Desk desk(situation);
        auto vault = desk.people.as(kKarim);
        const std::optional<Errc> refused = refusal(situation.lease);
        CHECK(code(vault->show(desk.others)) == refused);
        CHECK(code(vault->load_draft(desk.others_draft)) == refused);
        CHECK(code(vault->save_draft(desk.others_draft, {{"a", "1"}})) == refused);
        CHECK(code(vault->replace_draft(desk.others_draft, {{"a", "1"}})) == refused);
        CHECK(code(vault->set_draft_language(desk.others_draft, "en")) == refused);
        CHECK(code(vault->amend(desk.others, "a reason")) == refused);
        const std::size_t rows = refused ? 2 : 5;  // the amendment just begun is one
        CHECK(vault->list().value().size() == rows);
        CHECK(code(vault->finalise(desk.others_draft, answers("سلمى"))) == refused);
        CHECK(code(vault->discard_draft(desk.others_draft)) ==
              (refused ? refused : std::optional(Errc::kNotFound)));
    }
}

TEST_CASE("one's own records can be corrected until the lease is certainly over") {
    for (const Situation& situation : situations()) {
        CAPTURE(situation.what);
        Desk desk(situation);
        auto vault = desk.people.as(kKarim);
        CHECK(vault->show(desk.mine).ok());
        const bool over = situation.lease == LeaseState::kExpired;
        CHECK(code(vault->amend(desk.mine, "a reason")) ==
              (over ? std::optional(Errc::kLeaseExpired) : std::nullopt));
    }
}

TEST_CASE(
    "deciding and administering need a lease that runs for certain, confirming the clock less") {
    for (const Situation& situation : situations()) {
        CAPTURE(situation.what);
        Desk desk(situation);
        auto vault = desk.people.as(kSara);
        Session& session = *vault->session().value();
        const std::optional<Errc> refused = refusal(situation.lease);
        for (const Permission permission :
             {Permission::kApprove, Permission::kSearch, Permission::kExport, Permission::kDecide,
              Permission::kTransfer, Permission::kReadAudit}) {
            CAPTURE(grant_of(permission).name.view());
            CHECK(code(permit(session, permission)) == refused);
        }
        const bool over = situation.lease == LeaseState::kExpired;
        CHECK(code(permit(session, Permission::kConfirmClock)) ==
              (over ? std::optional(Errc::kLeaseExpired) : std::nullopt));
    }
}

TEST_CASE("every permission is named at most once among those a lease leaves") {
    for (const Remainder& one : kRemainders) {
        CHECK(std::ranges::count(kRemainders, one.permission, &Remainder::permission) == 1);
        CHECK(one.expired <= one.unproven);
    }
    CHECK(reach_of(LeaseState::kExpired, Permission::kRecord) == Reach::kOwn);
    CHECK(reach_of(LeaseState::kExpired, Permission::kExport) == Reach::kNone);
}

TEST_CASE("a supervisor cannot confirm a clock that is behind, nor lengthen a lease by it") {
    People people(1, 60);
    people.set_day(30);
    people.as(kKarim)->lock().ignore("seen");
    people.set_day(50);
    people.as(kKarim)->lock().ignore("seen");
    people.set_day(5);
    {
        auto vault = people.as(kSara);
        CHECK(code(confirm_clock(*vault->session().value())) == Errc::kClockWrong);
        CHECK(vault->unlock_report().clock_jumped);
    }
    {
        auto vault = people.as(kKarim);
        CHECK(code(confirm_clock(*vault->session().value())) == Errc::kNotAllowed);
    }
    people.set_day(61);
    auto vault = people.as(kKarim);
    CHECK(standing(*vault->session().value()).lease == LeaseState::kExpired);
}

TEST_CASE("an administrator renews another's lease, never his own, and never by the clock's word") {
    People people(1, 60);
    people.set_day(50);
    {
        auto vault = people.office.unlock();
        Session& session = *vault->session().value();
        CHECK(renew_lease(session, "karim", 100).ok());
        CHECK(code(renew_lease(session, kOfficer, 100)) == Errc::kSecondPerson);
        CHECK(code(renew_lease(session, kKarim, 0)) == Errc::kUsage);
        CHECK(code(renew_lease(session, kKarim, 401)) == Errc::kUsage);
        CHECK(code(renew_lease(session, "nobody", 10)) == Errc::kNotFound);
        CHECK(vault->verify_log().value().intact);
    }
    {
        auto vault = people.as(kSara);
        CHECK(code(renew_lease(*vault->session().value(), kKarim, 10)) == Errc::kNotAllowed);
    }
    people.set_day(110);
    {
        auto vault = people.as(kKarim);
        const Standing stands = standing(*vault->session().value());
        CHECK(stands.lease == LeaseState::kValid);
        CHECK(stands.until_ms == people.began + 150 * kDayMs);
        vault->lock().ignore("seen");
    }
    // The clock says two hundred and fifty days, nobody believes it, and so the lease is counted
    // from day 110 all the same. The administrator's own lease is over by that clock.
    people.set_day(250);
    {
        auto vault = people.office.unlock();
        CHECK(code(renew_lease(*vault->session().value(), kKarim, 100)) == Errc::kClockUnconfirmed);
    }
}

TEST_CASE("headquarters' receipts carry an administrator's lease, and nobody else's") {
    People people(1, 60);
    people.set_day(80);
    {
        auto vault = people.office.unlock();
        make_record(*vault, "نور");
        REQUIRE(vault->seal_pending().ok());
        people.office.answer(*vault, true, false);
        REQUIRE(vault->reconcile().ok());
    }
    for (const std::int64_t day : {160, 240}) {
        people.set_day(day);
        auto vault = people.office.unlock();
        CHECK(standing(*vault->session().value()).until_ms == people.began + 260 * kDayMs);
        CHECK(standing(*vault->session().value()).lease ==
              (day == 160 ? LeaseState::kValid : LeaseState::kExpiring));
    }
    {
        auto vault = people.as(kSara);
        CHECK(standing(*vault->session().value()).lease == LeaseState::kExpired);
    }
    people.set_day(261);
    auto vault = people.office.unlock();
    CHECK(standing(*vault->session().value()).lease == LeaseState::kExpired);
    CHECK(code(renew_lease(*vault->session().value(), kKarim, 100)) == Errc::kLeaseExpired);
    CHECK(vault->start_draft(test_form(), "ar").ok());
    // Two hundred days late, but headquarters answers: the office is whole again.
    make_record(*vault, "سلمى");
    REQUIRE(vault->seal_pending().ok());
    people.office.answer(*vault, true, false);
    REQUIRE(vault->reconcile().ok());
    CHECK(renew_lease(*vault->session().value(), kKarim, 100).ok());
}

TEST_CASE("a receipt that agrees with the clock settles a jump without a supervisor") {
    People people(1, 60);
    people.set_day(10);
    people.as(kKarim)->lock().ignore("seen");
    people.set_day(4000);
    people.as(kKarim)->lock().ignore("seen");
    people.set_day(11);
    auto vault = people.as(kKarim);
    Session& session = *vault->session().value();
    CHECK(standing(session).lease == LeaseState::kUnproven);
    make_record(*vault, "نور");
    REQUIRE(vault->seal_pending().ok());
    people.office.answer(*vault, true, false);
    REQUIRE(vault->reconcile().ok());
    CHECK(standing(session).lease == LeaseState::kValid);
    CHECK_FALSE(standing(session).clock_unproven);
}

TEST_CASE("a date confirmed by mistake is undone by a receipt for what was sealed after it") {
    People people(1, 60);
    people.set_day(10);
    people.as(kKarim)->lock().ignore("seen");
    people.set_day(3650);
    {
        auto vault = people.as(kSara);
        REQUIRE(confirm_clock(*vault->session().value()).ok());
    }
    people.set_day(11);
    auto vault = people.office.unlock();
    Session& session = *vault->session().value();
    CHECK(standing(session).lease == LeaseState::kExpired);
    make_record(*vault, "نور");
    REQUIRE(vault->seal_pending().ok());
    people.office.answer(*vault, true, false);
    REQUIRE(vault->reconcile().ok());
    CHECK(standing(session).lease == LeaseState::kValid);
    CHECK(session.seen.believed_ms == people.began + 11 * kDayMs);
    // And it is so after the next unlock.
    REQUIRE(vault->lock().ok());
    auto again = people.as(kKarim);
    CHECK(standing(*again->session().value()).lease == LeaseState::kValid);
}

TEST_CASE("a receipt for what was sealed before a confirmation says nothing about it") {
    TimeSeen seen;
    seen.see(10 * kDayMs);
    seen.see(1000 * kDayMs);
    CHECK(seen.unproven());
    seen.confirm(1000 * kDayMs, 50);
    CHECK_FALSE(seen.unproven());
    TimeSeen before = seen;
    before.prove(20 * kDayMs, 1000 * kDayMs, 49);
    CHECK(before.believed_ms == 1000 * kDayMs);
    TimeSeen after = seen;
    after.prove(20 * kDayMs, 1000 * kDayMs, 50);
    CHECK(after.believed_ms == 20 * kDayMs);
    CHECK(after.unproven());
}

TEST_CASE("no order of clocks and old receipts makes the time that is believed go back") {
    Office office(7);  // for its random numbers, whose seed is 7
    for (int round = 0; round < 2000; ++round) {
        TimeSeen seen;
        UnixMs highest = 0;
        for (int step = 0; step < 20; ++step) {
            const auto time =
                static_cast<UnixMs>(office.random.next_u64() % (400 * std::uint64_t{kDayMs}));
            if (office.random.next_u64() % 3 == 0) {
                seen.prove(time, time / 2, office.random.next_u64() % 100);
            } else {
                seen.see(time);
            }
            REQUIRE(seen.believed_ms >= highest);
            REQUIRE(seen.claimed_ms >= seen.believed_ms);
            highest = seen.believed_ms;
        }
    }
}

TEST_CASE("an officer whose right was taken away has what an expired lease leaves") {
    People people;
    {
        auto vault = people.office.unlock();
        Session& session = *vault->session().value();
        const OfficerInfo karim = find_officer(session, kKarim).value();
        REQUIRE(change_officer(session, karim.id, {karim.role, karim.until_ms, false}).ok());
        CHECK_FALSE(find_officer(session, kKarim).value().active);
    }
    {
        auto vault = people.as(kKarim);
        CHECK(standing(*vault->session().value()).lease == LeaseState::kExpired);
    }
    {
        auto vault = people.office.unlock();
        REQUIRE(renew_lease(*vault->session().value(), kKarim, 30).ok());
    }
    auto vault = people.as(kKarim);
    CHECK(standing(*vault->session().value()).lease == LeaseState::kValid);
}
