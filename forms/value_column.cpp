#include "forms/value_column.h"

#include <charconv>
#include <limits>
#include <optional>

#include "forms/value.h"
#include "platform/ids.h"

namespace awda::forms {
namespace {

constexpr std::uint8_t kExceptionsBit = 0x40;

std::optional<std::int64_t> whole(std::string_view text) {
    std::int64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    if (std::to_string(out) != text) return std::nullopt;  // "007", "-0"
    return out;
}

std::optional<std::int64_t> days(std::string_view text) {
    static const ZoneFunction utc = [](UnixMs) { return 0; };
    constexpr std::size_t kLength = 10;
    if (text.size() != kLength) return std::nullopt;
    const auto moment = parse_moment(text, utc);
    if (!moment || moment->has_time) return std::nullopt;
    const std::int64_t day = moment->utc_ms / kDayMs - (moment->utc_ms % kDayMs < 0 ? 1 : 0);
    if (print_date(day) != text) return std::nullopt;
    return day;
}

constexpr std::int32_t kMinute = 60;

std::optional<Moment> moment(std::string_view text) {
    static const ZoneFunction utc = [](UnixMs) { return 0; };
    const auto out = parse_moment(text, utc);
    if (!out || !out->has_time || out->offset_seconds % kMinute != 0) return std::nullopt;
    if (print_moment(*out) != text) return std::nullopt;
    return out;
}

struct Decimal {
    std::int64_t digits = 0;
    std::uint8_t behind = 0;  ///< the point
};

std::string print_decimal(const Decimal& value) {
    std::string out = std::to_string(value.digits);
    if (value.behind == 0) return out;
    const bool minus = out.front() == '-';
    if (minus) out.erase(0, 1);
    if (out.size() <= value.behind) out.insert(0, value.behind + 1 - out.size(), '0');
    out.insert(out.size() - value.behind, ".");
    return minus ? "-" + out : out;
}

constexpr std::uint8_t kBehindMax = 30;

std::optional<Decimal> decimal(std::string_view text) {
    constexpr std::size_t kLengthMax = 40;
    const auto point = text.find('.');
    if (text.size() > kLengthMax) return std::nullopt;
    Decimal out;
    std::string digits(text);
    if (point != std::string_view::npos) {
        out.behind = static_cast<std::uint8_t>(text.size() - point - 1);
        digits.erase(point, 1);
    }
    if (out.behind > kBehindMax || digits.empty()) return std::nullopt;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), out.digits);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    if (print_decimal(out) != text) return std::nullopt;
    return out;
}

std::optional<Id16> uuid(std::string_view text) {
    constexpr std::string_view kPrefix = "uuid:";
    if (!text.starts_with(kPrefix)) return std::nullopt;
    const auto id = parse_uuid(text);
    if (!id.ok() || std::string(kPrefix) + to_uuid_text(*id) != text) return std::nullopt;
    return *id;
}

void put(VarintWriter& out, const Decimal& value) {
    out.u8(value.behind);
    out.signed_number(value.digits);
}

Decimal get_decimal(VarintReader& in) {
    Decimal out;
    out.behind = in.u8();
    out.digits = in.signed_number();
    if (out.behind > kBehindMax) in.fail();
    return out;
}

std::int64_t add(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
std::int64_t less(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

/// Writes values of one code one after the other; what the value before was matters to some.
class ValueWriter {
public:
    ValueWriter(ValueCode code, const ChoiceList* list) : code_(code), list_(list) {}

    /// False, and nothing written, for a value that the code does not give back exactly.
    bool put_value(std::string_view text) {
        switch (code_) {
            case ValueCode::kText: out.text(text); return true;
            case ValueCode::kInteger: return put_step(whole(text), false);
            case ValueCode::kSteps: return put_step(whole(text), true);
            case ValueCode::kDate: return put_step(days(text), true);
            case ValueCode::kMoment: return put_moment(moment(text));
            case ValueCode::kDecimal: return put_decimal(decimal(text));
            case ValueCode::kChoice: return put_choice(text);
            case ValueCode::kChoices: return put_choices(text);
            case ValueCode::kUuid: return put_uuid(uuid(text));
            case ValueCode::kPlace: return put_place(text);
            case ValueCode::kSame:
            case ValueCode::kDictionary: return false;  // not value by value
        }
        return false;
    }

    VarintWriter out;

private:
    bool put_step(std::optional<std::int64_t> value, bool from_last) {
        if (!value) return false;
        out.signed_number(from_last ? less(*value, last_) : *value);
        last_ = *value;
        return true;
    }
    bool put_moment(const std::optional<Moment>& value) {
        if (!value) return false;
        const std::int32_t minutes = value->offset_seconds / kMinute;
        out.signed_number(less(value->utc_ms, last_));
        out.signed_number(minutes - last_minutes_);
        last_ = value->utc_ms;
        last_minutes_ = minutes;
        return true;
    }
    bool put_decimal(const std::optional<Decimal>& value) {
        if (value) put(out, *value);
        return value.has_value();
    }
    bool put_uuid(const std::optional<Id16>& value) {
        if (value) out.raw(ByteView(*value));
        return value.has_value();
    }
    bool put_choice(std::string_view text) {
        if (list_ == nullptr) return false;
        const auto found = list_->index.find(text);
        if (found == list_->index.end()) return false;
        out.number(found->second);
        return true;
    }
    bool put_choices(std::string_view text) {
        if (list_ == nullptr) return false;
        const auto words = split_words(text);
        if (join_words(words) != text) return false;
        for (const std::string_view word : words) {
            if (!list_->index.contains(word)) return false;
        }
        out.number(words.size());
        for (const std::string_view word : words) out.number(list_->index.at(word));
        return true;
    }
    bool put_place(std::string_view text) {
        constexpr std::size_t kWordsMax = 4;
        const auto words = split_words(text);
        if (words.empty() || words.size() > kWordsMax || join_words(words) != text) return false;
        std::vector<Decimal> decimals;
        for (const std::string_view word : words) {
            const auto number = decimal(word);
            if (!number) return false;
            decimals.push_back(*number);
        }
        out.u8(static_cast<std::uint8_t>(words.size()));
        for (const Decimal& number : decimals) put(out, number);
        return true;
    }

    ValueCode code_;
    const ChoiceList* list_;
    std::int64_t last_ = 0;
    std::int32_t last_minutes_ = 0;
};

class ValueReader {
public:
    ValueReader(ValueCode code, const ChoiceList* list, VarintReader& in)
        : code_(code), list_(list), in_(in) {}

    std::string get_value() {
        switch (code_) {
            case ValueCode::kText: return in_.text();
            case ValueCode::kInteger: return std::to_string(in_.signed_number());
            case ValueCode::kSteps: return std::to_string(step());
            case ValueCode::kDate: return get_date();
            case ValueCode::kMoment: return get_moment();
            case ValueCode::kDecimal: return print_decimal(get_decimal(in_));
            case ValueCode::kChoice: return std::string(choice());
            case ValueCode::kChoices: return get_choices();
            case ValueCode::kUuid: return get_uuid();
            case ValueCode::kPlace: return get_place();
            case ValueCode::kSame:
            case ValueCode::kDictionary: break;
        }
        in_.fail();
        return {};
    }

private:
    std::int64_t step() { return last_ = add(last_, in_.signed_number()); }

    std::string get_date() {
        constexpr std::int64_t kDaysMax = 3'000'000;  // year 9999 and some
        const std::int64_t day = step();
        if (day < -kDaysMax || day > kDaysMax) {
            in_.fail();
            return {};
        }
        return print_date(day);
    }
    std::string get_moment() {
        constexpr std::int64_t kMsMax = 3'000'000 * kDayMs;
        constexpr std::int64_t kMinutesMax = 24 * 60;
        const std::int64_t ms = step();
        const std::int64_t change = in_.signed_number();
        if (change > 2 * kMinutesMax || change < -2 * kMinutesMax) in_.fail();
        minutes_ = in_.failed() ? 0 : minutes_ + change;
        const bool sane =
            ms >= -kMsMax && ms <= kMsMax && minutes_ >= -kMinutesMax && minutes_ <= kMinutesMax;
        if (!sane) {
            in_.fail();
            return {};
        }
        return print_moment({ms, static_cast<std::int32_t>(minutes_ * kMinute), true});
    }
    std::string_view choice() {
        const std::uint64_t at = in_.number();
        if (list_ == nullptr || at >= list_->values.size()) {
            in_.fail();
            return {};
        }
        return list_->values[static_cast<std::size_t>(at)];
    }
    std::string get_choices() {
        const std::size_t count = in_.count();
        std::string out;
        for (std::size_t i = 0; i < count && !in_.failed(); ++i) {
            if (i > 0) out += ' ';
            out += choice();
        }
        return out;
    }
    std::string get_uuid() {
        const ByteView bytes = in_.raw(std::tuple_size_v<Id16>);
        Id16 id{};
        if (!in_.failed()) std::copy(bytes.begin(), bytes.end(), id.begin());
        return "uuid:" + to_uuid_text(id);
    }
    std::string get_place() {
        const std::size_t words = in_.u8();
        std::string out;
        for (std::size_t i = 0; i < words && !in_.failed(); ++i) {
            if (i > 0) out += ' ';
            out += print_decimal(get_decimal(in_));
        }
        return out;
    }

    ValueCode code_;
    const ChoiceList* list_;
    VarintReader& in_;
    std::int64_t last_ = 0;
    std::int64_t minutes_ = 0;
};

/// The column in one code, values it can't take as exceptions; nothing if most are such.
std::optional<Bytes> in_code(ValueCode code, std::span<const std::string_view> values,
                             const ChoiceList* list) {
    ValueWriter writer(code, list);
    std::vector<std::size_t> exceptions;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (writer.put_value(values[i])) continue;
        exceptions.push_back(i);
        if (exceptions.size() * 2 > values.size()) return std::nullopt;
    }
    VarintWriter out;
    const auto tag = static_cast<std::uint8_t>(code);
    out.u8(exceptions.empty() ? tag : static_cast<std::uint8_t>(tag | kExceptionsBit));
    if (!exceptions.empty()) {
        out.number(exceptions.size());
        std::size_t next = 0;
        for (const std::size_t at : exceptions) {
            out.number(at - next);
            out.text(values[at]);
            next = at + 1;
        }
    }
    out.raw(writer.out.bytes());
    return out.take();
}

std::optional<Bytes> same(std::span<const std::string_view> values) {
    for (const std::string_view value : values) {
        if (value != values.front()) return std::nullopt;
    }
    VarintWriter out;
    out.u8(static_cast<std::uint8_t>(ValueCode::kSame));
    out.text(values.front());
    return out.take();
}

Bytes dictionary(std::span<const std::string_view> values) {
    std::unordered_map<std::string_view, std::size_t> known;
    std::vector<std::string_view> order;
    for (const std::string_view value : values) {
        if (known.emplace(value, order.size()).second) order.push_back(value);
    }
    VarintWriter out;
    out.u8(static_cast<std::uint8_t>(ValueCode::kDictionary));
    out.number(order.size());
    for (const std::string_view value : order) out.text(value);
    for (const std::string_view value : values) out.number(known.at(value));
    return out.take();
}

std::vector<std::string> read_dictionary(VarintReader& in, std::size_t count) {
    std::vector<std::string> texts;
    const std::size_t size = in.count();
    for (std::size_t i = 0; i < size && !in.failed(); ++i) texts.push_back(in.text());
    std::vector<std::string> out;
    for (std::size_t i = 0; i < count && !in.failed(); ++i) {
        const std::uint64_t at = in.number();
        if (at >= texts.size()) {
            in.fail();
            break;
        }
        out.push_back(texts[static_cast<std::size_t>(at)]);
    }
    return out;
}

}  // namespace

void write_values(std::span<const std::string_view> values, const ChoiceList* list,
                  VarintWriter& out) {
    std::optional<Bytes> best = in_code(ValueCode::kText, values, list);
    const auto take = [&](std::optional<Bytes> other) {
        if (other && other->size() < best->size()) best = std::move(other);
    };
    constexpr auto kFirst = static_cast<std::uint8_t>(ValueCode::kInteger);
    constexpr auto kLast = static_cast<std::uint8_t>(ValueCode::kPlace);
    for (std::uint8_t code = kFirst; code <= kLast; ++code) {
        take(in_code(static_cast<ValueCode>(code), values, list));
    }
    if (values.size() > 1) {
        take(same(values));
        take(dictionary(values));
    }
    out.raw(*best);
}

std::vector<std::string> read_values(VarintReader& in, std::size_t count, const ChoiceList* list) {
    std::vector<std::string> out;
    const std::uint8_t tag = in.u8();
    const auto code = static_cast<std::uint8_t>(tag & ~kExceptionsBit);
    if (code >= kValueCodes) in.fail();
    if (in.failed()) return out;
    if (static_cast<ValueCode>(code) == ValueCode::kDictionary) return read_dictionary(in, count);
    if (static_cast<ValueCode>(code) == ValueCode::kSame) {
        const std::string text = in.text();
        if (!in.failed()) out.assign(count, text);
        return out;
    }
    std::unordered_map<std::size_t, std::string> exceptions;
    if ((tag & kExceptionsBit) != 0) {
        const std::size_t size = in.count();
        std::uint64_t at = 0;
        for (std::size_t i = 0; i < size && !in.failed(); ++i) {
            const std::uint64_t gap = in.number();
            if (gap >= count || at + gap >= count) {
                in.fail();
                return out;
            }
            at += gap;
            exceptions.emplace(static_cast<std::size_t>(at), in.text());
            ++at;
        }
    }
    ValueReader reader(static_cast<ValueCode>(code), list, in);
    for (std::size_t i = 0; i < count && !in.failed(); ++i) {
        const auto exception = exceptions.find(i);
        out.push_back(exception != exceptions.end() ? exception->second : reader.get_value());
    }
    return out;
}

}  // namespace awda::forms
