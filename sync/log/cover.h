// Cover: the rule by which a checkpoint stands for its officer's signature under records.
//
// A record without a signature of its own is followed by a checkpoint of its officer before any
// record of another officer and before any checkpoint of another; no batch ends before that. The
// signatures of checkpoints and whose keys they are is for others to check. Rule: LOG_FORMAT.md.
// Threads: a plain value.
#pragma once

#include "sync/log/event.h"

namespace awda::sync {

class Cover {
public:
    /// The log's next event. kLogBroken where it breaks the rule.
    [[nodiscard]] Status add(const Event& event);
    /// Whose checkpoint records wait for; empty when all are covered.
    [[nodiscard]] const OfficerId& waiting() const { return waiting_; }

private:
    OfficerId waiting_;
};

}  // namespace awda::sync
