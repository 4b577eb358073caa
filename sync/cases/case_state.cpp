#include "sync/cases/case_state.h"

#include <algorithm>

#include "sync/cases/causality.h"

namespace awda::sync {

namespace {

constexpr std::string_view kYes = "yes";
constexpr std::string_view kNo = "no";

/// A fact about something: what claims are made about.
struct Subject {
    CaseFact fact = CaseFact::kStatus;
    Id16 about{};
    auto operator<=>(const Subject&) const = default;
};

struct Assignment {
    std::size_t place = 0;  ///< of its entry
    CaseClaim claim;
};

std::string_view yes_no(bool yes) {
    return yes ? kYes : kNo;
}

class Fold {
public:
    Fold(const CaseId& id, std::vector<CaseEntry> entries)
        : id_(id), entries_(std::move(entries)), causality_(links()) {}

    CaseState run() {
        state_.id = id_;
        for (const std::size_t place : causality_.order()) {
            state_.history.push_back(entries_[place].ref);
            enter(place);
        }
        for (const Id16& head : causality_.heads()) state_.heads.push_back(EventRef{head});
        for (const Id16& late : causality_.waiting()) state_.waiting.push_back(EventRef{late});
        for (const auto& [subject, assignments] : facts_) settle(subject, latest(assignments));
        return std::move(state_);
    }

private:
    std::vector<Link> links() const {
        std::vector<Link> out;
        for (const CaseEntry& entry : entries_) {
            Link link{entry.ref.value, {}};
            if (const auto* change = std::get_if<CaseChange>(&entry.what)) {
                for (const EventRef& parent : parents_in(*change, id_)) {
                    link.parents.push_back(parent.value);
                }
            }
            out.push_back(std::move(link));
        }
        return out;
    }

    // Writing down what an event says.

    void assign(std::size_t place, CaseFact fact, const Id16& about, std::string_view value,
                const OfficeId& office = {}) {
        facts_[{fact, about}].push_back({place, {std::string(value), office, entries_[place].ref}});
    }
    void assign_status(std::size_t place, CaseStatus status, const OfficeId& office = {}) {
        assign(place, CaseFact::kStatus, {}, case_status_name(status), office);
    }
    void assign_owner(std::size_t place) {
        assign(place, CaseFact::kOwner, {}, to_text(entries_[place].office));
    }

    void enter(std::size_t place) {
        const CaseEntry& entry = entries_[place];
        if (const auto* root = std::get_if<InstanceId>(&entry.what)) {
            found(place);
            assign(place, CaseFact::kRecord, root->value, kYes);
            return;
        }
        std::visit([&](const auto& change) { enter(place, change); },
                   std::get<CaseChange>(entry.what));
    }

    void found(std::size_t place) {
        state_.founded = true;
        assign_status(place, CaseStatus::kOpen);
        assign_owner(place);
    }

    void enter(std::size_t place, const CaseJoined& change) {
        assign(place, CaseFact::kRecord, change.root.value, yes_no(change.to.id == id_));
    }

    void enter(std::size_t place, const MemberChanged& change) {
        const Id16& member = change.member.value;
        state_.members[change.member];
        if (change.presence) {
            assign(place, CaseFact::kPresence, member, presence_name(*change.presence));
        }
        if (change.relation) assign(place, CaseFact::kRelation, member, *change.relation);
        if (change.left) assign(place, CaseFact::kLeft, member, yes_no(*change.left));
        if (change.head) {
            assign(place, CaseFact::kHead, {}, *change.head ? to_text(change.member) : "");
        }
    }

    void enter(std::size_t place, const CaseMoved& change) {
        const Transition& transition = transition_of(change.move);
        const std::vector<CaseClaim> before = known({CaseFact::kStatus, {}}, place);
        const auto fits = std::ranges::find_if(before, [&](const CaseClaim& claim) {
            const auto status = parse_case_status(claim.value);
            return status && leads_from(transition, *status) &&
                   party_fits(place, transition, claim);
        });
        if (fits == before.end()) {
            state_.refused.push_back(entries_[place].ref);
            return;
        }
        assign_status(place, transition.to, office_after(change, *fits));
        if (change.move == CaseMove::kAccept) assign_owner(place);
    }

    bool party_fits(std::size_t place, const Transition& transition, const CaseClaim& claim) const {
        const OfficeId& office = entries_[place].office;
        if (transition.party == CaseParty::kAddressee) return claim.office == office;
        return std::ranges::any_of(
            known({CaseFact::kOwner, {}}, place),
            [&](const CaseClaim& owner) { return owner.value == to_text(office); });
    }

    static OfficeId office_after(const CaseMoved& change, const CaseClaim& before) {
        if (change.move == CaseMove::kOffer) return change.office;
        return change.move == CaseMove::kDispatch ? before.office : OfficeId{};
    }

    void enter(std::size_t place, const CaseSplit& change) {
        const bool new_one = change.into == id_;
        if (new_one) found(place);
        for (const MemberId& member : change.members) {
            MemberState& state = state_.members[member];
            if (new_one) {
                state.joined = true;
            } else {
                state.moved_to = change.into;
                assign(place, CaseFact::kLeft, member.value, kYes);
            }
        }
        for (const InstanceId& root : change.roots) {
            assign(place, CaseFact::kRecord, root.value, yes_no(new_one));
        }
    }

    void enter(std::size_t place, const CaseMerged& change) {
        if (change.kept.id == id_) {
            assign(place, CaseFact::kAbsorbed, change.absorbed.id.value, yes_no(!change.undone));
            return;
        }
        const CaseMove move = change.undone ? CaseMove::kUnmerge : CaseMove::kMerge;
        const Transition& transition = transition_of(move);
        const bool fits =
            std::ranges::any_of(known({CaseFact::kStatus, {}}, place), [&](const CaseClaim& claim) {
                const auto status = parse_case_status(claim.value);
                return status && leads_from(transition, *status);
            });
        if (!fits) {
            state_.refused.push_back(entries_[place].ref);
            return;
        }
        assign_status(place, transition.to);
        assign(place, CaseFact::kMergedInto, {}, change.undone ? "" : to_text(change.kept.id));
    }

    // Reading it.

    /// Of rising assignments, those that no later one knew of: from the newest back, so that each
    /// is compared only with those that stand.
    std::vector<CaseClaim> latest(const std::vector<Assignment>& assignments,
                                  std::optional<std::size_t> seen_by = std::nullopt) const {
        std::vector<const Assignment*> standing;
        for (auto at = assignments.rbegin(); at != assignments.rend(); ++at) {
            if (seen_by && !causality_.knew(*seen_by, at->place)) continue;
            const bool overtaken = std::ranges::any_of(standing, [&](const Assignment* later) {
                return causality_.knew(later->place, at->place);
            });
            if (!overtaken) standing.push_back(&*at);
        }
        std::vector<CaseClaim> claims;
        for (const Assignment* assignment : standing) claims.push_back(assignment->claim);
        std::ranges::sort(claims, {}, &CaseClaim::event);
        return claims;
    }
    std::vector<CaseClaim> known(const Subject& subject, std::size_t by) const {
        const auto found = facts_.find(subject);
        return found == facts_.end() ? std::vector<CaseClaim>{} : latest(found->second, by);
    }

    /// The claim to show meanwhile comes first. Of states it is the least final; an owner is the
    /// one who accepted; else nothing tells them apart but their names.
    static void put_shown_first(CaseFact fact, std::vector<CaseClaim>& claims) {
        if (fact != CaseFact::kStatus) return;
        std::ranges::stable_sort(claims, {}, [](const CaseClaim& claim) {
            return parse_case_status(claim.value).value_or(CaseStatus::kMerged);
        });
    }

    void settle(const Subject& subject, std::vector<CaseClaim> claims) {
        if (claims.empty()) return;
        put_shown_first(subject.fact, claims);
        show(subject, claims.front());
        const bool agreed = std::ranges::all_of(claims, [&](const CaseClaim& claim) {
            return claim.value == claims.front().value && claim.office == claims.front().office;
        });
        if (!agreed) state_.disputes.push_back({subject.fact, subject.about, std::move(claims)});
    }

    void show(const Subject& subject, const CaseClaim& claim) {
        switch (subject.fact) {
            case CaseFact::kStatus:
                state_.status = parse_case_status(claim.value).value_or(CaseStatus::kOpen);
                state_.addressee = claim.office;
                return;
            case CaseFact::kOwner: state_.owner = id_of<OfficeId>(claim.value); return;
            case CaseFact::kHead:
                if (!claim.value.empty()) state_.head = id_of<MemberId>(claim.value);
                return;
            case CaseFact::kPresence:
                state_.members[MemberId{subject.about}].presence = parse_presence(claim.value);
                return;
            case CaseFact::kRelation:
                state_.members[MemberId{subject.about}].relation = claim.value;
                return;
            case CaseFact::kLeft:
                state_.members[MemberId{subject.about}].left = claim.value == kYes;
                return;
            case CaseFact::kRecord:
                if (claim.value == kYes) state_.records.insert(InstanceId{subject.about});
                return;
            case CaseFact::kAbsorbed:
                if (claim.value == kYes) state_.absorbed.insert(CaseId{subject.about});
                return;
            case CaseFact::kMergedInto:
                if (!claim.value.empty()) state_.merged_into = id_of<CaseId>(claim.value);
                return;
        }
    }

    /// Of a text that to_text() made.
    template <typename Name>
    static Name id_of(std::string_view text) {
        auto id = parse_uuid(text);
        return id.ok() ? Name{*id} : Name{};
    }

    CaseId id_;
    std::vector<CaseEntry> entries_;
    Causality causality_;
    std::map<Subject, std::vector<Assignment>> facts_;
    CaseState state_;
};

bool is_about(const CaseEntry& entry, const CaseId& id) {
    if (const auto* root = std::get_if<InstanceId>(&entry.what)) return case_of_record(*root) == id;
    return std::ranges::count(cases_of(std::get<CaseChange>(entry.what)), id) > 0;
}

}  // namespace

Result<CaseState> fold_case(const CaseId& id, const std::vector<CaseEntry>& entries) {
    std::map<EventRef, CaseEntry> once;
    for (const CaseEntry& entry : entries) {
        if (is_about(entry, id)) once.emplace(entry.ref, entry);
    }
    if (once.size() > kCaseEventsMax) return Error(Errc::kTooLarge, "events about one case");
    std::vector<CaseEntry> sorted;
    sorted.reserve(once.size());
    for (auto& [ref, entry] : once) sorted.push_back(std::move(entry));
    return Fold(id, std::move(sorted)).run();
}

}  // namespace awda::sync
