// document_diff: what a revision or a decision says that its author did not have before him.
//
// Threads: as the history's.
#pragma once

#include "sync/cases/document_history.h"
#include "sync/cases/document_state.h"

namespace awda::sync::merge {

/// Writes into the history what `place` changed of `before`, and keeps its order and view. Fields
/// of a revision are compared with it, row by row; what a decision chooses counts as said even
/// where it was so before.
[[nodiscard]] Status take_up(DocumentHistory& history, const DocumentState& before, Place place);

}  // namespace awda::sync::merge
