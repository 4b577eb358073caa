// Goal: what anybody does in a vault is in its log, once, with ids and numbers only, and those who
// audit can read it. Method: each thing is done, then the log's entries are read back.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "agent/vault/audit.h"
#include "agent/vault/drafts.h"
#include "agent/vault/export.h"
#include "agent/vault/search.h"
#include "tests/agent/raw_vault.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;
using sync::EventType;

namespace {

constexpr std::string_view kOther = "copper bridge walnut evening";

Session& open_session(Vault& vault) {
    return *vault.session().value();
}

std::vector<AuditEntry> entries(Vault& vault, std::optional<EventType> type = std::nullopt) {
    AuditQuery query;
    query.type = type;
    query.limit = kListMax;
    return read_audit(open_session(vault), query).value();
}

SearchResult find(Vault& vault, std::string text) {
    SearchQuery query;
    query.text = std::move(text);
    return search(open_session(vault), query).value();
}

}  // namespace

TEST_CASE("editing a draft is one entry at its first save and one at its end, with a count") {
    Office office;
    auto vault = office.create();
    const InstanceId draft = vault->start_draft(test_form(), "ar").value();
    CHECK(entries(*vault, EventType::kRecordEdited).empty());
    for (int stroke = 0; stroke < 50; ++stroke) {
        const std::string text(static_cast<std::size_t>(stroke) + 1, 'a');
        must(vault->save_draft(draft, {{"person/name", text}}));
    }
    auto edits = entries(*vault, EventType::kRecordEdited);
    REQUIRE(edits.size() == 1);
    CHECK(edits[0].subject == draft.value);
    CHECK(edits[0].number == 1);
    must(vault->save_draft(draft, {{"a", "1"}, {"b", "2"}}));
    must(vault->save_draft(draft, {{"a", std::nullopt}}));
    CHECK(entries(*vault, EventType::kRecordEdited).size() == 1);
    must(vault->finalise(draft, answers("نور")));
    edits = entries(*vault, EventType::kRecordEdited);
    REQUIRE(edits.size() == 2);
    CHECK(edits[0].number == 3);  // name, a and b
    // Before the record that it led to.
    CHECK(edits[0].seq + 1 == entries(*vault, EventType::kRecordFinalised)[0].seq);
}

TEST_CASE("an editing ends at the lock, and at the first change of another draft") {
    Office office;
    auto vault = office.create();
    const InstanceId one = vault->start_draft(test_form(), "ar").value();
    const InstanceId two = vault->start_draft(test_form(), "ar").value();
    must(vault->save_draft(one, {{"a", "1"}}));
    must(vault->save_draft(one, {{"b", "1"}}));
    must(vault->save_draft(two, {{"a", "1"}}));
    auto edits = entries(*vault, EventType::kRecordEdited);
    REQUIRE(edits.size() == 3);
    CHECK(edits[0].subject == two.value);
    CHECK(edits[1].subject == one.value);
    CHECK(edits[1].number == 2);
    must(vault->replace_draft(two, {{"a", "1"}, {"c", "2"}, {"d", "3"}}));
    must(vault->lock());
    vault = office.unlock();
    edits = entries(*vault, EventType::kRecordEdited);
    REQUIRE(edits.size() == 4);
    CHECK(edits[0].number == 3);
    // A new unlocking is a new editing.
    must(vault->save_draft(two, {{"a", "9"}}));
    CHECK(entries(*vault, EventType::kRecordEdited).size() == 5);
    must(vault->discard_draft(two));
    CHECK(entries(*vault, EventType::kRecordEdited).size() == 5);
    CHECK(vault->verify_log()->intact);
}

TEST_CASE("saving a draft without a changed answer forgets nothing of another's editing") {
    Office office;
    auto vault = office.create();
    const InstanceId one = vault->start_draft(test_form(), "ar").value();
    const InstanceId two = vault->start_draft(test_form(), "ar").value();
    must(vault->save_draft(one, {{"a", "1"}}));
    must(vault->save_draft(one, {{"b", "1"}, {"c", "1"}}));
    must(vault->save_draft(two, {}, "only its title"));
    must(vault->lock());
    vault = office.unlock();
    const auto edits = entries(*vault, EventType::kRecordEdited);
    REQUIRE(edits.size() == 2);
    CHECK(edits[0].subject == one.value);
    CHECK(edits[0].number == 3);
}

TEST_CASE("a save that fails leaves no entry, and one whose session was killed is in the log") {
    Office office;
    auto vault = office.create();
    const InstanceId draft = vault->start_draft(test_form(), "ar").value();
    CHECK_FALSE(vault->save_draft(InstanceId{}, {{"a", "1"}}).ok());
    CHECK(entries(*vault, EventType::kRecordEdited).empty());
    must(vault->save_draft(draft, {{"a", "1"}}));
    // As after a kill: the folder as it is now, with its write-ahead log.
    const Path copy = office.folder / "copy";
    std::filesystem::copy(office.vault_folder(), copy, std::filesystem::copy_options::recursive);
    auto other = Vault::unlock(office.env(), copy, kOfficer, secret(kPassphrase)).value();
    const auto edits = entries(*other, EventType::kRecordEdited);
    REQUIRE(edits.size() == 1);
    CHECK(edits[0].subject == draft.value);
}

TEST_CASE("records and drafts are found by words of their title and by how their id begins") {
    Office office;
    auto vault = office.create();
    const InstanceId noor = make_record(*vault, "نور كاظم الجبوري");
    office.clock.advance(1000);
    const InstanceId omar = make_record(*vault, "Omar HASSAN");
    office.clock.advance(1000);
    const InstanceId draft = vault->start_draft(test_form(), "ckb").value();
    must(vault->save_draft(draft, {{"a", "1"}}, "ئازاد حسن"));

    CHECK(find(*vault, "omar").rows.at(0).instance == omar);
    CHECK(find(*vault, "hass OM").hits == 1);
    CHECK(find(*vault, "assan").hits == 0);        // within a word
    CHECK(find(*vault, "كاظم").hits == 1);         // Arabic kaf, as it was written
    CHECK(find(*vault, "کاظم نور").hits == 1);     // Kurdish kaf, other order
    CHECK(find(*vault, "omar nobody").hits == 0);  // every word counts
    CHECK(find(*vault, "حسن").rows.at(0).state == RecordState::kDraft);
    CHECK(find(*vault, to_text(noor)).rows.at(0).instance == noor);
    CHECK(find(*vault, to_text(noor).substr(0, 24)).hits >= 1);

    SearchQuery query;
    query.text = to_text(noor).substr(0, 6);  // ids begin with their time
    query.limit = 2;
    SearchResult page = search(open_session(*vault), query).value();
    CHECK(page.hits == 3);
    REQUIRE(page.rows.size() == 2);
    CHECK(page.rows[0].instance == draft);
    query.offset = 2;
    page = search(open_session(*vault), query).value();
    REQUIRE(page.rows.size() == 1);
    CHECK(page.rows[0].instance == noor);
    CHECK(page.rows[0].officer_name == kOfficer);
    query.offset = 0;
    query.state = RecordState::kWaiting;
    CHECK(search(open_session(*vault), query)->hits == 2);
    query.form_id = "another-form";
    CHECK(search(open_session(*vault), query)->hits == 0);
}

TEST_CASE("a search without a word, too long or not text is refused, and not written down") {
    Office office;
    auto vault = office.create();
    SearchQuery query;
    for (const std::string& text : {std::string(), std::string("  "), std::string("\xff\xfe"),
                                    std::string(kSearchTextMax + 1, 'a')}) {
        query.text = text;
        CHECK_FALSE(search(open_session(*vault), query).ok());
    }
    CHECK(entries(*vault, EventType::kSearched).empty());
}

TEST_CASE("of a search the log keeps how many were found and why, and never the text") {
    Office office;
    auto vault = office.create();
    make_record(*vault, "Zaynab");
    SearchQuery query;
    query.text = "quinceplanted";
    query.purpose = SearchPurpose::kDuplicates;
    CHECK(search(open_session(*vault), query)->hits == 0);
    query.text = "zay";
    CHECK(search(open_session(*vault), query)->hits == 1);
    const auto searches = entries(*vault, EventType::kSearched);
    REQUIRE(searches.size() == 2);
    CHECK(searches[0].number == 1);
    CHECK(searches[1].number == 0);
    must(vault->lock());
    RawVault raw = open_raw(office.vault_folder());
    CHECK(raw.db
              .query_integer("SELECT count(*) FROM events WHERE type = 25 AND"
                             " hex(payload) LIKE '415744415352434802%'")
              .value() == 2);
    CHECK(raw.db
              .query_integer("SELECT count(*) FROM events WHERE instr(payload,"
                             " CAST('quinceplanted' AS BLOB)) > 0")
              .value() == 0);
}

TEST_CASE("everything that is done is in the log, once") {
    Office office;
    live_small_log(office);
    auto vault = office.unlock();
    find(*vault, "نور");
    const InstanceId draft = vault->start_draft(test_form(), "ar").value();
    must(vault->save_draft(draft, {{"a", "1"}}));
    REQUIRE(vault->load_draft(draft).ok());
    ExportWish wish;
    wish.form_id = "returnee-intake";
    wish.file = office.folder / "out.csv";
    REQUIRE(export_records(open_session(*vault), sync::PlainGate(), wish).ok());
    must(vault->change_passphrase(secret(kPassphrase), secret("marble orchard ninety willow")));
    office.clock.set_wall(office.clock.now() + 3'600'000);
    REQUIRE(vault->list().ok());

    std::map<EventType, int> count;
    for (const AuditEntry& entry : entries(*vault)) ++count[entry.type];
    const std::map<EventType, int> expected{
        {EventType::kDeviceInitialised, 1}, {EventType::kOfficerAdded, 1},
        {EventType::kSlotChanged, 2},       {EventType::kUnlocked, 3},
        {EventType::kUnlockFailed, 1},      {EventType::kLocked, 2},
        {EventType::kClockJump, 1},         {EventType::kRecordStarted, 5},
        {EventType::kRecordEdited, 3},      {EventType::kRecordFinalised, 3},
        {EventType::kRecordViewed, 2},      {EventType::kListViewed, 2},
        {EventType::kRecordDiscarded, 1},   {EventType::kSearched, 1},
        {EventType::kBatchSealed, 2},       {EventType::kBatchStored, 1},
        {EventType::kBatchOpened, 1},       {EventType::kExported, 1}};
    for (const auto& [type, times] : expected) {
        CAPTURE(sync::event_type_name(type));
        CHECK(count[type] == times);
    }
    // The reading is an entry, too.
    CHECK(entries(*vault, EventType::kLogViewed).size() == 1);
}

TEST_CASE("the log is read by officer, by type, by time and in pages") {
    Office office;
    live_small_log(office);
    auto vault = office.unlock();
    Session& session = open_session(*vault);
    const auto all = entries(*vault);
    REQUIRE(all.size() > 20);
    CHECK(std::ranges::is_sorted(all, std::ranges::greater(), &AuditEntry::seq));
    CHECK(all.back().seq == 1);

    AuditQuery query;
    query.officer = OfficerId{};  // the device
    for (const AuditEntry& entry : read_audit(session, query).value()) {
        CHECK(entry.officer.empty());
    }
    query.officer.reset();
    query.limit = 5;
    std::vector<std::uint64_t> seen;
    query.before = all.front().seq + 1;
    while (true) {
        const auto page = read_audit(session, query).value();
        if (page.empty()) break;
        for (const AuditEntry& entry : page) seen.push_back(entry.seq);
        query.before = page.back().seq;
    }
    CHECK(seen.size() == all.size());

    // The wrong try moved the clock by a minute.
    query = {};
    query.limit = kListMax;
    query.until = all.back().at_ms + 30'000;
    const auto early = read_audit(session, query).value();
    query.from = query.until;
    query.until.reset();
    query.before = all.front().seq + 1;
    const auto late = read_audit(session, query).value();
    CHECK(!early.empty());
    CHECK(!late.empty());
    CHECK(early.size() + late.size() == all.size());
}

TEST_CASE("an officer does not read the log; a supervisor and an auditor do") {
    Office office;
    auto vault = office.create();
    REQUIRE(vault->add_officer("Karim", Role::kOfficer, secret(kOther)).ok());
    REQUIRE(vault->add_officer("Samira", Role::kSupervisor, secret(kOther)).ok());
    REQUIRE(vault->add_officer("Dilan", Role::kAuditor, secret(kOther)).ok());
    must(vault->lock());
    vault = office.try_unlock("Karim", kOther).value();
    const auto refused = read_audit(open_session(*vault), {});
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Errc::kNotAllowed);
    must(vault->lock());
    for (const std::string_view name : {"Samira", "Dilan"}) {
        vault = office.try_unlock(name, kOther).value();
        CHECK(read_audit(open_session(*vault), {}).ok());
        must(vault->lock());
    }
}
