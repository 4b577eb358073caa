// What makes a form slow: expressions whose cost grows with rows × rows, or with a whole list.
#include <algorithm>
#include <set>

#include "forms/lint_form.h"

namespace awda::forms {

namespace {

/// True if an expression looks at the node its predicate is asked of, so that no index answers it.
bool looks_at_item(const LintUse& use, ExprId id) {
    const ExprNode& node = use.expr.node(id);
    if (node.op == Op::kCall && (node.fn == Fn::kPosition || node.fn == Fn::kLast)) return true;
    if (node.op == Op::kPath) {
        return node.path.start == Start::kContext ||
               (node.path.filter != kNoExpr && looks_at_item(use, node.path.filter));
    }
    return std::any_of(node.kids.begin(), node.kids.end(),
                       [&](ExprId kid) { return looks_at_item(use, kid); });
}

/// "column", as a path with one step.
bool is_column(const LintUse& use, ExprId id) {
    const ExprNode& node = use.expr.node(id);
    return node.op == Op::kPath && node.path.start == Start::kContext &&
           node.path.steps.size() == 1 && node.path.steps[0].axis == Axis::kChild &&
           node.path.steps[0].test == Test::kName && node.path.steps[0].predicates.empty();
}

class CostCheck {
public:
    CostCheck(LintForm& form, const LintUse& use) : form_(form), use_(use) {
        repeat_ = form.node(use.context).repeat;
    }

    void run() {
        form_.walk(use_, [this](ExprId id, LintId) {
            // indexed-repeat() and position() name rows without reading them all.
            const ExprNode& node = use_.expr.node(id);
            const bool one_row =
                node.op == Op::kCall && (node.fn == Fn::kIndexedRepeat || node.fn == Fn::kPosition);
            if (one_row) one_row_.insert(node.kids.begin(), node.kids.end());
        });
        form_.walk(use_, [this](ExprId id, LintId context) {
            if (use_.expr.node(id).op == Op::kPath) see_path(id, context);
        });
    }

private:
    void see_path(ExprId id, LintId context) {
        const LintTarget target = form_.follow(use_, id, context);
        const bool one_row = one_row_.contains(id);
        if (target.searches_all) once(LintCode::kWholeTree, {});
        const bool self = target.node == use_.context && use_.role == LintRole::kCalculate;
        if (self && repeat_ != kNoLint && (one_row || target.other_row != kNoLint)) {
            once(LintCode::kRowChain, {form_.title(repeat_)});
        }
        if (one_row) return;
        const bool in_row = repeat_ != kNoLint && use_.role != LintRole::kChoices;
        if (in_row && target.scanned != kNoLint) {
            once(LintCode::kRowsTimesRows, {form_.title(repeat_), form_.title(target.scanned)});
        }
        if (target.absolute_in_own_row) {
            once(LintCode::kAbsoluteInRepeat, {form_.absolute(target.node)});
        }
        see_list(id, target.instance);
    }

    void see_list(ExprId id, const std::string& name) {
        const ModelInstance* list = name.empty() ? nullptr : form_.instance(name);
        if (list == nullptr) return;
        const std::size_t rows = LintForm::rows_of(*list);
        if (rows <= (repeat_ == kNoLint ? kLintHugeListRowsMax : kLintListRowsMax)) return;
        bool filtered = false;
        if (has_indexable_predicate(use_.expr.node(id).path, list->table.get(), filtered)) return;
        // A select without a filter shows its whole list; that is no search.
        if (!filtered && use_.role == LintRole::kChoices) return;
        once(LintCode::kListScan, {name, std::to_string(rows)});
    }

    [[nodiscard]] bool has_indexable_predicate(const PathExpr& path, const TableInstance* table,
                                               bool& any) const {
        for (const Step& step : path.steps) {
            for (const ExprId predicate : step.predicates) {
                any = true;
                if (indexable(predicate, table)) return true;
            }
        }
        return false;
    }

    /// Whether "column = something else", or "selected(something else, column)", is all of a
    /// condition, or one of its and-terms.
    [[nodiscard]] bool indexable(ExprId id, const TableInstance* table) const {
        const ExprNode& node = use_.expr.node(id);
        if (node.op == Op::kAnd) {
            return std::any_of(node.kids.begin(), node.kids.end(),
                               [&](ExprId kid) { return indexable(kid, table); });
        }
        const auto compares = [&](ExprId column, ExprId other) {
            return is_column(use_, column) && !looks_at_item(use_, other);
        };
        if (node.op == Op::kCall && node.fn == Fn::kSelected && node.kids.size() == 2) {
            return compares(node.kids[1], node.kids[0]) && holds_bare_words(node.kids[1], table);
        }
        if (node.op != Op::kChain || node.ops.size() != 1 || node.ops[0] != Op::kEq) return false;
        return compares(node.kids[0], node.kids[1]) || compares(node.kids[1], node.kids[0]);
    }

    /// selected() looks past blanks around a cell, the index does not.
    [[nodiscard]] bool holds_bare_words(ExprId path, const TableInstance* table) const {
        if (table == nullptr) return false;
        const NameId name = use_.expr.node(path).path.steps[0].name;
        const std::uint32_t column = form_.column(*table, form_.name(name));
        return column != TableInstance::kNoColumn && table->trimmed(column);
    }

    /// Each thing is said once of an expression.
    void once(LintCode code, std::vector<std::string> args) {
        if (said_.insert(code).second) {
            form_.report(code, use_.where, use_.context, std::move(args));
        }
    }

    LintForm& form_;
    const LintUse& use_;
    LintId repeat_ = kNoLint;
    std::set<ExprId> one_row_;
    std::set<LintCode> said_;
};

/// The first function in an expression that gives another value each time, outside once().
Fn volatile_call(const LintUse& use, ExprId id) {
    const ExprNode& node = use.expr.node(id);
    if (node.op == Op::kCall) {
        if (node.fn == Fn::kOnce) return Fn::kUnknown;
        if (node.fn == Fn::kNow || node.fn == Fn::kUuid || node.fn == Fn::kRandom) return node.fn;
    }
    std::vector<ExprId> inner = node.kids;
    if (node.op == Op::kPath) {
        if (node.path.filter != kNoExpr) inner.push_back(node.path.filter);
        inner.insert(inner.end(), node.path.filter_predicates.begin(),
                     node.path.filter_predicates.end());
        for (const Step& step : node.path.steps) {
            inner.insert(inner.end(), step.predicates.begin(), step.predicates.end());
        }
    }
    for (const ExprId kid : inner) {
        if (const Fn found = volatile_call(use, kid); found != Fn::kUnknown) return found;
    }
    return Fn::kUnknown;
}

}  // namespace

void lint_cost(LintForm& form) {
    for (const LintUse& use : form.uses()) {
        if (use.role == LintRole::kOutput || use.role == LintRole::kAction) continue;
        CostCheck(form, use).run();
        if (use.role != LintRole::kCalculate) continue;
        const Fn fn = volatile_call(use, use.expr.root());
        if (fn == Fn::kUnknown) continue;
        form.report(LintCode::kVolatile, use.where, use.context,
                    {form.title(use.context), std::string(function_name(fn))});
    }
}

}  // namespace awda::forms
