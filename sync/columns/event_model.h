// EventModel: events one after the other: clock, type, officer, office, payload.
//
// Ownership: owns all that was learned, about 20 MB; copying one is how a primed model is used
// again (prior.h). Threads: none of its own.
#pragma once

#include <cstdint>
#include <vector>

#include "platform/ids.h"
#include "sync/columns/mixer.h"
#include "sync/columns/payload_model.h"
#include "sync/columns/symbols.h"
#include "sync/log/event.h"

namespace awda::sync::columns {

class EventModel {
public:
    /// What Symbols learns by; one model, one mixer.
    [[nodiscard]] Mixer& mixer() { return mixer_; }
    /// Codes all but salt, links and number; when reading, fills `event` in.
    void event(Symbols& symbols, Event& event);
    /// Clocks and officers of others are forgotten, what was learned is not: behind a prior.
    void begin_log();

private:
    Id16 id(Symbols& symbols, std::uint32_t what, std::vector<Id16>& known, const Id16& actual);

    Mixer mixer_;
    PayloadModel payloads_;
    std::vector<Id16> officers_;  ///< newest last
    std::vector<Id16> offices_;
    std::uint32_t type_ = 0;  ///< of the event under way
    std::uint32_t last_type_ = 0;
    std::uint32_t type_before_ = 0;
    std::uint64_t last_hlc_ = 0;
};

}  // namespace awda::sync::columns
