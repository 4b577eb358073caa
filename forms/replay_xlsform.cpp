// Recorded XLSForms as Markdown, against the XForms or errors they must give.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "forms/load.h"
#include "forms/replay.h"
#include "forms/replay_support.h"
#include "forms/value.h"

namespace awda::forms {

using namespace replaying;

namespace {

/// XML with sorted attributes and without white space that means nothing.
void canonical(const pugi::xml_node& node, std::string& out) {
    if (node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata) {
        std::string text(trim(node.value()));
        if (!text.empty()) out += "\"" + text + "\"\n";
        return;
    }
    if (node.type() != pugi::node_element) return;
    std::vector<std::string> attributes;
    for (const pugi::xml_attribute& a : node.attributes()) {
        // A prefix that is declared and not used changes nothing.
        if (std::string_view(a.name()).starts_with("xmlns")) continue;
        attributes.push_back(std::string(" ") + a.name() + "=" + std::string(trim(a.value())));
    }
    std::sort(attributes.begin(), attributes.end());
    out += "<" + std::string(node.name());
    for (const std::string& a : attributes) out += a;
    out += ">\n";
    for (const pugi::xml_node& child : node.children()) canonical(child, out);
    out += "</>\n";
}

std::string canonical_text(std::string_view xml) {
    pugi::xml_document document;
    if (!document.load_buffer(xml.data(), xml.size(), pugi::parse_default)) return "(broken)";
    std::string out;
    canonical(document.document_element(), out);
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

ReplayOutcome replay_markdown(std::size_t line, const Json& json) {
    ReplayOutcome out;
    out.id = std::to_string(line);
    out.what = json.value("test", "");
    LoadOptions options;
    options.root_name = json.value("name", "test_name");
    const LoadResult loaded = load_form(as_bytes(json.value("md", "")), options);
    std::string errors;
    bool row_named = false;
    const std::uint32_t row = recorded_row(json.value("error", ""));
    for (const Diagnostic& d : loaded.diagnostics) {
        if (d.severity != Severity::kError) continue;
        errors += render(d, Language::kEnglish) + "; ";
        row_named = row_named || row == 0 || d.where.row == row;
    }
    if (json.contains("error")) {
        if (errors.empty())
            out.failures.push_back({0, "", json.value("error", ""), "no error"});
        else if (!row_named)
            out.failures.push_back({0, "", json.value("error", ""), errors});
        return out;
    }
    if (loaded.definition == nullptr) {
        out.failures.push_back({0, "", "a form", errors});
        return out;
    }
    const std::string want = canonical_text(json.value("xform", ""));
    const std::string got = canonical_text(write_xform(*loaded.definition));
    if (want != got) {
        out.failures.push_back({0, "", first_difference(want, got), first_difference(got, want)});
    }
    return out;
}

}  // namespace

void replay_xlsform(std::string_view jsonl, const ReplayOptions& options, const ReplaySink& sink) {
    each_case(jsonl, sink, [&](std::size_t line, const Json& json) -> std::optional<ReplayOutcome> {
        if (!options.only.empty() && std::to_string(line) != options.only) return std::nullopt;
        return replay_markdown(line, json);
    });
}

}  // namespace awda::forms
