// LogReader: opens a device's batches one after the other, as central does: each may lean on the
// events before it. Threads: the test's.
#pragma once

#include <algorithm>
#include <vector>

#include "sync/batch.h"

namespace awda::sync::sample {

class LogReader {
public:
    LogReader(const SignPublic& device, const SealKey& recipient)
        : device_(device), recipient_(seal_key_from_secret(recipient.secret.view())) {}

    Result<OpenedBatch> open(ByteView file) {
        const Known known{.priors = &PriorShelf::empty(),
                          .history = [this](std::uint64_t seq, std::size_t most) {
                              return Result<std::vector<Event>>(before(seq, most));
                          }};
        OpenedBatch opened = AWDA_TRY(open_batch(file, device_, recipient_, known));
        events_.insert(events_.end(), opened.events.begin(), opened.events.end());
        return opened;
    }

    /// In the order of their numbers, whatever order they are in. Ends at the first that fails.
    Result<std::vector<Event>> open_all(std::vector<Bytes> files) {
        std::ranges::sort(files, {}, [](const Bytes& file) {
            const auto header = peek_batch(file);
            return header.ok() ? header->number : 0;
        });
        for (const Bytes& file : files) AWDA_TRY(open(file));
        return events_;
    }

private:
    [[nodiscard]] std::vector<Event> before(std::uint64_t seq, std::size_t most) const {
        const auto end = std::ranges::lower_bound(events_, seq, {},
                                                  [](const Event& event) { return event.seq; });
        const auto count =
            std::min<std::ptrdiff_t>(end - events_.begin(), static_cast<std::ptrdiff_t>(most));
        return {end - count, end};
    }

    SignPublic device_;
    SealKey recipient_;
    std::vector<Event> events_;
};

}  // namespace awda::sync::sample
