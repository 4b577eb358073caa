// values_in: what a document holds, shown or disputed: what may not be lost. For tests and fuzzing.
// Threads: pure.
#pragma once

#include <set>
#include <string>

#include "sync/cases/document.h"

namespace awda::sync::sample {

inline std::set<std::string> values_in(const Document& document) {
    std::set<std::string> out;
    for (const Field& field : document.fields) out.insert(field.value);
    for (const Dispute& dispute : document.disputes) {
        for (const Side& side : dispute.sides) {
            if (side.value) out.insert(*side.value);
        }
    }
    return out;
}

}  // namespace awda::sync::sample
