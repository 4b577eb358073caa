// Goal: a vault that an older Awda made opens with this one, loses nothing, and work goes on in it.
// Method: whole vaults, kept as bytes in tests/golden/agent, one of each version of the schema. To
// add one for a new version, before that version is released:
// awda_agent_tests -tc="*makes the golden vault*" --no-skip
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "agent/vault/schema.h"
#include "tests/agent/raw_vault.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

constexpr std::uint64_t kSeed = 2026;
constexpr std::string_view kKarim = "Karim Salih";
constexpr std::string_view kKarimsPassphrase = "copper bridge walnut evening";
constexpr std::string_view kFirstTitle = "نور حسن";
constexpr std::string_view kSecondTitle = "نوري حسن";
constexpr std::string_view kDraftAnswer = "بێ ناو";

Path golden_vault(int version) {
    return Path(AWDA_SOURCE_DIR) / "tests/golden/agent" / ("vault-" + std::to_string(version));
}

/// Everything that version 1 knows: two officers, wrong tries, records of every state, a revision,
/// a draft, batches delivered, stored and waiting.
void live(Office& office) {
    auto vault = office.create();
    REQUIRE(vault->add_officer(kKarim, Role::kOfficer, secret(kKarimsPassphrase)).ok());
    const InstanceId first = make_record(*vault, kFirstTitle);
    REQUIRE(vault->seal_pending().ok());
    office.answer(*vault, true, true);
    REQUIRE(vault->reconcile().ok());
    REQUIRE(vault->lock().ok());

    REQUIRE_FALSE(office.try_unlock(kOfficer, "not the passphrase at all").ok());
    office.clock.advance(60'000);
    vault = office.unlock();
    const InstanceId second = vault->amend(first, "the name was heard wrong").value();
    REQUIRE(vault->finalise(second, answers(kSecondTitle)).ok());
    REQUIRE(vault->seal_pending().ok());
    office.answer(*vault, true, false);
    REQUIRE(vault->reconcile().ok());
    make_record(*vault, "waiting");
    const InstanceId draft = vault->start_draft(test_form(), "ckb").value();
    REQUIRE(vault->save_draft(draft, {{"person/name", std::string(kDraftAnswer)}}, "draft").ok());
    REQUIRE(vault->list().ok());
    REQUIRE(vault->show(first).ok());
    REQUIRE(vault->lock().ok());
}

void copy_vault(const Path& from, const Path& to) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(from)) {
        if (!entry.is_regular_file()) continue;
        const std::string name = std::filesystem::relative(entry.path(), from).string();
        if (name == "ballast" || name == "vault.lock" || name.ends_with("-shm")) continue;
        if (std::filesystem::file_size(entry.path()) == 0) continue;
        std::filesystem::create_directories((to / name).parent_path());
        std::filesystem::copy_file(entry.path(), to / name);
        std::filesystem::permissions(
            to / name, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    }
}

std::vector<RecordRow> in_state(Vault& vault, RecordState state) {
    ListQuery query;
    query.state = state;
    query.refresh = true;
    return vault.list(query).value();
}

void check_contents(Vault& vault) {
    CHECK(vault.identity().office_name == "Duhok branch");
    CHECK(vault.identity().officer_name == kOfficer);
    const auto officers = vault.officers().value();
    REQUIRE(officers.size() == 2);
    CHECK(officers[1].name == kKarim);
    CHECK(officers[1].here);

    const auto delivered = in_state(vault, RecordState::kDelivered);
    const auto stored = in_state(vault, RecordState::kStored);
    const auto waiting = in_state(vault, RecordState::kWaiting);
    const auto drafts = in_state(vault, RecordState::kDraft);
    REQUIRE(delivered.size() == 1);
    REQUIRE(stored.size() == 1);
    REQUIRE(waiting.size() == 1);
    REQUIRE(drafts.size() == 1);
    CHECK(delivered[0].title == kFirstTitle);
    CHECK_FALSE(delivered[0].newest);
    CHECK(stored[0].root == delivered[0].instance);
    CHECK(stored[0].revision == 2);

    const ShownRecord shown = vault.show(stored[0].instance).value();
    CHECK(shown.record.fields == answers(kSecondTitle));
    CHECK(shown.record.reason == "the name was heard wrong");
    CHECK(shown.stored_ms.has_value());
    const Draft draft = vault.load_draft(drafts[0].instance).value();
    REQUIRE(draft.fields.size() == 1);
    CHECK(draft.fields[0].value == kDraftAnswer);
    CHECK(draft.language == "ckb");
    CHECK(vault.status()->waiting_batches == 1);
}

/// The seed that made the vault, so that its headquarters can answer; time has gone on since.
Office office_of(int version) {
    return Office(kSeed + static_cast<std::uint64_t>(version));
}

/// Recording, amending, sealing and receipts all work on what the older Awda left.
void go_on(Office& office, Vault& vault) {
    const InstanceId draft = in_state(vault, RecordState::kDraft)[0].instance;
    REQUIRE(vault.finalise(draft, answers("finished")).ok());
    const InstanceId stored = in_state(vault, RecordState::kStored)[0].instance;
    REQUIRE(vault.finalise(vault.amend(stored, "again").value(), answers("third")).ok());
    CHECK(vault.seal_pending()->records == 3);
    office.answer(vault, true, true);
    REQUIRE(vault.reconcile().ok());
    CHECK(in_state(vault, RecordState::kDelivered).size() == 5);
    CHECK(vault.verify_log()->intact);
}

}  // namespace

TEST_CASE("a vault of every version of the schema opens, keeps all it held, and work goes on") {
    for (int version = 1; version <= kSchemaVersion; ++version) {
        // A version that is not released yet has no golden vault; the first one has.
        if (version > 1 && !std::filesystem::exists(golden_vault(version))) continue;
        CAPTURE(version);
        Office office = office_of(version);
        office.clock.advance(30LL * 24 * 3600 * 1000);
        Bytes other_numbers_than_the_maker_drew(4096);
        office.random.fill(other_numbers_than_the_maker_drew);
        copy_vault(golden_vault(version), office.vault_folder());
        CHECK(open_raw(office.vault_folder()).db.user_version().value() == version);

        auto vault = office.unlock();
        CHECK_FALSE(vault->unlock_report().unclean_exit);
        check_contents(*vault);
        CHECK(vault->verify_log()->intact);
        go_on(office, *vault);
        REQUIRE(vault->lock().ok());

        CHECK(open_raw(office.vault_folder()).db.user_version().value() == kSchemaVersion);
        vault = office.unlock();
        CHECK(in_state(*vault, RecordState::kDelivered).size() == 5);
        REQUIRE(vault->lock().ok());
        CHECK(office.try_unlock(kKarim, kKarimsPassphrase).ok());
    }
}

TEST_CASE("a vault of a newer Awda is refused and not written to") {
    Office office;
    {
        auto vault = office.create();
        REQUIRE(vault->lock().ok());
    }
    must(open_raw(office.vault_folder()).db.set_user_version(kSchemaVersion + 1));
    const Bytes before = read_file(office.vault_folder() / "vault.db").value();
    const auto refused = office.try_unlock();
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Errc::kNotAllowed);
    CHECK(read_file(office.vault_folder() / "vault.db").value() == before);
}

TEST_CASE("makes the golden vault of this version" * doctest::skip()) {
    const Path place = golden_vault(kSchemaVersion);
    REQUIRE_MESSAGE(!std::filesystem::exists(place), "a golden vault is never replaced");
    Office office = office_of(kSchemaVersion);
    live(office);
    copy_vault(office.vault_folder(), place);
}
