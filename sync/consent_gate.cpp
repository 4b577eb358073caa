#include "sync/consent_gate.h"

#include <algorithm>
#include <array>

namespace awda::sync {

namespace {

GateDecision nothing(GateReason reason) {
    return {View::kNothing, reason};
}

/// Names are left out where the form says which answers they are, and nothing leaves elsewhere.
GateDecision figures(GateReason reason, const RecordFacts& record) {
    if (!record.identity_marked) return nothing(GateReason::kUnmarked);
    return {View::kWithoutNames, reason};
}

/// By which somebody is found although no name stands there, or in which one may be told.
constexpr std::array<std::string_view, 14> kTellingWords = {
    "address", "comment", "email", "guardian", "latitude",  "location", "longitude",
    "name",    "note",    "phone", "photo",    "signature", "whatsapp", "witness"};

/// Not a matter of identity, which forms mark, and still no figure.
bool tells_who(std::string_view path) {
    if (path.starts_with("meta/")) return true;  // titles and ids of the record
    if (path.starts_with('!')) return true;      // of an older form, whose marks nobody knows here
    const std::size_t slash = path.rfind('/');
    const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
    return std::ranges::any_of(kTellingWords, [&](std::string_view word) {
        return name.find(word) != std::string_view::npos;
    });
}

}  // namespace

std::string_view reason_name(GateReason reason) {
    switch (reason) {
        case GateReason::kOwn: return "own";
        case GateReason::kConsented: return "consented";
        case GateReason::kSilent: return "silent";
        case GateReason::kWithdrawn: return "withdrawn";
        case GateReason::kExpired: return "expired";
        case GateReason::kDisputed: return "disputed";
        case GateReason::kNotOpen: return "not_open";
        case GateReason::kUnmarked: return "unmarked";
    }
    return "unknown";
}

GateDecision PlainGate::decide(const Handover& handover, const RecordFacts& record) const {
    const bool figures_wanted = handover.purpose == SharePurpose::kStatistics;
    if (handover.agency == kHeadquarters) {
        if (handover.purpose == SharePurpose::kOwnUse) return {View::kAll, GateReason::kOwn};
        if (figures_wanted) return figures(GateReason::kOwn, record);
    }
    if (handover.purpose != SharePurpose::kReferral && !figures_wanted) {
        return nothing(GateReason::kNotOpen);
    }
    const Consent* consent = find_consent(record.consents, handover.agency, handover.purpose);
    if (consent == nullptr) return nothing(GateReason::kSilent);
    if (consent->withdrawn) return nothing(GateReason::kWithdrawn);
    if (!consent->stands) return nothing(GateReason::kSilent);
    if (!valid_day(handover.today) || consent->expired(handover.today)) {
        return nothing(GateReason::kExpired);
    }
    if (record.disputed) return nothing(GateReason::kDisputed);
    return figures_wanted ? figures(GateReason::kConsented, record)
                          : GateDecision{View::kAll, GateReason::kConsented};
}

std::vector<Field> fields_in_view(View view, const IdentityRule& identity,
                                  const std::vector<Field>& fields) {
    if (view == View::kAll) return fields;
    std::vector<Field> kept;
    if (view == View::kNothing) return kept;
    for (const Field& field : fields) {
        if (!tells_who(field.path) && !identity.matches(field.path)) kept.push_back(field);
    }
    return kept;
}

}  // namespace awda::sync
