#include "sync/log/cover.h"

#include "sync/record.h"

namespace awda::sync {

Status Cover::add(const Event& event) {
    if (event.type == EventType::kRecordFinalised) {
        if (!waiting_.empty() && waiting_ != event.officer) {
            return Error(Errc::kLogBroken, "a record before a checkpoint covers another officer's");
        }
        // Of a pruned one nothing tells which version it was; it was covered when it was sealed.
        if (!event.payload || !needs_cover(*event.payload)) return {};
        if (event.officer.empty()) return Error(Errc::kLogBroken, "a record of nobody");
        waiting_ = event.officer;
        return {};
    }
    if (event.type != EventType::kCheckpoint || waiting_.empty()) return {};
    const auto checkpoint =
        decode_checkpoint(event.payload ? ByteView(*event.payload) : ByteView());
    if (!checkpoint.ok() || checkpoint->officer != waiting_) {
        return Error(Errc::kLogBroken, "a record that its officer's checkpoint does not cover");
    }
    waiting_ = OfficerId{};
    return {};
}

}  // namespace awda::sync
