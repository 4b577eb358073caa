// Two `awda-central serve` on one PostgreSQL, killed at any moment while devices deliver over both.
#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <thread>

#include "platform/codec.h"
#include "tests/central/program.h"
#include "tests/central/served.h"

using namespace awda;
using namespace awda::central;
using namespace awda::central::testing;

namespace {

constexpr std::uint64_t kSeed = 20261127;
constexpr int kKills = 30;
constexpr std::size_t kDevices = 3;

/// Where the front ends listen; 0 while one is down.
using Ports = std::array<std::atomic<std::uint16_t>, 2>;

/// A device and its thread: makes batches, and delivers each over whichever front end it gets.
class Deliverer {
public:
    Deliverer(Headquarters& hq, Ports& ports, std::uint64_t seed)
        : hq_(hq), ports_(ports), branch(hq, seed), random_(seed) {
        branch.begin_log();
    }
    void run(const std::atomic<bool>& enough) {
        while (!enrolled_) enrolled_ = try_enrol();
        while (!enough) {
            Bytes noise(500 + random_.next_u64() % 6000);
            random_.fill(noise);
            const auto record = branch.record({{"note", to_base64(noise)}});
            made.insert(to_text(record.instance));
            branch.finalise(record);
            batches.push_back(branch.seal());
            told.emplace_back();
            while (told.back().empty()) told.back() = try_deliver(batches.back());
        }
    }

private:
    std::unique_ptr<HttpClient> client() {
        for (;;) {
            const std::uint16_t port = ports_[random_.next_u64() % 2];
            if (port != 0) return client_for(port, hq_.hq);
            std::this_thread::yield();
        }
    }
    bool try_enrol() {
        HttpRequest request;
        request.method = "POST";
        request.path = "/v1/enrol";
        request.body = branch.enrol_request();
        const auto reply = client()->send(request);
        return reply.ok() && reply->status == 200;
    }
    /// The receipts; nothing when the front end went away, or asks for patience.
    Bytes try_deliver(const sync::SealedBatch& batch) {
        const auto http = client();
        HttpRequest head;
        head.method = "HEAD";
        head.path = batch_path(batch.hash);
        const auto at = http->send(head);
        if (!at.ok()) return {};
        const std::string offset = at->header("upload-offset").value_or("0");
        const auto reply =
            http->send(upload_request(branch, batch.hash, batch.file, std::stoull(offset)));
        if (!reply.ok()) return {};
        const std::string problem = reply->header("awda-problem").value_or("");
        // Never a fork, a gap, or bytes that are not its own.
        AWDA_ASSERT(reply->status == 200 || reply->status == 503 || problem == "offset");
        return reply->status == 200 ? reply->body : Bytes();
    }

    Headquarters& hq_;
    Ports& ports_;

public:
    Branch branch;
    std::set<std::string> made;
    std::vector<sync::SealedBatch> batches;
    std::vector<Bytes> told;  ///< the receipts with which each batch was answered

private:
    fakes::SeededRandom random_;
    bool enrolled_ = false;
};

}  // namespace

TEST_CASE("thirty kills of two front ends on one database: nothing is lost, nothing comes twice") {
    Headquarters hq(system_clock().now());
    fakes::SeededRandom random(kSeed);
    Ports ports{};
    std::array<std::unique_ptr<Service>, 2> services;
    const auto serve = [&](std::size_t i) {
        const std::string name = "front" + std::to_string(i);
        StorePlace place = hq.place();
        place.data = hq.folder / name;
        services[i] = std::make_unique<Service>(hq.folder.path(), place, name);
        ports[i] = services[i]->port();
    };
    serve(0);
    serve(1);
    std::vector<std::unique_ptr<Deliverer>> devices;
    std::vector<std::thread> threads;
    std::atomic<bool> enough = false;
    for (std::size_t i = 0; i < kDevices; ++i) {
        devices.push_back(std::make_unique<Deliverer>(hq, ports, kSeed + i));
    }
    for (const auto& device : devices) threads.emplace_back([&] { device->run(enough); });
    for (int kill = 0; kill < kKills; ++kill) {
        ::usleep(static_cast<useconds_t>(20'000 + random.next_u64() % 100'000));
        const std::size_t victim = random.next_u64() % 2;
        ports[victim] = 0;
        services[victim]->end(SIGKILL);
        serve(victim);
    }
    enough = true;
    for (std::thread& thread : threads) thread.join();

    std::set<std::string> made;
    std::size_t batches = 0;
    const auto one = client_for(ports[0], hq.hq);
    const auto other = client_for(ports[1], hq.hq);
    for (const auto& device : devices) {
        made.insert(device->made.begin(), device->made.end());
        for (std::size_t i = 0; i < device->batches.size(); ++i, ++batches) {
            const std::string path = batch_path(device->batches[i].hash) + "/receipts";
            // One that was stored just before a kill may wait some seconds to be opened.
            Bytes final;
            for (int tries = 0; tries < 3000 && final.empty(); ++tries) {
                Bytes body = ask(*one, "GET", path).body;
                if (sync::decode_receipts(body).value().size() == 2) final = std::move(body);
                if (final.empty()) ::usleep(10'000);
            }
            REQUIRE(receipts_in(final, hq.hq).size() == 2);
            CHECK(ask(*other, "GET", path).body == final);
            const auto early = sync::decode_receipts(device->told[i]).value();
            CHECK(early[0] == sync::decode_receipts(final).value()[0]);
            if (early.size() == 2) CHECK(device->told[i] == final);
        }
    }
    MESSAGE("seed ", kSeed, ": ", batches, " batches over ", kKills, " kills");
    CHECK(batches >= std::size_t{kKills});
    Store store = hq.store();
    std::multiset<std::string> kept;
    for (const RecordRow& row : records_of(store)) kept.insert(to_text(row.record.instance));
    CHECK(kept == std::multiset<std::string>(made.begin(), made.end()));
    CHECK(store.problems().value().empty());
    for (const auto& service : services) CHECK(WEXITSTATUS(service->end(SIGTERM)) == 0);
}
