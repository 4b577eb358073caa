// jr://instance/last-saved: answers of the last saved record as a new one's defaults.
#include <doctest/doctest.h>

#include "tests/forms/forms_fixture.h"

namespace awda::forms::test {
namespace {

constexpr std::string_view kForm =
    "| survey |\n"
    "| | type | name | label | default |\n"
    "| | text | camp | Camp | ${last-saved#camp} |\n"
    "| | integer | seen | Seen | ${last-saved#seen} + 1 |\n";

Session start(const FormDefinitionPtr& form, const std::optional<std::string>& xml,
              const fakes::FakeClock& clock, fakes::SeededRandom& random) {
    SessionOptions options;
    options.clock = &clock;
    options.random = &random;
    options.last_saved = [xml] { return xml; };
    return Session(form, options);
}

TEST_CASE("a new record takes its defaults from the last saved one") {
    const auto form = load(kForm);
    REQUIRE_MESSAGE(form.definition, errors_of(form));
    fakes::FakeClock clock;
    fakes::SeededRandom random(3);
    Session first = start(form.definition, std::nullopt, clock, random);
    CHECK(first.value("camp").empty());
    CHECK(first.value("seen").empty());
    REQUIRE(first.answer("camp", "Domiz & co").ok());
    REQUIRE(first.answer("seen", "4").ok());

    Session second = start(form.definition, first.instance_xml(), clock, random);
    CHECK(second.value("camp") == "Domiz & co");
    CHECK(second.value("seen") == "5");

    Session third = start(form.definition, second.instance_xml(), clock, random);
    CHECK(third.value("seen") == "6");
}

TEST_CASE("a last record that can't be read counts as none") {
    const auto form = load(kForm);
    REQUIRE(form.definition);
    fakes::FakeClock clock;
    fakes::SeededRandom random(3);
    std::string deep;
    for (int i = 0; i < 200; ++i) deep += "<a>";
    for (int i = 0; i < 200; ++i) deep += "</a>";
    for (const std::string& xml : {std::string("<data"), std::string("\xff"), deep,
                                   std::string("<other><camp>x</camp></other>")}) {
        Session session = start(form.definition, xml, clock, random);
        CHECK(session.value("camp").empty());
    }
    // A record of another version may have questions this one does not know.
    Session session =
        start(form.definition, "<data xmlns:x='urn:x'><x:new a='1'>n</x:new><camp>C</camp></data>",
              clock, random);
    CHECK(session.value("camp") == "C");
}

TEST_CASE("a form that encrypts its records never shows the last one") {
    const auto form =
        load(std::string(kForm) + "| settings |\n| | public_key |\n| | MIIBIjANBgkqh |\n");
    REQUIRE_MESSAGE(form.definition, errors_of(form));
    fakes::FakeClock clock;
    fakes::SeededRandom random(3);
    Session session =
        start(form.definition, "<data><camp>C</camp><seen>1</seen></data>", clock, random);
    CHECK(session.value("camp").empty());
}

}  // namespace
}  // namespace awda::forms::test
