#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "platform/result.h"

using namespace awda;

namespace {
Result<int> half(int n) {
    if (n % 2 != 0) return Error(Errc::kMalformed, "an odd number");
    return n / 2;
}
Result<int> quarter(int n) {
    return AWDA_TRY(half(AWDA_TRY(half(n))));
}
Status check_even(int n) {
    AWDA_CHECK(half(n));
    return {};
}
}  // namespace

TEST_CASE("a result carries its value or its error through the callers") {
    CHECK(quarter(8).value() == 2);
    CHECK(quarter(6).error().code == Errc::kMalformed);
    CHECK(quarter(6).error().context.view() == "an odd number");
    CHECK(check_even(2).ok());
    CHECK_FALSE(check_even(3).ok());
    CHECK(half(3).value_or(-1) == -1);
}

TEST_CASE("a result moves what cannot be copied") {
    Result<std::unique_ptr<int>> result(std::make_unique<int>(5));
    const std::unique_ptr<int> taken = std::move(result).value();
    CHECK(*taken == 5);
}

TEST_CASE("a run-time string cannot become part of an error") {
    CHECK_FALSE(std::is_convertible_v<std::string, LiteralText>);
    CHECK_FALSE(std::is_constructible_v<Error, Errc, std::string>);
}
