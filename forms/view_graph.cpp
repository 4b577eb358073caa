#include "forms/view_graph.h"

#include "forms/compile.h"
#include "forms/delta.h"

namespace awda::forms {
namespace {

/// instance('list') never changes; by the form's own id, or a computed one, it is the record.
bool is_list(const Compiled& compiled, const Expression& expr, const ExprNode& call) {
    const ExprNode& id = expr.node(call.kids[0]);
    return id.op == Op::kText && id.text != compiled.settings.form_id;
}

/// Functions whose result may be another although nothing that they name has changed.
bool is_unsteady(const Compiled& compiled, const Expression& expr) {
    for (ExprId id = 0; id < expr.size(); ++id) {
        const ExprNode& node = expr.node(id);
        if (node.op != Op::kCall) continue;
        switch (node.fn) {
            case Fn::kNow:
            case Fn::kToday:
            case Fn::kRandom:
            case Fn::kUuid: return true;
            case Fn::kInstance:
                if (!is_list(compiled, expr, node)) return true;
                break;
            default: break;
        }
    }
    return false;
}

std::string_view itext_id(std::string_view ref) {
    constexpr std::string_view kOpen = "jr:itext('";
    constexpr std::string_view kClose = "')";
    if (!ref.starts_with(kOpen) || !ref.ends_with(kClose)) return {};
    return ref.substr(kOpen.size(), ref.size() - kOpen.size() - kClose.size());
}

}  // namespace

ViewGraph::ViewGraph(const Compiled& compiled) : c_(compiled) {
    items_of_.resize(c_.nodes.size());
    inside_.resize(c_.nodes.size());
    readers_.resize(c_.nodes.size());
    walk();
}

TemplateId ViewGraph::row_of(TemplateId node) const {
    return node == kNone ? kNone : c_.nodes[node].repeat;
}

void ViewGraph::walk() {
    std::vector<Level> todo{{&c_.page, 0, 0}};
    while (!todo.empty()) {
        const Level level = todo.back();
        todo.pop_back();
        for (const PageItem& item : *level.items) {
            // <group ref="x"><repeat nodeset="x">: the group only carries the repeat's label.
            if (const PageItem* inner = only_repeat(item)) {
                place(*inner, item.control, level, todo);
            } else {
                place(item, nullptr, level, todo);
            }
        }
    }
}

void ViewGraph::place(const PageItem& item, const ModelControl* outer, const Level& level,
                      std::vector<Level>& todo) {
    if (items_.size() <= item.number) items_.resize(std::size_t{item.number} + 1);
    items_[item.number] = {&item, outer, level.context, level.depth};
    if (item.node == kNone) {
        inside_[level.context].push_back({item.number, Kind::kBare, level.context, kNone, 0});
        read_texts(item.number, Kind::kBare, level.context, *item.control);
        todo.push_back({&item.children, level.context, level.depth + 1});
        return;
    }
    items_of_[item.node].push_back(item.number);
    const NodeTemplate& shape = c_.nodes[item.node];
    const bool repeat = item.control->kind == ControlKind::kRepeat;
    const TemplateId around = repeat ? row_of(shape.parent) : row_of(item.node);
    regular_ = regular_ && around == row_of(level.context);
    if (repeat) {
        const ModelControl& texts = outer != nullptr ? *outer : *item.control;
        inside_[shape.parent].push_back({item.number, Kind::kHead, shape.parent, kNone, 0});
        read_texts(item.number, Kind::kHead, shape.parent, texts);
        const CompiledId own = shape.aspects[static_cast<std::size_t>(Aspect::kRelevant)];
        if (own != kNone) {
            read_compiled(c_.exprs[own],
                          {item.number, Kind::kHead, shape.parent, kNone, kFieldRelevant});
        }
        const ModelControl& own_texts =
            shape.control != nullptr && shape.control->label.present ? *shape.control : texts;
        read_texts(item.number, Kind::kRow, item.node, own_texts);
        todo.push_back({&item.children, item.node, level.depth + 2});
        return;
    }
    // view_of() shows the template's control, which may be written at another place of the page.
    const ModelControl& control = shape.control != nullptr ? *shape.control : *item.control;
    read_texts(item.number, Kind::kNode, item.node, control);
    read_choices(item.number, item.node);
    read_problem(item.number, item.node);
    todo.push_back({&item.children, item.node, level.depth + 1});
}

void ViewGraph::read_texts(std::uint32_t number, Kind kind, TemplateId at,
                           const ModelControl& control) {
    const Reader reader{number, kind, at, kNone, kFieldTexts};
    read_text(control.label, reader);
    read_text(control.hint, reader);
    read_text(control.guidance, reader);
}

void ViewGraph::read_choices(std::uint32_t number, TemplateId at) {
    const NodeTemplate& shape = c_.nodes[at];
    if (shape.control == nullptr) return;
    for (const ModelItem& item : shape.control->items) {
        read_text(item.label, {number, Kind::kNode, at, kNone, kFieldChoices});
    }
    const CompiledId filter = shape.aspects[static_cast<std::size_t>(Aspect::kFilter)];
    if (filter == kNone) return;
    read_compiled(c_.exprs[filter],
                  {number, Kind::kNode, at, kNone, kFieldChoices | kFieldProblem});
}

void ViewGraph::read_problem(std::uint32_t number, TemplateId at) {
    const NodeTemplate& shape = c_.nodes[at];
    const Reader reader{number, Kind::kNode, at, kNone, kFieldProblem};
    if (shape.constraint != kNone) read_compiled(c_.exprs[shape.constraint], reader);
    if (shape.bind == nullptr) return;
    read_translations(itext_id(shape.bind->constraint_msg), reader);
    read_translations(itext_id(shape.bind->required_msg), reader);
}

void ViewGraph::read_text(const ModelText& text, const Reader& reader) {
    read_rich(text.literal, reader);
    if (text.ref.empty()) return;
    if (const std::string_view id = itext_id(text.ref); !id.empty()) {
        read_translations(id, reader);
    } else {
        read_expression(text.ref, reader);
    }
}

void ViewGraph::read_translations(std::string_view id, const Reader& reader) {
    if (id.empty()) return;
    const std::string key(id);
    for (const auto& texts : c_.texts) {
        const auto found = texts.find(key);
        if (found == texts.end()) continue;
        for (const auto& [form, rich] : found->second->forms) read_rich(rich, reader);
    }
}

void ViewGraph::read_rich(const RichText& text, const Reader& reader) {
    for (const TextPiece& piece : text) {
        if (piece.output) read_expression(piece.text, reader);
    }
}

void ViewGraph::read_expression(std::string_view text, const Reader& reader) {
    if (const auto expr = compile_late(c_, text, reader.at)) read_compiled(*expr, reader);
}

void ViewGraph::read_compiled(CompiledExpr expr, const Reader& reader) {
    if (is_unsteady(c_, expr.expr)) unsteady_.push_back(reader);
    for (const Read& read : Resolver(c_, expr).run()) {
        Reader out = reader;
        out.common = read.common;
        auto& list = readers_[read.source];
        // Translations of one text read the same, one after the other.
        const bool known = !list.empty() && list.back().item == out.item &&
                           list.back().kind == out.kind && list.back().common == out.common &&
                           list.back().fields == out.fields;
        if (!known) list.push_back(out);
    }
}

}  // namespace awda::forms
