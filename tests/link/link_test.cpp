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
