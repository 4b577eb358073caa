// The command line with protected answers: a request becomes a certificate, and what is shown
// depends on who looks.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "sync/protection_paper.h"
#include "tests/agent/cli_fixture.h"

using namespace awda;
using namespace awda::agent::test;

namespace {

/// The small form with its age marked protected.
std::string guarded_form() {
    std::string form(kMiniForm);
    const std::string bind = R"(<bind nodeset="/data/age" type="int")";
    form.insert(form.find(bind) + bind.size(),
                R"( xmlns:awda="urn:awda:xforms:1" awda:sensitivity="protected")");
    return form;
}

}  // namespace

TEST_CASE("protected answers are shown to whom headquarters certified, and to nobody else") {
    CliWorld world;
    write_text(world.forms() / "mini" / "mini.xlsx", guarded_form());
    world.enrol();
    const std::string id = world.record_one("زينب");
    auto shown = world.json({"intake", "show", id});
    CHECK(shown.at("sealed_parts") == 1);
    CHECK_FALSE(shown.at("answers").contains("age"));
    CHECK(shown.at("answers").at("given_name") == "زينب");
    CHECK(world.run({"--lang", "en", "intake", "show", id}) == 0);
    CHECK(world.out.find("1 sealed parts") != std::string::npos);
    CHECK(world.out.find("41") == std::string::npos);
    CHECK(world.json({"intake", "list"}).at("records")[0].at("name") == "زينب");

    const std::string request = (world.office.folder / "me.request").string();
    const auto asked = world.json({"protection", "request", "-o", request});
    const sync::ProtectionRequest read =
        sync::open_protection_request(read_file(Path(request), 4096).value()).value();
    CHECK(asked.at("words") == sync::protection_words(read.officer_key));
    sync::ProtectionPaper paper{sync::ProtectionAct::kCertify,
                                read.office,
                                read.officer,
                                read.officer_key,
                                world.office.clock.now(),
                                world.office.clock.now() + 1'000'000'000};
    const Path certificate = world.office.folder / "me.certificate";
    const SignKey stranger = new_sign_key(world.office.random);
    must(atomic_write(certificate, sync::sign_protection_paper(paper, stranger)));
    CHECK(world.error_code({"protection", "install", certificate.string()}) == "bad_signature");
    must(atomic_write(certificate, sync::sign_protection_paper(paper, world.office.hq.delegate())));
    CHECK(world.json({"protection", "install", certificate.string()}).at("certified") == true);
    const auto list = world.json({"protection", "list"}).at("protection_officers");
    REQUIRE(list.size() == 1);
    CHECK(list[0].at("in_force") == true);
    CHECK(list[0].at("name") == std::string(kOfficer));

    // What was sealed before does not open for him; what is sealed from now on does.
    CHECK(world.json({"intake", "show", id}).at("sealed_parts") == 1);
    const std::string later = world.record_one("سارة");
    shown = world.json({"intake", "show", later});
    CHECK(shown.at("sealed_parts") == 0);
    CHECK(shown.at("answers").at("age") == "41");
    CHECK(world.error_code({"protection", "count", "--form", "mini"}) == "not_allowed");
    CHECK(world.json({"log", "verify"}).at("ok") == true);
}

TEST_CASE("a correction by answer file leaves the sealed answers where they are") {
    CliWorld world;
    write_text(world.forms() / "mini" / "mini.xlsx", guarded_form());
    world.enrol();
    const std::string id = world.record_one("زينب");
    const std::string change =
        world.answers_file("change.json", R"({"form":"mini","answers":{"age":"42"}})");
    const auto amended =
        world.json({"intake", "amend", id, "--answers", change, "--reason", "her age"});
    const auto shown = world.json({"intake", "show", amended.at("instance").get<std::string>()});
    CHECK(shown.at("sealed_parts") == 2);
    CHECK(shown.at("answers").at("given_name") == "زينب");
    CHECK_FALSE(shown.at("answers").contains("age"));
}
