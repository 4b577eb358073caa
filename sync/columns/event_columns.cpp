#include "sync/columns/event_columns.h"

#include <algorithm>

#include "platform/codec.h"
#include "sync/columns/event_model.h"

namespace awda::sync {

namespace {

using columns::BitCoder;
using columns::EventModel;
using columns::Symbols;

enum : std::uint32_t { kCount = 400, kSeeds, kSeedSeq, kDerived };  // kinds of numbers
constexpr std::size_t kSeedsMax = 1024;

template <std::size_t N>
void code_even(Symbols& symbols, std::array<std::uint8_t, N>& bytes) {
    for (std::uint8_t& byte : bytes) {
        byte = static_cast<std::uint8_t>(symbols.even_bits(byte, 8));
    }
}

const SaltSeed* seed_for(const std::vector<SaltSeed>& seeds, std::uint64_t seq) {
    const auto behind = std::ranges::upper_bound(seeds, seq, {}, &SaltSeed::first_seq);
    return behind == seeds.begin() ? nullptr : &*std::prev(behind);
}

/// Those that an event here has its salt from.
std::vector<SaltSeed> seeds_used(const std::vector<Event>& events,
                                 const std::vector<SaltSeed>& seeds) {
    std::vector<SaltSeed> used;
    for (const Event& event : events) {
        const SaltSeed* seed = seed_for(seeds, event.seq);
        if (seed == nullptr || (!used.empty() && used.back() == *seed)) continue;
        if (derive_salt(*seed, event.seq) == *event.salt && used.size() < kSeedsMax) {
            used.push_back(*seed);
        }
    }
    return used;
}

void code_seeds(Symbols& symbols, std::vector<SaltSeed>& seeds) {
    seeds.resize(std::min<std::uint64_t>(symbols.number(kSeeds, 0, seeds.size()), kSeedsMax));
    for (SaltSeed& seed : seeds) {
        seed.first_seq = symbols.number(kSeedSeq, 0, seed.first_seq);
        code_even(symbols, seed.seed);
    }
}

void code_salt(Symbols& symbols, const std::vector<SaltSeed>& seeds, Event& event) {
    const SaltSeed* seed = seed_for(seeds, event.seq);
    Salt salt = event.salt.value_or(Salt{});
    if (seed != nullptr) {
        const Salt derived = derive_salt(*seed, event.seq);
        columns::Contexts contexts;
        contexts.add(kDerived);
        if (symbols.flag(columns::Kind::kFlag, kDerived, contexts, salt == derived)) {
            event.salt = derived;
            return;
        }
    }
    code_even(symbols, salt);
    event.salt = salt;
}

/// The priors of the forms whose records are among the events, in the order in which they come.
std::vector<PriorId> priors_for(const std::vector<Event>& events, const PriorShelf& shelf) {
    std::vector<PriorId> ids;
    for (const Event& event : events) {
        if (event.type != EventType::kRecordFinalised || ids.size() == kPriorsMax) continue;
        const auto payload = decode_record_payload(*event.payload);
        if (!payload.ok()) continue;
        const auto record = decode_record(payload->record);
        if (!record.ok()) continue;
        const PriorId* id = shelf.find(record->form_id, record->form_version);
        if (id != nullptr && std::ranges::find(ids, *id) == ids.end()) ids.push_back(*id);
    }
    return ids;
}

/// What of the log before is worth reading: the newest, and nothing beyond a payload that is gone.
Result<std::vector<Event>> history_for(const Known& known, std::uint64_t seq) {
    if (!known.history || seq <= 1) return std::vector<Event>();
    std::vector<Event> events = AWDA_TRY(known.history(seq, kHistoryEventsMax));
    std::size_t bytes = 0;
    auto first = events.end();
    while (first != events.begin() && std::prev(first)->payload &&
           bytes + std::prev(first)->payload->size() <= kHistoryBytesMax) {
        --first;
        bytes += first->payload->size();
    }
    events.erase(events.begin(), first);
    return events;
}

/// All of it, or it cannot be read.
Result<std::vector<Event>> history_told(const Known& known, std::uint64_t seq,
                                        std::uint64_t count) {
    if (count == 0) return std::vector<Event>();
    if (count > kHistoryEventsMax) return Error(Errc::kTooLarge, "what a batch leans on");
    if (!known.history) return Error(Errc::kPriorMissing, "the log before a batch");
    std::vector<Event> events = AWDA_TRY(known.history(seq, count));
    const auto erased = [](const Event& event) { return !event.payload; };
    if (events.size() != count || std::ranges::any_of(events, erased)) {
        return Error(Errc::kPriorMissing, "the log before a batch");
    }
    return events;
}

/// Learns from events that both sides have, as if they were written to nobody.
void learn(EventModel& model, const std::vector<Event>& history) {
    BitCoder nobody;
    Symbols symbols(model.mixer(), nobody, ~std::uint64_t{0});
    for (const Event& event : history) {
        Event copy = event;
        model.event(symbols, copy);
    }
}

/// What the chain says of the events once their payloads and salts are there.
void link(std::vector<Event>& events, const UnpackBounds& bounds) {
    Hash32 before = bounds.prev;
    for (Event& event : events) {
        event.prev = before;
        event.commitment = commit(*event.salt, *event.payload);
        before = event_hash(bounds.device, event);
    }
}

}  // namespace

Result<Bytes> pack_events(const std::vector<Event>& events, const std::vector<SaltSeed>& seeds,
                          const Known& known) {
    const auto erased = [](const Event& event) { return !event.payload || !event.salt; };
    if (std::ranges::any_of(events, erased)) {
        return Error(Errc::kMalformed, "an event to be sent has lost its payload");
    }
    const std::vector<PriorId> ids = priors_for(events, *known.priors);
    const auto model = AWDA_TRY(known.priors->primed(ids));
    const std::vector<Event> history =
        AWDA_TRY(history_for(known, events.empty() ? 0 : events.front().seq));
    learn(*model, history);
    BitCoder coder;
    Symbols symbols(model->mixer(), coder, ~std::uint64_t{0});
    symbols.number(kCount, 0, events.size());
    std::vector<SaltSeed> used = seeds_used(events, seeds);
    code_seeds(symbols, used);
    for (const Event& event : events) {
        Event copy = event;
        model->event(symbols, copy);
        code_salt(symbols, used, copy);
    }
    ByteWriter out;
    out.u8(static_cast<std::uint8_t>(ids.size()));
    for (const PriorId& id : ids) out.raw(id);
    out.varint(history.size());
    out.raw(coder.finish());
    return out.take();
}

Result<std::vector<Event>> unpack_events(ByteView packed, const UnpackBounds& bounds,
                                         const Known& known) {
    ByteReader in(packed);
    std::vector<PriorId> ids(in.u8());
    if (ids.size() > kPriorsMax) return Error(Errc::kTooLarge, "a batch's priors");
    for (PriorId& id : ids) id = in.fixed<std::tuple_size_v<PriorId>>();
    const std::uint64_t leans_on = in.varint();
    AWDA_CHECK(in.done(ByteReader::Rest::kAllowed));
    const auto model = AWDA_TRY(known.priors->primed(ids));
    learn(*model, AWDA_TRY(history_told(known, bounds.first_seq, leans_on)));
    BitCoder coder(packed.subspan(in.position()));
    Symbols symbols(model->mixer(), coder, bounds.plain_max);
    const std::uint64_t count = symbols.number(kCount, 0, 0);
    if (count > bounds.count_max) return Error(Errc::kTooLarge, "more events than may be");
    std::vector<SaltSeed> seeds;
    code_seeds(symbols, seeds);
    if (!std::ranges::is_sorted(seeds, {}, &SaltSeed::first_seq)) symbols.fail();
    std::vector<Event> events(count);
    std::uint64_t seq = bounds.first_seq;
    for (Event& event : events) {
        event.seq = seq++;
        model->event(symbols, event);
        code_salt(symbols, seeds, event);
        if (symbols.failed()) return Error(Errc::kMalformed, "packed events");
    }
    link(events, bounds);
    return events;
}

}  // namespace awda::sync
