#include "agent/vault/delivery.h"

#include <algorithm>
#include <map>

#include "agent/vault/payloads.h"
#include "agent/vault/salt_seeds.h"
#include "agent/vault/schema.h"
#include "sync/batch.h"
#include "sync/log/cover.h"
#include "sync/protocol.h"
#include "sync/receipt.h"

namespace awda::agent {

namespace {

using sync::ReceiptKind;

constexpr std::int64_t kClockTellMs = 10 * 60 * 1000;

Result<sync::OutboxFolder*> open_outbox(Session& session) {
    if (!session.outbox) {
        session.outbox = AWDA_TRY(sync::OutboxFolder::open(outbox_path(session.folder)));
    }
    return &*session.outbox;
}

// ---- Sealing ----

struct LastBatch {
    std::uint64_t number = 0;
    Hash32 hash{};
    std::uint64_t last_seq = 0;
};

Result<LastBatch> last_batch(Database& db) {
    Statement query = AWDA_TRY(
        db.prepare("SELECT number, hash, last_seq FROM batches ORDER BY number DESC LIMIT 1"));
    if (!AWDA_TRY(query.step())) return LastBatch{};
    return LastBatch{query.u64(0), AWDA_TRY(query.fixed<32>(1)), query.u64(2)};
}

/// Records, decisions about them, consents, what happens to cases, officers, keys and the beginning
/// are worth a batch; bookkeeping travels with the next one.
Result<bool> worth_sealing(Session& session, std::uint64_t first) {
    const std::uint64_t head = session.log.head().seq;
    if (first > head) return false;
    if (head - first + 1 >= kBookkeepingMax) return true;
    Statement query = AWDA_TRY(session.db.prepare(
        "SELECT 1 FROM events WHERE seq >= ? AND type IN (1, 2, 4, 5, 6, 7, 21, 27, 28,"
        " 42, 43, 61, 62, 63, 64, 65, 66, 67) LIMIT 1"));
    query.bind(1, first);
    return query.step();
}

Status ensure_checkpoint(Session& session) {
    if (session.log.checkpointed()) return {};
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(write.checkpoint());
    return write.commit();
}

/// From `first` on as much as fits, up to where every record is covered.
Result<std::vector<sync::Event>> take_events(Session& session, std::uint64_t first) {
    std::vector<sync::Event> events;
    std::size_t covered = 0;
    std::uint64_t payload = 0;
    sync::Cover cover;
    const std::uint64_t last =
        std::min<std::uint64_t>(session.log.head().seq, first + sync::kBatchEventsMax - 1);
    for (std::uint64_t seq = first; seq <= last; ++seq) {
        sync::Event event = AWDA_TRY(event_at(session.db, seq));
        if (!event.payload) return Error(Errc::kLogBroken, "an event pruned before it was sealed");
        payload += event.payload->size();
        if (covered > 0 && payload > kBatchPayloadTarget) break;
        AWDA_CHECK(cover.add(event));
        events.push_back(std::move(event));
        if (cover.waiting().empty()) covered = events.size();
    }
    if (covered == 0) return Error(Errc::kLogBroken, "records that no checkpoint covers");
    events.resize(covered);
    return events;
}

Status keep_batch(Session& session, const sync::SealedBatch& batch, const Signature& auth) {
    Write write = AWDA_TRY(Write::begin(session));
    const sync::BatchHeader& header = batch.header;
    AWDA_CHECK(
        retire_seeds(session.db, header.last_seq, session.log.head().seq + 1, *session.env.random));
    AWDA_CHECK(
        write.append(sync::EventType::kBatchSealed,
                     encode(BatchSealed{header.number, batch.hash, header.first_seq,
                                        header.last_seq, batch.file.size(), header.claimed_ms})));
    Statement insert =
        AWDA_TRY(session.db.prepare("INSERT INTO batch_files(number, auth, file) VALUES(?, ?, ?)"));
    insert.bind_all(header.number, auth, batch.file);
    AWDA_CHECK(insert.run());
    return write.commit();
}

Result<sync::SealedBatch> seal_one(Session& session, const LastBatch& last) {
    sync::BatchInput input;
    input.device = session.identity.device;
    input.number = last.number + 1;
    input.prev_batch = last.hash;
    input.claimed_ms = session.env.clock->now();
    input.events = AWDA_TRY(take_events(session, last.last_seq + 1));
    input.salt_seeds =
        AWDA_TRY(seeds_of(session.db, input.events.front().seq, input.events.back().seq));
    // To the registry, and to this device itself, so that pruned records can come back from a
    // batch.
    sync::SealedBatch batch = AWDA_TRY(
        sync::seal_batch(input, {session.hq.registry, session.keyring.device_seal},
                         session.keys.device.sign, *session.env.random, known_of(session)));
    const Signature auth =
        sync::sign_upload(session.keys.device.sign, batch.hash, batch.file.size());
    AWDA_CHECK(keep_batch(session, batch, auth));
    session.step(Step::kSealCommitted);
    sync::OutboxFolder* outbox = AWDA_TRY(open_outbox(session));
    AWDA_CHECK(outbox->put_batch(batch, auth));
    session.step(Step::kBatchWritten);
    return batch;
}

Result<std::uint64_t> count_records(Database& db, std::uint64_t number) {
    Statement query = AWDA_TRY(db.prepare("SELECT count(*) FROM records WHERE batch = ?"));
    query.bind(1, number);
    AWDA_TRY(query.step());
    return query.u64(0);
}

// ---- Taking in ----

struct OpenBatch {
    std::uint64_t number = 0;
    Hash32 hash{};
    std::uint64_t last_seq = 0;
    std::uint64_t size = 0;
    UnixMs sealed_ms = 0;
    bool stored = false;
    bool opened = false;
};

/// Batches whose file the vault still keeps: without an opened receipt, or not tidied away yet.
Result<std::vector<OpenBatch>> kept_batches(Database& db) {
    Statement query = AWDA_TRY(
        db.prepare("SELECT b.number, b.hash, b.last_seq, b.size, b.sealed_ms, b.stored IS NOT NULL,"
                   " b.opened IS NOT NULL FROM batch_files f JOIN batches b ON b.number = f.number"
                   " ORDER BY b.number"));
    std::vector<OpenBatch> batches;
    while (AWDA_TRY(query.step())) {
        batches.push_back({query.u64(0), AWDA_TRY(query.fixed<32>(1)), query.u64(2), query.u64(3),
                           query.integer(4), query.integer(5) != 0, query.integer(6) != 0});
    }
    return batches;
}

/// A receipt is believed only if it is genuine, for this batch, and of the kind its name says.
Result<sync::Receipt> judge_receipt(const Session& session, const OpenBatch& batch,
                                    ReceiptKind kind, ByteView bytes) {
    const sync::Receipt receipt = AWDA_TRY(sync::open_receipt(bytes, session.hq));
    if (receipt.kind != kind || receipt.device != session.identity.device ||
        receipt.batch_number != batch.number || receipt.batch_hash != batch.hash ||
        receipt.last_seq != batch.last_seq) {
        return Error(Errc::kNotForUs, "a receipt for something else");
    }
    return receipt;
}

/// The receipt's time bounds the truth: what it acknowledges was sealed before it was given.
Status note_server_time(Session& session, Write& write, const OpenBatch& batch,
                        const sync::Receipt& receipt) {
    write.times().prove(receipt.server_ms, session.env.clock->now(), batch.last_seq);
    const UnixMs high = AWDA_TRY(meta_number(session.db, Meta::kServerHigh, 0));
    if (receipt.server_ms > high) {
        AWDA_CHECK(meta_put_number(session.db, Meta::kServerHigh, receipt.server_ms));
    }
    const std::int64_t ahead = std::max<std::int64_t>(batch.sealed_ms - receipt.server_ms, 0);
    return meta_put_number(session.db, Meta::kClockAhead, ahead);
}

Status enter_receipt(Session& session, OpenBatch& batch, ReceiptKind kind, ByteView bytes,
                     const sync::Receipt& receipt) {
    const bool opened = kind == ReceiptKind::kOpened;
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(write.append(opened ? sync::EventType::kBatchOpened : sync::EventType::kBatchStored,
                            bytes, Actor::kDevice));
    AWDA_CHECK(note_server_time(session, write, batch, receipt));
    AWDA_CHECK(write.commit());
    (opened ? batch.opened : batch.stored) = true;
    session.step(Step::kReceiptCommitted);
    return {};
}

Status refuse_receipt(const Session& session, std::uint64_t number, ReceiptKind kind) {
    std::string name = std::to_string(number);
    name.insert(0, 12 - std::min<std::size_t>(12, name.size()), '0');
    name += kind == ReceiptKind::kStored ? ".stored" : ".opened";
    const Path file = outbox_path(session.folder) / name;
    return rename_file(file, Path(file.string() + ".refused"));
}

Status take_receipts(Session& session, sync::OutboxFolder& outbox, OpenBatch& batch,
                     ReconcileSummary& summary) {
    for (const ReceiptKind kind : {ReceiptKind::kStored, ReceiptKind::kOpened}) {
        if (kind == ReceiptKind::kStored ? batch.stored : batch.opened) continue;
        const auto bytes = outbox.receipt(batch.number, kind);
        if (!bytes.ok()) {
            if (bytes.error().code == Errc::kNotFound) continue;
            return bytes.error();
        }
        const auto receipt = judge_receipt(session, batch, kind, *bytes);
        if (!receipt.ok()) {
            ++summary.refused;
            AWDA_CHECK(refuse_receipt(session, batch.number, kind));
            continue;
        }
        AWDA_CHECK(enter_receipt(session, batch, kind, *bytes, *receipt));
        if (kind == ReceiptKind::kStored) {
            ++summary.stored;
        } else {
            ++summary.opened;
            summary.delivered_records += AWDA_TRY(count_records(session.db, batch.number));
        }
    }
    return {};
}

/// Central has opened it and the log says so: neither the file nor our copy is needed any more.
Status tidy_away(Session& session, sync::OutboxFolder& outbox, std::uint64_t number) {
    AWDA_CHECK(outbox.remove_batch(number));
    session.step(Step::kBatchRemoved);
    Transaction transaction = AWDA_TRY(Transaction::begin(session.db));
    Statement remove = AWDA_TRY(session.db.prepare("DELETE FROM batch_files WHERE number = ?"));
    remove.bind(1, number);
    AWDA_CHECK(remove.run());
    return transaction.commit();
}

using Standing = std::map<std::uint64_t, sync::OutboxBatch>;

/// What the outbox holds; nothing if it is in such disorder that every file is better written anew.
Standing standing_files(sync::OutboxFolder& outbox) {
    Standing standing;
    const auto listed = outbox.batches();
    if (!listed.ok()) return standing;
    for (const sync::OutboxBatch& batch : *listed) standing.emplace(batch.number, batch);
    return standing;
}

bool file_stands(sync::OutboxFolder& outbox, const Standing& standing, const OpenBatch& batch) {
    const auto found = standing.find(batch.number);
    return found != standing.end() && found->second.hash == batch.hash &&
           found->second.size == batch.size && outbox.open_batch(batch.number).ok();
}

/// Writes a batch's file anew if it is gone or no longer what was sealed.
Status restore_file(Session& session, sync::OutboxFolder& outbox, const OpenBatch& batch) {
    Statement query =
        AWDA_TRY(session.db.prepare("SELECT auth, file FROM batch_files WHERE number = ?"));
    query.bind(1, batch.number);
    if (!AWDA_TRY(query.step())) return Error(Errc::kVaultDamaged, "a sealed batch is gone");
    const Signature auth = AWDA_TRY(query.fixed<64>(0));
    sync::SealedBatch sealed;
    const ByteView file = query.blob(1);
    sealed.file.assign(file.begin(), file.end());
    sealed.hash = hash32(sealed.file);
    if (sealed.hash != batch.hash) return Error(Errc::kVaultDamaged, "a sealed batch was altered");
    sealed.header.number = batch.number;
    sealed.header.last_seq = batch.last_seq;
    AWDA_CHECK(outbox.remove_batch(batch.number));
    return outbox.put_batch(sealed, auth);
}

Status take_enrolment(Session& session, sync::OutboxFolder& outbox) {
    if (AWDA_TRY(meta_get(session.db, Meta::kEnrolled))) return {};
    const auto bytes = outbox.enrol_receipt();
    if (!bytes.ok()) return {};
    const auto receipt = sync::open_enrol_receipt(*bytes, session.hq.stored_receipt);
    const auto request = AWDA_TRY(meta_get(session.db, Meta::kEnrolRequest));
    if (!receipt.ok() || !request || receipt->device != session.identity.device ||
        receipt->request_hash != hash32(*request)) {
        return outbox.drop_enrolment();
    }
    Transaction transaction = AWDA_TRY(Transaction::begin(session.db));
    AWDA_CHECK(meta_put(session.db, Meta::kEnrolled, *bytes));
    return transaction.commit();
}

// ---- Status ----

Result<std::uint64_t> count(Database& db, LiteralText sql) {
    return static_cast<std::uint64_t>(AWDA_TRY(db.query_integer(sql)));
}

/// Triggers keep the counts, so that this costs the same however many records there are.
Status count_states(Database& db, VaultStatus& status) {
    Statement query = AWDA_TRY(db.prepare("SELECT state, n FROM record_counts"));
    while (AWDA_TRY(query.step())) {
        switch (static_cast<RecordState>(query.integer(0))) {
            case RecordState::kDraft: break;
            case RecordState::kWaiting: status.waiting_records = query.u64(1); break;
            case RecordState::kStored: status.stored_records = query.u64(1); break;
            case RecordState::kDelivered: status.delivered_records = query.u64(1); break;
            case RecordState::kErased: status.erased_records = query.u64(1); break;
        }
    }
    return {};
}

/// By how much the clock is certainly wrong: behind a time the server has already given, or ahead
/// of the receipt for something sealed before it.
Result<std::optional<std::int64_t>> clock_error(Session& session) {
    const UnixMs high = AWDA_TRY(meta_number(session.db, Meta::kServerHigh, 0));
    const std::int64_t behind = session.env.clock->now() - high;
    if (high != 0 && behind < -kClockTellMs) return std::optional<std::int64_t>(behind);
    const std::int64_t ahead = AWDA_TRY(meta_number(session.db, Meta::kClockAhead, 0));
    if (ahead > kClockTellMs) return std::optional<std::int64_t>(ahead);
    return std::optional<std::int64_t>();
}

}  // namespace

sync::Known known_of(Session& session) {
    sync::Known known;
    known.history = [&session](std::uint64_t seq,
                               std::size_t most) -> Result<std::vector<sync::Event>> {
        std::vector<sync::Event> events;
        const std::uint64_t first = seq > most ? seq - most : 1;
        AWDA_CHECK(for_events(session.db, first, seq - 1, [&events](const sync::Event& event) {
            events.push_back(event);
            return Status();
        }));
        return events;
    };
    return known;
}

Status restore_papers(Session& session) {
    sync::OutboxFolder* outbox = AWDA_TRY(open_outbox(session));
    const auto request = AWDA_TRY(meta_get(session.db, Meta::kEnrolRequest));
    if (!request) return Error(Errc::kVaultDamaged, "the vault has lost its enrolment request");
    const auto held = outbox->enrolment();
    if (held.ok() && held->request == *request) return {};
    AWDA_CHECK(outbox->put_enrol_request(*request));
    const auto enrolled = AWDA_TRY(meta_get(session.db, Meta::kEnrolled));
    return enrolled ? outbox->save_enrolment(*enrolled) : Status();
}

Result<SealSummary> seal_pending(Session& session) {
    SealSummary summary;
    LastBatch last = AWDA_TRY(last_batch(session.db));
    if (!AWDA_TRY(worth_sealing(session, last.last_seq + 1))) return summary;
    AWDA_CHECK(ensure_checkpoint(session));
    // What sealing itself appends is left for the next time.
    const std::uint64_t end = session.log.head().seq;
    while (last.last_seq < end) {
        const sync::SealedBatch batch = AWDA_TRY(seal_one(session, last));
        last = {batch.header.number, batch.hash, batch.header.last_seq};
        ++summary.batches;
        summary.bytes += batch.file.size();
        summary.records += AWDA_TRY(count_records(session.db, batch.header.number));
    }
    return summary;
}

Result<ReconcileSummary> reconcile(Session& session) {
    ReconcileSummary summary;
    sync::OutboxFolder* outbox = AWDA_TRY(open_outbox(session));
    AWDA_CHECK(take_enrolment(session, *outbox));
    const Standing standing = standing_files(*outbox);
    std::vector<OpenBatch> kept = AWDA_TRY(kept_batches(session.db));
    for (OpenBatch& batch : kept) {
        AWDA_CHECK(take_receipts(session, *outbox, batch, summary));
        if (batch.opened) {
            AWDA_CHECK(tidy_away(session, *outbox, batch.number));
        } else if (!file_stands(*outbox, standing, batch)) {
            AWDA_CHECK(restore_file(session, *outbox, batch));
            ++summary.restored;
        }
    }
    return summary;
}

Result<VaultStatus> delivery_status(Session& session) {
    VaultStatus status;
    Database& db = session.db;
    sync::OutboxFolder* outbox = AWDA_TRY(open_outbox(session));
    const auto papers = outbox->enrolment();
    status.enrolled =
        AWDA_TRY(meta_get(db, Meta::kEnrolled)).has_value() && papers.ok() && papers->enrolled;
    status.forked = AWDA_TRY(outbox->forked());
    status.drafts = AWDA_TRY(count(db, "SELECT count(*) FROM drafts"));
    AWDA_CHECK(count_states(db, status));
    status.waiting_batches =
        AWDA_TRY(count(db, "SELECT count(*) FROM batches WHERE opened IS NULL"));
    const std::uint64_t sealed =
        AWDA_TRY(count(db, "SELECT coalesce(sum(size), 0) FROM batches WHERE opened IS NULL"));
    const std::uint64_t unsealed = AWDA_TRY(
        count(db,
              "SELECT coalesce(sum(length(payload)), 0) FROM events WHERE type = 21 AND seq >"
              " (SELECT coalesce(max(last_seq), 0) FROM batches)"));
    status.waiting_bytes = sealed + unsealed;
    status.log_events = session.log.head().seq;
    const UnixMs server = AWDA_TRY(meta_number(db, Meta::kServerHigh, 0));
    if (server != 0) {
        status.last_receipt_ms = server;
        const UnixMs highest = std::max(AWDA_TRY(highest_time(session)), session.env.clock->now());
        status.last_sync_age_ms = highest - server;
    }
    status.clock_off_ms = AWDA_TRY(clock_error(session));
    return status;
}

}  // namespace awda::agent
