// Envelopes at central: the same rules as over the network, in any order, any number of times.
#include <cstdlib>
#include <filesystem>
#include <set>

#include "sync/central/envelope.h"
#include "sync/envelope_carry.h"
#include "sync/outbox_folder.h"
#include "tests/central/fixture.h"

using namespace awda;
using namespace awda::central;
using namespace awda::central::testing;
using sync::EnvelopeKind;
using sync::NumberRange;

namespace {

/// An office's computer with an outbox of its own, that delivers by stick or by network.
struct Traveller {
    Branch branch;
    sync::OutboxFolder outbox;
    std::vector<sync::SealedBatch> sealed;

    Traveller(Headquarters& hq, std::uint64_t seed)
        : branch(hq, seed),
          outbox(sync::OutboxFolder::open(hq.folder / ("outbox" + std::to_string(seed))).value()) {
        REQUIRE(outbox.put_enrol_request(branch.enrol_request()).ok());
    }
    void seal() {
        sealed.push_back(sealed.empty() ? branch.first_batch() : next_batch());
        const sync::SealedBatch& batch = sealed.back();
        REQUIRE(
            outbox
                .put_batch(batch, sync::sign_upload(branch.sign_key, batch.hash, batch.file.size()))
                .ok());
    }
    sync::SealedBatch next_batch() {
        branch.finalise(branch.record({{"person/name", "سعاد"}}));
        return branch.seal();
    }
    void carry_out(const Path& stick) {
        REQUIRE_FALSE(sync::export_outbox(outbox, branch.device, stick)->error.has_value());
    }
    sync::EnvelopeImport carry_home(const Path& stick) {
        return sync::import_receipts(outbox, branch.device, branch.voucher.hq, stick).value();
    }
    /// What the network would do with the first batch that is not stored; false if there is none.
    bool upload_one(Registry& registry) {
        const auto batches = outbox.batches().value();
        for (const sync::OutboxBatch& held : batches) {
            if (held.stored) continue;
            const Answer enrolled = registry.ingest.enrol(branch.enrol_request()).value();
            REQUIRE(outbox.save_enrolment(enrolled.body).ok());
            const Answer answer =
                registry.upload(branch.device, sealed[static_cast<std::size_t>(held.number - 1)]);
            if (answer.problem != sync::Problem::kNone) return false;
            const auto receipts = sync::decode_receipts(answer.body).value();
            for (const Bytes& bytes : receipts) {
                const auto kind = sync::open_receipt(bytes, branch.voucher.hq)->kind;
                REQUIRE(outbox.save_receipt(held.number, kind, bytes).ok());
            }
            return true;
        }
        return false;
    }
    [[nodiscard]] bool all_opened() {
        return std::ranges::all_of(outbox.batches().value(), &sync::OutboxBatch::opened);
    }
};

struct World {
    Headquarters hq;
    Registry registry{hq};
    Path stick = hq.folder / "stick";

    TakenPart take() {
        const TakenEnvelope taken = take_all(stick);
        REQUIRE(taken.parts.size() == 1);
        return taken.parts[0];
    }
    TakenEnvelope take_all(const Path& folder) {
        return take_envelope(registry.store, *registry.spool, registry.ingest, folder).value();
    }
};

std::uint64_t seed_of_run() {
    const char* given = std::getenv("AWDA_SIM_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : 20261127;
}

}  // namespace

TEST_CASE("a computer that nobody heard from is enrolled, its batches opened, all answered") {
    World world;
    Traveller office(world.hq, 1);
    office.seal();
    office.seal();
    office.carry_out(world.stick);
    const TakenPart taken = world.take();
    CHECK(taken.enrolled);
    CHECK(taken.office == "دهوك");
    CHECK(taken.stored == std::vector<std::uint64_t>{1, 2});
    CHECK(taken.opened == taken.stored);
    CHECK(taken.answers == 5);
    CHECK(records_of(world.registry.store).size() == 2);
    const sync::EnvelopeImport home = office.carry_home(world.stick);
    CHECK(home.enrolled);
    CHECK(home.opened == 2);
    CHECK(home.refused == 0);
    CHECK(office.all_opened());
}

TEST_CASE("the same envelope again changes nothing, neither here nor on the stick") {
    World world;
    Traveller office(world.hq, 1);
    office.seal();
    office.carry_out(world.stick);
    world.take();
    const TakenPart again = world.take();
    CHECK_FALSE(again.enrolled);
    CHECK(again.stored.empty());
    CHECK(again.again == 1);
    CHECK(again.answers == 0);
    CHECK(again.forks.empty());
    CHECK(records_of(world.registry.store).size() == 1);
    CHECK(world.registry.store.totals()->batches == 1);
}

TEST_CASE("a batch before its turn is kept, what is missing is named, and later it is taken") {
    World world;
    Traveller office(world.hq, 1);
    for (int i = 0; i < 5; ++i) office.seal();
    office.carry_out(world.stick);
    const auto file = [&](std::size_t number) {
        return world.stick / to_text(office.branch.device) /
               sync::envelope_name(sync::envelope_file(EnvelopeKind::kBatch, number,
                                                       office.sealed[number - 1].hash));
    };
    const Path other = world.hq.folder / "other-stick";
    office.carry_out(other);
    for (const std::size_t number : {1U, 2U, 4U}) std::filesystem::remove(file(number));
    const TakenPart early = world.take();
    CHECK(early.stored.empty());
    CHECK(early.missing == std::vector<NumberRange>{{1, 2}, {4, 4}});
    CHECK(records_of(world.registry.store).empty());
    // The stick with 3 and 5 is gone; the other one brings all but them.
    for (const std::size_t number : {3U, 5U}) {
        std::filesystem::remove(other / to_text(office.branch.device) / file(number).filename());
    }
    const TakenEnvelope late = world.take_all(other);
    CHECK(late.parts[0].stored == std::vector<std::uint64_t>{1, 2, 3, 4, 5});
    CHECK(late.parts[0].missing.empty());
    CHECK(records_of(world.registry.store).size() == 5);
    CHECK(office.carry_home(other).opened == 5);
}

TEST_CASE("a copied vault is named, its batch kept apart, and the answer proves it to the copy") {
    World world;
    Traveller office(world.hq, 1);
    office.seal();
    Traveller copy(world.hq, 2);
    Branch stolen(office.branch);
    office.seal();
    office.carry_out(world.stick);
    world.take();
    // The copy goes on from batch 1 by itself.
    stolen.finalise(stolen.record({{"person/name", "غيرها"}}));
    const sync::SealedBatch forked = stolen.seal();
    REQUIRE(copy.outbox.put_enrol_request(stolen.enrol_request()).ok());
    REQUIRE(
        copy.outbox
            .put_batch(forked, sync::sign_upload(stolen.sign_key, forked.hash, forked.file.size()))
            .ok());
    const Path other = world.hq.folder / "other-stick";
    REQUIRE(sync::export_outbox(copy.outbox, stolen.device, other).ok());
    for (int times = 0; times < 2; ++times) {
        const TakenEnvelope taken = world.take_all(other);
        CHECK(taken.parts[0].forks == std::vector<std::uint64_t>{2});
        CHECK(taken.parts[0].stored.empty());
    }
    CHECK(world.registry.store.totals()->forks == 1);
    CHECK(file_exists(world.hq.data() / "quarantine" / (to_hex(forked.hash) + ".awb")));
    const auto home = sync::import_receipts(copy.outbox, stolen.device, world.hq.hq, other);
    CHECK(home->forks == std::vector<std::uint64_t>{2});
    CHECK(copy.outbox.forked().value());
    CHECK(office.carry_home(world.stick).forks.empty());
}

TEST_CASE("damaged, swapped and foreign files are refused, and nothing is made of them") {
    World world;
    Traveller office(world.hq, 1);
    Traveller other(world.hq, 2);
    office.seal();
    office.seal();
    other.seal();
    office.carry_out(world.stick);
    const Path own = world.stick / to_text(office.branch.device);
    const auto name = [&](std::size_t number) {
        return own / sync::envelope_name(sync::envelope_file(EnvelopeKind::kBatch, number,
                                                             office.sealed[number - 1].hash));
    };
    REQUIRE(atomic_write(name(1), other.sealed[0].file).ok());
    Bytes cut = office.sealed[1].file;
    cut.pop_back();
    REQUIRE(atomic_write(name(2), cut).ok());
    const TakenPart taken = world.take();
    CHECK(taken.known);
    CHECK(taken.refused.size() == 2);
    CHECK(taken.stored.empty());
    CHECK(world.registry.store.totals()->batches == 0);
    CHECK(world.registry.spool->parts()->empty());
    // Another computer's genuine batch under a true name, in our folder.
    std::filesystem::remove(name(1));
    const auto foreign = sync::envelope_file(EnvelopeKind::kBatch, 1, other.sealed[0].hash);
    REQUIRE(atomic_write(own / sync::envelope_name(foreign), other.sealed[0].file).ok());
    CHECK(world.take().refused.size() == 2);
    CHECK(world.registry.store.totals()->batches == 0);
}

TEST_CASE("a computer without a voucher of ours is neither taken nor answered") {
    World world;
    Headquarters elsewhere;
    Traveller stranger(elsewhere, 1);
    stranger.seal();
    stranger.carry_out(world.stick);
    const TakenPart taken = world.take();
    CHECK_FALSE(taken.known);
    CHECK(taken.enrolment == sync::Problem::kVoucherUnknown);
    CHECK(taken.stored.empty());
    CHECK(taken.answers == 0);
    CHECK(stranger.carry_home(world.stick).enrolled == false);
    // A request in another computer's folder enrols nobody.
    Traveller office(world.hq, 2);
    const Path folder = world.stick / to_text(stranger.branch.device);
    REQUIRE(atomic_write(folder / "enrol.request", office.branch.enrol_request()).ok());
    CHECK(world.take().refused[0].why == Errc::kAltered);
    CHECK(world.registry.store.devices()->empty());
}

TEST_CASE("an upload that broke off goes on from a stick, and a wrong beginning does no harm") {
    World world;
    Traveller office(world.hq, 1);
    office.seal();
    office.seal();
    for (std::size_t i = 0; i < 2; ++i) {
        const sync::SealedBatch& batch = office.sealed[i];
        auto writer = world.registry.spool->begin(batch.hash, batch.file.size()).value();
        Bytes start(batch.file.begin(), batch.file.begin() + 100);
        if (i == 1) start[50] ^= 1;
        REQUIRE(writer.append(start).ok());
        REQUIRE(writer.sync().ok());
    }
    office.carry_out(world.stick);
    CHECK(world.take().opened == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("batches that went over the network are answered on the stick as well") {
    World world;
    Traveller office(world.hq, 1);
    office.seal();
    REQUIRE(office.upload_one(world.registry));
    REQUIRE(office.outbox.drop_enrolment().ok());
    CHECK(answer_envelope(world.registry.store, world.stick, office.branch.device, {}).value() ==
          3);
    CHECK(office.carry_home(world.stick).enrolled);
    CHECK(answer_envelope(world.registry.store, world.stick, DeviceId{}, {}).error().code ==
          Errc::kNotFound);
}

TEST_CASE("answers that cannot be written are told, and what was taken stays taken") {
    World world;
    Traveller office(world.hq, 1);
    office.seal();
    office.carry_out(world.stick);
    const auto answer = sync::envelope_file(EnvelopeKind::kStored, 1, office.sealed[0].hash);
    const Path in_the_way =
        world.stick / to_text(office.branch.device) / sync::envelope_name(answer);
    REQUIRE(make_folder(in_the_way).ok());
    const TakenPart taken = world.take();
    REQUIRE(taken.unanswered.has_value());
    CHECK(taken.unanswered->code == Errc::kFileExists);
    CHECK(taken.opened.size() == 1);
    std::filesystem::remove(in_the_way);
    CHECK_FALSE(world.take().unanswered.has_value());
    CHECK(office.carry_home(world.stick).opened == 1);
}

TEST_CASE("two offices, many trips in odd orders, network in between: none lost, none twice") {
    const std::uint64_t seed = seed_of_run();
    CAPTURE(seed);
    for (std::uint64_t round = 0; round < 6; ++round) {
        fakes::SeededRandom random(seed + round);
        const auto dice = [&random](std::uint64_t n) { return random.next_u64() % n; };
        World world;
        Traveller offices[] = {Traveller(world.hq, 1), Traveller(world.hq, 2)};
        std::vector<Path> sticks;
        for (int i = 0; i < 3; ++i) {
            sticks.push_back(world.hq.folder / ("stick" + std::to_string(i)));
            REQUIRE(make_folder(sticks.back()).ok());
        }
        for (int step = 0; step < 40; ++step) {
            Traveller& office = offices[dice(2)];
            const Path& stick = sticks[dice(sticks.size())];
            switch (dice(6)) {
                case 0: office.seal(); break;
                case 1: office.carry_out(stick); break;
                case 2: world.take_all(stick); break;
                case 3: office.carry_home(stick); break;
                case 4: office.upload_one(world.registry); break;
                default: {  // a file gets lost on the way
                    const auto found = sync::list_envelope(stick).value();
                    if (found.devices.empty() || found.devices[0].files.empty()) break;
                    const sync::DevicePart& part = found.devices[0];
                    const auto& file = part.files[dice(part.files.size())];
                    std::filesystem::remove(part.folder / sync::envelope_name(file));
                }
            }
        }
        // One last trip each.
        for (Traveller& office : offices) {
            office.seal();
            office.carry_out(sticks[0]);
        }
        for (const TakenPart& part : world.take_all(sticks[0]).parts) {
            CHECK(part.forks.empty());
            CHECK(part.missing.empty());
            CHECK(part.refused.empty());
        }
        std::size_t sealed = 0;
        for (Traveller& office : offices) {
            office.carry_home(sticks[0]);
            CHECK(office.all_opened());
            CHECK_FALSE(office.outbox.forked().value());
            sealed += office.sealed.size();
        }
        std::set<std::string> instances;
        const auto records = records_of(world.registry.store);
        for (const RecordRow& row : records) instances.insert(to_text(row.record.instance));
        CHECK(records.size() == sealed);
        CHECK(instances.size() == sealed);
        CHECK(world.registry.store.totals()->conflicts == 0);
    }
}
