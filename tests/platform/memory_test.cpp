// Goal: memory that was given back holds nothing of what was in it. Method: a text that is nowhere
// else is written, given back, and looked for in all of our own memory; each case looks while the
// text is alive, too, or it would prove nothing. The wiping heap is linked into these tests.
#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "platform/dead_stack.h"
#include "platform/secret.h"
#include "tests/fakes/own_memory.h"

using namespace awda;
using fakes::count_in_own_memory;
using fakes::turned_over;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

/// A text of its own for each case, kept turned over; written out by turn().
std::string marker(int number) {
    std::string text = "zzMARKERzz" + std::to_string(number) + "zz";
    std::string turned = turned_over(text);
    wipe(text);
    wipe_dead_stack();
    return turned;
}

void turn_into(const std::string& turned, char* out) {
    for (std::size_t i = 0; i < turned.size(); ++i) out[i] = static_cast<char>(~turned[i]);
}

[[gnu::noinline]] void leave_on_stack(const std::string& turned, int depth) {
    std::array<char, 4096> room{};
    turn_into(turned, room.data() + depth * 8);
    if (depth > 0) leave_on_stack(turned, depth - 1);
    asm volatile("" : : "r"(room.data()) : "memory");
}

}  // namespace

TEST_CASE("freed memory is wiped, whichever way it was got") {
    const std::string turned = marker(1);
    REQUIRE(count_in_own_memory(turned) == 0);
    for (const std::size_t size : {32U, 600U, 5'000U, 70'000U, 300'000U}) {
        CAPTURE(size);
        auto* plain = static_cast<char*>(std::malloc(size));
        auto* grown = static_cast<char*>(std::malloc(size));
        auto* owned = new char[size];
        auto* aligned = static_cast<char*>(std::aligned_alloc(64, (size + 63) / 64 * 64));
        auto* guarded = std::malloc(16);  // keeps the heap's end from moving over what is freed
        for (char* block : {plain, grown, owned, aligned}) turn_into(turned, block + size - 20);
        CHECK(count_in_own_memory(turned) == 4);
        grown = static_cast<char*>(std::realloc(grown, size * 3));
        CHECK(count_in_own_memory(turned) == 4);
        grown = static_cast<char*>(std::realloc(grown, size / 2));
        CHECK(count_in_own_memory(turned) == 3);
        std::free(plain);
        std::free(grown);
        delete[] owned;
        std::free(aligned);
        CHECK(count_in_own_memory(turned) == 0);
        std::free(guarded);
    }
}

TEST_CASE("realloc keeps what is in the block, from nothing up and down to nothing") {
    auto* block = static_cast<char*>(std::realloc(nullptr, 10));
    REQUIRE(block != nullptr);
    std::memcpy(block, "0123456789", 10);
    for (const std::size_t size : {40U, 4'000U, 400'000U, 4'000'000U, 90'000U, 11U}) {
        block = static_cast<char*>(std::realloc(block, size));
        REQUIRE(block != nullptr);
        CHECK(std::memcmp(block, "0123456789", 10) == 0);
        std::memset(block + 10, 'x', size - 10);
    }
    CHECK(std::realloc(block, 0) == nullptr);
}

TEST_CASE("a vector that grows and a library's buffer leave nothing behind") {
    const std::string turned = marker(2);
    {
        std::vector<std::array<char, 24>> rows;
        for (int i = 0; i < 1000; ++i) turn_into(turned, rows.emplace_back().data());
        CHECK(count_in_own_memory(turned) >= 1000);
        FILE* file = std::fopen("/dev/null", "w");
        REQUIRE(file != nullptr);
        std::fwrite(rows.data(), sizeof rows[0], 10, file);
        CHECK(count_in_own_memory(turned) >= 1010);
        std::fclose(file);
    }
    wipe_dead_stack();
    CHECK(count_in_own_memory(turned) == 0);
}

TEST_CASE("what calls left on the stack is wiped, on any thread") {
    const std::string turned = marker(3);
    const auto leave_and_wipe = [&turned] {
        leave_on_stack(turned, 60);  // a quarter of a megabyte deep
        CHECK(count_in_own_memory(turned) >= 50);
        wipe_dead_stack();
        CHECK(count_in_own_memory(turned) == 0);
    };
    leave_and_wipe();
    std::thread(leave_and_wipe).join();
}

TEST_CASE("wiping a text reaches the end of what it was before it became shorter") {
    const std::string turned = marker(4);
    for (const std::size_t room : {std::size_t{0}, std::size_t{60}}) {  // in the string, beside it
        const std::string part = turned.substr(0, 13);
        std::string text;
        Bytes bytes;
        text.reserve(room);
        text.resize(part.size());
        turn_into(part, text.data());
        bytes.assign(text.begin(), text.end());
        CHECK(count_in_own_memory(part) == 2);
        text.resize(1), bytes.resize(1);
        CHECK(count_in_own_memory(part.substr(3)) == 2);
        wipe(text), wipe(bytes);
        CHECK(text.empty());
        CHECK(bytes.empty());
        CHECK(count_in_own_memory(part.substr(3)) == 0);
    }
}

TEST_CASE("wiping a text reaches what it was before it grew out of itself") {
    const std::string turned = marker(6);
    const std::string part = turned.substr(0, 13);
    std::string text;
    text.resize(part.size());
    turn_into(part, text.data());
    text.reserve(200);
    CHECK(count_in_own_memory(part.substr(8)) == 2);
    wipe(text);
    CHECK(text.empty());
    CHECK(count_in_own_memory(part.substr(8)) == 0);
}

#endif
