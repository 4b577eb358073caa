// Writes a FormModel as ODK XForm XML, in the order and with the attributes that pyxform uses.
#include <algorithm>
#include <map>
#include <set>

#include "forms/load.h"
#include "forms/model.h"
#include "forms/xml_text.h"

namespace awda::forms {
namespace {

class XFormWriter {
public:
    explicit XFormWriter(const FormModel& model) : model_(model) {}

    std::string write() {
        out_ = "<?xml version=\"1.0\"?>\n";
        open_html();
        out_ += "<h:head><h:title>" + escape_xml(model_.title) + "</h:title>";
        write_model();
        out_ += "</h:head>";
        open("h:body",
             model_.body_class.empty() ? Attributes{} : Attributes{{"class", model_.body_class}});
        for (const ModelControl& control : model_.body) write_control(control);
        out_ += "</h:body></h:html>\n";
        return std::move(out_);
    }

private:
    void open(std::string_view name, const Attributes& attributes, bool empty = false) {
        out_.append("<").append(name);
        for (const auto& [key, value] : attributes) {
            out_.append(" ").append(key).append("=\"").append(escape_xml(value)).append("\"");
        }
        out_ += empty ? "/>" : ">";
    }
    void close(std::string_view name) { out_.append("</").append(name).append(">"); }

    void open_html() {
        Attributes all{{"xmlns", "http://www.w3.org/2002/xforms"}};
        for (const char* prefix : {"h", "ev", "xsd", "jr", "orx", "odk"}) {
            all.emplace_back(std::string("xmlns:") + prefix, known_space(prefix));
        }
        if (!model_.entities_version.empty() || uses_entities()) {
            all.emplace_back("xmlns:entities", known_space("entities"));
        }
        for (const auto& [prefix, uri] : model_.namespaces) {
            if (!attribute(all, "xmlns:" + prefix).empty()) continue;
            all.emplace_back("xmlns:" + prefix, uri);
        }
        open("h:html", all);
    }

    [[nodiscard]] bool uses_entities() const {
        return std::any_of(model_.binds.begin(), model_.binds.end(),
                           [](const ModelBind& bind) { return !bind.save_to.empty(); });
    }

    void write_model() {
        Attributes head;
        if (!model_.version_attribute.empty())
            head.emplace_back("odk:xforms-version", model_.version_attribute);
        if (!model_.entities_version.empty())
            head.emplace_back("entities:entities-version", model_.entities_version);
        open("model", head);
        if (model_.has_submission) open("submission", model_.submission, true);
        write_itext();
        out_ += "<instance>";
        write_node(model_.root);
        out_ += "</instance>";
        for (const ModelInstance& instance : model_.instances) {
            if (!instance.implied) write_instance(instance);
        }
        for (const ModelBind& bind : model_.binds) {
            write_bind(bind);
            // A computed first value stands beside its bind, as pyxform has it.
            for (const ModelAction& action : model_.actions) {
                if (action.ref == bind.nodeset) write_action(action);
            }
        }
        for (const ModelAction& action : model_.actions) {
            const bool written =
                std::any_of(model_.binds.begin(), model_.binds.end(),
                            [&](const ModelBind& bind) { return bind.nodeset == action.ref; });
            if (!written) write_action(action);
        }
        out_ += "</model>";
    }

    // itext -------------------------------------------------------------------------------------

    void write_itext() {
        if (model_.translations.empty()) return;
        // Every translation has every text, in all its forms; what is missing is "-", as pyxform
        // writes it.
        std::vector<std::string> order;
        std::map<std::string, std::vector<std::string>> forms;  // by id: "" and "guidance"
        for (const ModelTranslation& translation : model_.translations) {
            for (const ModelTranslationText& text : translation.texts) {
                const auto [known, fresh] = forms.try_emplace(text.id);
                if (fresh) order.push_back(text.id);
                for (const auto& [form, rich] : text.forms) {
                    const bool own = form.empty() || form == "guidance";
                    if (own && std::find(known->second.begin(), known->second.end(), form) ==
                                   known->second.end())
                        known->second.push_back(form);
                }
            }
        }
        out_ += "<itext>";
        for (const ModelTranslation& translation : model_.translations) {
            Attributes head{{"lang", translation.language}};
            if (translation.is_default) head.emplace_back("default", "true()");
            open("translation", head);
            std::set<std::string> have;
            for (const ModelTranslationText& text : translation.texts) {
                have.insert(text.id);
                auto all = text.forms;
                for (const std::string& form : forms[text.id]) {
                    if (std::none_of(all.begin(), all.end(),
                                     [&](const auto& each) { return each.first == form; }))
                        all.push_back({form, {{"-", false}}});
                }
                write_text(text.id, all);
            }
            for (const std::string& id : order) {
                if (have.contains(id)) continue;
                std::vector<std::pair<std::string, RichText>> blank;
                for (const std::string& form : forms[id]) blank.push_back({form, {{"-", false}}});
                write_text(id, blank);
            }
            out_ += "</translation>";
        }
        out_ += "</itext>";
    }

    void write_text(const std::string& id,
                    const std::vector<std::pair<std::string, RichText>>& forms) {
        open("text", {{"id", id}});
        for (const auto& [form, rich] : forms) {
            open("value", form.empty() ? Attributes{} : Attributes{{"form", form}});
            write_rich(rich);
            out_ += "</value>";
        }
        out_ += "</text>";
    }

    void write_rich(const RichText& rich) {
        for (const TextPiece& piece : rich) {
            if (piece.output)
                open("output", {{"value", piece.text}}, true);
            else
                out_ += escape_xml(piece.text);
        }
    }

    // Instances ---------------------------------------------------------------------------------

    void write_node(const ModelNode& node) {
        Attributes all = node.attributes;
        if (&node == &model_.root) {
            for (const auto& [prefix, uri] : instance_spaces(model_)) {
                if (attribute(model_.namespaces, prefix).empty() && known_space(prefix).empty()) {
                    all.emplace_back("xmlns:" + prefix, uri);
                }
            }
        }
        if (node.is_template) all.emplace_back("jr:template", "");
        const bool empty = node.children.empty() && node.value.empty();
        open(node.name, all, empty);
        if (empty) return;
        out_ += escape_xml(node.value);
        for (const ModelNode& child : node.children) write_node(child);
        close(node.name);
    }

    void write_instance(const ModelInstance& instance) {
        Attributes head{{"id", instance.id}};
        if (!instance.src.empty()) {
            head.emplace_back("src", instance.src);
            open("instance", head, true);
            return;
        }
        open("instance", head);
        if (instance.table != nullptr)
            write_table(*instance.table);
        else
            out_ += instance.inline_xml;
        out_ += "</instance>";
    }

    void write_table(const TableInstance& table) {
        const std::string root(model_.names->text(table.root_name()));
        const std::string item(model_.names->text(table.item_name()));
        open(root, {});
        for (std::uint32_t row = 0; row < table.rows(); ++row) {
            open(item, {});
            for (std::uint32_t column = 0; column < table.columns(); ++column) {
                if (!table.has(row, column)) continue;
                const std::string name(table.column_text(column));
                const std::string_view text = table.at(row, column);
                open(name, {}, text.empty());
                if (text.empty()) continue;
                out_ += escape_xml(text);
                close(name);
            }
            close(item);
        }
        close(root);
    }

    // Binds and actions -------------------------------------------------------------------------

    void write_bind(const ModelBind& bind) {
        Attributes all{{"nodeset", bind.nodeset}};
        const auto add = [&](const char* name, const std::string& value) {
            if (!value.empty()) all.emplace_back(name, value);
        };
        add("type", bind.type);
        add("relevant", bind.relevant.text);
        add("constraint", bind.constraint.text);
        add("jr:constraintMsg", bind.constraint_msg);
        add("required", bind.required.text);
        add("jr:requiredMsg", bind.required_msg);
        add("readonly", bind.readonly.text);
        add("calculate", bind.calculate.text);
        add("jr:preload", bind.preload);
        add("jr:preloadParams", bind.preload_params);
        add("entities:saveto", bind.save_to);
        all.insert(all.end(), bind.others.begin(), bind.others.end());
        open("bind", all, true);
    }

    void write_action(const ModelAction& action) {
        Attributes all{{"ref", action.ref}, {"event", action.events}};
        if (!action.value.empty()) all.emplace_back("value", action.value.text);
        all.insert(all.end(), action.others.begin(), action.others.end());
        open(action.element, all, action.literal.empty());
        if (action.literal.empty()) return;
        out_ += escape_xml(action.literal);
        close(action.element);
    }

    // Body --------------------------------------------------------------------------------------

    static std::string_view element_of(ControlKind kind) {
        switch (kind) {
            case ControlKind::kGroup: return "group";
            case ControlKind::kRepeat: return "repeat";
            case ControlKind::kInput: return "input";
            case ControlKind::kSelect: return "select";
            case ControlKind::kSelect1: return "select1";
            case ControlKind::kRank: return "odk:rank";
            case ControlKind::kRange: return "range";
            case ControlKind::kUpload: return "upload";
            case ControlKind::kTrigger: return "trigger";
        }
        return "input";
    }

    void write_label(const char* name, const ModelText& text) {
        if (!text.present) return;
        if (!text.ref.empty()) {
            open(name, {{"ref", text.ref}}, true);
            return;
        }
        open(name, {}, text.literal.empty());
        if (text.literal.empty()) return;
        write_rich(text.literal);
        close(name);
    }

    void write_control(const ModelControl& control) {
        const std::string_view element = element_of(control.kind);
        Attributes all;
        const auto add = [&](const char* name, const std::string& value) {
            if (!value.empty()) all.emplace_back(name, value);
        };
        add(control.kind == ControlKind::kRepeat ? "nodeset" : "ref", control.ref);
        add("mediatype", control.mediatype);
        add("appearance", control.appearance);
        add("jr:count", control.count);
        if (control.no_add_remove) all.emplace_back("jr:noAddRemove", "true()");
        all.insert(all.end(), control.others.begin(), control.others.end());
        open(element, all);
        write_label("label", control.label);
        write_label("hint", control.hint);
        for (const ModelItem& item : control.items) write_item(item);
        for (const ModelItem& tag : control.tags) write_tag(tag);
        write_itemset(control.itemset);
        for (const ModelControl& child : control.children) write_control(child);
        for (const ModelAction& action : control.actions) write_action(action);
        close(element);
    }

    void write_item(const ModelItem& item) {
        out_ += "<item>";
        write_label("label", item.label);
        out_ += "<value>" + escape_xml(item.value) + "</value></item>";
    }

    void write_tag(const ModelItem& tag) {
        open("tag", {{"key", tag.value}});
        write_label("label", tag.label);
        for (const ModelItem& item : tag.items) write_item(item);
        close("tag");
    }

    void write_itemset(const ModelItemset& itemset) {
        if (itemset.nodeset.empty() || itemset.implied) return;
        open("itemset", {{"nodeset", itemset.nodeset.text}});
        open(itemset.copy ? "copy" : "value", {{"ref", itemset.value_ref}}, true);
        if (!itemset.label_ref.empty()) open("label", {{"ref", itemset.label_ref}}, true);
        out_ += "</itemset>";
    }

    const FormModel& model_;
    std::string out_;
};

}  // namespace

std::string write_xform(const FormDefinition& definition) {
    return XFormWriter(definition.model()).write();
}

}  // namespace awda::forms
