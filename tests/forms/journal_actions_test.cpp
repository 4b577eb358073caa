// Doing a journal's records again, one by one: what each does and what each refuses.
#include <doctest/doctest.h>

#include "forms/journal.h"
#include "tests/forms/fill_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

using Action = JournalAction;
constexpr auto kAll = Session::Include::kAll;

std::string outcome(Session& session, Action action, std::string ref = {}, std::string value = {}) {
    const Status status =
        session.apply({action, std::move(ref), std::move(value), 1'700'000'000'000, {}});
    return status.ok() ? "ok" : std::string(errc_name(status.error().code));
}

}  // namespace

TEST_CASE("each record of a journal does its action") {
    Fill fill(must_load(kHousehold));
    Session& s = fill.session;
    CHECK(outcome(s, Action::kOpened) == "ok");
    CHECK(outcome(s, Action::kAnswered, "head", "Ali") == "ok");
    CHECK(s.value("head") == "Ali");
    CHECK(outcome(s, Action::kRowAdded, "member") == "ok");
    CHECK(s.exists("member[2]"));
    CHECK(outcome(s, Action::kUndone) == "ok");
    CHECK_FALSE(s.exists("member[2]"));
    CHECK(outcome(s, Action::kRedone) == "ok");
    CHECK(s.exists("member[2]"));
    CHECK(outcome(s, Action::kRowRemoved, "member[2]") == "ok");
    CHECK_FALSE(s.exists("member[2]"));
    CHECK(outcome(s, Action::kLanguage, {}, "ar") == "ok");
    CHECK(s.language() == "Arabic (ar)");
    CHECK(s.view("member[1]/name")->problem.has_value() == false);
    CHECK(outcome(s, Action::kValidated) == "ok");
    CHECK(s.view("member[1]/name")->problem.has_value());
    CHECK(outcome(s, Action::kCompleted, "head", "Sara") == "ok");
    CHECK(s.value("head") == "Sara");
    CHECK(outcome(s, Action::kFileLoaded, {}, R"({"head":"Huda"})") == "ok");
    CHECK(s.value("head") == "Huda");
    const std::vector<Answer> kept{{"head", "Omar"}, {"member[1]", ""}, {"member[2]", ""}};
    CHECK(outcome(s, Action::kRestored, {}, encode_answers(kept)) == "ok");
    CHECK(s.value("head") == "Omar");
    CHECK(s.exists("member[2]"));
    const std::string xml = s.instance_xml();
    CHECK(outcome(s, Action::kAnswered, "head", "Nobody") == "ok");
    CHECK(outcome(s, Action::kXmlLoaded, {}, xml) == "ok");
    CHECK(s.value("head") == "Omar");
    const std::string old = s.instance_id();
    CHECK(outcome(s, Action::kEditBegun, "uuid:second") == "ok");
    CHECK(s.instance_id() == "uuid:second");
    CHECK(s.deprecated_id() == old);
}

TEST_CASE("a record that does not fit the form is refused as the action is, and nothing changes") {
    Fill fill(must_load(kHousehold));
    Session& s = fill.session;
    const auto before = s.answers(kAll);
    CHECK(outcome(s, Action::kAnswered, "nobody", "x") == "not_found");
    CHECK(outcome(s, Action::kRowAdded, "head") == "not_found");
    CHECK(outcome(s, Action::kRowAdded, "ticket") == "not_allowed");
    CHECK(outcome(s, Action::kRowRemoved, "member[7]") == "not_found");
    CHECK(outcome(s, Action::kUndone) == "not_allowed");
    CHECK(outcome(s, Action::kRedone) == "not_allowed");
    CHECK(outcome(s, Action::kRestored, {}, "\xff\xff\xff") == "malformed");
    CHECK(outcome(s, Action::kFileLoaded, {}, "[]") == "malformed");
    CHECK(outcome(s, Action::kXmlLoaded, {}, "<data>") == "malformed");
    CHECK(outcome(s, Action::kCompleted, "nobody", "x") == "not_found");
    CHECK(outcome(s, Action::kCompleted, "work", "x") == "not_found");
    CHECK(outcome(s, Action::kEditBegun, "two words") == "malformed");
    CHECK(outcome(s, static_cast<Action>(99)) == "malformed");
    CHECK(s.answers(kAll) == before);
}

TEST_CASE("a journal is replayed from its opening alone, and stops at what is refused") {
    const FormDefinitionPtr form = must_load(kHousehold);
    Fill fill(form);
    const auto replayed = [&](const std::vector<JournalRecord>& records) {
        return Session::replay(form, fill.options(false), records);
    };
    const JournalRecord opened{Action::kOpened, "uuid:one", {}, 5, JournalSeed{}};
    const JournalRecord answered{Action::kAnswered, "head", "Ali", 6, {}};
    REQUIRE_FALSE(replayed({}).ok());
    CHECK(replayed({}).error().code == Errc::kMalformed);
    CHECK_FALSE(replayed({answered}).ok());
    const auto good = replayed({opened, answered});
    REQUIRE(good.ok());
    CHECK(good->value("head") == "Ali");
    CHECK(good->instance_id() == "uuid:one");
    const auto bad = replayed({opened, answered, {Action::kRowRemoved, "head", {}, 7, {}}});
    REQUIRE_FALSE(bad.ok());
    CHECK(bad.error().code == Errc::kNotFound);
}
