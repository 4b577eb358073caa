// Goal: a record without a signature of its own counts only under its own officer's next
// checkpoint.
#include "sync/log/cover.h"

#include <doctest/doctest.h>

#include "tests/sync/sample.h"

using namespace awda;
using namespace awda::sync;

namespace {

/// A log of two officers, and what the rule says to it.
struct TwoOfficers {
    sample::Log log;
    OfficerId second = sample::id<OfficerId>(0x42);
    SignKey second_key = sample::sign_key(0x43);

    /// The other officer works on.
    void change() {
        std::swap(log.officer, second);
        std::swap(log.officer_key, second_key);
    }
    void view() { log.add(EventType::kRecordViewed, to_bytes("viewed")); }

    /// The number of the first event that breaks the rule; 0 if none does.
    [[nodiscard]] std::uint64_t broken_at() const {
        Cover cover;
        for (const Event& event : log.events) {
            const Status added = cover.add(event);
            if (added.ok()) continue;
            CHECK(added.error().code == Errc::kLogBroken);
            return event.seq;
        }
        return 0;
    }
    [[nodiscard]] OfficerId waiting() const {
        Cover cover;
        for (const Event& event : log.events) REQUIRE(cover.add(event).ok());
        return cover.waiting();
    }
};

}  // namespace

TEST_CASE("records wait for their officer's checkpoint, however much else comes between") {
    TwoOfficers two;
    CHECK(two.waiting().empty());
    two.log.add_covered_record(1);
    CHECK(two.waiting() == two.log.officer);
    two.view();
    two.log.add_covered_record(2);
    two.change();
    two.view();
    two.change();
    CHECK(two.waiting() == two.log.officer);
    two.log.add_checkpoint();
    CHECK(two.waiting().empty());
    two.change();
    two.log.add_covered_record(3);
    CHECK(two.waiting() == two.log.officer);
    two.log.add_checkpoint();
    CHECK(two.waiting().empty());
}

TEST_CASE("another officer's checkpoint covers nothing and breaks the log") {
    TwoOfficers two;
    two.log.add_covered_record(1);
    two.change();
    two.log.add_checkpoint();
    CHECK(two.broken_at() == 2);
}

TEST_CASE("the device's checkpoint alone covers nothing and breaks the log") {
    TwoOfficers two;
    two.log.add_covered_record(1);
    two.log.add(EventType::kCheckpoint,
                encode_checkpoint(sign_checkpoint(two.log.device, 1, two.log.head(), two.log.key,
                                                  OfficerId{}, nullptr)));
    CHECK(two.broken_at() == 2);
}

TEST_CASE("another officer's record before the checkpoint breaks the log, whatever its version") {
    TwoOfficers covered;
    covered.log.add_covered_record(1);
    covered.change();
    covered.log.add_covered_record(2);
    CHECK(covered.broken_at() == 2);
    TwoOfficers old;
    old.log.add_covered_record(1);
    old.change();
    old.log.add_record(2);
    CHECK(old.broken_at() == 2);
}

TEST_CASE("a record of nobody can be covered by nobody") {
    TwoOfficers two;
    two.log.officer = OfficerId{};
    two.log.add_covered_record(1);
    CHECK(two.broken_at() == 1);
}

TEST_CASE("records of older versions wait for nobody, and a pruned one was covered") {
    TwoOfficers two;
    two.log.add_record(1);
    CHECK(two.waiting().empty());
    two.log.add_covered_record(2);
    two.log.events.back().payload.reset();
    two.log.events.back().salt.reset();
    CHECK(two.waiting().empty());
}

TEST_CASE("a checkpoint without its payload covers nothing") {
    TwoOfficers two;
    two.log.add_covered_record(1);
    two.log.add_checkpoint();
    two.log.events.back().payload.reset();
    CHECK(two.broken_at() == 2);
}
