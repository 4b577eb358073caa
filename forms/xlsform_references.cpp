#include "forms/xlsform_references.h"

#include <algorithm>
#include <vector>

#include "forms/ascii.h"
#include "forms/value.h"
#include "forms/xlsform_sheets.h"

namespace awda::forms {

namespace {

/// Where in an expression a reference stands: it decides how the path is written.
struct Scan {
    struct Call {
        std::string name;
        std::size_t argument = 0;
    };
    std::vector<Call> calls;
    std::vector<bool> brackets;  ///< of each open one: whether it filters another instance
    bool looking = false;        ///< in a path that begins with instance()
    char quote = '\0';
    std::string word;

    [[nodiscard]] bool filters() const { return !brackets.empty() && brackets.back(); }

    void feed(char c) {
        if (quote != '\0') {
            if (c == quote) quote = '\0';
            return;
        }
        if (c == '\'' || c == '"') quote = c;
        if (c == '(') calls.push_back({word, 0});
        if (c == ',' && !calls.empty()) ++calls.back().argument;
        const bool letter = is_letter(c) || is_digit(c) || c == '-' || c == ':' || c == '_';
        if (c == ')' && !calls.empty()) {
            looking = calls.back().name == "instance";
            calls.pop_back();
        } else if (c == '[') {
            brackets.push_back(looking || filters());
            looking = false;
        } else if (c == ']' && !brackets.empty()) {
            looking = brackets.back();
            brackets.pop_back();
        } else if (!letter && c != '/' && c != ' ') {
            looking = false;
        }
        if (letter)
            word += c;
        else if (c != ' ')
            word.clear();
    }
    /// indexed-repeat() wants whole paths for its target and its repeats.
    [[nodiscard]] bool absolute() const {
        if (calls.empty() || calls.back().name != "indexed-repeat") return false;
        const std::size_t n = calls.back().argument;
        return n == 0 || n % 2 == 1;
    }
};

/// How `context` writes a reference to `target`: relative where they share a repeat.
std::string path_to(const Element& target, const Element& context) {
    const Element* shared = nullptr;
    for (const Element* r = enclosing_repeat(&target); r != nullptr; r = enclosing_repeat(r)) {
        if (is_inside(&context, r) || &context == r) {
            shared = r;
            break;
        }
    }
    if (shared == nullptr) return target.path;
    // Up from the context to the deepest element that holds both, then down.
    std::string ups;
    const Element* meet = &context;
    while (meet == &target || !is_inside(&target, meet)) {
        ups += ups.empty() ? ".." : "/..";
        meet = meet->parent;
    }
    std::string down = target.path.substr(meet->path.size() + 1);
    return ups.empty() ? "./" + down : ups + "/" + down;
}

/// The last character of "instance('list')/root/item[…]/label" in a text; npos if it's no
/// lookup.
std::size_t end_of_lookup(std::string_view text, std::size_t from) {
    std::size_t depth = 0;
    char quote = '\0';
    bool steps = false;
    for (std::size_t i = from; i < text.size(); ++i) {
        const char c = text[i];
        if (quote != '\0') {
            if (c == quote) quote = '\0';
            continue;
        }
        if (depth > 0 && (c == '\'' || c == '"'))
            quote = c;
        else if (c == '(' || c == '[' || c == '{')
            ++depth;
        else if (c == ')' || c == ']' || c == '}') {
            if (depth == 0) return steps ? i - 1 : std::string_view::npos;
            --depth;
        } else if (depth == 0) {
            if (c == '/') steps = true;
            const bool name = is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '/';
            if (!name) return steps ? i - 1 : std::string_view::npos;
        }
    }
    return steps && depth == 0 ? text.size() - 1 : std::string_view::npos;
}

}  // namespace

References::References(XlsForm& form) : form_(form) {
    index_names(form_.root);
    if (!form_.settings.is_yes("omit_instanceID")) index_meta();
}

void References::index_meta() {
    meta_.parent = &form_.root;
    meta_.kind = Element::Kind::kGroup;
    meta_.path = form_.root.path + "/meta";
    instance_id_.parent = &meta_;
    instance_id_.name = "instanceID";
    instance_id_.path = meta_.path + "/instanceID";
    by_name_[instance_id_.name].push_back(&instance_id_);
}

void References::index_names(const Element& element) {
    for (const auto& child : element.children) {
        by_name_[child->name].push_back(child.get());
        index_names(*child);
    }
}

const Element* References::only(const std::string& name) const {
    const auto found = by_name_.find(name);
    return found != by_name_.end() && found->second.size() == 1 ? found->second[0] : nullptr;
}

const Element* References::find(const std::string& name, const Element& context,
                                const Provenance& where) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) {
        std::vector<std::string> names;
        for (const auto& [known, elements] : by_name_) names.push_back(known);
        std::sort(names.begin(), names.end());
        form_.report(DiagnosticCode::kUnknownReference, where, {name},
                     nearest_spelling(name, names));
        return nullptr;
    }
    if (found->second.size() == 1) return found->second[0];
    // Of the copies that a loop makes, the one in the context's own copy is meant.
    if (!found->second.front()->looped) {
        form_.report(DiagnosticCode::kAmbiguousReference, where, {name});
        return nullptr;
    }
    for (const Element* e = context.parent; e != nullptr; e = e->parent) {
        const Element* only = nullptr;
        std::size_t count = 0;
        for (const Element* candidate : found->second) {
            if (is_inside(candidate, e)) only = candidate, ++count;
        }
        if (count == 1) return only;
        if (count > 1) break;
    }
    form_.report(DiagnosticCode::kAmbiguousReference, where, {name});
    return nullptr;
}

std::string References::substitute(std::string_view text, const Element& context,
                                   const Provenance& where, bool in_list, const Element* rows) {
    std::string out;
    Scan scan;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text.substr(i, 2) != "${") {
            scan.feed(text[i]);
            out += text[i];
            continue;
        }
        const auto end = text.find('}', i);
        std::string name(text.substr(i + 2, std::min(end, text.size()) - i - 2));
        const bool saved = name.starts_with("last-saved#");
        if (saved) name = name.substr(11);
        if (end == std::string_view::npos || !is_xml_name(name)) {
            form_.report(DiagnosticCode::kReferenceForm, where, {std::string(text.substr(i, 60))});
            return out;
        }
        i = end;
        scan.looking = false;
        const Element* target = find(name, context, where);
        if (target == nullptr) continue;
        if (saved) {
            uses_last_saved_ = true;
            out += " instance('__last-saved')" + target->path + " ";
            continue;
        }
        std::string path = scan.absolute() ? target->path : path_to(*target, context);
        if (rows != nullptr && is_inside(target, rows)) {
            out += " ." + target->path.substr(rows->path.size()) + " ";
            continue;
        }
        if ((in_list || scan.filters()) && path.starts_with('.')) path = "current()/" + path;
        out += " " + path + " ";
    }
    return out;
}

RichText References::rich(std::string_view text, const Element& context, const Provenance& where) {
    RichText out;
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto end = std::string_view::npos;
        if (text.substr(i, 2) == "${") end = std::min(text.find('}', i), text.size() - 1);
        if (text.substr(i, 9) == "instance(") end = end_of_lookup(text, i);
        if (end == std::string_view::npos) {
            plain += text[i];
            continue;
        }
        if (!plain.empty()) out.push_back({plain, false});
        plain.clear();
        out.push_back({substitute(text.substr(i, end - i + 1), context, where), true});
        i = end;
    }
    if (!plain.empty()) out.push_back({plain, false});
    return out;
}

std::string reference_in(std::string_view text) {
    text = trim(text);
    if (!text.starts_with("${") || !text.ends_with('}')) return {};
    text = text.substr(2, text.size() - 3);
    return is_xml_name(text) ? std::string(text) : std::string();
}

}  // namespace awda::forms
