// ConsentGate: the one question that every record is asked before it leaves: may this agency have
// it, for this purpose, and how much of it?
//
// Used by the agent's exports and by central's. What the person said comes in as facts, folded from
// events; who asks is never believed about it. Ownership: an interface; implementations are
// immutable. Threads: decide() may be called from any thread. Policy and doors: CONSENT.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sync/cases/identity.h"
#include "sync/consent_state.h"
#include "sync/record.h"

namespace awda::sync {

/// Who would get something, what for, and on which day.
struct Handover {
    std::string agency{kHeadquarters};
    SharePurpose purpose = SharePurpose::kOwnUse;
    std::string today;  ///< "2026-11-26"; consents that ended before do not count
};

/// What is known of a record.
struct RecordFacts {
    const std::vector<Consent>& consents;  ///< of its root
    bool disputed = false;         ///< offices gave different answers, and nobody decided yet
    bool identity_marked = false;  ///< its form says which answers tell who somebody is
};

/// How much may leave. Protected answers never do: they are no fields of a record.
enum class View : std::uint8_t {
    kNothing,
    kWithoutNames,  ///< no identity, no titles, no ids
    kAll,
};

enum class GateReason : std::uint8_t {
    kOwn,        ///< headquarters' own
    kConsented,  ///< the person said yes
    kSilent,     ///< nobody was asked
    kWithdrawn,
    kExpired,
    kDisputed,
    kNotOpen,   ///< nobody may have it for this purpose
    kUnmarked,  ///< names could not be told from the rest
};
[[nodiscard]] std::string_view reason_name(GateReason reason);

struct GateDecision {
    View view = View::kNothing;
    GateReason reason = GateReason::kSilent;
    bool operator==(const GateDecision&) const = default;
    [[nodiscard]] bool allowed() const { return view != View::kNothing; }
};

class ConsentGate {
public:
    virtual ~ConsentGate() = default;
    [[nodiscard]] virtual GateDecision decide(const Handover& handover,
                                              const RecordFacts& record) const = 0;
};

/// The policy that CONSENT.md describes; silence is a no.
class PlainGate : public ConsentGate {
public:
    [[nodiscard]] GateDecision decide(const Handover& handover,
                                      const RecordFacts& record) const override;
};

/// What of `fields` the view lets through, in their order.
[[nodiscard]] std::vector<Field> fields_in_view(View view, const IdentityRule& identity,
                                                const std::vector<Field>& fields);

}  // namespace awda::sync
