// The program itself: killed in the middle of uploads, measured, and asked on its command line.
#include <doctest/doctest.h>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "sync/central/store_sqlite.h"
#include "sync/envelope.h"
#include "tests/central/program.h"
#include "tests/central/served.h"

using namespace awda;
using namespace awda::central;
using namespace awda::central::testing;
using nlohmann::json;

namespace {

/// The program stamps and judges by the real clock, so its voucher is of today.
struct World {
    Headquarters hq{system_clock().now()};
    Branch branch{hq};
    [[nodiscard]] std::set<std::string> instances() const {
        Store store = hq.store();
        std::set<std::string> ids;
        for (const RecordRow& row : records_of(store)) {
            REQUIRE(ids.insert(to_text(row.record.instance)).second);
        }
        return ids;
    }
};

}  // namespace

TEST_CASE("ten kills in the middle of uploads: every record arrives, once") {
    World world;
    fakes::SeededRandom random(20261124);
    std::vector<sync::SealedBatch> batches;
    std::set<std::string> made;
    world.branch.begin_log();
    for (int i = 0; i < 10; ++i) {
        Bytes noise(6000);
        random.fill(noise);
        const auto record = world.branch.record({{"note", to_base64(noise)}});
        made.insert(to_text(record.instance));
        world.branch.finalise(record);
        batches.push_back(world.branch.seal());
    }
    std::size_t at = 0;
    int kills = 0;
    bool enrolled = false;
    while (at < batches.size()) {
        Service service(world.hq.folder.path(), world.hq.place());
        const auto http = client_for(service.port(), world.hq.hq);
        if (!enrolled) enrol(*http, world.branch);
        enrolled = true;
        if (kills < 10) {
            const auto& batch = batches[at];
            const std::size_t from = offset_at(*http, batch.hash).value_or(0);
            INFO("seed 20261124, kill ", kills, " at batch ", at, " from ", from);
            RawClient raw(service.port());
            REQUIRE(raw.handshake());
            raw.write(upload_head(world.branch, batch.hash, from, batch.file.size(),
                                  batch.file.size() - from));
            // Sometimes the whole batch: then the kill meets the judgement, or just after it.
            const std::size_t rest = batch.file.size() - from;
            const std::size_t size = kills % 2 == 0 ? rest : random.next_u64() % (rest + 1);
            raw.write(as_text(ByteView(batch.file).subspan(from, size)));
            ::usleep(static_cast<useconds_t>(random.next_u64() % 4000));
            service.end(SIGKILL);
            ++kills;
            continue;
        }
        for (; at < batches.size(); ++at) {
            CHECK(deliver(*http, world.branch, batches[at]).status == 200);
        }
        CHECK(WEXITSTATUS(service.end(SIGTERM)) == 0);
    }
    CHECK(kills == 10);
    CHECK(world.instances() == made);
    Store store = world.hq.store();
    CHECK(store.problems().value().empty());
    const DatabaseKey key = load_database_key(world.hq.keys()).value();
    const auto raw = StoreSqlite::open(world.hq.data(), key, DatabaseCheck::kNever).value();
    CHECK(raw->database().check_integrity().ok());
    CHECK(std::filesystem::is_empty(world.hq.data() / "spool"));
}

TEST_CASE("memory stays bounded: a large upload, and many that stop half way") {
    World world;
    Service service(world.hq.folder.path(), world.hq.place());
    const auto http = client_for(service.port(), world.hq.hq);
    enrol(*http, world.branch);
    const std::size_t before = service.own_memory();
    constexpr std::size_t kLarge = 10U << 20U;
    const Bytes noise(kLarge, 0x5a);
    const Hash32 hash = hash32(to_bytes("not its hash"));
    RawClient raw(service.port());
    REQUIRE(raw.handshake());
    REQUIRE(raw.write(upload_head(world.branch, hash, 0, kLarge, kLarge)));
    REQUIRE(raw.write(as_text(noise).substr(0, kLarge - 1), 16384));
    REQUIRE(wait_for_offset(*http, hash, kLarge - 1));
    const std::size_t during = service.own_memory();
    CHECK(during < before + (2U << 20U));
    REQUIRE(raw.write(as_text(noise).substr(0, 1)));
    CHECK(RawClient::status_of(raw.read_reply()) == 422);

    constexpr std::size_t kMany = 150;
    std::vector<std::unique_ptr<RawClient>> clients;
    for (std::size_t i = 0; i < kMany; ++i) {
        const Hash32 id = hash32(to_bytes("half " + std::to_string(i)));
        auto client = std::make_unique<RawClient>(service.port());
        REQUIRE(client->handshake());
        REQUIRE(client->write(upload_head(world.branch, id, 0, kLarge, kLarge)));
        REQUIRE(client->write(as_text(noise).substr(0, 20'000), 16384));
        REQUIRE(wait_for_offset(*http, id, 20'000));
        clients.push_back(std::move(client));
    }
    const std::size_t each = (service.own_memory() - before) / kMany;
    MESSAGE("memory an upload: ", each / 1024, " KiB");
    CHECK(each < 160 * 1024);
    CHECK(WEXITSTATUS(service.end(SIGTERM)) == 0);
}

TEST_CASE("envelopes are taken while the server rests, and answered at any time") {
    World world;
    const Path stick = world.hq.folder / "stick";
    const sync::SealedBatch first = world.branch.first_batch();
    world.branch.finalise(world.branch.record({{"person/name", "سعاد"}}));
    const sync::SealedBatch second = world.branch.seal();
    const auto writer = sync::EnvelopeWriter::open(stick, world.branch.device).value();
    const auto put = [&writer](sync::EnvelopeKind kind, const sync::SealedBatch& batch) {
        const auto name = sync::envelope_file(kind, batch.header.number, batch.hash);
        REQUIRE(writer.put(name, batch.file).ok());
    };
    const auto envelope = [&](std::vector<std::string> words) {
        words.insert(words.begin(), "envelope");
        words.insert(words.end(), {stick, "--data", world.hq.data(), "--keys", world.hq.keys()});
        return run(world.hq.folder, words);
    };
    put(sync::EnvelopeKind::kBatch, second);
    const Ran stranger = envelope({"import", "--json"});
    CHECK(stranger.code == 1);
    CHECK(stranger.document()["error"]["code"] == "not_enrolled");
    REQUIRE(
        writer.put({sync::EnvelopeKind::kEnrolRequest, 0, ""}, world.branch.enrol_request()).ok());
    {
        Service service(world.hq.folder.path(), world.hq.place());
        const Ran busy = envelope({"import", "--json"});
        CHECK(busy.code == 1);
        CHECK(busy.document()["error"]["code"] == "busy");
        CHECK(service.end(SIGTERM) == 0);
    }
    const Ran gap = envelope({"import"});
    CHECK(gap.code == 1);
    CHECK(gap.out.find("MISSING: number 1\n") != std::string::npos);
    put(sync::EnvelopeKind::kBatch, first);
    const auto taken = envelope({"import", "--json"});
    CHECK(taken.code == 0);
    const auto device = taken.document()["devices"][0];
    CHECK(device["device"] == to_text(world.branch.device));
    CHECK(device["opened"] == std::vector<int>{1, 2});
    CHECK(device["missing"].empty());
    CHECK_FALSE(taken.document().contains("error"));
    CHECK(world.instances().size() == 2);
    Service service(world.hq.folder.path(), world.hq.place());
    const auto answers = [&] { return envelope({"export", "--json"}).document()["devices"][0]; };
    CHECK(answers()["answers_written"] == 0);
    REQUIRE(remove_file(stick / to_text(world.branch.device) / "enrol.receipt").ok());
    CHECK(answers()["answers_written"] == 1);
    CHECK(envelope({"export", "--device", "nobody"}).code == 2);
    const Path other = world.hq.folder / "other";
    const Ran of_office =
        run(world.hq.folder, {"envelope", "export", other, "--office", to_text(world.branch.office),
                              "--data", world.hq.data(), "--keys", world.hq.keys(), "--json"});
    CHECK(of_office.document()["devices"][0]["answers_written"] == 5);
    CHECK(service.end(SIGTERM) == 0);
}

TEST_CASE("the command line makes keys, a database and vouchers, and tells what arrived") {
    const fakes::TempFolder folder;
    const std::string keys = folder / "keys";
    const std::string data = folder / "data";
    const std::vector<std::string> place{"--data", data, "--keys", keys};
    const auto with_place = [&](std::vector<std::string> words) {
        words.insert(words.end(), place.begin(), place.end());
        return run(folder, words);
    };
    CHECK(run(folder, {"--help"}).code == 0);
    CHECK(run(folder, {"--version"}).out.starts_with("awda-central "));
    CHECK(run(folder, {}).code == 2);
    CHECK(run(folder, {"list"}).code == 2);
    CHECK(run(folder, {"export", "--bogus"}).code == 2);

    const Ran made =
        run(folder, {"keys", "init", "--out", keys, "--url-host", "hq.example", "--json"});
    REQUIRE(made.code == 0);
    CHECK(made.document()["move_offline"].size() == 7);
    CHECK(run(folder, {"keys", "init", "--out", keys}).code == 1);
    const Ran early = with_place({"list", "--json"});
    CHECK(early.code == 1);
    CHECK(early.document()["error"]["code"] == "central_missing");
    REQUIRE(with_place({"init"}).code == 0);
    const Ran again = with_place({"init", "--lang", "ar"});
    CHECK(again.code == 1);
    CHECK(again.err.find("قاعدة بيانات مركزية") != std::string::npos);

    const std::string file = folder / "voucher";
    const Ran voucher = with_place({"voucher", "--office-name", "دهوك", "--url",
                                    "https://hq.example:8443", "--out", file, "--json"});
    REQUIRE(voucher.code == 0);
    const auto opened = sync::open_voucher(read_file(file).value());
    REQUIRE(opened.ok());
    CHECK(opened->voucher.office_name == "دهوك");
    CHECK(opened->voucher.server_url == "https://hq.example:8443");
    CHECK(to_text(opened->voucher.office) == voucher.document()["office_id"]);
    for (const char* url : {"http://hq.example", "https://", "https://a/b", "hq.example"}) {
        INFO(url);
        CHECK(with_place({"voucher", "--office-name", "x", "--url", url, "--out", file}).code == 2);
    }
    CHECK(with_place({"voucher", "--office-name", "x", "--url", "https://h", "--out", file,
                      "--office-id", "nonsense"})
              .code == 2);

    const Ran status = with_place({"status", "--json"});
    REQUIRE(status.code == 0);
    CHECK(status.document()["offices"] == 1);
    CHECK(status.document()["records"] == 0);
    CHECK(with_place({"devices", "--json"}).document()["devices"].empty());
    CHECK(with_place({"list", "--json"}).document()["records"].empty());
    CHECK(with_place({"list", "--problems", "--json"}).document()["problems"].empty());
    const Ran nothing = with_place({"export", "--form", "x", "--csv", folder / "out", "--json"});
    CHECK(nothing.code == 1);
    CHECK(nothing.document()["error"]["code"] == "not_found");
    CHECK(with_place({"serve", "--listen", "nonsense"}).code == 2);
    CHECK(with_place({"devices", "confirm", "nonsense"}).code == 2);
}

TEST_CASE("a device is confirmed, its records are listed and exported while the server runs") {
    World world;
    Service service(world.hq.folder.path(), world.hq.place());
    const auto http = client_for(service.port(), world.hq.hq);
    enrol(*http, world.branch);
    REQUIRE(deliver(*http, world.branch, world.branch.first_batch(3)).status == 200);
    const auto with_place = [&](std::vector<std::string> words) {
        words.insert(words.end(), {"--data", world.hq.data(), "--keys", world.hq.keys(), "--json"});
        const Ran ran = run(world.hq.folder, words);
        REQUIRE(ran.code == 0);
        return ran.document();
    };
    const json device = with_place({"devices"})["devices"][0];
    CHECK(device["confirmed"].is_null());
    CHECK(device["office"] == "دهوك");
    CHECK(device["batches"] == 1);
    CHECK(device["words"] ==
          sync::fingerprint_words(world.branch.sign_key.pub, world.branch.seal_key.pub));
    CHECK(with_place({"devices", "confirm", device["device"]})["confirmed"] == true);
    CHECK(with_place({"devices"})["devices"][0]["confirmed"].is_string());
    const json records = with_place({"list", "--form", "returnee-intake"})["records"];
    REQUIRE(records.size() == 3);
    CHECK(records[0]["device"] == device["device"]);
    CHECK(with_place({"list", "--form", "other"})["records"].empty());
    const json exported =
        with_place({"export", "--form", "returnee-intake", "--csv", world.hq.folder / "out/"});
    CHECK(exported["records"] == 3);
    CHECK(text_of(world.hq.folder / "out" / "returnee-intake.csv").find("سعاد محمد 2") !=
          std::string::npos);
    CHECK(service.end(SIGTERM) == 0);
    // No name from a record or of an officer stands in the log or in a file at rest.
    for (const auto& entry : std::filesystem::recursive_directory_iterator(world.hq.data())) {
        if (!entry.is_regular_file()) continue;
        const std::string text = text_of(entry.path());
        INFO(entry.path().string());
        CHECK(text.find("سعاد") == std::string::npos);
        CHECK(text.find("شيلان") == std::string::npos);
    }
    CHECK(text_of(world.hq.folder / "serve.log").find("سعاد") == std::string::npos);
}

TEST_CASE("devices revoke writes an order that the device believes, recovery its sealed keys") {
    Headquarters hq;
    Branch branch(hq);
    {
        Registry registry(hq);
        REQUIRE(registry.ingest.enrol(branch.enrol_request()).value().problem ==
                sync::Problem::kNone);
    }
    const fakes::TempFolder folder;
    const auto ask = [&](std::vector<std::string> words) {
        words.insert(words.end(),
                     {"--data", hq.data().string(), "--keys", hq.keys().string(), "--json"});
        return run(folder, std::move(words));
    };
    const std::string id = to_text(branch.device);
    const Path order = folder / "revoke.order";
    const Ran made =
        ask({"devices", "revoke", id, "--order", order.string(), "--reason", "seized"});
    CHECK(made.code == 0);
    CHECK(made.document().at("device") == id);
    const auto opened = sync::open_revocation(read_file(order).value(), hq.hq.delegate);
    REQUIRE(opened.ok());
    CHECK(opened->device == branch.device);
    CHECK(opened->reason == sync::RevocationReason::kSeized);

    const Path blobs = folder / "blobs";
    CHECK(ask({"devices", "recovery", id, "--out", blobs.string()}).code == 0);
    CHECK(read_file(blobs / "epoch-1.recovery").value() == Bytes(48, 7));

    const std::string stranger = to_text(DeviceId{});
    CHECK(ask({"devices", "revoke", stranger, "--order", order.string()}).code == 1);
    CHECK(ask({"devices", "recovery", stranger, "--out", blobs.string()}).code == 1);
    CHECK(ask({"devices", "revoke", id}).code == 2);
    CHECK(hq.store()
              .database()
              .query_integer("SELECT count(*) FROM audit WHERE action = 'revoke-device'")
              .value() == 1);
}
