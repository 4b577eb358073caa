// LintForm: a form laid out for the checks of lint: its nodes, its expressions, what they refer to.
//
// Private to lint*.cpp. Ownership: borrows the definition. Threads: none of its own. Works on the
// form as written (model.h), so that every finding can name a cell.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "forms/expression.h"
#include "forms/lint.h"
#include "forms/model.h"

namespace awda::forms {

using LintId = std::uint32_t;
inline constexpr LintId kNoLint = 0xffffffffU;

/// A node of the record: a group, a repeat or a question. Node 0 is the root.
struct LintNode {
    const ModelNode* node = nullptr;
    LintId parent = kNoLint;
    LintId repeat = kNoLint;  ///< the nearest repeat, itself included
    bool is_repeat = false;
    bool is_set = false;   ///< by an action
    std::string absolute;  ///< "/data/family/name"
    std::vector<LintId> children;
    const ModelBind* bind = nullptr;
    const ModelControl* control = nullptr;
};

enum class LintRole : std::uint8_t {
    kRelevant,
    kConstraint,
    kRequired,
    kReadonly,
    kCalculate,
    kChoices,
    kAction,
    kOutput,
    kRepeatCount,
};

/// One expression of the form, where it is used.
struct LintUse {
    LintRole role{};
    LintId context = kNoLint;
    Expression expr;
    Provenance where;
    const ModelControl* control = nullptr;  ///< of kChoices
};

/// What a path of an expression arrives at.
struct LintTarget {
    LintId node = kNoLint;       ///< kNoLint: not in the record, or not to be told from the text
    LintId scanned = kNoLint;    ///< the repeat all of whose rows it reads
    LintId other_row = kNoLint;  ///< the repeat of whose rows it picks one by its position
    std::string instance;        ///< the list it reads, if it begins at one
    bool searches_all = false;   ///< it holds '//'
    bool absolute_in_own_row = false;
};

/// The choices of a select; neither items nor a table where they are not known from the form.
struct LintList {
    std::string name;
    const std::vector<ModelItem>* items = nullptr;
    const TableInstance* table = nullptr;
    std::uint32_t value_column = TableInstance::kNoColumn;
    std::uint32_t label_column = TableInstance::kNoColumn;
    bool itext = false;  ///< labels are ids of texts
    bool from_file = false;

    [[nodiscard]] bool known() const { return items != nullptr || table != nullptr; }
    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] bool has(std::string_view value) const;
    [[nodiscard]] std::vector<std::string> values(std::size_t most) const;
};

/// The id in jr:itext('…'); "" if the text is no such reference.
[[nodiscard]] std::string_view lint_text_id(const ModelText& text);

class LintForm {
public:
    LintForm(const FormDefinition& definition, std::vector<LintFinding>& findings);

    [[nodiscard]] const FormModel& model() const { return model_; }
    [[nodiscard]] const FormDefinition& definition() const { return definition_; }
    [[nodiscard]] const std::vector<LintNode>& nodes() const { return nodes_; }
    [[nodiscard]] const LintNode& node(LintId id) const { return nodes_[id]; }
    [[nodiscard]] const std::vector<const ModelControl*>& controls() const { return controls_; }
    [[nodiscard]] const std::deque<LintUse>& uses() const { return uses_; }
    [[nodiscard]] std::string_view name(NameId id) const { return names_.text(id); }
    [[nodiscard]] LintId find(std::string_view absolute) const;
    [[nodiscard]] const std::string& absolute(LintId node) const;
    /// "family/name"; the root's own name.
    [[nodiscard]] std::string title(LintId node) const;
    [[nodiscard]] bool within(LintId node, LintId above) const;

    [[nodiscard]] const ModelInstance* instance(std::string_view id) const;
    [[nodiscard]] static std::size_t rows_of(const ModelInstance& instance);
    [[nodiscard]] static bool is_select(const ModelControl* control);
    [[nodiscard]] LintList list_of(const ModelControl& control) const;
    [[nodiscard]] std::uint32_t column(const TableInstance& table, std::string_view name) const;

    /// Where a kPath of an expression leads. `context` is kNoLint inside predicates, where it is
    /// another node than the expression's own.
    [[nodiscard]] LintTarget follow(const LintUse& use, ExprId path, LintId context) const;
    /// Calls `see(id, context)` for every node of an expression.
    template <typename See>
    void walk(const LintUse& use, const See& see) const {
        walk_from(use, use.expr.root(), use.context, see);
    }

    void report(LintCode code, const Provenance& where, LintId node, std::vector<std::string> args,
                std::string hint = {});
    /// The cell of a question's row in another column; an XForm's line stays as it is.
    [[nodiscard]] static Provenance cell(const Provenance& row, std::string_view column);
    /// A column of the choices sheet; nothing for a form that was no workbook.
    [[nodiscard]] Provenance choices_cell(std::string_view column) const;

private:
    void add_nodes(const ModelNode& root);
    void tie_controls(const std::vector<ModelControl>& controls);
    void settle_repeats();
    void add_use(LintRole role, LintId context, const SourceExpr& source,
                 const ModelControl* control = nullptr);
    void add_outputs(LintId context, const std::vector<const RichText*>& texts);
    void add_text_uses(LintId context, std::string_view id, const RichText& literal);
    void add_actions(const std::vector<ModelAction>& actions);
    void add_control_uses(const ModelControl& control);
    [[nodiscard]] LintId child_named(LintId parent, std::string_view local) const;
    [[nodiscard]] LintId step_down(LintId at, const Step& step) const;
    [[nodiscard]] static bool picks_one_row(const LintUse& use, const Step& step);
    [[nodiscard]] static LintId start_of(const LintUse& use, const PathExpr& path, LintId context,
                                         LintTarget& target);

    // Recursion is bounded by kExpressionDepthMax.
    template <typename See>
    void walk_from(const LintUse& use, ExprId id, LintId context, const See& see) const {
        const ExprNode& node = use.expr.node(id);
        see(id, context);
        for (const ExprId kid : node.kids) walk_from(use, kid, context, see);
        if (node.op != Op::kPath) return;
        if (node.path.filter != kNoExpr) walk_from(use, node.path.filter, context, see);
        for (const ExprId p : node.path.filter_predicates) walk_from(use, p, kNoLint, see);
        for (const Step& step : node.path.steps) {
            for (const ExprId p : step.predicates) walk_from(use, p, kNoLint, see);
        }
    }

    const FormDefinition& definition_;
    const FormModel& model_;
    std::vector<LintFinding>& findings_;
    std::vector<LintNode> nodes_;
    std::vector<const ModelControl*> controls_;
    std::unordered_map<std::string, LintId> by_path_;
    std::unordered_map<std::string, LintId> by_local_;  ///< by path, the last name unprefixed
    std::unordered_map<std::string_view, std::string_view> list_names_;  ///< by the select's ref
    std::unordered_map<std::string, const ModelInstance*> instances_;
    std::unordered_map<std::string, std::vector<const RichText*>> texts_;  ///< not yet read
    std::deque<LintUse> uses_;
    StringPool names_;
    bool workbook_ = false;
};

// The checks, each in its file.
void lint_cost(LintForm& form);
void lint_reach(LintForm& form);
void lint_lists(LintForm& form);
void lint_texts(LintForm& form, const LintOptions& options);
void lint_marks(LintForm& form);

}  // namespace awda::forms
