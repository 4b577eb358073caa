#include "forms/xform_reader.h"

#include <pugixml.hpp>

#include <algorithm>
#include <unordered_map>

#include "forms/names.h"
#include "forms/secondary.h"
#include "forms/value.h"
#include "forms/xform_prefixes.h"
#include "forms/xml_nodes.h"

namespace awda::forms {

std::string_view attribute(const Attributes& attributes, std::string_view name) {
    for (const auto& [key, value] : attributes) {
        if (key == name) return value;
    }
    return {};
}

namespace {

/// Nesting is limited before anything recurses into the document.
bool too_deep(const pugi::xml_node& top) {
    std::size_t depth = 0;
    pugi::xml_node node = top.first_child();
    while (node) {
        if (node.first_child()) {
            node = node.first_child();
            if (++depth > kNestingMax * 2) return true;
            continue;
        }
        while (node && node != top && !node.next_sibling()) {
            node = node.parent();
            if (depth > 0) --depth;
        }
        if (!node || node == top) return false;
        node = node.next_sibling();
    }
    return false;
}

/// Lists and texts in the head are not recursed into, and trees among them have their own limit.
bool any_too_deep(const pugi::xml_node& html, const pugi::xml_node& head) {
    for (pugi::xml_node part = html.first_child(); part; part = part.next_sibling()) {
        if (part != head && too_deep(part)) return true;
    }
    return false;
}

/// Which line of the file a node begins on.
class LineIndex {
public:
    LineIndex() = default;
    explicit LineIndex(std::string_view text) {
        for (auto at = text.find('\n'); at != std::string_view::npos;
             at = text.find('\n', at + 1)) {
            ends_.push_back(at);
        }
    }
    /// From 1; 0 where it is not known.
    [[nodiscard]] std::uint32_t line_of(const pugi::xml_node& node) const {
        const std::ptrdiff_t at = node.offset_debug();
        if (at < 0) return 0;
        const auto end = std::lower_bound(ends_.begin(), ends_.end(), static_cast<std::size_t>(at));
        return static_cast<std::uint32_t>(end - ends_.begin()) + 1;
    }

private:
    std::vector<std::size_t> ends_;
};

class XFormReader {
public:
    XFormReader(const LoadOptions& options, Diagnostics& diagnostics)
        : options_(options), diagnostics_(diagnostics), model_(std::make_shared<FormModel>()) {}

    std::shared_ptr<FormModel> read(std::string_view xml) {
        pugi::xml_document document;
        const auto outcome =
            document.load_buffer(xml.data(), xml.size(),
                                 pugi::parse_default | pugi::parse_ws_pcdata, pugi::encoding_utf8);
        if (!outcome) {
            report(DiagnosticCode::kXmlBroken,
                   {outcome.description(), std::to_string(outcome.offset)});
            return nullptr;
        }
        const pugi::xml_node html = document.document_element();
        const pugi::xml_node head = child_named(html, "head");
        const pugi::xml_node model = child_named(head, "model");
        if (too_deep(child_named(model, "instance")) || any_too_deep(html, head)) {
            report(DiagnosticCode::kXmlTooDeep, {std::to_string(kNestingMax)});
            return nullptr;
        }
        if (!model) {
            report(DiagnosticCode::kXmlPartMissing, {"model"});
            return nullptr;
        }
        const pugi::xml_node body = child_named(html, "body");
        use_usual_prefixes(document);
        lines_ = LineIndex(xml);
        read_namespaces(html);
        model_->title = child_named(head, "title").child_value();
        model_->version_attribute = model.attribute("odk:xforms-version").value();
        model_->entities_version = model.attribute("entities:entities-version").value();
        if (!read_primary(model)) return nullptr;
        read_model(model);
        model_->body_class = body.attribute("class").value();
        read_controls(body, "/" + model_->root.name, model_->body, 0);
        return model_;
    }

private:
    void report(DiagnosticCode code, std::vector<std::string> args,
                Severity severity = Severity::kError) {
        if (diagnostics_.size() >= kDiagnosticsMax) return;
        diagnostics_.push_back({severity, code, options_.file_name, {}, std::move(args), {}});
    }

    void read_namespaces(const pugi::xml_node& html) {
        static constexpr std::string_view kOwn[] = {"h",   "ev",  "xsd",     "jr",
                                                    "orx", "odk", "entities"};
        for (const pugi::xml_attribute& attr : html.attributes()) {
            const std::string_view name = attr.name();
            if (!name.starts_with("xmlns:")) continue;
            const std::string_view prefix = name.substr(6);
            if (std::find(std::begin(kOwn), std::end(kOwn), prefix) != std::end(kOwn)) continue;
            model_->namespaces.emplace_back(prefix, attr.value());
        }
    }

    bool read_primary(const pugi::xml_node& model) {
        const pugi::xml_node instance = child_named(model, "instance");
        const pugi::xml_node root = instance.find_child(is_element);
        if (!root) {
            report(DiagnosticCode::kXmlPartMissing, {"instance"});
            return false;
        }
        read_node(root, model_->root);
        add_instance_id();
        return true;
    }

    /// A record needs its id, also where the form forgot it.
    void add_instance_id() {
        for (ModelNode& node : model_->root.children) {
            if (local_name(node.name) != "meta") continue;
            const bool has =
                std::any_of(node.children.begin(), node.children.end(),
                            [](const ModelNode& n) { return local_name(n.name) == "instanceID"; });
            if (has) return;
            ModelNode id;
            const auto colon = node.name.find(':');
            id.name =
                (colon == std::string::npos ? "" : node.name.substr(0, colon + 1)) + "instanceID";
            node.children.push_back(std::move(id));
            return;
        }
        ModelNode meta;
        meta.name = "orx:meta";
        meta.children.emplace_back();
        meta.children.back().name = "orx:instanceID";
        model_->root.children.push_back(std::move(meta));
    }

    void read_node(const pugi::xml_node& from, ModelNode& to) {
        to.name = from.name();
        for (const pugi::xml_attribute& attr : from.attributes()) {
            const std::string_view name = attr.name();
            if (name == "jr:template") {
                to.is_template = true;
            } else {
                to.attributes.emplace_back(name, attr.value());
            }
        }
        bool elements = false;
        for (const pugi::xml_node& part : from.children()) {
            if (is_element(part)) {
                elements = true;
                to.children.emplace_back();
                read_node(part, to.children.back());
            } else if (part.type() == pugi::node_pcdata || part.type() == pugi::node_cdata) {
                to.value += part.value();
            }
        }
        if (elements) to.value.clear();
    }

    void read_model(const pugi::xml_node& model) {
        bool primary = true;
        const auto parts = model.children();
        model_->binds.reserve(
            static_cast<std::size_t>(std::distance(parts.begin(), parts.end())));  // nearly all
        for (const pugi::xml_node& part : parts) {
            if (!is_element(part)) continue;
            const std::string_view name = local_name(part.name());
            if (name == "instance") {
                if (!primary) read_instance(part);
                primary = false;
            } else if (name == "itext") {
                read_itext(part);
            } else if (name == "bind") {
                read_bind(part);
            } else if (name == "submission") {
                model_->has_submission = true;
                for (const auto& attr : part.attributes()) {
                    model_->submission.emplace_back(attr.name(), attr.value());
                }
            } else if (is_action(name)) {
                model_->actions.push_back(read_action(part, "/" + model_->root.name));
            }
        }
        // The default language is the one marked, else the first.
        for (const ModelTranslation& translation : model_->translations) {
            if (translation.is_default) model_->default_language = translation.language;
        }
        if (model_->default_language.empty() && !model_->translations.empty()) {
            model_->default_language = model_->translations.front().language;
        }
    }

    static bool is_action(std::string_view name) {
        return name == "setvalue" || name == "setgeopoint" || name == "recordaudio";
    }

    void read_instance(const pugi::xml_node& from) {
        ModelInstance instance;
        instance.id = from.attribute("id").value();
        instance.src = from.attribute("src").value();
        Status outcome;
        if (from.find_child(is_element)) {
            outcome = read_inline_instance(from, *model_->names, instance);
        } else if (!instance.src.empty() && instance.src.find("last-saved") == std::string::npos) {
            const std::string_view name = media_name(instance.src);
            std::optional<std::string> content;
            if (options_.media) content = options_.media(name);
            if (content) {
                outcome = read_instance_file(name, *content, *model_->names, instance);
            } else {
                report(DiagnosticCode::kMediaMissing, {std::string(name)}, Severity::kWarning);
            }
        }
        if (!outcome.ok()) report(DiagnosticCode::kMediaBroken, {instance.id});
        model_->instances.push_back(std::move(instance));
    }

    RichText read_rich(const pugi::xml_node& from) {
        RichText out;
        for (const pugi::xml_node& part : from.children()) {
            if (is_element(part)) {
                const char* value = part.attribute("value") ? part.attribute("value").value()
                                                            : part.attribute("ref").value();
                if (local_name(part.name()) == "output") out.push_back({value, true});
            } else if (part.type() == pugi::node_pcdata || part.type() == pugi::node_cdata) {
                if (!out.empty() && !out.back().output)
                    out.back().text += part.value();
                else
                    out.push_back({part.value(), false});
            }
        }
        return out;
    }

    void read_itext(const pugi::xml_node& from) {
        for (const pugi::xml_node& translation : from.children()) {
            if (!is_element(translation)) continue;
            ModelTranslation out;
            out.language = translation.attribute("lang").value();
            const std::string_view marked = translation.attribute("default").value();
            out.is_default =
                translation.attribute("default") && marked != "false()" && marked != "false";
            for (const pugi::xml_node& text : translation.children()) {
                if (!is_element(text)) continue;
                ModelTranslationText entry;
                entry.id = text.attribute("id").value();
                for (const pugi::xml_node& value : text.children()) {
                    if (!is_element(value)) continue;
                    entry.forms.emplace_back(value.attribute("form").value(), read_rich(value));
                }
                out.texts.push_back(std::move(entry));
            }
            model_->translations.push_back(std::move(out));
        }
    }

    /// A reference made absolute: "age" in the model means "/data/age".
    static std::string absolute(std::string_view ref, const std::string& context) {
        ref = trim(ref);
        if (ref.empty() || ref.front() == '/') return std::string(ref);
        std::string base = context;
        while (ref.starts_with("../")) {
            base.resize(std::min(base.size(), base.rfind('/')));
            ref.remove_prefix(3);
        }
        if (ref.starts_with("./")) ref.remove_prefix(2);
        return ref == "." ? base : base + "/" + std::string(ref);
    }

    void read_bind(const pugi::xml_node& from) {
        ModelBind bind;
        bind.nodeset = absolute(from.attribute("nodeset") ? from.attribute("nodeset").value()
                                                          : from.attribute("ref").value(),
                                "/" + model_->root.name);
        bind.where = {"bind", lines_.line_of(from), bind.nodeset};
        const auto expression = [&](SourceExpr& to, const char* value) {
            to.text = value;
            to.where = bind.where;
        };
        for (const pugi::xml_attribute& attr : from.attributes()) {
            const std::string_view name = attr.name();
            const char* value = attr.value();
            if (name == "nodeset" || name == "ref")
                continue;
            else if (name == "id")
                bind_ids_.emplace(value, bind.nodeset);
            else if (name == "type")
                bind.type = value;
            else if (name == "relevant")
                expression(bind.relevant, value);
            else if (name == "constraint")
                expression(bind.constraint, value);
            else if (name == "required")
                expression(bind.required, value);
            else if (name == "readonly")
                expression(bind.readonly, value);
            else if (name == "calculate")
                expression(bind.calculate, value);
            else if (name == "jr:constraintMsg")
                bind.constraint_msg = value;
            else if (name == "jr:requiredMsg")
                bind.required_msg = value;
            else if (name == "jr:preload")
                bind.preload = value;
            else if (name == "jr:preloadParams")
                bind.preload_params = value;
            else if (name == "entities:saveto")
                bind.save_to = value;
            else
                bind.others.emplace_back(name, value);
        }
        model_->binds.push_back(std::move(bind));
    }

    ModelAction read_action(const pugi::xml_node& from, const std::string& context) {
        ModelAction action;
        action.element = from.name();
        for (const pugi::xml_attribute& attr : from.attributes()) {
            const std::string_view name = attr.name();
            if (name == "event" || name == "ev:event")
                action.events = attr.value();
            else if (name == "ref")
                action.ref = absolute(attr.value(), context);
            else if (name == "bind")
                action.ref = by_bind_id(attr.value());
            else if (name == "value")
                action.value.text = attr.value();
            else
                action.others.emplace_back(name, attr.value());
        }
        for (const pugi::xml_node& part : from.children()) {
            if (!is_element(part)) action.literal += part.value();
        }
        action.value.where = {"setvalue", lines_.line_of(from), action.ref};
        return action;
    }

    std::string by_bind_id(const char* id) const {
        const auto found = bind_ids_.find(id);
        return found == bind_ids_.end() ? std::string() : found->second;
    }

    static bool find_kind(std::string_view name, ControlKind& kind) {
        static constexpr std::pair<std::string_view, ControlKind> kKinds[] = {
            {"group", ControlKind::kGroup},     {"repeat", ControlKind::kRepeat},
            {"input", ControlKind::kInput},     {"secret", ControlKind::kInput},
            {"textarea", ControlKind::kInput},  {"select", ControlKind::kSelect},
            {"select1", ControlKind::kSelect1}, {"rank", ControlKind::kRank},
            {"range", ControlKind::kRange},     {"upload", ControlKind::kUpload},
            {"trigger", ControlKind::kTrigger}};
        for (const auto& [text, value] : kKinds) {
            if (text == name) {
                kind = value;
                return true;
            }
        }
        return false;
    }

    void read_controls(const pugi::xml_node& from, const std::string& context,
                       std::vector<ModelControl>& out, std::size_t depth) {
        if (depth > kNestingMax) return;
        for (const pugi::xml_node& part : from.children()) {
            ControlKind kind{};
            if (!is_element(part) || !find_kind(local_name(part.name()), kind)) continue;
            out.push_back(read_control(part, kind, context, depth));
        }
    }

    ModelControl read_control(const pugi::xml_node& from, ControlKind kind,
                              const std::string& context, std::size_t depth) {
        ModelControl control;
        control.kind = kind;
        for (const pugi::xml_attribute& attr : from.attributes()) {
            const std::string_view name = attr.name();
            const char* value = attr.value();
            if (name == "ref" || name == "nodeset")
                control.ref = absolute(value, context);
            else if (name == "bind")
                control.ref = by_bind_id(value);
            else if (name == "appearance")
                control.appearance = value;
            else if (name == "mediatype")
                control.mediatype = value;
            else if (name == "jr:count")
                control.count = value;
            else if (name == "jr:noAddRemove")
                control.no_add_remove = std::string_view(value) != "false()";
            else
                control.others.emplace_back(name, value);
        }
        control.where = {"body", lines_.line_of(from), control.ref};
        const std::string& inner = control.ref.empty() ? context : control.ref;
        for (const pugi::xml_node& part : from.children()) {
            if (!is_element(part)) continue;
            const std::string_view name = local_name(part.name());
            if (name == "label")
                read_text(part, control.label);
            else if (name == "hint")
                read_text(part, control.hint);
            else if (name == "item")
                read_item(part, control.items);
            else if (name == "tag")
                read_tag(part, control);
            else if (name == "itemset")
                read_itemset(part, control);
            else if (is_action(name))
                control.actions.push_back(read_action(part, inner));
        }
        if (kind == ControlKind::kGroup || kind == ControlKind::kRepeat) {
            read_controls(from, inner, control.children, depth + 1);
        }
        return control;
    }

    void read_text(const pugi::xml_node& from, ModelText& to) {
        to.present = true;
        to.ref = from.attribute("ref").value();
        to.literal = read_rich(from);
    }

    void read_item(const pugi::xml_node& from, std::vector<ModelItem>& items) {
        ModelItem item;
        item.value = trim(child_named(from, "value").child_value());
        if (const pugi::xml_node label = child_named(from, "label")) read_text(label, item.label);
        items.push_back(std::move(item));
    }

    void read_tag(const pugi::xml_node& from, ModelControl& control) {
        ModelItem tag;
        tag.value = from.attribute("key").value();
        if (const pugi::xml_node label = child_named(from, "label")) read_text(label, tag.label);
        for (const pugi::xml_node& part : from.children()) {
            if (local_name(part.name()) == "item") read_item(part, tag.items);
        }
        control.tags.push_back(std::move(tag));
    }

    void read_itemset(const pugi::xml_node& from, ModelControl& control) {
        control.itemset.nodeset.text = from.attribute("nodeset").value();
        control.itemset.nodeset.where = {"body", lines_.line_of(from), control.ref};
        const pugi::xml_node value = child_named(from, "value");
        const pugi::xml_node copy = child_named(from, "copy");
        control.itemset.copy = copy;
        control.itemset.value_ref = (value ? value : copy).attribute("ref").value();
        control.itemset.label_ref = child_named(from, "label").attribute("ref").value();
        model_->list_names.emplace_back(control.ref, list_name(control.itemset.nodeset.text));
    }

    /// "instance('places')/root/item[…]" → "places".
    static std::string list_name(std::string_view nodeset) {
        const auto at = nodeset.find("instance(");
        if (at == std::string_view::npos || at + 11 > nodeset.size()) return {};
        const char quote = nodeset[at + 9];
        const auto end = nodeset.find(quote, at + 10);
        return end == std::string_view::npos ? std::string()
                                             : std::string(nodeset.substr(at + 10, end - at - 10));
    }

    const LoadOptions& options_;
    Diagnostics& diagnostics_;
    std::shared_ptr<FormModel> model_;
    LineIndex lines_;
    std::unordered_map<std::string, std::string> bind_ids_;
};

}  // namespace

std::shared_ptr<FormModel> read_xform(std::string_view xml, const LoadOptions& options,
                                      Diagnostics& diagnostics) {
    return XFormReader(options, diagnostics).read(xml);
}

}  // namespace awda::forms
