#include "forms/replay.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "forms/load.h"
#include "forms/session_state.h"
#include "forms/value.h"

namespace awda::forms {

using Json = nlohmann::ordered_json;

namespace {

class FixedClock final : public Clock {
public:
    explicit FixedClock(UnixMs now) : now_(now) {}
    [[nodiscard]] UnixMs now() const override { return now_; }
    [[nodiscard]] std::int64_t steady_ms() const override { return now_; }

private:
    UnixMs now_;
};

class CountingRandom final : public Random {
public:
    void fill(std::span<std::uint8_t> out) override {
        for (std::uint8_t& byte : out) {
            state_ = state_ * 6364136223846793005U + 1442695040888963407U;
            byte = static_cast<std::uint8_t>(state_ >> 56U);
        }
    }

private:
    std::uint64_t state_ = 42;
};

/// The recorded zones; none of them has summer time.
ZoneOffset zone_of(std::string_view name) {
    if (name == "America/Phoenix") return fixed_zone(-7 * 3600);
    if (name == "Asia/Baghdad") return fixed_zone(3 * 3600);
    return fixed_zone(0);
}

std::string text_of(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_boolean()) return value.get<bool>() ? "1" : "0";
    if (value.is_number_float()) return print_number(value.get<double>());
    if (value.is_number()) return value.dump();
    if (value.is_array()) {
        std::string out;
        for (const Json& item : value) {
            if (!out.empty()) out += ' ';
            out += text_of(item);
        }
        return out;
    }
    return {};
}

/// Texts with every UUID as "uuid".
std::string without_uuids(std::string_view text) {
    if (text.starts_with("uuid:") && text.size() == 41) return "uuid";
    constexpr std::size_t kLength = 36;
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        bool uuid = i + kLength <= text.size();
        for (std::size_t k = 0; uuid && k < kLength; ++k) {
            const char c = text[i + k];
            const bool dash = k == 8 || k == 13 || k == 18 || k == 23;
            const bool hex =
                (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
            uuid = dash ? c == '-' : hex;
        }
        if (uuid) {
            out += "uuid";
            i += kLength;
        } else {
            out += text[i++];
        }
    }
    return out;
}

bool same_value(const Json& expected, const std::string& got, double tolerance) {
    const std::string want = without_uuids(text_of(expected));
    const std::string have = without_uuids(got);
    if (want == have) return true;
    if (expected.is_boolean()) return have == (expected.get<bool>() ? "true" : "false");
    // One engine's "1" is the other's "true": the data writes truths as digits.
    if ((want == "1" && have == "true") || (want == "0" && have == "false")) return true;
    const double a = parse_number(want);
    const double b = parse_number(have);
    if (std::isnan(a) || std::isnan(b)) return false;
    return a == b || std::fabs(a - b) <= tolerance * std::max(std::fabs(a), std::fabs(b));
}

void each_line(std::string_view jsonl, const std::function<void(std::size_t, const Json&)>& use) {
    std::size_t number = 0;
    while (!jsonl.empty()) {
        const auto end = jsonl.find('\n');
        const std::string_view line = jsonl.substr(0, end);
        jsonl = end == std::string_view::npos ? std::string_view() : jsonl.substr(end + 1);
        ++number;
        if (trim(line).empty()) continue;
        const Json json = Json::parse(line, nullptr, false);
        if (json.is_object()) use(number, json);
    }
}

class FormReplay {
public:
    FormReplay(const Json& json, const ReplayOptions& options) : json_(json), options_(options) {}

    ReplayOutcome run() {
        out_.id = json_.value("id", "");
        out_.what = json_.value("what", "");
        const auto now = parse_moment(json_.value("now", ""), fixed_zone(0));
        const FixedClock clock(now ? now->utc_ms : 0);
        CountingRandom random;
        LoadOptions load;
        load.media = [this](std::string_view name) -> std::optional<std::string> {
            for (const auto& [key, value] : json_["media"].items()) {
                if (key == name) return value.get<std::string>();
            }
            return std::nullopt;
        };
        const std::string xml = json_.value("form_xml", "");
        const LoadResult loaded = load_form(as_bytes(xml), load);
        if (loaded.definition == nullptr) {
            std::string why;
            for (const Diagnostic& d : loaded.diagnostics) {
                if (d.severity == Severity::kError) why += render(d, Language::kEnglish) + "; ";
            }
            fail(0, "(load)", "a form", why);
            return out_;
        }
        SessionOptions session_options;
        session_options.clock = &clock;
        session_options.random = &random;
        session_options.zone = zone_of(json_.value("tz", "UTC"));
        session_options.profile = options_.profile;
        Session session(loaded.definition, std::move(session_options));
        walk(session);
        return out_;
    }

private:
    void fail(std::size_t step, std::string ref, std::string expected, std::string got) {
        out_.failures.push_back({step, std::move(ref), std::move(expected), std::move(got)});
    }

    void walk(Session& session) {
        const Json& expect = json_["expect"];
        check(session, expect[0], 0, expect.size() == 1);
        std::size_t step = 0;
        for (const Json& action : json_["steps"]) {
            ++step;
            apply(session, action, step);
            if (step < expect.size()) check(session, expect[step], step, step + 1 == expect.size());
        }
    }

    void apply(Session& session, const Json& action, std::size_t step) {
        const std::string kind = action[0];
        const std::string ref = action[1];
        if (kind == "answer") {
            const Status status = session.answer(ref, text_of(action[2]));
            if (!status.ok())
                fail(step, ref, "an answer taken", std::string(errc_name(status.error().code)));
        } else if (kind == "add_repeat") {
            const auto row = session.add_repeat(ref);
            if (!row.ok()) fail(step, ref, "a row", std::string(errc_name(row.error().code)));
        } else if (kind == "remove_repeat") {
            const Status status = session.remove_repeat(ref);
            if (!status.ok())
                fail(step, ref, "a row gone", std::string(errc_name(status.error().code)));
        } else if (kind == "lang") {
            session.set_language(ref);
        }
    }

    void check(Session& session, const Json& cells, std::size_t step, bool last) {
        for (const auto& [ref, cell] : cells.items()) check_cell(session, ref, cell, step, last);
    }

    void check_cell(Session& session, const std::string& ref, const Json& cell, std::size_t step,
                    bool last) {
        const bool want_relevant = cell.value("relevant", true);
        if (!session.exists(ref)) {
            if (want_relevant) fail(step, ref, "a node", "nothing");
            return;
        }
        if (session.relevant(ref) != want_relevant) {
            fail(step, ref, want_relevant ? "relevant" : "not relevant",
                 want_relevant ? "not relevant" : "relevant");
            return;
        }
        if (!want_relevant) return;
        if (cell.contains("value") &&
            !same_value(cell["value"], session.value(ref), json_.value("tolerance", 0.0))) {
            fail(step, ref, text_of(cell["value"]), session.value(ref));
        }
        const auto view = session.view(ref);
        if (!view.ok()) return;
        if (view->readonly != cell.value("readonly", false)) {
            fail(step, ref, cell.value("readonly", false) ? "readonly" : "writable",
                 view->readonly ? "readonly" : "writable");
        }
        if (view->required != cell.value("required", false)) {
            fail(step, ref, cell.value("required", false) ? "required" : "optional",
                 view->required ? "required" : "optional");
        }
        if (!last) return;
        if (cell.contains("label") && cell["label"].is_string() &&
            view->label != text_of(cell["label"])) {
            fail(step, ref, "label " + text_of(cell["label"]), "label " + view->label);
        }
        if (cell.contains("choices") && cell["choices"].is_array()) {
            std::string got;
            if (view->choices != nullptr) {
                for (const Choice& choice : *view->choices) {
                    if (!got.empty()) got += ' ';
                    got += choice.value;
                }
            }
            // The recorder kept the first twelve choices.
            constexpr std::size_t kRecorded = 12;
            const std::string want = text_of(cell["choices"]);
            if (cell["choices"].size() == kRecorded && got.starts_with(want + " ")) return;
            if (got != want)
                fail(step, ref, "choices " + text_of(cell["choices"]), "choices " + got);
        }
    }

    const Json& json_;
    const ReplayOptions& options_;
    ReplayOutcome out_;
};

/// Surroundings of an expression on a plain document.
class PlainHost final : public Host {
public:
    PlainHost(const XmlTree& tree, StringPool& names, const ReplayOptions& options, ZoneOffset zone,
              bool xforms)
        : tree_(tree), names_(names), options_(options), zone_(std::move(zone)), xforms_(xforms) {}

    UnixMs now() override { return 0; }
    const ZoneFunction& zone() override { return zone_; }
    Random& random() override { return random_; }
    const Semantics& rules() override { return semantics_of(options_.profile); }
    std::string_view language_tag() override { return "en"; }
    bool xforms() override { return xforms_; }
    NodeRef instance(std::string_view id) override {
        for (NodeId n = 0; n < tree_.size(); ++n) {
            if (tree_.kind(n) != NodeKind::kElement || names_.text(tree_.name(n)) != "instance")
                continue;
            if (attribute_of(n, "id") == id) return {&tree_, n};
        }
        return {};
    }
    std::optional<std::string> itext(std::string_view id) override {
        for (NodeId n = 0; n < tree_.size(); ++n) {
            if (tree_.kind(n) != NodeKind::kElement || names_.text(tree_.name(n)) != "text")
                continue;
            if (attribute_of(n, "id") != id) continue;
            for (NodeId v = tree_.first_child(n); v != kNoNode; v = tree_.next_sibling(v)) {
                if (tree_.kind(v) == NodeKind::kElement) return NodeRef{&tree_, v}.text();
            }
        }
        return std::nullopt;
    }
    std::optional<std::string> choice_name(std::string_view, std::string_view, NodeRef) override {
        return std::nullopt;
    }
    NameId prefix_space(std::string_view prefix) override {
        const NameId bound = tree_.any_prefix(prefix);
        if (bound != kNoName || prefix != "xhtml") return bound;
        return names_.intern("http://www.w3.org/1999/xhtml");
    }
    NameId default_space() override { return names_.intern("http://www.w3.org/2002/xforms"); }
    std::string_view name_text(NameId id) override { return names_.text(id); }
    NodeId absolute_root(NodeRef from) override {
        // Inside a form's model an absolute path begins at its instance.
        for (NodeId n = from.node; xforms_ && n != kNoNode; n = tree_.parent(n)) {
            if (tree_.kind(n) == NodeKind::kElement && names_.text(tree_.name(n)) == "instance" &&
                tree_.parent(tree_.parent(n)) != 0 && tree_.parent(n) != 0) {
                return n;
            }
        }
        return 0;
    }
    NodeId find_id(const Document&, std::string_view id) override { return tree_.find_xml_id(id); }

private:
    [[nodiscard]] std::string attribute_of(NodeId n, std::string_view name) const {
        for (NodeId a = tree_.first_attribute(n); a != kNoNode; a = tree_.next_attribute(a)) {
            if (names_.text(tree_.name(a)) == name) return NodeRef{&tree_, a}.text();
        }
        return {};
    }

    const XmlTree& tree_;
    StringPool& names_;
    const ReplayOptions& options_;
    ZoneOffset zone_;
    bool xforms_;
    CountingRandom random_;
};

/// "/*[1]/text()[2]/@id": where a node is, by positions.
std::string place_of(const XmlTree& tree, const StringPool& names, NodeId node) {
    std::string out;
    while (tree.parent(node) != kNoNode) {
        std::string step;
        const NodeKind kind = tree.kind(node);
        if (kind == NodeKind::kNamespace) {
            step = "/@xmlns";
            if (tree.name(node) != kNoName) step += ":" + std::string(names.text(tree.name(node)));
        } else if (kind == NodeKind::kAttribute) {
            const std::string_view prefix = tree.prefix(node);
            step = "/@" + (prefix.empty() ? std::string() : std::string(prefix) + ":") +
                   std::string(names.text(tree.name(node)));
        } else {
            std::size_t position = 1;
            for (NodeId n = tree.first_child(tree.parent(node)); n != node;
                 n = tree.next_sibling(n)) {
                if (tree.kind(n) == kind) ++position;
            }
            const char* test = kind == NodeKind::kElement   ? "/*["
                               : kind == NodeKind::kText    ? "/text()["
                               : kind == NodeKind::kComment ? "/comment()["
                                                            : "/processing-instruction()[";
            step = test + std::to_string(position) + "]";
        }
        out.insert(0, step);
        node = tree.parent(node);
    }
    return out.empty() ? "/" : out;
}

NodeId find_place(const XmlTree& tree, const StringPool& names, const std::string& place) {
    if (place == "/") return 0;
    for (NodeId n = 0; n < tree.size(); ++n) {
        if (place_of(tree, names, n) == place) return n;
    }
    return kNoNode;
}

double number_of(const Json& value) {
    if (value.is_number()) return value.get<double>();
    if (value.is_string() && value.get<std::string>() == "Infinity") return HUGE_VAL;
    if (value.is_string() && value.get<std::string>() == "-Infinity") return -HUGE_VAL;
    return std::nan("");
}

ReplayOutcome replay_expression(const Json& json, const ReplayOptions& options) {
    ReplayOutcome out;
    out.id = std::to_string(json.value("id", 0));
    const std::string text = json.value("expr", "");
    out.what = text;
    const bool error = json.contains("error");
    if (json.value("nondeterministic", false)) {
        out.counted = false;
        return out;
    }
    const auto fail = [&](std::string expected, std::string got) {
        out.failures.push_back({0, json.value("file", ""), std::move(expected), std::move(got)});
        return out;
    };
    StringPool names;
    const auto tree = XmlTree::parse(json.value("doc", ""), names);
    if (!tree.ok()) return fail("a document", "broken XML");
    CompiledExpr compiled;
    ParseProblem problem;
    if (!Expression::parse(text, names, compiled.expr, problem)) {
        return error ? out : fail("an expression", "error at " + problem.found);
    }
    mark_relative(compiled);
    PlainHost host(**tree, names, options, zone_of(json.value("tz", "UTC")),
                   json.value("xforms_functions", true));
    const NodeId context = find_place(**tree, names, json.value("ctx", "/"));
    if (context == kNoNode) return error ? out : fail("a context", "none");
    Evaluator evaluator(host, compiled);
    const Value value = evaluator.evaluate({tree->get(), context});
    if (evaluator.failure() != nullptr) return error ? out : fail("a value", evaluator.failure());
    if (error) return fail("an error", evaluator.to_text(value));
    const int requested = json.value("requested", 0);
    if (requested == 1) {
        const double want = number_of(json["number"]);
        const double got = evaluator.to_number(value);
        const bool close = want == got || (std::isnan(want) && std::isnan(got)) ||
                           std::fabs(want - got) <= 1e-12 * std::fabs(want);
        if (!close) return fail(print_number(want), print_number(got));
    } else if (requested == 3) {
        const bool got = evaluator.to_bool(value);
        if (got != json.value("boolean", false))
            return fail(got ? "false" : "true", got ? "true" : "false");
    } else if (requested >= 4 && requested <= 9) {
        if (!value.is_nodes()) return fail("nodes", "another value");
        const Json& nodes = json["nodes"];
        const bool single = requested >= 8;
        std::string want;
        std::string got;
        for (std::size_t i = 0; i < nodes.size() && (!single || i < 1); ++i)
            want += nodes[i][0].get<std::string>() + " ";
        for (std::size_t i = 0; i < value.nodes().size() && (!single || i < 1); ++i) {
            got += place_of(**tree, names, value.nodes()[i].node) + " ";
        }
        if (want != got) return fail(want, got);
    } else {
        const std::string got = evaluator.to_text(value);
        if (json.contains("string") && got != json["string"].get<std::string>()) {
            return fail(json["string"].get<std::string>(), got);
        }
    }
    return out;
}

}  // namespace

void replay_forms(std::string_view jsonl, const ReplayOptions& options, const ReplaySink& sink) {
    each_line(jsonl, [&](std::size_t, const Json& json) {
        if (!options.only.empty() && json.value("id", "") != options.only) return;
        sink(FormReplay(json, options).run());
    });
}

void replay_xpath(std::string_view jsonl, const ReplayOptions& options, const ReplaySink& sink) {
    each_line(jsonl, [&](std::size_t, const Json& json) {
        if (!options.only.empty() && std::to_string(json.value("id", 0)) != options.only) return;
        sink(replay_expression(json, options));
    });
}

}  // namespace awda::forms

// XLSForm ----------------------------------------------------------------------------------------

namespace awda::forms {
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
    each_line(jsonl, [&](std::size_t line, const Json& json) {
        if (!options.only.empty() && std::to_string(line) != options.only) return;
        sink(replay_markdown(line, json));
    });
}

}  // namespace awda::forms
