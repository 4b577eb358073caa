#include "sync/central/ingest.h"

#include "platform/errors.h"
#include "sync/batch.h"
#include "sync/cases/case_event.h"
#include "sync/central/event_papers.h"
#include "sync/central/log_line.h"
#include "sync/log/approval.h"
#include "sync/log/cover.h"
#include "sync/receipt.h"

namespace awda::central {

namespace {

/// A batch stored so long ago and not opened was left; before, somebody is probably at it.
constexpr std::int64_t kLeftMs = 10'000;

Answer refuse(sync::Problem problem) {
    return Answer{problem, 0, {}};
}

Bytes receipts_of(const BatchRow& batch) {
    std::vector<Bytes> receipts{batch.stored_receipt};
    if (!batch.opened_receipt.empty()) receipts.push_back(batch.opened_receipt);
    return sync::encode_receipts(receipts);
}

Answer answer_known(const BatchRow& batch, const DeviceId& sender) {
    if (batch.device != sender) return refuse(sync::Problem::kAltered);
    return Answer{sync::Problem::kNone, 0, receipts_of(batch)};
}

/// Whether an error is about what arrived, rather than about this machine.
bool is_about_content(Errc code) {
    switch (code) {
        case Errc::kMalformed:
        case Errc::kTooLarge:
        case Errc::kAltered:
        case Errc::kNotForUs:
        case Errc::kBadSignature:
        case Errc::kLogBroken:
        case Errc::kNotAllowed: return true;
        default: return false;
    }
}

}  // namespace

Result<Answer> Ingest::enrol(ByteView bytes) {
    const auto opened = sync::open_enrol_request(bytes);
    if (!opened.ok()) return refuse(sync::Problem::kMalformed);
    const sync::EnrolRequest& request = *opened;
    const Hash32 request_hash = hash32(bytes);
    const UnixMs now = clock_.now();

    auto transaction = AWDA_TRY(store_.begin());
    const auto voucher = AWDA_TRY(store_.lock_voucher(request.voucher));
    if (!voucher.has_value() || voucher->hash != request.voucher_hash ||
        voucher->office != request.office) {
        return refuse(sync::Problem::kVoucherUnknown);
    }
    if (voucher->request_hash.has_value()) {
        if (*voucher->request_hash == request_hash) {
            return Answer{sync::Problem::kNone, 0, voucher->receipt};
        }
        AWDA_CHECK(store_.contest_voucher(voucher->id, now));
        AWDA_CHECK(transaction.commit());
        log_line(LogLevel::kWarning, "voucher_used_twice", {{"voucher", to_text(voucher->id)}});
        return refuse(sync::Problem::kVoucherUsed);
    }
    if (now > voucher->expires_ms) return refuse(sync::Problem::kVoucherExpired);
    // An id that is taken, by chance or by intent, must not replace the device or officer it names.
    if (AWDA_TRY(store_.find_device(request.device)).has_value() ||
        AWDA_TRY(store_.find_officer(request.officer)).has_value()) {
        return refuse(sync::Problem::kVoucherUsed);
    }
    const sync::EnrolReceipt receipt{request.device, request.voucher, request_hash, now};
    const Bytes signed_receipt = sync::sign_enrol_receipt(receipt, keys_.stored_receipt);
    AWDA_CHECK(store_.enrol(request, *voucher, request_hash, now, signed_receipt));
    AWDA_CHECK(transaction.commit());
    log_line(LogLevel::kInfo, "device_enrolled",
             {{"device", to_text(request.device)}, {"office", to_text(request.office)}});
    return Answer{sync::Problem::kNone, 0, signed_receipt};
}

Result<std::optional<SignPublic>> Ingest::device_key(const DeviceId& id) {
    const auto device = AWDA_TRY(store_.find_device(id));
    if (!device.has_value()) return std::optional<SignPublic>();
    return std::optional<SignPublic>(device->sign_key);
}

Result<std::optional<Bytes>> Ingest::receipts(const Hash32& hash) {
    const auto batch = AWDA_TRY(store_.find_batch(hash));
    if (!batch.has_value()) return std::optional<Bytes>();
    return std::optional<Bytes>(receipts_of(*batch));
}

Result<std::optional<std::uint64_t>> Ingest::stored_size(const Hash32& hash) {
    const auto batch = AWDA_TRY(store_.find_batch(hash));
    if (!batch.has_value()) return std::optional<std::uint64_t>();
    return std::optional<std::uint64_t>(batch->size);
}

Result<Ingest::Expected> Ingest::expect(const DeviceId& id, const Hash32& hash) {
    auto device = AWDA_TRY(store_.find_device(id));
    if (!device.has_value()) return Expected{refuse(sync::Problem::kUnknownDevice), {}};
    if (const auto known = AWDA_TRY(store_.find_batch(hash)); known.has_value()) {
        return Expected{answer_known(*known, id), {}};
    }
    return Expected{std::nullopt, *std::move(device)};
}

Result<Arrival> Ingest::read(const DeviceRow& device, const Hash32& hash,
                             const sync::Known& known) const {
    Spool::Frozen part = AWDA_TRY(spool_.freeze(hash));
    MappedFile file = AWDA_TRY(MappedFile::open(part.path()));
    const ByteView bytes = file.view();
    auto header = hash32(bytes) == hash
                      ? sync::verify_batch(bytes, device.sign_key)
                      : Result<sync::BatchHeader>(Error(Errc::kAltered, "the batch's hash"));
    if (header.ok() && header->device != device.id) {
        header = Error(Errc::kAltered, "a batch of another device");
    }
    // One that cannot be stored and opened now costs no more work than this.
    std::optional<Result<BatchContents>> contents;
    if (header.ok() && header->number == device.next_batch &&
        header->first_seq == device.next_seq) {
        contents.emplace(
            read_batch(bytes, device.sign_key, keys_.registry, known, store_.database().shared()));
    }
    return Arrival{device.id,          hash, std::move(part), std::move(file), std::move(header),
                   std::move(contents)};
}

Result<Answer> Ingest::complete(const DeviceId& id, const Hash32& hash) {
    Expected expected = AWDA_TRY(expect(id, hash));
    if (expected.answer) return *std::move(expected.answer);
    return take(AWDA_TRY(read(expected.device, hash, known_of(expected.device))));
}

Result<Answer> Ingest::take(Arrival batch) {
    if (!batch.header.ok()) {
        AWDA_CHECK(spool_.drop(batch.part));
        log_line(LogLevel::kWarning, "batch_altered", {{"device", to_text(batch.device)}});
        return refuse(sync::Problem::kAltered);
    }
    Stored stored = AWDA_TRY(store(batch));
    if (stored.answer) return *std::move(stored.answer);
    const BatchRow& row = stored.row;
    log_line(LogLevel::kInfo, "batch_stored",
             {{"device", to_text(row.device)},
              {"number", std::to_string(row.number)},
              {"bytes", std::to_string(row.size)}});
    // The row is durable: from here on nothing that fails may take the stored receipt back. A file
    // that cannot be moved now is moved by recover().
    const auto untried = store_.untried_batches(row.device_row);
    if (untried.ok()) open_all(*untried, &batch);
    const Status moved = put_away(batch.part, row.device, row.hash);
    if (!moved.ok()) log_error("batch_not_moved", moved.error());
    const auto now_known = store_.find_batch(row.hash);
    return Answer{sync::Problem::kNone, 0,
                  receipts_of(now_known.ok() ? now_known->value_or(row) : row)};
}

/// The sequence rule, under the lock of the device's row.
Result<Ingest::Stored> Ingest::store(const Arrival& batch) {
    auto transaction = AWDA_TRY(store_.begin());
    const auto device = AWDA_TRY(store_.lock_device(batch.device));
    if (!device.has_value()) return Stored{refuse(sync::Problem::kUnknownDevice), {}};
    // It came over another front end as well, and that one was faster.
    if (const auto known = AWDA_TRY(store_.find_batch(batch.hash)); known.has_value()) {
        AWDA_CHECK(put_away(batch.part, known->device, batch.hash));
        return Stored{answer_known(*known, batch.device), {}};
    }
    const sync::BatchHeader& header = *batch.header;
    if (header.number > device->next_batch) {
        return Stored{Answer{sync::Problem::kGap, device->next_batch, {}}, {}};
    }
    // The number is used up by another batch, or the device's past is not the one we hold.
    if (header.number < device->next_batch || header.prev_batch != device->last_batch) {
        return Stored{AWDA_TRY(fork(batch, *device, std::move(transaction))), {}};
    }
    BatchRow row = AWDA_TRY(record_stored(batch, *device));
    AWDA_CHECK(transaction.commit());
    return Stored{std::nullopt, std::move(row)};
}

Result<Answer> Ingest::fork(const Arrival& batch, const DeviceRow& device,
                            StoreTransaction transaction) {
    AWDA_CHECK(store_.add_fork(device.row, batch.header->number, batch.hash, clock_.now()));
    AWDA_CHECK(transaction.commit());
    AWDA_CHECK(spool_.quarantine(batch.part, batch.hash));
    log_line(LogLevel::kWarning, "fork",
             {{"device", to_text(device.id)}, {"number", std::to_string(batch.header->number)}});
    return refuse(sync::Problem::kFork);
}

Result<BatchRow> Ingest::record_stored(const Arrival& batch, const DeviceRow& device) {
    if (store_.database().shared()) {
        AWDA_CHECK(store_.database().add_file(batch.hash, batch.file.view()));
    }
    BatchRow row;
    row.device_row = device.row;
    row.device = device.id;
    row.number = batch.header->number;
    row.hash = batch.hash;
    row.size = batch.file.view().size();
    sync::Receipt receipt;
    receipt.kind = sync::ReceiptKind::kStored;
    receipt.device = device.id;
    receipt.batch_number = row.number;
    receipt.batch_hash = batch.hash;
    receipt.last_seq = batch.header->last_seq;
    receipt.server_index = AWDA_TRY(store_.next_server_index());
    receipt.server_ms = clock_.now();
    row.stored_receipt = sync::sign_receipt(receipt, keys_.stored_receipt);
    row.row = AWDA_TRY(store_.add_batch(row, receipt.server_ms));
    return row;
}

/// Where the file of a stored batch belongs.
Status Ingest::put_away(const Spool::Frozen& part, const DeviceId& device, const Hash32& hash) {
    if (store_.database().shared()) return spool_.drop(part);
    return spool_.store(part, device, hash);
}

/// In the order of their log. What fails is logged, and left for the next try. `arrival`, if it is
/// among them, has been read already.
void Ingest::open_all(const std::vector<BatchRow>& rows, const Arrival* arrival) {
    std::int64_t failed_device = 0;
    for (const BatchRow& row : rows) {
        // Behind one that waits for its next try, this one would seem to jump a hole in the log.
        if (row.device_row == failed_device) continue;
        const bool read = arrival != nullptr && arrival->hash == row.hash && arrival->contents;
        const Status opened =
            read ? try_open(row, *arrival->contents) : try_open(row, read_stored(row));
        if (opened.ok()) continue;
        log_error("batch_not_opened", opened.error(),
                  {{"device", to_text(row.device)}, {"number", std::to_string(row.number)}});
        if (!is_about_content(opened.error().code)) failed_device = row.device_row;
    }
}

/// Without the log before it, a batch that leans on it would look altered.
Result<BatchContents> Ingest::read_next(const DeviceRow& device, ByteView file) {
    const sync::BatchHeader header = AWDA_TRY(sync::verify_batch(file, device.sign_key));
    if (header.first_seq != device.next_seq) {
        return Error(Errc::kLogBroken, "a batch does not go on where the opened log ends");
    }
    return read_batch(file, device.sign_key, keys_.registry, known_of(device),
                      store_.database().shared());
}

Result<BatchContents> Ingest::read_stored(const BatchRow& row) {
    const auto device = AWDA_TRY(store_.find_device(row.device));
    if (!device.has_value()) return Error(Errc::kInternal, "a batch of a device that is gone");
    if (store_.database().shared()) {
        const auto file = AWDA_TRY(store_.database().file(row.hash));
        if (!file.has_value()) return Error(Errc::kNotFound, "a stored batch's file");
        return read_next(*device, *file);
    }
    // One that was stored a moment ago, or by a process that ended then, is still among the parts.
    const Path kept = spool_.batch_path(row.device, row.hash);
    const MappedFile file =
        AWDA_TRY(MappedFile::open(file_exists(kept) ? kept : spool_.part_path(row.hash)));
    return read_next(*device, file.view());
}

/// Opens what is stored. A batch that cannot be opened keeps its stored receipt and is shown to the
/// operator; a failure of this machine (full disk, …) leaves it for the next try.
Status Ingest::try_open(const BatchRow& row, const Result<BatchContents>& contents) {
    const Status opened =
        contents.ok() ? open_and_commit(row, *contents) : Status(contents.error());
    if (opened.ok()) {
        log_line(LogLevel::kInfo, "batch_opened",
                 {{"device", to_text(row.device)}, {"number", std::to_string(row.number)}});
        return {};
    }
    if (!is_about_content(opened.error().code)) return opened;
    auto transaction = AWDA_TRY(store_.begin());
    AWDA_TRY(store_.lock_device(row.device));
    // Another process may have opened it just before we read it: its log went on without us.
    const auto now_known = AWDA_TRY(store_.find_batch(row.hash));
    if (now_known.has_value() && now_known->state == BatchState::kOpened) return {};
    AWDA_CHECK(store_.mark_problem(row.row, errc_name(opened.error().code)));
    AWDA_CHECK(transaction.commit());
    return opened;
}

/// What a device's batches may lean on.
sync::Known Ingest::known_of(const DeviceRow& device) {
    sync::Known known;
    known.history = [this, row = device.row](std::uint64_t seq, std::size_t most) {
        return store_.events_before(row, seq, most);
    };
    return known;
}

Status Ingest::open_and_commit(const BatchRow& row, const BatchContents& contents) {
    const sync::BatchHeader& header = contents.header;
    auto transaction = AWDA_TRY(store_.begin());
    const auto device = AWDA_TRY(store_.lock_device(row.device));
    const auto now_known = AWDA_TRY(store_.find_batch(row.hash));
    if (!device.has_value() || !now_known.has_value()) {
        return Error(Errc::kInternal, "open a batch that is not stored");
    }
    if (now_known->state == BatchState::kOpened) return {};  // by another process, meanwhile
    // An earlier batch that could not be opened leaves a hole that no later one may jump.
    if (header.first_seq != device->next_seq || header.prev_head != device->log_head) {
        return Error(Errc::kLogBroken, "a batch does not go on where the opened log ends");
    }
    officers_.clear();
    for (const ReadEvent& read : contents.events) AWDA_CHECK(take_event(*device, read));
    AWDA_CHECK(store_.finish_bulk());
    AWDA_CHECK(store_.set_log_head(device->row, header.last_seq + 1, header.log_head));
    sync::Receipt receipt;
    receipt.kind = sync::ReceiptKind::kOpened;
    receipt.device = device->id;
    receipt.batch_number = row.number;
    receipt.batch_hash = row.hash;
    receipt.last_seq = header.last_seq;
    receipt.server_index = AWDA_TRY(store_.next_server_index());
    receipt.server_ms = clock_.now();
    AWDA_CHECK(store_.mark_opened(row.row, sync::sign_receipt(receipt, keys_.opened_receipt)));
    return transaction.commit();
}

/// A batch of a thousand records has few officers.
Result<std::optional<OfficerRow>> Ingest::find_officer(const OfficerId& id) {
    const auto known = officers_.find(id);
    if (known != officers_.end()) return known->second;
    auto officer = AWDA_TRY(store_.find_officer(id));
    officers_.emplace(id, officer);
    return officer;
}

Status Ingest::take_event(const DeviceRow& device, const ReadEvent& read) {
    const sync::Event& event = read.event;
    if (event.office != device.office) {
        return Error(Errc::kNotAllowed, "an event of another office");
    }
    AWDA_CHECK(store_.add_event(device.row, event));
    if (event.seq == 1 && event.type != sync::EventType::kDeviceInitialised) {
        return Error(Errc::kLogBroken, "a log that does not begin with its device");
    }
    if (!event.payload.has_value()) return {};
    switch (event.type) {
        case sync::EventType::kDeviceInitialised: return take_initialised(device, *event.payload);
        case sync::EventType::kOfficerAdded: return take_officer(device, *event.payload);
        case sync::EventType::kKeysRotated: return take_rotation(device, *event.payload);
        case sync::EventType::kVaultRecovered: return take_recovered(device, *event.payload);
        case sync::EventType::kOfficerChanged: return take_officer_change(device, *event.payload);
        case sync::EventType::kRecordFinalised: return take_record(device, event, *read.record);
        case sync::EventType::kRecordApproved:
        case sync::EventType::kRecordReturned: return check_decision(device, event);
        case sync::EventType::kConsentGiven:
        case sync::EventType::kConsentWithdrawn: return take_consent(device, event);
        case sync::EventType::kForeignEvent: return take_foreign(*event.payload);
        case sync::EventType::kCheckpoint: return check_signer(device, event);
        default: return {};
    }
}

Status Ingest::take_initialised(const DeviceRow& device, ByteView payload) {
    const DeviceInitialised paper = AWDA_TRY(decode_device_initialised(payload));
    if (paper.voucher != device.voucher || paper.device_sign != device.sign_key ||
        paper.device_seal != device.seal_key || paper.officer != device.officer ||
        paper.officer_key != device.officer_key) {
        return Error(Errc::kAltered, "a log begins with other papers than its enrolment");
    }
    const OfficerRow officer{paper.officer, device.office, paper.officer_key, paper.role};
    officers_.erase(officer.id);
    return store_.add_officer(officer, paper.display_name, OfficerId{}, clock_.now());
}

Status Ingest::take_officer(const DeviceRow& device, ByteView payload) {
    const OfficerAdded paper = AWDA_TRY(decode_officer_added(payload));
    const auto adder = AWDA_TRY(find_officer(paper.added_by));
    if (!adder.has_value() || adder->office != device.office || adder->role != kAdministratorRole) {
        return Error(Errc::kNotAllowed, "an officer added by nobody who may");
    }
    if (!verify_officer_added(paper, adder->key)) {
        return Error(Errc::kBadSignature, "an officer's certificate");
    }
    const OfficerRow officer{paper.officer, device.office, paper.officer_key, paper.role};
    officers_.erase(officer.id);
    return store_.add_officer(officer, paper.display_name, paper.added_by, clock_.now());
}

Status Ingest::take_rotation(const DeviceRow& device, ByteView payload) {
    const KeysRotated paper = AWDA_TRY(decode_keys_rotated(payload));
    if (paper.epoch < 2) return Error(Errc::kMalformed, "a rotation to the first epoch");
    return store_.add_recovery(device.row, paper.epoch, paper.recovery, clock_.now());
}

/// Only the vault key gives the device's key while nobody is logged in; still, whoever is could
/// sign such a paper, so it goes into the audit trail for somebody to look at.
Status Ingest::take_recovered(const DeviceRow& device, ByteView payload) {
    const VaultRecovered paper = AWDA_TRY(decode_vault_recovered(payload));
    if (!verify_vault_recovered(paper, device.sign_key)) {
        return Error(Errc::kBadSignature, "a recovery that its device did not sign");
    }
    const UnixMs now = clock_.now();
    const OfficerRow officer{paper.officer, device.office, paper.officer_key, paper.role};
    officers_.erase(officer.id);
    AWDA_CHECK(store_.add_officer(officer, paper.display_name, OfficerId{}, now));
    AWDA_CHECK(
        store_.add_audit(now, "vault-recovered",
                         "device=" + to_text(device.id) + " officer=" + to_text(paper.officer)));
    log_line(LogLevel::kWarning, "vault_recovered", {{"device", to_text(device.id)}});
    return {};
}

Status Ingest::take_officer_change(const DeviceRow& device, ByteView payload) {
    const OfficerChanged paper = AWDA_TRY(decode_officer_changed(payload));
    const auto changer = AWDA_TRY(find_officer(paper.changed_by));
    const auto officer = AWDA_TRY(find_officer(paper.officer));
    if (!changer.has_value() || changer->office != device.office ||
        changer->role != kAdministratorRole || paper.changed_by == paper.officer ||
        !officer.has_value() || officer->office != device.office) {
        return Error(Errc::kNotAllowed, "an officer changed by nobody who may");
    }
    if (!verify_officer_changed(paper, changer->key)) {
        return Error(Errc::kBadSignature, "a change of an officer");
    }
    officers_.erase(paper.officer);
    return store_.set_officer_role(paper.officer, paper.role);
}

/// The event itself is kept; what it decided is read from there (Store::each_record).
Status Ingest::check_decision(const DeviceRow& device, const sync::Event& event) {
    const sync::Decision decision = AWDA_TRY(sync::open_decision(*event.payload));
    const auto officer = AWDA_TRY(find_officer(decision.officer));
    if (!officer.has_value() || officer->office != device.office ||
        officer->key != decision.officer_key || event.officer != decision.officer ||
        (officer->role != kSupervisorRole && officer->role != kAdministratorRole) ||
        decision.approved != (event.type == sync::EventType::kRecordApproved)) {
        return Error(Errc::kNotAllowed, "a decision about a record by nobody who may");
    }
    return {};
}

Status Ingest::take_consent(const DeviceRow& device, const sync::Event& event) {
    const auto officer = AWDA_TRY(find_officer(event.officer));
    if (!officer.has_value() || officer->office != device.office || officer->role == kAuditorRole) {
        return Error(Errc::kNotAllowed, "a consent written down by nobody who may");
    }
    return store_.add_consent({sync::event_ref(device.id, event),
                               AWDA_TRY(sync::decode_consent(event.type, *event.payload))});
}

/// Of what another device is said to have written only a withdrawal counts before that device
/// delivers it itself: nothing here proves it, and a no that is made up opens nothing.
Status Ingest::take_foreign(ByteView payload) {
    const auto foreign = sync::decode_foreign_event(payload);
    if (!foreign.ok() || foreign->event.type != sync::EventType::kConsentWithdrawn ||
        !foreign->event.payload) {
        return {};
    }
    auto said = sync::decode_consent(foreign->event.type, *foreign->event.payload);
    if (!said.ok()) return {};
    return store_.add_consent({sync::event_ref(foreign->device, foreign->event), *std::move(said)});
}

/// The chain has verified the signature; here it is that the key is the officer's.
Status Ingest::check_signer(const DeviceRow& device, const sync::Event& event) {
    const sync::Checkpoint checkpoint = AWDA_TRY(sync::decode_checkpoint(*event.payload));
    if (checkpoint.officer.empty()) return {};
    const auto officer = AWDA_TRY(find_officer(checkpoint.officer));
    if (!officer.has_value() || officer->office != device.office ||
        officer->key != checkpoint.officer_key) {
        return Error(Errc::kNotAllowed, "a checkpoint by an officer who is not of this office");
    }
    return {};
}

Status Ingest::take_record(const DeviceRow& device, const sync::Event& event,
                           const ReadRecord& read) {
    const auto officer = AWDA_TRY(find_officer(event.officer));
    const auto& own = read.payload.own;
    if (!officer.has_value() || officer->office != device.office ||
        (own && (own->officer != event.officer || own->key != officer->key))) {
        return Error(Errc::kNotAllowed, "a record by an officer who is not of this office");
    }
    return store_.add_record({device.row, event, read, clock_.now()});
}

/// A part whose row exists was stored, and the process ended before its file moved.
Status Ingest::put_in_place(const Hash32& hash) {
    const auto row = AWDA_TRY(store_.find_batch(hash));
    if (!row.has_value()) return {};
    const Spool::Frozen part = AWDA_TRY(spool_.freeze(hash));
    return put_away(part, row->device, hash);
}

Status Ingest::recover() {
    for (const Hash32& hash : AWDA_TRY(spool_.parts())) AWDA_CHECK(put_in_place(hash));
    open_all(AWDA_TRY(store_.unopened_batches()), nullptr);
    return {};
}

Status Ingest::open_left() {
    open_all(AWDA_TRY(store_.left_batches(clock_.now() - kLeftMs)), nullptr);
    return {};
}

}  // namespace awda::central
