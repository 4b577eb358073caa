// The two halves of the protocol against each other: sync's courier and central's server.
#include "sync/courier.h"

#include <doctest/doctest.h>

#include "sync/central/server.h"
#include "sync/outbox_folder.h"
#include "tests/central/served.h"

using namespace awda;
using namespace awda::central;
using namespace awda::central::testing;

namespace {

struct World {
    Headquarters hq;
    Branch branch{hq};
    std::unique_ptr<Server> server;
    sync::OutboxFolder outbox = sync::OutboxFolder::open(hq.folder / "outbox").value();

    World() { start(); }
    void start() {
        ServerOptions options;
        options.place = hq.place();
        server = Server::start(options, hq.clock).value();
    }
    void put(const sync::SealedBatch& batch) {
        const Signature auth = sync::sign_upload(branch.sign_key, batch.hash, batch.file.size());
        REQUIRE(outbox.put_batch(batch, auth).ok());
    }
    [[nodiscard]] sync::SyncSummary run(HttpClient& http, std::uint32_t failures_max = 8) {
        sync::CourierSettings settings;
        settings.device = branch.device;
        settings.hq = hq.hq;
        settings.limits.failures_max = failures_max;
        sync::CourierHooks hooks;
        hooks.rest = [](std::int64_t) {};
        fakes::SeededRandom random(5);
        return sync::Courier(http, outbox, hq.clock, random, settings, hooks).run();
    }
    [[nodiscard]] std::size_t records() const {
        Store store = hq.store();
        return records_of(store).size();
    }
};

/// A client whose uploads are given up once some bytes of the body have been handed over.
class CuttingClient final : public HttpClient {
public:
    CuttingClient(std::unique_ptr<HttpClient> inner, int cuts)
        : inner_(std::move(inner)), cuts_(cuts) {}
    Result<HttpReply> send(const HttpRequest& request) override {
        if (request.method != "PATCH" || cuts_ == 0) return inner_->send(request);
        --cuts_;
        HttpRequest cut = request;
        cut.progress = [&request](std::uint64_t sent) {
            const bool go_on = !request.progress || request.progress(sent);
            return go_on && sent < 8'000;
        };
        auto reply = inner_->send(cut);
        // As a line that drops, not one that falls silent.
        return reply.ok() ? std::move(reply) : Error(Errc::kNoNetwork, "the upload was cut");
    }
    [[nodiscard]] HttpTotals totals() const override { return inner_->totals(); }

private:
    std::unique_ptr<HttpClient> inner_;
    int cuts_;
};

}  // namespace

TEST_CASE("the courier enrols, delivers what waits, and believes central's receipts") {
    World world;
    REQUIRE(world.outbox.put_enrol_request(world.branch.enrol_request()).ok());
    world.put(world.branch.first_batch(2));
    world.branch.finalise(world.branch.record({{"person/name", "أ"}}));
    world.put(world.branch.seal());
    const auto http = client_for(world.server->port(), world.hq.hq);
    const sync::SyncSummary first = world.run(*http);
    CHECK_FALSE(first.error.has_value());
    CHECK(first.batches_sent == 2);
    CHECK(first.batches_unopened == 0);
    CHECK(first.counts.stored == 2);
    CHECK(first.counts.opened == 2);
    CHECK(first.counts.rejected_receipts == 0);
    CHECK(world.records() == 3);
    const sync::SyncSummary second = world.run(*http);
    CHECK_FALSE(second.error.has_value());
    CHECK(second.batches_sent == 0);
    CHECK(world.records() == 3);
}

TEST_CASE("an upload cut five times goes on where it was and is counted as cut") {
    World world;
    REQUIRE(world.outbox.put_enrol_request(world.branch.enrol_request()).ok());
    world.branch.begin_log();
    world.branch.add_bulk(100'000);
    world.put(world.branch.seal());
    CuttingClient http(client_for(world.server->port(), world.hq.hq), 5);
    const sync::SyncSummary summary = world.run(http);
    CHECK_FALSE(summary.error.has_value());
    CHECK(summary.counts.cuts == 5);
    CHECK(summary.batches_unopened == 0);
    CHECK(world.records() == 1);
    CHECK(summary.bytes_up < 2 * summary.bytes_sealed);
}

TEST_CASE("a server that was away is found again, and a copied vault is stopped") {
    World world;
    REQUIRE(world.outbox.put_enrol_request(world.branch.enrol_request()).ok());
    world.put(world.branch.first_batch());
    const auto gone = client_for(world.server->port(), world.hq.hq);
    world.server.reset();
    CHECK(world.run(*gone, 3).error == Errc::kNoNetwork);
    world.start();
    const auto http = client_for(world.server->port(), world.hq.hq);
    CHECK_FALSE(world.run(*http).error.has_value());
    CHECK(world.records() == 1);

    Branch copy = world.branch;
    world.branch.finalise(world.branch.record({{"person/name", "أ"}}));
    const auto ours = world.branch.seal();
    REQUIRE(deliver(*http, world.branch, ours).status == 200);
    copy.finalise(copy.record({{"person/name", "ب"}}));
    world.put(copy.seal());
    CHECK(world.run(*http).error == Errc::kFork);
    CHECK(world.outbox.forked().value());
    CHECK(world.records() == 2);
}
