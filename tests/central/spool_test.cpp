#include "sync/central/spool.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/temp_folder.h"

using namespace awda;
using namespace awda::central;

namespace {

struct Place {
    fakes::TempFolder folder;
    fakes::FakeClock clock;
    std::unique_ptr<Spool> spool = Spool::open(folder.path(), clock).value();
    Hash32 hash = hash32(to_bytes("one"));
};

}  // namespace

TEST_CASE("a part goes on where it stopped, also after a restart") {
    Place place;
    {
        auto writer = place.spool->begin(place.hash, 10).value();
        CHECK(writer.offset() == 0);
        REQUIRE(writer.append(to_bytes("hello")).ok());
    }
    CHECK(place.spool->durable_size(place.hash).value() == 5);
    place.spool = Spool::open(place.folder.path(), place.clock).value();
    CHECK(place.spool->durable_size(place.hash).value() == 5);
    auto writer = place.spool->begin(place.hash, 10).value();
    CHECK(writer.offset() == 5);
    REQUIRE(writer.append(to_bytes("world")).ok());
    CHECK(read_file(place.spool->part_path(place.hash)).value() == to_bytes("helloworld"));
    CHECK(writer.append(to_bytes("!")).error().code == Errc::kTooLarge);
}

TEST_CASE("the newest writer wins, and a zombie cannot write a byte more") {
    Place place;
    auto zombie = place.spool->begin(place.hash, 10).value();
    REQUIRE(zombie.append(to_bytes("abc")).ok());
    auto newer = place.spool->begin(place.hash, 10).value();
    CHECK(newer.offset() == 3);
    CHECK(zombie.append(to_bytes("xyz")).error().code == Errc::kBusy);
    CHECK(zombie.sync().error().code == Errc::kBusy);
    REQUIRE(newer.append(to_bytes("def")).ok());
    CHECK(read_file(place.spool->part_path(place.hash)).value() == to_bytes("abcdef"));
}

TEST_CASE("a part under judgement takes neither writers nor bytes") {
    Place place;
    auto writer = place.spool->begin(place.hash, 10).value();
    REQUIRE(writer.append(to_bytes("abc")).ok());
    {
        const auto frozen = place.spool->freeze(place.hash).value();
        CHECK(frozen.size() == 3);
        CHECK(place.spool->begin(place.hash, 10).error().code == Errc::kBusy);
        CHECK(writer.append(to_bytes("x")).error().code == Errc::kBusy);
        CHECK(place.spool->freeze(place.hash).error().code == Errc::kBusy);
    }
    CHECK(place.spool->begin(place.hash, 10).value().offset() == 3);
    CHECK(place.spool->freeze(hash32(to_bytes("none"))).error().code == Errc::kNotFound);
    CHECK_FALSE(place.spool->durable_size(hash32(to_bytes("none"))).value().has_value());
}

TEST_CASE("a part longer than its batch is begun anew") {
    Place place;
    auto writer = place.spool->begin(place.hash, 10).value();
    REQUIRE(writer.append(to_bytes("0123456789")).ok());
    CHECK(place.spool->begin(place.hash, 4).value().offset() == 0);
}

TEST_CASE("a part that would not fit on the disk is refused before its first byte") {
    Place place;
    const std::uint64_t free = free_space(place.folder.path()).value();
    CHECK(place.spool->begin(place.hash, free).error().code == Errc::kDiskFull);
}

TEST_CASE("parts that nobody continued for a month are removed at the next start, others stay") {
    Place place;
    const Hash32 old = hash32(to_bytes("old"));
    for (const Hash32& hash : {place.hash, old}) {
        REQUIRE(place.spool->begin(hash, 3)->append(to_bytes("abc")).ok());
    }
    const std::time_t long_ago =
        static_cast<std::time_t>(place.clock.now() / 1000) - 31 * 24 * 3600;
    const std::time_t lately = static_cast<std::time_t>(place.clock.now() / 1000) - 29 * 24 * 3600;
    const auto age = [&](const Hash32& hash, std::time_t time) {
        const timespec times[2] = {{time, 0}, {time, 0}};
        REQUIRE(::utimensat(AT_FDCWD, place.spool->part_path(hash).c_str(), times, 0) == 0);
    };
    age(old, long_ago);
    age(place.hash, lately);
    place.spool = Spool::open(place.folder.path(), place.clock).value();
    CHECK(place.spool->parts().value() == std::vector<Hash32>{place.hash});
    CHECK(Spool::totals(place.folder.path()).value().bytes == 3);
}
