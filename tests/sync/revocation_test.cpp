// Goal: only headquarters' delegate orders a revocation, and no byte of the order can be changed.
#include <doctest/doctest.h>

#include "sync/key_file.h"
#include "sync/trust.h"
#include "tests/fakes/temp_folder.h"
#include "tests/sync/sample.h"

using namespace awda;
using namespace awda::sync;

namespace {
RevocationOrder order() {
    return {sample::id<DeviceId>(0x63), 1'767'225'900'000, RevocationReason::kSeized};
}
}  // namespace

TEST_CASE("a revocation order read back says what was signed") {
    const Bytes file = sign_revocation(order(), sample::hq().delegate);
    CHECK(file.size() == kRevocationOrderSize);
    const auto read = open_revocation(file, sample::hq().delegate.pub);
    REQUIRE(read.ok());
    CHECK(read->device == order().device);
    CHECK(read->issued_ms == order().issued_ms);
    CHECK(read->reason == RevocationReason::kSeized);
}

TEST_CASE("every flipped bit of a revocation order, every other length and key is refused") {
    const SignPublic& delegate = sample::hq().delegate.pub;
    const Bytes file = sign_revocation(order(), sample::hq().delegate);
    for (std::size_t i = 0; i < file.size(); ++i) {
        for (int bit = 0; bit < 8; ++bit) {
            Bytes bad = file;
            bad[i] = static_cast<std::uint8_t>(bad[i] ^ (1U << bit));
            REQUIRE_FALSE(open_revocation(bad, delegate).ok());
        }
        REQUIRE_FALSE(open_revocation(ByteView(file).first(i), delegate).ok());
    }
    Bytes longer = file;
    longer.push_back(0);
    CHECK_FALSE(open_revocation(longer, delegate).ok());
    CHECK(open_revocation(file, sample::hq().stored.pub).error().code == Errc::kBadSignature);
    RevocationOrder unknown = order();
    unknown.reason = static_cast<RevocationReason>(9);
    CHECK(open_revocation(sign_revocation(unknown, sample::hq().delegate), delegate).error().code ==
          Errc::kMalformed);
}

TEST_CASE("each reason has a name that reads back") {
    for (std::uint8_t i = 1; i <= 5; ++i) {
        const auto reason = static_cast<RevocationReason>(i);
        CHECK(parse_revocation_reason(revocation_reason_name(reason)) == reason);
    }
    CHECK_FALSE(parse_revocation_reason("because").has_value());
    CHECK_FALSE(parse_revocation_reason("").has_value());
}

TEST_CASE("a key file gives its secret back for its own purpose, and no damaged byte passes") {
    const fakes::TempFolder folder;
    const Path path = folder / "some.key";
    const Bytes secret(32, 0x5A);
    REQUIRE(write_key_file(path, KeyPurpose::kRecovery, secret).ok());
    const auto read = read_key_file(path, KeyPurpose::kRecovery, 32);
    REQUIRE(read.ok());
    CHECK(equal(read->view(), secret));
    CHECK(read_key_file(path, KeyPurpose::kRoot, 32).error().code == Errc::kKeysMismatch);
    CHECK(read_key_file(path, KeyPurpose::kRecovery, 48).error().code == Errc::kKeysMismatch);
    CHECK(read_key_file(folder / "none", KeyPurpose::kRoot, 32).error().code == Errc::kKeysMissing);
    const Bytes file = read_file(path).value();
    for (std::size_t i = 0; i < file.size(); ++i) {
        Bytes bad = file;
        bad[i] ^= 0x10;
        REQUIRE(atomic_write(path, bad).ok());
        REQUIRE_FALSE(read_key_file(path, KeyPurpose::kRecovery, 32).ok());
    }
}
