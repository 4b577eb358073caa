// Events about cases, which come from any device: what decodes encodes back to the same bytes, and
// several of them come to one state in whatever order they arrive. An input is one payload, or
// several, each behind a u16 of its length; the n-th of these is the event named n, n, n….
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <vector>

#include "platform/codec.h"
#include "platform/crypto.h"
#include "sync/cases/case_state.h"

using namespace awda;
using namespace awda::sync;

namespace {

constexpr std::size_t kEventsMax = 12;
constexpr std::array kChanges = {EventType::kCaseJoined, EventType::kCaseMemberChanged,
                                 EventType::kCaseMoved,  EventType::kCaseSplit,
                                 EventType::kCaseMerged, EventType::kCaseUnmerged};

void check_same(const auto& event, ByteView input) {
    if (event.ok() && encode(*event) != Bytes(input.begin(), input.end())) std::abort();
}

void decode_all(ByteView input) {
    check_same(decode_identity_marked(input), input);
    check_same(decode_conflict_decided(input), input);
    check_same(decode_foreign_event(input), input);
    check_same(decode_revision_parents(input), input);
    for (const EventType type : kChanges) {
        const auto change = decode_case_change(type, input);
        check_same(change, input);
        if (change.ok() && event_type_of(*change) != type) std::abort();
    }
}

template <typename IdType>
IdType filled(std::uint8_t fill) {
    IdType out;
    out.value.fill(fill);
    return out;
}

/// Events of three offices in turns; the first began a case.
std::vector<CaseEntry> read_entries(ByteView input) {
    std::vector<CaseEntry> out;
    ByteReader in(input);
    while (out.size() < kEventsMax) {
        const std::size_t length = in.u16();
        if (in.failed() || in.remaining() < length) break;
        const ByteView payload = in.raw(length);
        const auto number = static_cast<std::uint8_t>(out.size() + 1);
        CaseEntry entry;
        entry.ref = filled<EventRef>(number);
        entry.office = filled<OfficeId>(static_cast<std::uint8_t>(number % 3 + 1));
        entry.what = filled<InstanceId>(number);
        for (const EventType type : kChanges) {
            if (auto change = decode_case_change(type, payload); change.ok()) {
                entry.what = std::move(*change);
            }
        }
        out.push_back(std::move(entry));
    }
    return out;
}

void fold(std::vector<CaseEntry> entries) {
    std::set<CaseId> cases;
    for (const CaseEntry& entry : entries) {
        if (const auto* root = std::get_if<InstanceId>(&entry.what)) {
            cases.insert(case_of_record(*root));
        } else {
            for (const CaseId& id : cases_of(std::get<CaseChange>(entry.what))) cases.insert(id);
        }
    }
    std::vector<CaseState> states;
    for (const CaseId& id : cases) {
        const auto state = fold_case(id, entries);
        if (!state.ok()) std::abort();
        states.push_back(*state);
    }
    std::ranges::reverse(entries);
    if (!entries.empty()) entries.push_back(entries.front());
    std::size_t at = 0;
    for (const CaseId& id : cases) {
        const auto state = fold_case(id, entries);
        if (!state.ok() || !(*state == states[at++])) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const bool started = crypto_start().ok();
    if (!started) std::abort();
    const ByteView input(data, size);
    decode_all(input);
    fold(read_entries(input));
    return 0;
}
