#include "sync/consent_event.h"

#include <algorithm>
#include <chrono>

#include "platform/codec.h"
#include "platform/text.h"

namespace awda::sync {

namespace {

constexpr std::string_view kGivenTag = "AWDACGIV";
constexpr std::string_view kWithdrawnTag = "AWDACWDR";
constexpr std::size_t kDayMax = 10;

std::string clean_text(ByteReader& in, std::size_t limit) {
    std::string text = in.text(limit);
    if (!valid_utf8(text) || text.find('\0') != std::string::npos) in.fail();
    return text;
}

/// Rising, so that there is one way to write them.
std::vector<EventRef> read_knows(ByteReader& in) {
    std::vector<EventRef> knows;
    const std::size_t count = in.u16();
    if (in.failed() || count > kConsentKnowsMax || count * sizeof(Id16) > in.remaining()) {
        in.fail();
        return knows;
    }
    for (std::size_t i = 0; i < count; ++i) {
        const EventRef ref{in.fixed<16>()};
        if (!knows.empty() && !(knows.back() < ref)) in.fail();
        knows.push_back(ref);
    }
    return knows;
}

/// What stands in "2026-11-26" from `at`; -1 if it is no number.
int digits(std::string_view day, std::size_t at, std::size_t size) {
    int value = 0;
    for (const char c : day.substr(at, size)) {
        if (c < '0' || c > '9') return -1;
        value = value * 10 + (c - '0');
    }
    return value;
}

template <typename Value, std::size_t Size>
std::optional<Value> find_named(const std::array<Value, Size>& values, std::string_view name,
                                std::string_view (*name_of)(Value)) {
    for (const Value value : values) {
        if (name_of(value) == name) return value;
    }
    return std::nullopt;
}

}  // namespace

bool valid_agency(std::string_view agency) {
    return !agency.empty() && agency.size() <= kAgencyMax &&
           std::ranges::all_of(agency, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
           });
}

bool valid_day(std::string_view day) {
    if (day.size() != kDayMax || day[4] != '-' || day[7] != '-') return false;
    const int year = digits(day, 0, 4);
    const int month = digits(day, 5, 2);
    const int number = digits(day, 8, 2);
    if (year < 1900 || month < 1 || number < 1) return false;
    return std::chrono::year_month_day(std::chrono::year(year),
                                       std::chrono::month(static_cast<unsigned>(month)),
                                       std::chrono::day(static_cast<unsigned>(number)))
        .ok();
}

std::string_view purpose_name(SharePurpose purpose) {
    switch (purpose) {
        case SharePurpose::kOwnUse: return "own-use";
        case SharePurpose::kReferral: return "referral";
        case SharePurpose::kStatistics: return "statistics";
    }
    return "other";
}

std::optional<SharePurpose> parse_purpose(std::string_view name) {
    return find_named(kSharePurposes, name, &purpose_name);
}

std::string_view manner_name(ConsentManner manner) {
    switch (manner) {
        case ConsentManner::kReadAloud: return "read-aloud";
        case ConsentManner::kWritten: return "written";
        case ConsentManner::kGuardian: return "guardian";
    }
    return "unknown";
}

std::optional<ConsentManner> parse_manner(std::string_view name) {
    return find_named(kConsentManners, name, &manner_name);
}

bool is_consent(EventType type) {
    return type == EventType::kConsentGiven || type == EventType::kConsentWithdrawn;
}

EventType event_type_of(const ConsentSaid& said) {
    return said.withdrawn ? EventType::kConsentWithdrawn : EventType::kConsentGiven;
}

Bytes encode(const ConsentSaid& said) {
    std::vector<EventRef> knows = said.knows;
    std::ranges::sort(knows);
    const auto repeated = std::ranges::unique(knows);
    knows.erase(repeated.begin(), repeated.end());
    ByteWriter out;
    out.raw(said.withdrawn ? kWithdrawnTag : kGivenTag);
    out.raw(said.root.bytes());
    out.text(said.agency);
    out.u8(static_cast<std::uint8_t>(said.purpose));
    out.u16(static_cast<std::uint16_t>(knows.size()));
    for (const EventRef& ref : knows) out.raw(ref.bytes());
    out.text(said.date);
    out.u8(static_cast<std::uint8_t>(said.manner));
    out.text(said.language);
    out.text(said.witness);
    out.text(said.until);
    out.text(said.reason);
    return out.take();
}

Result<ConsentSaid> decode_consent(EventType type, ByteView bytes) {
    if (!is_consent(type)) return Error(Errc::kMalformed, "not about consent");
    ByteReader in(bytes);
    ConsentSaid said;
    said.withdrawn = type == EventType::kConsentWithdrawn;
    in.domain(said.withdrawn ? kWithdrawnTag : kGivenTag);
    said.root = InstanceId{in.fixed<16>()};
    said.agency = clean_text(in, kAgencyMax);
    said.purpose = static_cast<SharePurpose>(in.u8());
    said.knows = read_knows(in);
    said.date = clean_text(in, kDayMax);
    const std::uint8_t manner = in.u8();
    said.manner = static_cast<ConsentManner>(manner);
    said.language = clean_text(in, kConsentLanguageMax);
    said.witness = clean_text(in, kConsentWitnessMax);
    said.until = clean_text(in, kDayMax);
    said.reason = clean_text(in, kConsentReasonMax);
    if (said.root.empty() || !valid_agency(said.agency) || said.purpose == SharePurpose{} ||
        !valid_day(said.date) || manner == 0 || manner > kConsentManners.size()) {
        in.fail();
    }
    // A giving says how long, a withdrawal why.
    if (said.withdrawn ? !said.until.empty() : !said.reason.empty()) in.fail();
    if (!said.until.empty() && !valid_day(said.until)) in.fail();
    AWDA_CHECK(in.done());
    return said;
}

}  // namespace awda::sync
