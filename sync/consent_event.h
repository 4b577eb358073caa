// ConsentEvent: what a person allowed, or no longer allows, as bytes: payloads of the events 42 and
// 43.
//
// Each is about one submission (its first revision), one agency and one purpose, and names what its
// author knew of the same three (`knows`), so that every holder sees the same whatever way the
// events came. Personal data like the record itself. Layout: CONSENT.md. Threads: pure values and
// functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sync/cases/case_id.h"

namespace awda::sync {

inline constexpr std::size_t kAgencyMax = 40;           ///< bytes of an agency's identifier
inline constexpr std::size_t kConsentWitnessMax = 200;  ///< bytes
inline constexpr std::size_t kConsentLanguageMax = 35;  ///< bytes of a language tag
inline constexpr std::size_t kConsentReasonMax = 2000;  ///< bytes
inline constexpr std::size_t kConsentKnowsMax = 256;    ///< heads of one consent

/// The ministry itself, which holds the records anyway.
inline constexpr std::string_view kHeadquarters = "headquarters";
/// 1 to kAgencyMax of a-z, 0-9 and "-". Which agencies there are is reference data.
[[nodiscard]] bool valid_agency(std::string_view agency);
/// A day of the calendar, as "2026-11-26".
[[nodiscard]] bool valid_day(std::string_view day);

/// What something is wanted for. Numbers are part of the format; one that this Awda does not know
/// opens nothing.
enum class SharePurpose : std::uint8_t {
    kOwnUse = 1,      ///< the ministry's own work, for which the records were given
    kReferral = 2,    ///< help for the person from another agency
    kStatistics = 3,  ///< figures without names
};
inline constexpr std::array kSharePurposes = {SharePurpose::kOwnUse, SharePurpose::kReferral,
                                              SharePurpose::kStatistics};
/// "own-use", "referral", "statistics"; "other" for a number of a later Awda.
[[nodiscard]] std::string_view purpose_name(SharePurpose purpose);
[[nodiscard]] std::optional<SharePurpose> parse_purpose(std::string_view name);

/// How it was said. Numbers are part of the format.
enum class ConsentManner : std::uint8_t {
    kReadAloud = 1,  ///< the text was read out, the answer spoken
    kWritten = 2,    ///< signed, or marked by thumb
    kGuardian = 3,   ///< for a minor, or for who cannot decide
};
inline constexpr std::array kConsentManners = {ConsentManner::kReadAloud, ConsentManner::kWritten,
                                               ConsentManner::kGuardian};
/// "read-aloud", "written", "guardian".
[[nodiscard]] std::string_view manner_name(ConsentManner manner);
[[nodiscard]] std::optional<ConsentManner> parse_manner(std::string_view name);

struct ConsentSaid {
    bool withdrawn = false;  ///< 43
    InstanceId root;         ///< of the first revision
    std::string agency;
    SharePurpose purpose = SharePurpose::kReferral;
    std::vector<EventRef> knows;  ///< sorted, each once
    std::string date;             ///< the day it was said on
    ConsentManner manner = ConsentManner::kReadAloud;
    std::string language;  ///< in which the text was read
    std::string witness;   ///< may be empty
    std::string until;     ///< the last day it holds; empty: until withdrawn
    std::string reason;    ///< of a withdrawal, may be empty
    bool operator==(const ConsentSaid&) const = default;
};

[[nodiscard]] bool is_consent(EventType type);
[[nodiscard]] EventType event_type_of(const ConsentSaid& said);
[[nodiscard]] Bytes encode(const ConsentSaid& said);
/// kMalformed also when `type` is neither, or not the one that the payload says.
[[nodiscard]] Result<ConsentSaid> decode_consent(EventType type, ByteView bytes);

}  // namespace awda::sync
