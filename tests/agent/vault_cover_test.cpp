// Goal: records carry no signature of their own, and yet each is its officer's word: by a
// checkpoint of that officer, who may have left without one, and by nothing that whoever has the
// vault's key can make without an officer's.
#include <doctest/doctest.h>

#include <filesystem>

#include "agent/vault/delivery.h"
#include "agent/vault/event_log.h"
#include "agent/vault/log_check.h"
#include "agent/vault/recover.h"
#include "agent/vault/schema.h"
#include "agent/vault/vault_open.h"
#include "platform/codec.h"
#include "sync/log/cover.h"
#include "tests/agent/people.h"
#include "tests/agent/raw_vault.h"
#include "tests/sync/log_reader.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;
using sync::Event;
using sync::EventType;

namespace {

std::vector<Event> log_of(Database& db) {
    std::vector<Event> events;
    must(for_events(db, 1, 1'000'000, [&](const Event& event) -> Status {
        events.push_back(event);
        return {};
    }));
    return events;
}

/// As if the power had gone: the vault's folder is what it was, and nobody said goodbye.
void leave_without_a_word(Office& office, std::unique_ptr<Vault> vault) {
    const Path folder = office.vault_folder();
    const Path aside = office.folder / "aside";
    std::filesystem::copy(folder, aside, std::filesystem::copy_options::recursive);
    vault.reset();
    std::filesystem::remove_all(folder);
    std::filesystem::rename(aside, folder);
}

/// The checkpoint behind event `seq`.
sync::Checkpoint checkpoint_at(const std::vector<Event>& log, std::uint64_t seq) {
    const Event& event = log.at(seq);
    REQUIRE(event.type == EventType::kCheckpoint);
    const auto checkpoint = sync::decode_checkpoint(*event.payload).value();
    CHECK(event.officer == checkpoint.officer);
    return checkpoint;
}

std::vector<std::vector<Event>> batches_of(Office& office, Vault& vault) {
    auto outbox = sync::OutboxFolder::open(vault.outbox_folder()).value();
    const SignPublic key =
        sync::open_enrol_request(outbox.enrolment().value().request).value().device_sign;
    sync::sample::LogReader reader(key, office.hq.registry());
    std::vector<std::vector<Event>> batches;
    const auto waiting = outbox.batches().value();
    for (const sync::OutboxBatch& batch : waiting) {
        const InputFile file = outbox.open_batch(batch.number).value();
        Bytes bytes(file.size().value());
        REQUIRE(file.read_at(0, bytes).value() == bytes.size());
        batches.push_back(reader.open(bytes).value().events);
    }
    return batches;
}

/// Appends an event as whoever has the vault's key can, links and hashes right.
void slip_in(RawVault& raw, EventType type, const OfficerId& officer, ByteView payload) {
    const std::vector<Event> log = log_of(raw.db);
    Event event = log.back();
    event.prev = sync::event_hash(raw.origin.device, log.back());
    ++event.seq;
    ++event.hlc.packed;
    event.officer = officer;
    event.type = type;
    event.salt = sync::Salt{7};
    event.payload = Bytes(payload.begin(), payload.end());
    event.commitment = sync::commit(*event.salt, payload);
    Statement insert =
        raw.db.prepare("INSERT INTO events VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)").value();
    insert.bind_all(event.seq, event.hlc.packed, event.officer.value, event.office.value,
                    static_cast<int>(type), event.commitment, event.prev,
                    sync::event_hash(raw.origin.device, event), *event.salt, *event.payload);
    must(insert.run());
}

Bytes some_record(Random& random) {
    sync::Record record;
    random.fill(record.instance.value);
    record.root = record.instance;
    record.form_id = "returnee-intake";
    record.fields = answers("نور");
    return sync::encode_record_payload(sync::make_record_payload(sync::encode_record(record)));
}

/// Keeps the head as the officer would who has this key.
void keep_head_as(RawVault& raw, const OfficerId& officer, const SignKey& key) {
    const Event last = log_of(raw.db).back();
    const Hash32 hash = sync::event_hash(raw.origin.device, last);
    const auto half = sync::sign_as_officer(raw.origin.device, last.seq, hash, officer, key);
    ByteWriter out;
    out.raw("AWDAHED2");
    out.u64(last.seq);
    out.raw(hash);
    out.raw(officer.bytes());
    out.raw(half.officer_signature);
    must(meta_put(raw.db, Meta::kHead, out.bytes()));
}

SignKey key_of_first_officer(const Path& folder) {
    const RawKeys keys = raw_keys(folder);
    const SlotSecrets secrets = open_slot(keys.keyring, keys.keyring.slots[0],
                                          as_bytes(kPassphrase), KdfPolicy{kTestCost, kTestCost})
                                    .value();
    return sign_key_from_seed(secrets.officer_seed.view());
}

}  // namespace

TEST_CASE("what an officer did before a crash is signed by his own checkpoint when another comes") {
    People people;
    auto vault = people.as(kKarim);
    const OfficerId karim = vault->identity().officer;
    const InstanceId record = make_record(*vault, "نور");
    const std::uint64_t head = session_of(*vault).log.head().seq;
    REQUIRE_FALSE(session_of(*vault).log.checkpointed());
    leave_without_a_word(people.office, std::move(vault));
    REQUIRE_FALSE(people.office.try_unlock(kKarim, "not the passphrase at all").ok());
    people.office.clock.advance(3'600'000);

    vault = people.as(kRojin);
    const std::vector<Event> log = log_of(session_of(*vault).db);
    const sync::Checkpoint checkpoint = checkpoint_at(log, head);
    CHECK(checkpoint.officer == karim);
    CHECK(checkpoint.size == head);
    CHECK(log.at(head + 1).type == EventType::kUnlockFailed);
    make_record(*vault, "another officer's");
    CHECK(vault->verify_log()->intact);
    REQUIRE(vault->seal_pending().ok());
    for (const auto& batch : batches_of(people.office, *vault)) {
        sync::Cover cover;
        for (const Event& event : batch) CHECK(cover.add(event).ok());
        CHECK(cover.waiting().empty());
    }
    must(vault->lock());
    CHECK(people.as(kOfficer)->show(record).value().officer == karim);
}

TEST_CASE(
    "headquarters comes after a crash: the officer's checkpoint goes in front of the recovery") {
    Office office;
    auto vault = office.create();
    const OfficerId officer = vault->identity().officer;
    make_record(*vault, "نور");
    const std::uint64_t head = session_of(*vault).log.head().seq;
    leave_without_a_word(office, std::move(vault));
    const auto copy_of = [](const SealKey& key) { return seal_key_from_secret(key.secret.view()); };
    const RecoveryKeys keys{copy_of(office.hq.recovery(0)), copy_of(office.hq.recovery(1))};
    auto back = recover_officer(office.env(), office.vault_folder(), keys, "Rescue",
                                secret("granite harbour violet thirty"));
    REQUIRE(back.ok());
    const std::vector<Event> log = log_of((*back)->db);
    CHECK(checkpoint_at(log, head).officer == officer);
    CHECK(log.at(head + 1).type == EventType::kVaultRecovered);
    must(close_session(std::move(*back)));
    CHECK(office.unlock()->verify_log()->intact);
}

TEST_CASE("the same officer goes on after a crash, and his next checkpoint covers both times") {
    People people;
    auto vault = people.as(kKarim);
    make_record(*vault, "نور");
    const std::uint64_t head = session_of(*vault).log.head().seq;
    leave_without_a_word(people.office, std::move(vault));
    vault = people.as(kKarim);
    make_record(*vault, "second");
    const std::vector<Event> log = log_of(session_of(*vault).db);
    CHECK(log.at(head).type != EventType::kCheckpoint);
    CHECK(vault->verify_log()->intact);
    CHECK(vault->seal_pending()->records == 2);
    CHECK(vault->verify_log()->intact);
}

TEST_CASE("a transaction that fails owes the other officer's checkpoint again") {
    People people;
    auto vault = people.as(kKarim);
    make_record(*vault, "نور");
    leave_without_a_word(people.office, std::move(vault));
    RawVault raw = open_raw(people.office.vault_folder());
    const SignKey key = new_sign_key(people.office.random);
    const OfficerId another = log_of(raw.db).front().officer;
    EventLog log(raw.db, raw.origin.device, raw.origin.office, people.office.clock,
                 people.office.random, LogSigners{&raw.device.sign, another, &key});
    must(log.load());
    REQUIRE(log.owes_checkpoint());
    const LogHead before = log.head();
    {
        const Transaction transaction = Transaction::begin(raw.db).value();
        REQUIRE(log.append_owed_checkpoint().ok());
        CHECK_FALSE(log.owes_checkpoint());
    }
    log.put_back(before);
    CHECK(log.owes_checkpoint());
}

TEST_CASE("a record that whoever has the vault's key puts in is found, whoever it is laid upon") {
    Office office;
    must(office.create()->lock());
    RawVault raw = open_raw(office.vault_folder());
    const OfficerId officer = log_of(raw.db).front().officer;
    const SignKey own = new_sign_key(office.random);
    slip_in(raw, EventType::kRecordFinalised, officer, some_record(office.random));
    const auto finding = [&] { return walk_log(raw.db, raw.origin).value().finding; };
    CHECK(finding() == "the newest events are not those written last");
    keep_head_as(raw, officer, own);
    CHECK(finding() == "no officer signed the newest event");
    const Event last = log_of(raw.db).back();
    const Hash32 head = sync::event_hash(raw.origin.device, last);
    slip_in(raw, EventType::kCheckpoint, officer,
            sync::encode_checkpoint(sync::sign_checkpoint(raw.origin.device, last.seq, head,
                                                          raw.device.sign, officer, &own)));
    keep_head_as(raw, officer, own);
    CHECK(finding() == "a checkpoint's signature does not hold");
}

TEST_CASE("an officer who signs over a record laid upon another is found") {
    Office office;
    auto vault = office.create();
    const OfficerId karim = vault->add_officer(kKarim, Role::kOfficer, secret(kPassphrase)).value();
    must(vault->lock());
    RawVault raw = open_raw(office.vault_folder());
    const OfficerId first = log_of(raw.db).front().officer;
    const SignKey key = key_of_first_officer(office.vault_folder());
    slip_in(raw, EventType::kRecordFinalised, karim, some_record(office.random));
    const auto finding = [&] { return walk_log(raw.db, raw.origin).value().finding; };
    // The head alone does not stand for the other's checkpoint.
    keep_head_as(raw, first, key);
    CHECK(finding() == "no officer signed the newest event");
    const Event last = log_of(raw.db).back();
    const Hash32 head = sync::event_hash(raw.origin.device, last);
    slip_in(raw, EventType::kCheckpoint, first,
            sync::encode_checkpoint(sync::sign_checkpoint(raw.origin.device, last.seq, head,
                                                          raw.device.sign, first, &key)));
    keep_head_as(raw, first, key);
    CHECK(finding() == "a record that its officer's checkpoint does not cover");
    // So the attack itself is a good one: laid upon nobody else it passes.
    must(raw.db.exec("DROP TRIGGER events_kept"));
    must(raw.db.exec("DELETE FROM events WHERE seq > (SELECT max(seq) - 2 FROM events)"));
    slip_in(raw, EventType::kRecordFinalised, first, some_record(office.random));
    keep_head_as(raw, first, key);
    CHECK(finding().empty());
}

TEST_CASE("a head of the old form is believed, but stands for no record without a signature") {
    Office office;
    auto vault = office.create();
    make_record(*vault, "نور");
    leave_without_a_word(office, std::move(vault));
    RawVault raw = open_raw(office.vault_folder());
    const SignKey key = key_of_first_officer(office.vault_folder());
    const auto keep_old_head = [&] {
        const Event last = log_of(raw.db).back();
        const Hash32 hash = sync::event_hash(raw.origin.device, last);
        ByteWriter body;
        body.raw(raw.origin.device.bytes());
        body.u64(last.seq);
        body.raw(hash);
        ByteWriter out;
        out.u64(last.seq);
        out.raw(hash);
        out.raw(log_of(raw.db).front().officer.bytes());
        out.raw(sign(key, "AWDAHEAD", body.bytes()));
        must(meta_put(raw.db, Meta::kHead, out.bytes()));
    };
    keep_old_head();
    CHECK(walk_log(raw.db, raw.origin).value().finding == "no officer signed the newest event");
    must(raw.db.exec("DROP TRIGGER events_kept"));
    must(
        raw.db.exec("DELETE FROM events WHERE seq >="
                    " (SELECT min(seq) FROM events WHERE type = 21)"));
    keep_old_head();
    CHECK(walk_log(raw.db, raw.origin).value().intact);
}

TEST_CASE("much payload brings a checkpoint forward, and batches part where records are covered") {
    Office office;
    auto vault = office.create();
    const std::string noise(30'000, 'n');
    for (int i = 0; i < 5; ++i) {
        const InstanceId draft = vault->start_draft(test_form(), "ar").value();
        std::vector<sync::Field> fields = answers("نور");
        for (int k = 0; k < 100; ++k) fields.push_back({"note" + std::to_string(k), noise});
        must(vault->finalise(draft, fields));
        CHECK(session_of(*vault).log.checkpointed());
    }
    CHECK(vault->seal_pending()->records == 5);
    const auto batches = batches_of(office, *vault);
    REQUIRE(batches.size() == 3);
    for (const auto& batch : batches) {
        sync::Cover cover;
        std::uint64_t payload = 0;
        for (const Event& event : batch) {
            REQUIRE(cover.add(event).ok());
            payload += event.payload->size();
        }
        CHECK(cover.waiting().empty());
        CHECK(payload <= kBatchPayloadTarget);
    }
    CHECK(vault->verify_log()->intact);
}

TEST_CASE("sealing refuses records that no checkpoint of their officer covers") {
    People people;
    auto vault = people.as(kKarim);
    Session& session = session_of(*vault);
    make_record(*vault, "نور");
    // As a program with a mistake in it would: another officer's record before the checkpoint.
    const SignKey key = new_sign_key(people.office.random);
    EventLog other(session.db, session.identity.device, session.identity.office,
                   people.office.clock, people.office.random,
                   LogSigners{&session.keys.device.sign, log_of(session.db).front().officer, &key});
    other.put_back(session.log.head());
    REQUIRE(
        other
            .append(EventType::kRecordFinalised, some_record(people.office.random), Actor::kOfficer)
            .ok());
    session.log.put_back(other.head());
    CHECK(code(vault->seal_pending()) == Errc::kLogBroken);
    CHECK(batches_of(people.office, *vault).empty());
}
