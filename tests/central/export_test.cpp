#include "sync/central/export.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <set>

#include "sync/cases/case_event.h"
#include "tests/central/fixture.h"

using namespace awda;
using namespace awda::central;
using namespace awda::central::testing;

namespace {

struct World {
    Headquarters hq;
    Branch branch{hq};
    Registry registry{hq};
    sync::PlainGate gate;
    World() {
        REQUIRE(registry.ingest.enrol(branch.enrol_request()).value().problem ==
                sync::Problem::kNone);
        branch.begin_log();
    }
    void deliver() {
        REQUIRE(registry.upload(branch.device, branch.seal()).problem == sync::Problem::kNone);
        REQUIRE(registry.store.problems().value().empty());
    }
    /// What another device was told, as it lies in the branch's log.
    void hear_elsewhere(const sync::ConsentSaid& said) {
        sync::ForeignEvent foreign;
        foreign.device = DeviceId{new_uuid_v7(kStart, branch.random)};
        foreign.event.seq = 5;
        foreign.event.type = sync::event_type_of(said);
        foreign.event.salt = sync::Salt{};
        foreign.event.payload = sync::encode(said);
        foreign.event.commitment = sync::commit(*foreign.event.salt, *foreign.event.payload);
        branch.add(sync::EventType::kForeignEvent, sync::encode(foreign));
    }
    Result<ExportResult> run(ExportOptions options) {
        options.form_id = "returnee-intake";
        if (options.target.empty()) options.target = hq.folder / "out";
        return export_csv(registry.store, options, gate, hq.clock);
    }
    [[nodiscard]] std::string text(const std::string& name) const {
        return std::string(as_text(read_file(hq.folder / ("out/" + name)).value()));
    }
};

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = text.find("\r\n", at);
        REQUIRE(end != std::string::npos);
        lines.push_back(text.substr(at, end - at));
        at = end + 2;
    }
    return lines;
}

class NobodyGate final : public sync::ConsentGate {
public:
    [[nodiscard]] sync::GateDecision decide(const sync::Handover&,
                                            const sync::RecordFacts&) const override {
        return {};
    }
};

}  // namespace

TEST_CASE("values are quoted as RFC 4180 says, and made safe only on request") {
    const CsvOptions exact;
    CHECK(csv_value("سعاد", exact) == "سعاد");
    CHECK(csv_value("a,b", exact) == "\"a,b\"");
    CHECK(csv_value("say \"no\"", exact) == "\"say \"\"no\"\"\"");
    CHECK(csv_value("two\nlines", exact) == "\"two\nlines\"");
    CHECK(csv_value(" kept ", exact) == "\" kept \"");
    CHECK(csv_value("", exact).empty());
    CHECK(csv_value("=1+1", exact) == "=1+1");
    const CsvOptions safe{false, true};
    for (const char* value : {"=1+1", "+1", "-1", "@x", "\tx"}) {
        CHECK(csv_value(value, safe) == "'" + std::string(value));
    }
    CHECK(csv_value("=a,b", safe) == "\"'=a,b\"");
    CHECK(csv_value("a=b", safe) == "a=b");
}

TEST_CASE("records come out with their Arabic intact and repeats in a file of their own") {
    World world;
    const auto record = world.branch.record({{"person/name", "سعاد محمد، \"أم علي\""},
                                             {"person/age", "41"},
                                             {"family[1]", ""},
                                             {"family[1]/name", "علي"},
                                             {"family[1]/age", "9"},
                                             {"family[2]", ""},
                                             {"family[3]", ""},
                                             {"family[3]/name", "ئاڤان"},
                                             {"needs", "=HYPERLINK(1)"}});
    world.branch.finalise(record);
    world.deliver();
    const auto result = world.run({});
    REQUIRE(result.ok());
    CHECK(result->records == 1);
    REQUIRE(result->files.size() == 2);
    const auto main = lines_of(world.text("returnee-intake.csv"));
    REQUIRE(main.size() == 2);
    CHECK(main[0].ends_with(",_conflict,person/name,person/age,needs"));
    CHECK(main[1].starts_with(to_text(record.instance) + ","));
    CHECK(main[1].find("\"سعاد محمد، \"\"أم علي\"\"\",41,=HYPERLINK(1)") != std::string::npos);
    CHECK(main[1].find("دهوك") != std::string::npos);
    const auto family = lines_of(world.text("returnee-intake-family.csv"));
    const std::string id = to_text(record.instance);
    const std::vector<std::string> wanted{"_instance_id,_row,name,age", id + ",1,علي,9",
                                          id + ",2,,", id + ",3,ئاڤان,"};
    CHECK(family == wanted);
    CHECK(world.registry.store.database()
              .query_integer("SELECT count(*) FROM audit WHERE action = 'export'")
              .value() == 1);
}

TEST_CASE("repeats inside repeats name the rows they belong to") {
    World world;
    const auto record = world.branch.record({{"family[1]/name", "علي"},
                                             {"family[1]/visits[1]/date", "2025-01-01"},
                                             {"family[1]/visits[2]/date", "2025-02-01"},
                                             {"family[2]/visits[1]/date", "2025-03-01"}});
    world.branch.finalise(record);
    world.deliver();
    REQUIRE(world.run({}).ok());
    const std::string id = to_text(record.instance);
    const std::vector<std::string> wanted{"_instance_id,_row_1,_row,date", id + ",1,1,2025-01-01",
                                          id + ",1,2,2025-02-01", id + ",2,1,2025-03-01"};
    CHECK(lines_of(world.text("returnee-intake-family-visits.csv")) == wanted);
}

TEST_CASE("columns stand in the form's order although no record has them all") {
    World world;
    world.branch.finalise(world.branch.record({{"a", "1"}, {"d", "4"}}));
    world.branch.finalise(world.branch.record({{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}}));
    world.branch.finalise(world.branch.record({{"c", "3"}, {"e", "5"}}));
    world.deliver();
    REQUIRE(world.run({}).ok());
    const auto lines = lines_of(world.text("returnee-intake.csv"));
    REQUIRE(lines.size() == 4);
    const std::string head = lines[0].substr(lines[0].find("_conflict"));
    for (const char* pair : {"a,b", "b,c"}) CHECK(head.find(pair) != std::string::npos);
    CHECK(head.find(",d") > head.find(",c"));
    CHECK(head.find(",e") > head.find(",c"));
    CHECK(lines[2].find(",1,2,3") != std::string::npos);
}

TEST_CASE("a corrected record appears once, unless every revision is asked for") {
    World world;
    const auto first = world.branch.record({{"person/name", "سعاد"}});
    auto second = world.branch.record({{"person/name", "سعاد محمد"}});
    second.root = first.root;
    second.revision = 2;
    second.deprecates = first.instance;
    second.reason = "الاسم كاملاً";
    world.branch.finalise(first);
    world.branch.finalise(second);
    world.deliver();
    REQUIRE(world.run({}).ok());
    auto lines = lines_of(world.text("returnee-intake.csv"));
    REQUIRE(lines.size() == 2);
    CHECK(lines[1].find("سعاد محمد") != std::string::npos);
    CHECK(lines[1].find("الاسم كاملاً") != std::string::npos);
    ExportOptions all;
    all.all_revisions = true;
    REQUIRE(world.run(all).ok());
    CHECK(lines_of(world.text("returnee-intake.csv")).size() == 3);
}

TEST_CASE("a file can be named, begins with a mark on request, and only its owner reads it") {
    World world;
    world.branch.finalise(world.branch.record({{"family[1]/name", "علي"}}));
    world.deliver();
    ExportOptions options;
    options.target = world.hq.folder / "mine.csv";
    options.csv.bom = true;
    const auto result = world.run(options);
    REQUIRE(result.ok());
    CHECK(as_text(read_file(options.target).value()).starts_with("\xEF\xBB\xBF_instance_id"));
    CHECK(file_exists(world.hq.folder / "mine-family.csv"));
    const auto mode = std::filesystem::status(options.target).permissions();
    CHECK((mode & (std::filesystem::perms::group_all | std::filesystem::perms::others_all)) ==
          std::filesystem::perms::none);
}

TEST_CASE("hostile form ids and repeat names cannot leave the folder or overwrite each other") {
    World world;
    auto record = world.branch.record({{"a/b[1]/x", "1"}, {"a-b[1]/x", "2"}, {"..[1]/x", "3"}});
    record.form_id = "../../evil";
    world.branch.finalise(record);
    world.deliver();
    ExportOptions options;
    options.form_id = "../../evil";
    options.target = world.hq.folder / "out";
    const auto result = export_csv(world.registry.store, options, world.gate, world.hq.clock);
    REQUIRE(result.ok());
    REQUIRE(result->files.size() == 4);
    std::set<Path> distinct;
    for (const ExportedFile& file : result->files) {
        CHECK(file.path.lexically_normal().parent_path() == world.hq.folder / "out");
        distinct.insert(file.path);
    }
    CHECK(distinct.size() == 4);
}

TEST_CASE("what consent does not cover is not handed over") {
    World world;
    world.branch.finalise(world.branch.record({{"person/name", "سعاد"}}));
    world.deliver();
    ExportOptions options;
    options.form_id = "returnee-intake";
    options.target = world.hq.folder / "out";
    const NobodyGate nobody;
    CHECK(export_csv(world.registry.store, options, nobody, world.hq.clock).error().code ==
          Errc::kConsentRefused);
    CHECK_FALSE(file_exists(world.hq.folder / "out"));
}

TEST_CASE("central hands on what consent events allow, and takes a withdrawal from any log") {
    World world;
    const auto yes = world.branch.record({{"person/given_name", "سعاد"}, {"needs", "shelter"}});
    const auto silent = world.branch.record({{"person/given_name", "حسن"}, {"needs", "food"}});
    world.branch.finalise(yes);
    world.branch.finalise(silent);
    sync::ConsentSaid said;
    said.root = yes.root;
    said.agency = "labour";
    said.purpose = sync::SharePurpose::kReferral;
    said.date = "2024-01-01";
    said.language = "ar";
    world.branch.add(sync::EventType::kConsentGiven, sync::encode(said));
    world.deliver();
    ExportOptions labour;
    labour.agency = "labour";
    labour.purpose = sync::SharePurpose::kReferral;
    const auto done = world.run(labour);
    REQUIRE(done.ok());
    CHECK(done->records == 1);
    CHECK(done->withheld == 1);
    CHECK(world.text("returnee-intake.csv").find("سعاد") != std::string::npos);
    CHECK(world.text("returnee-intake.csv").find("حسن") == std::string::npos);
    CHECK(world.registry.store.database()
              .query_integer("SELECT count(*) FROM audit WHERE detail LIKE '%agency=labour%'")
              .value() == 1);
    ExportOptions other = labour;
    other.agency = "iom";
    CHECK(world.run(other).error().code == Errc::kConsentRefused);
    other = labour;
    other.purpose = sync::SharePurpose::kStatistics;
    CHECK(world.run(other).error().code == Errc::kConsentRefused);
    other = labour;
    other.all_revisions = true;
    CHECK(world.run(other).error().code == Errc::kUsage);

    // Another device's no, as it lies in this one's log.
    sync::ConsentSaid no = said;
    no.withdrawn = true;
    world.hear_elsewhere(no);
    world.deliver();
    CHECK(world.run(labour).error().code == Errc::kConsentRefused);
    CHECK(world.run({}).value().records == 2);
}

TEST_CASE("another device's yes counts at central only when that device delivers it") {
    World world;
    const auto record = world.branch.record({{"person/given_name", "سعاد"}});
    world.branch.finalise(record);
    sync::ConsentSaid said;
    said.root = record.root;
    said.agency = "labour";
    said.date = "2024-01-01";
    world.hear_elsewhere(said);
    world.deliver();
    ExportOptions labour;
    labour.agency = "labour";
    labour.purpose = sync::SharePurpose::kReferral;
    CHECK(world.run(labour).error().code == Errc::kConsentRefused);
}

TEST_CASE("central's figures have no names, no ids and no times") {
    World world;
    const auto record = world.branch.record({{"person/given_name", "سعاد"},
                                             {"person/called", "أم علي"},
                                             {"needs", "shelter"},
                                             {"family[1]/works", "no"}});
    world.branch.finalise(record);
    world.deliver();
    ExportOptions figures;
    figures.purpose = sync::SharePurpose::kStatistics;
    CHECK(world.run(figures).error().code == Errc::kConsentRefused);  // names are not marked
    world.branch.add(sync::EventType::kIdentityMarked,
                     sync::encode(sync::IdentityMarked{"returnee-intake", {"person/called"}}));
    world.deliver();
    REQUIRE(world.run(figures).ok());
    const std::string text = world.text("returnee-intake.csv");
    CHECK(text.find("shelter") != std::string::npos);
    for (const std::string& secret :
         {std::string("سعاد"), std::string("أم علي"), to_text(record.instance),
          to_text(world.branch.officer), to_text(world.branch.device),
          to_iso_utc(record.finalised_ms)}) {
        CHECK(text.find(secret) == std::string::npos);
    }
    CHECK(lines_of(world.text("returnee-intake-family.csv")).at(1) == "1,1,no");
}

TEST_CASE("a form without records is not found, and nothing is written") {
    World world;
    world.deliver();
    CHECK(world.run({}).error().code == Errc::kNotFound);
    CHECK_FALSE(file_exists(world.hq.folder / "out"));
}
