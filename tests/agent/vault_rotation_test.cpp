// Goal: a vault key can be changed at any time and with the plug pulled at any moment: everybody
// who may log in still can, everybody else gets nothing, and headquarters can still recover.
#include <doctest/doctest.h>

#include <filesystem>

#include "agent/vault/delivery.h"
#include "agent/vault/keyring.h"
#include "agent/vault/officers.h"
#include "agent/vault/payloads.h"
#include "agent/vault/recovery.h"
#include "agent/vault/rotation.h"
#include "platform/sqlite.h"
#include "tests/agent/vault_fixture.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

constexpr std::string_view kDilan = "Dilan Aziz";
constexpr std::string_view kDilanPassphrase = "marble orchard ninety willow kettle";
constexpr std::string_view kSara = "Sara Omer";
constexpr std::string_view kSaraPassphrase = "copper bridge walnut evening cloud";

struct Who {
    std::string_view name;
    std::string_view passphrase;
};
constexpr std::array<Who, 3> kEverybody{
    Who{kOfficer, kPassphrase}, {kDilan, kDilanPassphrase}, {kSara, kSaraPassphrase}};

struct Stopped {};

Errc code_of(const Result<std::unique_ptr<Vault>>& vault) {
    return vault.ok() ? Errc::kInternal : vault.error().code;
}

/// Three officers and a record.
InstanceId settle(Office& office) {
    auto vault = office.create();
    REQUIRE(vault->add_officer(kDilan, Role::kSupervisor, secret(kDilanPassphrase)).ok());
    REQUIRE(vault->add_officer(kSara, Role::kOfficer, secret(kSaraPassphrase)).ok());
    const InstanceId record = make_record(*vault, "زينب");
    must(vault->lock());
    return record;
}

Keyring keyring_of(const Office& office, const char* name = "keyring.a") {
    return decode_keyring(read_file(office.vault_folder() / name).value()).value();
}

/// Everybody logs in, in turn, finds the record and an intact log.
void everybody_gets_in(Office& office, const InstanceId& record) {
    for (const Who& who : kEverybody) {
        CAPTURE(std::string(who.name));
        auto vault = office.try_unlock(who.name, who.passphrase);
        REQUIRE(vault.ok());
        CHECK((*vault)->identity().officer_name == who.name);
        CHECK((*vault)->show(record).ok());
        CHECK((*vault)->verify_log().value().intact);
        must((*vault)->lock());
    }
}

void copy_folder(const Path& from, const Path& to) {
    std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

}  // namespace

TEST_CASE("after a rotation everybody logs in as before and their slots hold the new key") {
    Office office;
    const InstanceId record = settle(office);
    const Keyring before = keyring_of(office);
    {
        auto vault = office.unlock();
        const auto done = rotate_vault_key(session_of(*vault));
        REQUIRE(done.ok());
        CHECK(done->epoch == 2);
        CHECK(done->officers == 3);
        // The session goes on.
        make_record(*vault, "نور");
        CHECK(vault->verify_log().value().intact);
        must(vault->lock());
    }
    Keyring keyring = keyring_of(office);
    CHECK(keyring.epoch == 2);
    CHECK(keyring.previous.empty());
    CHECK(keyring.device_keys != before.device_keys);
    CHECK(keyring.database_salt == before.database_salt);
    for (const Slot& slot : keyring.slots) CHECK(slot.epoch == 1);
    everybody_gets_in(office, record);
    keyring = keyring_of(office);
    for (const Slot& slot : keyring.slots) {
        CHECK(slot.epoch == 2);
        CHECK(slot.incoming.empty());
    }
    CHECK(read_file(office.vault_folder() / "keyring.a").value() ==
          read_file(office.vault_folder() / "keyring.b").value());
    everybody_gets_in(office, record);
}

TEST_CASE("only an administrator rotates") {
    Office office;
    settle(office);
    auto vault = office.try_unlock(kDilan, kDilanPassphrase).value();
    const auto refused = rotate_vault_key(session_of(*vault));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Errc::kNotAllowed);
    CHECK(keyring_of(office).epoch == 1);
}

TEST_CASE("the old vault key opens neither the database nor the keyring after a rotation") {
    Office office;
    settle(office);
    const Keyring before = keyring_of(office);
    const auto old =
        open_slot(before, before.slots[0], as_bytes(kPassphrase), KdfPolicy{kTestCost, kTestCost});
    REQUIRE(old.ok());
    const SecretBytes key = subkey(old->vault_key.view(), Subkey::kDatabase);
    {
        auto vault = office.unlock();
        REQUIRE(rotate_vault_key(session_of(*vault)).ok());
        must(vault->lock());
    }
    const auto refused =
        Database::open(office.vault_folder() / "vault.db", key.view(), before.database_salt);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Errc::kAltered);
    const Bytes file = read_file(office.vault_folder() / "keyring.a").value();
    CHECK_FALSE(check_keyring_mac(file, old->vault_key.view()).ok());
}

TEST_CASE("who was removed gets nothing after a rotation, not even with an old keyring") {
    Office office;
    const InstanceId record = settle(office);
    const Bytes old_keyring = read_file(office.vault_folder() / "keyring.a").value();
    {
        auto vault = office.unlock();
        const auto gone = remove_officer(session_of(*vault), "sara omer");
        REQUIRE(gone.ok());
        CHECK_FALSE(vault->officers().value()[2].here);
        must(vault->lock());
    }
    CHECK(code_of(office.try_unlock(kSara, kSaraPassphrase)) == Errc::kWrongPassphrase);
    office.clock.advance(61'000);
    {
        auto vault = office.unlock();
        REQUIRE(rotate_vault_key(session_of(*vault)).ok());
        must(vault->lock());
    }
    // One copy or both put back: the passphrase is right for them, the database does not open.
    for (const bool both : {false, true}) {
        const Bytes good = read_file(office.vault_folder() / "keyring.a").value();
        must(atomic_write(office.vault_folder() / "keyring.b", old_keyring));
        if (both) must(atomic_write(office.vault_folder() / "keyring.a", old_keyring));
        CHECK(code_of(office.try_unlock(kSara, kSaraPassphrase)) == Errc::kVaultDamaged);
        office.clock.advance(61'000);
        // Nothing was changed by the try.
        CHECK(read_file(office.vault_folder() / "keyring.b").value() == old_keyring);
        must(atomic_write(office.vault_folder() / "keyring.a", good));
        auto vault = office.try_unlock();
        REQUIRE(vault.ok());
        CHECK((*vault)->show(record).ok());
        must((*vault)->lock());
    }
    // The old key does not open what waits for others in the new keyring.
    const Keyring old = decode_keyring(old_keyring).value();
    const auto sara = open_slot(old, *find_slot(old, kSara), as_bytes(kSaraPassphrase),
                                KdfPolicy{kTestCost, kTestCost});
    REQUIRE(sara.ok());
    const Keyring now = keyring_of(office);
    for (const Slot& slot : now.slots) {
        CHECK(slot.officer != find_slot(old, kSara)->officer);
        if (slot.epoch == 1) CHECK_FALSE(key_of_epoch(now.device, slot, *sara, 2).ok());
    }
}

TEST_CASE("a stop at any step of a rotation keeps everybody in, whoever comes first") {
    const std::array steps{Step::kRotationPrepared, Step::kRotationReady, Step::kRekeyed,
                           Step::kFirstKeyringWritten, Step::kSecondKeyringWritten};
    for (const Step stop : steps) {
        for (std::size_t first = 0; first < kEverybody.size(); ++first) {
            CAPTURE(static_cast<int>(stop));
            CAPTURE(first);
            Office office(first + 7);
            const InstanceId record = settle(office);
            {
                auto vault = office.unlock();
                session_of(*vault).env.on_step = [stop](Step done) {
                    if (done == stop) throw Stopped();
                };
                CHECK_THROWS_AS(rotate_vault_key(session_of(*vault)).ok(), Stopped);
                // The process is gone without a word; the files stay as they are.
                session_of(*vault).env.on_step = nullptr;
                const fakes::TempFolder image;
                copy_folder(office.vault_folder(), image / "vault");
                vault.reset();
                std::filesystem::remove_all(office.vault_folder());
                copy_folder(image / "vault", office.vault_folder());
            }
            const Who& who = kEverybody[first];
            {
                auto vault = office.try_unlock(who.name, who.passphrase);
                REQUIRE(vault.ok());
                must((*vault)->lock());
            }
            const Keyring keyring = keyring_of(office);
            CHECK(keyring.previous.empty());
            CHECK(keyring.epoch ==
                  (stop == Step::kRotationPrepared || stop == Step::kRotationReady ? 1U : 2U));
            everybody_gets_in(office, record);
            if (first != 0) continue;
            // And it can be done again.
            {
                auto vault = office.unlock();
                REQUIRE(rotate_vault_key(session_of(*vault)).ok());
                must(vault->lock());
            }
            everybody_gets_in(office, record);
        }
    }
}

TEST_CASE("rotations one after the other reach an officer who logs in only at the end") {
    Office office;
    const InstanceId record = settle(office);
    for (int i = 0; i < 5; ++i) {
        auto vault = office.unlock();
        REQUIRE(rotate_vault_key(session_of(*vault)).ok());
        must(vault->lock());
    }
    CHECK(keyring_of(office).epoch == 6);
    everybody_gets_in(office, record);
    const Keyring keyring = keyring_of(office);
    for (const Slot& slot : keyring.slots) CHECK(slot.epoch == 6);
}

TEST_CASE("the new recovery blob travels in the log; older ones stay until headquarters has it") {
    Office office;
    settle(office);
    auto vault = office.unlock();
    REQUIRE(vault->seal_pending().ok());
    office.answer(*vault, true, true);
    REQUIRE(vault->reconcile().ok());
    REQUIRE(rotate_vault_key(session_of(*vault)).ok());
    CHECK(session_of(*vault).keyring.older_recovery.size() == 1);
    CHECK(session_of(*vault).keyring.older_recovery[0].epoch == 1);
    // A rotation alone is worth a batch, and the batch carries the blob.
    REQUIRE(vault->seal_pending().value().batches == 1);
    auto outbox = sync::OutboxFolder::open(vault->outbox_folder()).value();
    const auto waiting = outbox.batches().value();
    REQUIRE(waiting.size() == 1);
    const Path folder = vault->outbox_folder();
    Bytes batch;
    const auto names = list_files(folder).value();
    for (const std::string& name : names) {
        if (name.ends_with(".awb")) batch = read_file(folder / name).value();
    }
    const auto opened = sync::open_batch(batch, session_of(*vault).keyring.device_sign,
                                         office.hq.registry(), known_of(session_of(*vault)));
    REQUIRE(opened.ok());
    std::optional<KeysRotated> told;
    for (const sync::Event& event : opened->events) {
        if (event.type == sync::EventType::kKeysRotated) {
            told = decode_keys_rotated(*event.payload).value();
        }
    }
    REQUIRE(told.has_value());
    CHECK(told->epoch == 2);
    CHECK(told->recovery == session_of(*vault).keyring.recovery);
    const auto key = open_recovery(told->recovery, office.hq.recovery(0), office.hq.recovery(2));
    REQUIRE(key.ok());
    CHECK(key->epoch == 2);
    CHECK(equal(key->vault_key.view(), session_of(*vault).keys.vault_key.view()));

    // Stored is not opened.
    office.answer(*vault, true, false);
    REQUIRE(vault->reconcile().ok());
    must(vault->lock());
    vault = office.unlock();
    CHECK(session_of(*vault).keyring.older_recovery.size() == 1);
    office.answer(*vault, true, true);
    REQUIRE(vault->reconcile().ok());
    must(vault->lock());
    vault = office.unlock();
    CHECK(session_of(*vault).keyring.older_recovery.empty());
    CHECK(keyring_of(office, "keyring.b").older_recovery.empty());
}

TEST_CASE("more rotations than headquarters has seen are refused, and go on once it has") {
    Office office;
    settle(office);
    auto vault = office.unlock();
    for (std::size_t i = 0; i < kOlderRecoveryMax; ++i) {
        REQUIRE(rotate_vault_key(session_of(*vault)).ok());
    }
    const auto refused = rotate_vault_key(session_of(*vault));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Errc::kTooLarge);
    REQUIRE(vault->seal_pending().ok());
    office.answer(*vault, true, true);
    REQUIRE(vault->reconcile().ok());
    REQUIRE(rotate_vault_key(session_of(*vault)).ok());
    CHECK(session_of(*vault).keyring.older_recovery.size() == 1);
    must(vault->lock());
    CHECK(office.try_unlock(kSara, kSaraPassphrase).ok());
}

TEST_CASE("a keyring forged by who holds the old key does not lead anybody to another key") {
    Office office;
    settle(office);
    const Bytes genuine = read_file(office.vault_folder() / "keyring.a").value();
    const Keyring before = decode_keyring(genuine).value();
    const auto old = open_slot(before, *find_slot(before, kSara), as_bytes(kSaraPassphrase),
                               KdfPolicy{kTestCost, kTestCost});
    REQUIRE(old.ok());
    const auto forge = [&](const Keyring& base, ByteView base_file) {
        SecretBytes chosen(32);
        office.random.fill(chosen.mutable_view());
        Keyring forged = base;
        forged.previous.assign(base_file.begin(), base_file.end());
        forged.epoch = base.epoch + 1;
        forged.generation = base.generation + 1;
        const DeviceKeys device{new_sign_key(office.random), new_seal_key(office.random)};
        forged.device_keys = wrap_device_keys(forged, chosen.view(), device, office.random);
        for (Slot& slot : forged.slots) {
            must(put_incoming(forged.device, slot, forged.epoch, chosen.view()));
        }
        const Bytes file = encode_keyring(forged, chosen.view());
        must(atomic_write(office.vault_folder() / "keyring.a", file));
        must(atomic_write(office.vault_folder() / "keyring.b", file));
        return subkey(chosen.view(), Subkey::kDatabase);
    };
    {
        // Before any rotation: the database still has the old key, so it is taken back.
        const SecretBytes chosen = forge(before, genuine);
        auto vault = office.try_unlock();
        REQUIRE(vault.ok());
        must((*vault)->lock());
        CHECK(keyring_of(office).epoch == 1);
        CHECK_FALSE(
            Database::open(office.vault_folder() / "vault.db", chosen.view(), before.database_salt)
                .ok());
    }
    {
        auto vault = office.unlock();
        REQUIRE(rotate_vault_key(session_of(*vault)).ok());
        must(vault->lock());
    }
    const Bytes now = read_file(office.vault_folder() / "keyring.a").value();
    const SecretBytes chosen = forge(decode_keyring(now).value(), genuine);
    CHECK(code_of(office.try_unlock()) == Errc::kVaultDamaged);
    CHECK_FALSE(
        Database::open(office.vault_folder() / "vault.db", chosen.view(), before.database_salt)
            .ok());
    must(atomic_write(office.vault_folder() / "keyring.a", now));
    office.clock.advance(61'000);
    CHECK(office.try_unlock().ok());
}

TEST_CASE("nobody but an administrator removes an officer, and nobody removes themselves") {
    Office office;
    settle(office);
    {
        auto vault = office.unlock();
        const auto oneself = remove_officer(session_of(*vault), kOfficer);
        REQUIRE_FALSE(oneself.ok());
        CHECK(oneself.error().code == Errc::kNotAllowed);
        const auto nobody = remove_officer(session_of(*vault), "Nobody");
        REQUIRE_FALSE(nobody.ok());
        CHECK(nobody.error().code == Errc::kNotFound);
        must(vault->lock());
    }
    auto vault = office.try_unlock(kDilan, kDilanPassphrase).value();
    const auto refused = remove_officer(session_of(*vault), kSara);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Errc::kNotAllowed);
}

TEST_CASE("a slot that was removed is in no file of the vault, and its number is not used again") {
    Office office;
    settle(office);
    // A copy kept aside as damaged holds the slot too.
    Bytes damaged = read_file(office.vault_folder() / "keyring.b").value();
    damaged.back() ^= 1;
    must(atomic_write(office.vault_folder() / "keyring.b", damaged));
    const Keyring before = keyring_of(office);
    const Slot sara = *find_slot(before, kSara);
    auto vault = office.unlock();
    REQUIRE(file_exists(office.vault_folder() / "keyring.b.damaged"));
    REQUIRE(remove_officer(session_of(*vault), kSara).ok());
    const auto names = list_files(office.vault_folder()).value();
    for (const std::string& name : names) {
        CAPTURE(name);
        const Bytes file = read_file(office.vault_folder() / name).value();
        CHECK(as_text(file).find(as_text(ByteView(sara.wrapped).first(40))) ==
              std::string_view::npos);
    }
    REQUIRE(vault->add_officer("Hana", Role::kOfficer, secret(kSaraPassphrase)).ok());
    const Keyring after = keyring_of(office);
    CHECK(find_slot(after, "Hana")->number == 4);
}
