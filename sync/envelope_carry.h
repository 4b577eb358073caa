// envelope_carry: the device's side of an envelope: what waits goes in, receipts come out.
//
// The counterpart of the courier where there is no network; both work on the same outbox, so that a
// batch may go either way, or both. Works while the vault is locked. A receipt is believed for the
// same reasons as one that came over the network. Threads: whoever holds the outbox.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sync/envelope.h"
#include "sync/outbox.h"

namespace awda::sync {

struct EnvelopeExport {
    std::optional<Error> error;          ///< why it ended early; what is counted is in the envelope
    std::vector<std::uint64_t> numbers;  ///< of the batches that are in the envelope now
    std::uint64_t bytes = 0;             ///< of those batches
    std::size_t written = 0;             ///< of them, new there or damaged before
    std::size_t replaced = 0;            ///< of these, damaged before
};
/// Writes the enrolment request and every batch without an opened receipt, in number order. kFork
/// if the outbox is marked as one.
[[nodiscard]] Result<EnvelopeExport> export_outbox(Outbox& outbox, const DeviceId& device,
                                                   const Path& envelope);

struct EnvelopeImport {
    bool enrolled = false;   ///< by this envelope
    std::size_t stored = 0;  ///< receipts taken in
    std::size_t opened = 0;
    std::size_t known = 0;    ///< receipts that are held already, or for what is done with
    std::size_t refused = 0;  ///< files in our folder that central did not sign for us
    std::size_t others = 0;   ///< folders of other computers: not for us
    /// Numbers under which headquarters holds another batch than ours, by its own signature.
    std::vector<std::uint64_t> forks;
};
[[nodiscard]] Result<EnvelopeImport> import_receipts(Outbox& outbox, const DeviceId& device,
                                                     const HqKeys& hq, const Path& envelope);

}  // namespace awda::sync
