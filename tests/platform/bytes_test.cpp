#include <doctest/doctest.h>

#include "platform/codec.h"
#include "platform/ids.h"
#include "tests/fakes/seeded_random.h"

using namespace awda;

TEST_CASE("hexadecimal text comes back as the same bytes and bad text is refused") {
    const Bytes bytes{0, 1, 0x7f, 0x80, 0xff};
    CHECK(to_hex(bytes) == "00017f80ff");
    CHECK(from_hex("00017F80ff").value() == bytes);
    CHECK(from_hex("0").error().code == Errc::kMalformed);
    CHECK(from_hex("0g").error().code == Errc::kMalformed);
}

TEST_CASE("a structure written is read back field by field") {
    ByteWriter out;
    out.raw("AWDATEST");
    out.u8(7);
    out.u16(0x1234);
    out.u32(0xdeadbeef);
    out.i64(-5);
    out.text("عودة");
    CHECK(to_hex(out.bytes()).starts_with("4157444154455354073412efbeadde"));
    ByteReader in(out.bytes());
    in.domain("AWDATEST");
    CHECK(in.u8() == 7);
    CHECK(in.u16() == 0x1234);
    CHECK(in.u32() == 0xdeadbeef);
    CHECK(in.i64() == -5);
    CHECK(in.text() == "عودة");
    CHECK(in.done().ok());
}

TEST_CASE("a structure cut short anywhere fails once and for all") {
    ByteWriter out;
    out.raw("AWDATEST");
    out.u32(3);
    out.text("abc");
    for (std::size_t size = 0; size < out.size(); ++size) {
        ByteReader in(ByteView(out.bytes()).first(size));
        in.domain("AWDATEST");
        in.u32();
        in.text();
        CHECK_FALSE(in.done().ok());
        CHECK(in.u64() == 0);
    }
}

TEST_CASE("a length that lies does not make the reader allocate") {
    ByteWriter out;
    out.u32(0xffffffff);
    out.raw("short");
    ByteReader in(out.bytes());
    CHECK(in.blob().empty());
    CHECK(in.failed());
}

TEST_CASE("left-over bytes are an error unless allowed") {
    const Bytes bytes{1, 2};
    ByteReader in(bytes);
    in.u8();
    CHECK_FALSE(in.done().ok());
    CHECK(in.done(ByteReader::Rest::kAllowed).ok());
}

TEST_CASE("ids are version 7 UUIDs that sort by time and read back from their text") {
    fakes::SeededRandom random(1);
    const Id16 early = new_uuid_v7(1'000, random);
    const Id16 late = new_uuid_v7(1'001, random);
    CHECK(early < late);
    const std::string text = to_uuid_text(early);
    CHECK(text.size() == 36);
    CHECK(text[14] == '7');
    CHECK(parse_uuid(text).value() == early);
    CHECK(parse_uuid("uuid:" + text).value() == early);
    CHECK_FALSE(parse_uuid(text.substr(1)).ok());
    CHECK_FALSE(parse_uuid("0123456789abcdef0123456789abcdef0123").ok());
}

TEST_CASE("a time prints as ISO 8601 in UTC, before 1970 and after 2038 too") {
    CHECK(to_iso_utc(0) == "1970-01-01T00:00:00.000Z");
    CHECK(to_iso_utc(-1) == "1969-12-31T23:59:59.999Z");
    CHECK(to_iso_utc(4'102'444'800'123) == "2100-01-01T00:00:00.123Z");
    CHECK(parse_day("1970-01-01") == 0);
    CHECK(parse_day("2100-01-01") == 4'102'444'800'000);
    CHECK(parse_day("1969-12-31") == -86'400'000);
    for (const char* no_day : {"", "2026-02-30", "2026-13-01", "2026-00-01", "2026-1-01",
                               "2026-01-1x", "+026-01-01", "2026/01/01", "2026-01-011"}) {
        CHECK_FALSE(parse_day(no_day).has_value());
    }
}
