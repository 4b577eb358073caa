// What can never be reached or never be true: conditions that contradict each other, comparisons
// with what is no choice, groups without questions, calculations that nothing uses.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <unordered_set>

#include "forms/lint_form.h"
#include "forms/value.h"

namespace awda::forms {

namespace {

/// A literal, as text; nothing for anything else.
std::optional<std::string> literal(const LintUse& use, ExprId id) {
    const ExprNode& node = use.expr.node(id);
    if (node.op == Op::kText) return node.text;
    if (node.op == Op::kNumber) return print_number(node.number);
    return std::nullopt;
}

std::optional<bool> constant_truth(const LintUse& use, ExprId id);

std::optional<bool> constant_comparison(const LintUse& use, const ExprNode& node) {
    if (node.kids.size() != 2 || (node.ops[0] != Op::kEq && node.ops[0] != Op::kNe)) return {};
    const auto left = literal(use, node.kids[0]);
    const auto right = literal(use, node.kids[1]);
    if (!left || !right) return std::nullopt;
    return (*left == *right) == (node.ops[0] == Op::kEq);
}

/// What an expression is whatever the answers are, where that can be told.
std::optional<bool> constant_truth(const LintUse& use, ExprId id) {
    const ExprNode& node = use.expr.node(id);
    switch (node.op) {
        case Op::kNumber: return node.number != 0;
        case Op::kText: return !node.text.empty();
        case Op::kChain: return constant_comparison(use, node);
        case Op::kCall:
            if (node.fn == Fn::kTrue) return true;
            if (node.fn == Fn::kFalse) return false;
            if (node.fn == Fn::kNot && node.kids.size() == 1) {
                const auto inner = constant_truth(use, node.kids[0]);
                return inner ? std::optional(!*inner) : std::nullopt;
            }
            return std::nullopt;
        case Op::kOr:
        case Op::kAnd: {
            const bool decides = node.op == Op::kOr;
            bool all_known = true;
            for (const ExprId kid : node.kids) {
                const auto truth = constant_truth(use, kid);
                if (truth == decides) return decides;
                all_known = all_known && truth.has_value();
            }
            return all_known ? std::optional(!decides) : std::nullopt;
        }
        default: return std::nullopt;
    }
}

/// One and-term of a condition: a question held against a literal.
struct Fact {
    enum class Kind : std::uint8_t { kEq, kNe, kLt, kLe, kGt, kGe, kHas, kHasNot };
    Kind kind{};
    LintId node = kNoLint;
    std::string text;
    double number = 0;
};

std::string shown(const LintForm& form, const Fact& fact) {
    static constexpr const char* kSigns[] = {" = ", " != ", " < ", " <= ", " > ", " >= "};
    const std::string name = "${" + form.title(fact.node) + "}";
    const std::string quoted = "'" + fact.text + "'";
    if (fact.kind == Fact::Kind::kHas) return "selected(" + name + ", " + quoted + ")";
    if (fact.kind == Fact::Kind::kHasNot) return "not(selected(" + name + ", " + quoted + "))";
    return name + kSigns[static_cast<std::size_t>(fact.kind)] + quoted;
}

Fact::Kind negated(Fact::Kind kind) {
    switch (kind) {
        case Fact::Kind::kEq: return Fact::Kind::kNe;
        case Fact::Kind::kNe: return Fact::Kind::kEq;
        case Fact::Kind::kHas: return Fact::Kind::kHasNot;
        case Fact::Kind::kHasNot: return Fact::Kind::kHas;
        // not(a < 5) is also true of a blank answer, so it says nothing.
        default: return kind;
    }
}

/// The same comparison with its sides exchanged.
Op turned(Op op) {
    switch (op) {
        case Op::kLt: return Op::kGt;
        case Op::kLe: return Op::kGe;
        case Op::kGt: return Op::kLt;
        case Op::kGe: return Op::kLe;
        default: return op;
    }
}

class FactReader {
public:
    FactReader(const LintForm& form, const LintUse& use) : form_(form), use_(use) {}

    std::vector<Fact> run() {
        collect(use_.expr.root(), false);
        return std::move(facts_);
    }
    /// The comparison that one node of an expression makes, if it is of that kind.
    std::optional<Fact> comparison(ExprId id, LintId context) const {
        const ExprNode& node = use_.expr.node(id);
        if (node.op == Op::kCall && node.fn == Fn::kSelected && node.kids.size() == 2) {
            return held(node.kids[0], node.kids[1], Fact::Kind::kHas, context);
        }
        if (node.op != Op::kChain || node.kids.size() != 2) return std::nullopt;
        if (node.ops[0] < Op::kEq || node.ops[0] > Op::kGe) return std::nullopt;
        const auto kind = [](Op op) {
            return static_cast<Fact::Kind>(static_cast<int>(op) - static_cast<int>(Op::kEq));
        };
        auto fact = held(node.kids[0], node.kids[1], kind(node.ops[0]), context);
        if (fact) return fact;
        return held(node.kids[1], node.kids[0], kind(turned(node.ops[0])), context);
    }

private:
    void collect(ExprId id, bool negative) {
        const ExprNode& node = use_.expr.node(id);
        if (node.op == Op::kAnd && !negative) {
            for (const ExprId kid : node.kids) collect(kid, false);
            return;
        }
        if (node.op == Op::kCall && node.fn == Fn::kNot && node.kids.size() == 1) {
            collect(node.kids[0], !negative);
            return;
        }
        auto fact = comparison(id, use_.context);
        if (!fact) return;
        if (negative) {
            const Fact::Kind other = negated(fact->kind);
            if (other == fact->kind) return;
            fact->kind = other;
        }
        facts_.push_back(*std::move(fact));
    }

    std::optional<Fact> held(ExprId path, ExprId value, Fact::Kind kind, LintId context) const {
        const auto text = literal(use_, value);
        if (!text || use_.expr.node(path).op != Op::kPath) return std::nullopt;
        const LintTarget target = form_.follow(use_, path, context);
        const bool one_node = target.scanned == kNoLint && target.other_row == kNoLint;
        if (target.node == kNoLint || !one_node) return std::nullopt;
        const double number = parse_number(*text);
        const bool bound = kind >= Fact::Kind::kLt && kind <= Fact::Kind::kGe;
        if (bound && std::isnan(number)) return std::nullopt;
        const ModelControl* control = form_.node(target.node).control;
        const bool one = control != nullptr && control->kind == ControlKind::kSelect1;
        if (one && kind == Fact::Kind::kHas) kind = Fact::Kind::kEq;
        return Fact{kind, target.node, *text, number};
    }

    const LintForm& form_;
    const LintUse& use_;
    std::vector<Fact> facts_;
};

bool upper(const Fact& fact) {
    return fact.kind == Fact::Kind::kLt || fact.kind == Fact::Kind::kLe;
}
bool lower(const Fact& fact) {
    return fact.kind == Fact::Kind::kGt || fact.kind == Fact::Kind::kGe;
}
bool strict(const Fact& fact) {
    return fact.kind == Fact::Kind::kLt || fact.kind == Fact::Kind::kGt;
}

/// `equal` is an equality.
bool equality_excludes(const Fact& equal, const Fact& other) {
    switch (other.kind) {
        case Fact::Kind::kEq: return equal.text != other.text && !(equal.number == other.number);
        case Fact::Kind::kNe: return equal.text == other.text;
        case Fact::Kind::kLt: return equal.text.empty() || equal.number >= other.number;
        case Fact::Kind::kLe: return equal.text.empty() || equal.number > other.number;
        case Fact::Kind::kGt: return equal.text.empty() || equal.number <= other.number;
        case Fact::Kind::kGe: return equal.text.empty() || equal.number < other.number;
        default: return equal.text.empty() && other.kind == Fact::Kind::kHas;
    }
}

bool contradict(const Fact& a, const Fact& b) {
    if (a.node != b.node) return false;
    if (a.kind == Fact::Kind::kEq) return equality_excludes(a, b);
    if (b.kind == Fact::Kind::kEq) return equality_excludes(b, a);
    if (a.kind == Fact::Kind::kHas && b.kind == Fact::Kind::kHasNot) return a.text == b.text;
    if (a.kind == Fact::Kind::kHasNot && b.kind == Fact::Kind::kHas) return a.text == b.text;
    const bool opposed = (upper(a) && lower(b)) || (lower(a) && upper(b));
    if (!opposed) return false;
    const Fact& low = lower(a) ? a : b;
    const Fact& high = lower(a) ? b : a;
    return strict(low) || strict(high) ? low.number >= high.number : low.number > high.number;
}

/// Every two terms of a condition are held against each other: no more of them than an author
/// would write.
constexpr std::size_t kFactsMax = 100;

using FactsByNode = std::map<LintId, std::vector<Fact>>;

/// The node's own condition against itself and against those of the groups around.
void check_contradiction(LintForm& form, const LintUse& use, const FactsByNode& facts) {
    std::vector<const Fact*> seen;
    for (LintId node = use.context; node != kNoLint; node = form.node(node).parent) {
        const auto found = facts.find(node);
        if (found == facts.end()) continue;
        for (const Fact& fact : found->second) {
            for (const Fact* other : seen) {
                if (!contradict(*other, fact)) continue;
                form.report(LintCode::kContradiction, use.where, use.context,
                            {shown(form, *other), shown(form, fact)});
                return;
            }
            // What the groups around say among themselves is reported on them.
            if (node == use.context) seen.push_back(&fact);
        }
    }
}

void check_relevance(LintForm& form) {
    FactsByNode facts;
    for (const LintUse& use : form.uses()) {
        if (use.role != LintRole::kRelevant) continue;
        auto& own = facts[use.context];
        for (Fact& fact : FactReader(form, use).run()) {
            if (own.size() < kFactsMax) own.push_back(std::move(fact));
        }
    }
    for (const LintUse& use : form.uses()) {
        if (use.role != LintRole::kRelevant) continue;
        if (constant_truth(use, use.expr.root()) == false) {
            form.report(LintCode::kNeverShown, use.where, use.context, {use.expr.text()});
            continue;
        }
        check_contradiction(form, use, facts);
        bool told = false;
        form.walk(use, [&](ExprId id, LintId context) {
            if (told || use.expr.node(id).op != Op::kPath) return;
            const LintTarget target = form.follow(use, id, context);
            if (target.node == kNoLint || !form.within(target.node, use.context)) return;
            if (target.scanned != kNoLint || target.other_row != kNoLint) return;
            told = true;
            form.report(LintCode::kOwnRelevance, use.where, use.context, {form.title(target.node)});
        });
    }
}

/// Comparisons of a select with what none of its choices is.
void check_choices_compared(LintForm& form) {
    std::map<LintId, LintList> lists;
    for (const LintUse& use : form.uses()) {
        const FactReader reader(form, use);
        form.walk(use, [&](ExprId id, LintId context) {
            const auto fact = reader.comparison(id, context);
            if (!fact || fact->text.empty() || fact->kind == Fact::Kind::kHasNot) return;
            const bool equal = fact->kind == Fact::Kind::kEq || fact->kind == Fact::Kind::kNe ||
                               fact->kind == Fact::Kind::kHas;
            const ModelControl* control = form.node(fact->node).control;
            if (!equal || !LintForm::is_select(control)) return;
            auto [entry, fresh] = lists.try_emplace(fact->node);
            if (fresh) entry->second = form.list_of(*control);
            const LintList& list = entry->second;
            if (!list.known() || list.size() == 0 || list.has(fact->text)) return;
            // Several choices at once, in the one order that was meant: not for us to judge.
            if (fact->text.find(' ') != std::string::npos) return;
            constexpr std::size_t kSpelledMax = 500;
            form.report(LintCode::kNotInList, use.where, use.context,
                        {form.title(fact->node), fact->text, list.name},
                        nearest_spelling(fact->text, list.values(kSpelledMax)));
        });
    }
}

bool asks_something(const ModelControl& control) {
    if (control.kind != ControlKind::kGroup && control.kind != ControlKind::kRepeat) return true;
    return std::any_of(control.children.begin(), control.children.end(), asks_something);
}

void check_controls(LintForm& form) {
    for (const ModelControl* control : form.controls()) {
        const LintId node = form.find(control->ref);
        const bool group =
            control->kind == ControlKind::kGroup || control->kind == ControlKind::kRepeat;
        // A repeat inside its own group would be told of twice.
        const bool inner = node != kNoLint && form.node(node).control != control;
        if (group && !inner && !asks_something(*control)) {
            form.report(LintCode::kEmptyGroup, control->where, node,
                        {node == kNoLint ? control->ref : form.title(node)});
        }
    }
}

void check_never_answerable(LintForm& form) {
    std::map<LintId, int> constant;
    for (const LintUse& use : form.uses()) {
        const bool wanted = use.role == LintRole::kRequired || use.role == LintRole::kReadonly;
        if (!wanted || constant_truth(use, use.expr.root()) != true) continue;
        if (++constant[use.context] != 2) continue;
        const LintNode& node = form.node(use.context);
        const bool filled = !node.bind->calculate.empty() || !node.bind->preload.empty() ||
                            !node.node->value.empty() || node.is_set;
        if (filled || node.control == nullptr) continue;
        form.report(LintCode::kNeverAnswerable, LintForm::cell(node.bind->where, "required"),
                    use.context, {form.title(use.context)});
    }
}

void check_unused(LintForm& form) {
    std::unordered_set<LintId> used;
    std::unordered_set<std::string> named;
    for (const LintUse& use : form.uses()) {
        form.walk(use, [&](ExprId id, LintId context) {
            const ExprNode& node = use.expr.node(id);
            if (node.op != Op::kPath) return;
            const LintTarget target = form.follow(use, id, context);
            if (target.node != kNoLint && target.node != use.context) used.insert(target.node);
            // Where a path can't be followed, its names count as used.
            if (target.node != kNoLint) return;
            for (const Step& step : node.path.steps) {
                if (step.test == Test::kName) named.emplace(form.name(step.name));
            }
        });
    }
    for (LintId id = 1; id < form.nodes().size(); ++id) {
        const LintNode& node = form.node(id);
        const bool hidden_calculation = node.bind != nullptr && node.control == nullptr &&
                                        !node.bind->calculate.empty() && node.children.empty();
        if (!hidden_calculation || used.contains(id) || named.contains(node.node->name)) continue;
        const bool meta = form.absolute(id).find("meta/") != std::string::npos;
        if (meta || !node.bind->save_to.empty()) continue;
        form.report(LintCode::kUnusedCalculation, node.bind->calculate.where, id, {form.title(id)});
    }
}

}  // namespace

void lint_reach(LintForm& form) {
    check_relevance(form);
    check_choices_compared(form);
    check_controls(form);
    check_never_answerable(form);
    check_unused(form);
}

}  // namespace awda::forms
