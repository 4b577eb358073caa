// The link itself, and the courier over it.
#include "tests/link/link.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <vector>

#include "platform/fd.h"
#include "tests/link/office.h"

using namespace awda;
using namespace awda::link;

namespace {

/// A listener whose queue is full, so that whoever knocks hears nothing: as behind a firewall that
/// drops packets, or a modem without a line.
class DeafPort {
public:
    DeafPort() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* plain = static_cast<sockaddr*>(static_cast<void*>(&address));
        REQUIRE(::bind(listener_.get(), plain, size) == 0);
        REQUIRE(::listen(listener_.get(), 0) == 0);
        REQUIRE(::getsockname(listener_.get(), plain, &size) == 0);
        port = ntohs(address.sin_port);
        for (int i = 0; i < 4; ++i) {
            waiting_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            (void)::connect(waiting_.back().get(), plain, size);
        }
    }
    std::uint16_t port = 0;

private:
    Fd listener_;
    std::vector<Fd> waiting_;
};

constexpr std::int64_t kStallMs = 400;

/// How long a client with kStallMs takes to call the link dead.
std::int64_t ms_to_stall(HttpClient& http) {
    HttpRequest request;
    request.method = "GET";
    request.path = "/healthz";
    const std::int64_t began = system_clock().steady_ms();
    const auto reply = http.send(request);
    REQUIRE_FALSE(reply.ok());
    CHECK(reply.error().code == Errc::kTimeout);
    return system_clock().steady_ms() - began;
}

HttpOptions impatient(std::uint16_t port, const sync::HqKeys& hq) {
    HttpOptions options = scaled_http(port, hq, 1);
    options.stall_timeout_ms = kStallMs;
    return options;
}

}  // namespace

TEST_CASE("a link carries at its rate, and what is delivered is what was sent and its framing") {
    constexpr double kScale = 10;
    Ministry ministry(kScale);
    Office office(ministry, 1, kScale);
    office.enrol_directly();
    office.seal(40'000);
    LinkOptions options{ministry.server->port(), 128'000, 50, kScale, {}};
    const auto link = Link::start(options).value();
    const auto http = office.client(link->port());
    const sync::SyncSummary summary = office.run(*http);
    const LinkFigures figures = link->figures();
    CHECK_FALSE(summary.error.has_value());
    CHECK(ministry.records_of(office.branch.device) == office.records);
    const auto useful = static_cast<double>(office.bytes);
    const double seconds = useful * 8 / options.bits_a_second;
    CHECK(figures.passed_ms > seconds * 1000);
    CHECK(figures.passed_ms < seconds * 1000 * 1.5 + 2000);
    CHECK(static_cast<double>(figures.delivered_up) > useful);
    CHECK(static_cast<double>(figures.delivered_up) < useful * 1.06);
    CHECK(figures.connections == 1);
    CHECK(figures.cuts == 0);
}

TEST_CASE("a connection after a cut resumes the TLS session, which costs fewer bytes") {
    Ministry ministry;
    const auto link = Link::start({ministry.server->port(), 0, 0, 1, {}}).value();
    const auto http = HttpClient::make(scaled_http(link->port(), ministry.hq.hq, 1)).value();
    const auto bytes_down = [&] {
        const std::uint64_t before = link->figures().delivered_down;
        CHECK(central::testing::ask(*http, "GET", "/healthz").status == 200);
        return link->figures().delivered_down - before;
    };
    const std::uint64_t first = bytes_down();
    const std::uint64_t kept = bytes_down();
    link->cut(Fault::kReset, 0);
    const std::uint64_t resumed = bytes_down();
    CAPTURE(first);
    CAPTURE(kept);
    CAPTURE(resumed);
    CHECK(link->figures().connections == 2);
    CHECK(first > kept + 600);  // a certificate, its proof, and a ticket
    CHECK(resumed < first - 400);
}

TEST_CASE("a dead link is found as fast while connecting, shaking hands and waiting for a reply") {
    Ministry ministry;
    const DeafPort deaf;
    const auto link = Link::start({ministry.server->port(), 0, 0, 1, {}}).value();
    const auto nobody = HttpClient::make(impatient(deaf.port, ministry.hq.hq)).value();
    const auto http = HttpClient::make(impatient(link->port(), ministry.hq.hq)).value();
    const auto found_in_time = [](std::int64_t ms) { return ms >= kStallMs && ms < 3 * kStallMs; };
    CHECK(found_in_time(ms_to_stall(*nobody)));
    link->strike({Fault::kHole, Way::kDown, 300, 0});
    CHECK(found_in_time(ms_to_stall(*http)));
    CHECK(central::testing::ask(*http, "GET", "/healthz").status == 200);
    link->strike({Fault::kHole, Way::kDown, 0, 0});
    CHECK(found_in_time(ms_to_stall(*http)));
    CHECK(link->struck());
}

TEST_CASE("an upload that takes longer than a stall is none, because central says how far it is") {
    constexpr double kScale = 20;
    Ministry ministry(kScale);
    Office office(ministry, 1, kScale);
    office.enrol_directly();
    office.seal(100'000);  // 25 seconds; a stall is 9
    const auto link = Link::start({ministry.server->port(), 32'000, 300, kScale, {}}).value();
    const auto http = office.client(link->port());
    const sync::SyncSummary summary = office.run(*http, 1);
    CHECK_FALSE(summary.error.has_value());
    CHECK(summary.counts.retries == 0);
    CHECK(link->figures().passed_ms > 20'000);
}

TEST_CASE("while central works on a request it says that it is alive") {
    const auto bytes_down = [](std::int64_t tell_ms) {
        central::ServerTimes times;
        times.tell_ms = tell_ms;
        Ministry ministry(times);
        Office office(ministry);
        office.seal(200'000);
        const auto link = Link::start({ministry.server->port(), 0, 0, 1, {}}).value();
        const auto http = office.client(link->port());
        CHECK_FALSE(office.run(*http, 1).error.has_value());
        return link->figures().delivered_down;
    };
    CHECK(bytes_down(1) > bytes_down(60'000) + 40);
}
