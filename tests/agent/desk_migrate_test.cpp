// The desk where a draft's form has another version now: it shows what would change, and goes on
// with the new version only when it is told to.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/agent/test_desk.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

/// The mini form without its question about age, as version 4.
std::string newer_form() {
    std::string form(kMiniForm);
    const std::pair<std::string_view, std::string_view> edits[] = {
        {"version=\"3\"", "version=\"4\""},
        {"<age/>", "<years/>"},
        {"nodeset=\"/data/age\"", "nodeset=\"/data/years\""},
        {"ref=\"/data/age\"", "ref=\"/data/years\""}};
    for (const auto& [from, to] : edits) form.replace(form.find(from), from.size(), to);
    return form;
}

}  // namespace

TEST_CASE(
    "a draft of an older version opens for reading with its report, then in the new version") {
    DeskWorld world;
    InstanceId draft;
    {
        TestDesk desk(world);
        desk.act(InitVault{world.voucher(), std::string(kOfficer), secret(kPassphrase)});
        desk.wait([](const Snapshot& now) { return now.vault == VaultState::kOpen; });
        desk.fill_in();
        draft = desk.saved()->open->instance;
        desk.act(CloseIntake{});
        desk.act(Lock{});
    }
    write_text(world.forms() / "mini" / "mini.xlsx", newer_form());
    TestDesk desk(world);
    desk.log_in();
    auto seen = desk.act(OpenIntake{draft});
    REQUIRE(seen->open != nullptr);
    CHECK(seen->open->read_only);
    REQUIRE(seen->open->change != nullptr);
    CHECK(seen->open->change->from == "3");
    CHECK(seen->open->change->to == "4");
    REQUIRE(seen->open->change->rows.size() == 1);
    CHECK(seen->open->change->rows[0].change == AnswerChange::kNoPlace);
    CHECK(seen->open->change->rows[0].label == "العمر");
    CHECK(seen->open->change->rows[0].value == "41");

    seen = desk.act(AcceptForm{});
    REQUIRE(seen->open != nullptr);
    CHECK(seen->open->instance == draft);
    CHECK_FALSE(seen->open->read_only);
    CHECK(seen->open->change == nullptr);
    const auto& page = *seen->open->page;
    const auto name = std::ranges::find(page, std::string("given_name"), &forms::ViewNode::ref);
    REQUIRE(name != page.end());
    CHECK(name->value == "زينب");
}
