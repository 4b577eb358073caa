#include "sync/pace.h"

#include <doctest/doctest.h>

using namespace awda::sync;

TEST_CASE("an estimate needs five seconds and some progress, and follows the rate") {
    Pace pace;
    CHECK_FALSE(pace.ms_left(100).has_value());
    pace.note(1000, 0);
    CHECK_FALSE(pace.ms_left(100).has_value());
    pace.note(5999, 4999);
    CHECK_FALSE(pace.ms_left(100).has_value());
    pace.note(6000, 5000);
    CHECK(pace.ms_left(100) == 100);
    CHECK(pace.ms_left(0) == 0);
    pace.note(11'000, 5000);  // a cut
    CHECK(pace.ms_left(100) == 200);
}

TEST_CASE("only the last two minutes count, and a link on which nothing moves has no estimate") {
    Pace pace;
    for (int second = 0; second <= 100; ++second) {
        pace.note(second * 1000, static_cast<std::uint64_t>(second) * 10'000);
    }
    CHECK(pace.ms_left(10'000) == 1000);
    for (int second = 101; second <= 221; ++second) {
        pace.note(second * 1000, 1'000'000 + static_cast<std::uint64_t>(second - 100) * 1000);
    }
    CHECK(pace.ms_left(10'000) == 10'000);
    for (int second = 222; second <= 350; ++second) pace.note(second * 1000, 1'121'000);
    CHECK_FALSE(pace.ms_left(10'000).has_value());
}

TEST_CASE("bytes that a cut has lost do not make the estimate negative") {
    Pace pace;
    pace.note(0, 9000);
    pace.note(6000, 8000);
    CHECK_FALSE(pace.ms_left(100).has_value());
    pace.note(12'000, 10'000);
    CHECK(pace.ms_left(100) == 1200);
}

TEST_CASE("many notes in one second are one") {
    Pace pace;
    for (int i = 0; i <= 7000; ++i) pace.note(i, static_cast<std::uint64_t>(i) * 2);
    CHECK(pace.ms_left(2000) == 1000);
}
