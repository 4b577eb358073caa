// Evaluator: runs a compiled expression on a node.
//
// Ownership: borrows the expression and the host for one evaluation. Threads: none of its own.
// Recursion follows the expression's brackets only, which the parser limits; work is counted, of
// each evaluation and of all that one action makes, so that a hostile predicate ends in an error
// instead of a hang.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "forms/aggregate_memo.h"
#include "forms/compiled.h"
#include "forms/instance.h"
#include "forms/profile.h"
#include "forms/session.h"
#include "forms/value.h"

namespace awda::forms {

/// What an expression may ask of its surroundings.
class Host {
public:
    virtual ~Host() = default;
    [[nodiscard]] virtual UnixMs now() = 0;
    /// The work that the evaluations of one action may still do together; null for any.
    [[nodiscard]] virtual std::size_t* work_left() { return nullptr; }
    [[nodiscard]] virtual const ZoneFunction& zone() = 0;
    [[nodiscard]] virtual Random& random() = 0;
    /// Where engines differ, what to do.
    [[nodiscard]] virtual const Semantics& rules() = 0;
    [[nodiscard]] virtual std::string_view language_tag() = 0;
    /// Plain XPath 1.0 if false: dates are not numbers, ODK's functions are unknown.
    [[nodiscard]] virtual bool xforms() { return true; }
    /// The node that instance('id') means; nothing if there is no such instance.
    [[nodiscard]] virtual NodeRef instance(std::string_view id) = 0;
    [[nodiscard]] virtual std::optional<std::string> itext(std::string_view id) = 0;
    /// The form's version, and what is known of the device and its user, by ODK's names.
    [[nodiscard]] virtual std::string form_version() { return {}; }
    [[nodiscard]] virtual std::string property(std::string_view) { return {}; }
    /// jr:choice-name: the label of `value` in the select at `path`, seen from `context`.
    [[nodiscard]] virtual std::optional<std::string> choice_name(std::string_view value,
                                                                 std::string_view path,
                                                                 NodeRef context) = 0;
    /// The live record, on which path plans run; null for plain documents.
    [[nodiscard]] virtual const InstanceTree* record() { return nullptr; }
    /// What was computed earlier in the transaction that is open; null outside of one.
    [[nodiscard]] virtual AggregateMemo* memo() { return nullptr; }
    /// The namespace of a prefix in an expression; kNoName if it isn't bound.
    [[nodiscard]] virtual NameId prefix_space(std::string_view) { return kNoName; }
    /// The namespace an unprefixed element name may also be in.
    [[nodiscard]] virtual NameId default_space() { return kNoName; }
    [[nodiscard]] virtual std::string_view name_text(NameId) = 0;
    /// Where absolute paths begin, seen from a node of a plain document.
    [[nodiscard]] virtual NodeId absolute_root(NodeRef from) { return from.document->root(); }
    [[nodiscard]] virtual NodeId find_id(const Document&, std::string_view) { return kNoNode; }
};

class Evaluator {
public:
    static constexpr std::size_t kWorkMax = 10'000'000;  ///< steps; about a second
    static constexpr std::size_t kTextBytesMax = 16U << 20U;

    Evaluator(Host& host, const CompiledExpr& compiled)
        : host_(host), rules_(host.rules()), compiled_(compiled) {}

    [[nodiscard]] Value evaluate(NodeRef context);
    [[nodiscard]] std::string text(NodeRef context) { return to_text(evaluate(context)); }
    [[nodiscard]] bool truth(NodeRef context) { return to_bool(evaluate(context)); }
    [[nodiscard]] double number(NodeRef context) { return to_number(evaluate(context)); }
    /// Why it could not be evaluated; the value is blank then.
    [[nodiscard]] const char* failure() const { return failure_; }
    /// Whether it was for its work alone.
    [[nodiscard]] bool too_much() const { return failure_ != nullptr && too_much_; }

    [[nodiscard]] std::string to_text(const Value& value);
    [[nodiscard]] bool to_bool(const Value& value);
    [[nodiscard]] double to_number(const Value& value);

private:
    struct Context {
        NodeRef node;
        NodeRef own;  ///< current()
        std::size_t position = 1;
        std::size_t size = 1;
    };
    Value eval(ExprId id, const Context& context);
    Value eval_chain(const ExprNode& node, const Context& context);
    bool leaf(ExprId id, const Context& context, std::string_view& text);
    bool leaf_chain(const ExprNode& node, const Context& context, Value& out);
    Value eval_path(ExprId id, const Context& context);
    bool run_plan(const PathPlan& plan, const Context& context, NodeSet& out);
    NodeId plan_start(const PathPlan& plan, const Context& context);
    Value aggregate(ExprId id, const Context& context);
    NodeSet rows_for(const PathPlan::Down& down, NodeId parent, std::span<const NodeId> below,
                     const Context& context);
    bool row_equality(ExprId predicate, TemplateId repeat, TemplateId& child, ExprId& other);
    bool index_key(ExprId other, const Context& context, std::string& key);
    void filter_start(const PathExpr& path, const Context& context, NodeSet& out);
    void eval_steps(const std::vector<Step>& steps, const Context& context, NodeSet& nodes);
    void eval_step(const Step& step, const NodeRef& from, const Context& context, NodeSet& out);
    void filter(std::span<const ExprId> predicates, const Context& context, NodeSet& nodes);
    bool row_at(ExprId predicate, std::span<const NodeId> below, const Context& context,
                NodeSet& out);
    void filter_one(ExprId predicate, const Context& context, NodeSet& nodes);
    bool table_step(const Step& step, const NodeRef& from, const Context& context, NodeSet& out);
    /// What of a predicate the index of a column can answer.
    struct ColumnTest {
        std::uint32_t column = 0;
        ExprId other = kNoExpr;
        bool words = false;  ///< selected(): each word of `other` is a key
    };
    bool table_rows(const TableInstance& table, ExprId predicate, const Context& context,
                    NodeSet& out);
    bool column_test(ExprId predicate, const TableInstance& table, ColumnTest& out);
    void walk_axis(const Step& step, const NodeRef& from, NodeSet& out);
    void walk_namespaces(const Step& step, const NodeRef& from, NodeSet& out);
    void walk_preceding(const Step& step, const NodeRef& from, NodeSet& out);
    bool test(const Step& step, const Document& document, NodeId node);
    static void sort_unique(NodeSet& nodes);
    bool compare(Op op, const Value& left, const Value& right);
    bool compare_atoms(Op op, const Value& left, const Value& right);
    double arithmetic(Op op, double left, double right);
    double text_to_number(std::string_view text);
    [[nodiscard]] double days_of(const Moment& moment) const;
    [[nodiscard]] double node_number(const NodeRef& node);
    /// An operand of a comparison or sum; where literals are no dates, those become numbers here.
    Value operand(ExprId id, const Context& context);
    void drop_hidden(NodeSet& nodes) const;

    // functions.cpp and its neighbours, a group of functions each.
    Value call(const ExprNode& node, const Context& context);
    Value call_core(const ExprNode& node, const Context& context);
    Value call_node(const ExprNode& node, const Context& context);
    Value call_text(const ExprNode& node, const Context& context);
    Value call_made_text(const ExprNode& node, const Context& context);
    Value call_number(const ExprNode& node, const Context& context);
    Value call_math(const ExprNode& node, const Context& context);
    Value call_list(const ExprNode& node, const Context& context);
    Value call_date(const ExprNode& node, const Context& context);
    Value call_form(const ExprNode& node, const Context& context);
    Value decimal_time(const Value& value);
    Value call_geo(const ExprNode& node, const Context& context);
    Value indexed_repeat(const ExprNode& node, const Context& context);
    [[nodiscard]] std::vector<std::size_t> repeat_arguments(const ExprNode& node) const;
    Value position_of(const ExprNode& node, const Context& context);
    std::int64_t seed_of(const Value& value);
    Value randomized(const ExprNode& node, const Context& context);
    Value extreme(const ExprNode& node, const Context& context);
    Value pulldata(const ExprNode& node, const Context& context);
    Value to_moment_text(const Value& value, bool keep_time);
    std::string make_uuid();
    bool lang_matches(const Context& context, std::string_view wanted);
    std::string arg_text(const ExprNode& node, std::size_t i, const Context& context) {
        return i < node.kids.size() ? to_text(eval(node.kids[i], context)) : std::string();
    }
    double arg_number(const ExprNode& node, std::size_t i, const Context& context) {
        return to_number(operand(node.kids[i], context));
    }
    bool arg_bool(const ExprNode& node, std::size_t i, const Context& context) {
        return to_bool(eval(node.kids[i], context));
    }
    std::string context_text(const ExprNode& node, const Context& context) {
        return node.kids.empty() ? text_of(context.node) : arg_text(node, 0, context);
    }
    /// Tells each text of the arguments: nodes one by one, other values as they are.
    void each_text(const ExprNode& node, std::size_t from, const Context& context,
                   const std::function<void(std::string)>& tell);
    std::vector<std::string> arg_list(const ExprNode& node, std::size_t from,
                                      const Context& context);
    std::vector<bool> arg_truths(const ExprNode& node, std::size_t from, std::size_t step,
                                 const Context& context);
    std::vector<double> arg_weights(const ExprNode& node, std::size_t from, std::size_t step,
                                    const Context& context);
    bool spend(std::size_t work) {
        if (work <= left_) {
            left_ -= work;
            return true;
        }
        left_ = 0;
        too_much_ = true;
        fail("too much work");
        return false;
    }
    /// Long texts are work as well.
    bool spend_text(std::size_t bytes) {
        constexpr std::size_t kBytesAStep = 64;
        return spend(bytes < kTextBytesMax ? bytes / kBytesAStep : kWorkMax + 1);
    }
    std::string text_of(const NodeRef& node) {
        std::string text = node.text();
        spend_text(text.size());
        return text;
    }
    /// Adds to a text; false once it is too long.
    bool append(std::string_view part, std::string& out) {
        if (!spend_text(out.size() + part.size() < kTextBytesMax ? part.size() : kTextBytesMax)) {
            return false;
        }
        out += part;
        return true;
    }
    Value fail(const char* why) {
        if (failure_ == nullptr) failure_ = why;
        return Value(std::string());
    }
    Host& host_;
    const Semantics& rules_;
    const CompiledExpr& compiled_;
    std::size_t left_ = kWorkMax;
    bool too_much_ = false;
    const char* failure_ = nullptr;
};

/// Fills CompiledExpr::relative; part of compiling.
void mark_relative(CompiledExpr& compiled);
/// Whether it means the same for every node of a row: it never looks at the node it belongs to.
[[nodiscard]] bool is_shareable(const CompiledExpr& compiled);
/// Whether it may give another value although nothing it reads has changed: chance, the clock, the
/// language.
[[nodiscard]] bool is_volatile(const Expression& expr);
[[nodiscard]] bool is_volatile_call(Fn fn);

}  // namespace awda::forms
