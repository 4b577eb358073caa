// As fakes/doctest_main.cpp, but all of it is skipped where PostgreSQL is not installed.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>

#include "platform/crypto.h"
#include "tests/central/fixture.h"

int main(int argc, char** argv) {
    if (!awda::crypto_start().ok()) return 1;
    doctest::Context context(argc, argv);
    if (awda::central::testing::postgres() == nullptr) {
        std::puts("1..0 # SKIP PostgreSQL is not installed");
        return 0;
    }
    return context.run();
}
