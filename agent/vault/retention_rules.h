// retention_rules: what the walk through the log holds against erasing: only records, only what
// headquarters had opened for as long as the office keeps such, and each with a later event that
// says so. Rules return what is wrong, or nothing. Threads: plain values.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "agent/vault/log_rules.h"
#include "agent/vault/payloads.h"
#include "agent/vault/retention_payload.h"

namespace awda::agent {

/// A batch as far as the walk has come.
struct WalkedBatch {
    BatchSealed sealed;
    std::optional<UnixMs> opened_ms{};  ///< by headquarters' clock
};
using WalkedBatches = std::vector<WalkedBatch>;  ///< number n at n - 1

struct RetentionFinding {
    std::uint64_t seq = 0;
    LiteralText what;
};

class RetentionRules {
public:
    /// An event whose payload is gone.
    [[nodiscard]] std::optional<LiteralText> gone(const sync::Event& event);
    /// Headquarters' clock as a receipt gives it.
    void proven(UnixMs server_ms);
    [[nodiscard]] std::optional<LiteralText> set(const sync::Event& event,
                                                 const KnownOfficers& officers);
    [[nodiscard]] std::optional<LiteralText> pruned(const sync::Event& event,
                                                    const KnownOfficers& officers,
                                                    const WalkedBatches& batches);
    /// At the end of the log: the lowest event that is gone without a word, or is said to be gone
    /// and is not.
    [[nodiscard]] std::optional<RetentionFinding> finish() const;

private:
    [[nodiscard]] std::optional<LiteralText> judge(const RecordSkeleton& skeleton, UnixMs proven_ms,
                                                   const WalkedBatches& batches) const;

    RetentionPeriods periods_;
    UnixMs proven_ms_ = 0;
    std::set<std::uint64_t> gone_;
    std::set<std::uint64_t> named_;
};

}  // namespace awda::agent
