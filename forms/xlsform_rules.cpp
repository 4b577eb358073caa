#include "forms/xlsform_rules.h"

#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "forms/value.h"
#include "forms/xlsform_sheets.h"

namespace awda::forms {

namespace {

/// Of each list, a select that searches and one that doesn't.
using ListUses = std::map<std::string, std::pair<const Element*, const Element*>>;

void find_searches(XlsForm& form, const Element& element, ListUses& uses) {
    for (const auto& child : element.children) {
        find_searches(form, *child, uses);
        if (!child->select || child->select->element == "external") continue;
        const bool search = child->row.at("appearance").find("search(") != std::string_view::npos;
        if (search && child->select->from_file) {
            form.report(DiagnosticCode::kSearchFile, place(child->row, "appearance"),
                        {child->name});
        }
        if (child->select->from_file) continue;
        auto& use = uses[child->select->list];
        (search ? use.first : use.second) = child.get();
    }
}

void check_repeats(XlsForm& form, const Element& element, std::unordered_set<std::string>& names) {
    for (const auto& child : element.children) {
        if (child->kind == Element::Kind::kRepeat) {
            if (child->name == form.root.name)
                form.report(DiagnosticCode::kRootRepeat, place(child->row, "name"), {child->name});
            if (!names.insert(child->name).second)
                form.report(DiagnosticCode::kRepeatTwice, place(child->row, "name"), {child->name});
        }
        check_repeats(form, *child, names);
    }
}

void check_names(XlsForm& form, const Element& element) {
    std::unordered_map<std::string, std::uint32_t> seen;
    std::unordered_set<std::string> lower;
    for (const auto& child : element.children) {
        const auto [first, fresh] = seen.emplace(child->name, child->row.number);
        if (!fresh) {
            form.report(DiagnosticCode::kDuplicateName, place(child->row, "name"),
                        {child->name, std::to_string(first->second)});
        } else if (!lower.insert(lower_ascii(child->name)).second) {
            form.report(DiagnosticCode::kNameCase, place(child->row, "name"), {child->name}, {},
                        Severity::kWarning);
        }
        check_names(form, *child);
    }
    for (const auto& child : element.children) {
        if (!needs_count_node(std::string(child->row.at("repeat_count")))) continue;
        const std::string counter = child->name + "_count";
        const auto taken = seen.find(counter);
        if (taken == seen.end()) continue;
        form.report(DiagnosticCode::kDuplicateName, place(child->row, "name"),
                    {counter, std::to_string(taken->second)});
    }
}

}  // namespace

void check_repeats(XlsForm& form) {
    std::unordered_set<std::string> names;
    check_repeats(form, form.root, names);
}

void check_names(XlsForm& form) {
    check_names(form, form.root);
}

void check_searches(XlsForm& form) {
    ListUses uses;
    find_searches(form, form.root, uses);
    for (const auto& [list, pair] : uses) {
        const auto& [searching, plain] = pair;
        if (searching == nullptr) continue;
        if (plain == nullptr) {
            if (const auto found = form.choices.lists.find(list); found != form.choices.lists.end())
                found->second.searched = true;
            continue;
        }
        form.report(DiagnosticCode::kSearchShared, place(searching->row, "appearance"),
                    {searching->name, list, plain->name});
    }
}

}  // namespace awda::forms
