#include "sync/consent_event.h"

#include <algorithm>

#include "platform/clock.h"
#include "platform/named.h"
#include "sync/log/payload_fields.h"

namespace awda::sync {

namespace {

constexpr std::string_view kGivenTag = "AWDACGIV";
constexpr std::string_view kWithdrawnTag = "AWDACWDR";
constexpr std::size_t kDayMax = 10;
constexpr std::string_view kFirstDay = "1900-01-01";

}  // namespace

bool valid_agency(std::string_view agency) {
    return !agency.empty() && agency.size() <= kAgencyMax &&
           std::ranges::all_of(agency, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
           });
}

bool valid_day(std::string_view day) {
    return parse_day(day).has_value() && day >= kFirstDay;
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
    return find_named(kSharePurposes, name, purpose_name);
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
    return find_named(kConsentManners, name, manner_name);
}

bool is_consent(EventType type) {
    return type == EventType::kConsentGiven || type == EventType::kConsentWithdrawn;
}

EventType event_type_of(const ConsentSaid& said) {
    return said.withdrawn ? EventType::kConsentWithdrawn : EventType::kConsentGiven;
}

Bytes encode(const ConsentSaid& said) {
    ByteWriter out;
    out.raw(said.withdrawn ? kWithdrawnTag : kGivenTag);
    out.raw(said.root.bytes());
    out.text(said.agency);
    out.u8(static_cast<std::uint8_t>(said.purpose));
    put_ids(out, said.knows);
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
    said.agency = read_clean_text(in, kAgencyMax);
    said.purpose = static_cast<SharePurpose>(in.u8());
    said.knows = read_ids<EventRef>(in, kConsentKnowsMax);
    said.date = read_clean_text(in, kDayMax);
    const std::uint8_t manner = in.u8();
    said.manner = static_cast<ConsentManner>(manner);
    said.language = read_clean_text(in, kConsentLanguageMax);
    said.witness = read_clean_text(in, kConsentWitnessMax);
    said.until = read_clean_text(in, kDayMax);
    said.reason = read_clean_text(in, kConsentReasonMax);
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
