#include "sync/log/salt.h"

#include <doctest/doctest.h>

#include <numeric>

#include "platform/text.h"

using namespace awda;
using namespace awda::sync;

TEST_CASE("a salt follows from its seed and number as the format says, and from nothing else") {
    SaltSeed seed;
    std::iota(seed.seed.begin(), seed.seed.end(), std::uint8_t{0});
    // From another BLAKE2b: Python's hashlib.
    CHECK(to_hex(derive_salt(seed, 1)) == "cd5a647e3eeed8a90507513c7f803b54");
    CHECK(to_hex(derive_salt(seed, 1000)) == "bb073831fd277f908c31a295b5a0da5d");
    SaltSeed other = seed;
    other.first_seq = 7;
    CHECK(derive_salt(other, 1) == derive_salt(seed, 1));
    other.seed[31] ^= 1U;
    CHECK(derive_salt(other, 1) != derive_salt(seed, 1));
}
