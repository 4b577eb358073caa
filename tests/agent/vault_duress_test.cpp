// Goal: an officer who is forced can take every way in away, and nobody can tell; a second factor
// is needed where it was set; many wrong tries lead to people, never to an erased vault.
#include <doctest/doctest.h>

#include <map>

#include "agent/vault/duress.h"
#include "agent/vault/keyring.h"
#include "agent/vault/recover.h"
#include "agent/vault/rotation.h"
#include "agent/vault/second_factor.h"
#include "agent/vault/unlock_guard.h"
#include "tests/agent/vault_fixture.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

constexpr std::string_view kForced = "velvet harbour thirteen pigeon slate";
constexpr std::string_view kNext = "marble orchard ninety willow kettle";

Errc code_of(const Result<std::unique_ptr<Vault>>& vault) {
    return vault.ok() ? Errc::kInternal : vault.error().code;
}

Bytes copy_of(const Office& office, const char* name) {
    return read_file(office.vault_folder() / name).value();
}

/// What a vault says that is damaged indeed.
Error error_of_damage() {
    Office office;
    {
        auto vault = office.create();
    }
    for (const char* name : {"keyring.a", "keyring.b"}) {
        Bytes bytes = copy_of(office, name);
        bytes[bytes.size() - 80] ^= 1;
        must(atomic_write(office.vault_folder() / name, bytes));
    }
    const auto damaged = office.try_unlock();
    REQUIRE_FALSE(damaged.ok());
    return damaged.error();
}

/// A device that gives 32 bytes for each of its credentials.
class FakeFactor final : public SecondFactor {
public:
    explicit FakeFactor(std::uint8_t device) : device_(device) {}
    Result<Bytes> enrol(const OfficerId& officer) override {
        Bytes credential(64, device_);
        std::copy(officer.value.begin(), officer.value.end(), credential.begin() + 1);
        return credential;
    }
    Result<SecretBytes> secret(ByteView credential, const FactorSalt& salt) override {
        ++asked;
        if (!present || credential.size() != 64 || credential[0] != device_) {
            return Error(Errc::kSecondFactor, "another device");
        }
        Hasher hasher(credential);
        hasher.add(salt);
        return SecretBytes::copy_of(hasher.finish());
    }
    bool present = true;
    int asked = 0;

private:
    std::uint8_t device_;
};

struct OfficeWithFactor : Office {
    Result<std::unique_ptr<Vault>> enter(SecondFactor* factor,
                                         std::string_view passphrase = kPassphrase) {
        VaultEnv world = env();
        world.factor = factor;
        clock.advance(61'000);
        return Vault::unlock(world, vault_folder(), kOfficer, secret(passphrase));
    }
};

}  // namespace

TEST_CASE("the duress passphrase takes every slot away and answers as a damaged vault does") {
    Office office;
    std::vector<Bytes> wrapped;
    Bytes recovery;
    {
        auto vault = office.create();
        REQUIRE(vault->add_officer("Karim", Role::kOfficer, secret(kNext)).ok());
        make_record(*vault, "زينب");
        REQUIRE(vault->seal_pending().ok());
        must(set_duress_passphrase(session_of(*vault), secret(kPassphrase), secret(kForced)));
        for (const Slot& slot : session_of(*vault).keyring.slots) {
            wrapped.push_back(slot.wrapped);
            wrapped.push_back(slot.duress);
        }
        recovery = session_of(*vault).keyring.recovery;
        must(vault->lock());
    }
    // The ordinary passphrase goes on working.
    must(office.unlock()->lock());
    const std::size_t size = copy_of(office, "keyring.a").size();
    std::map<std::string, Bytes> outbox;
    const auto names = list_files(office.vault_folder() / "outbox").value();
    for (const std::string& name : names) {
        outbox[name] = read_file(office.vault_folder() / "outbox" / name).value();
    }

    const auto forced = office.try_unlock(kOfficer, kForced);
    REQUIRE_FALSE(forced.ok());
    CHECK(copy_of(office, "keyring.a").size() == size);
    CHECK(copy_of(office, "keyring.b").size() == size);

    const Error damaged = error_of_damage();
    CHECK(forced.error().code == damaged.code);
    CHECK(forced.error().context.view() == damaged.context.view());
    CHECK(forced.error().sys == damaged.sys);
    // And again for whoever tries next, without a wait that would tell.
    for (const auto passphrase : {kForced, kPassphrase, kNext}) {
        CHECK(code_of(office.try_unlock(kOfficer, passphrase)) == Errc::kVaultDamaged);
    }

    const auto all = list_files(office.vault_folder()).value();
    for (const std::string& name : all) {
        CAPTURE(name);
        const Bytes file = read_file(office.vault_folder() / name).value();
        for (const Bytes& slot : wrapped) {
            CHECK(as_text(file).find(as_text(ByteView(slot).first(24))) == std::string_view::npos);
        }
    }
    for (const auto& [name, bytes] : outbox) {
        CHECK(read_file(office.vault_folder() / "outbox" / name).value() == bytes);
    }
    // Headquarters gets in.
    CHECK(decode_keyring_head(copy_of(office, "keyring.a")).value().keyring.recovery == recovery);
    const RecoveryKeys keys{seal_key_from_secret(office.hq.recovery(0).secret.view()),
                            seal_key_from_secret(office.hq.recovery(1).secret.view())};
    auto back = recover_officer(office.env(), office.vault_folder(), keys, "Rescue", secret(kNext));
    REQUIRE(back.ok());
    back->reset();
    auto vault = office.try_unlock("Rescue", kNext);
    REQUIRE(vault.ok());
    CHECK((*vault)->list().value().size() == 1);
    CHECK((*vault)->verify_log().value().intact);
}

TEST_CASE("a keyring with a duress passphrase differs from one without in nothing but noise") {
    Office office;
    auto vault = office.create();
    must(vault->change_passphrase(secret(kPassphrase), secret(kNext)));
    const Bytes without = copy_of(office, "keyring.a");
    must(set_duress_passphrase(session_of(*vault), secret(kNext), secret(kForced)));
    const Bytes with = copy_of(office, "keyring.a");
    REQUIRE(with.size() == without.size());
    const Keyring a = decode_keyring(without).value();
    const Keyring b = decode_keyring(with).value();
    CHECK(a.generation + 1 == b.generation);
    CHECK(a.slots[0].duress != b.slots[0].duress);
    CHECK(a.slots[0].wrapped == b.slots[0].wrapped);
    // With generation and field put back, not one byte differs but checksum and MAC.
    Keyring same = b;
    same.generation = a.generation;
    same.slots[0].duress = a.slots[0].duress;
    CHECK(encode_keyring(same, session_of(*vault).keys.vault_key.view()) == without);
    // No byte of the field has the same value in many of them.
    std::vector<std::map<std::uint8_t, int>> seen(kWrappedSize);
    constexpr int kTimes = 64;
    for (int i = 0; i < kTimes; ++i) {
        Slot slot = a.slots[0];
        must(set_duress(a.device, slot, as_bytes(kForced), office.random));
        REQUIRE(slot.duress.size() == kWrappedSize);
        for (std::size_t at = 0; at < kWrappedSize; ++at) ++seen[at][slot.duress[at]];
    }
    for (const auto& counts : seen) {
        for (const auto& [value, n] : counts) CHECK(n < kTimes / 4);
    }
    // The log tells of a passphrase, no more.
    CHECK(vault->verify_log().value().intact);
}

TEST_CASE("duress and ordinary passphrase must differ, whichever is set last") {
    Office office;
    auto vault = office.create();
    Session& session = session_of(*vault);
    const auto same = set_duress_passphrase(session, secret(kPassphrase), secret(kPassphrase));
    REQUIRE_FALSE(same.ok());
    CHECK(same.error().code == Errc::kSamePassphrase);
    CHECK(set_duress_passphrase(session, secret(kForced), secret(kNext)).error().code ==
          Errc::kWrongPassphrase);
    CHECK(set_duress_passphrase(session, secret(kPassphrase), secret("weak")).error().code ==
          Errc::kWeakPassphrase);
    must(set_duress_passphrase(session, secret(kPassphrase), secret(kForced)));
    const auto taken = vault->change_passphrase(secret(kPassphrase), secret(kForced));
    REQUIRE_FALSE(taken.ok());
    CHECK(taken.error().code == Errc::kSamePassphrase);
    must(vault->lock());
    CHECK(office.try_unlock().ok());
}

TEST_CASE("a duress passphrase outlives a new passphrase and a rotation, until it is taken back") {
    for (const bool removed : {false, true}) {
        Office office;
        {
            auto vault = office.create();
            Session& session = session_of(*vault);
            must(set_duress_passphrase(session, secret(kPassphrase), secret(kForced)));
            must(vault->change_passphrase(secret(kPassphrase), secret(kNext)));
            REQUIRE(rotate_vault_key(session).ok());
            if (removed) must(remove_duress_passphrase(session, secret(kNext)));
            must(vault->lock());
        }
        must(office.try_unlock(kOfficer, kNext).value()->lock());
        if (removed) {
            CHECK(code_of(office.try_unlock(kOfficer, kForced)) == Errc::kWrongPassphrase);
            office.clock.advance(61'000);
            CHECK(office.try_unlock(kOfficer, kNext).ok());
        } else {
            CHECK(code_of(office.try_unlock(kOfficer, kForced)) == Errc::kVaultDamaged);
            CHECK(code_of(office.try_unlock(kOfficer, kNext)) == Errc::kVaultDamaged);
        }
    }
}

TEST_CASE("a slot with a second factor opens with passphrase and device, not with one of them") {
    OfficeWithFactor office;
    FakeFactor device(7);
    FakeFactor stranger(8);
    {
        auto vault = office.create();
        CHECK(add_second_factor(session_of(*vault), secret(kPassphrase)).error().code ==
              Errc::kSecondFactor);
        must(vault->lock());
    }
    {
        auto vault = office.enter(&device).value();
        CHECK(device.asked == 0);
        must(add_second_factor(session_of(*vault), secret(kPassphrase)));
        must(vault->lock());
    }
    const Keyring keyring = decode_keyring(copy_of(office, "keyring.a")).value();
    CHECK(keyring.slots[0].factor == Factor::kDevice);
    CHECK(keyring.slots[0].credential.size() == 64);
    CHECK(code_of(office.enter(nullptr)) == Errc::kSecondFactor);
    CHECK(code_of(office.enter(&stranger)) == Errc::kSecondFactor);
    CHECK(code_of(office.enter(&device, kNext)) == Errc::kWrongPassphrase);
    device.present = false;
    CHECK(code_of(office.enter(&device)) == Errc::kSecondFactor);
    device.present = true;
    {
        auto vault = office.enter(&device).value();
        REQUIRE(rotate_vault_key(session_of(*vault)).ok());
        must(vault->change_passphrase(secret(kPassphrase), secret(kNext)));
        must(set_duress_passphrase(session_of(*vault), secret(kNext), secret(kForced)));
        must(vault->lock());
    }
    CHECK(code_of(office.enter(nullptr, kNext)) == Errc::kSecondFactor);
    {
        auto vault = office.enter(&device, kNext).value();
        must(remove_second_factor(session_of(*vault), secret(kNext)));
        must(vault->lock());
    }
    must(office.enter(nullptr, kNext).value()->lock());
    {
        auto vault = office.enter(&device, kNext).value();
        must(add_second_factor(session_of(*vault), secret(kNext)));
        must(vault->lock());
    }
    // Duress needs no device.
    CHECK(code_of(office.enter(nullptr, kForced)) == Errc::kVaultDamaged);
}

TEST_CASE("the tenth wrong try says who can help, and the right passphrase still opens the vault") {
    Office office;
    {
        auto vault = office.create();
    }
    for (std::uint32_t i = 1; i <= 15; ++i) {
        CAPTURE(i);
        const Errc expected = i < kManyTries ? Errc::kWrongPassphrase : Errc::kManyWrongTries;
        CHECK(code_of(office.try_unlock(kOfficer, kNext)) == expected);
        CHECK(code_of(office.try_unlock()) == Errc::kUnlockDelayed);
        office.clock.advance(kUnlockDelayMaxMs);
    }
    auto vault = office.try_unlock();
    REQUIRE(vault.ok());
    CHECK((*vault)->unlock_report().failed_unlocks == 15);
    must((*vault)->lock());
    CHECK(code_of(office.try_unlock(kOfficer, kNext)) == Errc::kWrongPassphrase);
}
