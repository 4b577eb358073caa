// Goal: what the vault said is saved is there after a lock, a wrong hand is kept out, and every way
// in that can fail says which way it failed.
#include <doctest/doctest.h>

#include <filesystem>
#include <set>

#include "agent/vault/keyring.h"
#include "tests/agent/vault_fixture.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

Errc code_of(const Result<std::unique_ptr<Vault>>& result) {
    return result.ok() ? Errc::kInternal : result.error().code;
}

}  // namespace

TEST_CASE("a new vault knows its office, its first officer and itself, and unlocks again") {
    Office office;
    auto vault = office.create();
    const Identity made = vault->identity();
    CHECK(made.office_name == "Duhok branch");
    CHECK(made.officer_name == kOfficer);
    CHECK(made.role == Role::kAdministrator);
    CHECK(made.server_url == "https://127.0.0.1:8443");
    CHECK(std::count(made.fingerprint.begin(), made.fingerprint.end(), ' ') == 5);
    REQUIRE(vault->lock().ok());
    CHECK(vault->locked());
    CHECK(vault->list().error().code == Errc::kLocked);
    CHECK(vault->lock().ok());  // twice is fine

    auto again = office.unlock();
    CHECK(again->identity().device == made.device);
    CHECK(again->identity().officer == made.officer);
    CHECK_FALSE(again->unlock_report().unclean_exit);
    CHECK_FALSE(again->unlock_report().keyring_repaired);
    CHECK_FALSE(again->unlock_report().clock_jumped);
    CHECK(again->verify_log().value().intact);
}

TEST_CASE("the name is matched without case and the passphrase in either Unicode form") {
    Office office;
    {
        auto vault =
            office.try_create("Zeynəp e\xCC\x81", "cafe\xCC\x81 lantern seven river stone").value();
    }
    CHECK(office.try_unlock(" zeynəP  \xC3\xA9 ", "caf\xC3\xA9 lantern seven river stone").ok());
}

TEST_CASE("a folder without a vault, and one that has a vault already, are told apart") {
    Office office;
    CHECK_FALSE(Vault::present(office.vault_folder()));
    CHECK(code_of(office.try_unlock()) == Errc::kVaultMissing);
    {
        auto vault = office.create();
    }
    CHECK(Vault::present(office.vault_folder()));
    CHECK(code_of(office.try_create()) == Errc::kVaultExists);
    CHECK(office.try_unlock().ok());
}

TEST_CASE("an expired, forged or broken voucher and a weak passphrase make no vault") {
    Office office;
    CHECK(code_of(office.try_create(kOfficer, "too short")) == Errc::kWeakPassphrase);
    CHECK(code_of(office.try_create("  ", kPassphrase)) == Errc::kUsage);
    const SecretBytes passphrase = secret(kPassphrase);
    NewVault wanted;
    wanted.folder = office.vault_folder();
    wanted.officer_name = std::string(kOfficer);
    wanted.passphrase = &passphrase;
    wanted.voucher = office.hq.voucher(office.clock.now(), office.random);
    Bytes forged = wanted.voucher;
    forged[40] ^= 1;
    std::swap(forged, wanted.voucher);
    CHECK_FALSE(Vault::create(office.env(), wanted).ok());
    std::swap(forged, wanted.voucher);
    office.clock.advance(8LL * 24 * 3600 * 1000);
    CHECK(code_of(Vault::create(office.env(), wanted)) == Errc::kVoucherExpired);
    CHECK_FALSE(Vault::present(office.vault_folder()));
}

TEST_CASE("a wrong name and a wrong passphrase look the same, wait, and end up in the log") {
    Office office;
    {
        auto vault = office.create();
    }
    CHECK(code_of(office.try_unlock("Nobody", kPassphrase)) == Errc::kWrongPassphrase);
    CHECK(code_of(office.try_unlock()) == Errc::kUnlockDelayed);
    CHECK(Vault::unlock_delay_ms(office.vault_folder(), office.clock) == 1000);
    office.clock.advance(1000);
    CHECK(code_of(office.try_unlock(kOfficer, "orchard lantern seven river stones")) ==
          Errc::kWrongPassphrase);
    office.clock.advance(1999);
    CHECK(code_of(office.try_unlock()) == Errc::kUnlockDelayed);
    office.clock.advance(1);
    {
        auto vault = office.unlock();
        CHECK(vault->unlock_report().failed_unlocks == 2);
        CHECK(Vault::unlock_delay_ms(office.vault_folder(), office.clock) == 0);
        CHECK(vault->verify_log().value().intact);
    }
    CHECK(office.unlock()->unlock_report().failed_unlocks == 0);
}

TEST_CASE("a crash after the wrong tries were entered does not enter them twice") {
    Office office;
    {
        auto vault = office.create();
    }
    CHECK_FALSE(office.try_unlock(kOfficer, "not the passphrase").ok());
    office.clock.advance(60'000);
    const Path side = office.vault_folder() / "unlock.failures";
    const Bytes before = read_file(side).value();
    {
        CHECK(office.unlock()->unlock_report().failed_unlocks == 1);
    }
    // As if the power had gone before the side file was removed.
    REQUIRE(atomic_write(side, before).ok());
    CHECK(office.unlock()->unlock_report().failed_unlocks == 0);
}

TEST_CASE("a second process is kept out while the vault is open") {
    Office office;
    auto vault = office.create();
    CHECK(code_of(office.try_unlock()) == Errc::kBusy);
    REQUIRE(vault->lock().ok());
    CHECK(office.try_unlock().ok());
}

TEST_CASE("a damaged copy of the keyring is kept aside, and the good one takes its place") {
    for (const char* name : {"keyring.a", "keyring.b"}) {
        Office office;
        {
            auto vault = office.create();
        }
        const Path copy = office.vault_folder() / name;
        Bytes bytes = read_file(copy).value();
        bytes[bytes.size() / 2] ^= 0x40;
        REQUIRE(atomic_write(copy, bytes).ok());
        CHECK(office.unlock()->unlock_report().keyring_repaired);
        CHECK(read_file(office.vault_folder() / "keyring.a").value() ==
              read_file(office.vault_folder() / "keyring.b").value());
        CHECK(read_file(Path(copy.string() + ".damaged")).value() == bytes);
        CHECK_FALSE(office.unlock()->unlock_report().keyring_repaired);
        REQUIRE(remove_file(copy).ok());
        CHECK(office.unlock()->unlock_report().keyring_repaired);
    }
}

TEST_CASE("a forged copy with a good checksum is not believed over the vault's own") {
    Office office;
    {
        auto vault = office.create();
    }
    const Path path = office.vault_folder() / "keyring.a";
    Keyring forged = decode_keyring(read_file(path).value()).value();
    forged.generation = 99;
    forged.slots[0].role = Role::kAdministrator;
    forged.recovery.clear();
    const SecretBytes other_key(32);
    REQUIRE(atomic_write(path, encode_keyring(forged, other_key.view())).ok());
    auto vault = office.try_unlock();
    REQUIRE(vault.ok());
    CHECK((*vault)->unlock_report().keyring_repaired);
    CHECK(decode_keyring(read_file(path).value()).value().generation == 1);
}

TEST_CASE("with both copies damaged nothing is touched") {
    Office office;
    {
        auto vault = office.create();
    }
    for (const char* name : {"keyring.a", "keyring.b"}) {
        Bytes bytes = read_file(office.vault_folder() / name).value();
        bytes.resize(bytes.size() - 1);
        REQUIRE(atomic_write(office.vault_folder() / name, bytes).ok());
    }
    const Bytes kept = read_file(office.vault_folder() / "keyring.a").value();
    CHECK(code_of(office.try_unlock()) == Errc::kVaultDamaged);
    CHECK(read_file(office.vault_folder() / "keyring.a").value() == kept);
    REQUIRE(remove_file(office.vault_folder() / "keyring.a").ok());
    REQUIRE(remove_file(office.vault_folder() / "keyring.b").ok());
    CHECK(code_of(office.try_unlock()) == Errc::kVaultDamaged);
    CHECK(file_exists(office.vault_folder() / "vault.db"));
}

TEST_CASE("a damaged, plain or missing database is refused and kept as it is") {
    Office office;
    {
        auto vault = office.create();
    }
    const Path path = office.vault_folder() / "vault.db";
    const Bytes good = read_file(path).value();

    Bytes bad = good;
    bad[100] ^= 1;
    REQUIRE(atomic_write(path, bad).ok());
    CHECK(code_of(office.try_unlock()) == Errc::kVaultDamaged);
    CHECK(read_file(path).value() == bad);

    bad = to_bytes(std::string_view("SQLite format 3\0", 16));
    bad.resize(good.size());
    REQUIRE(atomic_write(path, bad).ok());
    CHECK(code_of(office.try_unlock()) == Errc::kNotEncrypted);
    CHECK(read_file(path).value() == bad);

    bad.clear();
    REQUIRE(atomic_write(path, bad).ok());
    CHECK(code_of(office.try_unlock()) == Errc::kVaultDamaged);
    REQUIRE(remove_file(path).ok());
    CHECK(code_of(office.try_unlock()) == Errc::kVaultDamaged);
    CHECK_FALSE(file_exists(path));

    REQUIRE(atomic_write(path, good).ok());
    CHECK(office.try_unlock().ok());
}

TEST_CASE("officers added by the administrator log in, and nobody else may add any") {
    Office office;
    constexpr std::string_view kOther = "copper bridge walnut evening cloud";
    {
        auto vault = office.create();
        const auto karim = vault->add_officer("Karim", Role::kOfficer, secret(kOther));
        REQUIRE(karim.ok());
        CHECK(vault->add_officer("KARIM", Role::kOfficer, secret(kOther)).error().code ==
              Errc::kUsage);
        CHECK(vault->add_officer("Sara", Role::kOfficer, secret("weak")).error().code ==
              Errc::kWeakPassphrase);
        const auto officers = vault->officers().value();
        REQUIRE(officers.size() == 2);
        CHECK(officers[1].id == *karim);
        CHECK(officers[1].name == "Karim");
        CHECK(officers[1].here);
    }
    auto vault = office.try_unlock("karim", kOther).value();
    CHECK(vault->identity().role == Role::kOfficer);
    CHECK(vault->identity().officer_name == "Karim");
    CHECK(vault->add_officer("Sara", Role::kOfficer, secret(kPassphrase)).error().code ==
          Errc::kNotAllowed);
    make_record(*vault, "نور");
    const auto rows = vault->list().value();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].officer_name == "Karim");
    CHECK(vault->verify_log().value().intact);
}

TEST_CASE("an auditor reads and does not write") {
    Office office;
    constexpr std::string_view kOther = "copper bridge walnut evening cloud";
    InstanceId record;
    {
        auto vault = office.create();
        record = make_record(*vault, "نور");
        REQUIRE(vault->add_officer("Auditor One", Role::kAuditor, secret(kOther)).ok());
    }
    auto vault = office.try_unlock("auditor one", kOther).value();
    CHECK(vault->show(record).ok());
    CHECK(vault->start_draft(test_form(), "ar").error().code == Errc::kNotAllowed);
    CHECK(vault->amend(record, "a reason").error().code == Errc::kNotAllowed);
}

TEST_CASE("a changed passphrase replaces the old one, also while an old copy lies about") {
    Office office;
    constexpr std::string_view kNew = "copper bridge walnut evening cloud";
    {
        auto vault = office.create();
    }
    const Bytes old_copy = read_file(office.vault_folder() / "keyring.b").value();
    {
        auto vault = office.unlock();
        CHECK(vault->change_passphrase(secret("wrong one entirely"), secret(kNew)).error().code ==
              Errc::kWrongPassphrase);
        CHECK(vault->change_passphrase(secret(kPassphrase), secret("weak")).error().code ==
              Errc::kWeakPassphrase);
        CHECK(vault->change_passphrase(secret(kPassphrase), secret(kNew)).ok());
    }
    CHECK(code_of(office.try_unlock()) == Errc::kWrongPassphrase);
    office.clock.advance(60'000);
    CHECK(office.try_unlock(kOfficer, kNew).ok());
    // An old copy put back beside the new one gives nothing to the old passphrase.
    REQUIRE(atomic_write(office.vault_folder() / "keyring.b", old_copy).ok());
    CHECK(code_of(office.try_unlock()) == Errc::kWrongPassphrase);
    office.clock.advance(60'000);
    // Nor do two old copies: the log knows the newest generation.
    REQUIRE(atomic_write(office.vault_folder() / "keyring.a", old_copy).ok());
    CHECK(code_of(office.try_unlock()) == Errc::kAltered);
}

TEST_CASE("a passphrase change cut off between the two copies is whole at the next unlock") {
    Office office;
    constexpr std::string_view kNew = "copper bridge walnut evening cloud";
    {
        auto vault = office.create();
    }
    const Bytes old_copy = read_file(office.vault_folder() / "keyring.b").value();
    const Bytes old_db = read_file(office.vault_folder() / "vault.db").value();
    Bytes new_copy;
    {
        auto vault = office.unlock();
        REQUIRE(vault->change_passphrase(secret(kPassphrase), secret(kNew)).ok());
        new_copy = read_file(office.vault_folder() / "keyring.a").value();
    }
    // The state on disk after the first copy: new keyring.a, old keyring.b, and a log that knows
    // nothing.
    REQUIRE(atomic_write(office.vault_folder() / "keyring.a", new_copy).ok());
    REQUIRE(atomic_write(office.vault_folder() / "keyring.b", old_copy).ok());
    REQUIRE(atomic_write(office.vault_folder() / "vault.db", old_db).ok());
    CHECK(code_of(office.try_unlock()) == Errc::kWrongPassphrase);
    office.clock.advance(60'000);
    {
        auto vault = office.try_unlock(kOfficer, kNew).value();
        CHECK(vault->unlock_report().keyring_repaired);
        CHECK(vault->verify_log().value().intact);
    }
    CHECK(read_file(office.vault_folder() / "keyring.b").value() == new_copy);
    CHECK(office.try_unlock(kOfficer, kNew).ok());
}

TEST_CASE("a draft keeps every change over a lock, in the order the answers came") {
    Office office;
    InstanceId draft;
    {
        auto vault = office.create();
        draft = vault->start_draft(test_form(), "ar").value();
        REQUIRE(vault->save_draft(draft, {{"a", "1"}, {"b", "2"}, {"c", "3"}}, "نور").ok());
        REQUIRE(vault->save_draft(draft, {{"b", "two"}, {"c", std::nullopt}, {"d", "4"}}).ok());
        REQUIRE(vault->set_draft_language(draft, "ckb").ok());
    }
    auto vault = office.unlock();
    const Draft read = vault->load_draft(draft).value();
    CHECK(read.fields == std::vector<sync::Field>{{"a", "1"}, {"b", "two"}, {"d", "4"}});
    CHECK(read.title == "نور");
    CHECK(read.language == "ckb");
    CHECK(read.form.id == "returnee-intake");
    CHECK(read.form.hash == test_form().hash);
    CHECK(read.root == draft);
    REQUIRE(vault->replace_draft(draft, {{"z", "9"}, {"a", ""}}).ok());
    CHECK(vault->load_draft(draft).value().fields ==
          std::vector<sync::Field>{{"z", "9"}, {"a", ""}});
    REQUIRE(vault->discard_draft(draft).ok());
    CHECK(vault->load_draft(draft).error().code == Errc::kNotFound);
    CHECK(vault->save_draft(draft, {{"a", "1"}}).error().code == Errc::kNotFound);
    CHECK(vault->list().value().empty());
}

TEST_CASE("answers that are no text, too long or too many are refused and change nothing") {
    Office office;
    auto vault = office.create();
    const InstanceId draft = vault->start_draft(test_form(), "ar").value();
    REQUIRE(vault->save_draft(draft, {{"a", "1"}}).ok());
    CHECK(vault->save_draft(draft, {{"a", "2"}, {"b", "\xFF"}}).error().code == Errc::kMalformed);
    CHECK(vault->save_draft(draft, {{"", "2"}}).error().code == Errc::kTooLarge);
    CHECK(vault->save_draft(draft, {{"a", std::string((1U << 20U) + 1, 'x')}}).error().code ==
          Errc::kTooLarge);
    CHECK(vault->finalise(draft, std::vector<sync::Field>(sync::kRecordFieldsMax + 1, {"a", ""}))
              .error()
              .code == Errc::kTooLarge);
    std::vector<sync::Field> huge;
    for (int i = 0; i < 9; ++i) {
        huge.push_back({"f" + std::to_string(i), std::string(1U << 20U, 'x')});
    }
    CHECK(vault->finalise(draft, huge).error().code == Errc::kTooLarge);
    CHECK(vault->load_draft(draft).value().fields == std::vector<sync::Field>{{"a", "1"}});
    CHECK(vault->verify_log().value().intact);
}

TEST_CASE("a finalised record is what was signed, cannot be finalised twice, and is listed") {
    Office office;
    auto vault = office.create();
    const InstanceId record = make_record(*vault, "نور حسن");
    CHECK(vault->finalise(record, answers("x")).error().code == Errc::kAlreadyFinal);
    CHECK(vault->load_draft(record).error().code == Errc::kNotFound);
    const ShownRecord shown = vault->show(record).value();
    CHECK(shown.record.fields == answers("نور حسن"));
    CHECK(shown.record.instance == record);
    CHECK(shown.record.form_version == "2026-11");
    CHECK(shown.state == RecordState::kWaiting);
    CHECK(shown.officer_name == kOfficer);
    const auto rows = vault->list().value();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].title == "نور حسن");
    CHECK(rows[0].state == RecordState::kWaiting);
    CHECK(rows[0].newest);
    InstanceId unknown;
    CHECK(vault->show(unknown).error().code == Errc::kNotFound);
    CHECK(vault->finalise(unknown, {}).error().code == Errc::kNotFound);
}

TEST_CASE("an amendment is a new revision with a reason, one at a time") {
    Office office;
    auto vault = office.create();
    const InstanceId first = make_record(*vault, "نور");
    CHECK(vault->amend(first, " ").error().code == Errc::kUsage);
    const InstanceId draft = vault->amend(first, "تصحيح الاسم").value();
    CHECK(vault->amend(first, "again").error().code == Errc::kAlreadyFinal);
    const Draft read = vault->load_draft(draft).value();
    CHECK(read.root == first);
    CHECK(read.deprecates == first);
    CHECK(read.revision == 2);
    CHECK(read.reason == "تصحيح الاسم");
    CHECK(read.fields == answers("نور"));
    REQUIRE(vault->finalise(draft, answers("نوري")).ok());
    CHECK(vault->amend(first, "again").error().code == Errc::kAlreadyFinal);
    const ShownRecord shown = vault->show(draft).value();
    CHECK(shown.record.revision == 2);
    CHECK(shown.record.root == first);
    CHECK(shown.record.reason == "تصحيح الاسم");
    CHECK(shown.revisions == std::vector<InstanceId>{first, draft});
    ListQuery newest;
    newest.newest_only = true;
    const auto rows = vault->list(newest).value();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].instance == draft);
    CHECK(vault->list().value().size() == 2);
    // A discarded amendment frees the record for another.
    const InstanceId third = vault->amend(draft, "once more").value();
    REQUIRE(vault->discard_draft(third).ok());
    CHECK(vault->amend(draft, "and again").ok());
}

TEST_CASE("the list comes newest first, in pages, by state, and a refresh is not a viewing") {
    Office office;
    auto vault = office.create();
    std::vector<InstanceId> made;
    for (int i = 0; i < 7; ++i) {
        office.clock.advance(1000);
        made.push_back(make_record(*vault, "n" + std::to_string(i)));
    }
    office.clock.advance(1000);
    const InstanceId draft = vault->start_draft(test_form(), "ar").value();
    ListQuery query;
    query.limit = 3;
    std::vector<InstanceId> seen;
    for (query.offset = 0; query.offset < 9; query.offset += 3) {
        const std::vector<RecordRow> page = vault->list(query).value();
        for (const RecordRow& row : page) seen.push_back(row.instance);
    }
    REQUIRE(seen.size() == 8);
    CHECK(seen.front() == draft);
    CHECK(std::equal(made.rbegin(), made.rend(), seen.begin() + 1));
    ListQuery drafts;
    drafts.state = RecordState::kDraft;
    CHECK(vault->list(drafts).value().size() == 1);
    drafts.state = RecordState::kWaiting;
    CHECK(vault->list(drafts).value().size() == 7);

    const std::uint64_t events = vault->status().value().log_events;
    ListQuery refresh;
    refresh.refresh = true;
    CHECK(vault->list(refresh).value().size() == 8);
    CHECK(vault->status().value().log_events == events);
    CHECK(vault->list().value().size() == 8);
    CHECK(vault->status().value().log_events == events + 1);
}

TEST_CASE("a clock that jumps is written down and never stops the work") {
    Office office;
    auto vault = office.create();
    make_record(*vault, "one");
    const UnixMs now = office.clock.now();
    office.clock.set_wall(now - 5LL * 365 * 24 * 3600 * 1000);
    make_record(*vault, "two");
    office.clock.set_wall(now + 20LL * 365 * 24 * 3600 * 1000);
    make_record(*vault, "three");
    CHECK(vault->seal_pending().value().records == 3);
    CHECK(vault->verify_log().value().intact);
    REQUIRE(vault->lock().ok());
    office.clock.set_wall(now);
    {
        auto again = office.unlock();
        CHECK(again->unlock_report().clock_jumped);
        make_record(*again, "four");
        CHECK(again->verify_log().value().intact);
    }
    CHECK_FALSE(office.unlock()->unlock_report().clock_jumped);
    office.clock.advance(100LL * 24 * 3600 * 1000);
    CHECK(office.unlock()->unlock_report().clock_jumped);
}

TEST_CASE("an end without lock() is noticed and loses nothing") {
    Office office;
    InstanceId draft;
    {
        auto vault = office.create();
        draft = vault->start_draft(test_form(), "ar").value();
        REQUIRE(vault->save_draft(draft, {{"a", "1"}}).ok());
        // As a kill would leave it: the files as they are now, the write-ahead log included.
        std::filesystem::copy(office.vault_folder(), office.folder / "copy",
                              std::filesystem::copy_options::recursive);
    }
    auto vault = Vault::unlock(office.env(), office.folder / "copy", kOfficer, secret(kPassphrase));
    REQUIRE(vault.ok());
    CHECK((*vault)->unlock_report().unclean_exit);
    CHECK((*vault)->load_draft(draft).value().fields == std::vector<sync::Field>{{"a", "1"}});
    CHECK((*vault)->verify_log().value().intact);
}

TEST_CASE("no planted word is found in any file of the folder after a whole life") {
    Office office;
    constexpr std::string_view kMarker = "Zq7Marker";
    const std::string officer = std::string(kMarker) + " officer";
    const std::string passphrase = std::string(kMarker) + " orchard lantern seven";
    {
        auto vault = office.try_create(officer, passphrase).value();
        for (int i = 0; i < 40; ++i) {
            const std::string value = std::string(kMarker) + " answer " + std::to_string(i);
            const InstanceId draft = vault->start_draft(test_form(), "ar").value();
            REQUIRE(vault->save_draft(draft, {{std::string(kMarker), value}}, value).ok());
            if (i % 3 == 0) REQUIRE(vault->discard_draft(draft).ok());
            if (i % 3 == 1) REQUIRE(vault->finalise(draft, {{"meta/instanceName", value}}).ok());
        }
        REQUIRE(vault->seal_pending().ok());
    }
    CHECK_FALSE(office.try_unlock(officer, passphrase + "x").ok());
    office.clock.advance(60'000);
    {
        auto vault = office.try_unlock(officer, passphrase).value();
        CHECK(vault->list().value().size() == 26);
        // While it is open there is a write-ahead log to look into as well.
        std::size_t files = 0;
        for (const auto& entry :
             std::filesystem::recursive_directory_iterator(office.folder.path())) {
            if (!entry.is_regular_file()) continue;
            ++files;
            const Bytes bytes = read_file(entry.path()).value();
            CHECK_MESSAGE(as_text(bytes).find("q7Marker") == std::string_view::npos,
                          entry.path().filename().string());
            const auto mode = std::filesystem::status(entry.path()).permissions();
            CHECK_MESSAGE(
                (mode & std::filesystem::perms::others_all) == std::filesystem::perms::none,
                entry.path().filename().string());
        }
        CHECK(files >= 8);
    }
}
