#include "forms/lint_form.h"

#include <algorithm>

#include "forms/compiled.h"
#include "forms/names.h"

namespace awda::forms {

namespace {

constexpr LintId kAboveRoot = 0xfffffffeU;
constexpr std::string_view kSurvey = "survey";  ///< where questions of a workbook are

}  // namespace

std::string_view lint_text_id(const ModelText& text) {
    constexpr std::string_view kBefore = "jr:itext('";
    if (!text.ref.starts_with(kBefore)) return {};
    const std::string_view rest = std::string_view(text.ref).substr(kBefore.size());
    return rest.substr(0, rest.rfind('\''));
}

LintForm::LintForm(const FormDefinition& definition, std::vector<LintFinding>& findings)
    : definition_(definition), model_(definition.model()), findings_(findings) {
    add_nodes(model_.root);
    for (const auto& [ref, name] : model_.list_names) list_names_[ref] = name;
    for (const ModelInstance& instance : model_.instances) {
        instances_.emplace(instance.id, &instance);
    }
    for (const ModelTranslation& translation : model_.translations) {
        for (const ModelTranslationText& text : translation.texts) {
            for (const auto& [form, rich] : text.forms) texts_[text.id].push_back(&rich);
        }
    }
    tie_controls(model_.body);
    settle_repeats();
    for (const ModelBind& bind : model_.binds) {
        const LintId node = find(bind.nodeset);
        if (node == kNoLint) continue;
        nodes_[node].bind = &bind;
        add_use(LintRole::kRelevant, node, bind.relevant);
        add_use(LintRole::kConstraint, node, bind.constraint);
        add_use(LintRole::kRequired, node, bind.required);
        add_use(LintRole::kReadonly, node, bind.readonly);
        add_use(LintRole::kCalculate, node, bind.calculate);
    }
    add_actions(model_.actions);
    for (const ModelControl* control : controls_) add_control_uses(*control);
    // Texts that no question shows belong to choices.
    for (const auto& [id, texts] : texts_) add_outputs(0, texts);
}

void LintForm::add_nodes(const ModelNode& root) {
    // Iterative: how deep a form nests is the form's choice.
    std::vector<std::pair<const ModelNode*, LintId>> open{{&root, kNoLint}};
    while (!open.empty()) {
        const auto [node, parent] = open.back();
        open.pop_back();
        const std::string above = parent == kNoLint ? std::string() : absolute(parent);
        std::string path = above + "/" + node->name;
        auto [entry, added] = by_path_.emplace(path, static_cast<LintId>(nodes_.size()));
        if (added) {
            by_local_.emplace(above + "/" + std::string(local_name(node->name)), entry->second);
            LintNode fresh;
            fresh.node = node;
            fresh.parent = parent;
            fresh.absolute = std::move(path);
            nodes_.push_back(std::move(fresh));
            if (parent != kNoLint) nodes_[parent].children.push_back(entry->second);
        }
        for (auto child = node->children.rbegin(); child != node->children.rend(); ++child) {
            open.emplace_back(&*child, entry->second);
        }
    }
}

void LintForm::tie_controls(const std::vector<ModelControl>& controls) {
    for (const ModelControl& control : controls) {
        controls_.push_back(&control);
        workbook_ = workbook_ || control.where.sheet == kSurvey;
        if (const LintId node = find(control.ref); node != kNoLint) {
            // A repeat and the group around it share a node: the group has the label.
            if (nodes_[node].control == nullptr) nodes_[node].control = &control;
            if (control.kind == ControlKind::kRepeat) nodes_[node].is_repeat = true;
        }
        tie_controls(control.children);
    }
}

void LintForm::settle_repeats() {
    // Parents come before their children.
    for (LintId id = 0; id < nodes_.size(); ++id) {
        LintNode& node = nodes_[id];
        node.repeat = node.is_repeat           ? id
                      : node.parent == kNoLint ? kNoLint
                                               : nodes_[node.parent].repeat;
    }
}

LintId LintForm::find(std::string_view absolute) const {
    const auto found = by_path_.find(std::string(absolute));
    return found == by_path_.end() ? kNoLint : found->second;
}

const ModelInstance* LintForm::instance(std::string_view id) const {
    const auto found = instances_.find(std::string(id));
    return found == instances_.end() ? nullptr : found->second;
}

std::size_t LintForm::rows_of(const ModelInstance& instance) {
    if (instance.table != nullptr) return instance.table->rows();
    // An item has a handful of nodes; the estimate only decides whether a list is long.
    constexpr std::size_t kNodesARow = 5;
    return instance.tree == nullptr ? 0 : instance.tree->size() / kNodesARow;
}

bool LintForm::within(LintId node, LintId above) const {
    while (node != kNoLint && node != above) node = nodes_[node].parent;
    return node == above;
}

const std::string& LintForm::absolute(LintId node) const {
    return nodes_[node].absolute;
}

std::string LintForm::title(LintId node) const {
    if (node >= nodes_.size()) return {};
    const std::string& path = nodes_[node].absolute;
    const auto second = path.find('/', 1);
    return second == std::string::npos ? path.substr(1) : path.substr(second + 1);
}

void LintForm::add_use(LintRole role, LintId context, const SourceExpr& source,
                       const ModelControl* control) {
    if (source.empty() || context == kNoLint) return;
    LintUse use;
    use.role = role;
    use.context = context;
    use.where = source.where;
    use.control = control;
    ParseProblem problem;
    if (Expression::parse(source.text, names_, use.expr, problem)) uses_.push_back(std::move(use));
}

void LintForm::add_outputs(LintId context, const std::vector<const RichText*>& texts) {
    for (const RichText* text : texts) {
        for (const TextPiece& piece : *text) {
            if (piece.output) add_use(LintRole::kOutput, context, {piece.text, {}});
        }
    }
}

void LintForm::add_text_uses(LintId context, std::string_view id, const RichText& literal) {
    add_outputs(context, {&literal});
    const auto found = texts_.find(std::string(id));
    if (found == texts_.end()) return;
    add_outputs(context, found->second);
    texts_.erase(found);
}

void LintForm::add_actions(const std::vector<ModelAction>& actions) {
    for (const ModelAction& action : actions) {
        const LintId target = find(action.ref.substr(0, action.ref.find('[')));
        if (target != kNoLint) nodes_[target].is_set = true;
        add_use(LintRole::kAction, target == kNoLint ? 0 : target, action.value);
    }
}

void LintForm::add_control_uses(const ModelControl& control) {
    const LintId node = find(control.ref);
    const LintId context = node == kNoLint ? 0 : node;
    add_use(LintRole::kChoices, context, control.itemset.nodeset, &control);
    const LintId parent = nodes_[context].parent;
    add_use(LintRole::kRepeatCount, parent == kNoLint ? 0 : parent, {control.count, control.where});
    for (const ModelText* text : {&control.label, &control.hint, &control.guidance}) {
        add_text_uses(context, lint_text_id(*text), text->literal);
    }
    for (const ModelItem& item : control.items) {
        add_text_uses(context, lint_text_id(item.label), item.label.literal);
    }
    if (nodes_[context].bind != nullptr) {
        for (const std::string* message :
             {&nodes_[context].bind->constraint_msg, &nodes_[context].bind->required_msg}) {
            add_text_uses(context, lint_text_id({true, *message, {}}), {});
        }
    }
    add_actions(control.actions);
}

void LintForm::report(LintCode code, const Provenance& where, LintId node,
                      std::vector<std::string> args, std::string hint) {
    if (findings_.size() >= kLintFindingsMax) return;
    findings_.push_back({code, where, title(node), std::move(args), std::move(hint)});
}

Provenance LintForm::cell(const Provenance& row, std::string_view column) {
    if (row.sheet != kSurvey) return row;  // a line of an XForm has no columns
    return {row.sheet, row.row, std::string(column)};
}

Provenance LintForm::choices_cell(std::string_view column) const {
    return workbook_ ? Provenance{"choices", 0, std::string(column)} : Provenance{};
}

// Paths ------------------------------------------------------------------------------------------

LintId LintForm::child_named(LintId parent, std::string_view local) const {
    const auto found = by_local_.find(absolute(parent) + "/" + std::string(local));
    return found == by_local_.end() ? kNoLint : found->second;
}

bool LintForm::picks_one_row(const LintUse& use, const Step& step) {
    if (step.predicates.size() != 1) return false;
    const ExprNode& only = use.expr.node(step.predicates.front());
    if (only.op == Op::kNumber) return true;
    if (only.op != Op::kChain || only.ops.size() != 1 || only.ops.front() != Op::kEq) return false;
    return std::any_of(only.kids.begin(), only.kids.end(), [&](ExprId kid) {
        const ExprNode& side = use.expr.node(kid);
        return side.op == Op::kCall && side.fn == Fn::kPosition && side.kids.empty();
    });
}

LintId LintForm::start_of(const LintUse& use, const PathExpr& path, LintId context,
                          LintTarget& target) {
    if (path.start == Start::kContext) return context;
    if (path.start == Start::kRoot) return kAboveRoot;
    const ExprNode& filter = use.expr.node(path.filter);
    if (filter.op != Op::kCall) return kNoLint;
    if (filter.fn == Fn::kCurrent) return use.context;
    if (filter.fn == Fn::kInstance && !filter.kids.empty()) {
        const ExprNode& id = use.expr.node(filter.kids.front());
        if (id.op == Op::kText) target.instance = id.text;
    }
    return kNoLint;
}

LintId LintForm::step_down(LintId at, const Step& step) const {
    if (step.test != Test::kName) return kNoLint;
    const std::string_view local = names_.text(step.name);
    if (at == kAboveRoot) return local_name(nodes_[0].node->name) == local ? 0 : kNoLint;
    return child_named(at, local);
}

LintTarget LintForm::follow(const LintUse& use, ExprId id, LintId context) const {
    const PathExpr& path = use.expr.node(id).path;
    LintTarget target;
    LintId at = start_of(use, path, context, target);
    const bool absolute = path.start == Start::kRoot;
    for (std::size_t i = 0; i < path.steps.size(); ++i) {
        const Step& step = path.steps[i];
        if (step.axis == Axis::kDescendantOrSelf || step.axis == Axis::kDescendant) {
            target.searches_all = target.instance.empty();
        }
        if (step.axis == Axis::kSelf) continue;
        if (at == kNoLint) break;
        if (step.axis == Axis::kParent) {
            at = at == kAboveRoot ? kNoLint : at == 0 ? kAboveRoot : nodes_[at].parent;
            continue;
        }
        at = step.axis == Axis::kChild ? step_down(at, step) : kNoLint;
        if (at == kNoLint || !nodes_[at].is_repeat) continue;
        const bool own = within(use.context, at);
        if (picks_one_row(use, step)) {
            target.other_row = at;
        } else if (!absolute || !own || i + 1 == path.steps.size() || !step.predicates.empty()) {
            target.scanned = at;
        } else {
            target.absolute_in_own_row = true;
        }
    }
    target.node = at == kAboveRoot ? kNoLint : at;
    if (target.node == kNoLint) target.absolute_in_own_row = false;  // there is nothing to name
    return target;
}

// Lists ------------------------------------------------------------------------------------------

bool LintForm::is_select(const ModelControl* control) {
    return control != nullptr &&
           (control->kind == ControlKind::kSelect || control->kind == ControlKind::kSelect1 ||
            control->kind == ControlKind::kRank);
}

std::uint32_t LintForm::column(const TableInstance& table, std::string_view name) const {
    return table.find_column(model_.names->find(name));
}

LintList LintForm::list_of(const ModelControl& control) const {
    LintList list;
    list.items = control.items.empty() ? nullptr : &control.items;
    const auto named = list_names_.find(control.ref);
    if (named != list_names_.end()) list.name = named->second;
    if (list.items != nullptr || list.name.empty()) return list;
    const ModelInstance* source = instance(list.name);
    if (source == nullptr || source->table == nullptr) return list;
    list.value_column = column(*source->table, control.itemset.value_ref);
    if (list.value_column == TableInstance::kNoColumn) return list;
    list.table = source->table.get();
    list.from_file = !source->src.empty();
    std::string_view label = control.itemset.label_ref;
    list.itext = label.starts_with("jr:itext(") && label.ends_with(')');
    if (list.itext) label = label.substr(9, label.size() - 10);
    list.label_column = column(*source->table, label);
    return list;
}

std::size_t LintList::size() const {
    return items != nullptr ? items->size() : table != nullptr ? table->rows() : 0;
}

bool LintList::has(std::string_view value) const {
    if (items == nullptr) return !table->rows_with(value_column, value).empty();
    return std::any_of(items->begin(), items->end(),
                       [&](const ModelItem& item) { return item.value == value; });
}

std::vector<std::string> LintList::values(std::size_t most) const {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < size() && out.size() < most; ++i) {
        const auto row = static_cast<std::uint32_t>(i);
        out.emplace_back(items != nullptr ? std::string((*items)[i].value)
                                          : std::string(table->at(row, value_column)));
    }
    return out;
}

}  // namespace awda::forms
