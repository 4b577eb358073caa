#include "sync/pace.h"

#include <cmath>

namespace awda::sync {

namespace {
constexpr std::int64_t kMarkMs = 1'000;
}

void Pace::note(std::int64_t now_ms, std::uint64_t done) {
    const std::size_t count = marks_.size();
    const bool replaces = count > 1 && now_ms - marks_[count - 2].ms < kMarkMs;
    if (replaces) marks_.pop_back();
    marks_.push_back({now_ms, done});
    while (marks_.size() > 2 && now_ms - marks_.front().ms > kPaceWindowMs) marks_.pop_front();
}

std::optional<std::int64_t> Pace::ms_left(std::uint64_t left) const {
    if (marks_.size() < 2) return std::nullopt;
    const Mark& first = marks_.front();
    const Mark& last = marks_.back();
    if (last.ms - first.ms < kPaceFirstMs || last.done <= first.done) return std::nullopt;
    const double bytes_a_ms =
        static_cast<double>(last.done - first.done) / static_cast<double>(last.ms - first.ms);
    return std::llround(static_cast<double>(left) / bytes_a_ms);
}

}  // namespace awda::sync
