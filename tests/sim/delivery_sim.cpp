#include "tests/sim/delivery_sim.h"

#include "tests/sim/office_sim.h"

namespace awda::sync::sim {

namespace {
constexpr std::size_t kRunsMax = 200;
}  // namespace

Fleet::Fleet(std::size_t batches, std::uint8_t fill) : log(fill) {
    fakes::SeededRandom random(2026);
    voucher = sample::id<VoucherId>(0x61);
    EnrolRequest request;
    request.voucher = voucher;
    request.device = log.device;
    request.office = log.office;
    request.device_sign = log.key.pub;
    enrol_request = sign_enrol_request(request, log.key);
    for (std::size_t i = 0; i < batches; ++i) {
        for (std::size_t r = 0; r <= i; ++r) log.add_record(static_cast<std::uint8_t>(1 + r));
        Bytes filler(200 + 700 * i);
        random.fill(filler);
        log.add(EventType::kExported, filler);
        seal(random);
    }
}

void Fleet::seal(Random& random) {
    const Known known{
        .priors = &PriorShelf::empty(), .history = [this](std::uint64_t seq, std::size_t most) {
            const auto end = log.events.begin() + static_cast<std::ptrdiff_t>(seq - 1);
            const auto count = std::min<std::ptrdiff_t>(end - log.events.begin(),
                                                        static_cast<std::ptrdiff_t>(most));
            return Result<std::vector<Event>>(std::vector<Event>(end - count, end));
        }};
    const Hash32 prev = sealed.empty() ? Hash32{} : sealed.back().hash;
    auto batch = seal_batch(log.input(sealed.size() + 1, prev, events_sealed, log.events.size()),
                            {hq.registry.pub}, log.key, random, known);
    AWDA_ASSERT(batch.ok());
    events_sealed = log.events.size();
    auths.push_back(sign_upload(log.key, batch->hash, batch->file.size()));
    sealed.push_back(std::move(batch).value());
}

SimResult simulate(const Fleet& fleet, std::uint64_t seed) {
    fakes::SeededRandom random(seed);
    OfficeSim office(fleet, random.next_u64(), 1 + random.next_u64() % fleet.sealed.size());
    while (!office.done() && office.so_far().runs < kRunsMax &&
           office.so_far().exchanges < kExchangesMax) {
        office.one_run();
        if (office.pick(3) == 0 || !office.faulty()) office.server().open_all();
    }
    return office.finish();
}

}  // namespace awda::sync::sim
