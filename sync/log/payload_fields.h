// payload_fields: pieces that payloads of events share: texts, and lists of ids that can be written
// in one way alone. Layouts: sync/cases/CASES.md, sync/CONSENT.md.
//
// Threads: pure functions.
#pragma once

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

#include "platform/codec.h"
#include "platform/ids.h"

namespace awda::sync {

/// A text of at most `limit` bytes; the reader fails unless it is UTF-8 without NUL.
[[nodiscard]] std::string read_clean_text(ByteReader& in, std::size_t limit);
/// A count, and that so many things of `least` bytes can follow; else the reader fails.
[[nodiscard]] std::size_t read_count(ByteReader& in, std::size_t limit, std::size_t least);

template <typename Name>
[[nodiscard]] const Id16& raw_id(const Name& name) {
    if constexpr (std::is_same_v<Name, Id16>) {
        return name;
    } else {
        return name.value;
    }
}

/// u16 count, then the ids: sorted, each once.
template <typename Name>
void put_ids(ByteWriter& out, std::vector<Name> ids) {
    std::ranges::sort(ids);
    const auto repeated = std::ranges::unique(ids);
    ids.erase(repeated.begin(), repeated.end());
    out.u16(static_cast<std::uint16_t>(ids.size()));
    for (const Name& id : ids) out.raw(raw_id(id));
}

/// Rising, so that there is one way to write them.
template <typename Name>
[[nodiscard]] std::vector<Name> read_ids(ByteReader& in, std::size_t limit) {
    std::vector<Name> ids;
    const std::size_t count = read_count(in, limit, sizeof(Id16));
    for (std::size_t i = 0; i < count; ++i) {
        const Name id{in.fixed<16>()};
        if (!ids.empty() && !(ids.back() < id)) in.fail();
        ids.push_back(id);
    }
    return ids;
}

}  // namespace awda::sync
