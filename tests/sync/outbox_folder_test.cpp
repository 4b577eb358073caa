#include <doctest/doctest.h>

#include <fstream>

#include "sync/outbox_folder.h"
#include "sync/protocol.h"
#include "tests/fakes/temp_folder.h"
#include "tests/sync/sample.h"

using namespace awda;
using namespace awda::sync;

namespace {
struct Box {
    fakes::TempFolder folder;
    sample::Log log = sample::small_log();
    SealedBatch first;
    SealedBatch second;
    OutboxFolder outbox = OutboxFolder::open(folder / "outbox").value();
    Box() {
        fakes::SeededRandom random(3);
        first =
            seal_batch(log.input(1, Hash32{}, 0, 3), {sample::hq().registry.pub}, log.key, random)
                .value();
        second =
            seal_batch(log.input(2, first.hash, 3, 5), {sample::hq().registry.pub}, log.key, random)
                .value();
    }
    Status put(const SealedBatch& batch) {
        return outbox.put_batch(batch, sign_upload(log.key, batch.hash, batch.file.size()));
    }
    [[nodiscard]] Path file_of(const SealedBatch& batch) const {
        return folder / "outbox" /
               ("00000000000" + std::to_string(batch.header.number) + "-" +
                to_hex(batch.hash).substr(0, 8) + ".awb");
    }
};
}  // namespace

TEST_CASE("batches put in are listed in order with their proofs, also after opening anew") {
    Box box;
    REQUIRE(box.put(box.second).ok());
    REQUIRE(box.put(box.first).ok());
    REQUIRE(box.put(box.first).ok());
    OutboxFolder again = OutboxFolder::open(box.folder / "outbox").value();
    const auto batches = again.batches();
    REQUIRE(batches.ok());
    REQUIRE(batches->size() == 2);
    const OutboxBatch& one = batches->front();
    CHECK(one.number == 1);
    CHECK(one.hash == box.first.hash);
    CHECK(one.size == box.first.file.size());
    CHECK(one.last_seq == 3);
    CHECK_FALSE(one.stored);
    CHECK(verify_upload(box.log.key.pub, one.hash, one.size, one.auth));
    CHECK(batches->back().number == 2);
    const auto file = again.open_batch(2);
    REQUIRE(file.ok());
    CHECK(file->size().value() == box.second.file.size());
}

TEST_CASE("a different batch under a used number is a fork and is not written") {
    Box box;
    REQUIRE(box.put(box.first).ok());
    SealedBatch other = box.first;
    other.file.back() ^= 1U;
    other.hash = hash32(other.file);
    CHECK(box.put(other).error().code == Errc::kFork);
    CHECK(box.outbox.batches().value().size() == 1);
}

TEST_CASE("receipts are kept beside their batch and go with it") {
    Box box;
    REQUIRE(box.put(box.first).ok());
    CHECK(box.outbox.receipt(1, ReceiptKind::kStored).error().code == Errc::kNotFound);
    REQUIRE(box.outbox.save_receipt(1, ReceiptKind::kStored, as_bytes("stored")).ok());
    CHECK(box.outbox.batches().value()[0].stored);
    CHECK_FALSE(box.outbox.batches().value()[0].opened);
    REQUIRE(box.outbox.save_receipt(1, ReceiptKind::kOpened, as_bytes("opened")).ok());
    CHECK(box.outbox.batches().value()[0].opened);
    CHECK(box.outbox.receipt(1, ReceiptKind::kOpened).value() == to_bytes("opened"));
    REQUIRE(box.outbox.remove_batch(1).ok());
    CHECK(box.outbox.batches().value().empty());
    CHECK(list_files(box.folder / "outbox").value().empty());
    CHECK(box.outbox.remove_batch(1).ok());
}

TEST_CASE("enrolment papers: asked for, answered, dropped, and asked for anew") {
    Box box;
    CHECK(box.outbox.enrolment().error().code == Errc::kNotEnrolled);
    REQUIRE(box.outbox.put_enrol_request(as_bytes("request")).ok());
    CHECK_FALSE(box.outbox.enrolment().value().enrolled);
    CHECK(box.outbox.enrol_receipt().error().code == Errc::kNotFound);
    REQUIRE(box.outbox.save_enrolment(as_bytes("receipt")).ok());
    CHECK(box.outbox.enrolment().value().enrolled);
    CHECK(box.outbox.enrolment().value().request == to_bytes("request"));
    CHECK(box.outbox.enrol_receipt().value() == to_bytes("receipt"));
    REQUIRE(box.outbox.drop_enrolment().ok());
    CHECK_FALSE(box.outbox.enrolment().value().enrolled);
    REQUIRE(box.outbox.save_enrolment(as_bytes("receipt")).ok());
    REQUIRE(box.outbox.put_enrol_request(as_bytes("another")).ok());
    CHECK_FALSE(box.outbox.enrolment().value().enrolled);
}

TEST_CASE("a batch that changed on disk is not sent") {
    Box box;
    REQUIRE(box.put(box.first).ok());
    SUBCASE("a byte") {
        OutputFile file = OutputFile::open(box.file_of(box.first)).value();
        REQUIRE(file.write_at(40, Bytes{0xee}).ok());
        CHECK(box.outbox.open_batch(1).error().code == Errc::kAltered);
    }
    SUBCASE("its length") {
        OutputFile file = OutputFile::open(box.file_of(box.first)).value();
        REQUIRE(file.truncate(100).ok());
        CHECK(box.outbox.open_batch(1).error().code == Errc::kAltered);
    }
    SUBCASE("its name") {
        REQUIRE(
            rename_file(box.file_of(box.first), box.folder / "outbox" / "000000000001-00000000.awb")
                .ok());
        CHECK(box.outbox.batches().error().code == Errc::kAltered);
    }
    SUBCASE("its proof is gone") {
        REQUIRE(remove_file(box.folder / "outbox" / "000000000001.auth").ok());
        CHECK(box.outbox.batches().error().code == Errc::kNotFound);
    }
    SUBCASE("its proof is damaged") {
        REQUIRE(
            atomic_write(box.folder / "outbox" / "000000000001.auth", as_bytes("AWDAAUT1")).ok());
        CHECK(box.outbox.batches().error().code == Errc::kMalformed);
    }
}

TEST_CASE("what a crash leaves half-written is passed over") {
    Box box;
    REQUIRE(box.put(box.first).ok());
    for (const char* name : {"000000000002-aabbccdd.awb.tmp", "000000000003.auth", "notes.awb",
                             "000000000000-aabbccdd.awb", "00000000000x-aabbccdd.awb"}) {
        std::ofstream(box.folder / "outbox" / name) << "half";
    }
    CHECK(box.outbox.batches().value().size() == 1);
    CHECK_FALSE(box.outbox.forked().value());
}

TEST_CASE("a fork is remembered until headquarters clears it") {
    Box box;
    CHECK_FALSE(box.outbox.forked().value());
    REQUIRE(box.outbox.save_fork(1).ok());
    OutboxFolder again = OutboxFolder::open(box.folder / "outbox").value();
    CHECK(again.forked().value());
    REQUIRE(again.clear_fork().ok());
    CHECK_FALSE(again.forked().value());
}

TEST_CASE("only one delivers at a time") {
    Box box;
    {
        const auto lock = box.outbox.lock_for_delivery();
        REQUIRE(lock.ok());
        OutboxFolder other = OutboxFolder::open(box.folder / "outbox").value();
        CHECK(other.lock_for_delivery().error().code == Errc::kBusy);
    }
    CHECK(box.outbox.lock_for_delivery().ok());
}
