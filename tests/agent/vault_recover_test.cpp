// Goal: two of headquarters' three recovery keys open a vault whose officers are gone, from a copy
// that may not be written to; one key, or two wrong ones, open nothing and say so.
#include <doctest/doctest.h>

#include <sys/stat.h>
#include <filesystem>
#include <map>

#include "agent/vault/keyring.h"
#include "agent/vault/recover.h"
#include "agent/vault/rotation.h"
#include "agent/vault/vault_open.h"
#include "sync/key_file.h"
#include "tests/agent/vault_fixture.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

constexpr std::string_view kFresh = "velvet harbour thirteen pigeon slate";

SealKey copy_key(const SealKey& key) {
    return seal_key_from_secret(key.secret.view());
}

RecoveryKeys keys_of(const Office& office, std::size_t a, std::size_t b) {
    return {copy_key(office.hq.recovery(a)), copy_key(office.hq.recovery(b))};
}

/// Two records, one of them delivered, and a draft.
void settle(Office& office) {
    auto vault = office.create();
    make_record(*vault, "زينب");
    REQUIRE(vault->seal_pending().ok());
    office.answer(*vault, true, true);
    REQUIRE(vault->reconcile().ok());
    make_record(*vault, "نور");
    REQUIRE(vault->start_draft(test_form(), "ar").ok());
    must(vault->lock());
}

std::map<std::string, Bytes> all_files(const Path& folder) {
    std::map<std::string, Bytes> files;
    for (const auto& each : std::filesystem::recursive_directory_iterator(folder)) {
        if (each.is_regular_file()) files[each.path().string()] = read_file(each.path()).value();
    }
    return files;
}

void damage_slots(const Path& keyring) {
    Bytes bytes = read_file(keyring).value();
    for (std::size_t i = bytes.size() - 200; i < bytes.size(); ++i) bytes[i] ^= 0x55;
    must(atomic_write(keyring, bytes));
}

}  // namespace

TEST_CASE("any two recovery keys, in any order, report what a read-only copy holds") {
    Office office;
    settle(office);
    const auto before = all_files(office.vault_folder());
    for (const char* folder : {"", "outbox"}) {
        ::chmod((office.vault_folder() / folder).c_str(), 0500);
    }
    const fakes::TempFolder work;
    for (const auto& [a, b] : {std::pair{0, 1}, {1, 0}, {0, 2}, {2, 0}, {1, 2}, {2, 1}}) {
        CAPTURE(a);
        CAPTURE(b);
        const auto report = check_recovery(
            office.vault_folder(),
            keys_of(office, static_cast<std::size_t>(a), static_cast<std::size_t>(b)),
            work / "copies");
        REQUIRE(report.ok());
        CHECK(report->log.intact);
        CHECK(report->log.records == 2);
        CHECK(report->drafts == 1);
        CHECK(report->waiting_records == 1);
        CHECK(report->slots == 1);
        CHECK(report->keyring_whole);
        CHECK(list_files(work / "copies").value().empty());
    }
    for (const char* folder : {"", "outbox"}) {
        ::chmod((office.vault_folder() / folder).c_str(), 0700);
    }
    CHECK(all_files(office.vault_folder()) == before);
    CHECK(office.try_unlock().ok());
}

TEST_CASE("one recovery key twice, strangers' keys and other files are refused") {
    Office office;
    settle(office);
    const fakes::TempFolder work;
    fakes::SeededRandom random(3);
    const auto code = [&](RecoveryKeys keys) {
        const auto report = check_recovery(office.vault_folder(), keys, work / "copies");
        return report.ok() ? Errc::kInternal : report.error().code;
    };
    CHECK(code(keys_of(office, 0, 0)) == Errc::kRecoveryKeys);
    CHECK(code({copy_key(office.hq.recovery(0)), new_seal_key(random)}) == Errc::kRecoveryKeys);
    CHECK(code({new_seal_key(random), new_seal_key(random)}) == Errc::kRecoveryKeys);

    const Path a = work / "a.key";
    const Path b = work / "b.key";
    must(sync::write_key_file(a, sync::KeyPurpose::kRecovery, office.hq.recovery(0).secret.view()));
    must(sync::write_key_file(b, sync::KeyPurpose::kRecovery, office.hq.recovery(2).secret.view()));
    const auto read = read_recovery_keys(b, a);
    REQUIRE(read.ok());
    CHECK(check_recovery(office.vault_folder(), *read, work / "copies").ok());
    CHECK(read_recovery_keys(a, a).error().code == Errc::kRecoveryKeys);
    CHECK(read_recovery_keys(a, work / "none").error().code == Errc::kKeysMissing);
    must(sync::write_key_file(b, sync::KeyPurpose::kRegistry, office.hq.registry().secret.view()));
    CHECK(read_recovery_keys(a, b).error().code == Errc::kKeysMismatch);

    const fakes::TempFolder nothing;
    const auto missing = check_recovery(nothing.path(), keys_of(office, 0, 1), work / "copies");
    REQUIRE_FALSE(missing.ok());
    CHECK(missing.error().code == Errc::kVaultMissing);
}

TEST_CASE("with every slot damaged a new administrator is let in and the log tells of it") {
    Office office;
    settle(office);
    damage_slots(office.vault_folder() / "keyring.a");
    damage_slots(office.vault_folder() / "keyring.b");
    REQUIRE(office.try_unlock().error().code == Errc::kVaultDamaged);
    const fakes::TempFolder work;
    const auto report =
        check_recovery(office.vault_folder(), keys_of(office, 0, 2), work / "copies");
    REQUIRE(report.ok());
    CHECK_FALSE(report->keyring_whole);
    CHECK(report->slots == 0);
    CHECK(report->log.intact);

    const auto weak = recover_officer(office.env(), office.vault_folder(), keys_of(office, 0, 2),
                                      "Rescue", secret("weak"));
    REQUIRE_FALSE(weak.ok());
    CHECK(weak.error().code == Errc::kWeakPassphrase);
    auto back = recover_officer(office.env(), office.vault_folder(), keys_of(office, 0, 2),
                                "Rescue", secret(kFresh));
    REQUIRE(back.ok());
    must(close_session(std::move(*back)));
    // What was damaged is kept.
    CHECK(file_exists(office.vault_folder() / "keyring.a.damaged"));

    auto vault = office.try_unlock("rescue", kFresh);
    REQUIRE(vault.ok());
    CHECK((*vault)->identity().role == Role::kAdministrator);
    CHECK_FALSE((*vault)->unlock_report().unclean_exit);
    CHECK((*vault)->list().value().size() == 3);
    CHECK((*vault)->verify_log().value().intact);
    // It can be worked with: records, officers, a batch, another key.
    make_record(**vault, "هدى");
    REQUIRE((*vault)->add_officer("Karim", Role::kOfficer, secret(kPassphrase)).ok());
    CHECK((*vault)->seal_pending().value().records == 2);
    REQUIRE(rotate_vault_key(session_of(**vault)).ok());
    CHECK((*vault)->verify_log().value().intact);
    must((*vault)->lock());
    CHECK(office.try_unlock("Karim", kPassphrase).ok());
}

TEST_CASE("recovery beside officers who remain keeps their slots") {
    Office office;
    settle(office);
    const auto taken = recover_officer(office.env(), office.vault_folder(), keys_of(office, 0, 1),
                                       kOfficer, secret(kFresh));
    REQUIRE_FALSE(taken.ok());
    CHECK(taken.error().code == Errc::kUsage);
    auto back = recover_officer(office.env(), office.vault_folder(), keys_of(office, 1, 2),
                                "Rescue", secret(kFresh));
    REQUIRE(back.ok());
    must(close_session(std::move(*back)));
    must(office.unlock()->lock());
    must(office.try_unlock("Rescue", kFresh).value()->lock());
}

TEST_CASE("a vault whose rotation was cut off is recovered with whichever key its database has") {
    struct Stopped {};
    for (const Step stop : {Step::kRotationPrepared, Step::kRotationReady, Step::kRekeyed,
                            Step::kFirstKeyringWritten}) {
        CAPTURE(static_cast<int>(stop));
        Office office;
        settle(office);
        const fakes::TempFolder image;
        {
            auto vault = office.unlock();
            session_of(*vault).env.on_step = [&](Step done) {
                if (done != stop) return;
                std::filesystem::copy(office.vault_folder(), image / "vault",
                                      std::filesystem::copy_options::recursive);
                throw Stopped();
            };
            CHECK_THROWS_AS(rotate_vault_key(session_of(*vault)).ok(), Stopped);
            session_of(*vault).env.on_step = nullptr;
        }
        const auto report = check_recovery(image / "vault", keys_of(office, 0, 2), image / "work");
        REQUIRE(report.ok());
        CHECK(report->log.intact);
        CHECK(report->keyring_whole);
        auto back = recover_officer(office.env(), image / "vault", keys_of(office, 0, 2), "Rescue",
                                    secret(kFresh));
        REQUIRE(back.ok());
        must(close_session(std::move(*back)));
        for (const auto& [name, passphrase] :
             {std::pair{std::string_view("Rescue"), kFresh}, std::pair{kOfficer, kPassphrase}}) {
            auto vault = Vault::unlock(office.env(), image / "vault", name, secret(passphrase));
            REQUIRE(vault.ok());
            CHECK((*vault)->verify_log().value().intact);
            must((*vault)->lock());
        }
    }
}
