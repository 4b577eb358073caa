#include "forms/form_codec.h"

#include <algorithm>
#include <concepts>
#include <type_traits>

#include "forms/load.h"
#include "forms/varint.h"

namespace awda::forms {
namespace {

constexpr std::size_t kDepthMax = 400;  ///< of nodes and controls in each other, when reading

/// The largest number of each enumeration that is written.
constexpr std::size_t last_of(ControlKind) {
    return static_cast<std::size_t>(ControlKind::kTrigger);
}
constexpr std::size_t last_of(Severity) {
    return static_cast<std::size_t>(Severity::kWarning);
}
constexpr std::size_t last_of(DiagnosticCode) {
    constexpr std::size_t kCodes = 0
#define AWDA_FORM_DIAGNOSTIC(code, ...) +1
#include "forms/diagnostic.def"
#undef AWDA_FORM_DIAGNOSTIC
        ;
    return kCodes - 1;
}

/// One description of each type (visit, below) serves writing and reading.
class Writer {
public:
    static constexpr bool kReads = false;
    template <typename... T>
    void operator()(const T&... parts) {
        (one(parts), ...);
    }
    [[nodiscard]] Bytes take() { return out_.take(); }
    VarintWriter& raw() { return out_; }

private:
    void one(const std::string& text) { out_.text(text); }
    template <typename T>
        requires std::is_integral_v<T> || std::is_enum_v<T>
    void one(const T& number) {
        out_.number(static_cast<std::uint64_t>(number));
    }
    template <typename A, typename B>
    void one(const std::pair<A, B>& pair) {
        (*this)(pair.first, pair.second);
    }
    template <typename T>
    void one(const std::vector<T>& list) {
        out_.number(list.size());
        for (const T& each : list) one(each);
    }
    template <typename T>
        requires std::is_class_v<T>
    void one(const T& value) {
        visit(*this, value);
    }

    VarintWriter out_;
};

class Reader {
public:
    static constexpr bool kReads = true;
    Reader(ByteView bytes, StringPool& names) : in_(bytes), names_(names) {}
    template <typename... T>
    void operator()(T&... parts) {
        (one(parts), ...);
    }
    void fail() { in_.fail(); }
    [[nodiscard]] bool failed() const { return in_.failed(); }
    [[nodiscard]] bool at_end() const { return in_.remaining() == 0; }
    VarintReader& raw() { return in_; }
    StringPool& names() { return names_; }

private:
    void one(std::string& text) { text = in_.text(); }
    template <typename T>
        requires std::is_integral_v<T> || std::is_enum_v<T>
    void one(T& number) {
        const std::uint64_t value = in_.number();
        std::uint64_t most = 0xffffffffU;
        if constexpr (std::is_enum_v<T>) most = last_of(T{});
        if constexpr (std::same_as<T, bool>) most = 1;
        if (value > most) return fail();
        number = static_cast<T>(value);
    }
    template <typename A, typename B>
    void one(std::pair<A, B>& pair) {
        (*this)(pair.first, pair.second);
    }
    template <typename T>
    void one(std::vector<T>& list) {
        const std::size_t count = in_.count();
        if (++depth_ > kDepthMax) fail();
        constexpr std::size_t kTrusted = 1024;  // grown further only by what is really there
        list.reserve(std::min(count, kTrusted));
        for (std::size_t i = 0; i < count && !failed(); ++i) one(list.emplace_back());
        --depth_;
    }
    template <typename T>
        requires std::is_class_v<T>
    void one(T& value) {
        visit(*this, value);
    }

    VarintReader in_;
    StringPool& names_;
    std::size_t depth_ = 0;
};

template <typename A, typename T>
using In = std::conditional_t<A::kReads, T, const T>;

template <typename A>
void visit(A& a, In<A, Provenance>& x) {
    a(x.sheet, x.row, x.column);
}
template <typename A>
void visit(A& a, In<A, Diagnostic>& x) {
    a(x.severity, x.code, x.file, x.where, x.args, x.hint);
}
template <typename A>
void visit(A& a, In<A, SourceExpr>& x) {
    a(x.text, x.where);
}
template <typename A>
void visit(A& a, In<A, TextPiece>& x) {
    a(x.text, x.output);
}
template <typename A>
void visit(A& a, In<A, ModelNode>& x) {
    a(x.name, x.value, x.attributes, x.is_template, x.children);
}
template <typename A>
void visit(A& a, In<A, ModelBind>& x) {
    a(x.nodeset, x.type, x.relevant, x.constraint, x.required, x.readonly, x.calculate);
    a(x.constraint_msg, x.required_msg, x.preload, x.preload_params, x.save_to, x.others, x.where);
}
template <typename A>
void visit(A& a, In<A, ModelText>& x) {
    a(x.present, x.ref, x.literal);
}
template <typename A>
void visit(A& a, In<A, ModelItem>& x) {
    a(x.value, x.label, x.items);
}
template <typename A>
void visit(A& a, In<A, ModelItemset>& x) {
    a(x.nodeset, x.value_ref, x.label_ref, x.copy, x.implied);
}
template <typename A>
void visit(A& a, In<A, ModelAction>& x) {
    a(x.element, x.events, x.ref, x.value, x.literal, x.others);
}
template <typename A>
void visit(A& a, In<A, ModelControl>& x) {
    a(x.kind, x.ref, x.appearance, x.mediatype, x.count, x.no_add_remove, x.others);
    a(x.label, x.hint, x.guidance, x.items, x.tags, x.itemset, x.actions);
    a(x.children, x.where);
}
template <typename A>
void visit(A& a, In<A, ModelTranslationText>& x) {
    a(x.id, x.forms);
}
template <typename A>
void visit(A& a, In<A, ModelTranslation>& x) {
    a(x.language, x.is_default, x.texts);
}

// Lists: names of columns, then each distinct text once, then cells as 1 + its number, 0 = missing.

void write_table(Writer& a, const TableInstance& table, const StringPool& names) {
    VarintWriter& out = a.raw();
    out.text(names.text(table.root_name()));
    out.text(names.text(table.item_name()));
    out.number(table.rows());
    out.number(table.values().size());
    for (NameId id = 0; id < table.values().size(); ++id) out.text(table.values().text(id));
    out.number(table.columns());
    for (std::size_t column = 0; column < table.columns(); ++column) {
        out.text(table.column_text(column));
        const auto cells = table.cells(column);
        out.number(cells.size());
        for (const NameId cell : cells) out.number(cell == kNoName ? 0 : std::uint64_t{cell} + 1);
    }
}

std::shared_ptr<const TableInstance> read_table(Reader& a) {
    VarintReader& in = a.raw();
    const std::string root = in.text();
    const std::string item = in.text();
    TableInstance::Parts parts;
    parts.rows = in.number();
    const std::size_t values = in.count();
    for (std::size_t i = 0; i < values && !in.failed(); ++i) {
        const ByteView text = in.raw(in.count());
        // Each text once, so that numbers are those it was written with.
        if (parts.values.intern(as_text(text)) != i) in.fail();
    }
    const std::size_t columns = in.count();
    for (std::size_t i = 0; i < columns && !in.failed(); ++i) {
        auto& [name, cells] = parts.columns.emplace_back();
        name = in.text();
        const std::size_t count = in.count();
        cells.reserve(count);
        for (std::size_t row = 0; row < count && !in.failed(); ++row) {
            const std::uint64_t cell = in.number();
            if (cell > values) in.fail();
            cells.push_back(cell == 0 ? kNoName : static_cast<NameId>(cell - 1));
        }
    }
    if (in.failed()) return nullptr;
    auto table = TableInstance::from_parts(a.names(), root, item, std::move(parts));
    if (table == nullptr) a.fail();
    return table;
}

enum class Content : std::uint8_t { kNone, kTable, kTree, kFile };
constexpr std::size_t last_of(Content) {
    return static_cast<std::size_t>(Content::kFile);
}

Content content_of(const ModelInstance& instance) {
    if (instance.table == nullptr && instance.tree == nullptr) return Content::kNone;
    if (instance.from_file) return Content::kFile;
    return instance.table != nullptr ? Content::kTable : Content::kTree;
}

template <typename A>
void visit(A& a, In<A, ModelInstance>& x) {
    a(x.id, x.src, x.inline_xml, x.implied, x.notes);
}

void write_instances(Writer& a, const FormModel& model) {
    a(model.instances.size());
    for (const ModelInstance& each : model.instances) {
        const Content content = content_of(each);
        a(each, content);
        if (content == Content::kTable) write_table(a, *each.table, *model.names);
    }
}

void read_instances(Reader& a, FormModel& model) {
    const std::size_t count = a.raw().count();
    for (std::size_t i = 0; i < count && !a.failed(); ++i) {
        ModelInstance& made = model.instances.emplace_back();
        Content content{};
        a(made, content);
        if (a.failed()) return;
        made.from_file = content == Content::kFile;
        if (content == Content::kTable) made.table = read_table(a);
        if (content != Content::kTree) continue;
        XmlTree::Limits limits;
        limits.depth = kNestingMax;
        auto tree = XmlTree::parse(made.inline_xml, *model.names, false, limits);
        if (!tree.ok()) return a.fail();
        made.tree = std::move(*tree);
    }
}

template <typename A>
void visit_form(A& a, In<A, ReadForm>& form, In<A, FormModel>& model) {
    a(form.media, form.diagnostics);
    a(model.title, model.version_attribute, model.entities_version, model.body_class, model.style);
    a(model.root, model.translations, model.default_language, model.binds, model.actions);
    a(model.submission, model.has_submission, model.namespaces, model.body);
    a(model.instance_name_ref, model.list_names);
}

}  // namespace

Bytes encode_form(const ReadForm& form) {
    Writer a;
    visit_form(a, form, *form.model);
    write_instances(a, *form.model);
    return a.take();
}

std::optional<ReadForm> decode_form(ByteView bytes) {
    ReadForm out;
    out.model = std::make_shared<FormModel>();
    Reader a(bytes, *out.model->names);
    visit_form(a, out, *out.model);
    read_instances(a, *out.model);
    if (a.failed() || !a.at_end()) return std::nullopt;
    return out;
}

}  // namespace awda::forms
