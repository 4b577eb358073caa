// Goal: roles change by an administrator's signature alone, and several officers share one
// computer, each with his own rights and his own name in the log.
#include <doctest/doctest.h>

#include <map>

#include "agent/vault/approvals.h"
#include "tests/agent/people.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

/// How often each officer stands in the log with each type of event, from `first` on.
std::map<std::pair<OfficerId, sync::EventType>, int> who_did_what(Session& session,
                                                                  std::uint64_t first) {
    std::map<std::pair<OfficerId, sync::EventType>, int> counts;
    must(for_events(session.db, first, session.log.head().seq,
                    [&counts](const sync::Event& event) -> Status {
                        ++counts[{event.officer, event.type}];
                        return {};
                    }));
    return counts;
}

/// Appends what a changed program of this officer's could write.
void write_event(Session& session, sync::EventType type, ByteView payload) {
    Write write = Write::begin(session).value();
    must(write.append(type, payload));
    must(write.commit());
}

std::string finding_of(Vault& vault) {
    const LogReport report = vault.verify_log().value();
    CHECK_FALSE(report.intact);
    return report.finding;
}

}  // namespace

TEST_CASE("a new role counts from the next log-in on, with the same passphrase") {
    People people;
    {
        auto vault = people.as(kKarim);
        CHECK(code(permit(*vault->session().value(), Permission::kApprove)) == Errc::kNotAllowed);
    }
    {
        auto vault = people.office.unlock();
        REQUIRE(set_role(*vault->session().value(), "KARIM", Role::kSupervisor).ok());
        CHECK(vault->officers().value()[1].role == Role::kSupervisor);
        CHECK(vault->verify_log().value().intact);
    }
    {
        auto vault = people.as(kKarim);
        CHECK(vault->identity().role == Role::kSupervisor);
        CHECK(permit(*vault->session().value(), Permission::kApprove).ok());
        // The slot stays as it was enrolled: a new passphrase does not need the old role back.
        REQUIRE(vault
                    ->change_passphrase(secret(kPassphrase),
                                        secret("copper bridge walnut evening cloud"))
                    .ok());
    }
    auto vault = people.office.try_unlock(kKarim, "copper bridge walnut evening cloud").value();
    CHECK(vault->identity().role == Role::kSupervisor);
}

TEST_CASE("the last administrator cannot be demoted, for nobody changes himself") {
    People people;
    auto vault = people.office.unlock();
    Session& session = *vault->session().value();
    CHECK(code(set_role(session, kOfficer, Role::kOfficer)) == Errc::kSecondPerson);
    // Two administrators can take turns, and one is always left.
    REQUIRE(set_role(session, kSara, Role::kAdministrator).ok());
    REQUIRE(vault->lock().ok());
    auto other = people.as(kSara);
    Session& hers = *other->session().value();
    REQUIRE(set_role(hers, kOfficer, Role::kOfficer).ok());
    CHECK(code(set_role(hers, kSara, Role::kOfficer)) == Errc::kSecondPerson);
    CHECK(add_officer(hers, "Dilan", Role::kOfficer, secret(kPassphrase)).ok());
    CHECK(other->verify_log().value().intact);
    REQUIRE(other->lock().ok());
    auto demoted = people.office.unlock();
    CHECK(demoted->identity().role == Role::kOfficer);
    CHECK(code(set_role(*demoted->session().value(), kSara, Role::kOfficer)) == Errc::kNotAllowed);
}

TEST_CASE("log verify finds a change of an officer that nobody may have made") {
    const auto forge = [](std::string_view by, const auto& alter) {
        People people;
        OfficerId karim;
        OfficerId target;
        {
            auto vault = people.office.unlock();
            Session& session = *vault->session().value();
            karim = find_officer(session, kKarim).value().id;
            target = find_officer(session, kAmin).value().id;
        }
        auto vault = people.office.try_unlock(by).value();
        Session& session = *vault->session().value();
        OfficerChanged event;
        event.officer = target;
        event.terms = {Role::kAdministrator, people.began + 400 * kDayMs, true};
        event.changed_by = session.identity.officer;
        Statement query =
            session.db.prepare("SELECT changed FROM officers WHERE officer = ?").value();
        query.bind(1, event.officer.value);
        REQUIRE(query.step().value());
        event.after_seq = query.u64(0);
        query = session.db.prepare("SELECT 1").value();
        write_event(session, sync::EventType::kOfficerChanged, alter(session, event));
        return finding_of(*vault);
    };
    const auto as_it_is = [](Session& session, const OfficerChanged& event) {
        return sign_officer_changed(event, session.keys.officer);
    };
    CHECK(forge(kKarim, as_it_is) == "an officer was changed by someone who may not");
    CHECK(forge(kSara, as_it_is) == "an officer was changed by someone who may not");
    CHECK(forge(kOfficer, [](Session& session, OfficerChanged event) {
              event.officer = session.identity.officer;
              return sign_officer_changed(event, session.keys.officer);
          }) == "an officer was changed by someone who may not");
    CHECK(forge(kOfficer, [](Session& session, OfficerChanged event) {
              ++event.after_seq;
              return sign_officer_changed(event, session.keys.officer);
          }) == "a change of an officer does not follow the one before it");
    CHECK(forge(kOfficer, [](Session& session, OfficerChanged event) {
              event.officer = OfficerId{};
              return sign_officer_changed(event, session.keys.officer);
          }) == "a change of an officer does not follow the one before it");
    CHECK(forge(kOfficer, [](Session& session, const OfficerChanged& event) {
              return sign_officer_changed(event, session.keys.device.sign);
          }) == "the signature of an officer's change does not hold");
}

TEST_CASE("a change of an officer that was entered once cannot be entered again") {
    People people;
    auto vault = people.office.unlock();
    Session& session = *vault->session().value();
    REQUIRE(set_role(session, kKarim, Role::kSupervisor).ok());
    std::uint64_t seq = session.log.head().seq;
    while (event_at(session.db, seq).value().type != sync::EventType::kOfficerChanged) --seq;
    const Bytes old = *event_at(session.db, seq).value().payload;
    REQUIRE(set_role(session, kKarim, Role::kOfficer).ok());
    CHECK(vault->verify_log().value().intact);
    write_event(session, sync::EventType::kOfficerChanged, old);
    CHECK(finding_of(*vault) == "a change of an officer does not follow the one before it");
}

TEST_CASE("a change of an officer cut short or garbled is never read") {
    fakes::SeededRandom random(3);
    const SignKey key = new_sign_key(random);
    OfficerChanged event;
    random.fill(event.officer.value);
    random.fill(event.changed_by.value);
    event.terms = {Role::kSupervisor, 123'456, true};
    event.after_seq = 9;
    const Bytes good = sign_officer_changed(event, key);
    REQUIRE(verify_officer_changed(good, key.pub).ok());
    const OfficerChanged read = decode_officer_changed(good).value();
    CHECK(read.officer == event.officer);
    CHECK(read.terms.role == Role::kSupervisor);
    CHECK(read.terms.lease_ms == 123'456);
    CHECK(read.after_seq == 9);
    for (std::size_t size = 0; size < good.size(); ++size) {
        CHECK_FALSE(decode_officer_changed(ByteView(good).first(size)).ok());
    }
    for (std::size_t at = 0; at < good.size(); ++at) {
        Bytes bad = good;
        bad[at] ^= 0x20U;
        CHECK_FALSE(verify_officer_changed(bad, key.pub).ok());
    }
}

TEST_CASE("four officers of four roles share a computer, each with his rights and his name") {
    People people;
    const std::map<std::string_view, Role> roles = {{kOfficer, Role::kAdministrator},
                                                    {kKarim, Role::kOfficer},
                                                    {kSara, Role::kSupervisor},
                                                    {kAmin, Role::kAuditor}};
    std::uint64_t first = 0;
    InstanceId record;
    {
        auto vault = people.as(kRojin);
        record = make_record(*vault, "نور");
        first = vault->session().value()->log.head().seq + 2;  // "locked" and its checkpoint
    }
    std::map<std::string_view, OfficerId> ids;
    for (int round = 0; round < 3; ++round) {
        for (const auto& [name, role] : roles) {
            CAPTURE(name);
            auto vault = people.as(name);
            Session& session = *vault->session().value();
            ids[name] = vault->identity().officer;
            CHECK(vault->identity().role == role);
            for (const Grant& grant : kGrants) {
                CAPTURE(grant.name.view());
                CHECK(code(permit(session, grant.permission)) ==
                      (may(role, grant.permission) ? std::nullopt
                                                   : std::optional(Errc::kNotAllowed)));
            }
            // And the things themselves, not only the question.
            const auto expected = [role](Permission permission) {
                return may(role, permission) ? std::nullopt : std::optional(Errc::kNotAllowed);
            };
            CHECK(code(vault->list()) == expected(Permission::kViewList));
            CHECK(code(vault->show(record)) == expected(Permission::kViewRecord));
            const auto draft = vault->start_draft(test_form(), "ar");
            CHECK(code(draft) == expected(Permission::kRecord));
            if (draft.ok()) {
                CHECK(vault->finalise(*draft, answers("هدى"), true).ok());
                CHECK(code(approve(session, *draft)) ==
                      (may(role, Permission::kApprove) ? Errc::kSecondPerson : Errc::kNotAllowed));
            }
            CHECK(code(set_role(session, kRojin, Role::kOfficer)) ==
                  expected(Permission::kAdminister));
        }
    }
    auto vault = people.as(kAmin);
    Session& session = *vault->session().value();
    const auto counts = who_did_what(session, first);
    const auto count = [&counts](const OfficerId& who, sync::EventType type) {
        const auto found = counts.find({who, type});
        return found == counts.end() ? 0 : found->second;
    };
    for (const auto& [name, role] : roles) {
        CAPTURE(name);
        const int writes = may(role, Permission::kRecord) ? 3 : 0;
        CHECK(count(ids[name], sync::EventType::kListViewed) == 3);
        CHECK(count(ids[name], sync::EventType::kRecordViewed) == 3);
        CHECK(count(ids[name], sync::EventType::kRecordStarted) == writes);
        CHECK(count(ids[name], sync::EventType::kRecordFinalised) == writes);
        CHECK(count(ids[name], sync::EventType::kApprovalRequested) == writes);
        CHECK(count(ids[name], sync::EventType::kOfficerChanged) ==
              (may(role, Permission::kAdminister) ? 3 : 0));
        CHECK(count(ids[name], sync::EventType::kRecordApproved) == 0);
        CHECK(count(ids[name], sync::EventType::kUnlocked) == (name == kAmin ? 4 : 3));
    }
    const LogReport report = vault->verify_log().value();
    CHECK_MESSAGE(report.intact, report.finding);
}

TEST_CASE("a slot put back under another role is not believed") {
    People people;
    auto vault = people.office.unlock();
    Session& session = *vault->session().value();
    REQUIRE(set_role(session, kKarim, Role::kSupervisor).ok());
    Statement query =
        session.db.prepare("SELECT enrolled, role FROM officers WHERE name = 'Karim'").value();
    REQUIRE(query.step().value());
    CHECK(query.integer(0) == static_cast<int>(Role::kOfficer));
    CHECK(query.integer(1) == static_cast<int>(Role::kSupervisor));
}
