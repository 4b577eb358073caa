// Recorded XLSForms as Markdown, against the XForms or errors they must give.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "forms/ascii.h"
#include "forms/load.h"
#include "forms/replay.h"
#include "forms/replay_support.h"
#include "forms/value.h"

namespace awda::forms {

using namespace replaying;

namespace {

/// A text, or the start of an element with its attributes sorted; nothing for a comment.
void open_node(const pugi::xml_node& node, std::string& out) {
    if (node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata) {
        std::string text(trim(node.value()));
        if (!text.empty()) out += "\"" + text + "\"\n";
        return;
    }
    std::vector<std::string> attributes;
    for (const pugi::xml_attribute& a : node.attributes()) {
        // A prefix that is declared and not used changes nothing.
        if (std::string_view(a.name()).starts_with("xmlns")) continue;
        std::string value(trim(a.value()));
        // A line's end in an attribute reads as a blank unless it is written as a reference.
        std::replace_if(value.begin(), value.end(), is_space, ' ');
        attributes.push_back(std::string(" ") + a.name() + "=" + value);
    }
    std::sort(attributes.begin(), attributes.end());
    out += "<" + std::string(node.name());
    for (const std::string& a : attributes) out += a;
    out += ">\n";
}

/// XML with sorted attributes and without white space that means nothing.
std::string canonical(const pugi::xml_node& top) {
    std::string out;
    for (pugi::xml_node node = top;;) {
        open_node(node, out);
        pugi::xml_node next = node.first_child();
        while (!next) {
            if (node.type() == pugi::node_element) out += "</>\n";
            if (node == top) return out;
            next = node.next_sibling();
            node = node.parent();
        }
        node = next;
    }
    return out;
}

std::string first_difference(const std::string& want, const std::string& got) {
    std::size_t at = 0;
    while (at < want.size() && at < got.size() && want[at] == got[at]) ++at;
    const std::size_t line = at == 0 ? 0 : want.rfind('\n', at - 1) + 1;
    return want.substr(line, 200);
}

/// "[row : 3]" of the recorded error; 0 if it names none.
std::uint32_t recorded_row(const std::string& error) {
    const auto at = error.find("[row : ");
    if (at == std::string::npos) return 0;
    const double row = parse_number(error.substr(at + 7, error.find(']', at) - at - 7));
    return row >= 1 ? static_cast<std::uint32_t>(row) : 0;
}

/// What stands between quotes; an apostrophe inside a word is none.
std::vector<std::string> quoted_tokens(std::string_view text) {
    const auto letter = [](char c) { return is_letter(c) || is_digit(c); };
    std::vector<std::string> out;
    auto open = std::string_view::npos;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\'') continue;
        const bool after = i > 0 && letter(text[i - 1]);
        const bool before = i + 1 < text.size() && letter(text[i + 1]);
        if (open == std::string_view::npos) {
            if (!after) open = i;
        } else if (!before) {
            out.emplace_back(text.substr(open + 1, i - open - 1));
            open = std::string_view::npos;
        }
    }
    return out;
}

/// Whether one of our errors names the row, and all that the recorded one puts between quotes:
/// the sheet, the column and what is wrong there.
bool names_the_same(const std::string& recorded, const Diagnostics& diagnostics) {
    const std::uint32_t row = recorded_row(recorded);
    const std::vector<std::string> tokens = quoted_tokens(recorded);
    return std::any_of(diagnostics.begin(), diagnostics.end(), [&](const Diagnostic& d) {
        if (d.severity != Severity::kError || (row != 0 && d.where.row != row)) return false;
        const std::string text = render(d, Language::kEnglish);
        return std::all_of(tokens.begin(), tokens.end(), [&](const std::string& token) {
            return text.find(token) != std::string::npos;
        });
    });
}

ReplayOutcome replay_markdown(std::size_t line, const Json& json) {
    ReplayOutcome out;
    out.id = std::to_string(line);
    out.what = json.value("test", "");
    LoadOptions options;
    options.root_name = json.value("name", "test_name");
    const LoadResult loaded = load_form(as_bytes(json.value("md", "")), options);
    std::string errors;
    for (const Diagnostic& d : loaded.diagnostics) {
        if (d.severity == Severity::kError) errors += render(d, Language::kEnglish) + "; ";
    }
    if (json.contains("error")) {
        const std::string want = json.value("error", "");
        if (errors.empty())
            out.failures.push_back({0, "", want, "no error"});
        else if (!names_the_same(want, loaded.diagnostics))
            out.failures.push_back({0, "", want, errors});
        return out;
    }
    if (loaded.definition == nullptr) {
        out.failures.push_back({0, "", "a form", errors});
        return out;
    }
    const std::string want = canonical_xml(json.value("xform", ""));
    const std::string got = canonical_xml(write_xform(*loaded.definition));
    if (want != got) {
        out.failures.push_back({0, "", first_difference(want, got), first_difference(got, want)});
    }
    return out;
}

}  // namespace

std::string canonical_xml(std::string_view xml) {
    pugi::xml_document document;
    if (!document.load_buffer(xml.data(), xml.size(), pugi::parse_default)) return "(broken)";
    return canonical(document.document_element());
}

void replay_xlsform(std::string_view jsonl, const ReplayOptions& options, const ReplaySink& sink) {
    each_case(jsonl, sink, [&](std::size_t line, const Json& json) -> std::optional<ReplayOutcome> {
        if (!options.only.empty() && std::to_string(line) != options.only) return std::nullopt;
        return replay_markdown(line, json);
    });
}

}  // namespace awda::forms
