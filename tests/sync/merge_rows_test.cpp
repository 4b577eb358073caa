// Rows of a repeat in merged documents: which is which, though records only number them.
#include <chrono>

#include "tests/sync/merge_sample.h"

using namespace awda;
using namespace awda::sync;
using namespace awda::sync::sample;

namespace {

/// Rows "family[1]"… with the answers given, "name=value" each.
std::vector<Field> rows(const std::vector<std::vector<Field>>& answers) {
    std::vector<Field> out;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const std::string path = "family[" + std::to_string(i + 1) + ']';
        out.push_back({path, ""});
        for (const Field& answer : answers[i]) {
            out.push_back({path + '/' + answer.path, answer.value});
        }
    }
    return out;
}

std::vector<Field> person(const std::string& name, const std::string& born,
                          const std::string& aid) {
    return {{"name", name}, {"birth_date", born}, {"aid", aid}};
}

std::string shown(const Document& document, const std::string& path) {
    const auto at = std::ranges::find(document.fields, path, &Field::path);
    return at == document.fields.end() ? "(nothing)" : at->value;
}

}  // namespace

TEST_CASE("a row taken away here and changed there stays, and both sides are named") {
    const Document document = merged({
        revision(1, {}, rows({person("A", "1990", "1"), person("B", "1991", "2")})),
        revision(2, {1}, rows({person("B", "1991", "2")})),
        revision(3, {1}, rows({person("A", "1990", "7"), person("B", "1991", "2")})),
    });
    CHECK(shown(document, "family[1]/aid") == "7");
    CHECK(disputes(document) == "row family[1] 3: 2:(nothing)");
}

TEST_CASE("a row taken away and changed by nobody else is gone") {
    const Document document = merged({
        revision(1, {}, rows({person("A", "1990", "1"), person("B", "1991", "2")})),
        revision(2, {1}, rows({person("B", "1991", "2")})),
        revision(3, {1}, rows({person("A", "1990", "1"), person("B", "1991", "5")})),
    });
    CHECK(text(document.fields) ==
          "family[1]= family[1]/name=B family[1]/birth_date=1991 family[1]/aid=5");
    CHECK(disputes(document).empty());
}

TEST_CASE("a row that is moved is the same row: what is disputed in it stays disputed") {
    std::vector<Revision> revisions = {
        revision(
            1, {},
            rows({person("A", "1990", "1"), person("B", "1991", "2"), person("C", "1992", "3")})),
        revision(
            2, {1},
            rows({person("A", "1990", "8"), person("B", "1991", "2"), person("C", "1992", "3")})),
        revision(
            3, {1},
            rows({person("A", "1990", "9"), person("B", "1991", "2"), person("C", "1992", "3")})),
    };
    REQUIRE(disputes(merged(revisions)) == "value family[1]/aid 2:8 3:9");
    revisions.push_back(revision(
        4, {2, 3},
        rows({person("B", "1991", "2"), person("C", "1992", "3"), person("A", "1990", "8")})));
    CHECK(disputes(merged(revisions)) == "value family[3]/aid 2:8 3:9");
    // And a correction by somebody who knew nothing of the move goes to that row.
    revisions.push_back(revision(
        5, {2},
        rows({person("A", "1990", "8"), person("B", "1991", "6"), person("C", "1992", "3")})));
    const Document document = merged(revisions);
    CHECK(std::ranges::count(document.fields, "6", &Field::value) == 1);
    CHECK(std::ranges::count(document.fields, "2", &Field::value) == 0);
}

TEST_CASE("rows are known by their names although another has none") {
    const auto visit = [](const std::string& name, const std::string& what) {
        std::vector<Field> out = {{"what", what}};
        if (!name.empty()) out.push_back({"row_id", name});
        return out;
    };
    const Document document = merged({
        revision(1, {}, rows({visit("aaaa-0001", "food"), visit("aaaa-0002", "cash")})),
        // Changed places, and all that they say.
        revision(2, {1},
                 rows({visit("aaaa-0002", "tent"), visit("", "new"), visit("aaaa-0001", "fuel")})),
        revision(3, {1}, rows({visit("aaaa-0001", "bread"), visit("aaaa-0002", "cash")})),
    });
    const std::string said = disputes(document);
    CHECK(said.find("2:fuel 3:bread") != std::string::npos);
    CHECK(document.disputes.size() == 1);
    CHECK(std::ranges::count(document.fields, "tent", &Field::value) == 1);
}

TEST_CASE("rows with different names are never the same row, whatever else they say") {
    const Document document = merged({
        revision(1, {}, rows({{{"row_id", "aaaa-0001"}, {"a", "x"}, {"b", "y"}}})),
        revision(2, {1}, rows({{{"row_id", "aaaa-0009"}, {"a", "x"}, {"b", "y"}}})),
        revision(3, {1}, rows({{{"row_id", "aaaa-0001"}, {"a", "z"}, {"b", "y"}}})),
    });
    CHECK(disputes(document) == "row family[1] 3: 2:(nothing)");
    CHECK(shown(document, "family[1]/row_id") == "aaaa-0001");
    CHECK(shown(document, "family[1]/a") == "z");
    CHECK(shown(document, "family[2]/row_id") == "aaaa-0009");
    CHECK(shown(document, "family[2]/a") == "x");
}

TEST_CASE("rows that say mostly the same as many others are still told apart") {
    std::vector<std::vector<Field>> first;
    for (std::size_t i = 0; i < 30; ++i) {
        first.push_back({{"kind", i % 2 == 0 ? "food" : "cash"},
                         {"place", i % 3 == 0 ? "camp" : "town"},
                         {"day", std::to_string(i)}});
    }
    auto second = first;
    second.erase(second.begin());
    second[20][0].value = "fuel";  // what was the 22nd
    auto third = first;
    third[21][1].value = "farm";
    const Document document = merged({revision(1, {}, rows(first)), revision(2, {1}, rows(second)),
                                      revision(3, {1}, rows(third))});
    CHECK(disputes(document).empty());
    CHECK(shown(document, "family[21]/kind") == "fuel");
    CHECK(shown(document, "family[21]/place") == "farm");
    CHECK(shown(document, "family[21]/day") == "21");
}

TEST_CASE("of more rows than are compared each with each, none is taken for another") {
    std::vector<std::vector<Field>> first;
    for (std::size_t i = 0; i < 2'000; ++i) {
        first.push_back({{"day", std::to_string(i)}, {"what", "w" + std::to_string(i)}});
    }
    auto second = first;
    second.erase(second.begin());
    second.back()[1].value = "changed";
    auto third = first;
    third[1'000][1].value = "other";
    const Document document = merged({revision(1, {}, rows(first)), revision(2, {1}, rows(second)),
                                      revision(3, {1}, rows(third))});
    CHECK(disputes(document).empty());
    CHECK(shown(document, "family[1999]/what") == "changed");
    CHECK(shown(document, "family[1999]/day") == "1999");
    CHECK(shown(document, "family[1000]/what") == "other");
    CHECK(shown(document, "family[1000]/day") == "1000");
}

TEST_CASE("two corrections of one person's identity are both kept, and nobody new is made up") {
    const Document document = merged({
        revision(1, {}, rows({person("A", "1990", "1"), person("B", "1991", "2")})),
        revision(2, {1}, rows({person("Ali", "1990", "1"), person("B", "1991", "2")})),
        revision(3, {1}, rows({person("A", "1980", "1"), person("B", "1991", "2")})),
    });
    CHECK(shown(document, "family[1]/name") == "Ali");
    CHECK(shown(document, "family[1]/birth_date") == "1990");
    CHECK(disputes(document) ==
          "identity family[1]/name 2:Ali before:A; "
          "identity family[1]/birth_date before:1990 3:1980");
}

TEST_CASE("one person added by three offices apart is three rows, each named as a twin once") {
    std::vector<Revision> revisions = {
        revision(1, {}, {{"phone", "0"}}),
    };
    for (std::uint16_t office = 2; office <= 4; ++office) {
        std::vector<Field> fields = rows({person("Ali", "1990", std::to_string(office))});
        fields.insert(fields.begin(), {"phone", "0"});
        revisions.push_back(revision(office, {1}, fields));
    }
    const Document document = merged(revisions);
    std::size_t twins = 0;
    for (const Dispute& dispute : document.disputes) {
        if (dispute.kind == DisputeKind::kTwins) ++twins;
    }
    CHECK(twins == 2);
    revisions.push_back(decision(5, {2, 3, 4}, {{"family[1]", ""}, {"family[2]", std::nullopt}}));
    const std::string left = disputes(merged(revisions));
    CHECK(left.find("family[3]") == std::string::npos);
}

// Hostile input: it ends soon, or is refused. The times are for a build without optimisation.

namespace {

/// Ended, or was refused, before anybody would wait for it.
void check_ends(const std::vector<Revision>& revisions) {
    const auto began = std::chrono::steady_clock::now();
    const auto document = merge_revisions(revisions);
    if (!document.ok()) CHECK(document.error().code == Errc::kTooLarge);
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(60));
}

}  // namespace

TEST_CASE("thousands who change the same answers apart cost no more than a merge may") {
    std::vector<Revision> revisions = {revision(1, {}, {})};
    for (std::uint16_t i = 2; i <= kRevisionsMax; ++i) {
        std::vector<Field> fields;
        for (int q = 0; q < 40; ++q) {
            fields.push_back({"q" + std::to_string(q), std::to_string(i)});
        }
        revisions.push_back(revision(i, {1}, std::move(fields)));
    }
    check_ends(revisions);
}

TEST_CASE("thousands who add the same person apart make no more twins than rows") {
    std::vector<Revision> revisions = {revision(1, {}, {})};
    for (std::uint16_t i = 2; i <= 2'000; ++i) {
        revisions.push_back(revision(i, {1}, rows({person("Ali", "1990", "1")})));
    }
    const auto document = merge_revisions(revisions);
    REQUIRE(document.ok());
    CHECK(document->disputes.size() == 1'998);
}

TEST_CASE("ten thousand rows that all changed places and answers cost no more than they may") {
    std::vector<std::vector<Field>> first;
    std::vector<std::vector<Field>> second;
    for (std::size_t i = 0; i < 10'000; ++i) {
        first.push_back({{"a", std::to_string(i)}, {"b", std::to_string(i % 7)}});
        second.push_back({{"a", std::to_string(9'999 - i)}, {"b", std::to_string(i % 5)}});
    }
    check_ends({revision(1, {}, rows(first)), revision(2, {1}, rows(second))});
    // One row with very many answers, against many rows.
    std::vector<Field> wide;
    for (std::size_t i = 0; i < 50'000; ++i) wide.push_back({"q" + std::to_string(i), "1"});
    check_ends({revision(1, {}, rows(first)), revision(2, {1}, rows({wide, first[5]}))});
}
