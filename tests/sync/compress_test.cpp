#include <doctest/doctest.h>

#include "sync/compress.h"
#include "tests/fakes/seeded_random.h"

using namespace awda;
using namespace awda::sync;

namespace {
constexpr std::size_t kLarge = 40U << 20U;
constexpr std::size_t kStatedSizeAt =
    6;  // in a frame of more than the window: tag 4, flags 1, window 1

Bytes state_another_size(Bytes frame, std::uint32_t size) {
    for (std::size_t i = 0; i < 4; ++i) {
        frame[kStatedSizeAt + i] = static_cast<std::uint8_t>(size >> (8 * i));
    }
    return frame;
}
}  // namespace

TEST_CASE("what was compressed inflates to the same bytes at its exact size only") {
    fakes::SeededRandom random(1);
    for (const std::size_t size : {1UL, 2UL, 100UL, 65'536UL, 65'537UL, 3'000'000UL}) {
        Bytes plain(size);
        random.fill(std::span(plain).first(size / 2));
        const Bytes packed = compress(plain).value();
        CHECK(inflate(packed, size).value() == plain);
        CHECK(inflate(packed, size - 1).error().code == Errc::kAltered);
        CHECK(inflate(packed, size + 1).error().code == Errc::kAltered);
    }
}

TEST_CASE("a bomb is stopped at the size it was said to have") {
    const Bytes bomb = compress(Bytes(kLarge)).value();
    REQUIRE(bomb.size() < 10'000);
    CHECK(inflate(bomb, 1000).error().code == Errc::kAltered);
    const Bytes liar = state_another_size(bomb, 1000);
    CHECK(inflate(liar, 1000).error().code == Errc::kAltered);
    CHECK(inflate(liar, kLarge).error().code == Errc::kAltered);
    CHECK(inflate(state_another_size(bomb, kLarge + 1), kLarge + 1).error().code == Errc::kAltered);
    CHECK(inflate(bomb, kLarge).ok());
}

TEST_CASE("a frame that is cut, followed by bytes or by another frame, is refused") {
    const Bytes plain(5000, 0x41);
    const Bytes packed = compress(plain).value();
    for (std::size_t size = 0; size < packed.size(); ++size) {
        REQUIRE_FALSE(inflate(ByteView(packed).first(size), plain.size()).ok());
    }
    Bytes followed = packed;
    followed.push_back(0);
    CHECK_FALSE(inflate(followed, plain.size()).ok());
    Bytes twice = packed;
    twice.insert(twice.end(), packed.begin(), packed.end());
    CHECK_FALSE(inflate(twice, plain.size()).ok());
    CHECK_FALSE(inflate(twice, 2 * plain.size()).ok());
}

TEST_CASE("a .zst file of any origin inflates, and is refused when cut, damaged or too large") {
    const Bytes one = compress(as_bytes("one line\n")).value();
    const Bytes two = compress(as_bytes("and another\n")).value();
    Bytes both = one;
    both.insert(both.end(), two.begin(), two.end());
    CHECK(looks_compressed(both));
    CHECK_FALSE(looks_compressed(as_bytes("{\"id\": 1}")));
    CHECK_FALSE(looks_compressed({}));
    const auto plain = inflate_file(both, 100);
    REQUIRE(plain.ok());
    CHECK(as_text(*plain) == "one line\nand another\n");
    CHECK(inflate_file(both, 21).ok());
    CHECK(inflate_file(both, 20).error().code == Errc::kTooLarge);
    CHECK(inflate_file(ByteView(both).first(both.size() - 3), 100).error().code == Errc::kAltered);
    CHECK(inflate_file({}, 100).error().code == Errc::kAltered);
    Bytes damaged = both;
    damaged[0] ^= 1U;
    CHECK(inflate_file(damaged, 100).error().code == Errc::kAltered);
}

TEST_CASE("a small file that inflates to 64 MiB stops at its limit") {
    const Bytes bomb = compress(Bytes(64U << 20U, 0)).value();
    CHECK(bomb.size() < 16U << 10U);
    CHECK(inflate_file(bomb, 1U << 20U).error().code == Errc::kTooLarge);
}
