#include "agent/vault/consent.h"

#include <algorithm>

#include "agent/vault/access.h"
#include "agent/vault/case_reading.h"
#include "agent/vault/payloads.h"
#include "platform/text.h"

namespace awda::agent {

namespace {

using sync::ConsentManner;
using sync::SharePurpose;

Result<std::string> cleaned(std::string_view text, std::size_t limit) {
    std::string composed = AWDA_TRY(nfc(text));
    if (composed.find('\0') != std::string::npos) return Error(Errc::kUsage, "a consent's words");
    if (composed.size() > limit) return Error(Errc::kTooLarge, "a consent's words");
    return composed;
}

bool is_language(std::string_view tag) {
    return !tag.empty() && tag.size() <= sync::kConsentLanguageMax &&
           std::ranges::all_of(tag, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-';
           });
}

Status check_days(const ConsentWords& words, std::string_view today) {
    if (!sync::valid_day(words.date) || words.date > today) {
        return Error(Errc::kUsage, "the day of a consent");
    }
    if (words.until.empty()) return {};
    if (!sync::valid_day(words.until) || words.until < words.date) {
        return Error(Errc::kUsage, "the last day of a consent");
    }
    return {};
}

/// What goes together, and what must be there.
Status check_words(const ConsentWords& words, bool withdrawn, std::string_view today) {
    if (!sync::valid_agency(words.agency) || words.agency == sync::kHeadquarters) {
        return Error(Errc::kUsage, "the agency of a consent");
    }
    if (words.purpose != SharePurpose::kReferral && words.purpose != SharePurpose::kStatistics) {
        return Error(Errc::kUsage, "the purpose of a consent");
    }
    AWDA_CHECK(check_days(words, today));
    if (withdrawn) {
        const bool fits =
            words.until.empty() && (words.language.empty() || is_language(words.language));
        return fits ? Status() : Error(Errc::kUsage, "a withdrawal");
    }
    if (!is_language(words.language) || !words.reason.empty()) {
        return Error(Errc::kUsage, "a consent");
    }
    if (words.manner != ConsentManner::kWritten && AWDA_TRY(fold_name(words.witness)).empty()) {
        return Error(Errc::kUsage, "a consent that nobody signed or heard");
    }
    return {};
}

Status say(Session& session, const InstanceId& record, const ConsentWords& words, bool withdrawn) {
    AWDA_CHECK(permit(session, Permission::kRecord, session.identity.officer));
    AWDA_CHECK(check_words(words, withdrawn, AWDA_TRY(consent_day(session))));
    const auto root = AWDA_TRY(root_of_revision(session.db, record));
    if (!root) return Error(Errc::kNotFound, "a record");
    sync::ConsentSaid said;
    said.withdrawn = withdrawn;
    said.root = *root;
    said.agency = words.agency;
    said.purpose = words.purpose;
    said.date = words.date;
    said.manner = words.manner;
    said.language = words.language;
    said.witness = AWDA_TRY(cleaned(words.witness, sync::kConsentWitnessMax));
    said.until = words.until;
    said.reason = AWDA_TRY(cleaned(words.reason, sync::kConsentReasonMax));
    const auto consents = AWDA_TRY(read_consents(session.db, *root));
    if (const auto* known = sync::find_consent(consents, said.agency, said.purpose)) {
        said.knows = known->heads;
    }
    if (said.knows.size() > sync::kConsentKnowsMax) return Error(Errc::kTooLarge, "a consent");
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(write.append(sync::event_type_of(said), sync::encode(said)));
    return write.commit();
}

}  // namespace

Status give_consent(Session& session, const InstanceId& record, const ConsentWords& words) {
    return say(session, record, words, false);
}

Status withdraw_consent(Session& session, const InstanceId& record, const ConsentWords& words) {
    return say(session, record, words, true);
}

Result<std::vector<sync::Consent>> consents_of(Session& session, const InstanceId& record) {
    AWDA_CHECK(permit(session, Permission::kViewRecord));
    const auto root = AWDA_TRY(root_of_revision(session.db, record));
    if (!root) return Error(Errc::kNotFound, "a record");
    std::vector<sync::Consent> consents = AWDA_TRY(read_consents(session.db, *root));
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(write.append(sync::EventType::kRecordViewed, encode_record_viewed(record)));
    AWDA_CHECK(write.commit());
    return consents;
}

Result<std::vector<sync::Consent>> read_consents(Database& db, const InstanceId& root) {
    std::vector<std::uint64_t> seqs;
    {
        Statement query = AWDA_TRY(db.prepare("SELECT seq FROM consents WHERE root = ?"));
        query.bind(1, root.value);
        while (AWDA_TRY(query.step())) seqs.push_back(query.u64(0));
    }
    std::vector<sync::ConsentEntry> entries;
    for (const std::uint64_t seq : seqs) {
        const CaseSource source = AWDA_TRY(read_source(db, seq));
        if (!source.event.payload) return Error(Errc::kVaultDamaged, "a consent without its words");
        entries.push_back(
            {source.ref, AWDA_TRY(sync::decode_consent(source.event.type, *source.event.payload))});
    }
    return sync::fold_consents(entries);
}

Result<std::string> consent_day(Session& session) {
    const UnixMs highest = std::max(AWDA_TRY(highest_time(session)), time_now(session).claimed_ms);
    return to_iso_utc(highest).substr(0, 10);
}

}  // namespace awda::agent
