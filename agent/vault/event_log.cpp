#include "agent/vault/event_log.h"

#include "agent/vault/salt_seeds.h"
#include "agent/vault/schema.h"
#include "platform/codec.h"

namespace awda::agent {

namespace {

constexpr std::string_view kHeadTag = "AWDAHED2";
constexpr std::string_view kOldHeadDomain = "AWDAHEAD";
constexpr std::size_t kOldHeadSize = 8 + 32 + 16 + 64;

Bytes old_head_body(const DeviceId& device, std::uint64_t seq, const Hash32& hash) {
    ByteWriter out;
    out.raw(device.bytes());
    out.u64(seq);
    out.raw(hash);
    return out.take();
}

sync::Checkpoint half_checkpoint(const DeviceId& device, const KeptHead& head,
                                 const SignPublic& key) {
    return {device, head.seq, head.hash, head.officer, key, {}, head.signature};
}

/// The key that signed it, of an officer who is known here.
Result<SignPublic> check_signer(Database& db, const DeviceId& device, const KeptHead& kept) {
    Statement query = AWDA_TRY(db.prepare("SELECT key FROM officers WHERE officer = ?"));
    query.bind(1, kept.officer.value);
    if (AWDA_TRY(query.step())) {
        const SignPublic key = AWDA_TRY(query.fixed<32>(0));
        if (verify_head(device, kept, key)) return key;
    }
    return Error(Errc::kLogBroken, "no officer signed the newest event");
}

Result<std::uint64_t> payload_behind(Database& db, std::uint64_t seq) {
    Statement query =
        AWDA_TRY(db.prepare("SELECT coalesce(sum(length(payload)), 0) FROM events WHERE seq > ?"));
    query.bind(1, seq);
    AWDA_TRY(query.step());
    return query.u64(0);
}

}  // namespace

Result<std::optional<KeptHead>> kept_head(Database& db) {
    const std::optional<Bytes> bytes = AWDA_TRY(meta_get(db, Meta::kHead));
    if (!bytes) return std::optional<KeptHead>();
    ByteReader in(*bytes);
    KeptHead head;
    head.old_form = bytes->size() == kOldHeadSize;
    if (!head.old_form) in.domain(kHeadTag);
    head.seq = in.u64();
    head.hash = in.fixed<32>();
    head.officer = OfficerId{in.fixed<16>()};
    head.signature = in.fixed<64>();
    if (!in.done().ok()) return Error(Errc::kLogBroken, "the head of the log cannot be read");
    return std::optional<KeptHead>(head);
}

bool verify_head(const DeviceId& device, const KeptHead& head, const SignPublic& key) {
    if (!head.old_form) return sync::verify_officer_half(half_checkpoint(device, head, key));
    return verify(key, kOldHeadDomain, old_head_body(device, head.seq, head.hash), head.signature);
}

EventLog::EventLog(Database& db, const DeviceId& device, const OfficeId& office, const Clock& clock,
                   Random& random, const LogSigners& signers)
    : db_(db),
      device_(device),
      office_(office),
      clock_(clock),
      random_(random),
      signers_(signers) {}

Status EventLog::load() {
    LogHead head;
    head.hash = sync::first_prev(device_);
    Statement newest =
        AWDA_TRY(db_.prepare("SELECT seq, hash, hlc FROM events ORDER BY seq DESC LIMIT 1"));
    if (AWDA_TRY(newest.step())) {
        head.seq = newest.u64(0);
        head.hash = AWDA_TRY(newest.fixed<32>(1));
        head.hlc = sync::Hlc{newest.u64(2)};
    }
    Statement checkpoint = AWDA_TRY(
        db_.prepare("SELECT seq FROM events WHERE type = ? AND seq > ? ORDER BY seq DESC LIMIT 1"));
    const std::uint64_t oldest = head.seq > kCheckpointEvery ? head.seq - kCheckpointEvery - 1 : 0;
    checkpoint.bind_all(static_cast<int>(sync::EventType::kCheckpoint), oldest);
    if (AWDA_TRY(checkpoint.step())) head.checkpoint_seq = checkpoint.u64(0);
    head.bytes_since = AWDA_TRY(payload_behind(db_, head.checkpoint_seq));

    const std::optional<KeptHead> kept = AWDA_TRY(kept_head(db_));
    if (kept.has_value() != (head.seq > 0) ||
        (kept && (kept->seq != head.seq || kept->hash != head.hash))) {
        return Error(Errc::kLogBroken, "the newest event is not the one written last");
    }
    left_.reset();
    if (kept) {
        const SignPublic key = AWDA_TRY(check_signer(db_, device_, *kept));
        if (!kept->old_form && kept->officer != signers_.officer) {
            left_ = half_checkpoint(device_, *kept, key);
        }
    }
    head_ = head;
    return {};
}

Result<sync::Event> EventLog::append(sync::EventType type, ByteView payload, Actor actor) {
    return append_by(actor == Actor::kOfficer ? signers_.officer : OfficerId{}, type, payload);
}

Result<sync::Event> EventLog::append_by(const OfficerId& officer, sync::EventType type,
                                        ByteView payload) {
    sync::Event event;
    event.seq = head_.seq + 1;
    event.hlc = sync::next_hlc(head_.hlc, clock_.now());
    event.officer = officer;
    event.office = office_;
    event.type = type;
    const sync::Salt salt =
        sync::derive_salt(AWDA_TRY(seed_for(db_, event.seq, random_)), event.seq);
    event.salt = salt;
    event.payload = Bytes(payload.begin(), payload.end());
    event.commitment = sync::commit(salt, payload);
    event.prev = head_.hash;

    LogHead next = head_;
    next.seq = event.seq;
    next.hash = sync::event_hash(device_, event);
    next.hlc = event.hlc;
    next.bytes_since += payload.size();
    if (type == sync::EventType::kCheckpoint) {
        next.checkpoint_seq = event.seq;
        next.bytes_since = 0;
    }
    Statement insert = AWDA_TRY(db_.prepare(
        "INSERT INTO events(seq, hlc, officer, office, type, commitment, prev, hash, salt, payload)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    insert.bind_all(event.seq, event.hlc.packed, event.officer.value, event.office.value,
                    static_cast<int>(type), event.commitment, event.prev, next.hash, salt,
                    *event.payload);
    AWDA_CHECK(insert.run());
    head_ = next;
    return event;
}

Status EventLog::keep_head() {
    const sync::Checkpoint half = sync::sign_as_officer(device_, head_.seq, head_.hash,
                                                        signers_.officer, *signers_.officer_key);
    ByteWriter out;
    out.raw(kHeadTag);
    out.u64(half.size);
    out.raw(half.head);
    out.raw(half.officer.bytes());
    out.raw(half.officer_signature);
    return meta_put(db_, Meta::kHead, out.bytes());
}

Result<sync::Event> EventLog::append_checkpoint() {
    const sync::Checkpoint checkpoint = sync::sign_checkpoint(
        device_, head_.seq, head_.hash, *signers_.device, signers_.officer, signers_.officer_key);
    return append(sync::EventType::kCheckpoint, sync::encode_checkpoint(checkpoint),
                  Actor::kOfficer);
}

bool EventLog::owes_checkpoint() const {
    return left_ && left_->size == head_.seq && !checkpointed();
}

Result<sync::Event> EventLog::append_owed_checkpoint() {
    AWDA_ASSERT(owes_checkpoint());
    sync::Checkpoint checkpoint = *left_;
    sync::countersign(checkpoint, *signers_.device);
    return append_by(checkpoint.officer, sync::EventType::kCheckpoint,
                     sync::encode_checkpoint(checkpoint));
}

Result<sync::Event> read_event(const Statement& row) {
    sync::Event event;
    event.seq = row.u64(0);
    event.hlc = sync::Hlc{row.u64(1)};
    event.officer = AWDA_TRY(row.id<OfficerId>(2));
    event.office = AWDA_TRY(row.id<OfficeId>(3));
    const std::int64_t type = row.integer(4);
    if (type < 0 || type > 0xFFFF) return Error(Errc::kVaultDamaged, "an event of no type");
    event.type = static_cast<sync::EventType>(type);
    event.commitment = AWDA_TRY(row.fixed<32>(5));
    event.prev = AWDA_TRY(row.fixed<32>(6));
    if (row.is_null(7) != row.is_null(8)) {
        return Error(Errc::kVaultDamaged, "an event pruned by half");
    }
    if (!row.is_null(7)) {
        event.salt = AWDA_TRY(row.fixed<16>(7));
        const ByteView payload = row.blob(8);
        event.payload = Bytes(payload.begin(), payload.end());
    }
    return event;
}

Result<sync::Event> event_at(Database& db, std::uint64_t seq) {
    Statement query = AWDA_TRY(db.prepare(
        "SELECT seq, hlc, officer, office, type, commitment, prev, salt, payload FROM events"
        " WHERE seq = ?"));
    query.bind(1, seq);
    if (!AWDA_TRY(query.step())) return Error(Errc::kNotFound, "an event of the log");
    return read_event(query);
}

Status for_events(Database& db, std::uint64_t first, std::uint64_t last,
                  const std::function<Status(const sync::Event&)>& visit) {
    Statement query = AWDA_TRY(db.prepare(
        "SELECT seq, hlc, officer, office, type, commitment, prev, salt, payload FROM events"
        " WHERE seq BETWEEN ? AND ? ORDER BY seq"));
    query.bind_all(first, last);
    while (AWDA_TRY(query.step())) {
        AWDA_CHECK(visit(AWDA_TRY(read_event(query))));
    }
    return {};
}

Result<Hash32> head_at(Database& db, const DeviceId& device, std::uint64_t seq) {
    if (seq == 0) return sync::first_prev(device);
    Statement query = AWDA_TRY(db.prepare("SELECT hash FROM events WHERE seq = ?"));
    query.bind(1, seq);
    if (!AWDA_TRY(query.step())) return Error(Errc::kLogBroken, "an event is missing from the log");
    return query.fixed<32>(0);
}

}  // namespace awda::agent
