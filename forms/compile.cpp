#include "forms/compile.h"

#include <algorithm>
#include <unordered_set>

#include "forms/evaluator.h"
#include "forms/graph.h"
#include "forms/names.h"
#include "forms/regex.h"
#include "forms/resolve.h"
#include "forms/value.h"

namespace awda::forms {

bool is_select(const ModelControl* control) {
    if (control == nullptr) return false;
    if (control->kind == ControlKind::kInput) return control->itemset.implied;
    return (control->kind == ControlKind::kSelect || control->kind == ControlKind::kSelect1 ||
            control->kind == ControlKind::kRank);
}

const ModelControl* labelled_control(const NodeTemplate& node) {
    const bool outer = node.outer != nullptr && !node.control->label.present;
    return outer ? node.outer : node.control;
}

std::string template_path(const Compiled& compiled, TemplateId node) {
    std::vector<TemplateId> chain;
    for (; node != kNone && node != 0; node = compiled.nodes[node].parent) chain.push_back(node);
    std::string out;
    for (auto it = chain.rbegin(); it != chain.rend(); ++it) {
        if (!out.empty()) out += '/';
        if (compiled.nodes[*it].is_attribute) out += '@';
        out += compiled.names->text(compiled.nodes[*it].name);
    }
    return out;
}

std::span<const TemplateId> children_named(const Compiled& compiled, TemplateId parent, NameId name,
                                           bool attribute) {
    const auto key = [&](TemplateId child) {
        const NodeTemplate& t = compiled.nodes[child];
        return std::pair(t.is_attribute, t.name);
    };
    const auto& all = compiled.nodes[parent].by_name;
    const auto from =
        std::lower_bound(all.begin(), all.end(), std::pair(attribute, name),
                         [&](TemplateId child, const auto& wanted) { return key(child) < wanted; });
    auto to = from;
    while (to != all.end() && key(*to) == std::pair(attribute, name)) ++to;
    return {from, to};
}

namespace {

/// "/data/orx:meta/orx:instanceID" → "meta/instanceID"; nothing if it is not below the root.
std::optional<std::string> path_below_root(std::string_view ref, std::string_view root) {
    ref = trim(ref);
    if (!ref.starts_with('/')) return std::nullopt;
    ref.remove_prefix(1);
    std::string out;
    bool first = true;
    while (!ref.empty()) {
        const auto slash = ref.find('/');
        std::string_view step = trim(ref.substr(0, slash));
        ref = slash == std::string_view::npos ? std::string_view() : ref.substr(slash + 1);
        const bool attribute = step.starts_with('@');
        if (attribute) step.remove_prefix(1);
        step = local_name(step);
        if (first) {
            if (step != local_name(root)) return std::nullopt;
            first = false;
            continue;
        }
        if (!out.empty()) out += '/';
        if (attribute) out += '@';
        out += step;
    }
    return out;
}

ValueType parse_type(std::string_view type) {
    static constexpr std::pair<std::string_view, ValueType> kTypes[] = {
        {"int", ValueType::kInteger},       {"integer", ValueType::kInteger},
        {"long", ValueType::kInteger},      {"boolean", ValueType::kBoolean},
        {"decimal", ValueType::kDecimal},   {"double", ValueType::kDecimal},
        {"float", ValueType::kDecimal},     {"date", ValueType::kDate},
        {"time", ValueType::kTime},         {"dateTime", ValueType::kDateTime},
        {"geopoint", ValueType::kGeopoint}, {"geotrace", ValueType::kGeotrace},
        {"geoshape", ValueType::kGeoshape}, {"binary", ValueType::kBinary},
        {"barcode", ValueType::kBarcode},   {"intent", ValueType::kIntent}};
    type = local_name(type);
    for (const auto& [text, value] : kTypes) {
        if (text == type) return value;
    }
    return ValueType::kString;
}

class Compiler {
public:
    Compiler(const FormModel& model, const std::string& file, Diagnostics& diagnostics)
        : model_(model),
          file_(file),
          diagnostics_(diagnostics),
          out_(std::make_unique<Compiled>()),
          graph_(*out_) {
        out_->names = model.names;
    }

    std::unique_ptr<Compiled> run() {
        const std::size_t errors_before = count_errors();
        read_settings();
        find_repeats(model_.body);
        if (!make_templates()) return nullptr;
        index_texts();
        for (const ModelInstance& instance : model_.instances) add_instance(instance);
        for (const ModelBind& bind : model_.binds) apply_bind(bind);
        make_page(model_.body, out_->page, 0);
        if (count_errors() != errors_before) return nullptr;
        out_->exprs.reserve(model_.binds.size());
        shared_.reserve(model_.binds.size());
        for (TemplateId node = 0; node < out_->nodes.size(); ++node) compile_node(node);
        for (const ModelAction& action : model_.actions) add_action(action, 0);
        add_control_actions(model_.body, 0);
        check_texts();
        for (const auto& cycle : graph_.finish()) report_cycle(cycle);
        list_questions();
        if (count_errors() != errors_before) return nullptr;
        return std::move(out_);
    }

private:
    [[nodiscard]] std::size_t count_errors() const {
        return static_cast<std::size_t>(
            std::count_if(diagnostics_.begin(), diagnostics_.end(),
                          [](const Diagnostic& d) { return d.severity == Severity::kError; }));
    }
    void report(DiagnosticCode code, const Provenance& where, std::vector<std::string> args,
                std::string hint = {}, Severity severity = Severity::kError) {
        if (diagnostics_.size() >= kDiagnosticsMax) return;
        diagnostics_.push_back({severity, code, file_, where, std::move(args), std::move(hint)});
    }

    void read_settings() {
        out_->settings.form_id = attribute(model_.root.attributes, "id");
        if (out_->settings.form_id.empty()) {
            out_->settings.form_id = attribute(model_.root.attributes, "xmlns");
        }
        out_->settings.version = attribute(model_.root.attributes, "version");
        out_->settings.title = model_.title;
        out_->settings.default_language = model_.default_language;
        for (const ModelTranslation& translation : model_.translations) {
            const std::string tag = language_tag(translation.language);
            out_->languages.push_back({translation.language, tag, is_right_to_left_tag(tag)});
        }
    }

    void find_repeats(const std::vector<ModelControl>& controls) {
        for (const ModelControl& control : controls) {
            if (control.kind == ControlKind::kRepeat) {
                if (auto path = path_below_root(control.ref, model_.root.name))
                    repeats_.insert(*path);
            }
            find_repeats(control.children);
        }
    }

    // Templates and seeds -----------------------------------------------------------------------

    struct Pending {
        const ModelNode* source;
        TemplateId node;
        std::uint32_t seed;
        std::string path;
    };

    bool make_templates() {
        StringPool& names = *out_->names;
        const std::size_t expected = std::min(model_.root.children.size() + 1, kTemplatesMax);
        out_->nodes.reserve(expected);
        out_->seeds.reserve(expected);
        out_->by_path.reserve(expected);
        NodeTemplate root;
        root.qualified = model_.root.name;
        root.name = names.intern(local_name(model_.root.name));
        out_->nodes.push_back(std::move(root));
        out_->seeds.push_back({0, model_.root.children.empty() ? model_.root.value : "", {}});
        std::vector<Pending> todo{{&model_.root, 0, 0, ""}};
        // Breadth first is enough: numbers need not follow document order, slots do.
        for (std::size_t i = 0; i < todo.size(); ++i) {
            const Pending item = todo[i];
            for (const ModelNode& child : item.source->children) {
                if (!add_child(item, child, todo)) return false;
            }
            for (const auto& [name, value] : item.source->attributes) {
                if (!name.starts_with("xmlns")) add_attribute(item, name, value);
            }
        }
        finish_slots();
        return true;
    }

    bool add_child(const Pending& item, const ModelNode& child, std::vector<Pending>& todo) {
        const NameId name = out_->names->intern(local_name(child.name));
        const std::string path =
            (item.path.empty() ? "" : item.path + "/") + std::string(local_name(child.name));
        const bool repeat = child.is_template || repeats_.contains(path);
        TemplateId node = kNone;
        if (repeat || item.node != 0 || !item.path.empty()) {
            // A second row of a repeat, or the rows of rows, share one template.
            const auto known = out_->by_path.find(path);
            const bool inside_row = out_->nodes[item.node].repeat != kNone;
            if (known != out_->by_path.end() && (repeat || inside_row) &&
                !has_seed_child(item.seed, known->second, repeat)) {
                node = known->second;
            }
        }
        if (node == kNone) {
            if (out_->nodes.size() >= kTemplatesMax ||
                out_->nodes[item.node].depth >= kTemplateDepthMax) {
                report(DiagnosticCode::kTooManyNodes, {}, {std::to_string(kTemplatesMax)});
                return false;
            }
            node = new_template(item.node, name, child.name, path);
            out_->nodes[node].is_repeat = repeat;
            out_->nodes[node].repeat = repeat ? node : out_->nodes[item.node].repeat;
        }
        const auto seed = static_cast<std::uint32_t>(out_->seeds.size());
        out_->seeds.push_back({node, child.children.empty() ? child.value : "", {}});
        if (out_->nodes[node].is_repeat) {
            NodeTemplate& t = out_->nodes[node];
            if (t.seed == kNone || child.is_template) t.seed = seed;
            if (child.is_template)
                t.explicit_template = true;
            else
                t.row_seeds.push_back(seed);
            if (!child.is_template) out_->seeds[item.seed].children.push_back(seed);
        } else {
            out_->seeds[item.seed].children.push_back(seed);
        }
        todo.push_back({&child, node, seed, path});
        return true;
    }

    [[nodiscard]] bool has_seed_child(std::uint32_t seed, TemplateId node, bool repeat) const {
        if (repeat) return false;  // many rows are what repeats are for
        const auto& children = out_->seeds[seed].children;
        return std::any_of(children.begin(), children.end(),
                           [&](std::uint32_t child) { return out_->seeds[child].node == node; });
    }

    TemplateId new_template(TemplateId parent, NameId name, const std::string& qualified,
                            const std::string& path) {
        const auto node = static_cast<TemplateId>(out_->nodes.size());
        NodeTemplate t;
        t.name = name;
        t.qualified = qualified;
        t.parent = parent;
        t.depth = out_->nodes[parent].depth + 1;
        out_->nodes.push_back(std::move(t));
        out_->nodes[parent].children.push_back(node);
        out_->by_path.emplace(path, node);
        return node;
    }

    void add_attribute(const Pending& item, const std::string& name, const std::string& value) {
        const std::string path =
            (item.path.empty() ? "@" : item.path + "/@") + std::string(local_name(name));
        const auto known = out_->by_path.find(path);
        TemplateId node = known == out_->by_path.end() ? kNone : known->second;
        if (node == kNone || out_->nodes[node].parent != item.node) {
            node = new_template(item.node, out_->names->intern(local_name(name)), name, path);
            out_->nodes[node].is_attribute = true;
            out_->nodes[node].repeat = out_->nodes[item.node].repeat;
        }
        const auto seed = static_cast<std::uint32_t>(out_->seeds.size());
        out_->seeds.push_back({node, value, {}});
        out_->seeds[item.seed].children.push_back(seed);
    }

    void finish_slots() {
        for (NodeTemplate& t : out_->nodes) {
            std::stable_partition(t.children.begin(), t.children.end(),
                                  [&](TemplateId c) { return !out_->nodes[c].is_attribute; });
            t.element_children = 0;
            for (std::uint32_t i = 0; i < t.children.size(); ++i) {
                out_->nodes[t.children[i]].slot = i;
                if (!out_->nodes[t.children[i]].is_attribute) ++t.element_children;
            }
            t.by_name = t.children;
            std::stable_sort(t.by_name.begin(), t.by_name.end(), [&](TemplateId a, TemplateId b) {
                const NodeTemplate& left = out_->nodes[a];
                const NodeTemplate& right = out_->nodes[b];
                return std::pair(left.is_attribute, left.name) <
                       std::pair(right.is_attribute, right.name);
            });
        }
        // In document order, so that lists come out in the author's.
        std::vector<TemplateId> todo{0};
        while (!todo.empty()) {
            const TemplateId node = todo.back();
            todo.pop_back();
            document_order_.push_back(node);
            const auto& children = out_->nodes[node].children;
            todo.insert(todo.end(), children.rbegin(), children.rend());
        }
        for (const TemplateId node : document_order_) {
            const NodeTemplate& t = out_->nodes[node];
            if (t.is_repeat) out_->repeats.push_back(template_path(*out_, node));
        }
    }

    // Texts and lists ---------------------------------------------------------------------------

    void index_texts() {
        for (const ModelTranslation& translation : model_.translations) {
            auto& index = out_->texts.emplace_back();
            index.reserve(translation.texts.size());
            for (const ModelTranslationText& text : translation.texts)
                index.emplace(text.id, &text);
        }
    }

    void add_instance(const ModelInstance& instance) {
        const Document* document = instance.table != nullptr
                                       ? static_cast<const Document*>(instance.table.get())
                                       : instance.tree.get();
        if (document != nullptr) out_->instances.emplace(instance.id, document);
    }

    // Binds and body ----------------------------------------------------------------------------

    [[nodiscard]] TemplateId find(std::string_view ref) const {
        const auto path = path_below_root(ref, model_.root.name);
        if (!path) return kNone;
        if (path->empty()) return 0;
        const auto found = out_->by_path.find(*path);
        return found == out_->by_path.end() ? kNone : found->second;
    }

    void apply_bind(const ModelBind& bind) {
        const TemplateId node = find(bind.nodeset);
        if (node == kNone) {
            report(DiagnosticCode::kUnknownNode, bind.where, {bind.nodeset}, {},
                   Severity::kWarning);
            return;
        }
        NodeTemplate& t = out_->nodes[node];
        if (t.bind != nullptr) {
            report(DiagnosticCode::kDuplicateBind, bind.where, {bind.nodeset}, {},
                   Severity::kWarning);
        }
        t.bind = &bind;
        t.type = parse_type(bind.type);
        t.metadata = !bind.preload.empty();
    }

    void make_page(const std::vector<ModelControl>& controls, std::vector<PageItem>& out,
                   TemplateId context) {
        for (const ModelControl& control : controls) {
            PageItem item;
            item.control = &control;
            item.node = control.ref.empty() ? kNone : find(control.ref);
            // Groups may be for the page only; rows can't.
            const bool rows = control.kind == ControlKind::kRepeat;
            if (item.node == kNone && (rows || !control.ref.empty())) {
                report(DiagnosticCode::kUnknownNode, control.where, {control.ref});
                continue;
            }
            if (item.node != kNone) {
                NodeTemplate& t = out_->nodes[item.node];
                const bool question =
                    control.kind != ControlKind::kGroup && control.kind != ControlKind::kRepeat;
                if (question || t.control == nullptr || control.kind == ControlKind::kRepeat) {
                    t.control = &control;
                }
                if (control.kind == ControlKind::kRepeat) {
                    t.counted = !control.count.empty();
                    t.fixed_rows = control.no_add_remove;
                }
            }
            for (const ModelControl& child : control.children) {
                if (control.kind == ControlKind::kGroup && child.kind == ControlKind::kRepeat &&
                    child.ref == control.ref && item.node != kNone) {
                    out_->nodes[item.node].outer = &control;
                }
            }
            item.number = page_items_++;
            make_page(control.children, item.children, item.node == kNone ? context : item.node);
            out.push_back(std::move(item));
        }
    }

    // Expressions -------------------------------------------------------------------------------

    /// The same text means the same wherever it looks at nothing but absolute paths seen from the
    /// same repeat: generated forms repeat one condition hundreds of times.
    struct Shared {
        TemplateId repeat = kNone;
        CompiledId id = kNone;
        std::vector<Read> reads;
    };

    CompiledId add_expr(const SourceExpr& source, TemplateId context, std::vector<Read>& reads) {
        const TemplateId repeat = out_->nodes[context].repeat;
        const std::size_t hash = std::hash<std::string_view>{}(source.text);
        const auto [from, to] = shared_.equal_range(hash);
        for (auto known = from; known != to; ++known) {
            const Shared& each = known->second;
            if (each.repeat != repeat || out_->exprs[each.id].expr.text() != source.text) continue;
            out_->exprs[each.id].shared = true;
            reads = each.reads;
            return each.id;
        }
        const std::size_t reported = diagnostics_.size();
        const CompiledId id = add_own_expr(source, context, reads);
        // What was complained of here is complained of at each place again.
        if (id == kNone || diagnostics_.size() != reported) return id;
        if (is_shareable(out_->exprs[id])) {
            shared_.emplace(hash, Shared{repeat, id, reads});
        }
        return id;
    }

    CompiledId add_own_expr(const SourceExpr& source, TemplateId context,
                            std::vector<Read>& reads) {
        CompiledExpr compiled;
        ParseProblem problem;
        compiled.context = context;
        compiled.where = source.where;
        if (!Expression::parse(source.text, *out_->names, compiled.expr, problem)) {
            report(DiagnosticCode::kBadExpression, source.where,
                   {source.text.substr(0, 200), problem.found, problem.expected});
            return kNone;
        }
        check_calls(compiled.expr, source.where);
        const auto id = static_cast<CompiledId>(out_->exprs.size());
        out_->exprs.push_back(std::move(compiled));
        // Plans point at predicates inside the expression, so it is resolved where it stays.
        Resolver resolver(*out_, out_->exprs.back());
        reads = resolver.run();
        for (const std::string& name : resolver.unknown()) {
            report(DiagnosticCode::kUnknownNode, source.where, {name}, {}, Severity::kWarning);
        }
        CompiledExpr& made = out_->exprs.back();
        made.one_truth =
            out_->nodes[context].repeat == kNone && is_shareable(made) && !is_volatile(made.expr);
        return id;
    }

    void check_calls(const Expression& expr, const Provenance& where) {
        for (ExprId id = 0; id < expr.size(); ++id) {
            const ExprNode& node = expr.node(id);
            if (node.op != Op::kCall) continue;
            if (node.bad_arguments) {
                report(DiagnosticCode::kArgumentCount, where,
                       {node.text, std::to_string(node.kids.size())});
            } else if (node.fn == Fn::kUnknown) {
                report(DiagnosticCode::kUnknownFunction, where, {node.text},
                       nearest_spelling(node.text, function_names()));
            } else if (node.fn == Fn::kRegex && expr.node(node.kids[1]).op == Op::kText) {
                const std::string& pattern = expr.node(node.kids[1]).text;
                if (!Pattern::compile(pattern)) {
                    report(DiagnosticCode::kBadRegex, where, {pattern.substr(0, 200)});
                }
            } else if (node.fn == Fn::kInstance && expr.node(node.kids[0]).op == Op::kText) {
                check_list(expr.node(node.kids[0]).text, where);
            }
        }
    }

    void check_list(const std::string& id, const Provenance& where) {
        std::vector<std::string> known;
        for (const ModelInstance& instance : model_.instances) {
            if (instance.id == id) return;
            known.push_back(instance.id);
        }
        report(DiagnosticCode::kUnknownList, where, {id}, nearest_spelling(id, known),
               Severity::kWarning);
    }

    void compile_aspect(TemplateId node, Aspect aspect, const SourceExpr& source,
                        TemplateId context) {
        if (trim(source.text).empty()) return;
        std::vector<Read> reads;
        const CompiledId id = add_expr(source, context, reads);
        if (id == kNone) return;
        if (aspect == Aspect::kFilter) add_choice_reads(reads);
        out_->nodes[node].aspects[static_cast<std::size_t>(aspect)] = id;
        graph_.add(node, aspect, id, std::move(reads));
    }

    /// Choices made of repeat rows also change with the rows' own answers.
    void add_choice_reads(std::vector<Read>& reads) const {
        const std::size_t count = reads.size();
        for (std::size_t i = 0; i < count; ++i) {
            for (const TemplateId child : out_->nodes[reads[i].source].children) {
                reads.push_back({child, reads[i].common});
            }
        }
    }

    void compile_node(TemplateId node) {
        const ModelBind* bind = out_->nodes[node].bind;
        const ModelControl* control = out_->nodes[node].control;
        if (bind != nullptr) {
            compile_aspect(node, Aspect::kRelevant, bind->relevant, node);
            compile_aspect(node, Aspect::kCalculate, bind->calculate, node);
            compile_aspect(node, Aspect::kReadonly, bind->readonly, node);
            compile_aspect(node, Aspect::kRequired, bind->required, node);
            if (!trim(bind->constraint.text).empty()) {
                std::vector<Read> unused;
                out_->nodes[node].constraint = add_expr(bind->constraint, node, unused);
            }
        }
        if (control == nullptr) return;
        if (!control->itemset.nodeset.empty()) {
            compile_aspect(node, Aspect::kFilter, control->itemset.nodeset, node);
        }
        if (control->kind == ControlKind::kRepeat && !control->count.empty()) {
            // Seen from the parent: there may be no row to look from. "../n" means its "n".
            SourceExpr count{std::string(trim(control->count)), control->where};
            if (count.text.starts_with("current()/")) count.text.erase(0, 10);
            if (count.text.starts_with("../")) count.text.erase(0, 3);
            compile_aspect(node, Aspect::kCount, count, out_->nodes[node].parent);
        }
    }

    // Actions -----------------------------------------------------------------------------------

    void add_control_actions(const std::vector<ModelControl>& controls, TemplateId scope) {
        for (const ModelControl& control : controls) {
            const TemplateId node = control.ref.empty() ? scope : find(control.ref);
            for (const ModelAction& action : control.actions) {
                add_action(action, node == kNone ? scope : node);
            }
            add_control_actions(control.children, node == kNone ? scope : node);
        }
    }

    static std::string without_predicates(std::string_view ref) {
        std::string out;
        std::size_t depth = 0;
        for (const char ch : ref) {
            if (ch == '[') ++depth;
            if (depth == 0) out += ch;
            if (ch == ']' && depth > 0) --depth;
        }
        return out;
    }

    static ActionKind kind_of_action(std::string_view element) {
        const std::string_view name = local_name(element);
        if (name == "setgeopoint") return ActionKind::kSetGeopoint;
        return name == "recordaudio" ? ActionKind::kRecordAudio : ActionKind::kSetValue;
    }

    void add_action(const ModelAction& source, TemplateId scope) {
        CompiledAction action;
        action.kind = kind_of_action(source.element);
        action.parameters = source.others;
        for (const std::string_view event : split_words(source.events)) {
            if (event == "odk-instance-first-load" || event == "xforms-ready")
                action.events |= kFirstLoad;
            if (event == "odk-instance-load") action.events |= kLoad;
            if (event == "xforms-value-changed") action.events |= kValueChanged;
            if (event == "odk-new-repeat") action.events |= kNewRepeat;
        }
        action.scope = scope;
        const auto bracket = source.ref.find('[');
        action.target =
            find(bracket == std::string::npos ? source.ref : without_predicates(source.ref));
        if (bracket != std::string::npos) {
            std::vector<Read> unused;
            action.target_expr = add_expr({source.ref, source.value.where}, scope, unused);
        }
        if (action.target == kNone) {
            report(DiagnosticCode::kUnknownNode, source.value.where, {source.ref}, {},
                   Severity::kWarning);
            return;
        }
        action.literal = source.literal;
        if (!source.value.empty()) {
            std::vector<Read> unused;
            action.value = add_expr(source.value, action.target, unused);
        }
        const auto id = static_cast<std::uint32_t>(out_->actions.size());
        if ((action.events & kValueChanged) != 0) out_->nodes[scope].on_change.push_back(id);
        out_->actions.push_back(std::move(action));
    }

    // Reports and lists -------------------------------------------------------------------------

    /// Where the expression stands that makes a question depend on others.
    static const Provenance& expression_of(const ModelBind& bind) {
        for (const SourceExpr* source :
             {&bind.calculate, &bind.relevant, &bind.required, &bind.readonly, &bind.constraint}) {
            if (!source->empty()) return source->where;
        }
        return bind.where;
    }

    void report_cycle(const std::vector<TemplateId>& cycle) {
        std::string text;
        Provenance where;
        for (const TemplateId node : cycle) {
            const ModelBind* bind = out_->nodes[node].bind;
            if (!text.empty()) text += " → ";
            text += template_path(*out_, node);
            if (bind == nullptr) continue;
            if (where.sheet.empty()) where = expression_of(*bind);
            if (bind->where.row != 0) text += " (" + std::to_string(bind->where.row) + ")";
        }
        report(DiagnosticCode::kCycle, where, {text});
    }

    void check_texts() {
        if (model_.translations.empty()) return;
        for (const NodeTemplate& t : out_->nodes) {
            if (t.control == nullptr) continue;
            for (const ModelText* text : {&t.control->label, &t.control->hint}) {
                if (!text->ref.starts_with("jr:itext('") || !text->ref.ends_with("')")) continue;
                const std::string id = text->ref.substr(10, text->ref.size() - 12);
                const bool known =
                    std::any_of(out_->texts.begin(), out_->texts.end(),
                                [&](const auto& index) { return index.contains(id); });
                if (!known) {
                    report(DiagnosticCode::kUnknownText, t.control->where, {id}, {},
                           Severity::kWarning);
                }
            }
        }
    }

    void list_questions() {
        out_->question_of.assign(out_->nodes.size(), kNone);
        for (const TemplateId node : document_order_) {
            const NodeTemplate& t = out_->nodes[node];
            if (node == 0 || t.is_attribute || t.element_children > 0 || t.is_repeat) continue;
            if (t.control != nullptr && t.control->kind == ControlKind::kGroup) continue;
            out_->question_of[node] = static_cast<std::uint32_t>(out_->questions.size());
            out_->questions.push_back(describe(node));
        }
    }

    QuestionInfo describe(TemplateId node) const {
        const NodeTemplate& t = out_->nodes[node];
        QuestionInfo info;
        info.path = template_path(*out_, node);
        info.name = out_->names->text(t.name);
        if (t.repeat != kNone) info.repeat = template_path(*out_, t.repeat);
        info.type = type_of(t);
        const TemplateId parent = t.parent;
        info.metadata = t.metadata || out_->names->text(out_->nodes[parent].name) == "meta";
        info.calculated = t.aspects[static_cast<std::size_t>(Aspect::kCalculate)] != kNone;
        if (t.bind != nullptr) {
            info.marks.purpose = attribute(t.bind->others, "awda:purpose");
            info.marks.sensitivity = attribute(t.bind->others, "awda:sensitivity");
            info.marks.approval = attribute(t.bind->others, "awda:approval");
        }
        if (t.control != nullptr) {
            info.appearance = t.control->appearance;
            info.list_name = list_of(t.control->ref);
        }
        return info;
    }

    [[nodiscard]] std::string list_of(const std::string& ref) const {
        for (const auto& [control, list] : model_.list_names) {
            if (control == ref) return list;
        }
        return {};
    }

    static QuestionType type_of(const NodeTemplate& t) {
        if (t.control == nullptr) return QuestionType::kHidden;
        if (t.control->kind == ControlKind::kInput && t.control->itemset.implied)
            return QuestionType::kSelectOne;
        switch (t.control->kind) {
            case ControlKind::kSelect: return QuestionType::kSelectMultiple;
            case ControlKind::kSelect1: return QuestionType::kSelectOne;
            case ControlKind::kRank: return QuestionType::kRank;
            case ControlKind::kRange: return QuestionType::kRange;
            case ControlKind::kTrigger: return QuestionType::kAcknowledge;
            case ControlKind::kUpload: return upload_type(t.control->mediatype);
            default: return input_type(t);
        }
    }

    static QuestionType upload_type(std::string_view mediatype) {
        if (mediatype.starts_with("image")) return QuestionType::kImage;
        if (mediatype.starts_with("audio")) return QuestionType::kAudio;
        if (mediatype.starts_with("video")) return QuestionType::kVideo;
        return QuestionType::kFile;
    }

    static QuestionType input_type(const NodeTemplate& t) {
        const bool fixed = t.bind != nullptr && t.bind->readonly.text == "true()";
        switch (t.type) {
            case ValueType::kInteger: return QuestionType::kInteger;
            case ValueType::kDecimal: return QuestionType::kDecimal;
            case ValueType::kDate: return QuestionType::kDate;
            case ValueType::kTime: return QuestionType::kTime;
            case ValueType::kDateTime: return QuestionType::kDateTime;
            case ValueType::kGeopoint: return QuestionType::kGeopoint;
            case ValueType::kGeotrace: return QuestionType::kGeotrace;
            case ValueType::kGeoshape: return QuestionType::kGeoshape;
            case ValueType::kBarcode: return QuestionType::kBarcode;
            default: return fixed ? QuestionType::kNote : QuestionType::kText;
        }
    }

    const FormModel& model_;
    const std::string& file_;
    Diagnostics& diagnostics_;
    std::unique_ptr<Compiled> out_;
    DependencyGraph graph_;
    std::unordered_set<std::string> repeats_;
    std::unordered_multimap<std::size_t, Shared> shared_;  ///< by the hash of the text
    std::vector<TemplateId> document_order_;
    std::uint32_t page_items_ = 0;
};

}  // namespace

std::unique_ptr<Compiled> compile(const FormModel& model, const std::string& file_name,
                                  Diagnostics& diagnostics) {
    return Compiler(model, file_name, diagnostics).run();
}

std::unique_ptr<CompiledExpr> compile_late(const Compiled& compiled, std::string_view text,
                                           TemplateId context) {
    auto out = std::make_unique<CompiledExpr>();
    out->context = context;
    ParseProblem problem;
    if (!Expression::parse_known(text, *compiled.names, out->expr, problem)) return nullptr;
    Resolver resolver(compiled, *out);
    (void)resolver.run();
    return out;
}

}  // namespace awda::forms
