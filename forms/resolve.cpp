#include "forms/resolve.h"

#include <algorithm>

#include "forms/evaluator.h"

namespace awda::forms {

std::vector<Read> Resolver::run() {
    mark_relative(expr_);
    expr_.plans.assign(expr_.expr.size(), {});
    Scope scope;
    if (expr_.context != kNone) scope.nodes.push_back(expr_.context);
    const Scope result = visit(expr_.expr.root(), scope);
    (void)result;
    each_once();
    return std::move(reads_);
}

void Resolver::each_once() {
    std::sort(reads_.begin(), reads_.end(), [](const Read& a, const Read& b) {
        return std::pair(a.source, a.common) < std::pair(b.source, b.common);
    });
    reads_.erase(std::unique(reads_.begin(), reads_.end(),
                             [](const Read& a, const Read& b) {
                                 return a.source == b.source && a.common == b.common;
                             }),
                 reads_.end());
}

Resolver::Scope Resolver::visit(ExprId id, const Scope& scope) {
    const ExprNode& node = expr_.expr.node(id);
    if (node.op == Op::kPath) return visit_path(id, scope);
    if (node.op == Op::kCall && node.fn == Fn::kCurrent) {
        return {expr_.context == kNone ? Set{} : Set{expr_.context}, true};
    }
    Scope out;
    out.own = false;
    const std::size_t reads_before = reads_.size();
    for (const ExprId kid : node.kids) {
        const Scope part = visit(kid, scope);
        // Functions that pass nodes on: union, randomize(), if(), coalesce().
        if (node.op == Op::kUnion || node.fn == Fn::kRandomize) {
            out.nodes.insert(out.nodes.end(), part.nodes.begin(), part.nodes.end());
        }
    }
    if (node.op == Op::kCall) note_aggregate(id, reads_before);
    // Functions that read the context itself.
    const bool reads_own = node.op == Op::kCall && (node.fn == Fn::kOnce || node.kids.empty()) &&
                           expr_.relative[id] != 0;
    if (reads_own) read(scope.nodes, scope.own && expr_.context != kNone ? expr_.context : 0);
    return out;
}

/// Whether an expression inside a predicate is the same for whoever asks: it looks at the row that
/// is tested, at single questions and at lists, never at the own row.
bool Resolver::same_everywhere(ExprId id) const {
    const ExprNode& node = expr_.expr.node(id);
    const auto all = [this](const std::vector<ExprId>& list) {
        return std::all_of(list.begin(), list.end(),
                           [this](ExprId each) { return same_everywhere(each); });
    };
    if (node.op == Op::kCall && (node.fn == Fn::kCurrent || node.fn == Fn::kIndexedRepeat ||
                                 node.fn == Fn::kUnknown || is_volatile_call(node.fn))) {
        return false;
    }
    if (!all(node.kids)) return false;
    if (node.op != Op::kPath) return true;
    const PathExpr& path = node.path;
    if (path.start == Start::kRoot && expr_.plans[id].single == kNone) return false;
    if (path.start == Start::kFilter && !same_everywhere(path.filter)) return false;
    return all(path.filter_predicates) &&
           std::all_of(path.steps.begin(), path.steps.end(),
                       [&](const Step& step) { return all(step.predicates); });
}

void Resolver::note_aggregate(ExprId call, std::size_t reads_before) {
    const ExprNode& node = expr_.expr.node(call);
    const bool aggregates = node.fn == Fn::kSum || node.fn == Fn::kCount || node.fn == Fn::kMin ||
                            node.fn == Fn::kMax || node.fn == Fn::kCountNonEmpty ||
                            node.fn == Fn::kJoin;
    const ExprId path = aggregates && !node.kids.empty() ? node.kids.back() : kNoExpr;
    if (path == kNoExpr || expr_.expr.node(path).op != Op::kPath) return;
    const std::size_t literals = node.fn == Fn::kJoin ? 2 : 1;
    if (node.kids.size() != literals || expr_.relative[node.kids.front()] > kLooksAtNode) return;
    if (node.fn == Fn::kJoin && expr_.expr.node(node.kids.front()).op != Op::kText) return;
    const PathPlan& plan = expr_.plans[path];
    bool rows = false;
    for (const PathPlan::Down& down : plan.downs) {
        rows = rows || compiled_.nodes[down.target].is_repeat;
        if (down.predicates == nullptr) continue;
        for (const ExprId predicate : *down.predicates) {
            if (!same_everywhere(predicate)) return;
        }
    }
    if (!plan.usable || !rows) return;
    Aggregate made{call, {}};
    for (std::size_t i = reads_before; i < reads_.size(); ++i) {
        made.reads.push_back(reads_[i].source);
    }
    expr_.aggregates.push_back(std::move(made));
}

void Resolver::read(const Set& nodes, TemplateId common) {
    for (const TemplateId node : nodes) {
        const bool own =
            common != kNone && is_ancestor(common, expr_.context == kNone ? 0 : expr_.context);
        reads_.push_back({node, own ? common : 0});
    }
    // An expression may read the whole form a thousand times over.
    if (reads_.size() < 2 * reads_once_ + kReadsUnsorted) return;
    each_once();
    reads_once_ = reads_.size();
}

bool Resolver::is_ancestor(TemplateId above, TemplateId node) const {
    while (node != kNone && compiled_.nodes[node].depth > compiled_.nodes[above].depth) {
        node = compiled_.nodes[node].parent;
    }
    return node == above;
}

void Resolver::predicates(const std::vector<ExprId>& list, const Set& nodes) {
    for (const ExprId predicate : list) {
        const Scope result = visit(predicate, Scope{nodes, false});
        (void)result;
    }
}

TemplateId Resolver::only_child(TemplateId parent, const Step& step) const {
    if (step.test != Test::kName) return kNone;
    const auto found = children_named(compiled_, parent, step.name, step.axis == Axis::kAttribute);
    return found.size() == 1 ? found.front() : kNone;  // of two, names decide at run time
}

/// Where one step can lead, on templates.
Resolver::Set Resolver::step(const Step& step, const Set& from) {
    Set out;
    const auto matches = [&](TemplateId t) {
        const bool attribute = compiled_.nodes[t].is_attribute;
        if (attribute != (step.axis == Axis::kAttribute)) return false;
        return step.test != Test::kName || compiled_.nodes[t].name == step.name;
    };
    const auto descend = [&](TemplateId top, bool self) {
        Set todo{top};
        while (!todo.empty()) {
            const TemplateId t = todo.back();
            todo.pop_back();
            if ((t != top || self) && matches(t)) out.push_back(t);
            for (const TemplateId child : compiled_.nodes[t].children) todo.push_back(child);
        }
    };
    for (const TemplateId t : from) {
        switch (step.axis) {
            case Axis::kSelf:
                if (step.test != Test::kName || compiled_.nodes[t].name == step.name)
                    out.push_back(t);
                break;
            case Axis::kParent:
                if (compiled_.nodes[t].parent != kNone) out.push_back(compiled_.nodes[t].parent);
                break;
            case Axis::kChild:
            case Axis::kAttribute: {
                const bool named = step.test == Test::kName;
                const std::span<const TemplateId> below =
                    named ? children_named(compiled_, t, step.name, step.axis == Axis::kAttribute)
                          : std::span<const TemplateId>(compiled_.nodes[t].children);
                for (const TemplateId child : below) {
                    if (named || matches(child)) out.push_back(child);
                }
                break;
            }
            case Axis::kDescendant: descend(t, false); break;
            case Axis::kDescendantOrSelf: descend(t, true); break;
            case Axis::kAncestor:
            case Axis::kAncestorOrSelf:
                for (TemplateId up = step.axis == Axis::kAncestor ? compiled_.nodes[t].parent : t;
                     up != kNone; up = compiled_.nodes[up].parent) {
                    if (matches(up)) out.push_back(up);
                }
                break;
            default: {  // siblings, preceding, following: anything of the name
                descend(0, true);
                break;
            }
        }
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

/// Makes the plan for child, parent and self steps; false if a step is of another kind.
bool Resolver::plan_steps(const std::vector<Step>& steps, TemplateId from, PathPlan& plan,
                          TemplateId& reached) {
    TemplateId now = from;
    for (const Step& s : steps) {
        if (s.axis == Axis::kSelf && s.test == Test::kNode && s.predicates.empty()) continue;
        if (s.axis == Axis::kParent && s.test == Test::kNode && s.predicates.empty()) {
            if (now == kNone || compiled_.nodes[now].parent == kNone) return false;
            if (!plan.downs.empty()) {
                if (plan.downs.back().predicates != nullptr) return false;
                // Down to rows and up again would give the parent once a row.
                if (compiled_.nodes[plan.downs.back().target].is_repeat) return false;
                plan.downs.pop_back();
            } else {
                ++plan.ups;
                plan.top = compiled_.nodes[now].parent;
            }
            now = compiled_.nodes[now].parent;
            continue;
        }
        if (s.axis != Axis::kChild && s.axis != Axis::kAttribute) return false;
        const TemplateId child = only_child(now, s);
        if (child == kNone) return false;
        plan.downs.push_back({child, s.predicates.empty() ? nullptr : &s.predicates});
        now = child;
    }
    reached = now;
    return true;
}

/// Expressions read after loading may hold names that the form never had.
void Resolver::note_unknown(NameId name) {
    if (name != kNoName) unknown_.emplace_back(compiled_.names->text(name));
}

void Resolver::note_single(PathPlan& plan) const {
    const TemplateId target = plan.downs.empty() ? plan.top : plan.downs.back().target;
    const bool filtered = std::any_of(plan.downs.begin(), plan.downs.end(),
                                      [](const auto& down) { return down.predicates != nullptr; });
    if (!filtered && compiled_.nodes[target].repeat == kNone) plan.single = target;
}

Resolver::Scope Resolver::visit_path(ExprId id, const Scope& scope) {
    const PathExpr& path = expr_.expr.node(id).path;
    if (path.start == Start::kRoot) return visit_root_path(id, scope);
    Scope from = scope;
    if (path.start == Start::kFilter) {
        from = visit(path.filter, scope);
        predicates(path.filter_predicates, from.nodes);
        if (!path.filter_predicates.empty()) from.own = false;
    }
    PathPlan plan;
    TemplateId reached = kNone;
    if (from.nodes.size() == 1 && from.own == true && path.filter_predicates.empty()) {
        const bool current = path.start == Start::kFilter;
        plan.from_own_node = current;
        plan.top = from.nodes[0];
        plan.usable = plan_steps(path.steps, from.nodes[0], plan, reached);
    } else if (from.nodes.size() == 1 && path.start == Start::kContext) {
        plan.top = from.nodes[0];
        plan.usable = plan_steps(path.steps, from.nodes[0], plan, reached);
    }
    if (plan.usable) note_single(plan);
    const TemplateId common = plan.usable && from.own ? plan.top : kNone;
    Set now = from.nodes;
    for (const Step& s : path.steps) {
        const Set next = step(s, now);
        if (next.empty() && !now.empty() && s.test == Test::kName) {
            note_unknown(s.name);
        }
        now = next;
        predicates(s.predicates, now);
    }
    read(now, common);
    if (plan.usable) expr_.plans[id] = std::move(plan);
    return {std::move(now), false};
}

Resolver::Scope Resolver::visit_root_path(ExprId id, const Scope&) {
    const PathExpr& path = expr_.expr.node(id).path;
    if (path.steps.empty()) return {{}, false};
    const Step& first = path.steps.front();
    Set now;
    if (first.axis == Axis::kChild) {
        if (first.test != Test::kName || compiled_.nodes[0].name == first.name)
            now.push_back(0);
        else
            note_unknown(first.name);
    } else {
        now = step(first, Set{0});
    }
    predicates(first.predicates, now);
    PathPlan plan;
    TemplateId reached = kNone;
    const std::vector<Step> rest(path.steps.begin() + 1, path.steps.end());
    bool planned = now.size() == 1 && now[0] == 0 && first.axis == Axis::kChild &&
                   first.predicates.empty() && expr_.context != kNone &&
                   plan_steps(rest, 0, plan, reached) && plan.ups == 0;
    // With ".." and "." inside, which leave the plan no step of their own, names decide at run
    // time.
    planned = planned && std::all_of(rest.begin(), rest.end(), [](const Step& s) {
                  return s.axis == Axis::kChild || s.axis == Axis::kAttribute;
              });
    if (planned) {
        // Predicates must point into the expression, not into the copy above.
        for (std::size_t i = 1; i < path.steps.size(); ++i) {
            const Step& s = path.steps[i];
            plan.downs[i - 1].predicates = s.predicates.empty() ? nullptr : &s.predicates;
        }
    }
    for (std::size_t i = 1; i < path.steps.size(); ++i) {
        const Set next = step(path.steps[i], now);
        if (next.empty() && !now.empty() && path.steps[i].test == Test::kName) {
            note_unknown(path.steps[i].name);
        }
        now = next;
        predicates(path.steps[i].predicates, now);
    }
    if (!planned) {
        read(now, 0);
        return {std::move(now), false};
    }
    // Inside a repeat an absolute path means the row it is in, as authors expect; a path that ends
    // at the repeat itself means all rows. Only rows count here, not groups, so that the plan is
    // the same for every node of the row and can be shared.
    std::size_t shared = 0;
    std::size_t own = 0;
    TemplateId top = 0;
    while (shared < plan.downs.size() && plan.downs[shared].predicates == nullptr &&
           is_ancestor(plan.downs[shared].target, expr_.context)) {
        const bool row = compiled_.nodes[plan.downs[shared].target].is_repeat;
        if (row && shared + 1 == plan.downs.size()) break;
        ++shared;
        if (!row) continue;
        top = plan.downs[shared - 1].target;
        own = shared;
    }
    plan.downs.erase(plan.downs.begin(), plan.downs.begin() + static_cast<std::ptrdiff_t>(own));
    plan.from_own_node = true;
    plan.climbs = true;
    plan.top = top;
    plan.usable = true;
    note_single(plan);
    read(now, top);
    expr_.plans[id] = std::move(plan);
    return {std::move(now), false};
}

}  // namespace awda::forms
