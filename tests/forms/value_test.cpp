// Values: numbers and moments read and printed, at their edges.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "forms/value.h"

using namespace awda;
using namespace awda::forms;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

const ZoneFunction& iraq() {
    static const ZoneFunction zone = [](UnixMs) { return 3 * 3600; };
    return zone;
}

std::string moment(std::string_view text) {
    const auto read = parse_moment(text, iraq());
    return read ? print_moment(*read) : "none";
}

}  // namespace

TEST_CASE("numbers are read by XPath's syntax alone") {
    CHECK(parse_number(" 5 ") == 5);
    CHECK(parse_number("\t-5.\n") == -5);
    CHECK(parse_number(".5") == 0.5);
    CHECK(parse_number("-.5") == -0.5);
    for (const char* text : {"", " ", "-", ".", "-.", "+1",
                             "\xc2\xa0"
                             "5",
                             "1e3", "1.2.3", "--1", "1 2", "0x1"}) {
        CAPTURE(text);
        CHECK(std::isnan(parse_number(text)));
    }
}

TEST_CASE("numbers beyond what a double holds are infinite or zero") {
    const std::string nines(400, '9');
    const std::string zeros(400, '0');
    CHECK(parse_number(nines) == kInfinity);
    CHECK(parse_number("-" + nines + ".5") == -kInfinity);
    CHECK(parse_number("0." + zeros + "1") == 0);
    CHECK(parse_number("-." + zeros + "1") == 0);
    CHECK(parse_number(zeros + "." + zeros + "1") == 0);
    CHECK(parse_number(zeros + nines) == kInfinity);
    CHECK(parse_number(zeros + "7") == 7);
}

TEST_CASE("numbers print the shortest digits, in the style asked for") {
    using Style = NumberStyle;
    const struct {
        double number;
        const char* plain;
        const char* script;
        const char* java;
    } rows[] = {{0, "0", "0", "0"},
                {-0.0, "0", "0", "0"},
                {-1.5, "-1.5", "-1.5", "-1.5"},
                {kInfinity, "Infinity", "Infinity", "Infinity"},
                {-kInfinity, "-Infinity", "-Infinity", "-Infinity"},
                {1e21, "1000000000000000000000", "1e+21", "1.0E21"},
                {-1.25e20, "-125000000000000000000", "-125000000000000000000", "-1.25E20"},
                {1e-7, "0.0000001", "1e-7", "1.0E-7"},
                {1.5e-10, "0.00000000015", "1.5e-10", "1.5E-10"},
                {3e9, "3000000000", "3000000000", "3.0E9"},
                {1234567.5, "1234567.5", "1234567.5", "1234567.5"},
                {12345678.5, "12345678.5", "12345678.5", "1.23456785E7"}};
    for (const auto& row : rows) {
        CAPTURE(row.plain);
        CHECK(print_number(row.number) == row.plain);
        CHECK(print_number(row.number, Style::kJavaScript) == row.script);
        CHECK(print_number(row.number, Style::kJava) == row.java);
    }
    CHECK(print_number(std::nan("")) == "");
}

TEST_CASE("halves are rounded up, and what is just below a half is not") {
    CHECK(round_half_up(2.5) == 3);
    CHECK(round_half_up(-2.5) == -2);
    CHECK(round_half_up(0.49999999999999994) == 0);
    CHECK(round_half_up(4503599627370497) == 4503599627370497);
    CHECK(round_half_up(-0.2) == 0);
    CHECK(round_half_up(-2.6) == -3);
    CHECK(round_half_up(-kInfinity) == -kInfinity);
    CHECK(std::isnan(round_half_up(std::nan(""))));
}

TEST_CASE("days of the calendar are counted in both directions") {
    for (const std::int64_t days : {-1'000'000, -719'469, -719'468, -1, 0, 59, 60, 20'000}) {
        CAPTURE(days);
        CHECK(days_from_civil(civil_from_days(days)) == days);
    }
    CHECK(days_from_civil({1970, 1, 1}) == 0);
    CHECK(days_from_civil({-1, 12, 31}) + 1 == days_from_civil({0, 1, 1}));
    CHECK(days_in_month(2000, 2) == 29);
    CHECK(days_in_month(1900, 2) == 28);
    CHECK(days_in_month(2024, 2) == 29);
    CHECK(days_in_month(2026, 2) == 28);
}

TEST_CASE("a moment is a date with or without a time and a zone") {
    CHECK(moment("2026-11-23") == "2026-11-23");
    CHECK(moment(" 2026-11-23T09:30 ") == "2026-11-23T09:30:00.000+03:00");
    CHECK(moment("2026-11-23 09:30:15") == "2026-11-23T09:30:15.000+03:00");
    CHECK(moment("2026-11-23T09:30:15.25") == "2026-11-23T09:30:15.250+03:00");
    CHECK(moment("2026-11-23T09:30:15.123456Z") == "2026-11-23T12:30:15.123+03:00");
    CHECK(moment("2026-11-23T09:30-02:30") == "2026-11-23T15:00:00.000+03:00");
    CHECK(moment("2026-11-23T09:30+0530") == "2026-11-23T07:00:00.000+03:00");
    CHECK(moment("2026-11-23T09:30+05") == "2026-11-23T07:30:00.000+03:00");
}

TEST_CASE("what is no moment is none") {
    for (const char* text : {"",
                             "2026",
                             "2026-",
                             "2026-1-1",
                             "2026-01",
                             "2026-01-",
                             "2026-01-1",
                             "2026-00-10",
                             "2026-13-10",
                             "2026-01-00",
                             "2026-02-29",
                             "2026-01-01x",
                             "2026-01-01T",
                             "2026-01-01T9",
                             "2026-01-01T09",
                             "2026-01-01T09:",
                             "2026-01-01T09:3",
                             "2026-01-01T09:30:",
                             "2026-01-01T09:30:1",
                             "2026-01-01T09:30:10.",
                             "2026-01-01T24:00",
                             "2026-01-01T09:60",
                             "2026-01-01T09:30:60",
                             "2026-01-01T09:30+",
                             "2026-01-01T09:30+1",
                             "2026-01-01T09:30+24:00",
                             "2026-01-01T09:30+03:60",
                             "2026-01-01T09:30+03:",
                             "2026-01-01T09:30+03:0x",
                             "2026-01-01T09:30Zx",
                             "x026-01-01",
                             "2026/01/01"}) {
        CAPTURE(text);
        CHECK(moment(text) == "none");
    }
}

TEST_CASE("a time of day is one in the zone") {
    constexpr std::int64_t kHour = 3'600'000;
    CHECK(parse_time_of_day("09:30", iraq()) == 9 * kHour + kHour / 2);
    CHECK(parse_time_of_day(" 09:30:00Z ", iraq()) == 12 * kHour + kHour / 2);
    CHECK(parse_time_of_day("01:00+05:00", iraq()) == 23 * kHour);
    CHECK(parse_time_of_day("22:00Z", iraq()) == 1 * kHour);
    CHECK_FALSE(parse_time_of_day("9:30", iraq()).has_value());
    CHECK_FALSE(parse_time_of_day("09:30 pm", iraq()).has_value());
}

TEST_CASE("what begins as a date looks like one") {
    CHECK(looks_like_date("2026-01-01"));
    CHECK(looks_like_date("2026-99-99T"));
    for (const char* text : {"2026-01-0", "x026-01-01", "202x-01-01", "2026/01-01", "2026-01/01"}) {
        CAPTURE(text);
        CHECK_FALSE(looks_like_date(text));
    }
}

TEST_CASE("digits of Arabic and Persian script become ASCII, other letters stay") {
    CHECK(ascii_digits("٠١٢٣٤٥٦٧٨٩") == "0123456789");
    CHECK(ascii_digits("۰۱۲۳۴۵۶۷۸۹") == "0123456789");
    CHECK(ascii_digits("١٫٥") == "1.5");
    CHECK(ascii_digits("ق ٪ ۺ é 7") == "ق ٪ ۺ é 7");
    CHECK(ascii_digits("\xd9") == "\xd9");
}

TEST_CASE("text is UTF-8 only without overlong, cut and surrogate sequences") {
    for (const char* text : {"", "a", "é", "ع", "€", "\U0001f642", "\xf4\x8f\xbf\xbf"}) {
        CAPTURE(text);
        CHECK(valid_utf8(text));
    }
    for (const char* text :
         {"\x80", "\xc3", "\xc3(", "\xc0\xaf", "\xe0\x80\xaf", "\xe0\xa0", "\xed\xa0\x80",
          "\xed\xbf\xbf", "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff"}) {
        CAPTURE(text);
        CHECK_FALSE(valid_utf8(text));
    }
}

TEST_CASE("blanks are trimmed, of XML or of all Unicode") {
    CHECK(trim(" \t\r\na b\n") == "a b");
    CHECK(trim("") == "");
    CHECK(trim_wide("\xe3\x80\x80 a\xc2\xa0") == "a");
    CHECK(trim_wide("\xe2\x80\x83") == "");
    CHECK(split_words("  a\tb\n") == std::vector<std::string_view>{"a", "b"});
    CHECK(split_words(" ").empty());
    CHECK(lower_ascii("AzÉ") == "azÉ");
    CHECK(code_points("aع€") == 3);
    CHECK(code_point_offset("aع€", 2) == 3);
    CHECK(code_point_offset("aع€", 9) == 6);
}
