#include "sync/cases/case_id.h"

#include <algorithm>

#include "platform/codec.h"
#include "platform/crypto.h"

namespace awda::sync {

namespace {

constexpr std::string_view kCaseDomain = "AWDACASE";
constexpr std::string_view kMemberDomain = "AWDAMEMB";
constexpr std::string_view kReferenceDomain = "AWDACREF";
constexpr std::uint64_t kReferences = 1'000'000'000'000;  // of twelve digits

/// RFC 9562, version 8: the application says how the bits are made.
Id16 uuid_v8(const Hash32& hash) {
    Id16 id{};
    std::copy_n(hash.begin(), id.size(), id.begin());
    id[6] = static_cast<std::uint8_t>(0x80U | (id[6] & 0x0fU));
    id[8] = static_cast<std::uint8_t>(0x80U | (id[8] & 0x3fU));
    return id;
}

/// The two digits that make twelve digits and them a number with remainder 1 by 97.
std::uint64_t check_digits(std::uint64_t twelve) {
    return 98 - twelve * 100 % 97;
}

std::string padded(std::uint64_t number, std::size_t digits) {
    std::string text = std::to_string(number);
    text.insert(0, digits - std::min(digits, text.size()), '0');
    return text;
}

struct Letter {
    std::size_t bytes = 1;
    char digit = 0;  ///< '0' to '9'
    bool skipped = false;
};

/// What stands at the head of `text`: a digit of one of three scripts, something between digits, or
/// neither.
Letter read_letter(std::string_view text) {
    struct Script {
        std::string_view lead;
        unsigned char zero;
    };
    // U+0660 Arabic-Indic, U+06F0 extended Arabic-Indic; both have two bytes.
    constexpr Script kScripts[] = {{"\xd9", 0xa0}, {"\xdb", 0xb0}};
    if (text[0] >= '0' && text[0] <= '9') return {1, text[0], false};
    if (text[0] == ' ' || text[0] == '-' || text[0] == '\t') return {1, 0, true};
    for (const Script& script : kScripts) {
        if (!text.starts_with(script.lead) || text.size() < 2) continue;
        const unsigned value = static_cast<unsigned char>(text[1]) - unsigned{script.zero};
        if (value < 10) return {2, static_cast<char>('0' + value), false};
    }
    // U+200E to U+200F and U+2066 to U+2069 say in which direction to read.
    for (const std::string_view mark : {"\u200e", "\u200f", "\u2066", "\u2067", "\u2068", "\u2069",
                                        "\u00a0", "\u2011", "\u2013"}) {
        if (text.starts_with(mark)) return {mark.size(), 0, true};
    }
    return {};
}

}  // namespace

CaseId case_of_record(const InstanceId& root) {
    ByteWriter out;
    out.raw(kCaseDomain);
    out.raw(root.bytes());
    return CaseId{uuid_v8(hash32(out.bytes()))};
}

MemberId member_of_row(const Id16& revision, std::string_view path) {
    ByteWriter out;
    out.raw(kMemberDomain);
    out.raw(revision);
    out.raw(path);
    return MemberId{uuid_v8(hash32(out.bytes()))};
}

EventRef event_ref(const DeviceId& device, const Event& event) {
    const Hash32 hash = event_hash(device, event);
    EventRef ref;
    std::copy_n(hash.begin(), ref.value.size(), ref.value.begin());
    return ref;
}

std::string case_reference(const CaseId& id) {
    ByteWriter out;
    out.raw(kReferenceDomain);
    out.raw(id.bytes());
    const Hash32 hash = hash32(out.bytes());
    const std::uint64_t twelve = ByteReader(hash).u64() % kReferences;
    return padded(twelve, 12) + padded(check_digits(twelve), 2);
}

std::string spaced_reference(std::string_view reference) {
    std::string out;
    for (std::size_t i = 0; i < reference.size(); ++i) {
        if (i > 0 && i % 4 == 0) out += ' ';
        out += reference[i];
    }
    return out;
}

Result<std::string> parse_reference(std::string_view typed) {
    std::string digits;
    while (!typed.empty()) {
        const Letter letter = read_letter(typed);
        if (letter.digit != 0) {
            digits += letter.digit;
        } else if (!letter.skipped) {
            return Error(Errc::kMalformed, "a case's number");
        }
        if (digits.size() > kReferenceDigits) return Error(Errc::kMalformed, "a case's number");
        typed.remove_prefix(letter.bytes);
    }
    if (digits.size() != kReferenceDigits) return Error(Errc::kMalformed, "a case's number");
    std::uint64_t number = 0;
    for (const char digit : digits) number = number * 10 + static_cast<std::uint64_t>(digit - '0');
    if (number % 100 != check_digits(number / 100)) {
        return Error(Errc::kMalformed, "the check digits of a case's number");
    }
    return digits;
}

}  // namespace awda::sync
