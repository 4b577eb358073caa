// Recorded expressions on plain documents.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "forms/evaluator.h"
#include "forms/replay.h"
#include "forms/replay_support.h"
#include "forms/xml_tree.h"

namespace awda::forms {

using namespace replaying;

namespace {

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
    if (value == "Infinity") return HUGE_VAL;
    if (value == "-Infinity") return -HUGE_VAL;
    return std::nan("");
}

/// Whether what came of an expression is what was recorded; else what both are.
class Comparison {
public:
    Comparison(const Json& json, ReplayOutcome& out)
        : json_(json), out_(out), error_(json.contains("error")) {}

    void fail(std::string expected, std::string got) {
        out_.failures.push_back({0, json_.value("file", ""), std::move(expected), std::move(got)});
    }
    /// No value came, which is right where an error was recorded.
    void no_value(const char* expected, std::string got) {
        if (!error_) fail(expected, std::move(got));
    }
    void value(Evaluator& evaluator, const Value& value, const XmlTree& tree,
               const StringPool& names) {
        if (error_) return fail("an error", evaluator.to_text(value));
        const int requested = json_.value("requested", 0);  // XPathResult's numbers
        if (requested == 1) return number(evaluator.to_number(value));
        if (requested == 3) {
            return text(json_.value("boolean", false) ? "true" : "false",
                        evaluator.to_bool(value) ? "true" : "false");
        }
        if (requested >= 4 && requested <= 9) return nodes(value, requested >= 8, tree, names);
        const std::string got = evaluator.to_text(value);
        text(json_.value("string", got), got);
    }

private:
    void number(double got) {
        const double want = number_of(json_.at("number"));
        const bool close = want == got || (std::isnan(want) && std::isnan(got)) ||
                           std::fabs(want - got) <= 1e-12 * std::fabs(want);
        if (!close) fail(print_number(want), print_number(got));
    }
    void text(const std::string& want, const std::string& got) {
        if (want != got) fail(want, got);
    }
    void nodes(const Value& value, bool single, const XmlTree& tree, const StringPool& names) {
        if (!value.is_nodes()) return fail("nodes", "another value");
        const Json& recorded = json_.at("nodes");
        const std::size_t most = single ? 1 : std::string::npos;
        std::string want;
        std::string got;
        for (std::size_t i = 0; i < std::min(recorded.size(), most); ++i)
            want += recorded.at(i).at(0).get<std::string>() + " ";
        for (std::size_t i = 0; i < std::min(value.nodes().size(), most); ++i)
            got += place_of(tree, names, value.nodes()[i].node) + " ";
        text(want, got);
    }

    const Json& json_;
    ReplayOutcome& out_;
    bool error_;
};

ReplayOutcome replay_expression(const Json& json, const ReplayOptions& options) {
    ReplayOutcome out;
    out.id = std::to_string(json.value("id", 0));
    out.what = json.value("expr", "");
    if (json.value("nondeterministic", false)) {
        out.counted = false;
        return out;
    }
    Comparison comparison(json, out);
    StringPool names;
    const auto tree = XmlTree::parse(json.value("doc", ""), names);
    if (!tree.ok()) {
        comparison.fail("a document", "broken XML");
        return out;
    }
    CompiledExpr compiled;
    ParseProblem problem;
    if (!Expression::parse(out.what, names, compiled.expr, problem)) {
        comparison.no_value("an expression", "error at " + problem.found);
        return out;
    }
    mark_relative(compiled);
    PlainHost host(**tree, names, options, zone_of(json.value("tz", "UTC")),
                   json.value("xforms_functions", true));
    const NodeId context = find_place(**tree, names, json.value("ctx", "/"));
    if (context == kNoNode) {
        comparison.no_value("a context", "none");
        return out;
    }
    Evaluator evaluator(host, compiled);
    const Value value = evaluator.evaluate({tree->get(), context});
    if (evaluator.failure() != nullptr)
        comparison.no_value("a value", evaluator.failure());
    else
        comparison.value(evaluator, value, **tree, names);
    return out;
}

}  // namespace

void replay_xpath(std::string_view jsonl, const ReplayOptions& options, const ReplaySink& sink) {
    each_case(jsonl, sink, [&](std::size_t, const Json& json) -> std::optional<ReplayOutcome> {
        if (!options.only.empty() && std::to_string(json.value("id", 0)) != options.only) {
            return std::nullopt;
        }
        return replay_expression(json, options);
    });
}

}  // namespace awda::forms
