// What people see of a session: labels, choices, problems, the page.
#include <algorithm>
#include <cmath>

#include "forms/appearance.h"
#include "forms/external_data.h"
#include "forms/session_state.h"
#include "forms/value.h"

namespace awda::forms {
namespace {

const std::shared_ptr<const ControlHints>& no_hints() {
    static const auto kNothing = std::make_shared<const ControlHints>();
    return kNothing;
}

}  // namespace

std::string_view problem_kind_name(ProblemKind kind) {
    switch (kind) {
        case ProblemKind::kRequired: return "required";
        case ProblemKind::kConstraint: return "constraint";
        case ProblemKind::kWrongType: return "wrong_type";
        case ProblemKind::kNotAChoice: return "not_a_choice";
        case ProblemKind::kUnknownPath: return "unknown_path";
        case ProblemKind::kNotARepeat: return "not_a_repeat";
        case ProblemKind::kNotComputed: return "not_computed";
    }
    return {};
}

// Texts ------------------------------------------------------------------------------------------

const CompiledExpr* Session::State::late(std::string_view text, TemplateId context) {
    constexpr std::size_t kCachedMax = 50'000;
    std::string key = std::to_string(context) + ":" + std::string(text);
    const auto found = late_cache.find(key);
    if (found != late_cache.end()) return found->second.get();
    if (late_cache.size() >= kCachedMax) late_cache.clear();
    return late_cache.emplace(std::move(key), compile_late(c, text, context)).first->second.get();
}

std::string Session::State::filled(const RichText& text, NodeId node) {
    std::string out;
    for (const TextPiece& piece : text) {
        if (!piece.output) {
            out += piece.text;
            continue;
        }
        const CompiledExpr* expr = late(piece.text, tree.at(node).kind);
        if (expr == nullptr) continue;
        Evaluator evaluator(*this, *expr);
        out += evaluator.text({&tree, node});
    }
    return out;
}

std::optional<std::string> Session::State::translated(std::string_view id, NodeId node,
                                                      std::string_view form) {
    if (!language) return std::nullopt;
    // The language in use; for Kurdish, Arabic; then the form's default.
    std::vector<std::size_t> order{*language};
    const std::string& tag = c.languages[*language].tag;
    if (tag == "ckb" || tag == "kmr" || tag == "ku") {
        if (const auto arabic = definition->find_language("ar")) order.push_back(*arabic);
    }
    if (const auto fallback = definition->find_language(c.settings.default_language)) {
        order.push_back(*fallback);
    }
    const std::string key(id);
    for (const std::size_t at : order) {
        const auto found = c.texts[at].find(key);
        if (found == c.texts[at].end()) continue;
        for (const auto& [name, rich] : found->second->forms) {
            const bool plain = form.empty() && (name == "long" || name == "short");
            if (name != form && !plain) continue;
            std::string text = filled(rich, node);
            if (!text.empty()) return text;
        }
        // The label in this language says more than a short one in another.
        if (form == "short") return std::nullopt;
    }
    return std::nullopt;
}

std::string Session::State::text_of(const ModelText& text, NodeId node, std::string_view form) {
    if (text.ref.empty()) return form.empty() ? filled(text.literal, node) : std::string();
    if (text.ref.starts_with("jr:itext('") && text.ref.ends_with("')")) {
        const auto id = std::string_view(text.ref).substr(10, text.ref.size() - 12);
        return translated(id, node, form).value_or(std::string());
    }
    if (!form.empty()) return {};
    const CompiledExpr* expr = late(text.ref, tree.at(node).kind);
    if (expr == nullptr) return {};
    return Evaluator(*this, *expr).text({&tree, node});
}

std::optional<std::string> Session::State::itext(std::string_view id) {
    return translated(id, 1, "");
}

// Choices ----------------------------------------------------------------------------------------

/// A child of an item by name, or by a short path of names; "jr:itext(name)" looks the text up.
std::string Session::State::choice_field(const NodeRef& item, std::string_view name) {
    if (const auto* table = dynamic_cast<const TableInstance*>(item.document)) {
        const std::uint32_t column = table->find_column(c.names->find(name));
        if (column == TableInstance::kNoColumn) return {};
        return std::string(table->at(table->row_of(item.node), column));
    }
    NodeId node = item.node;
    while (!name.empty() && node != kNoNode) {
        const auto slash = name.find('/');
        std::string_view step = name.substr(0, slash);
        name = slash == std::string_view::npos ? std::string_view() : name.substr(slash + 1);
        if (step == ".") continue;
        const bool attribute = step.starts_with('@');
        if (attribute) step.remove_prefix(1);
        if (const auto colon = step.find(':'); colon != std::string_view::npos)
            step.remove_prefix(colon + 1);
        const NameId id = c.names->find(step);
        NodeId n =
            attribute ? item.document->first_attribute(node) : item.document->first_child(node);
        while (n != kNoNode && item.document->name(n) != id) {
            n = attribute ? item.document->next_attribute(n) : item.document->next_sibling(n);
        }
        node = n;
    }
    return node == kNoNode ? std::string() : NodeRef{item.document, node}.text();
}

Choice Session::State::make_choice(const ModelControl& control, const NodeRef& item, NodeId node) {
    Choice choice;
    choice.value = choice_field(item, control.itemset.value_ref);
    std::string_view label = control.itemset.label_ref;
    if (label.starts_with("jr:itext(") && label.ends_with(")")) {
        const std::string id = choice_field(item, trim(label.substr(9, label.size() - 10)));
        choice.label = translated(id, node, "").value_or(std::string());
        const auto file = [&](std::string_view form) {
            return translated(id, node, form).value_or(std::string());
        };
        choice.media = {file("image"), file("big-image"), file("audio"), file("video")};
    } else if (!label.empty()) {
        choice.label =
            control.itemset.implied ? external_label(item, label) : choice_field(item, label);
    }
    if (choice.label.empty()) choice.label = choice.value;
    return choice;
}

ChoicesPtr Session::State::make_choices(NodeId node) {
    auto out = std::make_shared<std::vector<Choice>>();
    const NodeTemplate& shape = tree.shape(node);
    const ModelControl& control = *shape.control;
    if (is_search(control)) {
        *out = search_choices(node);
        return out;
    }
    for (const ModelItem& item : control.items) {
        Choice choice{item.value, text_of(item.label, node, ""), media_of(item.label, node)};
        if (choice.label.empty()) choice.label = choice.value;
        out->push_back(std::move(choice));
    }
    const CompiledId filter = shape.aspects[static_cast<std::size_t>(Aspect::kFilter)];
    if (filter != kNone) {
        Evaluator evaluator(*this, c.exprs[filter]);
        const Value nodes = evaluator.evaluate({&tree, node});
        if (nodes.is_nodes()) {
            out->reserve(out->size() + nodes.nodes().size());
            for (const NodeRef& item : nodes.nodes())
                out->push_back(make_choice(control, item, node));
        }
    }
    return out;
}

ChoicesPtr Session::State::choices_of(NodeId node) {
    const ModelControl* control = tree.shape(node).control;
    if (!is_select(control) && (control == nullptr || control->itemset.nodeset.empty()))
        return nullptr;
    const auto found = choice_cache.find(node);
    if (found != choice_cache.end()) return found->second;
    if (rules().filtered_choice == FilteredChoice::kWhenRead) {
        tree.at(node).value = still_offered(node);
    }
    ChoicesPtr choices = make_choices(node);
    // Labels with outputs follow answers that the filter's own dependencies don't know.
    const bool has_outputs = !control->items.empty() && !is_search(*control);
    if (!has_outputs) choice_cache.emplace(node, choices);
    return choices;
}

/// Whether the select at `node` offers the value now; makes no labels.
bool Session::State::offers(NodeId node, std::string_view value) {
    const NodeTemplate& shape = tree.shape(node);
    const ModelControl& control = *shape.control;
    if (is_search(control)) return search_offers(node, value);
    for (const ModelItem& item : control.items) {
        if (item.value == value) return true;
    }
    const CompiledId filter = shape.aspects[static_cast<std::size_t>(Aspect::kFilter)];
    if (filter == kNone) return control.items.empty();  // a list that isn't there takes anything
    Evaluator evaluator(*this, c.exprs[filter]);
    const Value nodes = evaluator.evaluate({&tree, node});
    if (!nodes.is_nodes()) return false;
    // A list whose file is missing can't judge.
    if (nodes.nodes().empty() && control.itemset.nodeset.text.starts_with("instance(")) {
        const auto quote = control.itemset.nodeset.text.find_first_of("'\"");
        const auto end = control.itemset.nodeset.text.find_first_of("'\"", quote + 1);
        if (quote != std::string::npos && end != std::string::npos &&
            !c.instances.contains(
                control.itemset.nodeset.text.substr(quote + 1, end - quote - 1))) {
            return true;
        }
    }
    return std::any_of(nodes.nodes().begin(), nodes.nodes().end(), [&](const NodeRef& item) {
        return choice_field(item, control.itemset.value_ref) == value;
    });
}

std::optional<std::string> Session::State::choice_name(std::string_view value,
                                                       std::string_view path, NodeRef context) {
    if (context.document != &tree || value.empty()) return std::nullopt;
    const CompiledExpr* expr = late(path, tree.at(context.node).kind);
    if (expr == nullptr) return std::nullopt;
    const ExprId root = expr->expr.root();
    if (root >= expr->plans.size() || !expr->plans[root].usable) return std::nullopt;
    const PathPlan& plan = expr->plans[root];
    const TemplateId target = plan.downs.empty() ? plan.top : plan.downs.back().target;
    const ModelControl* control = c.nodes[target].control;
    if (control == nullptr) return std::nullopt;
    const Value found = Evaluator(*this, *expr).evaluate(context);
    const bool there = found.is_nodes() && !found.nodes().empty();
    const NodeId node = there ? found.nodes().front().node : instance_of(target, context.node);
    if (node == kNoNode || tree.at(node).kind != target) return std::nullopt;
    if (const ChoicesPtr choices = choices_of(node)) {
        for (const Choice& choice : *choices) {
            if (choice.value == value) return choice.label;
        }
    }
    return std::nullopt;
}

/// The instance of a template that shares the context's rows, else the first one.
NodeId Session::State::instance_of(TemplateId node, NodeId context) const {
    if (node == kNone) return kNoNode;  // what is around the record
    std::vector<TemplateId> way;
    for (TemplateId t = node; t != kNone; t = c.nodes[t].parent) way.push_back(t);
    NodeId at = 1;
    for (auto it = way.rbegin() + 1; it != way.rend(); ++it) {
        const NodeId own = tree.ancestor(context, *it);
        if (own != kNoNode && tree.at(own).parent == at) {
            at = own;
            continue;
        }
        const auto below = tree.children(at, *it);
        if (below.empty()) return kNoNode;
        at = below.front();
    }
    return at;
}

// Problems ---------------------------------------------------------------------------------------

bool Session::State::type_fits(TemplateId node, std::string_view value) const {
    switch (c.nodes[node].type) {
        case ValueType::kInteger: {
            const double number = parse_number(value);
            return std::isfinite(number) && number == std::trunc(number);
        }
        case ValueType::kDecimal: return std::isfinite(parse_number(value));
        case ValueType::kDate:
        case ValueType::kDateTime: return parse_moment(value, options.zone).has_value();
        case ValueType::kTime: return parse_time_of_day(value, options.zone).has_value();
        case ValueType::kGeopoint: return is_geopoint(value);
        case ValueType::kGeotrace:
        case ValueType::kGeoshape: return is_geoline(value);
        case ValueType::kBoolean:
            return value == "true" || value == "false" || value == "1" || value == "0";
        default: return true;
    }
}

std::string_view Session::State::default_message(ProblemKind kind) const {
    struct Row {
        ProblemKind kind;
        std::string_view english, arabic, sorani;
    };
    static constexpr Row kRows[] = {
        {ProblemKind::kRequired, "An answer is required here.", "الإجابة مطلوبة هنا.",
         "لێرە وەڵام پێویستە."},
        {ProblemKind::kConstraint, "This answer is not allowed here.",
         "هذه الإجابة غير مقبولة هنا.", "ئەم وەڵامە لێرە ڕێگەپێدراو نییە."},
        {ProblemKind::kWrongType, "This is not of the kind asked for (number, date, place).",
         "هذا ليس من النوع المطلوب (رقم أو تاريخ أو موقع).",
         "ئەمە لەو جۆرە نییە کە داواکراوە (ژمارە، بەروار، شوێن)."},
        {ProblemKind::kNotAChoice, "This is not one of the choices.",
         "هذا ليس من الخيارات المتاحة.", "ئەمە یەکێک لە ھەڵبژاردنەکان نییە."},
        {ProblemKind::kUnknownPath, "The form has no question of this name.",
         "لا يوجد في النموذج سؤال بهذا الاسم.", "فۆرمەکە پرسیارێکی بەم ناوەی تێدا نییە."},
        {ProblemKind::kNotARepeat, "This is not a list of rows.", "هذه ليست قائمة صفوف.",
         "ئەمە لیستی ڕیزەکان نییە."},
        {ProblemKind::kNotComputed, "This could not be computed: the form asks for too much work.",
         "تعذر حساب هذا: يتطلب النموذج عملاً أكثر من اللازم.",
         "ئەمە نەتوانرا بژمێردرێت: فۆرمەکە کارێکی زۆر داوا دەکات."}};
    const std::string_view tag = language ? std::string_view(c.languages[*language].tag) : "en";
    for (const Row& row : kRows) {
        if (row.kind == kind)
            return tag == "ar" ? row.arabic : tag == "ckb" ? row.sorani : row.english;
    }
    return {};
}

std::string Session::State::message_of(const std::string& message, NodeId node,
                                       std::string_view fallback) {
    std::string out = message;
    if (message.starts_with("jr:itext(")) {
        out = text_of({true, message, {}}, node, "");
    }
    return out.empty() ? std::string(fallback) : out;
}

std::optional<Problem> Session::State::problem_of(NodeId node, bool with_required) {
    const InstanceTree::Node& n = tree.at(node);
    const NodeTemplate& shape = tree.shape(node);
    if (!n.relevant || shape.element_children > 0) return std::nullopt;
    const auto problem = [&](ProblemKind kind, const std::string& message) {
        return Problem{tree.ref(node), kind, message_of(message, node, default_message(kind))};
    };
    static const std::string kNoMessage;
    if (n.value.empty()) {
        if (!with_required || !n.required || shape.control == nullptr) return std::nullopt;
        return problem(ProblemKind::kRequired,
                       shape.bind == nullptr ? kNoMessage : shape.bind->required_msg);
    }
    if (!type_fits(n.kind, n.value) && shape.control != nullptr) {
        return problem(ProblemKind::kWrongType, kNoMessage);
    }
    if (is_select(shape.control)) {
        for (const std::string_view word : split_words(n.value)) {
            if (!offers(node, word)) return problem(ProblemKind::kNotAChoice, kNoMessage);
        }
    }
    if (shape.constraint != kNone && !evaluate_bool(shape.constraint, node)) {
        return problem(ProblemKind::kConstraint, shape.bind->constraint_msg);
    }
    return std::nullopt;
}

std::vector<Problem> Session::validate() {
    constexpr std::size_t kProblemsMax = 10'000;
    state_->begin({JournalAction::kValidated, {}, {}, 0, {}}, false);
    state_->reach_repeats();
    state_->retry_uncomputed();
    const bool first = !std::exchange(state_->validated, true);
    std::vector<Problem> out;
    std::vector<NodeId> todo{1};
    while (!todo.empty() && out.size() < kProblemsMax) {
        const NodeId node = todo.back();
        todo.pop_back();
        if (!state_->tree.at(node).relevant) continue;
        if (auto problem = state_->problem_of(node, true)) {
            if (first) state_->log.touch(node, kTouchRequired);
            out.push_back(std::move(*problem));
        }
        const auto& children = state_->tree.shape(node).children;
        for (auto it = children.rbegin(); it != children.rend(); ++it) {
            const auto below = state_->tree.children(node, *it);
            todo.insert(todo.end(), below.rbegin(), below.rend());
        }
    }
    for (const auto& [expr, node] : state_->uncomputed) {
        if (!state_->tree.at(node).alive || out.size() >= kProblemsMax) continue;
        out.push_back({state_->tree.ref(node), ProblemKind::kNotComputed,
                       std::string(state_->default_message(ProblemKind::kNotComputed))});
    }
    ++state_->revision;
    state_->commit();
    return out;
}

// The page ---------------------------------------------------------------------------------------

/// Only texts of itext have files.
Media Session::State::media_of(const ModelText& text, NodeId node) {
    if (text.ref.empty()) return {};
    return {text_of(text, node, "image"), text_of(text, node, "big-image"),
            text_of(text, node, "audio"), text_of(text, node, "video")};
}

std::shared_ptr<const ControlHints> Session::State::hints_of(const ModelControl& control,
                                                             NodeId node) {
    std::shared_ptr<const ControlHints>& hints = hints_cache[&control];
    if (hints == nullptr) {
        const NodeTemplate& shape = tree.shape(node);
        const ModelBind* bind = shape.control == &control ? shape.bind : nullptr;
        hints = std::make_shared<const ControlHints>(control_hints(control, bind));
    }
    return hints;
}

void Session::State::fill_texts(const ModelControl& control, NodeId node, ViewNode& view) {
    view.label = trim_wide(text_of(control.label, node, ""));
    view.hint = trim_wide(text_of(control.hint, node, ""));
    view.guidance = text_of(control.hint, node, "guidance");
    view.short_label = text_of(control.label, node, "short");
    view.media = media_of(control.label, node);
    view.hint_media = media_of(control.hint, node);
    view.appearance = control.appearance;
    view.hints = hints_of(control, node);
}

/// A repeat whose label is its group's may still have an appearance of its own.
void Session::State::take_looks(const ModelControl& control, NodeId node, ViewNode& view) {
    if (control.appearance.empty()) return;
    view.appearance = control.appearance;
    view.hints = hints_of(control, node);
}

ViewNode Session::State::view_of(NodeId node) {
    const NodeTemplate& shape = tree.shape(node);
    const InstanceTree::Node& n = tree.at(node);
    ViewNode view;
    view.hints = no_hints();
    view.kind = shape.is_repeat              ? ViewKind::kRow
                : shape.element_children > 0 ? ViewKind::kGroup
                                             : ViewKind::kQuestion;
    view.ref = tree.ref(node);
    view.relevant = n.relevant;
    view.readonly = readonly(node);
    view.required = n.required;
    if (shape.is_repeat) view.can_remove = !shape.counted && !shape.fixed_rows && !view.readonly;
    if (shape.control != nullptr) {
        if (shape.control->kind == ControlKind::kGroup && shape.element_children == 0) {
            view.kind = ViewKind::kGroup;
        }
        const bool from_outer =
            shape.is_repeat && shape.outer != nullptr && !shape.control->label.present;
        fill_texts(from_outer ? *shape.outer : *shape.control, node, view);
        if (from_outer) take_looks(*shape.control, node, view);
        if (view.kind == ViewKind::kQuestion) {
            for (const auto& [name, value] : shape.control->others) {
                if (!view.parameters.empty()) view.parameters += ' ';
                view.parameters += name + "=" + value;
            }
        }
    }
    if (view.kind != ViewKind::kQuestion) return view;
    view.type = QuestionType::kHidden;
    if (c.question_of[n.kind] != kNone) {
        const QuestionInfo& info = c.questions[c.question_of[n.kind]];
        view.type = info.type;
        view.marks = info.marks;
    }
    view.value = n.relevant ? n.value : std::string();
    view.choices = choices_of(node);
    view.problem = problem_of(node, validated);
    return view;
}

/// A node or row as the page's item shows it.
ViewNode Session::State::view_of_item(const PageItem& item, NodeId node, std::uint32_t depth) {
    ViewNode view = view_of(node);
    view.id = view_id(node, item);
    view.depth = depth;
    if (item.control->kind == ControlKind::kGroup) view.kind = ViewKind::kGroup;
    return view;
}

ViewNode Session::State::view_of_head(const PageItem& item, const ModelControl* outer,
                                      NodeId parent, std::uint32_t depth) {
    const NodeTemplate& shape = c.nodes[item.node];
    ViewNode head;
    head.id = view_id(parent, item);
    head.kind = ViewKind::kRepeat;
    head.depth = depth;
    head.ref = parent == 1 ? std::string() : tree.ref(parent) + "/";
    head.ref += c.names->text(shape.name);
    const auto rows = tree.children(parent, item.node);
    head.rows = static_cast<std::uint32_t>(rows.size());
    head.can_add =
        !shape.counted && !shape.fixed_rows && tree.at(parent).relevant && !readonly(parent);
    fill_texts(outer != nullptr ? *outer : *item.control, parent, head);
    if (outer != nullptr) take_looks(*item.control, parent, head);
    head.relevant = tree.at(parent).relevant;
    // A repeat whose every row is hidden by its relevance is hidden itself, unless it has none.
    const CompiledId own = shape.aspects[static_cast<std::size_t>(Aspect::kRelevant)];
    if (head.relevant && own != kNone) {
        head.relevant = rows.empty() ? evaluate_bool(own, parent)
                                     : std::any_of(rows.begin(), rows.end(),
                                                   [&](NodeId r) { return tree.at(r).relevant; });
    }
    return head;
}

/// A group that is only for the page.
ViewNode Session::State::view_of_bare(const PageItem& item, NodeId context, std::uint32_t depth) {
    ViewNode view;
    view.id = view_id(context, item);
    view.kind = ViewKind::kGroup;
    view.depth = depth;
    view.relevant = tree.at(context).relevant;
    fill_texts(*item.control, context, view);
    return view;
}

void Session::State::show_row(const PageItem& item, NodeId row, std::uint32_t depth,
                              Include include, std::vector<ViewNode>& out) {
    if (!tree.at(row).relevant && include == Include::kRelevant) return;
    out.push_back(view_of_item(item, row, depth));
    show(item.children, row, depth + 1, include, out);
}

void Session::State::show_repeat(const PageItem& item, const ModelControl* outer, NodeId parent,
                                 std::uint32_t depth, Include include, std::vector<ViewNode>& out) {
    ViewNode head = view_of_head(item, outer, parent, depth);
    if (!head.relevant && include == Include::kRelevant) return;
    out.push_back(std::move(head));
    // A copy of the list: evaluating may move it.
    const auto rows = tree.children(parent, item.node);
    for (const NodeId row : std::vector<NodeId>(rows.begin(), rows.end())) {
        show_row(item, row, depth + 1, include, out);
    }
}

const PageItem* only_repeat(const PageItem& group) {
    if (group.control->kind != ControlKind::kGroup || group.children.size() != 1 ||
        group.children[0].control->kind != ControlKind::kRepeat) {
        return nullptr;
    }
    const PageItem& inner = group.children[0];
    return group.node == kNone || group.node == inner.node ? &inner : nullptr;
}

void Session::State::show(const std::vector<PageItem>& items, NodeId context, std::uint32_t depth,
                          Include include, std::vector<ViewNode>& out) {
    for (const PageItem& item : items) {
        const PageItem* inner = only_repeat(item);
        if (inner != nullptr || item.control->kind == ControlKind::kRepeat) {
            const PageItem& repeat = inner != nullptr ? *inner : item;
            const NodeId parent = instance_of(c.nodes[repeat.node].parent, context);
            if (parent == kNoNode) continue;
            show_repeat(repeat, inner != nullptr ? item.control : nullptr, parent, depth, include,
                        out);
            continue;
        }
        const NodeId node = item.node == kNone ? context : instance_of(item.node, context);
        if (node == kNoNode || (!tree.at(node).relevant && include == Include::kRelevant)) continue;
        out.push_back(item.node == kNone ? view_of_bare(item, node, depth)
                                         : view_of_item(item, node, depth));
        show(item.children, node, depth + 1, include, out);
    }
}

std::vector<ViewNode> Session::page(Include include) const {
    std::vector<ViewNode> out;
    state_->allow_work();
    state_->reach_repeats();
    state_->show(state_->c.page, 1, 0, include, out);
    return out;
}

Result<ViewNode> Session::view(std::string_view ref) const {
    const NodeId node = state_->find(ref);
    if (node == kNoNode) return Error{Errc::kNotFound, "looking at a question"};
    state_->allow_work();
    return state_->view_of(node);
}

std::string Session::label(std::string_view ref) const {
    const NodeId node = state_->find(ref);
    if (node == kNoNode) return {};
    state_->allow_work();
    const ModelControl* control = labelled_control(state_->tree.shape(node));
    return control == nullptr ? std::string() : state_->text_of(control->label, node, "");
}

ChoicesPtr Session::choices(std::string_view ref) const {
    const NodeId node = state_->find(ref);
    state_->allow_work();
    return node == kNoNode ? nullptr : state_->choices_of(node);
}

}  // namespace awda::forms
