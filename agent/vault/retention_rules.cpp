#include "agent/vault/retention_rules.h"

#include <algorithm>

#include "agent/vault/lease.h"

namespace awda::agent {

namespace {

/// The device erases by itself what the office's periods say; an officer only if he may.
bool may_prune(const sync::Event& event, const KnownOfficers& officers) {
    if (event.officer.empty()) return true;
    const auto officer = officers.find(event.officer);
    return officer != officers.end() && officer->second.may(Permission::kPrune);
}

}  // namespace

std::optional<LiteralText> RetentionRules::gone(const sync::Event& event) {
    if (event.type != sync::EventType::kRecordFinalised) {
        return LiteralText("an event that must stay was pruned");
    }
    gone_.insert(event.seq);
    return std::nullopt;
}

void RetentionRules::proven(UnixMs server_ms) {
    proven_ms_ = std::max(proven_ms_, server_ms);
}

std::optional<LiteralText> RetentionRules::set(const sync::Event& event,
                                               const KnownOfficers& officers) {
    const auto periods = decode_retention_periods(*event.payload);
    if (!periods.ok()) return LiteralText("periods of retention cannot be read");
    if (event.officer.empty() || !may_prune(event, officers)) {
        return LiteralText("periods of retention were set by someone who may not");
    }
    periods_ = *periods;
    return std::nullopt;
}

std::optional<LiteralText> RetentionRules::judge(const RecordSkeleton& skeleton, UnixMs proven_ms,
                                                 const WalkedBatches& batches) const {
    constexpr LiteralText kNotCarried = "a record was erased that no batch carried";
    if (skeleton.batch == 0 || skeleton.batch > batches.size()) return kNotCarried;
    const WalkedBatch& batch = batches[skeleton.batch - 1];
    if (skeleton.seq < batch.sealed.first_seq || skeleton.seq > batch.sealed.last_seq) {
        return kNotCarried;
    }
    if (!batch.opened_ms) {
        return LiteralText("a record was erased before headquarters had opened it");
    }
    const std::int64_t kept = std::int64_t{periods_.days(skeleton.what)} * kDayMs;
    if (proven_ms - *batch.opened_ms < kept) {
        return LiteralText("a record was erased before its time");
    }
    return std::nullopt;
}

std::optional<LiteralText> RetentionRules::pruned(const sync::Event& event,
                                                  const KnownOfficers& officers,
                                                  const WalkedBatches& batches) {
    const auto pruned = decode_records_pruned(*event.payload);
    if (!pruned.ok()) return LiteralText("what was erased cannot be read");
    if (!may_prune(event, officers)) {
        return LiteralText("records were erased by someone who may not");
    }
    if (pruned->proven_ms > proven_ms_) {
        return LiteralText("records were erased by a time that headquarters never gave");
    }
    for (const RecordSkeleton& skeleton : pruned->records) {
        if (const auto wrong = judge(skeleton, pruned->proven_ms, batches)) return wrong;
        if (!named_.insert(skeleton.seq).second) {
            return LiteralText("a record was erased a second time");
        }
    }
    return std::nullopt;
}

std::optional<RetentionFinding> RetentionRules::finish() const {
    std::optional<RetentionFinding> found;
    const auto take = [&found](std::uint64_t seq, LiteralText what) {
        if (!found || seq < found->seq) found = RetentionFinding{seq, what};
    };
    for (const std::uint64_t seq : gone_) {
        if (!named_.contains(seq)) take(seq, LiteralText("an event is gone and none says why"));
    }
    for (const std::uint64_t seq : named_) {
        if (!gone_.contains(seq)) take(seq, LiteralText("an event said to be erased is there"));
    }
    return found;
}

}  // namespace awda::agent
