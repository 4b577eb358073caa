#include "tests/sim/week_sim.h"

#include <memory>
#include <vector>

#include "tests/sim/office_sim.h"
#include "tests/sync/log_reader.h"

namespace awda::sync::sim {

namespace {

constexpr std::size_t kOffices = 6;
constexpr std::size_t kHours = 7 * 24;
constexpr UnixMs kYearMs = UnixMs{365} * 24 * 3'600'000;
constexpr std::size_t kHourExchanges = 12;  ///< of a link that is up
constexpr std::size_t kLastRunsMax = 400;

/// What a messenger carries, one way and back.
struct Stick {
    std::size_t office = 0;
    std::size_t arrives = 0;  ///< hour
    bool home = false;        ///< on its way back
    std::vector<Bytes> files;
    std::vector<Bytes> receipts;
};

/// How an office is connected; what it is decides what comes by stick.
enum class Line : std::uint8_t { kGood, kBad, kNone, kCount };

struct Place {
    Place(std::uint8_t fill, std::uint64_t seed)
        : fleet(0, fill), sim(std::make_unique<OfficeSim>(fleet, seed, 0)) {
        sim->keep_no_backups();
    }
    Fleet fleet;
    std::unique_ptr<OfficeSim> sim;
    Line line = Line::kGood;
    std::uint8_t records = 0;
};

class Week {
public:
    explicit Week(std::uint64_t seed) : random_(seed) {
        for (std::size_t i = 0; i < kOffices; ++i) {
            auto place =
                std::make_unique<Place>(static_cast<std::uint8_t>(0x21 + i), random_.next_u64());
            place->line = static_cast<Line>(pick(static_cast<std::uint64_t>(Line::kCount)));
            place->fleet.log.clock_off = static_cast<UnixMs>(pick(9)) * kYearMs - 4 * kYearMs;
            place->sim->faults_end_after(kExchangesMax);
            places_.push_back(std::move(place));
        }
    }

    WeekResult run() {
        for (hour_ = 0; hour_ < kHours; ++hour_) {
            for (std::size_t i = 0; i < kOffices; ++i) an_hour(i);
            sticks_arrive(false);
        }
        for (std::size_t i = 0; i < kOffices; ++i) the_eighth_day(*places_[i]);
        sticks_arrive(true);
        return result();
    }

private:
    std::uint64_t pick(std::uint64_t below) { return random_.next_u64() % below; }

    void an_hour(std::size_t office) {
        Place& place = *places_[office];
        const bool at_work = hour_ % 24 >= 8 && hour_ % 24 < 15;
        if (at_work) work(place);
        if (at_work && pick(8) == 0) seal(place);
        if (pick(40) == 0)
            place.fleet.log.clock_off += static_cast<UnixMs>(pick(3)) * kYearMs - kYearMs;
        const std::uint64_t chance = place.line == Line::kGood ? 60 : 15;
        const bool something = !place.fleet.sealed.empty();
        if (place.line != Line::kNone && something && pick(100) < chance) {
            place.sim->one_run(1 + pick(kHourExchanges));
            if (pick(2) == 0) place.sim->server().open_all();
        }
        if (pick(30) == 0) send_stick(office);
    }

    void work(Place& place) {
        const std::uint64_t records = pick(3);
        for (std::uint64_t i = 0; i < records; ++i) place.fleet.log.add_record(++place.records);
        if (pick(4) == 0) place.fleet.log.add_checkpoint();
    }

    void seal(Place& place) {
        if (place.fleet.log.events.size() == place.fleet.events_sealed) return;
        place.fleet.seal(random_);
        place.sim->grow(place.fleet.sealed.size());
    }

    /// Everything without an opened receipt, in any order; some sticks are copied, some get lost.
    void send_stick(std::size_t office) {
        Place& place = *places_[office];
        Stick stick{office, hour_ + 1 + pick(60), false, {}, {}};
        for (std::size_t i = 0; i < place.fleet.sealed.size(); ++i) {
            if (!place.sim->disk().opened[i]) stick.files.push_back(place.fleet.sealed[i].file);
        }
        for (std::size_t i = stick.files.size(); i > 1; --i) {
            std::swap(stick.files[i - 1], stick.files[pick(i)]);
        }
        if (pick(6) == 0) return;  // lost
        if (pick(4) == 0) {
            sticks_.push_back(stick);
            sticks_.back().arrives += pick(40);
        }
        sticks_.push_back(std::move(stick));
    }

    void sticks_arrive(bool all) {
        for (std::size_t i = 0; i < sticks_.size(); ++i) {
            if (!all && sticks_[i].arrives > hour_) continue;
            Stick stick = std::move(sticks_[i]);
            sticks_.erase(sticks_.begin() + static_cast<std::ptrdiff_t>(i--));
            if (stick.home) {
                for (const Bytes& body : stick.receipts) {
                    places_[stick.office]->sim->take_receipts(body);
                }
            } else {
                take_in(stick);
            }
        }
    }

    /// As central does: by number, whatever the order on the stick.
    void take_in(Stick& stick) {
        Place& place = *places_[stick.office];
        std::ranges::sort(stick.files, {},
                          [](const Bytes& file) { return peek_batch(file)->number; });
        ModelServer& server = place.sim->server();
        for (const Bytes& file : stick.files) {
            const std::size_t held = server.held();
            server.take_file(file, place.fleet.log.device, place.fleet.log.key.pub);
            by_stick_ += server.held() - held;
        }
        if (pick(2) == 0) server.open_all();
        for (const Bytes& file : stick.files) {
            if (auto body = server.receipts_for(hash32(file))) {
                stick.receipts.push_back(*std::move(body));
            }
        }
        if (pick(6) == 0) return;  // lost on its way home
        stick.home = true;
        stick.arrives = hour_ + 1 + pick(60);
        sticks_.push_back(std::move(stick));
    }

    void the_eighth_day(Place& place) {
        seal(place);
        place.sim->faults_end_after(0);
        for (std::size_t runs = 0; runs < kLastRunsMax && !place.sim->done(); ++runs) {
            place.sim->one_run();
            place.sim->server().open_all();
        }
    }

    WeekResult result() {
        WeekResult out;
        out.delivered = out.agreed = out.same_logs = true;
        out.by_stick = by_stick_;
        Hasher trace;
        for (const auto& place : places_) {
            const SimResult one = place->sim->finish();
            out.delivered = out.delivered && one.delivered;
            out.agreed = out.agreed && one.server_agrees;
            out.same_logs = out.same_logs && reads_the_same(*place);
            if (out.broken_rule.empty()) out.broken_rule = one.broken_rule;
            out.events += place->fleet.log.events.size();
            out.batches += place->fleet.sealed.size();
            out.cuts += one.cuts;
            out.exchanges += one.exchanges;
            trace.add(one.trace);
            trace.add(place->fleet.log.head());
        }
        out.trace = trace.finish();
        return out;
    }

    static bool reads_the_same(const Place& place) {
        std::vector<Bytes> files;
        for (const SealedBatch& batch : place.fleet.sealed) files.push_back(batch.file);
        sample::LogReader reader(place.fleet.log.key.pub, place.fleet.hq.registry);
        const auto events = reader.open_all(std::move(files));
        return events.ok() &&
               std::equal(events->begin(), events->end(), place.fleet.log.events.begin(),
                          place.fleet.log.events.end(), sample::same);
    }

    fakes::SeededRandom random_;
    std::vector<std::unique_ptr<Place>> places_;
    std::vector<Stick> sticks_;
    std::size_t hour_ = 0;
    std::size_t by_stick_ = 0;
};

}  // namespace

WeekResult simulate_week(std::uint64_t seed) {
    return Week(seed).run();
}

}  // namespace awda::sync::sim
