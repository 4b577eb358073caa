#include "sync/columns/typed_model.h"

#include <algorithm>

namespace awda::sync::columns {

namespace {

constexpr std::int64_t kIraqMs = std::int64_t{3} * 3'600'000;  // ahead of UTC; no summer time
constexpr std::size_t kDigitsMax = 64;
constexpr std::size_t kMiddlesMax = 100'000;
constexpr std::int64_t kMiddleMemory = 64;
constexpr std::int64_t kScaledMax = 100'000'000'000'000'000;  // seventeen digits

// Kinds of numbers, told apart by these beside the column.
enum : std::uint32_t {
    kCount = 500,
    kDigit,
    kYear,
    kMonth,
    kDayOfMonth,
    kWhichTime,
    kZone,
    kDistance,
    kPlaces,
    kSmall,
};

std::uint32_t fold(std::int64_t value) {
    return static_cast<std::uint32_t>(value << 1 ^ value >> 63);
}
std::int64_t unfold(std::uint32_t value) {
    return static_cast<std::int64_t>(value >> 1U) ^ -static_cast<std::int64_t>(value & 1U);
}

/// A number coded in full by what it follows.
std::uint32_t small(Symbols& symbols, std::uint32_t kind, std::uint32_t first, std::uint32_t second,
                    std::uint32_t value) {
    Contexts contexts;
    contexts.add(mix_hash(first, kind));
    contexts.add(mix_hash(second, kind));
    return symbols.index(Kind::kNumber, Kind::kNumberBits, mix_hash(first, kind), contexts, value);
}

bool all_digits(std::string_view text) {
    return !text.empty() && text.size() <= kDigitsMax &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Shape shape_of(std::string_view text) {
    if (all_digits(text)) return Shape::kDigits;
    if (read_day(text)) return Shape::kDay;
    if (read_stamp(text)) return Shape::kStamp;
    return read_decimals(text) ? Shape::kDecimals : Shape::kWords;
}

void TypedModel::begin_record(UnixMs started, UnixMs finalised) {
    today_ = day_of(std::clamp(finalised, kStampMin, kStampMax) + kIraqMs);
    times_ = {started, finalised, started};
}

std::string TypedModel::text(Symbols& symbols, Shape shape, const Surroundings& at,
                             std::string_view text) {
    switch (shape) {
        case Shape::kDigits: return digits(symbols, at, text);
        case Shape::kDay: return day(symbols, at, text);
        case Shape::kStamp: return stamp(symbols, at, text);
        case Shape::kDecimals: return decimals(symbols, at, text);
        default: symbols.fail(); return {};
    }
}

std::string TypedModel::digits(Symbols& symbols, const Surroundings& at, std::string_view text) {
    const std::uint32_t count = small(symbols, kCount, at.column, mix_hash(at.column, at.before),
                                      static_cast<std::uint32_t>(text.size()));
    std::string out;
    if (count > kDigitsMax || !symbols.spend(count)) {
        symbols.fail();
        return out;
    }
    std::uint32_t before = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint32_t place = mix_hash(mix_hash(at.column, kDigit), count << 8U | i);
        Contexts contexts;
        contexts.add(place);
        contexts.add(mix_hash(place, before + 1));
        const auto digit = i < text.size() ? static_cast<std::uint8_t>(text[i] - '0') : 0U;
        before = symbols.small(Kind::kNumberBits, at.column, contexts, 4, digit);
        out.push_back(static_cast<char>('0' + std::min(before, 9U)));
    }
    return out;
}

std::string TypedModel::day(Symbols& symbols, const Surroundings& at, std::string_view text) {
    const Day actual = symbols.reading() ? Day() : read_day(text).value_or(Day());
    Day out;
    const std::uint32_t near = mix_hash(at.column, at.before);
    out.year = today_.year -
               static_cast<std::int32_t>(
                   unfold(small(symbols, kYear, at.column, near, fold(today_.year - actual.year))));
    // The year of the record is cut short by its day, the others are whole.
    const std::uint32_t edge = out.year == today_.year ? 1 : 2;
    Contexts months;
    months.add(mix_hash(mix_hash(at.column, kMonth), edge));
    out.month = symbols.small(Kind::kNumberBits, at.column, months, 4, actual.month);
    Contexts in_month;
    in_month.add(mix_hash(at.column, kDayOfMonth));
    out.day = symbols.small(Kind::kNumberBits, at.column, in_month, 5, actual.day);
    if (out.year < 1 || out.year > 9999 || out.month < 1 || out.month > 12 || out.day < 1) {
        symbols.fail();
        return {};
    }
    return write_day(out);
}

std::string TypedModel::stamp(Symbols& symbols, const Surroundings& at, std::string_view text) {
    const Stamp actual = symbols.reading() ? Stamp() : read_stamp(text).value_or(Stamp());
    const auto far = [&actual](UnixMs time) {
        const auto apart = static_cast<std::uint64_t>(actual.ms) - static_cast<std::uint64_t>(time);
        return std::min(apart, ~apart + 1);
    };
    std::uint32_t which = 0;
    for (std::uint32_t i = 1; i < times_.size(); ++i) {
        if (far(times_.at(i)) < far(times_.at(which))) which = i;
    }
    which = small(symbols, kWhichTime, at.column, kWhichTime, which);
    const auto zone = unfold(small(symbols, kZone, at.column, kZone, fold(actual.zone)));
    if (which >= times_.size() || std::abs(zone) > kZoneMax) {
        symbols.fail();
        return {};
    }
    Stamp out;
    out.zone = static_cast<std::int32_t>(zone);
    out.ms = symbols.distance(mix_hash(at.column, kDistance), which, times_.at(which), actual.ms);
    if (out.ms < kStampMin || out.ms > kStampMax) {
        symbols.fail();
        return {};
    }
    times_[2] = out.ms;
    return write_stamp(out);
}

std::string TypedModel::decimals(Symbols& symbols, const Surroundings& at, std::string_view text) {
    std::vector<Decimal> actual;
    if (!symbols.reading()) actual = read_decimals(text).value_or(actual);
    const std::uint32_t count =
        small(symbols, kCount, at.column, kCount, static_cast<std::uint32_t>(actual.size()));
    if (count == 0 || count > kDecimalsMax) {
        symbols.fail();
        return {};
    }
    actual.resize(count);
    std::vector<Decimal> out(count);
    for (std::uint32_t i = 0; i < count && !symbols.failed(); ++i) {
        out[i].places = small(symbols, kPlaces, mix_hash(at.column, i), kPlaces, actual[i].places);
        out[i].scaled = scaled(symbols, at, i << 8U | out[i].places, actual[i].scaled);
        if (out[i].places == 0 || out[i].places > 9) symbols.fail();
    }
    return symbols.failed() ? std::string() : write_decimals(out);
}

std::int64_t TypedModel::scaled(Symbols& symbols, const Surroundings& at, std::uint32_t which,
                                std::int64_t value) {
    constexpr std::int64_t kSmallMax = 4096;
    const std::uint32_t column = mix_hash(at.column, which);
    const bool is_small = value >= 0 && value < kSmallMax;
    Contexts contexts;
    contexts.add(column);
    if (symbols.flag(Kind::kFlag, column, contexts, is_small)) {
        return small(symbols, kSmall, column, kSmall, static_cast<std::uint32_t>(value));
    }
    const std::uint32_t here = mix_hash(column, at.place);
    if (middles_.size() > kMiddlesMax) middles_.clear();
    Middle& middle = middles_[here];
    const std::int64_t expected =
        middle.count == 0 ? middles_[column].sum : middle.sum / middle.count;
    const std::uint32_t known = static_cast<std::uint32_t>(std::min<std::int64_t>(middle.count, 3));
    const std::int64_t out = symbols.distance(column, known, expected, value);
    if (out > kScaledMax || out < -kScaledMax) {
        symbols.fail();
        return 0;
    }
    Middle& learned = middles_[here];
    if (learned.count == kMiddleMemory) {
        learned.sum -= learned.sum / learned.count;
        --learned.count;
    }
    learned.sum += out;
    ++learned.count;
    middles_[column].sum = out;  // for a place not seen yet: where the last one was
    return out;
}

}  // namespace awda::sync::columns
