// Goal: one table says who may do what; people and program read the same one.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "agent/vault/case_rights.h"
#include "agent/vault/role.h"
#include "platform/files.h"
#include "tests/agent/vault_fixture.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

/// The cells of a Markdown table's line, without the blanks around them.
std::vector<std::string> cells_of(const std::string& line) {
    std::vector<std::string> cells;
    std::istringstream in(line.substr(1));
    for (std::string cell; std::getline(in, cell, '|');) {
        const std::size_t first = cell.find_first_not_of(' ');
        const std::size_t last = cell.find_last_not_of(' ');
        cells.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
    }
    return cells;
}

/// Lines of the first table under `heading`, without its head.
std::vector<std::vector<std::string>> table_under(const std::string& text,
                                                  const std::string& heading) {
    std::vector<std::vector<std::string>> rows;
    std::istringstream in(text.substr(text.find(heading)));
    bool inside = false;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with('|')) {
            inside = true;
            rows.push_back(cells_of(line));
        } else if (inside) {
            break;
        }
    }
    if (rows.size() > 2) rows.erase(rows.begin(), rows.begin() + 2);
    return rows;
}

}  // namespace

TEST_CASE("the table of permissions in the README is the one in the code") {
    const Bytes file = read_file(Path(AWDA_SOURCE_DIR) / "agent/README.md").value();
    const std::string text(file.begin(), file.end());
    const auto rows = table_under(text, "### Who may do what");
    REQUIRE(rows.size() == kGrants.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        REQUIRE(rows[i].size() == kRoles.size() + 2);
        CHECK(rows[i][0] == "`" + std::string(kGrants.at(i).name.view()) + "`");
        for (std::size_t role = 0; role < kRoles.size(); ++role) {
            CAPTURE(rows[i][0]);
            CAPTURE(role_name(kRoles.at(role)));
            CHECK(rows[i][role + 1] ==
                  (may(kRoles.at(role), kGrants.at(i).permission) ? "yes" : ""));
        }
    }
}

TEST_CASE("the table of a case's states in the README is the one in the code") {
    const Bytes file = read_file(Path(AWDA_SOURCE_DIR) / "agent/README.md").value();
    const auto rows =
        table_under(std::string(file.begin(), file.end()), "### The states of a case");
    REQUIRE(rows.size() == sync::kTransitions.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const sync::Transition& transition = sync::kTransitions.at(i);
        CAPTURE(transition.name.view());
        std::string from;
        for (const sync::CaseStatus status : sync::kCaseStatuses) {
            if (!leads_from(transition, status)) continue;
            if (!from.empty()) from += ", ";
            from += sync::case_status_name(status);
        }
        const bool owner = transition.party == sync::CaseParty::kOwner;
        const std::vector<std::string> expected = {
            "`" + std::string(transition.name.view()) + "`",
            from,
            std::string(sync::case_status_name(transition.to)),
            owner ? "owner" : "addressee",
            std::string(grant_of(permission_of(transition.right)).name.view()),
            transition.needs_reason ? "yes" : "",
            transition.needs_office ? "yes" : ""};
        CHECK(rows[i] == expected);
    }
}

TEST_CASE("every permission has one line, and the lines stand in the enumeration's order") {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < kGrants.size(); ++i) {
        CHECK(static_cast<std::size_t>(kGrants.at(i).permission) == i);
        names.insert(kGrants.at(i).name.view());
    }
    CHECK(names.size() == kGrants.size());
    CHECK(grant_of(Permission::kReadAudit).name.view() == "read_audit");
}

TEST_CASE("an auditor changes nothing and takes nothing out") {
    const std::set<std::string_view> reading = {"view_list", "view_record", "search", "read_audit"};
    for (const Grant& grant : kGrants) {
        CAPTURE(grant.name.view());
        CHECK(grant.auditor == reading.contains(grant.name.view()));
    }
}

TEST_CASE("each role holds what the one below it holds") {
    for (const Grant& grant : kGrants) {
        CAPTURE(grant.name.view());
        CHECK((!grant.officer || grant.supervisor));
        CHECK((!grant.supervisor || grant.administrator));
    }
}

TEST_CASE("a role is known by its name and by no other") {
    for (const Role role : kRoles) CHECK(parse_role(role_name(role)) == role);
    CHECK_FALSE(parse_role("").has_value());
    CHECK_FALSE(parse_role("Officer").has_value());
    CHECK(role_name(static_cast<Role>(9)).empty());
    CHECK_FALSE(may(static_cast<Role>(9), Permission::kViewList));
}
