// editing: that a draft is being changed, as the log tells it: once when its first change of an
// unlocking is saved, once more when the editing ends, with the number of answers changed. Not at
// each save, and not lost to a crash: the first entry is committed with the first change.
//
// Ownership: the session holds the state. Threads: the vault's.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "platform/ids.h"
#include "platform/result.h"

namespace awda::agent {

class Write;
struct FieldChange;
struct Session;

struct Editing {
    InstanceId draft;
    std::set<std::string> changed;  ///< paths of answers
    std::size_t told = 0;           ///< of them, in the log
};

/// Enters that these answers of the draft change, where that is to be told. The state after it is
/// the session's once the write is committed; where no answer changes it stays what it was, be it
/// another draft's.
[[nodiscard]] Result<std::optional<Editing>> continue_editing(const Session& session, Write& write,
                                                              const InstanceId& draft,
                                                              const std::set<std::string>& paths);
/// Enters how many answers changed in all, if more did than was told. The session's state goes once
/// the write is committed.
Status end_editing(const Session& session, Write& write);

}  // namespace awda::agent
