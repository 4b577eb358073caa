#include "forms/delta.h"

#include "tests/forms/fill_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

constexpr auto kAll = Session::Include::kAll;

const ViewChange* change_of(const PageChanges& changes, std::string_view ref) {
    for (const ViewChange& change : changes.changes) {
        if (change.kind == ViewChange::Kind::kUpdated && change.nodes.front().ref == ref) {
            return &change;
        }
    }
    return nullptr;
}

}  // namespace

TEST_CASE("deltas turn an old page into the new one, whatever was done") {
    const std::uint64_t seed = 20261125;
    MESSAGE("seed " << seed);
    RandomHand hand(seed);
    for (const FormDefinitionPtr& form : fill_forms()) {
        for (int round = 0; round < 12; ++round) {
            Fill fill(form);
            Session& s = fill.session;
            REQUIRE(s.take_changes().all);
            std::vector<ViewNode> page = s.page(kAll);
            for (int step = 0; step < 60; ++step) {
                const std::size_t actions = 1 + hand.pick(3);
                for (std::size_t i = 0; i < actions; ++i) {
                    switch (hand.pick(12)) {
                        case 0: (void)s.undo(); break;
                        case 1: (void)s.redo(); break;
                        case 2: s.set_language(hand.pick(2) == 0 ? "ar" : "en"); break;
                        case 3: (void)s.validate(); break;
                        default: hand.act(s);
                    }
                }
                const PageChanges changes = s.take_changes();
                REQUIRE_FALSE(changes.all);
                apply_changes(page, changes);
                check_same_page(page, s.page(kAll));
                check_same_page(relevant_part(page), s.page());
            }
        }
    }
}

TEST_CASE("a delta names only what an answer could have changed") {
    Fill fill(must_load(kHousehold));
    Session& s = fill.session;
    (void)s.take_changes();
    REQUIRE(s.answer("head", "سارة").ok());
    const PageChanges changes = s.take_changes();
    REQUIRE(change_of(changes, "head") != nullptr);
    CHECK((change_of(changes, "head")->fields & kFieldValue) != 0);
    // The group's label has the answer in it.
    REQUIRE(change_of(changes, "work") != nullptr);
    CHECK(change_of(changes, "work")->fields == kFieldTexts);
    CHECK(change_of(changes, "work")->nodes.front().label == "Work of سارة");
    CHECK(change_of(changes, "member") != nullptr);
    CHECK(change_of(changes, "age") == nullptr);
    CHECK(change_of(changes, "govs") == nullptr);
    CHECK(changes.changes.size() < 6);
    CHECK(s.take_changes().changes.empty());
}

TEST_CASE("a constraint that reads another answer is told anew when that answer changes") {
    Fill fill(must_load(kHousehold));
    Session& s = fill.session;
    REQUIRE(s.answer("age", "20").ok());
    (void)s.take_changes();
    REQUIRE(s.answer("least", "30").ok());
    const PageChanges changes = s.take_changes();
    const ViewChange* age = change_of(changes, "age");
    REQUIRE(age != nullptr);
    CHECK((age->fields & kFieldProblem) != 0);
    REQUIRE(age->nodes.front().problem.has_value());
    CHECK(age->nodes.front().problem->kind == ProblemKind::kConstraint);
}

TEST_CASE("a row that goes moves the rows behind it and nothing else is laid out again") {
    Fill fill(must_load(kHousehold));
    Session& s = fill.session;
    REQUIRE(s.add_repeat("member").ok());
    REQUIRE(s.add_repeat("member").ok());
    (void)s.take_changes();
    const std::uint64_t third = s.view("member[3]")->id >> 32U;
    REQUIRE(s.remove_repeat("member[2]").ok());
    const PageChanges changes = s.take_changes();
    std::size_t removed = 0;
    std::size_t moved = 0;
    for (const ViewChange& change : changes.changes) {
        removed += change.kind == ViewChange::Kind::kRowRemoved ? 1U : 0U;
        if (change.kind != ViewChange::Kind::kRowMoved) continue;
        ++moved;
        CHECK(change.ref == "member[2]");
        if (third != 0) CHECK((change.id >> 32U) == third);
    }
    CHECK(removed == 1);
    CHECK(moved == 1);
}

TEST_CASE("loading a record asks for the page again") {
    Fill fill(must_load(kTriggers));
    Session& s = fill.session;
    (void)s.take_changes();
    (void)s.restore(s.answers(kAll));
    CHECK(s.take_changes().all);
    CHECK_FALSE(s.take_changes().all);
    CHECK(s.load_answers(R"({"has":"yes"})").ok());
    CHECK(s.take_changes().all);
}

TEST_CASE("rows of a question shown in a foreign place make the page anew") {
    // The body shows one record-wide question inside every row: items don't follow the rows.
    const std::string form = R"(<h:html xmlns="http://www.w3.org/2002/xforms"
 xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa"><h:head>
<h:title>t</h:title><model><instance><data id="t"><r jr:template=""><a/></r><x/></data></instance>
<bind nodeset="/data/r/a" type="string"/><bind nodeset="/data/x" type="string"/></model></h:head>
<h:body><group ref="/data/r"><label>R</label><repeat nodeset="/data/r"><input ref="/data/r/a">
<label>A</label></input><input ref="/data/x"><label>X</label></input></repeat></group></h:body>
</h:html>)";
    Fill fill(must_load(form));
    Session& s = fill.session;
    REQUIRE(s.add_repeat("r").ok());
    (void)s.take_changes();
    std::vector<ViewNode> page = s.page(kAll);
    REQUIRE(s.answer("x", "1").ok());
    apply_changes(page, s.take_changes());
    check_same_page(page, s.page(kAll));
    REQUIRE(s.add_repeat("r").ok());
    CHECK(s.take_changes().all);
}
