#include <doctest/doctest.h>

#include <deque>
#include <functional>

#include "sync/courier.h"
#include "sync/outbox_folder.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/temp_folder.h"
#include "tests/sim/model_server.h"

using namespace awda;
using namespace awda::sync;

namespace {
/// What happens to one request on its way.
struct Fate {
    std::optional<std::size_t> cut_at;  ///< bytes of body that arrive before the link dies
    bool reply_lost = false;
    std::optional<Errc> refused;  ///< by the transport, before anything is sent
    std::optional<HttpReply> instead;
};
Fate cut(std::size_t at) {
    Fate fate;
    fate.cut_at = at;
    return fate;
}
Fate reply_lost() {
    Fate fate;
    fate.reply_lost = true;
    return fate;
}
Fate refused(Errc code) {
    Fate fate;
    fate.refused = code;
    return fate;
}
Fate answered(HttpReply reply) {
    Fate fate;
    fate.instead = std::move(reply);
    return fate;
}

/// A transport over ModelServer that meets the fates it was given, then none.
class FakeHttp final : public HttpClient {
public:
    explicit FakeHttp(sim::ModelServer& server) : server_(server) {}
    Result<HttpReply> send(const HttpRequest& request) override {
        ++requests;
        methods += request.method + ' ';
        Fate fate;
        // A cut waits for the next upload.
        if (!fates.empty() && (!fates.front().cut_at || request.method == "PATCH")) {
            fate = fates.front();
            fates.pop_front();
        }
        if (fate.refused) return Error(*fate.refused, "a fate");
        sim::Wire wire{request.method, request.path, request.headers, request.body, 0};
        if (request.file != nullptr) {
            wire.body.resize(request.file_size - request.file_offset);
            const auto read = request.file->read_at(request.file_offset, wire.body);
            if (!read.ok() || *read != wire.body.size()) return Error(Errc::kIo, "reading a batch");
        }
        wire.arrived = std::min(fate.cut_at.value_or(wire.body.size()), wire.body.size());
        totals_.bytes_up += wire.arrived;
        if (request.progress && !request.progress(wire.arrived)) {
            return Error(Errc::kTimeout, "stopped");
        }
        const auto reply = server_.handle(wire);
        if (fate.cut_at || fate.reply_lost || !reply) return Error(Errc::kNoNetwork, "a cut");
        if (fate.instead) return *fate.instead;
        return *reply;
    }
    [[nodiscard]] HttpTotals totals() const override { return totals_; }

    std::deque<Fate> fates;
    std::size_t requests = 0;
    std::string methods;

private:
    sim::ModelServer& server_;
    HttpTotals totals_;
};

struct Office {
    fakes::TempFolder folder;
    fakes::FakeClock clock;
    fakes::SeededRandom random{11};
    sample::Log log = sample::small_log();
    sim::ModelServer server{sample::hq()};
    FakeHttp http{server};
    OutboxFolder outbox = OutboxFolder::open(folder / "outbox").value();
    Hash32 last_batch{};
    std::uint64_t batches = 0;
    std::uint64_t sealed_bytes = 0;
    std::size_t sealed_events = 0;
    CourierHooks hooks;

    Office() {
        EnrolRequest request;
        request.voucher = sample::id<VoucherId>(0x61);
        request.device = log.device;
        request.device_sign = log.key.pub;
        AWDA_ASSERT(outbox.put_enrol_request(sign_enrol_request(request, log.key)).ok());
        hooks.rest = [this](std::int64_t ms) { clock.advance(ms); };
    }
    void seal() {
        log.add_record(static_cast<std::uint8_t>(10 + batches));
        auto batch = seal_batch(log.input(++batches, last_batch, sealed_events, log.events.size()),
                                {sample::hq().registry.pub}, log.key, random);
        AWDA_ASSERT(batch.ok());
        last_batch = batch->hash;
        sealed_events = log.events.size();
        sealed_bytes += batch->file.size();
        AWDA_ASSERT(
            outbox.put_batch(*batch, sign_upload(log.key, batch->hash, batch->file.size())).ok());
    }
    SyncSummary sync() {
        Courier courier(http, outbox, clock, random, {log.device, sample::hq().keys, {4, 3}},
                        hooks);
        return courier.run();
    }
};
}  // namespace

TEST_CASE("an office enrols, delivers what waits, and has nothing to do the next time") {
    Office office;
    office.seal();
    office.seal();
    const SyncSummary first = office.sync();
    CHECK_FALSE(first.error.has_value());
    CHECK(first.batches_sent == 2);
    CHECK(first.batches_waiting == 0);
    CHECK(first.batches_unopened == 0);
    CHECK(first.bytes_sealed == office.sealed_bytes);
    CHECK(first.bytes_up >= office.sealed_bytes);
    CHECK(first.counts.stored == 2);
    CHECK(first.counts.opened == 2);
    CHECK(office.server.held() == 2);
    CHECK(office.http.methods == "POST PATCH PATCH ");
    const Bytes receipt = office.outbox.receipt(2, ReceiptKind::kOpened).value();
    CHECK(open_receipt(receipt, sample::hq().keys).value().batch_number == 2);
    const SyncSummary second = office.sync();
    CHECK_FALSE(second.error.has_value());
    CHECK(second.batches_sent == 0);
    CHECK(office.http.requests == 3);
}

TEST_CASE("uploads cut in the middle go on from where they broke, and no byte is sent twice") {
    Office office;
    office.seal();
    office.http.fates = {cut(100), cut(200), cut(0)};
    const std::int64_t began = office.clock.steady_ms();
    const SyncSummary summary = office.sync();
    CHECK_FALSE(summary.error.has_value());
    CHECK(summary.counts.cuts == 2);
    CHECK(summary.counts.retries == 3);
    CHECK(office.server.commits == 1);
    CHECK(summary.duration_ms == office.clock.steady_ms() - began);
    CHECK(summary.duration_ms > 500);
    const Bytes request = office.outbox.enrolment().value().request;
    CHECK(summary.bytes_up == office.sealed_bytes + request.size());
}

TEST_CASE("a reply lost after the commit does not commit twice") {
    Office office;
    office.seal();
    office.http.fates = {Fate{}, reply_lost()};
    const SyncSummary summary = office.sync();
    CHECK_FALSE(summary.error.has_value());
    CHECK(office.http.methods == "POST PATCH HEAD GET ");
    CHECK(office.server.commits == 1);
    CHECK(office.outbox.batches().value()[0].opened);
}

TEST_CASE("after a few seconds of a delivery its rest is estimated, cuts included") {
    Office office;
    office.seal();
    office.seal();
    std::optional<std::int64_t> left;
    office.hooks.rest = [&](std::int64_t) { office.clock.advance(6000); };
    office.hooks.progress = [&](const DeliveryProgress& now) {
        if (now.batches_done == 0 && now.ms_left) left = now.ms_left;
    };
    office.http.fates = {cut(100)};
    CHECK_FALSE(office.sync().error.has_value());
    REQUIRE(left.has_value());
    CHECK(*left > 6000);  // 6 s for the first 100 bytes
}

TEST_CASE("a batch sealed while another is on its way is delivered in the same run") {
    Office office;
    office.seal();
    bool sealed = false;
    office.hooks.progress = [&](const DeliveryProgress&) {
        if (!sealed) office.seal();
        sealed = true;
    };
    const SyncSummary summary = office.sync();
    CHECK_FALSE(summary.error.has_value());
    CHECK(summary.batches_sent == 2);
    CHECK(office.server.held() == 2);
}

TEST_CASE("without a network the run gives up after its limit and loses nothing") {
    Office office;
    office.seal();
    for (int i = 0; i < 20; ++i) office.http.fates.push_back(refused(Errc::kNoNetwork));
    const SyncSummary summary = office.sync();
    CHECK(summary.error == Errc::kNoNetwork);
    CHECK(summary.batches_waiting == 1);
    CHECK(office.http.requests == 4);
    office.http.fates.clear();
    CHECK_FALSE(office.sync().error.has_value());
    CHECK(office.server.held() == 1);
}

TEST_CASE("a server with another key ends the run at once") {
    Office office;
    office.http.fates = {refused(Errc::kUnknownServer)};
    CHECK(office.sync().error == Errc::kUnknownServer);
    CHECK(office.http.requests == 1);
}

TEST_CASE("a portal's pages leave no trace") {
    Office office;
    office.seal();
    HttpReply page;
    page.status = 200;
    page.headers = {{"content-type", "text/html"}};
    page.body = to_bytes("<html>log in</html>");
    for (int i = 0; i < 20; ++i) office.http.fates.push_back(answered(page));
    const SyncSummary summary = office.sync();
    CHECK(summary.error == Errc::kNoNetwork);
    CHECK_FALSE(office.outbox.enrolment().value().enrolled);
}

TEST_CASE("a stop during an upload ends the run without an error, and the next one goes on") {
    Office office;
    office.seal();
    bool stop = false;
    office.hooks.stopped = [&] { return stop; };
    office.hooks.progress = [&](const DeliveryProgress& now) { stop = stop || now.bytes_done > 0; };
    const SyncSummary summary = office.sync();
    CHECK(summary.stopped);
    CHECK_FALSE(summary.error.has_value());
    CHECK(summary.batches_waiting == 1);
    stop = false;
    office.hooks.progress = [](const DeliveryProgress&) {};
    CHECK_FALSE(office.sync().error.has_value());
    CHECK(office.server.held() == 1);
}

TEST_CASE("a fork is marked in the outbox and stops later runs before they touch the network") {
    Office office;
    office.seal();
    CHECK_FALSE(office.sync().error.has_value());
    // The vault was copied: the same device seals another batch under a used number.
    REQUIRE(office.outbox.remove_batch(1).ok());
    office.batches = 0;
    office.last_batch = Hash32{};
    office.sealed_events = 0;
    office.seal();
    CHECK(office.sync().error == Errc::kFork);
    CHECK(office.server.held() == 1);
    const std::size_t requests = office.http.requests;
    CHECK(office.sync().error == Errc::kFork);
    CHECK(office.http.requests == requests);
}

TEST_CASE("a decayed batch is found on the disk and not sent") {
    Office office;
    office.seal();
    CHECK_FALSE(office.outbox.batches().value().empty());
    const std::vector<std::string> names = list_files(office.folder / "outbox").value();
    for (const std::string& name : names) {
        if (!name.ends_with(".awb")) continue;
        OutputFile file = OutputFile::open(office.folder / "outbox" / name).value();
        REQUIRE(file.write_at(300, Bytes{1, 2, 3}).ok());
    }
    CHECK(office.sync().error == Errc::kAltered);
    CHECK(office.server.held() == 0);
}

TEST_CASE("an outbox that is not this device's is refused") {
    Office office;
    Courier courier(office.http, office.outbox, office.clock, office.random,
                    {sample::id<DeviceId>(0x99), sample::hq().keys, {}}, office.hooks);
    CHECK(courier.run().error == Errc::kMalformed);
    CHECK(office.http.requests == 0);
}
