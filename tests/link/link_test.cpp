// The link itself, and the courier over it.
#include "tests/link/link.h"

#include <doctest/doctest.h>

#include "tests/link/office.h"

using namespace awda;
using namespace awda::link;

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
