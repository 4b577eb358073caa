// Goal: what a delivery costs on a line of 32 kbit/s and 600 ms that is cut every 20 to 40 s for 1
// to 5 s: goodput while the line is up, bytes delivered for each useful one, and how much worse
// holes are than resets. Beside it, on the same line, how the peers work: ODK's one POST a record
// over a kept connection, and CSPro's compressed chunks that begin anew after a cut. Method: the
// real courier and central over tests/link, time scaled, several seeds at once.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>
#include <future>

#include "tests/bench/bench.h"
#include "tests/link/gateway.h"
#include "tests/link/office.h"

using namespace awda;
using namespace awda::bench;
using namespace awda::link;

namespace {

constexpr double kScale = 5;
constexpr double kRate = 32'000;
constexpr std::int64_t kOneWayMs = 300;
constexpr std::uint64_t kSeeds[] = {1, 2, 3};
constexpr std::size_t kSmall = 230'000;
constexpr std::size_t kLarge = 1'000'000;

struct Outcome {
    double seconds = 0;  ///< simulated
    double goodput = 0;  ///< useful bytes / what the line could carry while it was up
    double waste = 0;    ///< delivered / useful
    std::uint64_t cuts = 0;
    std::uint64_t useful = 0;
};

Outcome outcome_of(const LinkFigures& figures, std::uint64_t useful) {
    const auto bytes = static_cast<double>(useful);
    return {figures.passed_ms / 1000, bytes * 8000 / kRate / figures.up_ms,
            static_cast<double>(figures.delivered_up) / bytes, figures.cuts, useful};
}

LinkOptions line(std::uint16_t port, Fault fault, std::uint64_t seed) {
    Weather weather;
    weather.fault = fault;
    weather.seed = seed;
    return {port, kRate, kOneWayMs, kScale, weather};
}

Outcome run_ours(std::size_t size, Fault fault, std::uint64_t seed) {
    Ministry ministry(kScale);
    Office office(ministry, seed, kScale);
    office.enrol_directly();
    office.seal(size);
    const auto link = Link::start(line(ministry.server->port(), fault, seed)).value();
    const auto http = office.client(link->port());
    const sync::SyncSummary summary = office.run(*http);
    const Outcome outcome = outcome_of(link->figures(), office.bytes);
    REQUIRE_FALSE(summary.error.has_value());
    REQUIRE(summary.batches_unopened == 0);
    REQUIRE(ministry.records_of(office.branch.device) == office.records);
    return outcome;
}

/// A server that takes whatever is posted, and a client of ours to post with.
struct Peer {
    central::testing::Headquarters hq;
    std::unique_ptr<Gateway> gateway;
    std::unique_ptr<Link> link;
    std::unique_ptr<HttpClient> http;
    fakes::SeededRandom random;

    Peer(std::uint64_t seed, std::size_t reply_bytes, std::int64_t stall_ms) : random(seed) {
        GatewayOptions options;
        options.key = hq.keys() / "frontend" / "tls.key";
        options.certificate = hq.keys() / "frontend" / "tls.crt";
        options.handle = [reply_bytes](const GatewayRequest&) {
            GatewayAnswer answer;
            answer.reply.status = 201;
            answer.reply.body = Bytes(reply_bytes, 'x');
            return answer;
        };
        gateway = Gateway::start(std::move(options)).value();
        link = Link::start(line(gateway->port(), Fault::kReset, seed)).value();
        HttpOptions client = scaled_http(link->port(), hq.hq, kScale);
        client.stall_timeout_ms = static_cast<std::int64_t>(static_cast<double>(stall_ms) / kScale);
        client.reply_timeout_ms = client.stall_timeout_ms;
        http = HttpClient::make(std::move(client)).value();
    }
    /// False once a pattern would take for ever.
    [[nodiscard]] bool bearable() const { return link->figures().passed_ms < 900'000; }
    bool send(std::string method, std::size_t size) {
        HttpRequest request;
        request.method = std::move(method);
        request.path = "/";
        request.body = Bytes(size);
        random.fill(request.body);
        const auto reply = http->send(request);
        return reply.ok() && reply->status == 201;
    }
    static void rest(double ms) {
        std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(ms / kScale));
    }
};

/// ODK Collect: HEAD once a run, then one multipart POST a record, 4,657 bytes with their parts'
/// heads around 4,412 of XML; what fails is posted again, here after 250 ms rather than when the
/// officer taps.
Outcome run_odk(std::uint64_t seed) {
    constexpr std::size_t kRecords = 100;
    constexpr std::size_t kXml = 4412;
    constexpr std::size_t kPost = 4657;
    Peer peer(seed, 300, 60'000);
    bool greeted = false;
    std::size_t sent = 0;
    while (sent < kRecords && peer.bearable()) {
        greeted = greeted || peer.send("HEAD", 0);
        if (greeted && peer.send("POST", kPost)) {
            ++sent;
        } else {
            greeted = false;
            Peer::rest(250);
        }
    }
    return outcome_of(peer.link->figures(), sent * kXml);
}

/// CSPro: gzip'd JSON of 100 cases (594 bytes each); the next chunk is twice as long if this one
/// took at most 30 s; after a failure three more tries of the same body, 0.5 s, 0.75 s and 1.1 s
/// apart, then the officer begins again with the length that was good last, which stays.
Outcome run_cspro(std::uint64_t seed) {
    constexpr std::size_t kRecords = 700;
    constexpr std::size_t kCase = 594;
    constexpr std::size_t kTries = 4;
    Peer peer(seed, 200, 180'000);
    std::size_t chunk = 100;
    std::size_t last_good = 100;
    bool failed = false;
    std::size_t sent = 0;
    while (sent < kRecords && peer.bearable()) {
        const std::size_t now = std::min(chunk, kRecords - sent);
        bool done = false;
        double took = 0;
        double pause = 500;
        for (std::size_t tries = 0; tries < kTries && !done; ++tries) {
            const double began = peer.link->figures().passed_ms;
            done = peer.send("POST", now * kCase);
            took = peer.link->figures().passed_ms - began;
            if (!done) Peer::rest(pause);
            pause *= 1.5;
        }
        failed = failed || !done;
        if (done) {
            sent += now;
            last_good = chunk;
        }
        chunk = failed ? last_good : took <= 30'000 ? chunk * 2 : chunk;
    }
    return outcome_of(peer.link->figures(), sent * kCase);
}

using Runs = std::vector<std::future<Outcome>>;

template <typename Run>
Runs start(Run run) {
    Runs runs;
    for (const std::uint64_t seed : kSeeds) {
        runs.push_back(std::async(std::launch::async, run, seed));
    }
    return runs;
}

/// The mean of the seeds; prints each.
Outcome gather(const char* name, Runs& runs) {
    Outcome mean;
    const auto n = static_cast<double>(runs.size());
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const Outcome one = runs[i].get();
        std::fflush(stdout);
        fmt::print("  {:<34} seed {}  {:>7.1f} s  {:>2} cuts  goodput {:.3f}  delivered {:.3f}\n",
                   name, kSeeds[i], one.seconds, one.cuts, one.goodput, one.waste);
        mean.seconds += one.seconds / n;
        mean.goodput += one.goodput / n;
        mean.waste += one.waste / n;
        mean.useful = one.useful;
    }
    return mean;
}

/// Prints a figure that must not be below its bar.
int print_least(const std::string& name, double value, double bar) {
    const bool kept = value >= bar;
    fmt::print("{:<58} {:>9.3f}     bar {:>6.2f}  {}\n", name, value, bar,
               kept ? "kept" : "MISSED");
    return kept ? 0 : 1;
}

double seconds_a_kilobyte(const Outcome& outcome) {
    return outcome.seconds * 1000 / static_cast<double>(outcome.useful);
}

int judge(const Outcome& small, const Outcome& large, const Outcome& holes, const Outcome& odk,
          const Outcome& cspro) {
    int missed = 0;
    missed += print_least("1 MB: goodput / capacity while up", large.goodput, 0.83);
    missed += print_least("230 KB: goodput / capacity while up", small.goodput, 0.80);
    missed += print_ratio("1 MB: delivered / useful", large.waste, 1, 1.04);
    missed += print_ratio("230 KB: delivered / useful", small.waste, 1, 1.04);
    missed +=
        print_ratio("230 KB: time with holes / with resets", holes.seconds, small.seconds, 1.7);
    for (const auto& [name, peer] : {std::pair{"ODK", odk}, std::pair{"CSPro", cspro}}) {
        fmt::print("{:<58} {:>9.3f}\n", fmt::format("{}: goodput / capacity while up", name),
                   peer.goodput);
        fmt::print("{:<58} {:>9.3f}\n", fmt::format("{}: delivered / useful", name), peer.waste);
        fmt::print("{:<58} {:>9.2f} x\n", fmt::format("{}: its time a useful byte / ours", name),
                   seconds_a_kilobyte(peer) / seconds_a_kilobyte(small));
    }
    return missed;
}

}  // namespace

int main() {
    if (!crypto_start().ok()) return 1;
    doctest::Context context;
    context.setAsDefaultForAssertsOutOfTestCases();
    context.setAssertHandler([](const doctest::AssertData& data) {
        if (!data.m_failed) return;
        fmt::print("{}:{}: {}\n", data.m_file, data.m_line, data.m_expr);
        std::abort();
    });
    fmt::print("32 kbit/s, 600 ms, cut every 20 to 40 s for 1 to 5 s; seconds are simulated, {}x\n",
               kScale);
    Runs large = start([](std::uint64_t s) { return run_ours(kLarge, Fault::kReset, s); });
    Runs small = start([](std::uint64_t s) { return run_ours(kSmall, Fault::kReset, s); });
    Runs holes = start([](std::uint64_t s) { return run_ours(kSmall, Fault::kHole, s); });
    Runs odk = start(run_odk);
    Runs cspro = start(run_cspro);
    const Outcome small_mean = gather("ours, 230 KB, resets", small);
    const Outcome holes_mean = gather("ours, 230 KB, holes", holes);
    const Outcome large_mean = gather("ours, 1 MB, resets", large);
    const Outcome odk_mean = gather("ODK's pattern", odk);
    const Outcome cspro_mean = gather("CSPro's pattern", cspro);
    return judge(small_mean, large_mean, holes_mean, odk_mean, cspro_mean) == 0 ? 0 : 1;
}
