// The functions of expressions about nodes, truth, lists and the form itself. Text, numbers and
// dates are in functions_text.cpp and functions_number.cpp.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "forms/digest.h"
#include "forms/evaluator.h"
#include "forms/regex.h"
#include "platform/ids.h"

namespace awda::forms {

Value Evaluator::call(const ExprNode& node, const Context& context) {
    if (node.fn == Fn::kUnknown) return fail("unknown function");
    if (node.bad_arguments) return fail("another number of arguments");
    if (!host_.xforms() && node.fn >= Fn::kOnce && node.fn != Fn::kCurrent) {
        return fail("not a function of XPath 1.0");
    }
    if (node.fn <= Fn::kName) return call_node(node, context);
    if (node.fn <= Fn::kTranslate) return call_text(node, context);
    if (node.fn <= Fn::kLang) return call_core(node, context);
    if (node.fn <= Fn::kRound) return call_number(node, context);
    if (node.fn <= Fn::kInstance) return call_node(node, context);
    if (node.fn <= Fn::kProperty) return call_text(node, context);
    if (node.fn <= Fn::kWeightedChecklist) return call_core(node, context);
    if (node.fn <= Fn::kMin) return call_number(node, context);
    if (node.fn <= Fn::kPi) return call_math(node, context);
    if (node.fn <= Fn::kRandomize) return call_list(node, context);
    if (node.fn <= Fn::kDecimalTime) return call_date(node, context);
    if (node.fn <= Fn::kCountSelected) return call_list(node, context);
    if (node.fn <= Fn::kIndexedRepeat) return call_form(node, context);
    return call_geo(node, context);
}

Value Evaluator::call_node(const ExprNode& node, const Context& context) {
    switch (node.fn) {
        case Fn::kLast: return Value(static_cast<double>(context.size));
        case Fn::kPosition: return position_of(node, context);
        case Fn::kCount: {
            const Value nodes = eval(node.kids[0], context);
            if (!nodes.is_nodes()) return fail("count() of what are not nodes");
            return Value(static_cast<double>(nodes.nodes().size()));
        }
        case Fn::kId: {
            NodeSet out;
            for (const std::string& text : arg_list(node, 0, context)) {
                for (const std::string_view word : split_words(text)) {
                    const NodeId found = host_.find_id(*context.node.document, word);
                    if (found != kNoNode) out.push_back({context.node.document, found});
                }
            }
            sort_unique(out);
            return Value(std::move(out));
        }
        case Fn::kCurrent: return Value(NodeSet{context.own});
        case Fn::kInstance: {
            const NodeRef root = host_.instance(arg_text(node, 0, context));
            return root ? Value(NodeSet{root}) : Value(NodeSet{});
        }
        case Fn::kOnce: {
            const std::string now = context.node.text();
            return now.empty() ? eval(node.kids[0], context) : Value(now);
        }
        default: break;
    }
    NodeRef subject = context.node;
    if (!node.kids.empty()) {
        const Value nodes = eval(node.kids[0], context);
        if (!nodes.is_nodes()) return fail("a name of what are not nodes");
        if (nodes.nodes().empty()) return Value(std::string());
        subject = nodes.nodes().front();
    }
    const NameId id = node.fn == Fn::kNamespaceUri ? subject.document->space(subject.node)
                                                   : subject.document->name(subject.node);
    std::string out(id == kNoName ? std::string_view() : host_.name_text(id));
    const std::string_view prefix = subject.document->prefix(subject.node);
    if (node.fn == Fn::kName && !prefix.empty()) out.insert(0, std::string(prefix) + ":");
    return Value(std::move(out));
}

/// position(node): which row it is, or which of its siblings of the same name.
Value Evaluator::position_of(const ExprNode& node, const Context& context) {
    if (node.kids.empty()) return Value(static_cast<double>(context.position));
    const Value argument = eval(node.kids[0], context);
    if (!argument.is_nodes()) return fail("position() of what is no node");
    if (argument.nodes().empty()) return Value(std::numeric_limits<double>::quiet_NaN());
    const NodeRef subject = argument.nodes().front();
    const Document& document = *subject.document;
    if (&document == host_.record() && subject.node > 1) {
        return Value(static_cast<double>(host_.record()->at(subject.node).position + 1));
    }
    const NodeId parent = document.parent(subject.node);
    std::size_t position = 1;
    if (parent != kNoNode) {
        for (NodeId n = document.first_child(parent); n != kNoNode && n != subject.node;
             n = document.next_sibling(n)) {
            if (document.name(n) == document.name(subject.node)) ++position;
        }
    }
    return Value(static_cast<double>(position));
}

void Evaluator::each_text(const ExprNode& node, std::size_t from, const Context& context,
                          const std::function<void(std::string)>& tell) {
    for (std::size_t i = from; i < node.kids.size() && failure_ == nullptr; ++i) {
        const Value value = eval(node.kids[i], context);
        if (!value.is_nodes()) {
            tell(to_text(value));
            continue;
        }
        for (const NodeRef& each : value.nodes()) tell(text_of(each));
    }
}

std::vector<std::string> Evaluator::arg_list(const ExprNode& node, std::size_t from,
                                             const Context& context) {
    std::vector<std::string> out;
    each_text(node, from, context, [&](std::string text) { out.push_back(std::move(text)); });
    return out;
}

namespace {

/// Of a node in a checklist: what is stored of a truth, else whether anything is there.
bool truth_of_text(std::string_view text) {
    text = trim(text);
    return !text.empty() && text != "false";
}

}  // namespace

std::vector<bool> Evaluator::arg_truths(const ExprNode& node, std::size_t from, std::size_t step,
                                        const Context& context) {
    std::vector<bool> out;
    for (std::size_t i = from; i < node.kids.size(); i += step) {
        const Value value = eval(node.kids[i], context);
        if (!value.is_nodes()) {
            out.push_back(to_bool(value));
            continue;
        }
        for (const NodeRef& each : value.nodes()) out.push_back(truth_of_text(text_of(each)));
    }
    return out;
}

std::vector<double> Evaluator::arg_weights(const ExprNode& node, std::size_t from, std::size_t step,
                                           const Context& context) {
    std::vector<double> out;
    for (std::size_t i = from; i < node.kids.size(); i += step) {
        const Value value = eval(node.kids[i], context);
        if (!value.is_nodes()) {
            out.push_back(to_number(value));
            continue;
        }
        for (const NodeRef& each : value.nodes()) out.push_back(parse_number(text_of(each)));
    }
    return out;
}

Value Evaluator::call_core(const ExprNode& node, const Context& context) {
    switch (node.fn) {
        case Fn::kBoolean: return Value(arg_bool(node, 0, context));
        case Fn::kNot: return Value(!arg_bool(node, 0, context));
        case Fn::kTrue: return Value(true);
        case Fn::kFalse: return Value(false);
        case Fn::kLang: return Value(lang_matches(context, arg_text(node, 0, context)));
        case Fn::kDepend: return eval(node.kids[0], context);
        case Fn::kIf: return eval(node.kids[arg_bool(node, 0, context) ? 1 : 2], context);
        case Fn::kCoalesce: {
            for (std::size_t i = 0; i + 1 < node.kids.size(); ++i) {
                Value value = eval(node.kids[i], context);
                if (!to_text(value).empty()) return value;
            }
            return eval(node.kids.back(), context);
        }
        case Fn::kBooleanFromString: {
            const std::string text = lower_ascii(arg_text(node, 0, context));
            return Value(text == "1" || text == "true");
        }
        case Fn::kRegex: {
            const std::string subject = arg_text(node, 0, context);
            const auto pattern = Pattern::compile(arg_text(node, 1, context));
            if (!pattern) return fail("a regular expression that is not understood");
            return Value(rules_.regex_scope == RegexScope::kAnywhere ? pattern->finds(subject)
                                                                     : pattern->matches(subject));
        }
        case Fn::kPulldata: return pulldata(node, context);
        default: break;
    }
    // checklist(least, most, truth…) and weighted-checklist(least, most, truth, weight…)
    const double least = arg_number(node, 0, context);
    const double most = arg_number(node, 1, context);
    const bool weighted = node.fn == Fn::kWeightedChecklist;
    const auto truths = arg_truths(node, 2, weighted ? 2 : 1, context);
    const auto weights = weighted ? arg_weights(node, 3, 2, context) : std::vector<double>();
    double sum = 0;
    for (std::size_t i = 0; i < truths.size(); ++i) {
        if (truths[i]) sum += weighted ? (i < weights.size() ? weights[i] : 0) : 1;
    }
    return Value((least < 0 || sum >= least) && (most < 0 || sum <= most));
}

bool Evaluator::lang_matches(const Context& context, std::string_view wanted) {
    const Document& document = *context.node.document;
    const std::string want = lower_ascii(wanted);
    for (NodeId n = context.node.node; n != kNoNode; n = document.parent(n)) {
        for (NodeId a = document.first_attribute(n); a != kNoNode; a = document.next_attribute(a)) {
            if (document.prefix(a) != "xml" || host_.name_text(document.name(a)) != "lang")
                continue;
            std::string have;
            document.append_text(a, have);
            have = lower_ascii(have);
            return have == want || have.starts_with(want + "-");
        }
    }
    return false;
}

/// pulldata('list', 'wanted column', 'key column', key): one cell of a table.
Value Evaluator::pulldata(const ExprNode& node, const Context& context) {
    const NodeRef root = host_.instance(arg_text(node, 0, context));
    const auto* table = root ? dynamic_cast<const TableInstance*>(root.document) : nullptr;
    if (table == nullptr) return Value(std::string());
    std::uint32_t wanted = TableInstance::kNoColumn;
    std::uint32_t key = TableInstance::kNoColumn;
    const std::string wanted_name = arg_text(node, 1, context);
    const std::string key_name = arg_text(node, 2, context);
    for (std::uint32_t i = 0; i < table->columns(); ++i) {
        if (table->column_text(i) == wanted_name) wanted = i;
        if (table->column_text(i) == key_name) key = i;
    }
    if (wanted == TableInstance::kNoColumn || key == TableInstance::kNoColumn) {
        return Value(std::string());
    }
    const auto rows = table->rows_with(key, arg_text(node, 3, context));
    return Value(rows.empty() ? std::string() : std::string(table->at(rows.front(), wanted)));
}

Value Evaluator::call_list(const ExprNode& node, const Context& context) {
    switch (node.fn) {
        case Fn::kCountNonEmpty: {
            const Value nodes = eval(node.kids[0], context);
            if (!nodes.is_nodes()) return fail("count-non-empty() of what are not nodes");
            const auto count = std::count_if(nodes.nodes().begin(), nodes.nodes().end(),
                                             [](const NodeRef& n) { return !n.text().empty(); });
            return Value(static_cast<double>(count));
        }
        case Fn::kRandomize: return randomized(node, context);
        case Fn::kSelected: {
            const std::string list = arg_text(node, 0, context);
            const std::string wanted_text = arg_text(node, 1, context);
            const std::string_view wanted = trim(wanted_text);
            const auto words = split_words(list);
            return Value(std::find(words.begin(), words.end(), wanted) != words.end());
        }
        case Fn::kSelectedAt: {
            const std::string list = arg_text(node, 0, context);
            const double index = arg_number(node, 1, context);
            const auto words = split_words(list);
            if (!(index >= 0) || index >= static_cast<double>(words.size())) {
                return Value(std::string());
            }
            return Value(std::string(words[static_cast<std::size_t>(index)]));
        }
        default: {
            const std::string list = arg_text(node, 0, context);
            return Value(static_cast<double>(split_words(list).size()));
        }
    }
}

namespace {

/// Park and Miller's generator, as ODK's randomize() fixes it so that a seed means one order.
class ParkMiller {
public:
    explicit ParkMiller(std::int64_t seed) {
        state_ = seed % kModulus;
        if (state_ <= 0) state_ += kModulus - 1;
    }
    double next() {
        state_ = state_ * 16807 % kModulus;
        return static_cast<double>(state_ - 1) / static_cast<double>(kModulus - 1);
    }

private:
    static constexpr std::int64_t kModulus = 2147483647;
    std::int64_t state_ = 1;
};

}  // namespace

/// A seed that is no number is hashed: the first eight bytes of its SHA-256, big-endian.
std::int64_t Evaluator::seed_of(const Value& value) {
    constexpr double kLargest = 9e15;
    const double number = to_number(value);
    if (!std::isnan(number)) {
        return std::fabs(number) < kLargest ? static_cast<std::int64_t>(std::trunc(number)) : 0;
    }
    const std::string text = value.is_number() ? std::string() : to_text(value);
    if (text.empty()) return 0;
    const auto sum = digest(text, "SHA-256");
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sizeof bits; ++i) bits = bits << 8U | (*sum)[i];
    return std::bit_cast<std::int64_t>(bits);
}

Value Evaluator::randomized(const ExprNode& node, const Context& context) {
    Value source = eval(node.kids[0], context);
    if (!source.is_nodes()) return fail("randomize() of what are not nodes");
    std::int64_t seed = 0;
    if (node.kids.size() > 1) {
        seed = seed_of(eval(node.kids[1], context));
    } else {
        seed = static_cast<std::int64_t>(host_.random().next_u64() >> 33U);
    }
    ParkMiller random(seed);
    const NodeSet& nodes = source.nodes();
    NodeSet out(nodes.size());
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const auto at =
            static_cast<std::size_t>(std::floor(random.next() * static_cast<double>(i + 1)));
        if (at != i) out[i] = out[at];
        out[at] = nodes[i];
    }
    return Value(std::move(out));
}

Value Evaluator::call_form(const ExprNode& node, const Context& context) {
    if (node.fn == Fn::kIndexedRepeat) return indexed_repeat(node, context);
    if (node.fn == Fn::kItext) {
        auto text = host_.itext(arg_text(node, 0, context));
        return text ? Value(std::move(*text)) : fail("no such text");
    }
    const std::string value = arg_text(node, 0, context);
    const std::string path = arg_text(node, 1, context);
    auto label = host_.choice_name(value, path, context.own);
    return Value(label ? std::move(*label) : std::string());
}

/// Where the repeats of indexed-repeat() stand among its arguments, outer ones first.
std::vector<std::size_t> Evaluator::repeat_arguments(const ExprNode& node) const {
    const auto place = [&](std::size_t argument) {
        const ExprNode& target = compiled_.expr.node(node.kids[0]);
        const ExprNode& repeat = compiled_.expr.node(node.kids[argument]);
        if (repeat.op != Op::kPath || repeat.path.steps.empty()) return std::size_t{0};
        const auto& steps = target.path.steps;
        const auto found = std::find_if(steps.begin(), steps.end(), [&](const Step& step) {
            return step.test == Test::kName && step.name == repeat.path.steps.back().name;
        });
        return static_cast<std::size_t>(found - steps.begin());
    };
    std::vector<std::size_t> out;
    for (std::size_t i = 1; i + 1 < node.kids.size(); i += 2) out.push_back(i);
    std::stable_sort(out.begin(), out.end(),
                     [&](std::size_t a, std::size_t b) { return place(a) < place(b); });
    return out;
}

/// indexed-repeat(target, repeat, index, …): the target inside the indexed rows.
Value Evaluator::indexed_repeat(const ExprNode& node, const Context& context) {
    if (node.kids.size() % 2 == 0) return fail("indexed-repeat() without an index");
    // The target is found by its names below the chosen row: everything of the target's path that
    // comes after the repeat's own name.
    const ExprNode& target = compiled_.expr.node(node.kids[0]);
    if (target.op != Op::kPath) return fail("indexed-repeat() of what is no path");
    NodeRef row;
    std::size_t used = 0;  // steps of the target that lead to the row
    for (const std::size_t i : repeat_arguments(node)) {
        const ExprNode& repeat = compiled_.expr.node(node.kids[i]);
        if (repeat.op != Op::kPath || repeat.path.steps.empty())
            return fail("indexed-repeat() without a repeat");
        const Step& last = repeat.path.steps.back();
        std::size_t at = used;
        while (at < target.path.steps.size() && !(target.path.steps[at].name == last.name &&
                                                  target.path.steps[at].test == Test::kName &&
                                                  target.path.steps[at].axis == Axis::kChild)) {
            ++at;
        }
        const double index = arg_number(node, i + 1, context);
        NodeSet rows;
        if (at < target.path.steps.size() && row) {
            rows.push_back(row);
            const std::vector<Step> way(
                target.path.steps.begin() + static_cast<std::ptrdiff_t>(used),
                target.path.steps.begin() + static_cast<std::ptrdiff_t>(at) + 1);
            eval_steps(way, context, rows);
            used = at + 1;
        } else {
            Value found = eval(node.kids[i], context);
            if (!found.is_nodes()) return fail("indexed-repeat() without a repeat");
            rows = std::move(found.nodes());
            // A relative target may start inside the row already: "../name" or "name".
            if (at < target.path.steps.size())
                used = at + 1;
            else
                while (used < target.path.steps.size() &&
                       target.path.steps[used].test != Test::kName)
                    ++used;
        }
        if (!(index >= 1) || index > static_cast<double>(rows.size())) return Value(NodeSet{});
        row = rows[static_cast<std::size_t>(index) - 1];
    }
    NodeSet out{row};
    const std::vector<Step> rest(target.path.steps.begin() + static_cast<std::ptrdiff_t>(used),
                                 target.path.steps.end());
    eval_steps(rest, context, out);
    drop_hidden(out);
    return Value(std::move(out));
}

}  // namespace awda::forms
