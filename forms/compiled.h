// Compiled: what sessions run on: templates of the record's nodes, expressions with their paths
// resolved, and the order in which to recompute.
//
// Ownership: inside a FormDefinition. Threads: immutable.
// A template stands for all instances of one node: "/data/family/name" is one template however
// many family members there are. Everything about dependencies is known on templates, at load.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "forms/definition.h"
#include "forms/expression.h"
#include "forms/model.h"

namespace awda::forms {

using TemplateId = std::uint32_t;
using CompiledId = std::uint32_t;
inline constexpr std::uint32_t kNone = 0xffffffffU;

enum class ValueType : std::uint8_t {
    kString,
    kInteger,
    kBoolean,
    kDecimal,
    kDate,
    kTime,
    kDateTime,
    kGeopoint,
    kGeotrace,
    kGeoshape,
    kBinary,
    kBarcode,
    kIntent,
};

/// What of its context an expression looks at.
enum Relative : std::uint8_t {
    kLooksAtNode = 1,
    kLooksAtPosition = 2,  ///< position() or last()
};

/// A path of child, parent and self steps with names, resolved against the templates: go up
/// `ups` parents from the context (or from the expression's own node), then down the slots.
struct PathPlan {
    struct Down {
        TemplateId target = kNone;
        const std::vector<ExprId>* predicates = nullptr;  ///< null if none
    };
    bool usable = false;
    bool from_own_node = false;  ///< absolute paths and current(): not from a predicate's node
    bool climbs = false;         ///< absolute: up to the own row of template `top`, not by count
    std::uint32_t ups = 0;
    TemplateId top = kNone;     ///< where the ups arrive
    TemplateId single = kNone;  ///< what the path leads to, where a record has exactly one of it
    std::vector<Down> downs;
};

/// A call over rows that gives the same wherever its path starts from the same node, and what it
/// reads: sum(/data/family/age), count(../visit[kind = 'home']).
struct Aggregate {
    ExprId call = kNoExpr;
    std::vector<TemplateId> reads;
};

struct CompiledExpr {
    Expression expr;
    TemplateId context = kNone;
    std::vector<PathPlan> plans;         ///< one an ExprId, where it is a path
    std::vector<std::uint8_t> relative;  ///< one an ExprId: Relative bits
    std::vector<Aggregate> aggregates;
    bool shared = false;     ///< stands for several places with the same text and rows
    bool one_truth = false;  ///< pure, and the same wherever it is asked: may be remembered
    Provenance where;
};

/// What is computed for a node.
enum class Aspect : std::uint8_t { kRelevant, kCalculate, kReadonly, kRequired, kFilter, kCount };
inline constexpr std::size_t kAspects = 6;

/// An edge: when an instance of the source changes, these instances of the vertex are stale: those
/// under the source's ancestor of template `common`.
struct Dependent {
    std::uint32_t vertex = kNone;
    TemplateId common = kNone;
};

struct Vertex {
    Aspect aspect{};
    TemplateId node = kNone;
    CompiledId expr = kNone;
};

/// Setting a value is ours; positions and recordings are asked of the desk.
enum class ActionKind : std::uint8_t { kSetValue, kSetGeopoint, kRecordAudio };

struct CompiledAction {
    std::uint8_t events = 0;
    ActionKind kind = ActionKind::kSetValue;
    std::vector<std::pair<std::string, std::string>> parameters;  ///< of what the desk does
    TemplateId target = kNone;
    TemplateId scope = kNone;  ///< template of the element it is written in: events come from here
    CompiledId target_expr = kNone;  ///< where the target has predicates
    CompiledId value = kNone;        ///< an expression, or
    std::string literal;
};
inline constexpr std::uint8_t kFirstLoad = 1;
inline constexpr std::uint8_t kLoad = 2;
inline constexpr std::uint8_t kValueChanged = 4;
inline constexpr std::uint8_t kNewRepeat = 8;

struct NodeTemplate {
    NameId name = kNoName;
    std::string qualified;
    TemplateId parent = kNone;
    std::uint32_t depth = 0;
    std::uint32_t slot = 0;            ///< among the parent's children
    std::vector<TemplateId> children;  ///< elements, then attributes
    std::uint32_t element_children = 0;
    std::vector<TemplateId> by_name;  ///< the children again, by name, attributes last
    TemplateId repeat = kNone;        ///< the nearest repeat, itself included
    bool is_repeat = false;
    bool is_attribute = false;
    bool metadata = false;
    ValueType type = ValueType::kString;
    std::array<CompiledId, kAspects> aspects{kNone, kNone, kNone, kNone, kNone, kNone};
    CompiledId constraint = kNone;
    const ModelBind* bind = nullptr;
    const ModelControl* control = nullptr;
    std::uint32_t seed = kNone;            ///< a repeat's prototype row
    bool explicit_template = false;        ///< else new rows start blank
    std::vector<std::uint32_t> row_seeds;  ///< the rows given in the form, for counted repeats
    const ModelControl* outer = nullptr;   ///< the group around a repeat, which has its label
    std::vector<Dependent> dependents;     ///< of the value, and of being there
    std::vector<std::uint32_t> on_change;  ///< actions to run when the value changes
    bool counted = false;                  ///< jr:count decides its rows
    bool fixed_rows = false;               ///< jr:noAddRemove
    bool has_dependents_below = false;
};

/// The primary instance's content as given, tied to templates.
struct Seed {
    TemplateId node = kNone;
    std::string value;
    std::vector<std::uint32_t> children;
};

/// The page as authored, tied to templates.
struct PageItem {
    const ModelControl* control = nullptr;
    TemplateId node = kNone;   ///< kNone for groups without a node
    std::uint32_t number = 0;  ///< in document order, from 0
    std::vector<PageItem> children;
};

/// The repeat whose label this group carries, or null: <group ref="x"><repeat nodeset="x">.
[[nodiscard]] const PageItem* only_repeat(const PageItem& group);

struct TextForms {
    std::vector<std::pair<std::string, RichText>> forms;
};

struct Compiled {
    std::shared_ptr<StringPool> names;
    FormSettings settings;
    std::vector<FormLanguage> languages;
    std::vector<QuestionInfo> questions;
    std::vector<std::uint32_t> question_of;  ///< by template; kNone if it is no leaf
    std::vector<std::string> repeats;
    std::vector<NodeTemplate> nodes;  ///< 0 is the root element
    std::vector<Seed> seeds;          ///< 0 is the root's
    std::vector<CompiledExpr> exprs;
    std::vector<Vertex> vertices;                                ///< in the order of recomputation
    std::vector<std::array<std::uint32_t, kAspects>> vertex_of;  ///< by template
    std::vector<CompiledAction> actions;
    std::vector<PageItem> page;
    /// Text id → its entry in each language.
    std::vector<std::unordered_map<std::string, const ModelTranslationText*>> texts;
    std::unordered_map<std::string, const Document*> instances;
    std::unordered_map<std::string, TemplateId> by_path;  ///< "family/name"
};

inline constexpr std::size_t kTemplatesMax = 500'000;
inline constexpr std::uint32_t kTemplateDepthMax = 200;

/// The children of a template that have this name, in the order of their slots. Containers may
/// have 100,000 children, so nothing searches them one by one.
[[nodiscard]] std::span<const TemplateId> children_named(const Compiled& compiled,
                                                         TemplateId parent, NameId name,
                                                         bool attribute);
/// Path of a template below the root: "family/name"; "" for the root.
[[nodiscard]] std::string template_path(const Compiled& compiled, TemplateId node);
[[nodiscard]] bool is_select(const ModelControl* control);
/// The control with a node's label: of a repeat usually the group around it. May be null.
[[nodiscard]] const ModelControl* labelled_control(const NodeTemplate& node);

}  // namespace awda::forms
