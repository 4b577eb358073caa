// sample: small, real-looking logs, batches and keys for the tests of sync. Threads: test thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "platform/crypto.h"
#include "sync/batch.h"
#include "sync/log/event.h"
#include "sync/record.h"
#include "sync/trust.h"
#include "tests/fakes/old_record.h"
#include "tests/fakes/seeded_random.h"

namespace awda::sync::sample {

template <typename IdType>
IdType id(std::uint8_t fill) {
    IdType out;
    out.value.fill(fill);
    return out;
}

inline SignKey sign_key(std::uint8_t fill) {
    return sign_key_from_seed(Bytes(32, fill));
}
inline SealKey seal_key(std::uint8_t fill) {
    return seal_key_from_secret(Bytes(32, fill));
}

/// Every key of a headquarters, made from fixed seeds.
struct Hq {
    std::array<SignKey, kRootKeys> roots{sign_key(1), sign_key(2), sign_key(3)};
    SignKey delegate = sign_key(4);
    SealKey registry = seal_key(5);
    SignKey stored = sign_key(6);
    SignKey opened = sign_key(7);
    HqKeys keys;
    Hq() {
        keys.version = 1;
        keys.issued_ms = 1'767'225'600'000;
        for (std::size_t i = 0; i < kRootKeys; ++i) keys.roots[i] = roots[i].pub;
        keys.delegate = delegate.pub;
        keys.registry = registry.pub;
        keys.stored_receipt = stored.pub;
        keys.opened_receipt = opened.pub;
        keys.protection = seal_key(8).pub;
        keys.recovery = {seal_key(9).pub, seal_key(10).pub, seal_key(11).pub};
        keys.tls_pins[0].fill(12);
        keys.tls_pins[1].fill(13);
    }
    [[nodiscard]] SignedHqKeys certified() const {
        SignedHqKeys out;
        out.body = encode_hq_keys(keys);
        out.signatures = {sign_hq_keys(out.body, 0, roots[0]), sign_hq_keys(out.body, 2, roots[2])};
        return out;
    }
};

/// Made on first use: keys need libsodium, which main starts.
inline const Hq& hq() {
    static const Hq hq;
    return hq;
}

inline Record record(std::uint8_t number) {
    Record out;
    out.instance = id<InstanceId>(number);
    out.root = out.instance;
    out.form_id = "returnee-intake";
    out.form_version = "2026-11-01";
    out.form_hash.fill(0x5a);
    out.language = "ar";
    out.started_ms = 1'767'225'600'000 + number * 60'000;
    out.finalised_ms = out.started_ms + 1'200'000;
    out.fields = {{"person/name", "زينب عبد الله"},
                  {"person/age", std::to_string(20 + number)},
                  {"family[1]", ""},
                  {"family[1]/name", "ئاراس"},
                  {"destination/governorate", "IQG15"}};
    return out;
}

/// A device's log, grown event by event.
class Log {
public:
    explicit Log(std::uint8_t fill = 0x21)
        : device(id<DeviceId>(fill)),
          key(sign_key(fill)),
          random_(fill),
          prev_(first_prev(device)) {}

    /// By a clock that shows so many milliseconds more than it should.
    UnixMs clock_off = 0;
    const Event& add(EventType type, Bytes payload, std::optional<Salt> salt = std::nullopt) {
        Event event;
        event.seq = events.size() + 1;
        hlc_ =
            next_hlc(hlc_, 1'767'225'600'000 + clock_off + static_cast<UnixMs>(event.seq) * 1000);
        event.hlc = hlc_;
        event.officer = officer;
        event.office = office;
        event.type = type;
        event.salt = salt;
        if (!salt) random_.fill(event.salt.emplace());
        event.commitment = commit(*event.salt, payload);
        event.prev = prev_;
        event.payload = std::move(payload);
        prev_ = event_hash(device, event);
        events.push_back(std::move(event));
        return events.back();
    }
    void add_record(std::uint8_t number) {
        const RecordPayload signed_record =
            fakes::old_record(encode_record(record(number)), officer, officer_key);
        add(EventType::kRecordFinalised, encode_record_payload(signed_record));
    }
    /// One as it is written today.
    void add_covered_record(std::uint8_t number, Bytes sealed = {}) {
        add(EventType::kRecordFinalised, encode_record_payload(make_record_payload(
                                             encode_record(record(number)), std::move(sealed))));
    }
    void add_checkpoint() {
        add(EventType::kCheckpoint, encode_checkpoint(sign_checkpoint(device, events.size(), prev_,
                                                                      key, officer, &officer_key)));
    }
    /// Seals events (from, to], counted from 1.
    [[nodiscard]] BatchInput input(std::uint64_t number, const Hash32& prev_batch, std::size_t from,
                                   std::size_t to) const {
        return BatchInput{.device = device,
                          .number = number,
                          .prev_batch = prev_batch,
                          .claimed_ms = 1'767'229'200'000,
                          .events = {events.begin() + static_cast<std::ptrdiff_t>(from),
                                     events.begin() + static_cast<std::ptrdiff_t>(to)},
                          .salt_seeds = {}};
    }
    [[nodiscard]] const Hash32& head() const { return prev_; }

    DeviceId device;
    SignKey key;
    OfficeId office = id<OfficeId>(0x31);
    OfficerId officer = id<OfficerId>(0x32);
    SignKey officer_key = sign_key(0x33);
    std::vector<Event> events;

private:
    fakes::SeededRandom random_;
    Hlc hlc_;
    Hash32 prev_;
};

/// Five events: begun, unlocked, two records, a checkpoint.
inline Log small_log() {
    Log log;
    log.add(EventType::kDeviceInitialised, to_bytes("device"));
    log.add(EventType::kUnlocked, {});
    log.add_record(1);
    log.add_record(2);
    log.add_checkpoint();
    return log;
}

inline SealedBatch small_batch(const Log& log, const SealPublic& recipient) {
    fakes::SeededRandom random(99);
    auto sealed =
        seal_batch(log.input(1, Hash32{}, 0, log.events.size()), {recipient}, log.key, random);
    AWDA_ASSERT(sealed.ok());
    return std::move(sealed).value();
}

inline bool same(const Event& a, const Event& b) {
    return a.seq == b.seq && a.hlc == b.hlc && a.officer == b.officer && a.office == b.office &&
           a.type == b.type && a.commitment == b.commitment && a.prev == b.prev &&
           a.salt == b.salt && a.payload == b.payload;
}

}  // namespace awda::sync::sample
