// merge_sample: short ways to write revisions and to read what they come to. Threads: test thread.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/crypto.h"
#include "sync/cases/document.h"

namespace awda::sync::sample {

inline RevisionId revision_id(std::uint16_t number) {
    RevisionId id{};
    id[14] = static_cast<std::uint8_t>(number >> 8U);
    id[15] = static_cast<std::uint8_t>(number);
    return id;
}

inline std::vector<RevisionId> ids(const std::vector<std::uint16_t>& numbers) {
    std::vector<RevisionId> out;
    for (const std::uint16_t number : numbers) out.push_back(revision_id(number));
    return out;
}

inline Revision revision(std::uint16_t number, const std::vector<std::uint16_t>& parents,
                         std::vector<Field> fields) {
    return {revision_id(number), ids(parents), false, std::move(fields), {}};
}

inline Revision decision(std::uint16_t number, const std::vector<std::uint16_t>& parents,
                         std::vector<Choice> choices) {
    return {revision_id(number), ids(parents), true, {}, std::move(choices)};
}

inline Document merged(const std::vector<Revision>& revisions, const IdentityRule& rule = {}) {
    auto document = merge_revisions(revisions, rule);
    REQUIRE(document.ok());
    return std::move(*document);
}

/// "a=1 b=2", so that a difference can be read.
inline std::string text(const std::vector<Field>& fields) {
    std::string out;
    for (const Field& field : fields) {
        if (!out.empty()) out += ' ';
        out += field.path + '=' + field.value;
    }
    return out;
}

inline std::string text(const Dispute& dispute) {
    static constexpr const char* kNames[] = {"?", "value", "identity", "row", "twins"};
    std::string out = kNames[static_cast<std::size_t>(dispute.kind)];
    out += ' ' + dispute.path;
    if (!dispute.other.empty()) out += '+' + dispute.other;
    for (const Side& side : dispute.sides) {
        const int number = side.revision[14] * 256 + side.revision[15];
        out += ' ' + (number == 0 ? std::string("before") : std::to_string(number)) + ':';
        out += side.value ? *side.value : std::string("(nothing)");
    }
    return out;
}

/// Disputes, "; " between.
inline std::string disputes(const Document& document) {
    std::string out;
    for (const Dispute& dispute : document.disputes) {
        if (!out.empty()) out += "; ";
        out += text(dispute);
    }
    return out;
}

inline std::uint32_t below(Random& random, std::uint32_t limit) {
    std::array<std::uint8_t, 4> bytes{};
    random.fill(bytes);
    std::uint32_t value = 0;
    for (const std::uint8_t byte : bytes) value = value << 8U | byte;
    return value % limit;
}

template <typename T>
void shuffle(std::vector<T>& list, Random& random) {
    for (std::size_t i = list.size(); i > 1; --i) {
        std::swap(list[i - 1], list[below(random, static_cast<std::uint32_t>(i))]);
    }
}

}  // namespace awda::sync::sample
