// Goal: what was finalised is sealed once under one number, survives any stop between two steps,
// and counts as delivered only on a genuine receipt.
#include <doctest/doctest.h>

#include <filesystem>
#include <map>

#include "tests/agent/vault_fixture.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;
using sync::ReceiptKind;

namespace {

struct Stop {};  // thrown from on_step in tests only, to leave the vault where a crash would

std::vector<sync::OutboxBatch> batches(Vault& vault) {
    return sync::OutboxFolder::open(vault.outbox_folder()).value().batches().value();
}

Bytes batch_bytes(Vault& vault, std::uint64_t number) {
    auto outbox = sync::OutboxFolder::open(vault.outbox_folder()).value();
    const InputFile file = outbox.open_batch(number).value();
    Bytes bytes(file.size().value());
    REQUIRE(file.read_at(0, bytes).value() == bytes.size());
    return bytes;
}

}  // namespace

TEST_CASE("finalised records are sealed to headquarters, which reads them as they were signed") {
    Office office;
    auto vault = office.create();
    const InstanceId one = make_record(*vault, "نور");
    const InstanceId two = make_record(*vault, "علي");
    const SealSummary sealed = vault->seal_pending().value();
    CHECK(sealed.batches == 1);
    CHECK(sealed.records == 2);
    const auto listed = batches(*vault);
    REQUIRE(listed.size() == 1);
    CHECK(listed[0].number == 1);
    CHECK(listed[0].size == sealed.bytes);
    const Bytes file = batch_bytes(*vault, 1);
    const auto request =
        sync::OutboxFolder::open(vault->outbox_folder()).value().enrolment().value();
    const auto device = sync::open_enrol_request(request.request).value();
    const auto opened = sync::open_batch(file, device.device_sign, office.hq.registry());
    REQUIRE(opened.ok());
    std::vector<InstanceId> seen;
    for (const sync::Event& event : opened->events) {
        if (event.type != sync::EventType::kRecordFinalised) continue;
        const auto record = sync::decode_record_payload(*event.payload).value();
        CHECK(sync::verify_record(record));
        CHECK_FALSE(record.own.has_value());
        CHECK(event.officer == device.officer);
        seen.push_back(sync::decode_record(record.record).value().instance);
    }
    CHECK(seen == std::vector<InstanceId>{one, two});
    CHECK(opened->events.front().seq == 1);
    const auto last = sync::decode_checkpoint(*opened->events.back().payload).value();
    CHECK(last.officer_key == device.officer_key);
    // Nothing is left to seal but bookkeeping, which waits for company.
    CHECK(vault->seal_pending().value().batches == 0);
}

TEST_CASE("batches follow one another without a gap and each names the one before") {
    Office office;
    auto vault = office.create();
    for (int i = 0; i < 4; ++i) {
        make_record(*vault, "n");
        CHECK(vault->seal_pending().value().batches == 1);
    }
    Hash32 prev{};
    std::uint64_t next_seq = 1;
    for (const sync::OutboxBatch& batch : batches(*vault)) {
        const Bytes file = batch_bytes(*vault, batch.number);
        const auto header = sync::peek_batch(file).value();
        CHECK(header.prev_batch == prev);
        CHECK(header.first_seq == next_seq);
        prev = batch.hash;
        next_seq = header.last_seq + 1;
    }
}

TEST_CASE("a long log is cut into batches of bounded size") {
    Office office;
    auto vault = office.create();
    const std::string filler(1U << 20U, 'x');
    for (int i = 0; i < 20; ++i) {
        const InstanceId draft = vault->start_draft(test_form(), "ar").value();
        REQUIRE(vault->finalise(draft, {{"long", filler}}).ok());
    }
    const SealSummary sealed = vault->seal_pending().value();
    CHECK(sealed.batches == 3);
    CHECK(sealed.records == 20);
    CHECK(batches(*vault).size() == 3);
}

TEST_CASE("a record is delivered after the opened receipt, and not before") {
    Office office;
    auto vault = office.create();
    const InstanceId record = make_record(*vault, "نور");
    REQUIRE(vault->seal_pending().ok());
    CHECK(vault->show(record).value().state == RecordState::kWaiting);
    VaultStatus status = vault->status().value();
    CHECK(status.waiting_records == 1);
    CHECK(status.waiting_batches == 1);
    CHECK(status.waiting_bytes > 0);
    CHECK_FALSE(status.last_sync_age_ms.has_value());

    office.answer(*vault, true, false);
    ReconcileSummary news = vault->reconcile().value();
    CHECK(news.stored == 1);
    CHECK(news.delivered_records == 0);
    CHECK(vault->show(record).value().state == RecordState::kStored);
    CHECK(batches(*vault).size() == 1);

    office.answer(*vault, false, true);
    news = vault->reconcile().value();
    CHECK(news.opened == 1);
    CHECK(news.delivered_records == 1);
    const ShownRecord shown = vault->show(record).value();
    CHECK(shown.state == RecordState::kDelivered);
    CHECK(shown.batch == 1);
    CHECK(shown.stored_ms == office.clock.now());
    CHECK(shown.opened_ms == office.clock.now());
    CHECK(batches(*vault).empty());
    status = vault->status().value();
    CHECK(status.waiting_records == 0);
    CHECK(status.waiting_bytes == 0);
    CHECK(status.delivered_records == 1);
    office.clock.advance(5000);
    CHECK(vault->status().value().last_sync_age_ms == 5000);
    CHECK(vault->verify_log().value().intact);
}

TEST_CASE("receipts that arrived while locked are taken in at the next unlock") {
    Office office;
    InstanceId record;
    {
        auto vault = office.create();
        record = make_record(*vault, "نور");
        REQUIRE(vault->seal_pending().ok());
        office.answer(*vault, true, true);
    }
    auto vault = office.unlock();
    CHECK(vault->show(record).value().state == RecordState::kDelivered);
}

TEST_CASE("a forged receipt, another batch's and one of the wrong kind are set aside unbelieved") {
    Office office;
    Office stranger(99);
    auto vault = office.create();
    const InstanceId record = make_record(*vault, "نور");
    REQUIRE(vault->seal_pending().ok());
    auto outbox = sync::OutboxFolder::open(vault->outbox_folder()).value();
    const sync::OutboxBatch batch = batches(*vault)[0];
    const DeviceId device = vault->identity().device;
    sync::OutboxBatch other = batch;
    other.hash[0] ^= 1;
    DeviceId somebody = device;
    somebody.value[3] ^= 1;
    Bytes flipped = office.hq.receipt(ReceiptKind::kOpened, device, batch, 1);
    flipped[70] ^= 1;
    const UnixMs now = office.clock.now();
    const std::vector<Bytes> bad{stranger.hq.receipt(ReceiptKind::kOpened, device, batch, now),
                                 office.hq.receipt(ReceiptKind::kOpened, device, other, now),
                                 office.hq.receipt(ReceiptKind::kOpened, somebody, batch, now),
                                 office.hq.receipt(ReceiptKind::kStored, device, batch, now),
                                 flipped,
                                 Bytes(10)};
    for (const Bytes& receipt : bad) {
        REQUIRE(outbox.save_receipt(1, ReceiptKind::kOpened, receipt).ok());
        const ReconcileSummary news = vault->reconcile().value();
        CHECK(news.refused == 1);
        CHECK(news.opened == 0);
        CHECK(vault->show(record).value().state == RecordState::kWaiting);
    }
    CHECK(file_exists(vault->outbox_folder() / "000000000001.opened.refused"));
    CHECK(batches(*vault).size() == 1);
    office.answer(*vault, true, true);
    CHECK(vault->reconcile().value().delivered_records == 1);
}

TEST_CASE(
    "a batch file that was deleted, altered or lost its proof is written anew, the same bytes") {
    Office office;
    auto vault = office.create();
    make_record(*vault, "نور");
    REQUIRE(vault->seal_pending().ok());
    const Bytes sealed = batch_bytes(*vault, 1);
    REQUIRE(vault->lock().ok());
    for (int way = 0; way < 4; ++way) {
        for (const auto& entry : std::filesystem::directory_iterator(vault->outbox_folder())) {
            const std::string name = entry.path().filename().string();
            if (way == 0 && name.ends_with(".awb")) REQUIRE(remove_file(entry.path()).ok());
            if (way == 1 && name.ends_with(".auth")) REQUIRE(remove_file(entry.path()).ok());
            if (way == 2 && name.ends_with(".awb")) {
                Bytes altered = sealed;
                altered[altered.size() / 2] ^= 1;
                REQUIRE(atomic_write(entry.path(), altered).ok());
            }
            if (way == 3 && name.ends_with(".awb")) {
                REQUIRE(atomic_write(vault->outbox_folder() / "000000000001-00000000.awb", sealed)
                            .ok());
            }
        }
        auto again = office.unlock();
        CHECK(again->unlock_report().batches_restored == 1);
        CHECK(batch_bytes(*again, 1) == sealed);
        CHECK(batches(*again).size() == 1);
        REQUIRE(again->lock().ok());
    }
    std::filesystem::remove_all(vault->outbox_folder());
    auto again = office.unlock();
    CHECK(batch_bytes(*again, 1) == sealed);
    CHECK(sync::OutboxFolder::open(again->outbox_folder()).value().enrolment().ok());
}

TEST_CASE("a stop after any step of sealing and taking in loses nothing and doubles nothing") {
    for (const Step stop_at : {Step::kFinalised, Step::kSealCommitted, Step::kBatchWritten,
                               Step::kReceiptCommitted, Step::kBatchRemoved}) {
        for (int nth = 1; nth <= 2; ++nth) {
            Office office;
            {
                auto vault = office.create();
            }
            int left = nth;
            const Path crashed = office.folder / "crashed";
            office.on_step = [&](Step step) {
                if (step != stop_at || --left != 0) return;
                // The files as a crash would leave them at this moment, write-ahead log included.
                std::filesystem::copy(office.vault_folder(), crashed,
                                      std::filesystem::copy_options::recursive);
                throw Stop{};
            };
            std::map<std::uint64_t, Hash32> numbers;
            std::size_t stops = 0;
            const auto life = [&](Vault& vault) {
                make_record(vault, "نور");
                AWDA_ASSERT(vault.seal_pending().ok());
                for (const auto& batch : batches(vault)) {
                    const auto [it, fresh] = numbers.emplace(batch.number, batch.hash);
                    CHECK_MESSAGE((fresh || it->second == batch.hash), "two batches of one number");
                }
                office.answer(vault, true, true);
                AWDA_ASSERT(vault.reconcile().ok());
            };
            for (int round = 0; round < 3; ++round) {
                auto vault = office.unlock();
                try {
                    life(*vault);
                } catch (const Stop&) {
                    ++stops;
                    vault.reset();
                    std::filesystem::remove_all(office.vault_folder());
                    std::filesystem::rename(crashed, office.vault_folder());
                }
            }
            CHECK(stops == 1);
            office.on_step = nullptr;
            auto vault = office.unlock();
            REQUIRE(vault->seal_pending().ok());
            office.answer(*vault, true, true);
            REQUIRE(vault->reconcile().ok());
            const VaultStatus status = vault->status().value();
            CHECK(status.delivered_records == 3);
            CHECK(status.waiting_records == 0);
            CHECK(status.waiting_batches == 0);
            CHECK(batches(*vault).empty());
            CHECK(vault->verify_log().value().intact);
        }
    }
}

TEST_CASE("a stop anywhere in making a vault leaves none or a whole one") {
    for (const Step stop_at :
         {Step::kDatabaseMade, Step::kFirstKeyringWritten, Step::kSecondKeyringWritten,
          Step::kFailuresMerged, Step::kEnrolmentWritten}) {
        Office office;
        office.on_step = [&](Step step) {
            if (step == stop_at) throw Stop{};
        };
        CHECK_THROWS_AS(static_cast<void>(office.try_create()), Stop);
        office.on_step = nullptr;
        const bool made = office.try_unlock().ok();
        CHECK(made == (stop_at != Step::kDatabaseMade));
        if (!made) CHECK(office.try_create().ok());
        auto vault = office.unlock();
        CHECK(vault->verify_log().value().intact);
        CHECK(sync::OutboxFolder::open(vault->outbox_folder()).value().enrolment().ok());
    }
}

TEST_CASE("enrolment counts once the receipt is genuine and for this request") {
    Office office;
    Office stranger(77);
    auto vault = office.create();
    CHECK_FALSE(vault->status().value().enrolled);
    auto outbox = sync::OutboxFolder::open(vault->outbox_folder()).value();
    const Bytes request = outbox.enrolment().value().request;
    REQUIRE(outbox.save_enrolment(stranger.hq.enrol_receipt(request, 1)).ok());
    REQUIRE(vault->reconcile().ok());
    CHECK_FALSE(vault->status().value().enrolled);
    REQUIRE(outbox.save_enrolment(office.hq.enrol_receipt(request, 1)).ok());
    REQUIRE(vault->reconcile().ok());
    CHECK(vault->status().value().enrolled);
    // The request carries the vault key for headquarters' recovery keys.
    const auto opened = sync::open_enrol_request(request).value();
    CHECK(opened.recovery.size() > 200);
}

TEST_CASE("a clock behind the server's, and one ahead of it, are reported from receipts") {
    Office office;
    auto vault = office.create();
    make_record(*vault, "نور");
    REQUIRE(vault->seal_pending().ok());
    office.answer(*vault, true, true);
    REQUIRE(vault->reconcile().ok());
    CHECK_FALSE(vault->status().value().clock_off_ms.has_value());
    const UnixMs now = office.clock.now();
    office.clock.set_wall(now - 3'600'000);
    CHECK(vault->status().value().clock_off_ms == -3'600'000);

    office.clock.set_wall(now + 7'200'000);
    make_record(*vault, "علي");
    REQUIRE(vault->seal_pending().ok());
    office.clock.set_wall(now);
    office.answer(*vault, true, true);
    office.clock.set_wall(now + 7'200'000);
    REQUIRE(vault->reconcile().ok());
    CHECK(vault->status().value().clock_off_ms == 7'200'000);
}
