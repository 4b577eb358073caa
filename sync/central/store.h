// Store: central's database: enrolments, batches, logs, records.
//
// What is asked and kept is here, in SQL that every StoreDatabase understands. The server's
// registry thread writes; commands may open a second connection beside it. Everything that belongs
// together is written in one transaction. Threads: one thread at a time.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "platform/clock.h"
#include "platform/crypto.h"
#include "platform/ids.h"
#include "platform/sqlite.h"
#include "sync/cases/identity.h"
#include "sync/central/store_database.h"
#include "sync/consent_state.h"
#include "sync/log/event.h"
#include "sync/record.h"
#include "sync/trust.h"

namespace awda::central {

struct VoucherRow {
    VoucherId id;
    OfficeId office;
    Hash32 hash{};
    std::string role;
    UnixMs expires_ms = 0;
    std::optional<Hash32> request_hash;  ///< of the enrolment that used it
    Bytes receipt;                       ///< what that enrolment was answered with
};

struct DeviceRow {
    std::int64_t row = 0;
    DeviceId id;
    OfficeId office;
    std::string office_name;
    VoucherId voucher;
    SignPublic sign_key{};
    SealPublic seal_key{};
    OfficerId officer;
    SignPublic officer_key{};
    UnixMs enrolled_ms = 0;
    std::optional<UnixMs> confirmed_ms;
    bool contested = false;  ///< its voucher was tried a second time
    std::uint64_t next_batch = 1;
    Hash32 last_batch{};         ///< of batch next_batch-1
    std::uint64_t next_seq = 1;  ///< of its log, as far as it was opened
    Hash32 log_head{};
    std::int64_t problems = 0;  ///< stored batches that could not be opened, and forks
};

enum class BatchState : std::uint8_t { kStored = 1, kOpened = 2, kProblem = 3 };

struct BatchRow {
    std::int64_t row = 0;
    std::int64_t device_row = 0;
    DeviceId device;
    std::uint64_t number = 0;
    Hash32 hash{};
    std::uint64_t size = 0;
    BatchState state = BatchState::kStored;
    std::string problem;  ///< an error's name, when it could not be opened
    Bytes stored_receipt;
    Bytes opened_receipt;
};

struct OfficerRow {
    OfficerId id;
    OfficeId office;
    SignPublic key{};
    std::string role;
};

struct RecordRow {
    DeviceId device;
    OfficeId office;
    std::string office_name;
    OfficerId officer;
    std::uint64_t seq = 0;
    UnixMs received_ms = 0;
    bool conflict = false;  ///< another record with the same instance id and other content exists
    std::string approval;   ///< "awaiting", "approved", "returned"; empty where none was asked for
    sync::Record record;
};

struct RecordFilter {
    std::string form_id;  ///< empty: every form
    bool newest_only = true;
};

struct ProblemRow {
    std::string kind;  ///< "batch", "fork", "conflict", "voucher"
    DeviceId device;
    std::uint64_t number = 0;  ///< of the batch, or the log sequence number of a conflict
    std::string what;
    UnixMs at_ms = 0;
};

struct StoreTotals {
    std::int64_t offices = 0;
    std::int64_t devices = 0;
    std::int64_t devices_confirmed = 0;
    std::int64_t batches = 0;
    std::int64_t batches_opened = 0;
    std::int64_t batches_problem = 0;
    std::int64_t events = 0;
    std::int64_t records = 0;
    std::int64_t conflicts = 0;
    std::int64_t forks = 0;
    std::optional<UnixMs> last_received_ms;
};

/// Where central's database is.
struct StorePlace {
    Path data;
    Path keys;             ///< with registry/database.key, for a file in `data`
    std::string database;  ///< a postgresql:// URL; empty: the file in `data`
};

class Store {
public:
    /// kCentralExists, kKeysMissing, kDatabaseGone.
    [[nodiscard]] static Status create(const StorePlace& place);
    /// kCentralMissing; kKeysMismatch when the key does not open it; kDatabaseGone; and the errors
    /// of Database.
    static Result<Store> open(const StorePlace& place, DatabaseCheck check = DatabaseCheck::kNever);

    [[nodiscard]] StoreDatabase& database() { return *database_; }
    [[nodiscard]] Result<StoreTransaction> begin() { return StoreTransaction::begin(*database_); }
    [[nodiscard]] Result<StoreTransaction> begin_read() {
        return StoreTransaction::begin_read(*database_);
    }

    // Enrolment.
    [[nodiscard]] Status add_voucher(const sync::Voucher& voucher, const Hash32& hash);
    [[nodiscard]] Result<std::optional<VoucherRow>> find_voucher(const VoucherId& id);
    /// In a transaction; until it ends nobody else uses the voucher.
    [[nodiscard]] Result<std::optional<VoucherRow>> lock_voucher(const VoucherId& id);
    [[nodiscard]] Status enrol(const sync::EnrolRequest& request, const VoucherRow& voucher,
                               const Hash32& request_hash, UnixMs now, ByteView receipt);
    /// Somebody else came with a used voucher.
    [[nodiscard]] Status contest_voucher(const VoucherId& id, UnixMs now);
    [[nodiscard]] Result<std::optional<DeviceRow>> find_device(const DeviceId& id);
    /// In a transaction; until it ends nobody else stores or opens batches of the device.
    [[nodiscard]] Result<std::optional<DeviceRow>> lock_device(const DeviceId& id);
    [[nodiscard]] Result<std::vector<DeviceRow>> devices();
    /// kNotFound.
    [[nodiscard]] Status confirm_device(const DeviceId& id, UnixMs now);

    /// Keeps the recovery blob of an epoch; the one that enrolled stays too. The same again changes
    /// nothing; kAltered if the epoch is known with another.
    [[nodiscard]] Status add_recovery(std::int64_t device_row, std::uint32_t epoch, ByteView blob,
                                      UnixMs now);
    /// All of a device's, newest first; the last is its enrolment's, of epoch 1. kNotFound.
    struct RecoveryRow {
        std::uint32_t epoch = 0;
        Bytes blob;
        UnixMs received_ms = 0;
    };
    [[nodiscard]] Result<std::vector<RecoveryRow>> recovery_blobs(const DeviceId& id);

    // Batches.
    [[nodiscard]] Result<std::optional<BatchRow>> find_batch(const Hash32& hash);
    [[nodiscard]] Result<std::optional<BatchRow>> find_batch(std::int64_t device_row,
                                                             std::uint64_t number);
    /// Advances the device's next_batch and last_batch too; gives the new row.
    [[nodiscard]] Result<std::int64_t> add_batch(const BatchRow& batch, UnixMs now);
    [[nodiscard]] Status mark_opened(std::int64_t batch_row, ByteView receipt);
    [[nodiscard]] Status mark_problem(std::int64_t batch_row, std::string_view problem);
    [[nodiscard]] Status add_fork(std::int64_t device_row, std::uint64_t number, const Hash32& hash,
                                  UnixMs now);
    /// Batches stored and not opened, of each device in order: the process ended in between, or
    /// they could not be opened then.
    [[nodiscard]] Result<std::vector<BatchRow>> unopened_batches();
    /// Those of one device that nobody has tried to open yet.
    [[nodiscard]] Result<std::vector<BatchRow>> untried_batches(std::int64_t device_row);
    /// The same of all devices, stored before some time.
    [[nodiscard]] Result<std::vector<BatchRow>> left_batches(UnixMs before);
    /// The next of central's own running numbers, kept from now on. On a shared database all others
    /// wait for this transaction from here on: what takes long comes before.
    [[nodiscard]] Result<std::uint64_t> next_server_index();

    // Logs and records.
    [[nodiscard]] Result<std::optional<OfficerRow>> find_officer(const OfficerId& id);
    /// kAltered if the id is known with another key, office or role.
    [[nodiscard]] Status add_officer(const OfficerRow& officer, std::string_view display_name,
                                     const OfficerId& added_by, UnixMs now);
    [[nodiscard]] Status set_officer_role(const OfficerId& id, std::string_view role);
    [[nodiscard]] Status add_event(std::int64_t device_row, const sync::Event& event);
    /// The newest of a device's events before `seq`, oldest first; no more than a batch may lean
    /// on.
    [[nodiscard]] Result<std::vector<sync::Event>> events_before(std::int64_t device_row,
                                                                 std::uint64_t seq,
                                                                 std::size_t most);
    [[nodiscard]] Status set_log_head(std::int64_t device_row, std::uint64_t next_seq,
                                      const Hash32& head);
    /// The same record again is ignored; another one under the same instance id is kept as a
    /// conflict.
    [[nodiscard]] Status add_record(const NewRecord& record);
    /// Events and records added so far are in the database.
    [[nodiscard]] Status finish_bulk() { return database_->finish_bulk(); }
    /// Records in order of their arrival, decoded one at a time.
    [[nodiscard]] Status each_record(const RecordFilter& filter,
                                     const std::function<Status(const RecordRow&)>& visit);

    /// The event of a record, the first that came under this id, and those behind it up to the next
    /// checkpoint; of these only the checkpoint has a payload. kNotFound.
    struct RecordSource {
        DeviceId device;
        std::vector<sync::Event> events;
    };
    [[nodiscard]] Result<RecordSource> record_source(const InstanceId& instance);

    /// A consent or a withdrawal, by the event's name; the same again changes nothing.
    [[nodiscard]] Status add_consent(const sync::ConsentEntry& entry);
    /// What was said about a submission.
    [[nodiscard]] Result<std::vector<sync::Consent>> consents(const InstanceId& root);
    /// Whether more than one revision of a submission stands, because they were made apart.
    [[nodiscard]] Result<bool> branched(const InstanceId& root);
    /// Which answers of a form mean identity, by the marks that devices sent.
    [[nodiscard]] Result<sync::IdentityRule> identity_rule(std::string_view form_id);

    [[nodiscard]] Result<std::vector<ProblemRow>> problems();
    [[nodiscard]] Result<StoreTotals> totals();
    /// A line of central's own audit trail: who got what out of it.
    [[nodiscard]] Status add_audit(UnixMs now, std::string_view action, std::string_view detail);

private:
    explicit Store(std::unique_ptr<StoreDatabase> database) : database_(std::move(database)) {}

    std::unique_ptr<StoreDatabase> database_;
};

}  // namespace awda::central
