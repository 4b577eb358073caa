// Goal: headquarters' order closes a computer for good without losing anything, and nobody else's
// paper does.
#include <doctest/doctest.h>

#include "agent/vault/keyring.h"
#include "agent/vault/recover.h"
#include "agent/vault/revocation.h"
#include "tests/agent/vault_fixture.h"
#include "tests/sync/log_reader.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

constexpr std::string_view kOther = "marble orchard ninety willow kettle";

Errc code_of(const Result<std::unique_ptr<Vault>>& vault) {
    return vault.ok() ? Errc::kInternal : vault.error().code;
}
Bytes order_for(const Office& office, const DeviceId& device, UnixMs issued_ms) {
    return sync::sign_revocation({device, issued_ms, sync::RevocationReason::kLost},
                                 office.hq.delegate());
}
Path order_path(const Office& office) {
    return office.vault_folder() / "outbox" / "revoke.order";
}
RecoveryKeys recovery_keys(const Office& office) {
    return {seal_key_from_secret(office.hq.recovery(1).secret.view()),
            seal_key_from_secret(office.hq.recovery(2).secret.view())};
}
struct Stopped {};

/// All records that batches in the outbox carry.
std::size_t sealed_records(const Office& office, const SignPublic& device) {
    std::vector<Bytes> files;
    const Path folder = office.vault_folder() / "outbox";
    const auto names = list_files(folder).value();
    for (const std::string& name : names) {
        if (name.ends_with(".awb")) files.push_back(read_file(folder / name).value());
    }
    sync::sample::LogReader reader(device, office.hq.registry());
    const auto events = reader.open_all(std::move(files));
    REQUIRE(events.ok());
    std::size_t records = 0;
    for (const sync::Event& event : *events) {
        records += event.type == sync::EventType::kRecordFinalised ? 1 : 0;
    }
    return records;
}

}  // namespace

TEST_CASE("an order seals what is finished, erases the slots, and leaves outbox and recovery") {
    Office office;
    SignPublic device{};
    Bytes order;
    {
        auto vault = office.create();
        REQUIRE(vault->add_officer("Karim", Role::kOfficer, secret(kOther)).ok());
        make_record(*vault, "زينب");
        make_record(*vault, "نور");
        const InstanceId draft = vault->start_draft(test_form(), "ar").value();
        must(vault->save_draft(draft, {{"person/name", "هدى"}}));
        device = session_of(*vault).keyring.device_sign;
        order = order_for(office, vault->identity().device, office.clock.now());
        must(revoke(session_of(*vault), order));
        must(vault->lock());
    }
    CHECK(code_of(office.try_unlock()) == Errc::kRevoked);
    CHECK(code_of(office.try_unlock("Karim", kOther)) == Errc::kRevoked);
    CHECK(code_of(office.try_unlock("Nobody", kOther)) == Errc::kRevoked);
    for (const char* name : {"keyring.a", "keyring.b"}) {
        const Keyring keyring =
            decode_keyring(read_file(office.vault_folder() / name).value()).value();
        CHECK(keyring.revoked);
        CHECK(keyring.slots.empty());
        CHECK_FALSE(keyring.recovery.empty());
    }
    CHECK(sealed_records(office, device) == 2);

    // Headquarters gets in again, finds all of it, and the old order does not close it anew.
    auto back = recover_officer(office.env(), office.vault_folder(), recovery_keys(office),
                                "Rescue", secret(kOther));
    REQUIRE(back.ok());
    back->reset();
    must(atomic_write(order_path(office), order));
    auto vault = office.try_unlock("Rescue", kOther);
    REQUIRE(vault.ok());
    CHECK(file_exists(order_path(office).string() + ".refused"));
    CHECK((*vault)->status().value().drafts == 1);
    CHECK((*vault)->list().value().size() == 3);
    CHECK((*vault)->verify_log().value().intact);
    const auto again = revoke(session_of(**vault), order);
    REQUIRE_FALSE(again.ok());
    CHECK(again.error().code == Errc::kOrderRefused);
    // A newer one does.
    office.clock.advance(1000);
    must(revoke(session_of(**vault),
                order_for(office, (*vault)->identity().device, office.clock.now())));
    must((*vault)->lock());
    CHECK(code_of(office.try_unlock("Rescue", kOther)) == Errc::kRevoked);
}

TEST_CASE("an order in the outbox is obeyed at the next unlock, whoever unlocks") {
    Office office;
    SignPublic device{};
    {
        auto vault = office.create();
        REQUIRE(vault->add_officer("Karim", Role::kOfficer, secret(kOther)).ok());
        make_record(*vault, "زينب");
        device = session_of(*vault).keyring.device_sign;
        must(atomic_write(order_path(office),
                          order_for(office, vault->identity().device, office.clock.now())));
        must(vault->lock());
    }
    CHECK(code_of(office.try_unlock("Karim", kOther)) == Errc::kRevoked);
    CHECK(sealed_records(office, device) == 1);
    CHECK_FALSE(file_exists(order_path(office)));
    CHECK(file_exists(order_path(office).string() + ".done"));
    CHECK(code_of(office.try_unlock()) == Errc::kRevoked);
}

TEST_CASE("forged, damaged and other computers' orders are refused and keep nobody out") {
    Office office;
    fakes::SeededRandom random(99);
    auto vault = office.create();
    Session& session = session_of(*vault);
    const DeviceId mine = vault->identity().device;
    const UnixMs now = office.clock.now();
    const Bytes genuine = order_for(office, mine, now);
    DeviceId other = mine;
    other.value[3] ^= 1;
    CHECK(revoke(session, order_for(office, other, now)).error().code == Errc::kOrderRefused);
    const Bytes forged =
        sync::sign_revocation({mine, now, sync::RevocationReason::kLost}, new_sign_key(random));
    CHECK(revoke(session, forged).error().code == Errc::kBadSignature);
    for (std::size_t i = 0; i < genuine.size(); ++i) {
        Bytes bad = genuine;
        bad[i] ^= 0x01;
        REQUIRE_FALSE(revoke(session, bad).ok());
        REQUIRE_FALSE(revoke(session, ByteView(genuine).first(i)).ok());
    }
    CHECK_FALSE(session.keyring.revoked);
    must(vault->lock());
    for (const Bytes& bad : {forged, order_for(office, other, now), Bytes(5000, 7), Bytes()}) {
        must(atomic_write(order_path(office), bad));
        auto again = office.try_unlock();
        REQUIRE(again.ok());
        CHECK_FALSE(file_exists(order_path(office)));
        must((*again)->lock());
    }
}

TEST_CASE("a revocation cut off at any step is carried out at the next unlock, with nothing lost") {
    for (const Step stop : {Step::kSealCommitted, Step::kBatchWritten, Step::kOrderSealed,
                            Step::kFirstKeyringWritten, Step::kSecondKeyringWritten}) {
        CAPTURE(static_cast<int>(stop));
        Office office;
        SignPublic device{};
        {
            auto vault = office.create();
            make_record(*vault, "زينب");
            Session& session = session_of(*vault);
            device = session.keyring.device_sign;
            session.env.on_step = [stop](Step done) {
                if (done == stop) throw Stopped();
            };
            const Bytes order = order_for(office, vault->identity().device, office.clock.now());
            CHECK_THROWS_AS(revoke(session, order).ok(), Stopped);
            session.env.on_step = nullptr;
        }
        CHECK(code_of(office.try_unlock()) == Errc::kRevoked);
        CHECK(code_of(office.try_unlock()) == Errc::kRevoked);
        CHECK(sealed_records(office, device) == 1);
        for (const char* name : {"keyring.a", "keyring.b"}) {
            CHECK(decode_keyring(read_file(office.vault_folder() / name).value()).value().revoked);
        }
    }
}

TEST_CASE("a keyring that only claims to be revoked closes nothing") {
    Office office;
    {
        auto vault = office.create();
    }
    const Path path = office.vault_folder() / "keyring.a";
    Keyring forged = decode_keyring(read_file(path).value()).value();
    forged.revoked = true;
    forged.slots.clear();
    forged.generation = 50;
    must(atomic_write(path, encode_keyring(forged, Bytes(32, 1))));
    CHECK(code_of(office.try_unlock("Nobody", kOther)) == Errc::kWrongPassphrase);
    office.clock.advance(61'000);
    auto vault = office.try_unlock();
    REQUIRE(vault.ok());
    CHECK((*vault)->unlock_report().keyring_repaired);
}
