#include <doctest/doctest.h>

#include "agent/desk/form_clock.h"
#include "tests/fakes/fake_clock.h"

using namespace awda;

TEST_CASE("a form's clock is never behind the proven time, and follows one that is ahead") {
    fakes::FakeClock machine(1'000'000);
    const agent::FormClock clock(machine, 5'000'000);
    CHECK(clock.now() == 5'000'000);
    machine.advance(10'000'000);
    CHECK(clock.now() == 11'000'000);
    CHECK(clock.steady_ms() == machine.steady_ms());
}
