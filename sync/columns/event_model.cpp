#include "sync/columns/event_model.h"

#include <algorithm>

namespace awda::sync::columns {

namespace {
enum : std::uint32_t { kClock = 300, kCounter, kType, kOfficer, kOffice };
}  // namespace

void EventModel::event(Symbols& symbols, Event& event) {
    Contexts contexts;
    contexts.add(last_type_);
    contexts.add(mix_hash(last_type_, type_before_ + 1));
    contexts.add(0);
    type_ = symbols.index(Kind::kEvent, Kind::kEventBits, kType, contexts,
                          static_cast<std::uint16_t>(event.type));
    event.type = static_cast<EventType>(static_cast<std::uint16_t>(type_));
    // The counter of a hybrid clock is hardly ever used: apart, it costs nothing.
    const auto last = static_cast<std::int64_t>(last_hlc_ >> 16U);
    const auto now = static_cast<std::int64_t>(event.hlc.packed >> 16U);
    const std::int64_t then = symbols.distance(kClock, mix_hash(type_, last_type_), last, now);
    const std::uint64_t counter =
        symbols.number(kCounter, then == last ? 1 : 0, event.hlc.packed & 0xffffU);
    event.hlc.packed = static_cast<std::uint64_t>(then) << 16U | (counter & 0xffffU);
    last_hlc_ = event.hlc.packed;
    event.officer.value = id(symbols, kOfficer, officers_, event.officer.value);
    event.office.value = id(symbols, kOffice, offices_, event.office.value);
    event.payload =
        payloads_.payload(symbols, type_, event.payload ? ByteView(*event.payload) : ByteView());
    type_before_ = last_type_;
    last_type_ = type_;
}

void EventModel::begin_log() {
    officers_.clear();
    offices_.clear();
    last_hlc_ = 0;
}

/// Ids by how lately they came: 1 is the newest, 0 one that is new.
Id16 EventModel::id(Symbols& symbols, std::uint32_t what, std::vector<Id16>& known,
                    const Id16& actual) {
    std::uint32_t back = 0;
    if (!symbols.reading()) {
        const auto found = std::find(known.rbegin(), known.rend(), actual);
        if (found != known.rend()) back = static_cast<std::uint32_t>(found - known.rbegin()) + 1;
    }
    Contexts contexts;
    contexts.add(what);
    contexts.add(mix_hash(what, type_));
    contexts.add(mix_hash(mix_hash(what, type_), last_type_));
    back = symbols.index(Kind::kEvent, Kind::kEventBits, what, contexts, back);
    Id16 out = actual;
    if (back > known.size()) {
        symbols.fail();
    } else if (back > 0) {
        const auto at = known.end() - static_cast<std::ptrdiff_t>(back);
        out = *at;
        known.erase(at);
    } else {
        for (std::uint8_t& byte : out) {
            byte = static_cast<std::uint8_t>(symbols.even_bits(byte, 8));
        }
    }
    known.push_back(out);
    return out;
}

}  // namespace awda::sync::columns
