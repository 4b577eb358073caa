// Columns of values: bytes that are no column, and columns of every kind there and back.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <random>

#include "forms/value_column.h"
#include "forms/varint.h"

using namespace awda;
using namespace awda::forms;

namespace {

constexpr std::uint8_t kExceptions = 0x40;

ChoiceList two_choices() {
    ChoiceList list;
    list.values = {"a", "b"};
    for (std::uint32_t i = 0; i < 2; ++i) list.index.emplace(list.values[i], i);
    return list;
}

/// What bytes after a code's tag are as `count` values, joined by commas, or "failed".
std::string read(std::uint8_t tag, const std::vector<std::int64_t>& numbers,
                 const ChoiceList* list = nullptr, std::size_t count = 1) {
    VarintWriter out;
    out.u8(tag);
    for (const std::int64_t number : numbers) out.signed_number(number);
    VarintReader in(out.bytes());
    const auto values = read_values(in, count, list);
    if (in.failed()) return "failed";
    std::string text;
    for (const std::string& value : values) text += value + ",";
    return text;
}

std::uint8_t tag(ValueCode code) {
    return static_cast<std::uint8_t>(code);
}

}  // namespace

TEST_CASE("numbers are written in their shortest form, and read in no other") {
    for (const std::uint64_t number :
         {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, std::uint64_t{1} << 63U,
          std::numeric_limits<std::uint64_t>::max()}) {
        VarintWriter out;
        out.number(number);
        VarintReader in(out.bytes());
        CHECK(in.number() == number);
        CHECK_FALSE(in.failed());
    }
    const std::vector<Bytes> bad = {{},
                                    {0x80},
                                    {0x80, 0x00},
                                    {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02},
                                    {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x81}};
    for (const Bytes& bytes : bad) {
        VarintReader in(bytes);
        CHECK(in.number() == 0);
        CHECK(in.failed());
        CHECK(in.u8() == 0);
        CHECK(in.text().empty());
    }
    VarintReader longer(Bytes{5, 'a'});
    CHECK(longer.text().empty());
    CHECK(longer.failed());
}

TEST_CASE("values out of their code's bounds are no values") {
    using Code = ValueCode;
    CHECK(read(tag(Code::kDate), {0}) == "1970-01-01,");
    CHECK(read(tag(Code::kDate), {3'000'001}) == "failed");
    CHECK(read(tag(Code::kDate), {-3'000'001}) == "failed");
    CHECK(read(tag(Code::kMoment), {0, 180}) == "1970-01-01T03:00:00.000+03:00,");
    CHECK(read(tag(Code::kMoment), {0, 3000}) == "failed");
    CHECK(read(tag(Code::kMoment), {0, -3000}) == "failed");
    CHECK(read(tag(Code::kMoment), {0, 1500}) == "failed");
    CHECK(read(tag(Code::kMoment), {0, -1500}) == "failed");
    constexpr std::int64_t kFar = std::int64_t{3'000'001} * 86'400'000;
    CHECK(read(tag(Code::kMoment), {kFar, 0}) == "failed");
    CHECK(read(tag(Code::kMoment), {-kFar, 0}) == "failed");
    CHECK(read(tag(Code::kInteger), {-7}) == "-7,");
    CHECK(read(tag(Code::kSteps), {5, 1, -2}, nullptr, 3) == "5,6,4,");
    CHECK(read(tag(Code::kSteps), {5}, nullptr, 3) == "failed");
    const ChoiceList list = two_choices();
    CHECK(read(tag(Code::kChoice), {0}) == "failed");
    CHECK(read(tag(Code::kChoice), {0}, &list) == "a,");
    CHECK(read(tag(Code::kChoice), {1}, &list) == "failed");  // written folded: 2
    CHECK(read(tag(Code::kChoices), {-1, 0}, &list) == "a,");
    CHECK(read(tag(Code::kChoices), {-1, 5}, &list) == "failed");
    CHECK(read(tag(Code::kChoices), {100}, &list) == "failed");
    CHECK(read(tag(Code::kUuid), {1}) == "failed");
    CHECK(read(12, {}) == "failed");
    CHECK(read(0x7f, {}) == "failed");
}

TEST_CASE("exceptions of a column lie within it") {
    const auto with = [](std::uint64_t gap, std::size_t count) {
        VarintWriter out;
        out.u8(static_cast<std::uint8_t>(ValueCode::kInteger) | kExceptions);
        out.number(1);
        out.number(gap);
        out.text("x");
        for (std::size_t i = 0; i + 1 < count; ++i) out.signed_number(5);
        VarintReader in(out.bytes());
        const auto values = read_values(in, count, nullptr);
        return in.failed() ? std::string("failed") : values.at(gap);
    };
    CHECK(with(0, 2) == "x");
    CHECK(with(1, 2) == "x");
    CHECK(with(2, 2) == "failed");
    CHECK(with(std::numeric_limits<std::uint64_t>::max(), 2) == "failed");
    VarintWriter two;
    two.u8(static_cast<std::uint8_t>(ValueCode::kInteger) | kExceptions);
    two.number(2);
    two.number(1);
    two.text("x");
    two.number(1);
    two.text("y");
    VarintReader in(two.bytes());
    (void)read_values(in, 3, nullptr);
    CHECK(in.failed());
}

TEST_CASE("a column cut at any byte or with any byte changed is bounded, whatever it gives") {
    const ChoiceList list = two_choices();
    const std::vector<std::vector<std::string_view>> columns = {
        {"1", "2", "x", "3"},
        {"2026-01-01", "2026-01-05", "soon"},
        {"2026-01-01T00:00:00.000+03:00", "2026-01-01T00:10:00.000+03:00"},
        {"1.5", "2.25", "-7"},
        {"a", "b", "b", "a"},
        {"a b", "b", "a"},
        {"33.3 44.4 0.0 5.0", "33.4 44.5 1.0 4.0"},
        {"uuid:00000000-0000-4000-8000-000000000001", "uuid:00000000-0000-4000-8000-000000000002"},
        {"same", "same", "same"},
        {"a long text", "another text", "a long text", "another text", "a long text"}};
    std::mt19937 random(11);
    for (const auto& values : columns) {
        VarintWriter out;
        write_values(values, &list, out);
        const Bytes whole = out.bytes();
        for (std::size_t cut = 0; cut < whole.size(); ++cut) {
            VarintReader in(ByteView(whole).first(cut));
            const auto back = read_values(in, values.size(), &list);
            CHECK(back.size() <= values.size());
            CHECK((in.failed() || back.size() == values.size()));
        }
        for (int round = 0; round < 400; ++round) {
            Bytes changed = whole;
            changed[random() % changed.size()] = static_cast<std::uint8_t>(random());
            VarintReader in(changed);
            CHECK(read_values(in, values.size(), &list).size() <= values.size());
        }
    }
}

TEST_CASE("texts that only look like their type come back as they were") {
    const ChoiceList list = two_choices();
    for (const std::string_view odd : {"2026-1-01x",
                                       "2026-01-01 ",
                                       "2026-13-01",
                                       "2026-01-01T00:00",
                                       "x026-01-01",
                                       "2026-01-01T00:00:00.000Z",
                                       "9999999999999999999999",
                                       "1.",
                                       ".5",
                                       "-.5",
                                       "--1",
                                       "1.2.3",
                                       "0.0000000000000000000000000000001",
                                       "12345678901234567890123456789012345678901.5",
                                       "uuid:x",
                                       "uuid:00000000-0000-4000-8000-00000000000",
                                       "a  b",
                                       " a",
                                       "a c",
                                       "c",
                                       "1 2 3 4 5",
                                       "1 x",
                                       "1  2",
                                       ""}) {
        CAPTURE(std::string(odd));
        const std::vector<std::vector<std::string_view>> columns = {
            {odd}, {odd, odd}, {"2026-01-01", odd}, {"1", odd, "2"}, {"a", odd}, {"1 2", odd}};
        for (const auto& values : columns) {
            VarintWriter out;
            write_values(values, &list, out);
            VarintReader in(out.bytes());
            const auto back = read_values(in, values.size(), &list);
            CHECK(std::equal(back.begin(), back.end(), values.begin(), values.end()));
        }
    }
}
