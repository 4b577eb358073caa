// Protected answers at headquarters: central keeps them as they came and opens none; the protection
// unit opens what is handed over to it, and both leave a trace.
#include <doctest/doctest.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sync/central/commands.h"
#include "sync/central/export.h"
#include "sync/protection_paper.h"
#include "sync/sealed_part.h"
#include "tests/central/fixture.h"
#include "tests/fakes/old_record.h"

using namespace awda;
using namespace awda::central;
using namespace awda::central::testing;

namespace {

/// What a command prints, as its one JSON document.
template <typename Command>
nlohmann::json printed(const Command& command, int expected = 0) {
    std::ostringstream out;
    std::streambuf* const before = std::cout.rdbuf(out.rdbuf());
    const int code = command();
    std::cout.rdbuf(before);
    CHECK_MESSAGE(code == expected, out.str());
    return nlohmann::json::parse(out.str());
}

/// Both ways in which a record says whose it is.
enum class Version : std::uint8_t { kOld, kCovered };

struct World {
    Headquarters hq;
    Branch branch{hq};
    Registry registry{hq};
    sync::Record record;
    explicit World(Version version = Version::kCovered) {
        REQUIRE(registry.ingest.enrol(branch.enrol_request()).value().problem ==
                sync::Problem::kNone);
        branch.begin_log();
        record = branch.record({{"person/name", "زينب"}});
        const sync::PartKey key = sync::new_part_key(std::vector{hq.hq.protection}, branch.random);
        Bytes sealed = sync::encode_compartment(std::vector{
            sync::seal_part(key, record.root, {}, {{"harmpath", "zqharm"}}, branch.random)});
        if (version == Version::kCovered) {
            branch.finalise_covered(record, branch.officer, std::move(sealed));
        } else {
            branch.add(sync::EventType::kRecordFinalised,
                       sync::encode_record_payload(
                           fakes::old_record(sync::encode_record(record), branch.officer,
                                             branch.officer_key, std::move(sealed))));
        }
        branch.add(sync::EventType::kLocked, to_bytes("locked"));
        branch.checkpoint();
        REQUIRE(registry.upload(branch.device, branch.seal()).problem == sync::Problem::kNone);
        REQUIRE(registry.store.problems().value().empty());
    }
    [[nodiscard]] Common common() const {
        return {.json = true, .data = hq.data(), .keys = hq.keys(), .database = hq.database};
    }
    [[nodiscard]] std::int64_t audited() {
        return registry.store.database()
            .query_integer("SELECT count(*) FROM audit WHERE action = 'protection-hand-over'")
            .value();
    }
};

}  // namespace

TEST_CASE("a record with sealed answers is taken in, and no export shows a column of them") {
    World world;
    ExportOptions options;
    options.form_id = "returnee-intake";
    options.target = world.hq.folder / "out";
    const sync::PlainGate gate;
    REQUIRE(export_csv(world.registry.store, options, gate, world.hq.clock).ok());
    const Bytes file = read_file(options.target / "returnee-intake.csv").value();
    const std::string text(as_text(file));
    CHECK(text.find("زينب") != std::string::npos);
    CHECK(text.find("harmpath") == std::string::npos);
    CHECK(text.find("zqharm") == std::string::npos);
    const Bytes kept =
        *world.registry.store.record_source(world.record.instance).value().events.front().payload;
    const std::string held(as_text(kept));
    CHECK(held.find("زينب") != std::string::npos);
    CHECK(held.find("harmpath") == std::string::npos);
    CHECK(held.find("zqharm") == std::string::npos);
    // Not even with the registry's key, for that is no recipient.
    const auto parts =
        sync::decode_compartment(sync::decode_record_payload(kept).value().sealed).value();
    CHECK(sync::open_part(parts.at(0), world.record.root, world.registry.keys.registry)
              .error()
              .code == Errc::kNotForUs);
}

TEST_CASE("sealed answers are handed over without the protection key and opened without the data") {
    Version version{};
    SUBCASE("a record under its officer's checkpoint") {
        version = Version::kCovered;
    }
    SUBCASE("a record of an older version, with a signature of its own") {
        version = Version::kOld;
    }
    World world(version);
    ProtectionCommand command;
    command.record = to_text(world.record.instance);
    command.out = world.hq.folder / "record.sealed";
    std::filesystem::rename(world.hq.keys() / "protection", world.hq.folder / "away");
    CHECK(printed([&] { return run_protection_hand_over(world.common(), command); }).at("parts") ==
          1);
    CHECK(world.audited() == 1);
    command.file = command.out;
    CHECK(printed([&] { return run_protection_open(world.common(), command); }, 1)
              .at("error")
              .at("code") == "keys_missing");

    // The unit's machine: the public keys and its own.
    const Path unit = world.hq.folder / "unit";
    REQUIRE(make_folder(unit).ok());
    std::filesystem::rename(world.hq.folder / "away", unit / "protection");
    std::filesystem::copy_file(world.hq.keys() / "hq.keys", unit / "hq.keys");
    Common there;
    there.json = true;
    there.keys = unit;
    const auto opened = printed([&] { return run_protection_open(there, command); });
    CHECK(opened.at("record") == command.record);
    CHECK(opened.at("officer") == to_text(world.branch.officer));
    REQUIRE(opened.at("answers").size() == 1);
    CHECK(opened.at("answers")[0].at("question") == "harmpath");
    CHECK(opened.at("answers")[0].at("value") == "zqharm");
    const Bytes book = read_file(unit / "protection" / "opened.log").value();
    CHECK(as_text(book).find(command.record) != std::string_view::npos);
    CHECK(as_text(book).find("zqharm") == std::string_view::npos);

    // What was altered on its way is not shown.
    Bytes altered = read_file(command.file).value();
    altered[altered.size() / 2] ^= 1U;
    REQUIRE(atomic_write(command.file, altered).ok());
    CHECK(printed([&] { return run_protection_open(there, command); }, 1).contains("error"));
    // Nor what nobody signed for.
    const auto source = world.registry.store.record_source(world.record.instance).value();
    auto bare = sync::decode_record_payload(*source.events.front().payload).value();
    bare.own.reset();
    REQUIRE(atomic_write(command.file, sync::encode_record_payload(bare)).ok());
    CHECK(printed([&] { return run_protection_open(there, command); }, 1).at("error").at("code") ==
          "bad_signature");
    command.record = to_text(new_id<InstanceId>(world.branch.random));
    CHECK(printed([&] { return run_protection_hand_over(world.common(), command); }, 1)
              .at("error")
              .at("code") == "not_found");
    CHECK(world.audited() == 1);
}

TEST_CASE("the delegate certifies an officer from his request, and takes it back") {
    Headquarters hq;
    fakes::SeededRandom random{3};
    const SignKey officer = new_sign_key(random);
    const sync::ProtectionRequest request{new_id<OfficeId>(random), new_id<OfficerId>(random),
                                          officer.pub, kStart};
    ProtectionCommand command;
    command.file = hq.folder / "request";
    command.out = hq.folder / "paper";
    REQUIRE(atomic_write(command.file, sync::sign_protection_request(request, officer)).ok());
    Common common;
    common.json = true;
    common.keys = hq.keys();
    const auto paper = [&] {
        return sync::open_protection_paper(read_file(command.out).value(), hq.hq.delegate).value();
    };
    const auto told = printed([&] { return run_protection_certify(common, command); });
    CHECK(told.at("words") == sync::protection_words(officer.pub));
    CHECK(paper().act == sync::ProtectionAct::kCertify);
    CHECK(paper().officer == request.officer);
    CHECK(paper().expires_ms - paper().issued_ms == std::int64_t{365} * 24 * 3600 * 1000);
    command.revoke = true;
    printed([&] { return run_protection_certify(common, command); });
    CHECK(paper().act == sync::ProtectionAct::kRevoke);
    command.revoke = false;
    command.days = 0;
    CHECK(printed([&] { return run_protection_certify(common, command); }, 2)
              .at("error")
              .at("code") == "usage");
    REQUIRE(atomic_write(command.file, as_bytes("not a request")).ok());
    command.days = 1;
    CHECK(printed([&] { return run_protection_certify(common, command); }, 1)
              .at("error")
              .at("code") == "malformed");
}
