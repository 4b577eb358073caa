#include "sync/consent_state.h"

#include <algorithm>
#include <map>
#include <set>

#include "sync/cases/causality.h"

namespace awda::sync {

namespace {

using Entries = std::vector<const ConsentEntry*>;

/// The history of one agency and purpose: who knew of what.
class Story {
public:
    explicit Story(const Entries& entries)
        : entries_(entries), links_(links_of(entries)), causality_(links_) {
        const std::vector<Id16>& waiting = causality_.waiting();
        waiting_.insert(waiting.begin(), waiting.end());
    }

    [[nodiscard]] Consent tell() const {
        Consent consent;
        consent.agency = entries_.front()->said.agency;
        consent.purpose = entries_.front()->said.purpose;
        const std::vector<std::size_t> standing = standing_givings();
        consent.stands = !standing.empty();
        consent.withdrawn = !consent.stands && std::ranges::any_of(entries_, [](const auto* each) {
            return each->said.withdrawn;
        });
        for (const std::size_t at : standing) {
            const std::string& until = entries_[at]->said.until;
            if (until.empty()) continue;
            if (consent.until.empty() || until < consent.until) consent.until = until;
        }
        consent.heads = heads();
        for (const std::size_t at : causality_.order()) {
            consent.history.push_back(entries_[at]->said);
        }
        for (std::size_t at = 0; at < entries_.size(); ++at) {
            if (waits(at)) consent.history.push_back(entries_[at]->said);
        }
        return consent;
    }

private:
    static std::vector<Link> links_of(const Entries& entries) {
        std::vector<Link> links;
        for (const ConsentEntry* each : entries) {
            Link link{each->ref.value, {}};
            for (const EventRef& ref : each->said.knows) link.parents.push_back(ref.value);
            links.push_back(std::move(link));
        }
        return links;
    }

    [[nodiscard]] bool waits(std::size_t at) const {
        return waiting_.contains(entries_[at]->ref.value);
    }

    /// Given with every withdrawal in view: what waits was in nobody's.
    [[nodiscard]] bool counts(std::size_t giving) const {
        if (entries_[giving]->said.withdrawn || waits(giving)) return false;
        for (std::size_t at = 0; at < entries_.size(); ++at) {
            if (!entries_[at]->said.withdrawn) continue;
            if (waits(at) || !causality_.knew(giving, at)) return false;
        }
        return true;
    }

    /// Without those that a later one stands in the place of.
    [[nodiscard]] std::vector<std::size_t> standing_givings() const {
        std::vector<std::size_t> counting;
        for (std::size_t at = 0; at < entries_.size(); ++at) {
            if (counts(at)) counting.push_back(at);
        }
        std::vector<std::size_t> newest;
        for (const std::size_t at : counting) {
            const bool replaced = std::ranges::any_of(
                counting, [&](std::size_t later) { return causality_.knew(later, at); });
            if (!replaced) newest.push_back(at);
        }
        return newest;
    }

    [[nodiscard]] std::vector<EventRef> heads() const {
        std::set<EventRef> heads;
        for (const ConsentEntry* each : entries_) heads.insert(each->ref);
        for (const ConsentEntry* each : entries_) {
            for (const EventRef& ref : each->said.knows) heads.erase(ref);
        }
        return {heads.begin(), heads.end()};
    }

    const Entries& entries_;
    std::vector<Link> links_;
    Causality causality_;
    std::set<Id16> waiting_;
};

}  // namespace

std::vector<Consent> fold_consents(std::span<const ConsentEntry> entries) {
    std::map<EventRef, const ConsentEntry*> each_once;
    for (const ConsentEntry& entry : entries) each_once.emplace(entry.ref, &entry);
    std::map<std::pair<std::string, SharePurpose>, Entries> stories;
    for (const auto& [ref, entry] : each_once) {
        stories[{entry->said.agency, entry->said.purpose}].push_back(entry);
    }
    std::vector<Consent> consents;
    for (const auto& [key, story] : stories) consents.push_back(Story(story).tell());
    return consents;
}

const Consent* find_consent(const std::vector<Consent>& consents, std::string_view agency,
                            SharePurpose purpose) {
    for (const Consent& consent : consents) {
        if (consent.agency == agency && consent.purpose == purpose) return &consent;
    }
    return nullptr;
}

}  // namespace awda::sync
