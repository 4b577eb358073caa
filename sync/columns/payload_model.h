// PayloadModel: what an event says, whatever its type: byte by byte against the last one of its
// type and against what was said before, with a record inside told to the record model.
//
// Ownership: owns what it learned; copyable; borrows nothing. Threads: none of its own.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "platform/bytes.h"
#include "sync/columns/record_model.h"
#include "sync/columns/symbols.h"

namespace awda::sync::columns {

class PayloadModel {
public:
    /// `type` is the event's; payloads of one type are alike.
    Bytes payload(Symbols& symbols, std::uint32_t type, ByteView payload);

private:
    Bytes piece(Symbols& symbols, std::uint32_t what, ByteView bytes);
    void modelled(Symbols& symbols, std::uint32_t what, ByteView bytes, std::size_t size,
                  Bytes& out);
    [[nodiscard]] std::uint32_t expected_byte() const;
    void follow(std::uint8_t byte);
    void mention_ids(ByteView bytes);

    RecordModel records_;
    std::unordered_map<std::uint32_t, Bytes> last_;             ///< by piece: the one before
    Bytes history_;                                             ///< all modelled bytes
    std::unordered_map<std::uint32_t, std::uint32_t> seen_at_;  ///< hash of four bytes → behind it
    std::size_t match_ = 0;                                     ///< in history_; 0: none
    std::uint32_t match_length_ = 0;
};

}  // namespace awda::sync::columns
