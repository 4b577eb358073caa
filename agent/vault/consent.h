// consent: what people allowed to be handed on, written down and looked up.
//
// Each giving and each withdrawal is one event, about a submission's first revision, that names
// what its author knew (sync/CONSENT.md). Ownership: values. Threads: the vault's.
#pragma once

#include <string>
#include <vector>

#include "agent/vault/session.h"
#include "sync/consent_state.h"

namespace awda::agent {

/// What was said, in the words of the one who writes it down.
struct ConsentWords {
    std::string agency;  ///< not headquarters, whose own use asks nobody
    sync::SharePurpose purpose = sync::SharePurpose::kReferral;
    std::string date;  ///< the day it was said on, not one that is to come
    sync::ConsentManner manner = sync::ConsentManner::kReadAloud;
    std::string language;  ///< in which the text was read
    std::string witness;   ///< of a giving that nobody signed: who else heard it
    std::string until;     ///< of a giving: the last day; empty: until withdrawn
    std::string reason;    ///< of a withdrawal; may be empty
};

/// `record` is any revision of a submission, of this device or another. kNotFound, also for a
/// draft; kUsage when something is missing or does not go together; kTooLarge. Also while a lease
/// has ended: nobody waits with a no.
Status give_consent(Session& session, const InstanceId& record, const ConsentWords& words);
/// Also where nothing was given: a refusal is worth writing down.
Status withdraw_consent(Session& session, const InstanceId& record, const ConsentWords& words);

/// What was said about a submission. Written to the log as a viewing of `record`. kNotFound.
[[nodiscard]] Result<std::vector<sync::Consent>> consents_of(Session& session,
                                                             const InstanceId& record);
/// Of a first revision; asks no permission and writes nothing: for the gate.
[[nodiscard]] Result<std::vector<sync::Consent>> read_consents(Database& db,
                                                               const InstanceId& root);
/// The day by which consents are judged, "2026-11-26": of the highest time seen, in UTC.
[[nodiscard]] Result<std::string> consent_day(Session& session);

}  // namespace awda::agent
