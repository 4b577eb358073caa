// The command line's delivery without a network.
#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "sync/envelope.h"
#include "tests/agent/cli_fixture.h"

using namespace awda;
using namespace awda::agent::test;
using Json = nlohmann::json;

namespace {

/// An office whose central is reached by a stick alone.
struct StickWorld : CliWorld {
    explicit StickWorld(std::uint64_t seed = 1) : CliWorld(seed) { central.set({.down = true}); }

    [[nodiscard]] std::string stick() const { return (office.folder / "stick").string(); }
    Json envelope(const std::string& what, int expected = 0) {
        return json_of({"envelope", what, stick()}, expected);
    }
    Json json_of(std::vector<std::string> args, int expected) {
        return json(std::move(args), expected);
    }
    /// What central would write: the enrolment receipt, and both receipts of each batch there.
    void answer() const {
        for (const sync::DevicePart& part : contents().devices) {
            const auto writer = sync::EnvelopeWriter::open(stick(), part.device).value();
            const sync::CarriedRequest request = sync::read_request(part).value();
            REQUIRE(writer
                        .put({sync::EnvelopeKind::kEnrolReceipt, 0, ""},
                             office.hq.enrol_receipt(request.bytes, now()))
                        .ok());
            for (const sync::EnvelopeFile& file : part.files) {
                if (file.kind != sync::EnvelopeKind::kBatch) continue;
                const auto batch = sync::read_batch(part, file, request.request.device_sign);
                REQUIRE(batch.ok());
                put_receipts(writer, part.device, *batch);
            }
        }
    }
    [[nodiscard]] sync::EnvelopeContents contents() const {
        return sync::list_envelope(stick()).value();
    }
    [[nodiscard]] UnixMs now() const { return office.clock.now(); }

private:
    void put_receipts(const sync::EnvelopeWriter& writer, const DeviceId& device,
                      const sync::CarriedBatch& batch) const {
        sync::OutboxBatch about;
        about.number = batch.header.number;
        about.hash = batch.hash;
        about.last_seq = batch.header.last_seq;
        for (const auto kind : {sync::ReceiptKind::kStored, sync::ReceiptKind::kOpened}) {
            const auto name = sync::envelope_file(kind == sync::ReceiptKind::kStored
                                                      ? sync::EnvelopeKind::kStored
                                                      : sync::EnvelopeKind::kOpened,
                                                  about.number, about.hash);
            REQUIRE(writer.put(name, office.hq.receipt(kind, device, about, now())).ok());
        }
    }
};

}  // namespace

TEST_CASE("records go out on a stick and come back delivered, with no network ever") {
    StickWorld world;
    world.enrol();
    world.record_one("زينب");
    const Json out = world.envelope("export");
    CHECK(out.at("batches") == 1);
    CHECK(out.at("written") == 1);
    CHECK(out.at("records") == 1);
    CHECK(out.at("numbers") == Json::array({1}));
    CHECK(out.at("bytes").get<int>() > 0);
    CHECK(world.envelope("export").at("written") == 0);
    CHECK(world.json({"status"}).at("enrolled") == false);
    world.answer();
    const Json home = world.envelope("import");
    CHECK(home.at("enrolled") == true);
    CHECK(home.at("stored") == 1);
    CHECK(home.at("opened") == 1);
    CHECK(home.at("records") == 1);
    CHECK(home.at("refused") == 0);
    const Json status = world.json({"status"});
    CHECK(status.at("enrolled") == true);
    CHECK(status.at("delivered_records") == 1);
    CHECK(status.at("waiting_batches") == 0);
    const Json again = world.envelope("import");
    CHECK(again.at("records") == 0);
    CHECK(again.at("known") == 3);
    CHECK(world.envelope("export").at("batches") == 0);
    CHECK(world.json({"log", "verify"}).at("ok") == true);
}

TEST_CASE("a stick and the network may carry the same batch") {
    StickWorld world;
    world.enrol();
    world.record_one("زينب");
    CHECK(world.envelope("export").at("batches") == 1);
    world.central.set({.server_ms = world.now()});
    CHECK(world.json({"sync", "--once"}).at("records") == 1);
    world.answer();
    CHECK(world.envelope("import").at("known") == 3);
    CHECK(world.json({"status"}).at("delivered_records") == 1);
    world.record_one("هدى");
    CHECK(world.envelope("export").at("numbers") == Json::array({2}));
    CHECK(world.envelope("inspect").at("devices")[0].at("batches").size() == 2);
}

TEST_CASE("without a passphrase what was sealed is carried, and receipts are taken in") {
    StickWorld world;
    world.enrol();
    world.record_one();
    CHECK(world.error_code({"sync", "--once"}) == "no_network");
    world.typed.reset();
    const Json out = world.envelope("export");
    CHECK(out.at("locked") == true);
    CHECK(out.at("batches") == 1);
    CHECK(out.at("records").is_null());
    world.answer();
    const Json home = world.envelope("import");
    CHECK(home.at("locked") == true);
    CHECK(home.at("opened") == 1);
    CHECK(world.json({"status"}).at("waiting_batches") == 0);
    world.typed = {std::string(kPassphrase)};
    CHECK(world.json({"status"}).at("delivered_records") == 1);
}

TEST_CASE("receipts that headquarters did not sign change nothing and are reported") {
    StickWorld world;
    StickWorld stranger(2);
    world.enrol();
    world.record_one();
    CHECK(world.envelope("export").at("batches") == 1);
    world.answer();
    const sync::DevicePart part = world.contents().devices.at(0);
    for (const sync::EnvelopeFile& file : part.files) {
        if (file.kind != sync::EnvelopeKind::kOpened) continue;
        const Path path = part.folder / sync::envelope_name(file);
        Bytes bytes = read_file(path).value();
        bytes[40] ^= 1;
        REQUIRE(atomic_write(path, bytes).ok());
    }
    const Json home = world.envelope("import", 1);
    CHECK(home.at("error").at("code") == "bad_signature");
    CHECK(home.at("refused") == 1);
    CHECK(home.at("stored") == 1);
    CHECK(world.json({"status"}).at("stored_records") == 1);
    const Json seen = world.envelope("inspect").at("devices").at(0);
    REQUIRE(seen.at("damaged").size() == 1);
    CHECK(seen.at("damaged")[0].at("why") == "bad_signature");
}

TEST_CASE("inspect needs no vault and no passphrase, and knows this computer's files") {
    StickWorld world;
    world.enrol();
    world.record_one();
    world.envelope("export");
    CHECK(world.envelope("inspect").at("devices")[0].at("ours") == true);
    StickWorld stranger(2);
    stranger.typed.reset();
    const Json seen = stranger.json_of({"envelope", "inspect", world.stick()}, 0);
    CHECK(seen.at("receipts_checked") == false);
    const Json device = seen.at("devices").at(0);
    CHECK(device.at("ours") == false);
    CHECK(device.at("request") == true);
    CHECK(device.at("batches")[0].at("proof") == true);
    CHECK(device.at("batches")[0].at("events").get<int>() > 0);
    CHECK(stranger.run({"--lang", "ar", "envelope", "inspect", world.stick()}) == 0);
    CHECK(stranger.out.find("الحاسوب") != std::string::npos);
    CHECK(stranger.error_code({"envelope", "inspect", "/nonexistent"}) == "not_found");
    CHECK(stranger.error_code({"envelope", "export", world.stick()}) == "vault_missing");
    CHECK(stranger.run({"envelope"}) == 2);
    CHECK(stranger.run({"envelope", "export"}) == 2);
}

TEST_CASE("others' folders are let be, and a fork stops this computer and is named") {
    StickWorld world;
    StickWorld other(2);
    world.enrol();
    other.enrol();
    world.record_one();
    other.record_one();
    world.envelope("export");
    other.json_of({"envelope", "export", world.stick()}, 0);
    CHECK(world.envelope("import").at("others") == 1);
    // A receipt of this headquarters for another batch of our number 1.
    const DeviceId device{*parse_uuid(world.envelope("export").at("device").get<std::string>())};
    sync::OutboxBatch another;
    another.number = 1;
    another.hash.fill(0x5a);
    const auto writer = sync::EnvelopeWriter::open(world.stick(), device).value();
    REQUIRE(
        writer
            .put(sync::envelope_file(sync::EnvelopeKind::kStored, 1, another.hash),
                 world.office.hq.receipt(sync::ReceiptKind::kStored, device, another, world.now()))
            .ok());
    const Json home = world.envelope("import", 1);
    CHECK(home.at("error").at("code") == "fork");
    CHECK(home.at("forks") == Json::array({1}));
    CHECK(world.error_code({"envelope", "export", world.stick()}) == "fork");
    CHECK(world.error_code({"sync", "--once"}) == "fork");
    CHECK(world.run({"envelope", "inspect", world.stick()}) == 0);
}
