// Ingest: what central does with enrolments and whole batches; every rule of delivery is here.
//
// Knows nothing of HTTP. A batch goes through: hash, signature, sequence rule, stored receipt
// (committed before the file moves), then opening with the registry's key, chain and signatures of
// officers, and the opened receipt committed together with events and records. Ending the process
// anywhere leaves a state that recover() completes.
// Ownership: borrows everything. Threads: the registry thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "platform/clock.h"
#include "sync/central/key_folders.h"
#include "sync/central/spool.h"
#include "sync/central/store.h"
#include "sync/columns/event_columns.h"
#include "sync/protocol.h"

namespace awda::central {

/// An answer: the receipts, or the problem as the protocol names it.
struct Answer {
    sync::Problem problem = sync::Problem::kNone;
    std::uint64_t expected = 0;  ///< with kGap: the batch number that comes next
    Bytes body;                  ///< with kNone: an EnrolReceipt, or encode_receipts
};

class Ingest {
public:
    Ingest(Store& store, Spool& spool, const ServeKeys& keys, const Clock& clock)
        : store_(store), spool_(spool), keys_(keys), clock_(clock) {}

    /// Files where their rows say, and a second try at batches not opened yet. Call once at the
    /// start.
    [[nodiscard]] Status recover();

    [[nodiscard]] Result<Answer> enrol(ByteView request);

    /// The signing key of a device that may upload.
    [[nodiscard]] Result<std::optional<SignPublic>> device_key(const DeviceId& device);
    /// The batch's receipts, if it is stored.
    [[nodiscard]] Result<std::optional<Bytes>> receipts(const Hash32& hash);
    /// The batch's size, if it is stored.
    [[nodiscard]] Result<std::optional<std::uint64_t>> stored_size(const Hash32& hash);
    /// Judges a part that has all its bytes. `device` has been authenticated for this upload. With
    /// kGap the part stays, so that it need not be sent again; with every problem else it leaves.
    [[nodiscard]] Result<Answer> complete(const DeviceId& device, const Hash32& hash);

private:
    struct Arrived;
    [[nodiscard]] Result<Answer> judge(Arrived& batch, const Spool::Frozen& part);
    [[nodiscard]] Result<Answer> fork(const Arrived& batch, const Spool::Frozen& part);
    [[nodiscard]] Result<BatchRow> record_stored(const Arrived& batch, std::uint64_t size);
    [[nodiscard]] Status try_open(const BatchRow& row, const DeviceRow& device, ByteView file);
    [[nodiscard]] sync::Known known_of(const DeviceRow& device);
    [[nodiscard]] Status open_and_commit(const BatchRow& row, const DeviceRow& device,
                                         ByteView file);
    [[nodiscard]] Status take_event(const DeviceRow& device, const sync::Event& event);
    [[nodiscard]] Status take_initialised(const DeviceRow& device, ByteView payload);
    [[nodiscard]] Status take_officer(const DeviceRow& device, ByteView payload);
    [[nodiscard]] Status take_rotation(const DeviceRow& device, ByteView payload);
    [[nodiscard]] Status take_recovered(const DeviceRow& device, ByteView payload);
    [[nodiscard]] Status take_officer_change(const DeviceRow& device, ByteView payload);
    [[nodiscard]] Status take_consent(const DeviceRow& device, const sync::Event& event);
    [[nodiscard]] Status take_foreign(ByteView payload);
    [[nodiscard]] Status check_decision(const DeviceRow& device, const sync::Event& event);
    [[nodiscard]] Status take_record(const DeviceRow& device, const sync::Event& event);
    [[nodiscard]] Status put_in_place(const Hash32& hash);

    Store& store_;
    Spool& spool_;
    const ServeKeys& keys_;
    const Clock& clock_;
};

}  // namespace awda::central
