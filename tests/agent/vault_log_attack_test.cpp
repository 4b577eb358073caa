// Goal: who holds the vault's key, and with it the device's, but no officer's key, cannot rewrite
// the log: what an officer's signature covers stays as it was, the newest event included. Method:
// each event of a small log is changed, removed, doubled, moved or forged, then every commitment,
// link, hash, number and table is made anew to fit, and the signatures as well as the attacker can.
#include <doctest/doctest.h>

#include <set>

#include "agent/vault/event_log.h"
#include "agent/vault/payloads.h"
#include "agent/vault/payloads_officers.h"
#include "agent/vault/projections.h"
#include "agent/vault/schema.h"
#include "platform/codec.h"
#include "tests/agent/raw_vault.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;
using sync::Event;
using sync::EventType;

namespace {

using Log = std::vector<Event>;

/// What the attacker does with the checkpoints that no longer fit.
enum class Checkpoints : std::uint8_t { kLeave, kDeviceSigns, kOwnKeySigns, kNobodySigns, kDrop };
/// And with the head that is kept apart.
enum class Head : std::uint8_t { kOldSignature, kOwnKeySigns, kNobody };

class Attacker {
public:
    explicit Attacker(RawVault& raw) : raw_(raw), random_(99), own_key_(new_sign_key(random_)) {
        drop_log_triggers(raw.db);
        must(for_events(raw.db, 1, 1'000'000, [this](const Event& event) {
            log_.push_back(event);
            return Status();
        }));
        old_head_ = meta_get(raw.db, Meta::kHead).value().value();
    }

    [[nodiscard]] const Log& log() const { return log_; }

    /// The walk's report on `log` once everything was made to fit it.
    LogReport report_on(Log log, Checkpoints checkpoints, Head head) {
        must(raw_.db.exec("SAVEPOINT attack"));
        if (checkpoints == Checkpoints::kDrop) drop_checkpoints(log);
        const Hash32 newest = write(log, checkpoints);
        write_head(log.size(), newest, head);
        // A log that says the same thing twice cannot be made into tables; the walk must say so.
        rebuild_projections(raw_.db).ignore("the walk is what is tested");
        must(raw_.db.exec("RELEASE attack"));
        return check_log(raw_.db, raw_.origin).value();
    }
    /// The log as the officers wrote it.
    LogReport report_on_original() {
        Log original = log_;
        write(original, Checkpoints::kLeave);
        must(meta_put(raw_.db, Meta::kHead, old_head_));
        must(rebuild_projections(raw_.db));
        return check_log(raw_.db, raw_.origin).value();
    }

    [[nodiscard]] const SignKey& own_key() const { return own_key_; }

private:
    /// Those from the first that no longer fits on.
    void drop_checkpoints(Log& log) const {
        std::size_t same = 0;
        while (same < log.size() && same < log_.size() && log[same].payload == log_[same].payload &&
               log[same].hlc == log_[same].hlc && log[same].officer == log_[same].officer) {
            ++same;
        }
        std::erase_if(log, [&](const Event& event) {
            return event.type == EventType::kCheckpoint &&
                   static_cast<std::size_t>(&event - log.data()) >= same;
        });
    }

    Bytes checkpoint_payload(const Event& event, const Hash32& prev, Checkpoints how) const {
        const auto old = sync::decode_checkpoint(*event.payload);
        if (!old.ok() || how == Checkpoints::kLeave || how == Checkpoints::kDrop ||
            (old->size == event.seq - 1 && old->head == prev)) {
            return *event.payload;
        }
        const bool nobody = how == Checkpoints::kNobodySigns;
        sync::Checkpoint made = sync::sign_checkpoint(
            raw_.origin.device, event.seq - 1, prev, raw_.device.sign,
            nobody ? OfficerId{} : old->officer, nobody ? nullptr : &own_key_);
        if (how == Checkpoints::kDeviceSigns) {
            made.officer_key = old->officer_key;
            made.officer_signature = old->officer_signature;
        }
        return sync::encode_checkpoint(made);
    }

    Hash32 write(Log& log, Checkpoints how) {
        must(raw_.db.exec("DELETE FROM events"));
        Hash32 prev = sync::first_prev(raw_.origin.device);
        std::uint64_t seq = 0;
        for (Event& event : log) {
            event.seq = ++seq;
            event.prev = prev;
            if (event.type == EventType::kCheckpoint) {
                event.payload = checkpoint_payload(event, prev, how);
            }
            event.commitment = sync::commit(*event.salt, *event.payload);
            prev = sync::event_hash(raw_.origin.device, event);
            Statement insert = raw_.db
                                   .prepare(
                                       "INSERT INTO events VALUES(?, ?, ?, ?, ?, ?, ?, ?,"
                                       " ?, ?)")
                                   .value();
            insert.bind_all(event.seq, event.hlc.packed, event.officer.value, event.office.value,
                            static_cast<int>(event.type), event.commitment, event.prev, prev,
                            *event.salt, *event.payload);
            must(insert.run());
        }
        return prev;
    }

    void write_head(std::uint64_t seq, const Hash32& hash, Head how) {
        ByteReader old(old_head_);
        const ByteView tag = old.raw(8);
        old.raw(8 + 32);
        const OfficerId signer{old.fixed<16>()};
        const Signature signature = old.fixed<64>();
        ByteWriter out;
        out.raw(tag);
        out.u64(seq);
        out.raw(hash);
        out.raw(how == Head::kNobody ? OfficerId{}.bytes() : signer.bytes());
        out.raw(how == Head::kOwnKeySigns
                    ? sync::sign_as_officer(raw_.origin.device, seq, hash, signer, own_key_)
                          .officer_signature
                    : signature);
        must(meta_put(raw_.db, Meta::kHead, out.bytes()));
    }

    RawVault& raw_;
    fakes::SeededRandom random_;
    SignKey own_key_;
    Log log_;
    Bytes old_head_;
};

struct Change {
    std::string what;
    std::uint64_t at = 0;  ///< the first event that is no longer as it was
    Log log;
};

class Changes {
public:
    Changes(const Log& log, const SignKey& own_key) : log_(log), own_key_(own_key) {}

    /// Everything that can be done to the event at `index`.
    std::vector<Change> of(std::size_t index) {
        out_.clear();
        index_ = index;
        edit("payload", [](Event& event) { event.payload->at(event.payload->size() / 2) ^= 1U; });
        edit("longer payload", [](Event& event) { event.payload->push_back(0); });
        edit("salt", [](Event& event) { event.salt->at(3) ^= 1U; });
        edit("later", [](Event& event) { ++event.hlc.packed; });
        edit("earlier", [](Event& event) { --event.hlc.packed; });
        edit("office", [](Event& event) { event.office.value[0] ^= 1U; });
        for (const OfficerId& officer : officers()) {
            if (officer == log_[index].officer) continue;
            edit("officer", [&](Event& event) { event.officer = officer; });
        }
        for (const int type : {2, 3, 10, 11, 12, 13, 20, 21, 22, 23, 24, 30, 31, 32, 40, 50}) {
            if (log_[index].type == static_cast<EventType>(type)) continue;
            edit("type", [&](Event& event) { event.type = static_cast<EventType>(type); });
        }
        move_rows();
        forge();
        return std::move(out_);
    }

private:
    template <typename Edit>
    void edit(const char* what, Edit change) {
        Log log = log_;
        change(log[index_]);
        out_.push_back({what, index_ + 1, std::move(log)});
    }

    [[nodiscard]] std::set<OfficerId> officers() const {
        std::set<OfficerId> out{OfficerId{}};
        for (const Event& event : log_) out.insert(event.officer);
        return out;
    }

    void move_rows() {
        const auto at = static_cast<std::ptrdiff_t>(index_);
        Log log = log_;
        log.erase(log.begin() + at);
        out_.push_back({"removed", index_ + 1, log});
        log.push_back(log_[index_]);
        if (index_ + 1 < log_.size()) out_.push_back({"moved to the end", index_ + 1, log});
        log = log_;
        log.insert(log.begin() + at, log_[index_]);
        out_.push_back({"doubled", index_ + 2, log});
        if (index_ + 1 == log_.size()) return;
        log = log_;
        std::swap(log[index_], log[index_ + 1]);
        out_.push_back({"swapped", index_ + 1, log});
        log = Log(log_.begin(), log_.begin() + at + 1);
        out_.push_back({"cut off behind", index_ + 2, log});
    }

    /// New events in front of this one: a viewing that was none, a receipt of nobody's.
    void forge() {
        Event event = log_[index_];
        if (index_ == 0) return;
        event.hlc.packed = log_[index_ - 1].hlc.packed + 1;
        event.type = EventType::kLocked;
        event.officer = log_[0].officer;
        event.payload = encode_locked();
        insert("forged", event);
        event.officer = OfficerId{};
        insert("forged by nobody", event);
        sync::Receipt receipt;
        receipt.kind = sync::ReceiptKind::kOpened;
        receipt.batch_number = 2;
        for (const Event& each : log_) {
            if (each.type != EventType::kBatchSealed) continue;
            const BatchSealed batch = decode_batch_sealed(*each.payload).value();
            receipt.batch_number = batch.number;
            receipt.batch_hash = batch.hash;
            receipt.last_seq = batch.last_seq;
        }
        event.type = EventType::kBatchOpened;
        event.payload = sync::sign_receipt(receipt, own_key_);
        insert("forged receipt", event);
    }

    void insert(const char* what, const Event& event) {
        Log log = log_;
        log.insert(log.begin() + static_cast<std::ptrdiff_t>(index_), event);
        out_.push_back({what, index_ + 1, std::move(log)});
    }

    const Log& log_;
    const SignKey& own_key_;
    std::size_t index_ = 0;
    std::vector<Change> out_;
};

/// The newest checkpoint that signs event `at` too; 0 if only the head does.
std::uint64_t covering_checkpoint(const Log& log, std::uint64_t at) {
    for (std::uint64_t seq = at; seq <= log.size(); ++seq) {
        if (log[seq - 1].type == EventType::kCheckpoint && seq > at) return seq;
    }
    return 0;
}

}  // namespace

TEST_CASE("a log made anew to fit a change is found by the signatures of the officers") {
    Office office;
    live_small_log(office);
    RawVault raw = open_raw(office.vault_folder());
    Attacker attacker(raw);
    REQUIRE(attacker.report_on_original().intact);
    const Log& log = attacker.log();
    Changes changes(log, attacker.own_key());
    std::size_t tried = 0;
    std::size_t found = 0;
    std::size_t by_checkpoint = 0;
    const auto attempt = [&](const Change& change, Checkpoints checkpoints, Head head) {
        // A doubled checkpoint that is dropped again leaves the log as it was.
        if (change.what == "doubled" && change.at > log.size() &&
            checkpoints == Checkpoints::kDrop) {
            return;
        }
        const LogReport report = attacker.report_on(change.log, checkpoints, head);
        ++tried;
        if (!report.intact) ++found;
        CHECK_MESSAGE(!report.intact, change.what << " at " << change.at);
        const std::uint64_t checkpoint = covering_checkpoint(log, change.at);
        if (checkpoint == 0 || checkpoints == Checkpoints::kDrop) return;
        if (change.what == "cut off behind" || change.what == "removed") return;
        ++by_checkpoint;
        // At that checkpoint at the latest, which an insertion has moved by one.
        CHECK_MESSAGE(report.first_bad_seq <= checkpoint + 1, change.what << " at " << change.at);
    };
    for (std::size_t index = 0; index < log.size(); ++index) {
        for (const Change& change : changes.of(index)) {
            for (const Checkpoints how :
                 {Checkpoints::kLeave, Checkpoints::kDeviceSigns, Checkpoints::kOwnKeySigns,
                  Checkpoints::kNobodySigns, Checkpoints::kDrop}) {
                attempt(change, how, Head::kOwnKeySigns);
            }
            attempt(change, Checkpoints::kDrop, Head::kOldSignature);
            attempt(change, Checkpoints::kDrop, Head::kNobody);
        }
    }
    MESSAGE(found << " of " << tried << " rewritten logs found, " << by_checkpoint
                  << " of them by the next checkpoint");
    CHECK(found == tried);
    CHECK(tried > 5'000);
    CHECK(attacker.report_on_original().intact);
}

TEST_CASE("a log begun anew with another first officer is found by the papers of enrolment") {
    Office office;
    live_small_log(office);
    RawVault raw = open_raw(office.vault_folder());
    Attacker attacker(raw);
    const SignKey& own = attacker.own_key();
    Log log = attacker.log();
    for (Event& event : log) {
        if (event.type == EventType::kDeviceInitialised) {
            DeviceInitialised start = decode_device_initialised(*event.payload).value();
            start.officer_key = own.pub;
            event.payload = encode(start);
        } else if (event.type == EventType::kOfficerAdded) {
            event.payload = sign_officer_added(decode_officer_added(*event.payload).value(), own);
        } else if (event.type == EventType::kOfficerChanged) {
            event.payload =
                sign_officer_changed(decode_officer_changed(*event.payload).value(), own);
        }
    }
    // Left as they are, the papers name another officer's key.
    LogReport report = attacker.report_on(log, Checkpoints::kOwnKeySigns, Head::kOwnKeySigns);
    CHECK_FALSE(report.intact);
    CHECK(report.first_bad_seq == 1);
    // Made anew, headquarters has not confirmed them.
    auto request =
        sync::open_enrol_request(meta_get(raw.db, Meta::kEnrolRequest).value().value()).value();
    request.officer_key = own.pub;
    must(meta_put(raw.db, Meta::kEnrolRequest, sync::sign_enrol_request(request, raw.device.sign)));
    report = attacker.report_on(log, Checkpoints::kOwnKeySigns, Head::kOwnKeySigns);
    CHECK_FALSE(report.intact);
    CHECK(report.first_bad_seq == 1);
    // Without headquarters' receipt nothing here tells: so the attack itself is a good one.
    must(raw.db.exec("DELETE FROM meta WHERE name = 11"));
    report = attacker.report_on(log, Checkpoints::kOwnKeySigns, Head::kOwnKeySigns);
    CHECK_MESSAGE(report.intact, report.finding);
}
