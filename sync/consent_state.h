// ConsentState: whether a consent stands, folded from all that was said about it.
//
// Of an agency and a purpose, one thing counts: a giving that no withdrawal speaks against. A
// withdrawal ends every giving whose author did not know of it, also one made elsewhere at the same
// time: who said no once is asked again, never overheard. No clock is asked and the order of
// arrival makes no difference. Rules: CONSENT.md. Threads: pure values and functions.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sync/consent_event.h"

namespace awda::sync {

struct ConsentEntry {
    EventRef ref;
    ConsentSaid said;
};

/// What was said about one submission, for one agency and purpose.
struct Consent {
    std::string agency;
    SharePurpose purpose{};
    bool stands = false;     ///< given, and not withdrawn
    bool withdrawn = false;  ///< was withdrawn, and not given again since
    std::string until;       ///< the last day, by the strictest of those that stand; or empty
    /// What an event about it, made now, knows: what no other builds upon, sorted.
    std::vector<EventRef> heads;
    std::vector<ConsentSaid> history;  ///< what is built upon first, ties by id
    bool operator==(const Consent&) const = default;

    /// Not on `day` ("2026-11-26") any more.
    [[nodiscard]] bool expired(std::string_view day) const { return !until.empty() && until < day; }
};

/// Of one submission, in any order; the same event twice counts once. A giving that builds upon
/// what has not arrived does not count yet; a withdrawal does. Sorted by agency and purpose.
[[nodiscard]] std::vector<Consent> fold_consents(std::span<const ConsentEntry> entries);
/// Null if nothing was said.
[[nodiscard]] const Consent* find_consent(const std::vector<Consent>& consents,
                                          std::string_view agency, SharePurpose purpose);

}  // namespace awda::sync
