#include "forms/evaluator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace awda::forms {

namespace {

bool reads_context(const ExprNode& node) {
    if (node.op != Op::kCall) return false;
    switch (node.fn) {
        case Fn::kLast:
        case Fn::kLang:
        case Fn::kOnce: return true;
        case Fn::kPosition:
        case Fn::kString:
        case Fn::kStringLength:
        case Fn::kNormalizeSpace:
        case Fn::kNumber:
        case Fn::kName:
        case Fn::kLocalName:
        case Fn::kNamespaceUri: return node.kids.empty();
        case Fn::kChoiceName:
        case Fn::kUnknown: return true;
        default: return false;
    }
}

}  // namespace

void mark_relative(CompiledExpr& compiled) {
    const Expression& expr = compiled.expr;
    compiled.relative.assign(expr.size(), 0);
    // Operands come before what uses them, so one pass is enough.
    for (ExprId id = 0; id < expr.size(); ++id) {
        const ExprNode& node = expr.node(id);
        std::uint8_t relative = reads_context(node) ? kLooksAtNode : 0;
        const bool position = node.op == Op::kCall &&
                              (node.fn == Fn::kLast || (node.fn == Fn::kPosition && relative != 0));
        if (position) relative |= kLooksAtPosition;
        for (const ExprId kid : node.kids) relative |= compiled.relative[kid];
        if (node.op == Op::kPath && node.path.start == Start::kContext) relative = kLooksAtNode;
        if (node.op == Op::kPath && node.path.start == Start::kFilter) {
            relative = compiled.relative[node.path.filter];
        }
        compiled.relative[id] = relative;
    }
}

bool is_shareable(const CompiledExpr& compiled) {
    const Expression& expr = compiled.expr;
    for (ExprId id = 0; id < expr.size(); ++id) {
        if (expr.node(id).op != Op::kCall) continue;
        const Fn fn = expr.node(id).fn;
        if (fn == Fn::kCurrent || fn == Fn::kOnce || fn == Fn::kChoiceName ||
            fn == Fn::kIndexedRepeat || fn == Fn::kUnknown) {
            return false;
        }
    }
    return compiled.relative[expr.root()] == 0;
}

bool is_volatile_call(Fn fn) {
    switch (fn) {
        case Fn::kNow:
        case Fn::kToday:
        case Fn::kRandom:
        case Fn::kRandomize:
        case Fn::kUuid:
        case Fn::kOnce:
        case Fn::kItext:
        case Fn::kChoiceName:
        case Fn::kFormatDate:
        case Fn::kFormatDateTime: return true;
        default: return false;
    }
}

bool is_volatile(const Expression& expr) {
    for (ExprId id = 0; id < expr.size(); ++id) {
        if (expr.node(id).op == Op::kCall && is_volatile_call(expr.node(id).fn)) return true;
    }
    return false;
}

Value Evaluator::evaluate(NodeRef context) {
    failure_ = nullptr;
    too_much_ = false;
    std::size_t* const shared = host_.work_left();
    const std::size_t allowed = shared == nullptr ? kWorkMax : std::min(kWorkMax, *shared);
    left_ = allowed;
    Value value = eval(compiled_.expr.root(), Context{context, context, 1, 1});
    if (shared != nullptr) *shared -= std::min(*shared, allowed - left_);
    return value;
}

std::string Evaluator::to_text(const Value& value) {
    if (value.is_text()) return value.raw_text();
    if (value.is_number()) {
        if (std::isnan(value.raw_number())) return std::string(rules_.no_number);
        return print_number(value.raw_number(), rules_.number_style);
    }
    if (value.is_bool()) return value.raw_bool() ? "true" : "false";
    return value.nodes().empty() ? std::string() : text_of(value.nodes().front());
}

bool Evaluator::to_bool(const Value& value) {
    if (value.is_bool()) return value.raw_bool();
    if (value.is_number()) return value.raw_number() != 0 && !std::isnan(value.raw_number());
    if (value.is_text()) return !value.raw_text().empty();
    return !value.nodes().empty();
}

double Evaluator::days_of(const Moment& moment) const {
    return rules_.day_count == DayCount::kUtc ? utc_days(moment) : local_days(moment);
}

double Evaluator::text_to_number(std::string_view text) {
    const double number = parse_number(text);
    if (!std::isnan(number) || !host_.xforms() || !looks_like_date(text)) return number;
    const auto moment = parse_moment(text, host_.zone());
    if (!moment) return number;
    return days_of(*moment);
}

double Evaluator::to_number(const Value& value) {
    if (value.is_number()) return value.raw_number();
    if (value.is_bool()) return value.raw_bool() ? 1 : 0;
    if (value.is_text()) return text_to_number(value.raw_text());
    if (value.nodes().empty()) return std::numeric_limits<double>::quiet_NaN();
    return node_number(value.nodes().front());
}

double Evaluator::node_number(const NodeRef& node) {
    const InstanceTree* record = host_.record();
    if (rules_.date_texts == DateTexts::kTyped && node.document == record && node.node != 0) {
        const ValueType type = record->shape(node.node).type;
        if (type != ValueType::kDate && type != ValueType::kDateTime) {
            return parse_number(text_of(node));
        }
    }
    return text_to_number(text_of(node));
}

Value Evaluator::operand(ExprId id, const Context& context) {
    const ExprNode& node = compiled_.expr.node(id);
    if (rules_.date_texts == DateTexts::kTyped && node.op == Op::kText) {
        return Value(parse_number(node.text));
    }
    return eval(id, context);
}

void Evaluator::drop_hidden(NodeSet& nodes) const {
    if (rules_.hidden_nodes == HiddenNodes::kBlank) return;
    std::erase_if(nodes, [](const NodeRef& n) { return !n.document->visible(n.node); });
}

Value Evaluator::eval(ExprId id, const Context& context) {
    const ExprNode& node = compiled_.expr.node(id);
    if (failure_ != nullptr || !spend(1)) return Value(std::string());
    switch (node.op) {
        case Op::kNumber: return Value(node.number);
        case Op::kText: spend_text(node.text.size()); return Value(node.text);
        case Op::kOr:
        case Op::kAnd: {
            const bool decisive = node.op == Op::kOr;
            for (const ExprId kid : node.kids) {
                if (to_bool(eval(kid, context)) == decisive) return Value(decisive);
            }
            return Value(!decisive);
        }
        case Op::kChain: return eval_chain(node, context);
        case Op::kNegate: {
            const double number = to_number(eval(node.kids[0], context));
            return Value(node.number != 0 ? number : -number);
        }
        case Op::kUnion: {
            NodeSet all;
            for (const ExprId kid : node.kids) {
                Value part = eval(kid, context);
                if (!part.is_nodes()) return fail("'|' between what are not nodes");
                all.insert(all.end(), part.nodes().begin(), part.nodes().end());
            }
            sort_unique(all);
            return Value(std::move(all));
        }
        case Op::kPath: return eval_path(id, context);
        case Op::kCall:
            return compiled_.aggregates.empty() ? call(node, context) : aggregate(id, context);
        default: return fail("an operator out of place");
    }
}

/// The text of a path to one question outside any repeat, without making a node-set of it. False
/// where the path is of another kind.
bool Evaluator::leaf(ExprId id, const Context& context, std::string_view& text) {
    if (id >= compiled_.plans.size()) return false;
    const PathPlan& plan = compiled_.plans[id];
    const InstanceTree* record = host_.record();
    if (plan.single == kNone || record == nullptr || context.own.document != record ||
        (!plan.from_own_node && context.node != context.own)) {
        return false;
    }
    const NodeId node = record->single(plan.single);
    if (record->shape(node).element_children != 0) return false;
    const bool hidden = rules_.hidden_nodes != HiddenNodes::kBlank && !record->visible(node);
    text = hidden ? std::string_view() : std::string_view(record->at(node).value);
    return true;
}

/// "question op literal" and "question op question", by far the most frequent expressions.
bool Evaluator::leaf_chain(const ExprNode& node, const Context& context, Value& out) {
    if (node.ops.size() != 1 || rules_.date_texts == DateTexts::kTyped) return false;
    std::array<Value, 2> sides;
    for (std::size_t i = 0; i < 2; ++i) {
        const ExprNode& kid = compiled_.expr.node(node.kids[i]);
        std::string_view text;
        if (kid.op == Op::kNumber) {
            sides[i] = Value(kid.number);
        } else if (kid.op == Op::kText) {
            sides[i] = Value(kid.text);
        } else if (kid.op == Op::kPath && leaf(node.kids[i], context, text)) {
            sides[i] = Value(std::string(text));
        } else {
            return false;
        }
    }
    const Op op = node.ops[0];
    out = op >= Op::kAdd ? Value(arithmetic(op, to_number(sides[0]), to_number(sides[1])))
                         : Value(compare_atoms(op, sides[0], sides[1]));
    return true;
}

Value Evaluator::eval_chain(const ExprNode& node, const Context& context) {
    Value quick;
    if (leaf_chain(node, context, quick)) return quick;
    const bool equality = node.ops[0] == Op::kEq || node.ops[0] == Op::kNe;
    const auto side = [&](ExprId id) {
        return equality ? eval(id, context) : operand(id, context);
    };
    Value left = side(node.kids[0]);
    for (std::size_t i = 0; i < node.ops.size(); ++i) {
        const Value right = side(node.kids[i + 1]);
        const Op op = node.ops[i];
        if (op >= Op::kAdd) {
            left = Value(arithmetic(op, to_number(left), to_number(right)));
        } else {
            left = Value(compare(op, left, right));
        }
    }
    return left;
}

double Evaluator::arithmetic(Op op, double left, double right) {
    switch (op) {
        case Op::kAdd: return left + right;
        case Op::kSub: return left - right;
        case Op::kMul: return left * right;
        case Op::kDiv: return left / right;
        default: return std::fmod(left, right);
    }
}

bool Evaluator::compare_atoms(Op op, const Value& left, const Value& right) {
    if (op == Op::kEq || op == Op::kNe) {
        bool equal = false;
        if (left.is_bool() || right.is_bool()) {
            equal = to_bool(left) == to_bool(right);
        } else if (left.is_number() || right.is_number()) {
            equal = to_number(left) == to_number(right);
        } else {
            equal = left.raw_text() == right.raw_text();
            // Two writings of one moment are equal too.
            if (!equal && host_.xforms() && looks_like_date(left.raw_text()) &&
                looks_like_date(right.raw_text())) {
                equal = text_to_number(left.raw_text()) == text_to_number(right.raw_text());
            }
        }
        return equal == (op == Op::kEq);
    }
    const double a = to_number(left);
    const double b = to_number(right);
    switch (op) {
        case Op::kLt: return a < b;
        case Op::kLe: return a <= b;
        case Op::kGt: return a > b;
        default: return a >= b;
    }
}

bool Evaluator::compare(Op op, const Value& left, const Value& right) {
    const bool equality = op == Op::kEq || op == Op::kNe;
    if (!left.is_nodes() && !right.is_nodes()) return compare_atoms(op, left, right);
    if (equality && (left.is_bool() || right.is_bool())) {
        return compare_atoms(op, Value(to_bool(left)), Value(to_bool(right)));
    }
    // In a form, a reference to what is hidden or not there is a blank, as all engines have it.
    if (host_.record() != nullptr) {
        const bool no_left = left.is_nodes() && left.nodes().empty();
        const bool no_right = right.is_nodes() && right.nodes().empty();
        if (no_left) return compare(op, Value(std::string()), right);
        if (no_right) return compare(op, left, Value(std::string()));
    }
    // XPath 1.0 §3.4: true if it is true for any node, or any pair of nodes.
    if (left.is_nodes() && right.is_nodes()) {
        for (const NodeRef& a : left.nodes()) {
            const Value text(text_of(a));
            for (const NodeRef& b : right.nodes()) {
                if (!spend(1)) return false;
                if (compare_atoms(op, text, Value(text_of(b)))) return true;
            }
        }
        return false;
    }
    const bool nodes_left = left.is_nodes();
    for (const NodeRef& node : nodes_left ? left.nodes() : right.nodes()) {
        if (!spend(1)) return false;
        const Value text(text_of(node));
        if (nodes_left ? compare_atoms(op, text, right) : compare_atoms(op, left, text))
            return true;
    }
    return false;
}

void Evaluator::sort_unique(NodeSet& nodes) {
    std::stable_sort(nodes.begin(), nodes.end(), [](const NodeRef& a, const NodeRef& b) {
        if (a.document != b.document) return std::less<>{}(a.document, b.document);
        return a.document->before(a.node, b.node);
    });
    nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
}

Value Evaluator::eval_path(ExprId id, const Context& context) {
    const PathExpr& path = compiled_.expr.node(id).path;
    NodeSet nodes;
    const bool every_row =
        path.start == Start::kRoot && rules_.absolute_in_repeat == AbsoluteInRepeat::kEveryRow;
    if (!every_row && id < compiled_.plans.size() && compiled_.plans[id].usable &&
        run_plan(compiled_.plans[id], context, nodes)) {
        return Value(std::move(nodes));
    }
    switch (path.start) {
        case Start::kContext: nodes.push_back(context.node); break;
        case Start::kRoot: {
            // Absolute paths mean the record, also from inside a list of choices.
            if (host_.record() != nullptr) {
                nodes.push_back({host_.record(), host_.record()->root()});
            } else {
                nodes.push_back({context.own.document, host_.absolute_root(context.own)});
            }
            break;
        }
        case Start::kFilter:
            filter_start(path, context, nodes);
            if (failure_ != nullptr) return Value(std::string());
            break;
    }
    eval_steps(path.steps, context, nodes);
    drop_hidden(nodes);
    return Value(std::move(nodes));
}

void Evaluator::filter_start(const PathExpr& path, const Context& context, NodeSet& out) {
    Value start = eval(path.filter, context);
    if (!start.is_nodes()) {
        fail("a path after what are not nodes");
        return;
    }
    out = std::move(start.nodes());
    filter(path.filter_predicates, context, out);
}

/// Where a plan goes down from; kNoNode where it does not apply.
NodeId Evaluator::plan_start(const PathPlan& plan, const Context& context) {
    const InstanceTree* record = host_.record();
    const NodeRef& from = plan.from_own_node ? context.own : context.node;
    if (record == nullptr || from.document != record) return kNoNode;
    NodeId node = from.node;
    if (plan.climbs) {
        node = record->ancestor(node, plan.top);
        if (node == kNoNode) return kNoNode;
    }
    for (std::uint32_t i = 0; i < plan.ups; ++i) {
        node = record->parent(node);
        if (node == 0 || node == kNoNode) return kNoNode;
    }
    // The plan was made for one template; a predicate may stand on another.
    return record->at(node).kind == plan.top ? node : kNoNode;
}

/// A call; what an aggregate over rows gave in this transaction already is not computed again.
Value Evaluator::aggregate(ExprId id, const Context& context) {
    const ExprNode& node = compiled_.expr.node(id);
    AggregateMemo* memo = host_.memo();
    const auto found = std::find_if(compiled_.aggregates.begin(), compiled_.aggregates.end(),
                                    [id](const Aggregate& each) { return each.call == id; });
    if (memo == nullptr || found == compiled_.aggregates.end()) return call(node, context);
    const ExprId path = node.kids[0];
    const bool every_row = compiled_.expr.node(path).path.start == Start::kRoot &&
                           rules_.absolute_in_repeat == AbsoluteInRepeat::kEveryRow;
    const NodeId from = every_row ? 0 : plan_start(compiled_.plans[path], context);
    if (from == kNoNode) return call(node, context);
    const AggregateMemo::Key key{&compiled_, id, from};
    if (const Value* known = memo->find(key, found->reads)) return *known;
    Value value = call(node, context);
    if (failure_ == nullptr) memo->keep(key, value);
    return value;
}

bool Evaluator::run_plan(const PathPlan& plan, const Context& context, NodeSet& out) {
    const InstanceTree* record = host_.record();
    if (record == nullptr) return false;
    const NodeRef& from = plan.from_own_node ? context.own : context.node;
    if (from.document != record) return false;
    if (plan.single != kNone && (plan.from_own_node || context.node == context.own)) {
        out.push_back({record, record->single(plan.single)});
        drop_hidden(out);
        return true;
    }
    const NodeId node = plan_start(plan, context);
    if (node == kNoNode) return false;
    NodeSet now{{record, node}};
    NodeSet next;
    for (const PathPlan::Down& down : plan.downs) {
        next.clear();
        for (const NodeRef& at : now) {
            const auto below = record->children(at.node, down.target);
            if (!spend(below.size() + 1)) return true;
            if (down.predicates == nullptr) {
                for (const NodeId child : below) next.push_back({record, child});
                continue;
            }
            NodeSet candidates;
            std::span<const ExprId> predicates = *down.predicates;
            if (row_at(predicates.front(), below, context, candidates)) {
                predicates = predicates.subspan(1);
            } else {
                candidates = rows_for(down, at.node, below, context);
            }
            filter(predicates, context, candidates);
            next.insert(next.end(), candidates.begin(), candidates.end());
        }
        std::swap(now, next);
    }
    drop_hidden(now);
    out = std::move(now);
    return true;
}

/// "[3]" and "[position() = other]" name one row. False where a predicate is of another kind.
bool Evaluator::row_at(ExprId predicate, std::span<const NodeId> below, const Context& context,
                       NodeSet& out) {
    const ExprNode& node = compiled_.expr.node(predicate);
    double position = node.number;
    if (node.op == Op::kChain && node.ops.size() == 1 && node.ops[0] == Op::kEq) {
        const auto is_position = [&](ExprId id) {
            const ExprNode& kid = compiled_.expr.node(id);
            return kid.op == Op::kCall && kid.fn == Fn::kPosition && kid.kids.empty();
        };
        const std::size_t side = is_position(node.kids[0]) ? 0 : 1;
        const ExprId other = node.kids[1 - side];
        if (!is_position(node.kids[side]) || compiled_.relative[other] != 0) return false;
        const Value value = operand(other, context);
        if (value.is_bool() || (value.is_nodes() && value.nodes().size() > 1)) return false;
        position = to_number(value);
    } else if (node.op != Op::kNumber) {
        return false;
    }
    const bool there = position >= 1 && position <= static_cast<double>(below.size()) &&
                       position == std::floor(position);
    if (there) out.push_back({host_.record(), below[static_cast<std::size_t>(position) - 1]});
    return true;
}

/// The rows that may pass the first predicate: all, or with "child = key" those that have the key.
NodeSet Evaluator::rows_for(const PathPlan::Down& down, NodeId parent,
                            std::span<const NodeId> below, const Context& context) {
    constexpr std::size_t kFew = 8;
    const InstanceTree* record = host_.record();
    NodeSet out;
    AggregateMemo* memo = below.size() > kFew ? host_.memo() : nullptr;
    const ExprId predicate = down.predicates->front();
    TemplateId child = kNone;
    ExprId other = kNoExpr;
    std::string key;
    if (memo == nullptr || !row_equality(predicate, down.target, child, other) ||
        !index_key(other, context, key)) {
        for (const NodeId row : below) out.push_back({record, row});
        return out;
    }
    const AggregateMemo::Key place{&compiled_, predicate, parent};
    const RowsByText* rows = memo->find_rows(place, child);
    if (rows == nullptr) {
        RowsByText made;
        for (const NodeId row : below) {
            const auto cell = record->children(row, child);
            const bool there = !cell.empty() && record->visible(cell.front());
            made[there ? record->at(cell.front()).value : std::string()].push_back(row);
        }
        if (!spend(below.size())) return out;
        rows = memo->keep_rows(place, std::move(made));
    }
    const auto found = rows->find(key);
    if (found == rows->end()) return out;
    for (const NodeId row : found->second) out.push_back({record, row});
    return out;
}

/// Whether a predicate on rows of `repeat` is "child = other", with `other` the same for all rows.
bool Evaluator::row_equality(ExprId predicate, TemplateId repeat, TemplateId& child,
                             ExprId& other) {
    const ExprNode& node = compiled_.expr.node(predicate);
    if (node.op == Op::kAnd && (compiled_.relative[predicate] & kLooksAtPosition) == 0) {
        return std::any_of(node.kids.begin(), node.kids.end(),
                           [&](ExprId kid) { return row_equality(kid, repeat, child, other); });
    }
    if (node.op != Op::kChain || node.ops.size() != 1 || node.ops[0] != Op::kEq) return false;
    for (std::size_t side = 0; side < 2; ++side) {
        const ExprNode& path = compiled_.expr.node(node.kids[side]);
        other = node.kids[1 - side];
        if (path.op != Op::kPath || path.path.start != Start::kContext ||
            compiled_.relative[other] != 0) {
            continue;
        }
        const PathPlan& plan = compiled_.plans[node.kids[side]];
        const bool own_child = plan.usable && !plan.from_own_node && plan.ups == 0 &&
                               plan.top == repeat && plan.downs.size() == 1 &&
                               plan.downs[0].predicates == nullptr;
        if (!own_child) continue;
        child = plan.downs[0].target;
        const NodeTemplate& shape = host_.record()->shape_of(child);
        if (!shape.is_repeat && shape.element_children == 0) return true;
    }
    return false;
}

/// The one text that equality with `other` asks for. False where equality is not that of texts.
bool Evaluator::index_key(ExprId other, const Context& context, std::string& key) {
    const Value value = eval(other, context);
    if (failure_ != nullptr || value.is_number() || value.is_bool()) return false;
    if (value.is_nodes() && value.nodes().size() > 1) return false;
    key = to_text(value);
    return !looks_like_date(key);
}

void Evaluator::eval_steps(const std::vector<Step>& steps, const Context& context, NodeSet& nodes) {
    for (const Step& step : steps) {
        if (nodes.empty() || failure_ != nullptr) return;
        NodeSet out;
        for (const NodeRef& from : nodes) eval_step(step, from, context, out);
        if (nodes.size() > 1) sort_unique(out);
        nodes = std::move(out);
    }
}

void Evaluator::eval_step(const Step& step, const NodeRef& from, const Context& context,
                          NodeSet& out) {
    if (table_step(step, from, context, out)) return;
    NodeSet found;
    walk_axis(step, from, found);
    filter(step.predicates, context, found);
    const bool backwards = step.axis == Axis::kAncestor || step.axis == Axis::kAncestorOrSelf ||
                           step.axis == Axis::kPreceding || step.axis == Axis::kPrecedingSibling;
    // Positions count backwards there, but a node-set is in document order.
    if (backwards) std::reverse(found.begin(), found.end());
    out.insert(out.end(), found.begin(), found.end());
}

void Evaluator::filter(std::span<const ExprId> predicates, const Context& context, NodeSet& nodes) {
    for (const ExprId predicate : predicates) {
        if (nodes.empty()) return;
        filter_one(predicate, context, nodes);
    }
}

void Evaluator::filter_one(ExprId predicate, const Context& context, NodeSet& nodes) {
    NodeSet kept;
    const std::size_t size = nodes.size();
    for (std::size_t i = 0; i < size; ++i) {
        const Context inner{nodes[i], context.own, i + 1, size};
        const Value value = eval(predicate, inner);
        if (failure_ != nullptr) break;
        const bool keep =
            value.is_number() ? value.raw_number() == static_cast<double>(i + 1) : to_bool(value);
        if (keep) kept.push_back(nodes[i]);
    }
    nodes = std::move(kept);
}

/// child::item[…] of a table: candidates come from the index where the predicate allows it.
bool Evaluator::table_step(const Step& step, const NodeRef& from, const Context& context,
                           NodeSet& out) {
    if (step.axis != Axis::kChild || step.test != Test::kName || step.predicates.empty()) {
        return false;
    }
    const auto* table = dynamic_cast<const TableInstance*>(from.document);
    if (table == nullptr || from.node != 1 || step.name != table->item_name()) return false;
    NodeSet rows;
    if (!table_rows(*table, step.predicates[0], context, rows)) return false;
    for (const ExprId predicate : step.predicates) filter_one(predicate, context, rows);
    out.insert(out.end(), rows.begin(), rows.end());
    return true;
}

bool Evaluator::table_rows(const TableInstance& table, ExprId predicate, const Context& context,
                           NodeSet& out) {
    // Later predicates may count positions, so only whole rows of the first one are left out, and
    // the first one is still evaluated on what remains: the index only has to be right, not sharp.
    ColumnTest test;
    if ((compiled_.relative[predicate] & kLooksAtPosition) != 0) return false;
    if (!column_test(predicate, table, test)) return false;
    const Value key = eval(test.other, context);
    std::vector<std::uint32_t> rows;
    std::size_t keys = 0;
    const auto add = [&](std::string_view text) {
        const auto found = table.rows_with(test.column, text);
        rows.insert(rows.end(), found.begin(), found.end());
        ++keys;
    };
    if (test.words) {
        const std::string list = to_text(key);
        for (const std::string_view word : split_words(list)) add(word);
    } else if (key.is_text()) {
        if (looks_like_date(key.raw_text())) return false;
        add(key.raw_text());
    } else if (key.is_nodes()) {
        for (const NodeRef& node : key.nodes()) {
            const std::string text = node.text();
            if (looks_like_date(text)) return false;
            add(text);
        }
    } else {
        return false;
    }
    if (keys > 1) {
        std::sort(rows.begin(), rows.end());
        rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    }
    out.reserve(rows.size());
    for (const std::uint32_t row : rows) out.push_back({&table, table.item_node(row)});
    return spend(rows.size());
}

/// Whether a predicate, or a part of it that must hold, is "column = other" or
/// "selected(other, column)", with `other` the same for all rows.
bool Evaluator::column_test(ExprId predicate, const TableInstance& table, ColumnTest& out) {
    const ExprNode& node = compiled_.expr.node(predicate);
    if (node.op == Op::kAnd) {
        return std::any_of(node.kids.begin(), node.kids.end(),
                           [&](ExprId kid) { return column_test(kid, table, out); });
    }
    const auto fits = [&](ExprId column, ExprId other) {
        const ExprNode& path = compiled_.expr.node(column);
        if (path.op != Op::kPath || path.path.start != Start::kContext ||
            path.path.steps.size() != 1) {
            return false;
        }
        const Step& step = path.path.steps[0];
        if (step.axis != Axis::kChild || step.test != Test::kName || !step.predicates.empty()) {
            return false;
        }
        out.column = table.find_column(step.name);
        out.other = other;
        return out.column != TableInstance::kNoColumn && compiled_.relative[other] == 0;
    };
    out.words = node.op == Op::kCall && node.fn == Fn::kSelected && node.kids.size() == 2;
    if (out.words) {
        // selected() looks past blanks around a cell, the index does not.
        return fits(node.kids[1], node.kids[0]) && table.trimmed(out.column);
    }
    if (node.op != Op::kChain || node.ops.size() != 1 || node.ops[0] != Op::kEq) return false;
    return fits(node.kids[0], node.kids[1]) || fits(node.kids[1], node.kids[0]);
}

bool Evaluator::test(const Step& step, const Document& document, NodeId node) {
    const NodeKind kind = document.kind(node);
    const NodeKind principal = step.axis == Axis::kAttribute   ? NodeKind::kAttribute
                               : step.axis == Axis::kNamespace ? NodeKind::kNamespace
                                                               : NodeKind::kElement;
    switch (step.test) {
        case Test::kNode: return true;
        case Test::kText: return kind == NodeKind::kText;
        case Test::kComment: return kind == NodeKind::kComment;
        case Test::kInstruction:
            return kind == NodeKind::kInstruction &&
                   (step.name == kNoName || document.name(node) == step.name);
        case Test::kAnyName: return kind == principal;
        case Test::kAnyInSpace:
            return kind == principal && document.has_spaces() &&
                   document.space(node) == host_.prefix_space(step.prefix);
        case Test::kName: break;
    }
    if (kind != principal || document.name(node) != step.name) return false;
    if (!document.has_spaces() || kind == NodeKind::kNamespace) return true;
    const NameId space = document.space(node);
    if (!step.prefix.empty()) return space == host_.prefix_space(step.prefix);
    return space == kNoName || space == host_.default_space();
}

namespace {

/// Attributes and namespaces have a parent, but are no children of it.
bool is_beside(NodeKind kind) {
    return kind == NodeKind::kAttribute || kind == NodeKind::kNamespace;
}

/// Pre-order successor; `top` bounds the walk unless it is kNoNode.
NodeId next_in_order(const Document& document, NodeId node, NodeId top, bool into) {
    if (into) {
        const NodeId child = document.first_child(node);
        if (child != kNoNode) return child;
    }
    while (node != top && node != kNoNode) {
        const NodeId next = document.next_sibling(node);
        if (next != kNoNode) return next;
        node = document.parent(node);
    }
    return kNoNode;
}

}  // namespace

void Evaluator::walk_axis(const Step& step, const NodeRef& from, NodeSet& out) {
    const Document& d = *from.document;
    const NodeId self = from.node;
    const auto take = [&](NodeId n) {
        if (spend(1) && test(step, d, n)) out.push_back({from.document, n});
    };
    const bool beside = is_beside(d.kind(self));
    switch (step.axis) {
        case Axis::kSelf: take(self); return;
        case Axis::kParent:
            if (d.parent(self) != kNoNode) take(d.parent(self));
            return;
        case Axis::kChild:
            for (NodeId n = d.first_child(self); n != kNoNode; n = d.next_sibling(n)) take(n);
            return;
        case Axis::kAttribute:
            for (NodeId n = d.first_attribute(self); n != kNoNode; n = d.next_attribute(n)) take(n);
            return;
        case Axis::kAncestorOrSelf: take(self); [[fallthrough]];
        case Axis::kAncestor:
            for (NodeId n = d.parent(self); n != kNoNode; n = d.parent(n)) take(n);
            return;
        case Axis::kDescendantOrSelf: take(self); [[fallthrough]];
        case Axis::kDescendant:
            for (NodeId n = next_in_order(d, self, self, true); n != kNoNode && failure_ == nullptr;
                 n = next_in_order(d, n, self, true)) {
                take(n);
            }
            return;
        case Axis::kFollowingSibling:
            if (beside) return;
            for (NodeId n = d.next_sibling(self); n != kNoNode; n = d.next_sibling(n)) take(n);
            return;
        case Axis::kPrecedingSibling: {
            if (beside || d.parent(self) == kNoNode) return;
            NodeSet before;
            for (NodeId n = d.first_child(d.parent(self)); n != kNoNode && n != self;
                 n = d.next_sibling(n)) {
                before.push_back({from.document, n});
            }
            for (auto it = before.rbegin(); it != before.rend(); ++it) take(it->node);
            return;
        }
        case Axis::kFollowing: {
            const NodeId start = beside ? d.parent(self) : self;
            for (NodeId n = next_in_order(d, start, kNoNode, beside);
                 n != kNoNode && failure_ == nullptr; n = next_in_order(d, n, kNoNode, true)) {
                take(n);
            }
            return;
        }
        case Axis::kPreceding: walk_preceding(step, from, out); return;
        case Axis::kNamespace: walk_namespaces(step, from, out); return;
    }
}

/// Declarations in scope: an element's own, then its ancestors' that it doesn't override.
void Evaluator::walk_namespaces(const Step& step, const NodeRef& from, NodeSet& out) {
    const Document& d = *from.document;
    if (d.kind(from.node) != NodeKind::kElement) return;
    std::vector<NameId> seen;
    for (NodeId n = from.node; n != kNoNode; n = d.parent(n)) {
        for (NodeId s = d.next_namespace(n, kNoNode); s != kNoNode; s = d.next_namespace(n, s)) {
            if (!spend(1)) return;
            if (std::find(seen.begin(), seen.end(), d.name(s)) != seen.end()) continue;
            seen.push_back(d.name(s));
            if (test(step, d, s)) out.push_back({from.document, s});
        }
    }
}

/// Nodes that end before this one begins; nearest first.
void Evaluator::walk_preceding(const Step& step, const NodeRef& from, NodeSet& out) {
    const Document& d = *from.document;
    const NodeId self = from.node;
    const NodeId stop = is_beside(d.kind(self)) ? d.parent(self) : self;
    NodeSet ancestors;
    for (NodeId n = stop; n != kNoNode; n = d.parent(n)) ancestors.push_back({from.document, n});
    NodeSet before;
    for (NodeId n = d.root(); n != kNoNode && n != stop; n = next_in_order(d, n, kNoNode, true)) {
        const NodeRef ref{from.document, n};
        if (spend(1) && std::find(ancestors.begin(), ancestors.end(), ref) == ancestors.end()) {
            before.push_back(ref);
        }
    }
    for (auto it = before.rbegin(); it != before.rend(); ++it)
        if (test(step, d, it->node)) out.push_back(*it);
}

}  // namespace awda::forms
