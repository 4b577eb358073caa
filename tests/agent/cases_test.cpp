// Goal: files of persons and families follow from the log alone, whoever changed them; two offices
// that changed the same thing apart find both values and a decision to make.
#include <doctest/doctest.h>

#include <algorithm>

#include "agent/vault/case_changes.h"
#include "agent/vault/case_exchange.h"
#include "agent/vault/cases.h"
#include "agent/vault/records.h"
#include "agent/vault/tables.h"
#include "tests/agent/people.h"
#include "tests/agent/raw_vault.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;
using sync::CaseId;
using sync::CaseMove;
using sync::CaseStatus;

namespace {

std::vector<sync::Field> family(std::string_view name, std::string_view phone = "0770") {
    return {{"meta/instanceName", std::string(name)},
            {"person/given_name", std::string(name)},
            {"person/phone", std::string(phone)},
            {"family[1]", ""},
            {"family[1]/given_name", "علي"},
            {"family[1]/relation", "son"},
            {"family[2]", ""},
            {"family[2]/given_name", "زينب"},
            {"family[2]/relation", "daughter"}};
}

InstanceId record_of(Vault& vault, const std::vector<sync::Field>& fields) {
    Session& session = session_of(vault);
    must(mark_identity(session, "returnee-intake",
                       {"person/given_name", "family/given_name", "family/relation"}));
    const InstanceId draft = vault.start_draft(test_form(), "ar").value();
    must(vault.finalise(draft, fields));
    return draft;
}

InstanceId amend_with(Vault& vault, const InstanceId& record,
                      const std::vector<std::pair<std::string, std::string>>& changes) {
    const InstanceId draft = vault.amend(record, "corrected").value();
    std::vector<sync::Field> fields = vault.load_draft(draft).value().fields;
    for (const auto& [path, value] : changes) {
        for (sync::Field& field : fields) {
            if (field.path == path) field.value = value;
        }
    }
    must(vault.finalise(draft, fields));
    return draft;
}

CaseStatus status_of(Vault& vault, const CaseId& id) {
    return read_case(session_of(vault).db, id).value().status;
}

std::uint32_t listed_disputes(Vault& vault, const CaseId& id) {
    const auto rows = list_cases(session_of(vault)).value();
    for (const CaseRow& row : rows) {
        if (row.id == id) return row.disputes;
    }
    return 1'000;
}

const CaseMember& named(const std::vector<CaseMember>& members, std::string_view label) {
    const auto found = std::ranges::find(members, label, &CaseMember::label);
    REQUIRE(found != members.end());
    return *found;
}

std::string value_at(const sync::Document& document, std::string_view path) {
    for (const sync::Field& field : document.fields) {
        if (field.path == path) return field.value;
    }
    return "(nothing)";
}

void check_log(Vault& vault) {
    const LogReport report = vault.verify_log().value();
    CHECK_MESSAGE(report.intact, report.finding);
}

/// Everything that `from` knows of the case, as its parcel would carry it.
Imported carry(Vault& from, Vault& to, const CaseId& id) {
    const auto events = case_events_of(session_of(from), id).value();
    return import_case_events(session_of(to), events).value();
}

/// An embassy and a branch, each with a vault, and a family that the embassy recorded.
struct TwoOffices {
    TwoOffices() {
        root = record_of(*embassy, family("حسن"));
        id = sync::case_of_record(root);
        carry(*embassy, *branch, id);
    }
    void exchange() {
        carry(*embassy, *branch, id);
        carry(*branch, *embassy, id);
    }
    [[nodiscard]] sync::Document document(Vault& vault) const {
        return read_document(session_of(vault).db, root).value().merged;
    }

    Office embassy_office{1};
    Office branch_office{2};
    std::unique_ptr<Vault> embassy = embassy_office.create();
    std::unique_ptr<Vault> branch = branch_office.create();
    InstanceId root;
    CaseId id;
};

}  // namespace

TEST_CASE("a finished record is a case: listed by name, found by its number in any digits") {
    Office office;
    auto vault = office.create();
    Session& session = session_of(*vault);
    const InstanceId record = record_of(*vault, family("حسن"));
    const auto rows = list_cases(session).value();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].id == sync::case_of_record(record));
    CHECK(rows[0].title == "حسن");
    CHECK(rows[0].status == CaseStatus::kOpen);
    CHECK(rows[0].ours);
    CHECK(rows[0].disputes == 0);
    CHECK(find_cases(session, rows[0].reference).value() == std::vector{rows[0].id});
    CHECK(find_cases(session, sync::spaced_reference(rows[0].reference)).value() ==
          std::vector{rows[0].id});
    CHECK(find_cases(session, to_text(record)).value() == std::vector{rows[0].id});
    CHECK(find_cases(session, to_text(rows[0].id)).value() == std::vector{rows[0].id});
    CHECK(code(find_cases(session, "1234")) == Errc::kMalformed);
    CHECK(code(find_cases(session, to_uuid_text(Id16{1}))) == Errc::kNotFound);
    CHECK(code(show_case(session, CaseId{})) == Errc::kNotFound);
    check_log(*vault);
}

TEST_CASE("a case shows the family, whoever of it is at its head, and where each of them is") {
    Office office;
    auto vault = office.create();
    Session& session = session_of(*vault);
    const CaseId id = sync::case_of_record(record_of(*vault, family("حسن")));
    ShownCase shown = show_case(session, id).value();
    REQUIRE(shown.members.size() == 3);
    const CaseMember father = named(shown.members, "حسن");
    const CaseMember daughter = named(shown.members, "زينب");
    CHECK_FALSE(father.head);
    MemberEdit edit;
    edit.presence = sync::Presence::kDetained;
    edit.head = true;
    edit.reason = "held at the airport";
    REQUIRE(change_member(session, id, father.id, edit).ok());
    MemberEdit left;
    left.left = true;
    REQUIRE(change_member(session, id, daughter.id, left).ok());
    CHECK(code(change_member(session, id, father.id, {})) == Errc::kUsage);
    CHECK(code(change_member(session, id, sync::MemberId{}, edit)) == Errc::kNotFound);
    shown = show_case(session, id).value();
    CHECK(named(shown.members, "حسن").head);
    CHECK(named(shown.members, "حسن").state.presence == sync::Presence::kDetained);
    CHECK(named(shown.members, "زينب").state.left);
    CHECK(shown.history.size() == 3);
    CHECK(shown.history[1].reason == "held at the airport");
    CHECK(shown.history[1].officer_name == kOfficer);
    check_log(*vault);
}

TEST_CASE("a member stays the same person when the rows before him go") {
    Office office;
    auto vault = office.create();
    Session& session = session_of(*vault);
    const InstanceId root = record_of(*vault, family("حسن"));
    const CaseId id = sync::case_of_record(root);
    const CaseMember daughter = named(show_case(session, id).value().members, "زينب");
    MemberEdit edit;
    edit.presence = sync::Presence::kMissing;
    must(change_member(session, id, daughter.id, edit));
    const InstanceId draft = vault->amend(root, "the son is not his").value();
    must(vault->finalise(draft, {{"meta/instanceName", "حسن"},
                                 {"person/given_name", "حسن"},
                                 {"person/phone", "0770"},
                                 {"family[1]", ""},
                                 {"family[1]/given_name", "زينب"},
                                 {"family[1]/relation", "daughter"}}));
    const ShownCase shown = show_case(session, id).value();
    REQUIRE(shown.members.size() == 2);
    CHECK(named(shown.members, "زينب").id == daughter.id);
    CHECK(named(shown.members, "زينب").path == "family[1]");
    CHECK(named(shown.members, "زينب").state.presence == sync::Presence::kMissing);
    check_log(*vault);
}

TEST_CASE("who may move a case, and with what, is what the table says") {
    People people;
    CaseId id;
    {
        auto vault = people.as(kKarim);
        Session& session = session_of(*vault);
        id = sync::case_of_record(record_of(*vault, family("حسن")));
        CHECK(code(move_case(session, id, CaseMove::kClose, {}, "done")) == Errc::kNotAllowed);
        REQUIRE(move_case(session, id, CaseMove::kSubmit).ok());
        CHECK(status_of(*vault, id) == CaseStatus::kInReview);
        CHECK(code(move_case(session, id, CaseMove::kSubmit)) == Errc::kCaseState);
        CHECK(code(split_case(session, id, {}, {}, "x")) == Errc::kNotAllowed);
        CHECK(code(move_case(session, id, CaseMove::kOffer, people.office.hq.office())) ==
              Errc::kNotAllowed);
    }
    {
        auto vault = people.as(kAmin);
        Session& session = session_of(*vault);
        CHECK(show_case(session, id).ok());
        CHECK(code(move_case(session, id, CaseMove::kTakeBack)) == Errc::kNotAllowed);
        CHECK(code(case_events_of(session, id)) == Errc::kNotAllowed);
    }
    auto vault = people.as(kSara);
    Session& session = session_of(*vault);
    CHECK(code(move_case(session, id, CaseMove::kClose)) == Errc::kUsage);
    CHECK(code(move_case(session, id, CaseMove::kClose, {}, "  \t")) == Errc::kUsage);
    CHECK(code(move_case(session, id, CaseMove::kOffer)) == Errc::kUsage);
    CHECK(code(move_case(session, id, CaseMove::kMerge, {}, "x")) == Errc::kUsage);
    CHECK(code(move_case(session, id, CaseMove::kReopen, {}, "x")) == Errc::kCaseState);
    CHECK(code(move_case(session, id, CaseMove::kAccept)) == Errc::kCaseElsewhere);
    REQUIRE(move_case(session, id, CaseMove::kClose, {}, "reintegrated").ok());
    CaseQuery query;
    query.status = CaseStatus::kClosed;
    CHECK(list_cases(session, query).value().size() == 1);
    query.status = CaseStatus::kOpen;
    CHECK(list_cases(session, query).value().empty());
    check_log(*vault);
}

TEST_CASE("who lost the right to look at others' records sees the cases of his own alone") {
    People people(1, 30);
    InstanceId mine;
    {
        auto vault = people.as(kKarim);
        mine = record_of(*vault, family("حسن"));
    }
    InstanceId hers;
    {
        auto vault = people.as(kRojin);
        hers = record_of(*vault, family("نور"));
    }
    people.set_day(31);
    auto vault = people.as(kKarim);
    Session& session = session_of(*vault);
    const auto rows = list_cases(session).value();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].id == sync::case_of_record(mine));
    CHECK(show_case(session, sync::case_of_record(mine)).ok());
    CHECK(code(show_case(session, sync::case_of_record(hers))) == Errc::kLeaseExpired);
}

TEST_CASE("a daughter who marries goes on in a case of her own, with her history") {
    Office office;
    auto vault = office.create();
    Session& session = session_of(*vault);
    const CaseId id = sync::case_of_record(record_of(*vault, family("حسن")));
    const CaseMember daughter = named(show_case(session, id).value().members, "زينب");
    CHECK(code(split_case(session, id, {daughter.id}, {}, "")) == Errc::kUsage);
    CHECK(code(split_case(session, id, {}, {}, "married")) == Errc::kUsage);
    std::vector<sync::MemberId> all;
    const auto everybody = show_case(session, id).value().members;
    for (const CaseMember& member : everybody) all.push_back(member.id);
    CHECK(code(split_case(session, id, all, {}, "everybody")) == Errc::kUsage);
    const CaseId fresh = split_case(session, id, {daughter.id}, {}, "married").value();
    const ShownCase old_case = show_case(session, id).value();
    CHECK(old_case.members.size() == 2);
    const ShownCase new_case = show_case(session, fresh).value();
    REQUIRE(new_case.members.size() == 1);
    CHECK(new_case.members[0].id == daughter.id);
    CHECK(new_case.members[0].label == "زينب");
    CHECK(new_case.row.status == CaseStatus::kOpen);
    CHECK(list_cases(session).value().size() == 2);
    MemberEdit edit;
    edit.head = true;
    REQUIRE(change_member(session, fresh, daughter.id, edit).ok());
    CHECK(code(change_member(session, id, daughter.id, edit)) == Errc::kNotFound);
    check_log(*vault);
}

TEST_CASE("a family registered twice is one case after a merge, and two again when it was wrong") {
    Office office;
    auto vault = office.create();
    Session& session = session_of(*vault);
    const CaseId first = sync::case_of_record(record_of(*vault, family("حسن")));
    const CaseId second = sync::case_of_record(record_of(*vault, family("حسّان")));
    CHECK(code(merge_cases(session, first, first, "x")) == Errc::kUsage);
    REQUIRE(merge_cases(session, first, second, "the same family").ok());
    CHECK(status_of(*vault, second) == CaseStatus::kMerged);
    CHECK(show_case(session, first).value().members.size() == 6);
    CHECK(show_case(session, first).value().documents.size() == 2);
    CHECK(code(merge_cases(session, second, first, "a ring")) == Errc::kCaseState);
    CHECK(code(merge_cases(session, first, second, "again")) == Errc::kCaseState);
    CHECK(code(move_case(session, second, CaseMove::kSubmit)) == Errc::kCaseState);
    REQUIRE(unmerge_case(session, second, "brothers, it turns out").ok());
    CHECK(status_of(*vault, second) == CaseStatus::kOpen);
    CHECK(show_case(session, first).value().members.size() == 3);
    CHECK(code(unmerge_case(session, second, "again")) == Errc::kCaseState);
    check_log(*vault);
}

TEST_CASE("a follow-up joins the case of the family it is about") {
    Office office;
    auto vault = office.create();
    Session& session = session_of(*vault);
    const CaseId id = sync::case_of_record(record_of(*vault, family("حسن")));
    const InstanceId visit = record_of(*vault, {{"meta/instanceName", "visit"}, {"income", "3"}});
    REQUIRE(join_record(session, visit, id, "six months later").ok());
    CHECK(show_case(session, id).value().documents.size() == 2);
    CHECK(find_cases(session, to_text(visit)).value() == std::vector{id});
    CHECK(code(join_record(session, visit, id, "")) == Errc::kUsage);
    CHECK(show_case(session, sync::case_of_record(visit)).value().documents.empty());
    check_log(*vault);
}

TEST_CASE("what two offices corrected apart comes together, and both values of one answer stay") {
    TwoOffices two;
    CHECK(two.document(*two.branch) == two.document(*two.embassy));
    amend_with(*two.embassy, two.root,
               {{"person/phone", "0771"}, {"family[1]/relation", "nephew"}});
    amend_with(*two.branch, two.root,
               {{"person/phone", "0772"}, {"family[2]/given_name", "زهراء"}});
    two.exchange();
    for (Vault* vault : {two.embassy.get(), two.branch.get()}) {
        const sync::Document document = two.document(*vault);
        CHECK(document == two.document(*two.embassy));
        REQUIRE(document.disputes.size() == 1);
        CHECK(document.disputes[0].path == "person/phone");
        std::vector<std::optional<std::string>> values;
        for (const sync::Side& side : document.disputes[0].sides) values.push_back(side.value);
        CHECK(std::ranges::count(values, std::optional<std::string>("0771")) == 1);
        CHECK(std::ranges::count(values, std::optional<std::string>("0772")) == 1);
        CHECK(value_at(document, "family[1]/relation") == "nephew");
        CHECK(value_at(document, "family[2]/given_name") == "زهراء");
        CHECK(listed_disputes(*vault, two.id) == 1);
        CaseQuery query;
        query.disputed = true;
        CHECK(list_cases(session_of(*vault), query).value().size() == 1);
        check_log(*vault);
    }
}

TEST_CASE("a disputed record is corrected only after somebody who may has decided") {
    TwoOffices two;
    const InstanceId theirs = amend_with(*two.embassy, two.root, {{"person/phone", "0771"}});
    const InstanceId ours = amend_with(*two.branch, two.root, {{"person/phone", "0772"}});
    two.exchange();
    Session& session = session_of(*two.branch);
    CHECK(code(two.branch->amend(ours, "more")) == Errc::kConflictOpen);
    CHECK(code(decide_conflict(session, two.root, {{"person/phone", "0779"}}, "a third")) ==
          Errc::kUsage);
    CHECK(code(decide_conflict(session, two.root, {{"person/phone", "0771"}}, "")) == Errc::kUsage);
    CHECK(code(decide_conflict(session, two.root, {}, "x")) == Errc::kUsage);
    CHECK(code(decide_conflict(session, InstanceId{}, {{"person/phone", "0771"}}, "x")) ==
          Errc::kNotFound);
    REQUIRE(decide_conflict(session, two.root, {{"person/phone", "0771"}}, "rang the number").ok());
    CHECK(listed_disputes(*two.branch, two.id) == 0);
    CHECK(value_at(two.document(*two.branch), "person/phone") == "0771");
    two.exchange();
    CHECK(two.document(*two.embassy) == two.document(*two.branch));
    CHECK(listed_disputes(*two.embassy, two.id) == 0);
    // The next correction starts from what both offices said, and says that it knew both.
    const InstanceId next = amend_with(*two.branch, ours, {{"family[1]/given_name", "عمر"}});
    two.exchange();
    CHECK(two.document(*two.embassy).disputes.empty());
    CHECK(two.document(*two.embassy) == two.document(*two.branch));
    CHECK(two.document(*two.branch).heads == std::vector{next.value});
    CHECK(value_at(two.document(*two.embassy), "family[1]/given_name") == "عمر");
    CHECK(value_at(two.document(*two.embassy), "person/phone") == "0771");
    // And so does one that takes the other office's revision as its starting point.
    const InstanceId last = amend_with(*two.embassy, theirs, {{"person/phone", "0773"}});
    two.exchange();
    CHECK(two.document(*two.branch).heads == std::vector{last.value});
    CHECK(two.document(*two.branch).disputes.empty());
    check_log(*two.embassy);
    check_log(*two.branch);
}

TEST_CASE("half of two corrections of a name is nobody's name: it is asked about") {
    TwoOffices two;
    amend_with(*two.embassy, two.root, {{"family[1]/given_name", "عمر"}});
    amend_with(*two.branch, two.root, {{"family[1]/relation", "nephew"}});
    two.exchange();
    for (Vault* vault : {two.embassy.get(), two.branch.get()}) {
        const sync::Document document = two.document(*vault);
        REQUIRE(document.disputes.size() == 2);
        for (const sync::Dispute& dispute : document.disputes) {
            CHECK(dispute.kind == sync::DisputeKind::kIdentity);
            CHECK(dispute.sides.size() == 2);
        }
        CHECK(listed_disputes(*vault, two.id) == 2);
    }
}

TEST_CASE("a case is offered, travels, is accepted and gone on with in the other office") {
    TwoOffices two;
    Session& embassy = session_of(*two.embassy);
    Session& branch = session_of(*two.branch);
    const OfficeId there = branch.identity.office;
    CHECK(code(move_case(branch, two.id, CaseMove::kAccept)) == Errc::kCaseElsewhere);
    must(move_case(embassy, two.id, CaseMove::kOffer, there));
    must(move_case(embassy, two.id, CaseMove::kDispatch));
    two.exchange();
    REQUIRE(move_case(branch, two.id, CaseMove::kAccept).ok());
    CHECK(code(move_case(embassy, two.id, CaseMove::kRecall, {}, "x")) == std::nullopt);
    two.exchange();
    // Taken back and accepted at once: nobody decided by the clock; it is open, to the branch.
    CHECK(status_of(*two.embassy, two.id) == CaseStatus::kOpen);
    CHECK(read_case(embassy.db, two.id).value() == read_case(branch.db, two.id).value());
    CHECK(listed_disputes(*two.branch, two.id) == 1);
    REQUIRE(move_case(branch, two.id, CaseMove::kBegin).ok());
    CHECK(listed_disputes(*two.branch, two.id) == 0);
    two.exchange();
    CHECK(code(move_case(embassy, two.id, CaseMove::kSubmit)) == Errc::kCaseElsewhere);
    const auto rows = list_cases(branch).value();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].ours);
    CHECK(rows[0].title == "حسن");
    // The branch corrects what the embassy recorded.
    const InstanceId next = amend_with(*two.branch, two.root, {{"person/phone", "0780"}});
    two.exchange();
    CHECK(value_at(two.document(*two.embassy), "person/phone") == "0780");
    CHECK(two.document(*two.embassy).heads == std::vector{next.value});
    check_log(*two.embassy);
    check_log(*two.branch);
}

TEST_CASE(
    "what comes from another device is entered once, and only if it is about cases and whole") {
    TwoOffices two;
    Session& branch = session_of(*two.branch);
    const auto events = case_events_of(session_of(*two.embassy), two.id).value();
    REQUIRE(events.size() == 2);  // the form's marks and the record
    const Imported again = import_case_events(branch, events).value();
    CHECK(again.entered == 0);
    CHECK(again.known == 2);
    const Imported own = carry(*two.branch, *two.embassy, two.id);
    CHECK(own.entered == 0);
    const std::uint64_t before = branch.log.head().seq;
    for (std::size_t i = 0; i < events.size(); ++i) {
        auto hostile = events;
        for (const int kind : {0, 1, 2, 3, 4, 5, 6, 7}) {
            if (kind >= 4 && events[i].event.type != sync::EventType::kRecordFinalised) continue;
            hostile[i] = events[i];
            sync::Event& event = hostile[i].event;
            if (kind == 0) event.payload->back() ^= 1U;
            if (kind == 1) event.payload.reset();
            if (kind == 2) event.type = sync::EventType::kOfficerAdded;
            if (kind == 3) event.type = sync::EventType::kForeignEvent;
            if (kind == 4) {
                event.payload->back() ^= 1U;
                event.commitment = sync::commit(*event.salt, *event.payload);
            }
            if (kind == 5) hostile[i].cover.reset();
            if (kind == 6) {
                auto cover = std::make_shared<sync::EventCover>(*events[i].cover);
                cover->checkpoint.officer_signature[0] ^= 1U;
                hostile[i].cover = cover;
            }
            if (kind == 7) hostile[i].device.value[0] ^= 1U;
            const Imported refused = import_case_events(branch, {hostile[i]}).value();
            CHECK(refused.refused == 1);
            CHECK(refused.entered == 0);
        }
    }
    CHECK(branch.log.head().seq == before);
    check_log(*two.branch);
}

TEST_CASE("events that arrive in any order, torn apart, make the same case in the end") {
    TwoOffices two;
    Session& embassy = session_of(*two.embassy);
    const auto members = show_case(embassy, two.id).value().members;
    MemberEdit edit;
    edit.presence = sync::Presence::kElsewhere;
    must(change_member(embassy, two.id, members[1].id, edit));
    must(move_case(embassy, two.id, CaseMove::kSubmit));
    must(move_case(embassy, two.id, CaseMove::kResume, {}, "more to ask"));
    amend_with(*two.embassy, two.root, {{"person/phone", "0799"}});
    auto events = case_events_of(embassy, two.id).value();
    std::ranges::reverse(events);
    Office third_office{3};
    auto third = third_office.create();
    for (const sync::ForeignEvent& event : events) {
        REQUIRE(import_case_events(session_of(*third), {event}).value().entered == 1);
    }
    CHECK(read_case(session_of(*third).db, two.id).value() ==
          read_case(embassy.db, two.id).value());
    CHECK(two.document(*third) == two.document(*two.embassy));
    check_log(*third);
}

TEST_CASE("the tables of cases follow from the log, row by row") {
    TwoOffices two;
    amend_with(*two.embassy, two.root, {{"person/phone", "0771"}});
    amend_with(*two.branch, two.root, {{"person/phone", "0772"}});
    two.exchange();
    must(decide_conflict(session_of(*two.branch), two.root, {{"person/phone", "0771"}}, "asked"));
    const auto members = show_case(session_of(*two.branch), two.id).value().members;
    must(move_case(session_of(*two.embassy), two.id, CaseMove::kSubmit));
    split_case(session_of(*two.embassy), two.id, {members[1].id}, {}, "moved out").value();
    two.exchange();
    for (Office* office : {&two.embassy_office, &two.branch_office}) {
        (office == &two.embassy_office ? two.embassy : two.branch).reset();
        RawVault raw = open_raw(office->vault_folder());
        const auto before = digest_projections(raw.db).value();
        const TablesReport report = compare_tables(raw.db, raw.origin, Mend::kYes).value();
        CHECK(report.same());
        for (const LiteralText broken :
             {LiteralText("UPDATE cases SET status = 7"),
              LiteralText("UPDATE cases SET disputes = 9"), LiteralText("DELETE FROM case_events"),
              LiteralText("DELETE FROM document_revisions"),
              LiteralText("UPDATE case_records SET id = zeroblob(16)"),
              LiteralText("DELETE FROM identity_paths"),
              LiteralText("DELETE FROM foreign_events")}) {
            CAPTURE(broken.view());
            must(raw.db.exec(broken));
            if (digest_projections(raw.db).value().rows == before.rows) continue;  // no such rows
            CHECK_FALSE(compare_tables(raw.db, raw.origin, Mend::kYes).value().same());
            CHECK(digest_projections(raw.db).value().rows == before.rows);
        }
    }
}

TEST_CASE("a case that somebody changed who may not is found in the log") {
    People people;
    CaseId id;
    {
        auto vault = people.as(kKarim);
        Session& session = session_of(*vault);
        id = sync::case_of_record(record_of(*vault, family("حسن")));
        sync::CaseMoved close{
            {id, read_case(session.db, id).value().heads}, CaseMove::kClose, {}, "x"};
        Write write = Write::begin(session).value();
        must(write.append(sync::EventType::kCaseMoved, sync::encode(close)));
        must(write.commit());
    }
    auto vault = people.as(kSara);
    const LogReport report = vault->verify_log().value();
    CHECK_FALSE(report.intact);
    CHECK(report.finding == "a case was changed by someone who may not");
}

TEST_CASE("which answers mean identity is said once for each form") {
    Office office;
    auto vault = office.create();
    Session& session = session_of(*vault);
    must(mark_identity(session, "f", {"a", "b"}));
    const std::uint64_t after = session.log.head().seq;
    must(mark_identity(session, "f", {"b", "a"}));
    must(mark_identity(session, "f", {}));
    CHECK(session.log.head().seq == after);
    must(mark_identity(session, "f", {"a", "c"}));
    CHECK(session.log.head().seq > after);
    check_log(*vault);
}
