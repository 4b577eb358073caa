// Ingest: what central does with enrolments and whole batches; every rule of delivery is here.
//
// Knows nothing of HTTP. A batch goes through: hash, signature, sequence rule, stored receipt
// (committed before the file moves), then opening with the registry's key, chain and signatures of
// officers, and the opened receipt committed together with events and records. Ending the process
// anywhere leaves a state that recover() completes. Several central processes may do this on one
// shared database: what a decision rests on is read again under the lock of the device's row.
// Ownership: borrows everything. Threads: the registry thread only, but for read().
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "platform/clock.h"
#include "sync/central/batch_contents.h"
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

/// A batch that has all its bytes, read as far as that needs no database.
struct Arrival {
    DeviceId device;  ///< by which it was sent
    Hash32 hash{};
    Spool::Frozen part;
    MappedFile file;
    Result<sync::BatchHeader> header;               ///< kAltered: not the batch that its name says
    std::optional<Result<BatchContents>> contents;  ///< if it seemed to be the next of its device
};

class Ingest {
public:
    Ingest(Store& store, Spool& spool, const ServeKeys& keys, const Clock& clock)
        : store_(store), spool_(spool), keys_(keys), clock_(clock) {}

    /// Files where their rows say, and a second try at batches not opened yet. Call once at the
    /// start.
    [[nodiscard]] Status recover();
    /// A first try at batches that were stored and then left, here or by another process.
    [[nodiscard]] Status open_left();

    [[nodiscard]] Result<Answer> enrol(ByteView request);

    /// The signing key of a device that may upload.
    [[nodiscard]] Result<std::optional<SignPublic>> device_key(const DeviceId& device);
    /// The batch's receipts, if it is stored.
    [[nodiscard]] Result<std::optional<Bytes>> receipts(const Hash32& hash);
    /// The batch's size, if it is stored.
    [[nodiscard]] Result<std::optional<std::uint64_t>> stored_size(const Hash32& hash);

    // A part that has all its bytes is judged in three steps, so that only the first and the last
    // take the registry thread. `device` has been authenticated for this upload.
    /// What the device's next batch must look like, or already the answer.
    struct Expected {
        std::optional<Answer> answer;
        DeviceRow device;
    };
    [[nodiscard]] Result<Expected> expect(const DeviceId& device, const Hash32& hash);
    /// Any thread; `known` is asked on it.
    [[nodiscard]] Result<Arrival> read(const DeviceRow& device, const Hash32& hash,
                                       const sync::Known& known) const;
    /// With kGap the part stays, so that it need not be sent again; with every problem else it
    /// leaves.
    [[nodiscard]] Result<Answer> take(Arrival arrival);
    /// What a device's batches may lean on.
    [[nodiscard]] sync::Known known_of(const DeviceRow& device);
    /// All three.
    [[nodiscard]] Result<Answer> complete(const DeviceId& device, const Hash32& hash);

private:
    using OfficerBook = std::map<OfficerId, std::optional<OfficerRow>>;
    struct Stored {
        std::optional<Answer> answer;  ///< instead, when it was not stored
        BatchRow row;
    };
    [[nodiscard]] Result<Stored> store(const Arrival& batch);
    [[nodiscard]] Result<Answer> fork(const Arrival& batch, const DeviceRow& device,
                                      StoreTransaction transaction);
    [[nodiscard]] Result<BatchRow> record_stored(const Arrival& batch, const DeviceRow& device);
    [[nodiscard]] Status put_away(const Spool::Frozen& part, const DeviceId& device,
                                  const Hash32& hash);
    void open_all(const std::vector<BatchRow>& rows, const Arrival* arrival);
    [[nodiscard]] Status try_open(const BatchRow& row, const Result<BatchContents>& contents);
    [[nodiscard]] Result<BatchContents> read_next(const DeviceRow& device, ByteView file);
    [[nodiscard]] Result<BatchContents> read_stored(const BatchRow& row);
    [[nodiscard]] Status open_and_commit(const BatchRow& row, const BatchContents& contents);
    [[nodiscard]] Result<std::optional<OfficerRow>> find_officer(const OfficerId& id);
    [[nodiscard]] Status take_event(const DeviceRow& device, const ReadEvent& read);
    [[nodiscard]] Status take_initialised(const DeviceRow& device, ByteView payload);
    [[nodiscard]] Status take_officer(const DeviceRow& device, ByteView payload);
    [[nodiscard]] Status take_rotation(const DeviceRow& device, ByteView payload);
    [[nodiscard]] Status take_recovered(const DeviceRow& device, ByteView payload);
    [[nodiscard]] Status take_officer_change(const DeviceRow& device, ByteView payload);
    [[nodiscard]] Status take_consent(const DeviceRow& device, const sync::Event& event);
    [[nodiscard]] Status take_foreign(ByteView payload);
    [[nodiscard]] Status check_decision(const DeviceRow& device, const sync::Event& event);
    [[nodiscard]] Status check_signer(const DeviceRow& device, const sync::Event& event);
    [[nodiscard]] Status take_record(const DeviceRow& device, const sync::Event& event,
                                     const ReadRecord& read);
    [[nodiscard]] Status put_in_place(const Hash32& hash);

    Store& store_;
    Spool& spool_;
    const ServeKeys& keys_;
    const Clock& clock_;
    OfficerBook officers_;  ///< those that the batch being opened has asked for
};

}  // namespace awda::central
