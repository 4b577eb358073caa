#include "forms/xlsform_reader.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "forms/expression.h"
#include "forms/secondary.h"
#include "forms/value.h"
#include "forms/xlsform_columns.h"
#include "forms/xlsform_entities.h"
#include "forms/xlsform_parameters.h"

namespace awda::forms {
namespace {

/// A cell's texts: by language, "" for a column without one.
using Texts = std::vector<std::pair<std::string, std::string>>;

/// One row of the survey sheet, cells by field.
struct Row {
    std::uint32_t number = 0;
    std::unordered_map<std::string, std::string> fields;
    std::map<std::string, Texts> texts;                     ///< label, hint, media::image …
    std::vector<std::string> media;                         ///< kinds of media, in columns' order
    std::unordered_map<std::string, std::string> headings;  ///< field → header as written
    [[nodiscard]] std::string_view at(const std::string& field) const {
        const auto found = fields.find(field);
        return found == fields.end() ? std::string_view() : std::string_view(found->second);
    }
};

/// A question, group or repeat with its place in the tree.
struct Element {
    Row row;
    enum class Kind : std::uint8_t { kQuestion, kGroup, kRepeat } kind = Kind::kQuestion;
    std::string name;
    std::string path;  ///< "/data/group/name"
    Element* parent = nullptr;
    std::vector<std::unique_ptr<Element>> children;
    std::optional<SelectType> select;
    const TypeRow* type = nullptr;
    bool generated = false;
    bool looped = false;  ///< one of the copies that a loop makes of its questions
    std::string list;     ///< of a loop: its choices; of an OpenStreetMap question: its tags
    EntitiesSheet::Container container = EntitiesSheet::kForm;  ///< of a group or repeat
};

struct ChoiceRow {
    std::uint32_t number = 0;
    std::string name;
    Texts labels;
    std::vector<std::pair<std::string, Texts>> media;  ///< in columns' order
    std::vector<std::pair<std::string, std::string>> extra;
};

struct ChoiceList {
    std::vector<ChoiceRow> rows;
    bool used = false;
    bool other = false;
    bool multiple = false;  ///< of a select_multiple
};

bool is_text_field(std::string_view field) {
    return field == "label" || field == "hint" || field == "guidance_hint" ||
           field == "constraint_message" || field == "required_message" ||
           field == "noAppErrorString" || field.starts_with("media::");
}

/// Without blanks around it, typographic quotes made plain, and runs of blanks made one.
std::string clean(std::string_view text, bool one_blank) {
    std::string out;
    text = trim(text);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string_view three = text.substr(i, 3);
        if (one_blank && text[i] == ' ' && text[i - 1] == ' ') continue;
        if (three == "\u2018" || three == "\u2019") {
            out += '\'';
            i += 2;
        } else if (three == "\u201c" || three == "\u201d") {
            out += '"';
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

bool is_xml_name(std::string_view name) {
    if (name.empty() || name.find(':') != std::string_view::npos) return false;
    return xml_name_from(name) == name;
}

std::string yes_no(std::string_view text) {
    const std::string lower = lower_ascii(text);
    if (lower == "yes" || lower == "true" || lower == "true()") return "true()";
    if (lower == "no" || lower == "false" || lower == "false()") return "false()";
    return std::string(text);
}

class XlsFormReader {
public:
    XlsFormReader(const Workbook& workbook, const LoadOptions& options, Diagnostics& diagnostics)
        : workbook_(workbook),
          options_(options),
          diagnostics_(diagnostics),
          model_(std::make_shared<FormModel>()) {}

    std::shared_ptr<FormModel> read() {
        const Sheet* survey = find_sheet("survey");
        if (survey == nullptr && workbook_.sheets.size() == 1) survey = &workbook_.sheets[0];
        if (survey == nullptr || survey->rows.empty()) {
            report(DiagnosticCode::kSheetMissing, {"survey", 0, ""}, {"survey"},
                   similar_sheets("survey"));
            return nullptr;
        }
        read_settings();
        read_choices();
        read_external_choices();
        read_osm();
        read_entities();
        read_survey(*survey);
        read_submission();
        if (has_errors(diagnostics_)) return nullptr;
        finish_lists();
        expand_loops(root_);
        entities_.place();
        index_names(root_);
        check_names(root_);
        check_searches();
        build_instance();
        add_choice_texts();
        for (const auto& [language, text] : form_label_)
            add_itext(language, root_.path + ":label", "", {{text, false}});
        for (const auto& child : root_.children) emit(*child, model_->body);
        for (const Media& media : late_media_)
            add_itext(media.language, media.id, media.kind, {{media.file, false}});
        emit_meta();
        emit_files();
        for (const std::string& name : list_order_) emit_list(name, lists_[name]);
        finish_texts();
        return has_errors(diagnostics_) ? nullptr : model_;
    }

private:
    void report(DiagnosticCode code, Provenance where, std::vector<std::string> args = {},
                std::string hint = {}, Severity severity = Severity::kError) {
        if (diagnostics_.size() >= kDiagnosticsMax) return;
        diagnostics_.push_back({severity, code, options_.file_name, std::move(where),
                                std::move(args), std::move(hint)});
    }

    [[nodiscard]] const Sheet* find_sheet(std::string_view name) const {
        for (const Sheet& sheet : workbook_.sheets) {
            if (lower_ascii(trim(sheet.name)) == name) return &sheet;
        }
        return nullptr;
    }

    /// Sheets whose names are nearly this one, with commas; an underscore before its name puts a
    /// sheet aside.
    [[nodiscard]] std::string similar_sheets(const std::string& name) const {
        std::string out;
        for (const Sheet& sheet : workbook_.sheets) {
            const std::string lower = lower_ascii(trim(sheet.name));
            if (lower.starts_with('_') || nearest_spelling(name, {lower}).empty()) continue;
            out.append(out.empty() ? "" : ", ").append(trim(sheet.name));
        }
        return out;
    }

    /// A sheet that may be absent, but not misspelt.
    const Sheet* find_optional_sheet(const std::string& name) {
        const Sheet* sheet = find_sheet(name);
        if (sheet != nullptr && !sheet->rows.empty()) return sheet;
        const std::string similar = similar_sheets(name);
        if (!similar.empty()) {
            report(DiagnosticCode::kSheetSpelling, {similar, 0, ""}, {name, similar}, {},
                   Severity::kWarning);
        }
        return nullptr;
    }

    /// The columns of a sheet; a column that is there twice, also by another name, is an error.
    std::vector<Heading> read_headings(const Sheet& sheet, const std::string& sheet_name,
                                       Heading (*parse)(std::string_view, bool)) {
        std::vector<Heading> out;
        std::map<std::pair<std::string, std::string>, std::string> seen;
        const std::vector<std::string_view> cells(sheet.rows[0].cells.begin(),
                                                  sheet.rows[0].cells.end());
        const bool single = single_colon(sheet.rows[0]);
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (trim(cells[i]).empty()) continue;
            Heading heading = parse(cells[i], single);
            heading.column = i;
            const auto [first, fresh] =
                seen.try_emplace({heading.field, heading.language}, heading.written);
            if (fresh || heading.field == "remark") {
                out.push_back(std::move(heading));
                continue;
            }
            const Provenance where{sheet_name, 1, heading.written};
            if (first->second == heading.written)
                report(DiagnosticCode::kSameHeader, where, {heading.written});
            else
                report(DiagnosticCode::kSameColumn, where, {first->second, heading.written});
        }
        return out;
    }

    /// Which languages lack which of the translated columns of a sheet.
    void check_translations(const std::vector<Heading>& headings, const std::string& sheet) {
        std::map<std::string, std::set<std::string>> seen;  // language → fields
        std::set<std::string> all;
        bool translated = false;
        for (const Heading& heading : headings) {
            if (!is_text_field(heading.field) || heading.field == "noAppErrorString") continue;
            const std::string name =
                heading.field.starts_with("media::") ? heading.field.substr(7) : heading.field;
            all.insert(name);
            translated = translated || !heading.language.empty();
            seen[heading.language.empty() ? "default" : heading.language].insert(name);
        }
        if (!translated) return;
        has_translations_ = true;
        for (const auto& [language, fields] : seen) {
            std::string missing;
            for (const std::string& field : all) {
                if (fields.contains(field)) continue;
                missing.append(missing.empty() ? "" : ", ").append(field);
            }
            if (missing.empty()) continue;
            report(DiagnosticCode::kTranslationMissing, {sheet, 1, ""}, {language, missing}, {},
                   Severity::kWarning);
        }
    }

    static Provenance place(const Row& row, const std::string& field) {
        const auto heading = row.headings.find(field);
        return {"survey", row.number, heading == row.headings.end() ? field : heading->second};
    }

    static bool single_colon(const SheetRow& header) {
        bool single = false;
        for (const std::string_view cell : header.cells) {
            if (cell.find("::") != std::string_view::npos) return false;
            if (cell.find(':') != std::string_view::npos && cell != "jr:count") single = true;
        }
        return single;
    }

    // Settings ----------------------------------------------------------------------------------

    void read_settings() {
        model_->root.name = options_.root_name.empty() ? "data" : options_.root_name;
        const Sheet* sheet = find_optional_sheet("settings");
        if (sheet != nullptr && sheet->rows.size() > 1) {
            const auto& header = sheet->rows[0].cells;
            const auto& cells = sheet->rows[1].cells;
            std::string id_from;
            for (std::size_t i = 0; i < header.size() && i < cells.size(); ++i) {
                const std::string value = clean(cells[i], false);
                const std::string field = settings_field(header[i]);
                if (value.empty() || field.empty()) continue;
                const std::string written(trim(header[i]));
                if (written.starts_with("label::")) {
                    form_label_.emplace_back(trim(std::string_view(written).substr(7)), value);
                    continue;
                }
                if (field == "form_id" && !id_from.empty()) {
                    report(DiagnosticCode::kFormIdTwice, {"settings", 1, written},
                           {written == "form_id" ? written : id_from,
                            written == "form_id" ? id_from : written},
                           {}, Severity::kWarning);
                    if (written != "form_id") continue;
                }
                if (field == "form_id") id_from = written;
                settings_[field] = value;
            }
        }
        const auto get = [&](const char* key) {
            return settings_.contains(key) ? settings_[key] : "";
        };
        if (settings_.contains("name")) model_->root.name = get("name");
        if (!is_xml_name(model_->root.name)) {
            const Provenance where = settings_.contains("name") ? Provenance{"settings", 2, "name"}
                                                                : Provenance{"", 0, "form_name"};
            report(DiagnosticCode::kBadName, where, {model_->root.name},
                   xml_name_from(model_->root.name));
        }
        std::string id = get("form_id");
        if (id.empty()) id = "data";
        model_->title = get("title").empty() ? id : get("title");
        model_->root.attributes.emplace_back("id", id);
        if (!get("version").empty())
            model_->root.attributes.emplace_back("version", get("version"));
        model_->default_language =
            get("default_language").empty() ? "default" : get("default_language");
        model_->version_attribute = "1.0.0";
        model_->style = get("style");
        model_->body_class = get("style");
        if (!get("prefix").empty())
            model_->root.attributes.emplace_back("odk:prefix", get("prefix"));
        if (!get("delimiter").empty())
            model_->root.attributes.emplace_back("odk:delimiter", get("delimiter"));
        for (const auto& [key, value] : settings_) {
            if (key.starts_with("attribute::"))
                model_->root.attributes.emplace_back(key.substr(11), value);
        }
        clean_values_ = yes_no(get("clean_text_values")) != "false()";
        if (yes_no(get("omit_instanceID")) == "true()" && settings_.contains("public_key"))
            report(DiagnosticCode::kInstanceIdOmitted, {"settings", 2, "omit_instanceID"});
        read_namespaces(get("namespaces"));
    }

    void read_namespaces(const std::string& text) {
        for (const std::string_view item : split_words(text)) {
            const auto equals = item.find('=');
            if (equals == std::string_view::npos) continue;
            std::string_view uri = item.substr(equals + 1);
            if (uri.size() >= 2) uri = uri.substr(1, uri.size() - 2);
            model_->namespaces.emplace_back(item.substr(0, equals), uri);
        }
    }

    void read_submission() {
        const auto add = [&](const char* setting, const char* name) {
            const auto found = settings_.find(setting);
            if (found == settings_.end()) return;
            model_->has_submission = true;
            model_->submission.emplace_back(name, found->second);
        };
        add("submission_url", "action");
        if (model_->has_submission) model_->submission.emplace_back("method", "post");
        add("public_key", "base64RsaPublicKey");
        add("auto_send", "orx:auto-send");
        add("auto_delete", "orx:auto-delete");
    }

    // Choices -----------------------------------------------------------------------------------

    void read_choices() {
        const Sheet* sheet = find_sheet("choices");
        if (sheet == nullptr || sheet->rows.empty()) return;
        std::vector<Heading> headings = read_headings(*sheet, "choices", parse_choices_heading);
        for (Heading& heading : headings) {
            if (heading.known || is_xml_name(heading.field)) continue;
            report(DiagnosticCode::kChoiceColumn, {"choices", 1, heading.written},
                   {heading.written}, {}, Severity::kWarning);
            heading.field.clear();
        }
        check_translations(headings, "choices");
        const auto has = [&](std::string_view field) {
            return std::any_of(headings.begin(), headings.end(),
                               [&](const Heading& h) { return h.field == field; });
        };
        for (const char* field : {"list_name", "name"}) {
            if (!has(field))
                report(DiagnosticCode::kColumnMissing, {"choices", 1, field}, {"choices", field});
        }
        if (!has("list_name") || !has("name")) return;
        for (std::size_t r = 1; r < sheet->rows.size(); ++r) read_choice(sheet->rows[r], headings);
        check_choices();
    }

    void read_choice(const SheetRow& source, const std::vector<Heading>& headings) {
        ChoiceRow row;
        row.number = source.number;
        std::string list;
        for (const Heading& heading : headings) {
            if (heading.column >= source.cells.size()) continue;
            std::string text = clean_values_ ? clean(source.cells[heading.column], false)
                                             : std::string(trim(source.cells[heading.column]));
            if (text.empty() || heading.field.empty()) continue;
            if (heading.field == "list_name")
                list = text;
            else if (heading.field == "name")
                row.name = text;
            else if (heading.field == "label")
                add_text(row.labels, heading.language, std::move(text));
            else if (heading.field.starts_with("media::")) {
                add_text(media_texts(row, heading.field.substr(7)), heading.language,
                         std::move(text));
            } else {
                row.extra.emplace_back(heading.field, std::move(text));
            }
        }
        if (list.empty()) return;  // rows without a list are remarks
        if (!lists_.contains(list)) list_order_.push_back(list);
        if (row.name.empty()) {
            report(DiagnosticCode::kChoiceWithoutName, {"choices", row.number, "name"}, {list});
            return;
        }
        if (row.labels.empty()) {
            report(DiagnosticCode::kChoiceLabelMissing, {"choices", row.number, "label"},
                   {row.name}, {}, Severity::kWarning);
        }
        lists_[list].rows.push_back(std::move(row));
    }

    /// Only the lists' names: what is in them comes from itemsets.csv.
    void read_external_choices() {
        const Sheet* sheet = find_sheet("external_choices");
        if (sheet == nullptr || sheet->rows.empty()) return;
        for (const Heading& heading :
             read_headings(*sheet, "external_choices", parse_choices_heading)) {
            if (heading.field != "list_name") continue;
            for (std::size_t r = 1; r < sheet->rows.size(); ++r) {
                const auto& cells = sheet->rows[r].cells;
                if (heading.column >= cells.size()) continue;
                std::string list = clean(cells[heading.column], false);
                if (!list.empty()) external_lists_.push_back(std::move(list));
            }
        }
        std::sort(external_lists_.begin(), external_lists_.end());
        external_lists_.erase(std::unique(external_lists_.begin(), external_lists_.end()),
                              external_lists_.end());
    }

    /// The tags of OpenStreetMap questions.
    void read_osm() {
        const Sheet* sheet = find_sheet("osm");
        if (sheet == nullptr || sheet->rows.empty()) return;
        const std::vector<Heading> headings = read_headings(*sheet, "osm", parse_choices_heading);
        for (std::size_t r = 1; r < sheet->rows.size(); ++r) {
            std::string list;
            ModelItem tag;
            for (const Heading& heading : headings) {
                if (heading.column >= sheet->rows[r].cells.size()) continue;
                std::string text = clean(sheet->rows[r].cells[heading.column], false);
                if (text.empty()) continue;
                if (heading.field == "list_name")
                    list = std::move(text);
                else if (heading.field == "name")
                    tag.value = std::move(text);
                else if (heading.field == "label" && !tag.label.present)
                    tag.label = {true, "", {{std::move(text), false}}};
            }
            if (!list.empty() && !tag.value.empty()) osm_lists_[list].push_back(std::move(tag));
        }
    }

    static Texts& media_texts(ChoiceRow& row, const std::string& kind) {
        for (auto& [known, texts] : row.media) {
            if (known == kind) return texts;
        }
        return row.media.emplace_back(kind, Texts()).second;
    }

    /// A text without a language is in the default one, unless that has its own column.
    void add_text(Texts& texts, const std::string& language, std::string text) const {
        const std::string& usual = model_->default_language;
        for (auto& [known, own] : texts) {
            if (known == language || (known == usual && language.empty())) return;
            if (!known.empty() || language != usual) continue;
            known = language;
            own = std::move(text);
            return;
        }
        texts.emplace_back(language, std::move(text));
    }

    void check_choices() {
        const auto allowed = settings_.find("allow_choice_duplicates");
        if (allowed != settings_.end() && yes_no(allowed->second) == "true()") return;
        for (const std::string& name : list_order_) {
            std::unordered_map<std::string, std::uint32_t> seen;
            for (const ChoiceRow& row : lists_[name].rows) {
                const auto [first, fresh] = seen.emplace(row.name, row.number);
                if (fresh) continue;
                report(DiagnosticCode::kDuplicateChoice, {"choices", row.number, "name"},
                       {row.name, name, std::to_string(first->second)});
            }
        }
    }

    // Entities ----------------------------------------------------------------------------------

    void read_entities() {
        if (const Sheet* sheet = find_optional_sheet("entities")) entities_.read(*sheet);
    }

    /// Tells the entities sheet of a row, and leaves the bare name of the property in it.
    void note_entities(Element& element) {
        const bool question = element.kind == Element::Kind::kQuestion;
        const std::string property =
            entities_.note({element.parent->container, element.name, element.row.at("save_to"),
                            place(element.row, "save_to"), question});
        if (property.empty())
            element.row.fields.erase("save_to");
        else
            element.row.fields["save_to"] = property;
        if (question) return;
        element.container = entities_.open(element.parent->container, element.name,
                                           element.kind == Element::Kind::kRepeat);
    }

    void add_entity_node(const Element& container, ModelNode& into) const {
        const SheetEntity* entity = entities_.in(container.container);
        if (entity != nullptr)
            into.children.push_back({"meta", "", {}, false, {entity_node(*entity)}});
    }

    void emit_entity(Element& container) {
        const SheetEntity* entity = entities_.in(container.container);
        if (entity == nullptr) return;
        Element meta;
        meta.parent = &container;
        Element declared;
        declared.parent = &meta;
        Element part;
        part.parent = &declared;
        const Provenance* wrong = nullptr;  // what is wrong in entity_id is wrong four times
        for (const EntityPart& p : entity_parts(*entity)) {
            part.path = container.path + "/meta/entity/" + (p.is_attribute ? "@" : "") + p.name;
            ModelBind bind;
            bind.nodeset = part.path;
            bind.type = "string";
            bind.where =
                p.calculate.empty() ? Provenance{"entities", entity->row, ""} : p.calculate.where;
            bind.readonly = {"true()", bind.where};
            if (!p.calculate.empty() && (wrong == nullptr || *wrong != bind.where)) {
                const std::size_t problems = diagnostics_.size();
                bind.calculate = {substitute(p.calculate.text, part, bind.where), bind.where};
                if (diagnostics_.size() != problems) wrong = &entity->id.where;
            }
            model_->binds.push_back(std::move(bind));
            if (p.name != "id" || !entity->makes_id()) continue;
            ModelAction action;
            action.element = "setvalue";
            action.ref = part.path;
            action.value.text = "uuid()";
            add_first_values(std::move(action), enclosing_repeat(&part));
        }
    }

    // Survey ------------------------------------------------------------------------------------

    void read_survey(const Sheet& sheet) {
        for (Heading& heading : read_headings(sheet, "survey", parse_survey_heading)) {
            if (heading.overlong) {
                report(DiagnosticCode::kUnknownColumn, {"survey", 1, heading.written},
                       {heading.written});
                continue;
            }
            if (!heading.known) {
                const std::string near = nearest_spelling(heading.field, survey_fields());
                report(DiagnosticCode::kUnknownColumn, {"survey", 1, heading.written},
                       {heading.written}, near, Severity::kWarning);
                if (near.empty()) continue;
            }
            if (!heading.language.empty()) translated_.insert(heading.field);
            headings_.push_back(std::move(heading));
        }
        check_translations(headings_, "survey");
        const bool has_type = std::any_of(headings_.begin(), headings_.end(),
                                          [](const Heading& h) { return h.field == "type"; });
        if (!has_type) {
            report(DiagnosticCode::kColumnMissing, {"survey", 1, "type"}, {"survey", "type"});
            return;
        }
        root_.kind = Element::Kind::kGroup;
        root_.name = model_->root.name;
        root_.path = "/" + model_->root.name;
        Element* open = &root_;
        for (std::size_t r = 1; r < sheet.rows.size(); ++r) read_row(sheet.rows[r], open);
        for (; open != &root_; open = open->parent) {
            report(DiagnosticCode::kNotClosed, place(open->row, "type"),
                   {"begin_" + fence_word(*open), open->name, "end_" + fence_word(*open)});
        }
        if (root_.children.empty() && !has_errors(diagnostics_)) {
            report(DiagnosticCode::kNoQuestions, {"survey", 0, ""});
        }
    }

    Row read_cells(const SheetRow& source) {
        Row row;
        row.number = source.number;
        for (const Heading& heading : headings_) {
            if (heading.column >= source.cells.size()) continue;
            const bool text_field = is_text_field(heading.field);
            std::string text = clean_values_ ? clean(source.cells[heading.column], true)
                                             : std::string(trim(source.cells[heading.column]));
            if (text.empty()) continue;
            row.headings.emplace(heading.field, heading.written);
            if (text_field) {
                if (heading.field.starts_with("media::") && !row.texts.contains(heading.field))
                    row.media.push_back(heading.field.substr(7));
                add_text(row.texts[heading.field], heading.language, std::move(text));
            } else {
                row.fields.emplace(heading.field, std::move(text));
            }
        }
        return row;
    }

    void read_row(const SheetRow& source, Element*& open) {
        Row row = read_cells(source);
        if (too_deep_ || row.headings.empty()) return;
        if (!row.at("disabled").empty()) {
            report(DiagnosticCode::kDisabledColumn, place(row, "disabled"), {}, {},
                   Severity::kWarning);
            if (yes_no(row.at("disabled")) == "true()") return;
        }
        const std::string type(row.at("type"));
        if (type.empty()) return read_remark(row);
        if (read_setting(row, type)) return;
        std::string list;
        const Fence fence = parse_fence(type, list);
        if (fence == Fence::kEndGroup || fence == Fence::kEndRepeat || fence == Fence::kEndLoop)
            return close(row, fence, open);
        auto element = std::make_unique<Element>();
        element->parent = open;
        element->list = list;
        if (fence != Fence::kNone) {
            element->kind =
                fence == Fence::kBeginRepeat ? Element::Kind::kRepeat : Element::Kind::kGroup;
            if (fence == Fence::kBeginLoop && !check_loop(row, type, list)) return;
            if (fence != Fence::kBeginLoop) element->list.clear();
        } else if (!read_type(row, type, *element)) {
            return;
        }
        element->name = name_of(row, *element);
        if (!check_name(row, *element)) {
            // An unnamed group still opens, so that its end has a partner.
            if (fence == Fence::kNone) return;
        }
        element->path = open->path + "/" + element->name;
        element->row = std::move(row);
        note_entities(*element);
        Element* made = element.get();
        if (fence == Fence::kNone)
            check_question(*made);
        else
            check_container(*made);
        if (made->select && table_list_) add_to_table(*made);
        open->children.push_back(std::move(element));
        if (fence != Fence::kNone) {
            open = made;
            check_depth(*made);
            begin_table(*made);
        }
        if (made->select && made->select->or_other) add_other(*made);
    }

    /// A row without a type: a remark, unless it has a name or label.
    void read_remark(const Row& row) {
        if (!row.at("name").empty() || row.texts.contains("label"))
            report(DiagnosticCode::kTypeMissing, place(row, "type"));
        else
            report(DiagnosticCode::kRowSkipped, {"survey", row.number, ""}, {}, {},
                   Severity::kWarning);
    }

    /// Old forms give settings as rows: "set form title", with the title for its name.
    bool read_setting(const Row& row, const std::string& type) {
        static constexpr std::string_view kRows[] = {"form_title",  "set form title", "form_id",
                                                     "set form id", "submission_url", "public_key",
                                                     "auto_send",   "auto_delete"};
        if (std::find(std::begin(kRows), std::end(kRows), type) == std::end(kRows)) return false;
        const std::string field = settings_field(type);
        const std::string value(row.at("name"));
        settings_[field] = value;
        if (field == "title") model_->title = value;
        for (auto& [name, id] : model_->root.attributes) {
            if (field == "form_id" && name == "id") id = value;
        }
        return true;
    }

    static std::string name_of(const Row& row, const Element& element) {
        const std::string_view spelling =
            element.type == nullptr ? std::string_view() : element.type->spelling;
        if (!row.at("name").empty()) return std::string(row.at("name"));
        if (spelling == "audit") return "audit";
        if (spelling == "note") return "generated_note_name_" + std::to_string(row.number);
        return {};
    }

    void check_question(const Element& element) {
        const Row& row = element.row;
        const auto warn = [&](DiagnosticCode code, const char* column,
                              std::vector<std::string> args = {}) {
            report(code, place(row, column), std::move(args), {}, Severity::kWarning);
        };
        if (element.select) {
            if (element.select->element == "external" && row.at("choice_filter").empty())
                warn(DiagnosticCode::kExternalUnfiltered, "choice_filter");
            return;
        }
        const std::string_view type = element.type->spelling;
        if (is_file_list(element) && enclosing_repeat(&element) != nullptr)
            warn(DiagnosticCode::kFileInRepeat, "type", {std::string(type)});
        if (type == "audit" && element.name != "audit")
            report(DiagnosticCode::kAuditName, place(row, "name"));
        if (type == "calculate" && row.at("calculation").empty() &&
            !is_dynamic(element, std::string(row.at("default")))) {
            report(DiagnosticCode::kCalculationMissing, place(row, "calculation"), {"calculate"});
        }
        if (type == "simserial" || type == "subscriberid")
            warn(DiagnosticCode::kOldDeviceType, "type", {std::string(row.at("type"))});
        if (type == "image" && row.at("parameters").find("max-pixels") == std::string_view::npos)
            warn(DiagnosticCode::kMaxPixels, "parameters");
    }

    void check_container(const Element& element) {
        const Row& row = element.row;
        if (!row.at("required").empty() && yes_no(row.at("required")) != "false()")
            report(DiagnosticCode::kRequiredGroup, place(row, "required"), {}, {},
                   Severity::kWarning);
        const bool field_list = element.kind == Element::Kind::kGroup && element.list.empty() &&
                                row.at("appearance") == "field-list";
        if (row.texts.contains("label") || !row.media.empty() || field_list) return;
        report(DiagnosticCode::kGroupLabelMissing, place(row, "label"),
               {element.name, std::string(row.at("type"))}, {}, Severity::kWarning);
    }

    static std::string fence_word(const Element& element) {
        if (element.kind == Element::Kind::kRepeat) return "repeat";
        return element.list.empty() ? "group" : "loop";
    }

    void check_depth(const Element& element) {
        std::size_t depth = 0;
        for (const Element* e = &element; e != nullptr; e = e->parent) ++depth;
        too_deep_ = depth == kNestingMax;
        if (too_deep_) {
            report(DiagnosticCode::kXmlTooDeep, place(element.row, "type"),
                   {std::to_string(kNestingMax)});
        }
    }

    void close(const Row& row, Fence fence, Element*& open) {
        const std::string word = fence == Fence::kEndRepeat  ? "repeat"
                                 : fence == Fence::kEndGroup ? "group"
                                                             : "loop";
        if (open == &root_ || fence_word(*open) != word) {
            const std::string name(row.at("name"));
            report(DiagnosticCode::kNotOpened, place(row, "type"),
                   {"end_" + word, "begin_" + word, name.empty() ? "unknown" : name});
            return;
        }
        if (!row.at("save_to").empty()) {
            entities_.note({open->container, "", row.at("save_to"), place(row, "save_to"), false});
        }
        table_list_.reset();
        open = open->parent;
    }

    // Loops and tables --------------------------------------------------------------------------

    bool check_loop(const Row& row, const std::string& type, const std::string& list) {
        if (list.empty()) {
            report(DiagnosticCode::kLoopWithoutList, place(row, "type"), {type});
            return false;
        }
        if (lists_.contains(list)) return true;
        report(DiagnosticCode::kUnknownList, place(row, "type"), {list},
               nearest_spelling(list, list_order_));
        return false;
    }

    void expand_loops(Element& element) {
        for (const auto& child : element.children) {
            expand_loops(*child);
            if (child->kind == Element::Kind::kGroup && !child->list.empty()) expand_loop(*child);
        }
    }

    /// A loop's questions stand there once for each choice of its list, in a group of its name.
    void expand_loop(Element& loop) {
        const auto questions = std::move(loop.children);
        loop.children.clear();
        for (const ChoiceRow& choice : lists_[loop.list].rows) {
            if (choice.name == "none") continue;
            if (!is_xml_name(choice.name)) {
                report(DiagnosticCode::kBadName, {"choices", choice.number, "name"}, {choice.name},
                       xml_name_from(choice.name));
                continue;
            }
            auto group = std::make_unique<Element>();
            group->parent = &loop;
            group->kind = Element::Kind::kGroup;
            group->name = choice.name;
            group->path = loop.path + "/" + choice.name;
            group->looped = true;
            group->container = loop.container;
            group->row.number = loop.row.number;
            if (!choice.labels.empty()) group->row.texts["label"] = choice.labels;
            for (const auto& [kind, files] : choice.media) {
                group->row.media.push_back(kind);
                group->row.texts["media::" + kind] = files;
            }
            for (const auto& child : questions) add_copy(*child, *group, choice);
            loop.children.push_back(std::move(group));
        }
    }

    void add_copy(const Element& from, Element& parent, const ChoiceRow& choice) {
        if (++copies_ > kCopiesMax) {
            if (copies_ == kCopiesMax + 1) {
                report(DiagnosticCode::kTooManyNodes, place(from.row, "type"),
                       {std::to_string(kCopiesMax)});
            }
            return;
        }
        auto copy = std::make_unique<Element>();
        copy->parent = &parent;
        copy->row = from.row;
        copy->kind = from.kind;
        copy->name = about(from.name, choice, "");
        copy->path = parent.path + "/" + copy->name;
        copy->select = from.select;
        copy->type = from.type;
        copy->generated = from.generated;
        copy->looped = true;
        copy->list = from.list;
        copy->container = from.container;
        for (auto& [field, text] : copy->row.fields) text = about(text, choice, "");
        for (auto& [field, texts] : copy->row.texts) {
            for (auto& [language, text] : texts) text = about(text, choice, language);
        }
        for (const auto& child : from.children) add_copy(*child, *copy, choice);
        parent.children.push_back(std::move(copy));
    }

    /// "%(name)s" and "%(label)s" in a loop's questions are those of the choice.
    static std::string about(std::string text, const ChoiceRow& choice,
                             const std::string& language) {
        std::string label = choice.labels.empty() ? "" : choice.labels.front().second;
        for (const auto& [known, own] : choice.labels) {
            if (known == language) label = own;
        }
        for (const auto& [mark, value] :
             {std::pair<std::string, const std::string&>("%(name)s", choice.name),
              {"%(label)s", label}}) {
            for (auto at = text.find(mark); at != std::string::npos;
                 at = text.find(mark, at + value.size()))
                text.replace(at, mark.size(), value);
        }
        return text;
    }

    static std::unique_ptr<Element> generated(Element& parent, const std::string& name,
                                              std::uint32_t row) {
        auto out = std::make_unique<Element>();
        out->parent = &parent;
        out->name = name;
        out->path = parent.path + "/" + name;
        out->generated = true;
        out->row.number = row;
        return out;
    }

    /// A group of selects shown as one table: its own texts move into a note.
    void begin_table(Element& group) {
        std::string appearance = "field-list";
        bool table = false;
        for (const std::string_view word : split_words(group.row.at("appearance"))) {
            if (word == "table-list")
                table = true;
            else
                appearance.append(" ").append(word);
        }
        if (!table) return;
        table_list_.emplace();
        group.row.fields["appearance"] = appearance;
        const std::uint32_t row = group.row.number;
        auto note = generated(group, "generated_table_list_label_" + std::to_string(row), row);
        note->type = find_type("note");
        for (const char* field : {"label", "hint"}) {
            const auto found = group.row.texts.find(field);
            if (found == group.row.texts.end()) continue;
            note->row.texts.insert(group.row.texts.extract(found));
        }
        if (!note->row.texts.empty()) group.children.push_back(std::move(note));
    }

    /// Before the first select of a table comes one that shows the choices' labels.
    void add_to_table(Element& select) {
        const std::string& list = select.select->list;
        if (table_list_->empty()) {
            *table_list_ = list;
            if (!select.row.at("choice_filter").empty())
                report(DiagnosticCode::kTableListFilter, place(select.row, "choice_filter"));
            const std::uint32_t row = select.row.number;
            auto head = generated(
                *select.parent, "reserved_name_for_field_list_labels_" + std::to_string(row), row);
            head->select = select.select;
            head->select->or_other = false;
            head->row.fields["appearance"] = "label";
            head->row.texts["label"].emplace_back("", " ");
            select.parent->children.push_back(std::move(head));
        }
        if (*table_list_ != list) {
            report(DiagnosticCode::kTableListMixed, place(select.row, "type"),
                   {*table_list_, list});
        }
        select.row.fields["appearance"] = "list-nolabel";
    }

    // Types and lists ---------------------------------------------------------------------------

    bool read_type(const Row& row, const std::string& type, Element& out) {
        out.select = parse_select(type);
        if (out.select) {
            if (out.select->list.empty()) {
                report(DiagnosticCode::kListMissing, place(row, "type"), {type});
                return false;
            }
            return check_list(row, *out.select);
        }
        out.type = find_type(type);
        if (out.type != nullptr) return true;
        if (type.starts_with("osm ")) {
            out.type = find_type("osm");
            out.list = trim(std::string_view(type).substr(4));
            return true;
        }
        const std::string head = type.substr(0, type.find(' '));
        report(DiagnosticCode::kUnknownType, place(row, "type"), {type},
               nearest_spelling(head, type_names()));
        return false;
    }

    bool check_list(const Row& row, SelectType& select) {
        const Provenance where = place(row, "type");
        if (select.or_other && !row.at("choice_filter").empty()) {
            report(DiagnosticCode::kOtherFilter, place(row, "choice_filter"));
            return false;
        }
        const bool elsewhere = select.from_file || select.list.starts_with("${");
        if (select.or_other && elsewhere) {
            report(DiagnosticCode::kOtherWithoutList, where, {select.list});
            return false;
        }
        if (select.or_other && has_translations_)
            report(DiagnosticCode::kOtherTranslated, where, {}, {}, Severity::kWarning);
        if (select.from_file) {
            const std::string lower = lower_ascii(select.list);
            const bool known =
                lower.ends_with(".csv") || lower.ends_with(".xml") || lower.ends_with(".geojson");
            if (known || select.list.find("${") != std::string::npos) return true;
            report(DiagnosticCode::kFileKind, where, {std::string(row.at("type"))});
            return false;
        }
        if (elsewhere) return true;
        if (select.element == "external") return check_external_list(where, select.list);
        if (lists_.empty()) {
            report(DiagnosticCode::kListSheetMissing, {"choices", 0, ""},
                   {"choices", "'list_name', 'name', 'label'"}, similar_sheets("choices"));
            return false;
        }
        const auto found = lists_.find(select.list);
        if (found == lists_.end()) {
            report(DiagnosticCode::kUnknownList, where, {select.list},
                   nearest_spelling(select.list, list_order_));
            return false;
        }
        found->second.used = true;
        found->second.other = found->second.other || select.or_other;
        if (select.element == "select") check_choice_names(select.list, found->second);
        return true;
    }

    bool check_external_list(const Provenance& where, const std::string& list) {
        if (external_lists_.empty()) {
            report(DiagnosticCode::kListSheetMissing, {"external_choices", 0, ""},
                   {"external_choices", "'list name', 'name'"}, similar_sheets("external_choices"));
            return false;
        }
        if (std::binary_search(external_lists_.begin(), external_lists_.end(), list)) return true;
        report(DiagnosticCode::kUnknownList, where, {list},
               nearest_spelling(list, external_lists_));
        return false;
    }

    /// The answer to a select_multiple is the names with spaces between them.
    void check_choice_names(const std::string& name, ChoiceList& list) {
        if (list.multiple) return;
        list.multiple = true;
        for (const ChoiceRow& choice : list.rows) {
            if (choice.name.find(' ') == std::string::npos) continue;
            report(DiagnosticCode::kChoiceNameSpace, {"choices", choice.number, "name"},
                   {choice.name, name});
        }
    }

    bool check_name(const Row& row, const Element& element) {
        if (element.name.empty()) {
            report(DiagnosticCode::kNameMissing, place(row, "name"));
            return false;
        }
        if (!is_xml_name(element.name)) {
            report(DiagnosticCode::kBadName, place(row, "name"), {element.name},
                   xml_name_from(element.name));
            return false;
        }
        if (element.name == "meta") {
            report(DiagnosticCode::kReservedName, place(row, "name"), {element.name});
            return false;
        }
        return true;
    }

    void add_other(const Element& select) {
        auto other = std::make_unique<Element>();
        other->parent = select.parent;
        other->name = select.name + "_other";
        other->path = select.parent->path + "/" + other->name;
        other->type = find_type("text");
        other->generated = true;
        other->row.number = select.row.number;
        other->row.texts["label"].emplace_back("", "Specify other.");
        other->row.fields["relevant"] = "selected(../" + select.name + ", 'other')";
        select.parent->children.push_back(std::move(other));
    }

    // Names and references ----------------------------------------------------------------------

    void index_names(Element& element) {
        for (const auto& child : element.children) {
            by_name_[child->name].push_back(child.get());
            if (is_file_list(*child)) file_ids_.insert(child->name);
            if (child->select && child->select->from_file) {
                const std::string& file = child->select->list;
                file_ids_.insert(file.substr(0, file.rfind('.')));
            }
            if (child->kind == Element::Kind::kRepeat) check_repeat_name(*child);
            index_names(*child);
        }
    }

    void check_repeat_name(const Element& repeat) {
        if (repeat.name == root_.name)
            report(DiagnosticCode::kRootRepeat, place(repeat.row, "name"), {repeat.name});
        if (!repeat_names_.insert(repeat.name).second)
            report(DiagnosticCode::kRepeatTwice, place(repeat.row, "name"), {repeat.name});
    }

    void check_names(const Element& element) {
        std::unordered_map<std::string, std::uint32_t> seen;
        std::unordered_set<std::string> lower;
        for (const auto& child : element.children) {
            const auto [first, fresh] = seen.emplace(child->name, child->row.number);
            if (!fresh) {
                report(DiagnosticCode::kDuplicateName, place(child->row, "name"),
                       {child->name, std::to_string(first->second)});
            } else if (!lower.insert(lower_ascii(child->name)).second) {
                report(DiagnosticCode::kNameCase, place(child->row, "name"), {child->name}, {},
                       Severity::kWarning);
            }
            check_names(*child);
        }
        for (const auto& child : element.children) {
            if (!needs_count_node(std::string(child->row.at("repeat_count")))) continue;
            const std::string counter = child->name + "_count";
            const auto taken = seen.find(counter);
            if (taken == seen.end()) continue;
            report(DiagnosticCode::kDuplicateName, place(child->row, "name"),
                   {counter, std::to_string(taken->second)});
        }
    }

    /// search() replaces the choices of a list, so all its questions search or none does.
    void check_searches() {
        std::map<std::string, std::pair<const Element*, const Element*>> uses;
        find_searches(root_, uses);
        for (const auto& [list, pair] : uses) {
            const auto& [searching, plain] = pair;
            if (searching == nullptr || plain == nullptr) continue;
            report(DiagnosticCode::kSearchShared, place(searching->row, "appearance"),
                   {searching->name, list, plain->name});
        }
    }

    void find_searches(const Element& element,
                       std::map<std::string, std::pair<const Element*, const Element*>>& uses) {
        for (const auto& child : element.children) {
            find_searches(*child, uses);
            if (!child->select || child->select->element == "external") continue;
            const bool search =
                child->row.at("appearance").find("search(") != std::string_view::npos;
            if (search && child->select->from_file) {
                report(DiagnosticCode::kSearchFile, place(child->row, "appearance"), {child->name});
            }
            if (child->select->from_file) continue;
            auto& use = uses[child->select->list];
            (search ? use.first : use.second) = child.get();
        }
    }

    static const Element* enclosing_repeat(const Element* element) {
        for (const Element* e = element->parent; e != nullptr; e = e->parent) {
            if (e->kind == Element::Kind::kRepeat) return e;
        }
        return nullptr;
    }

    static bool is_inside(const Element* element, const Element* above) {
        for (const Element* e = element->parent; e != nullptr; e = e->parent) {
            if (e == above) return true;
        }
        return false;
    }

    /// How `context` writes a reference to `target`: relative where they share a repeat.
    static std::string path_to(const Element& target, const Element& context) {
        const Element* shared = nullptr;
        for (const Element* r = enclosing_repeat(&target); r != nullptr; r = enclosing_repeat(r)) {
            if (is_inside(&context, r) || &context == r) {
                shared = r;
                break;
            }
        }
        if (shared == nullptr) return target.path;
        // Up from the context to the deepest element that holds both, then down.
        std::string ups;
        const Element* meet = &context;
        while (meet == &target || !is_inside(&target, meet)) {
            ups += ups.empty() ? ".." : "/..";
            meet = meet->parent;
        }
        std::string down = target.path.substr(meet->path.size() + 1);
        return ups.empty() ? "./" + down : ups + "/" + down;
    }

    const Element* find_reference(const std::string& name, const Element& context,
                                  const Provenance& where) {
        const auto found = by_name_.find(name);
        if (found == by_name_.end()) {
            std::vector<std::string> names;
            for (const auto& [known, elements] : by_name_) names.push_back(known);
            std::sort(names.begin(), names.end());
            report(DiagnosticCode::kUnknownReference, where, {name}, nearest_spelling(name, names));
            return nullptr;
        }
        if (found->second.size() == 1) return found->second[0];
        // Of the copies that a loop makes, the one in the context's own copy is meant.
        if (!found->second.front()->looped) {
            report(DiagnosticCode::kAmbiguousReference, where, {name});
            return nullptr;
        }
        for (const Element* e = context.parent; e != nullptr; e = e->parent) {
            const Element* only = nullptr;
            std::size_t count = 0;
            for (const Element* candidate : found->second) {
                if (is_inside(candidate, e)) only = candidate, ++count;
            }
            if (count == 1) return only;
            if (count > 1) break;
        }
        report(DiagnosticCode::kAmbiguousReference, where, {name});
        return nullptr;
    }

    /// Where in an expression a reference stands: it decides how the path is written.
    struct Scan {
        struct Call {
            std::string name;
            std::size_t argument = 0;
        };
        std::vector<Call> calls;
        std::vector<bool> brackets;  ///< of each open one: whether it filters another instance
        bool looking = false;        ///< in a path that begins with instance()
        char quote = '\0';
        std::string word;

        [[nodiscard]] bool filters() const { return !brackets.empty() && brackets.back(); }

        void feed(char c) {
            if (quote != '\0') {
                if (c == quote) quote = '\0';
                return;
            }
            if (c == '\'' || c == '"') quote = c;
            if (c == '(') calls.push_back({word, 0});
            if (c == ',' && !calls.empty()) ++calls.back().argument;
            const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                                c == ':' || c == '_' || (c >= '0' && c <= '9');
            if (c == ')' && !calls.empty()) {
                looking = calls.back().name == "instance";
                calls.pop_back();
            } else if (c == '[') {
                brackets.push_back(looking || filters());
                looking = false;
            } else if (c == ']' && !brackets.empty()) {
                looking = brackets.back();
                brackets.pop_back();
            } else if (!letter && c != '/' && c != ' ') {
                looking = false;
            }
            if (letter)
                word += c;
            else if (c != ' ')
                word.clear();
        }
        /// indexed-repeat() wants whole paths for its target and its repeats.
        [[nodiscard]] bool absolute() const {
            if (calls.empty() || calls.back().name != "indexed-repeat") return false;
            const std::size_t n = calls.back().argument;
            return n == 0 || n % 2 == 1;
        }
    };

    /// "${name}" → " /data/name " and so on. `in_list`: the expression filters choices, which are
    /// the rows of the repeat `rows` if there is one.
    std::string substitute(std::string_view text, const Element& context, const Provenance& where,
                           bool in_list = false, const Element* rows = nullptr) {
        std::string out;
        Scan scan;
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text.substr(i, 2) != "${") {
                scan.feed(text[i]);
                out += text[i];
                continue;
            }
            const auto end = text.find('}', i);
            std::string name(trim(text.substr(
                i + 2, end == std::string_view::npos ? std::string_view::npos : end - i - 2)));
            const bool saved = name.starts_with("last-saved#");
            if (saved) name = name.substr(11);
            if (end == std::string_view::npos || !is_xml_name(name)) {
                report(DiagnosticCode::kReferenceForm, where, {std::string(text.substr(i, 60))});
                return out;
            }
            i = end;
            scan.looking = false;
            const Element* target = find_reference(name, context, where);
            if (target == nullptr) continue;
            if (saved) {
                uses_last_saved_ = true;
                out += " instance('__last-saved')" + target->path + " ";
                continue;
            }
            std::string path = scan.absolute() ? target->path : path_to(*target, context);
            if (rows != nullptr && is_inside(target, rows)) {
                out += " ." + target->path.substr(rows->path.size()) + " ";
                continue;
            }
            if ((in_list || scan.filters()) && path.starts_with('.')) path = "current()/" + path;
            out += " " + path + " ";
        }
        return out;
    }

    /// The last character of "instance('list')/root/item[…]/label" in a text; npos if it's no
    /// lookup.
    static std::size_t end_of_lookup(std::string_view text, std::size_t from) {
        std::size_t depth = 0;
        char quote = '\0';
        bool steps = false;
        for (std::size_t i = from; i < text.size(); ++i) {
            const char c = text[i];
            if (quote != '\0') {
                if (c == quote) quote = '\0';
                continue;
            }
            if (depth > 0 && (c == '\'' || c == '"'))
                quote = c;
            else if (c == '(' || c == '[' || c == '{')
                ++depth;
            else if (c == ')' || c == ']' || c == '}') {
                if (depth == 0) return steps ? i - 1 : std::string_view::npos;
                --depth;
            } else if (depth == 0) {
                if (c == '/') steps = true;
                const bool name = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
                                  c == '-' || c == '/' || (c >= '0' && c <= '9');
                if (!name) return steps ? i - 1 : std::string_view::npos;
            }
        }
        return steps && depth == 0 ? text.size() - 1 : std::string_view::npos;
    }

    RichText rich(std::string_view text, const Element& context, const Provenance& where) {
        RichText out;
        std::string plain;
        for (std::size_t i = 0; i < text.size(); ++i) {
            auto end = std::string_view::npos;
            if (text.substr(i, 2) == "${") end = std::min(text.find('}', i), text.size() - 1);
            if (text.substr(i, 9) == "instance(") end = end_of_lookup(text, i);
            if (end == std::string_view::npos) {
                plain += text[i];
                continue;
            }
            if (!plain.empty()) out.push_back({plain, false});
            plain.clear();
            out.push_back({substitute(text.substr(i, end - i + 1), context, where), true});
            i = end;
        }
        if (!plain.empty()) out.push_back({plain, false});
        return out;
    }

    // Texts -------------------------------------------------------------------------------------

    ModelTranslation& translation(const std::string& language) {
        const std::string name = language.empty() ? model_->default_language : language;
        for (ModelTranslation& t : model_->translations) {
            if (t.language == name) return t;
        }
        model_->translations.push_back({name, false, {}});
        text_index_.emplace_back();
        return model_->translations.back();
    }

    void add_itext(const std::string& language, const std::string& id, const std::string& form,
                   RichText text) {
        ModelTranslation& t = translation(language);
        auto& index = text_index_[static_cast<std::size_t>(&t - model_->translations.data())];
        const auto [found, fresh] = index.emplace(id, t.texts.size());
        if (fresh) t.texts.push_back({id, {}});
        auto& forms = t.texts[found->second].forms;
        for (auto& [name, value] : forms) {
            if (name == form) return;
        }
        forms.emplace_back(form, std::move(text));
    }

    static std::string media_address(std::string_view kind, const std::string& file) {
        if (file.starts_with("jr://")) return file;
        const std::string folder = kind == "audio" ? "audio" : kind == "video" ? "video" : "images";
        return "jr://" + folder + "/" + file;
    }

    [[nodiscard]] bool needs_itext(const Element& element, const std::string& field) const {
        const auto found = element.row.texts.find(field);
        if (found == element.row.texts.end()) return false;
        return std::any_of(found->second.begin(), found->second.end(),
                           [](const auto& text) { return !text.first.empty(); });
    }

    /// Puts a text into the control: inline, or into itext where it has languages or media.
    ModelText make_text(const Element& element, const std::string& field, bool force,
                        const std::vector<std::string>& media = {}) {
        ModelText out;
        const auto found = element.row.texts.find(field);
        const bool has_text = found != element.row.texts.end();
        const Provenance where = place(element.row, field);
        if (!has_text && !force) return out;
        out.present = true;
        if (!force && !needs_itext(element, field)) {
            out.literal = rich(found->second.front().second, element, where);
            return out;
        }
        const std::string id = element.path + ":" + field;
        out.ref = "jr:itext('" + id + "')";
        if (has_text) {
            for (const auto& [language, text] : found->second) {
                add_itext(language, id, "", rich(text, element, where));
            }
        }
        for (const std::string& kind : media) {
            const auto files = element.row.texts.find("media::" + kind);
            if (files == element.row.texts.end()) continue;
            for (const auto& [language, file] : files->second)
                late_media_.push_back({language, id, kind, media_address(kind, file)});
        }
        return out;
    }

    void add_texts(const Element& element, ModelControl& control) {
        const std::vector<std::string>& media = element.row.media;
        control.label = make_text(element, "label", !media.empty(), media);
        if (element.row.texts.contains("media::big-image") &&
            !element.row.texts.contains("media::image")) {
            report(DiagnosticCode::kBigImageAlone, place(element.row, "media::big-image"),
                   {element.name});
        }
        const auto guidance = element.row.texts.find("guidance_hint");
        const bool has_guidance = guidance != element.row.texts.end();
        const bool has_hint = element.row.texts.contains("hint");
        control.label.present = control.label.present || has_hint;
        control.hint = make_text(element, "hint", has_guidance);
        if (has_guidance) {
            for (const auto& [language, text] : guidance->second) {
                add_itext(language, element.path + ":hint", "guidance",
                          rich(text, element, place(element.row, "guidance_hint")));
            }
        }
        if (element.kind == Element::Kind::kQuestion) return;
        // Groups and repeats show no hint in XForms, and a repeat always has a label.
        control.hint = {};
        control.label.present = element.row.texts.contains("label") || !media.empty() ||
                                element.kind == Element::Kind::kRepeat;
    }

    /// A constraint's or required's message: a literal, or itext where it has languages or outputs.
    std::string make_message(const Element& element, const std::string& field, const char* suffix) {
        const auto found = element.row.texts.find(field);
        if (found == element.row.texts.end()) return {};
        const std::string& first = found->second.front().second;
        const bool outputs = first.find("${") != std::string::npos;
        if (!needs_itext(element, field) && !outputs) return first;
        const std::string id = element.path + ":" + suffix;
        for (const auto& [language, text] : found->second) {
            add_itext(language, id, "", rich(text, element, place(element.row, field)));
        }
        return "jr:itext('" + id + "')";
    }

    // Building ----------------------------------------------------------------------------------

    void build_instance() {
        for (const auto& child : root_.children) add_nodes(*child, model_->root);
        ModelNode meta;
        meta.name = "meta";
        if (const SheetEntity* entity = entities_.in(EntitiesSheet::kForm))
            meta.children.push_back(entity_node(*entity));
        model_->entities_version = entities_.version();
        if (has_audit_) meta.children.push_back({"audit", "", {}, false, {}});
        const auto omit = settings_.find("omit_instanceID");
        if (omit == settings_.end() || yes_no(omit->second) != "true()") {
            meta.children.push_back({"instanceID", "", {}, false, {}});
            with_instance_id_ = true;
        }
        if (settings_.contains("instance_name"))
            meta.children.push_back({"instanceName", "", {}, false, {}});
        if (!meta.children.empty()) model_->root.children.push_back(std::move(meta));
    }

    enum class Layer : std::uint8_t { kTop, kTemplate, kRow };
    void add_nodes(const Element& element, ModelNode& into, Layer layer = Layer::kTop) {
        if (element.type != nullptr && element.type->spelling == "audit") {
            has_audit_ = true;
            return;
        }
        if (is_file_list(element)) return;
        ModelNode node;
        node.name = element.name;
        for (const auto& [field, value] : element.row.fields) {
            if (!field.starts_with("instance::")) continue;
            node.attributes.emplace_back(field.substr(10),
                                         substitute(value, element, place(element.row, field)));
        }
        if (element.kind == Element::Kind::kQuestion) {
            const std::string fallback(element.row.at("default"));
            if (!fallback.empty() && !is_dynamic(element, fallback))
                node.value = default_text(element, fallback);
            into.children.push_back(std::move(node));
            return;
        }
        // A template holds the templates of the repeats inside it, a row holds their rows.
        if (element.kind == Element::Kind::kRepeat) {
            const std::string count(element.row.at("repeat_count"));
            if (needs_count_node(count))
                into.children.push_back({element.name + "_count", "", {}, false, {}});
            if (layer != Layer::kRow) {
                ModelNode pattern;
                pattern.name = node.name;
                pattern.is_template = true;
                for (const auto& child : element.children)
                    add_nodes(*child, pattern, Layer::kTemplate);
                add_entity_node(element, pattern);
                into.children.push_back(std::move(pattern));
            }
            if (layer == Layer::kTemplate) return;
            layer = Layer::kRow;
        }
        // A group in a template starts anew, as in pyxform.
        if (layer == Layer::kTemplate) layer = Layer::kTop;
        for (const auto& child : element.children) add_nodes(*child, node, layer);
        add_entity_node(element, node);
        into.children.push_back(std::move(node));
    }

    static bool needs_count_node(const std::string& count) {
        if (count.empty()) return false;
        const bool plain = count.starts_with("${") && count.find('}') == count.size() - 1;
        return !plain;
    }

    static std::string default_text(const Element& element, const std::string& text) {
        const bool image = element.type != nullptr && element.type->mediatype == "image/*";
        return image && !text.starts_with("jr://") ? "jr://images/" + text : text;
    }

    [[nodiscard]] static bool is_file_list(const Element& element) {
        return element.type != nullptr && (element.type->spelling == "csv-external" ||
                                           element.type->spelling == "xml-external");
    }

    /// A default that has to be computed.
    bool is_dynamic(const Element& element, const std::string& text) const {
        if (text.find("${") != std::string::npos) return true;
        const std::string_view type = element.type == nullptr ? "string" : element.type->bind_type;
        Expression expr;
        ParseProblem problem;
        if (!Expression::parse_known(text, *model_->names, expr, problem)) return false;
        const ExprNode& root = expr.node(expr.root());
        if (root.op == Op::kCall) return root.fn != Fn::kUnknown;
        if (root.op != Op::kChain) return false;
        const bool dated =
            type == "date" || type == "dateTime" || type == "time" || type.starts_with("geo");
        const bool only_minus =
            std::all_of(root.ops.begin(), root.ops.end(), [](Op op) { return op == Op::kSub; });
        return !(only_minus && (dated || type == "string"));
    }

    SourceExpr expression(const Element& element, const std::string& field) {
        const std::string_view text = element.row.at(field);
        if (text.empty()) return {};
        const Provenance where = place(element.row, field);
        return {substitute(yes_no(text), element, where), where};
    }

    ModelBind make_bind(const Element& element, std::string_view type) {
        ModelBind bind;
        bind.nodeset = element.path;
        bind.type = element.row.at("bind_type").empty() ? std::string(type)
                                                        : std::string(element.row.at("bind_type"));
        bind.where = place(element.row, "name");
        bind.relevant = expression(element, "relevant");
        bind.constraint = expression(element, "constraint");
        if (bind.constraint.empty() && element.type != nullptr && !element.type->constraint.empty())
            bind.constraint = {std::string(element.type->constraint), place(element.row, "type")};
        bind.required = expression(element, "required");
        bind.readonly = expression(element, "readonly");
        if (element.row.at("trigger").empty()) bind.calculate = expression(element, "calculation");
        bind.constraint_msg = make_message(element, "constraint_message", "jr:constraintMsg");
        bind.required_msg = make_message(element, "required_message", "jr:requiredMsg");
        if (std::string message = make_message(element, "noAppErrorString", "jr:noAppErrorString");
            !message.empty()) {
            bind.others.emplace_back("jr:noAppErrorString", std::move(message));
        }
        bind.save_to = element.row.at("save_to");
        if (element.type != nullptr) {
            bind.preload = element.type->preload;
            bind.preload_params = element.type->preload_params;
            if (element.type->spelling == "note" && bind.readonly.empty())
                bind.readonly = {"true()", bind.where};
        }
        for (const Heading& heading : headings_) {
            if (!heading.field.starts_with("bind::")) continue;
            const std::string_view value = element.row.at(heading.field);
            if (value.empty()) continue;
            bind.others.emplace_back(heading.field.substr(6),
                                     substitute(value, element, place(element.row, heading.field)));
        }
        return bind;
    }

    void emit(Element& element, std::vector<ModelControl>& into) {
        switch (element.kind) {
            case Element::Kind::kQuestion: return emit_question(element, into);
            case Element::Kind::kGroup: return emit_group(element, into);
            case Element::Kind::kRepeat: return emit_repeat(element, into);
        }
    }

    [[nodiscard]] static bool has_bind_content(const ModelBind& bind) {
        return !bind.relevant.empty() || !bind.readonly.empty() || !bind.required.empty() ||
               !bind.others.empty() || !bind.constraint.empty();
    }

    void emit_group(Element& element, std::vector<ModelControl>& into) {
        find_pulldata(element);
        ModelBind bind = make_bind(element, "");
        if (has_bind_content(bind)) model_->binds.push_back(std::move(bind));
        ModelControl control = make_control(element, ControlKind::kGroup);
        add_texts(element, control);
        for (const auto& child : element.children) emit(*child, control.children);
        emit_entity(element);
        into.push_back(std::move(control));
    }

    void emit_repeat(Element& element, std::vector<ModelControl>& into) {
        find_pulldata(element);
        ModelBind bind = make_bind(element, "");
        ModelControl repeat = make_control(element, ControlKind::kRepeat);
        const std::string count(element.row.at("repeat_count"));
        if (!count.empty()) {
            const Provenance where = place(element.row, "repeat_count");
            repeat.where = where;
            // Seen from beside the rows: a stand-in where the count node is.
            Element stand_in;
            stand_in.parent = element.parent;
            stand_in.path = element.path + "_count";
            const std::string text = substitute(count, stand_in, where);
            if (needs_count_node(count)) {
                ModelBind counter;
                counter.nodeset = stand_in.path;
                counter.type = "string";
                counter.readonly = {"true()", where};
                counter.calculate = {text, where};
                counter.where = where;
                model_->binds.push_back(std::move(counter));
                repeat.count = " " + path_to_count(element) + " ";
            } else {
                repeat.count = text;
            }
        }
        if (has_bind_content(bind)) model_->binds.push_back(std::move(bind));
        ModelControl group;
        group.kind = ControlKind::kGroup;
        group.ref = element.path;
        group.where = repeat.where;
        add_texts(element, group);
        for (const auto& child : element.children) emit(*child, repeat.children);
        emit_entity(element);
        repeat.actions.insert(repeat.actions.end(), repeat_actions_[element.path].begin(),
                              repeat_actions_[element.path].end());
        group.children.push_back(std::move(repeat));
        into.push_back(std::move(group));
    }

    std::string path_to_count(const Element& repeat) const {
        return enclosing_repeat(&repeat) == nullptr ? repeat.path + "_count"
                                                    : "../" + repeat.name + "_count";
    }

    ModelControl make_control(const Element& element, ControlKind kind) {
        ModelControl control;
        control.kind = kind;
        control.ref = element.path;
        control.appearance = element.row.at("appearance");
        control.where = place(element.row, "type");
        for (const auto& [field, value] : element.row.fields) {
            if (!field.starts_with("body::")) continue;
            control.others.emplace_back(field.substr(6),
                                        substitute(value, element, place(element.row, field)));
        }
        std::sort(control.others.begin(), control.others.end());
        return control;
    }

    void emit_question(Element& element, std::vector<ModelControl>& into) {
        if (is_file_list(element)) {
            add_file(element.name,
                     element.name + (element.type->spelling == "csv-external" ? ".csv" : ".xml"),
                     "external", &element);
            return;
        }
        const std::string_view spelling =
            element.type == nullptr ? std::string_view() : element.type->spelling;
        if (spelling == "audit") return emit_audit(element);
        find_pulldata(element);
        const bool rank = element.select && element.select->element == "odk:rank";
        ModelBind bind = make_bind(element, rank                      ? "odk:rank"
                                            : element.type == nullptr ? "string"
                                                                      : element.type->bind_type);
        ModelControl control = make_control(element, ControlKind::kInput);
        const ParameterOutcome parameters = apply_parameters(element, bind, control);
        if (!bind.type.empty() || has_bind_content(bind)) model_->binds.push_back(std::move(bind));
        if (spelling == "background-audio") record_audio(element, parameters);
        if (spelling == "start-geopoint") {
            model_->actions.push_back(
                {"odk:setgeopoint", "odk-instance-first-load", element.path, {}, {}, {}});
        }
        add_dynamic_default(element);
        add_trigger(element);
        const bool labelled =
            element.row.texts.contains("label") || element.row.texts.contains("hint");
        const bool calculated = !element.row.at("calculation").empty() && !labelled;
        if (element.select && !calculated) return emit_select(element, std::move(control), into);
        const std::string_view kind = element.select ? std::string_view() : element.type->control;
        // What is not shown has its texts in the translations all the same.
        if (kind.empty() || calculated) return add_texts(element, control);
        if (kind == "upload") control.kind = ControlKind::kUpload;
        if (kind == "trigger") control.kind = ControlKind::kTrigger;
        if (kind == "range") control.kind = ControlKind::kRange;
        control.mediatype = element.type->mediatype;
        if (!element.type->hint.empty() && !element.row.texts.contains("hint"))
            element.row.texts["hint"].emplace_back("", element.type->hint);
        add_texts(element, control);
        check_label(element);
        if (const auto tags = osm_lists_.find(element.list); tags != osm_lists_.end())
            control.tags = tags_of(tags->second);
        add_side_list(element, parameters, control);
        into.push_back(std::move(control));
    }

    /// A tag whose name is also a list of tags has those for its choices.
    std::vector<ModelItem> tags_of(std::vector<ModelItem> tags) const {
        for (ModelItem& tag : tags) {
            const auto choices = osm_lists_.find(tag.value);
            if (choices != osm_lists_.end()) tag.items = choices->second;
        }
        return tags;
    }

    void record_audio(const Element& element, const ParameterOutcome& parameters) {
        ModelAction action;
        action.element = "odk:recordaudio";
        action.events = "odk-instance-load";
        action.ref = element.path;
        action.others = parameters.action;
        model_->actions.push_back(std::move(action));
    }

    void check_label(const Element& element) {
        if (element.generated || !element.row.media.empty() ||
            element.row.texts.contains("label") || element.row.texts.contains("hint"))
            return;
        report(DiagnosticCode::kLabelMissing, place(element.row, "label"), {element.name});
    }

    void emit_audit(const Element& element) {
        ModelBind bind;
        bind.nodeset = "/" + model_->root.name + "/meta/audit";
        bind.type = "binary";
        bind.where = place(element.row, "type");
        ModelControl none;
        (void)apply_parameters(element, bind, none);
        meta_binds_.push_back(std::move(bind));
    }

    /// The parameters as written; what is wrong with their form is said once, by apply().
    static Attributes parameters(const Element& element) {
        Attributes out;
        (void)read_parameters(element.row.at("parameters"), out);
        return out;
    }

    /// What XLSForm calls the type where it says which parameters it takes.
    static std::string_view parameter_kind(const Element& element) {
        if (element.select) return element.select->from_file ? "select file" : "select";
        if (element.type == nullptr) return {};
        const TypeRow& type = *element.type;
        if (type.control == "upload" && type.mediatype == "image/*") return "image";
        if (type.control == "upload" && type.mediatype == "audio/*") return "audio";
        if (type.control == "input" && type.bind_type.starts_with("geo")) return type.bind_type;
        return type.spelling;
    }

    ParameterOutcome apply_parameters(const Element& element, ModelBind& bind,
                                      ModelControl& control) {
        ParameterOutcome out;
        Attributes given;
        std::vector<std::string> names;
        ParameterScope scope;
        scope.kind = parameter_kind(element);
        scope.appearance = element.row.at("appearance");
        scope.choices = [&](std::string_view list) -> const std::vector<std::string>* {
            const auto found = lists_.find(std::string(list));
            if (found == lists_.end()) return nullptr;
            for (const ChoiceRow& row : found->second.rows) names.push_back(row.name);
            return &names;
        };
        auto problem = read_parameters(element.row.at("parameters"), given);
        if (!problem) problem = awda::forms::apply_parameters(given, scope, out);
        if (problem) report(problem->code, place(element.row, "parameters"), problem->args);
        if (!out.bind_type.empty()) bind.type = out.bind_type;
        bind.others.insert(bind.others.end(), out.bind.begin(), out.bind.end());
        for (auto& [name, value] : out.control) {
            std::erase_if(control.others, [&](const auto& own) { return own.first == name; });
            control.others.emplace_back(name, value);
        }
        return out;
    }

    /// The list that a range's tick labels or a place's reference geometry comes from.
    void add_side_list(const Element& element, const ParameterOutcome& parameters,
                       ModelControl& control) {
        const std::string& list =
            parameters.reference.empty() ? parameters.labels_list : parameters.reference;
        if (list.empty() || has_errors(diagnostics_)) return;
        const Provenance where = place(element.row, "parameters");
        const Provenance filter_place = place(element.row, "choice_filter");
        if (list.starts_with("${")) {
            control.itemset.nodeset = {repeat_geometry(element, list, control, filter_place),
                                       where};
            return;
        }
        if (!file_ids_.contains(list) && !lists_.contains(list) && !entities_.declares(list)) {
            report(DiagnosticCode::kReferenceGeometry, where, {list});
            return;
        }
        std::string nodeset = "instance('" + list + "')/root/item";
        const std::string_view filter = element.row.at("choice_filter");
        if (!filter.empty()) nodeset += "[" + substitute(filter, element, filter_place, true) + "]";
        control.itemset.value_ref = "name";
        control.itemset.label_ref = list_needs_itext(list) ? "jr:itext(itextId)" : "label";
        control.itemset.nodeset = {nodeset, where};
        model_->list_names.emplace_back(control.ref, list);
    }

    /// reference-geometry=${repeat}: the rows' geometry is what is shown.
    std::string repeat_geometry(const Element& element, const std::string& text,
                                ModelControl& control, const Provenance& where) {
        const auto end = text.find('}');
        const auto found =
            end == text.size() - 1 ? by_name_.find(text.substr(2, end - 2)) : by_name_.end();
        const Element* repeat =
            found != by_name_.end() && found->second.size() == 1 ? found->second[0] : nullptr;
        if (repeat == nullptr || repeat->kind != Element::Kind::kRepeat) {
            report(DiagnosticCode::kReferenceGeometry, place(element.row, "parameters"), {text});
            return {};
        }
        control.itemset.value_ref = "geometry";
        control.itemset.label_ref = "geometry";
        return rows_of(*repeat, element, "./geometry != ''", where);
    }

    // Defaults and triggers ---------------------------------------------------------------------

    void add_dynamic_default(const Element& element) {
        const std::string text(element.row.at("default"));
        if (text.empty() || !is_dynamic(element, text)) return;
        ModelAction action;
        action.element = "setvalue";
        action.ref = element.path;
        action.value = {substitute(text, element, place(element.row, "default")),
                        place(element.row, "default")};
        add_first_values(std::move(action), enclosing_repeat(&element));
    }

    /// A new record, and each row that is added to a repeat, is given a first value.
    void add_first_values(ModelAction action, const Element* repeat) {
        action.events = "odk-instance-first-load";
        model_->actions.push_back(action);
        if (repeat == nullptr) return;
        action.events = "odk-new-repeat";
        repeat_actions_[repeat->path].push_back(std::move(action));
    }

    /// Computed and shown nowhere: nobody can change it.
    static bool is_unseen(const Element& element) {
        if (element.type != nullptr && element.type->spelling == "calculate") return true;
        const bool computed =
            !element.row.at("calculation").empty() || !element.row.at("trigger").empty();
        return computed && !element.row.texts.contains("label") &&
               !element.row.texts.contains("hint");
    }

    void add_trigger(const Element& element) {
        const std::string trigger(element.row.at("trigger"));
        const Provenance where = place(element.row, "trigger");
        if (element.type != nullptr && element.type->spelling == "background-geopoint") {
            if (trigger.empty()) report(DiagnosticCode::kTriggerMissing, where);
            if (!element.row.at("calculation").empty()) {
                report(DiagnosticCode::kCalculationUnwanted, place(element.row, "calculation"),
                       {"background-geopoint", "calculation"});
            }
        }
        if (trigger.empty()) return;
        ModelAction action;
        const bool place_only =
            element.type != nullptr && element.type->spelling == "background-geopoint";
        action.element = place_only ? "odk:setgeopoint" : "setvalue";
        action.events = "xforms-value-changed";
        action.ref = element.path;
        const std::string_view calculation = element.row.at("calculation");
        if (!calculation.empty()) {
            action.value = {substitute(calculation, element, place(element.row, "calculation")),
                            where};
        }
        for (const std::string& part : split_at(trigger, ',')) {
            if (part.empty()) continue;
            const std::string name = reference_in(part);
            if (name.empty()) {
                report(DiagnosticCode::kTriggerForm, where, {part});
                continue;
            }
            const Element* source = find_reference(name, element, where);
            if (source == nullptr) continue;
            if (source->kind != Element::Kind::kQuestion)
                report(DiagnosticCode::kUnknownReference, where, {name});
            if (!place_only && is_unseen(*source))
                report(DiagnosticCode::kUnseenTrigger, where, {source->name, element.name});
            triggers_[source->path].push_back(action);
        }
    }

    /// "${name}" and nothing else → "name"; otherwise "".
    static std::string reference_in(std::string_view text) {
        text = trim(text);
        if (!text.starts_with("${") || !text.ends_with('}')) return {};
        text = trim(text.substr(2, text.size() - 3));
        return is_xml_name(text) ? std::string(text) : std::string();
    }

    static std::vector<std::string> split_at(std::string_view text, char mark) {
        std::vector<std::string> out;
        while (true) {
            const auto at = text.find(mark);
            out.emplace_back(trim(text.substr(0, at)));
            if (at == std::string_view::npos) return out;
            text = text.substr(at + 1);
        }
    }

    /// Late, since a trigger may be written before or after its target. Values come before places.
    void attach_triggers(std::vector<ModelControl>& controls) {
        for (ModelControl& control : controls) {
            const auto found = triggers_.find(control.ref);
            if (found != triggers_.end() && control.kind != ControlKind::kGroup &&
                control.kind != ControlKind::kRepeat) {
                std::stable_partition(found->second.begin(), found->second.end(),
                                      [](const auto& a) { return a.element == "setvalue"; });
                control.actions.insert(control.actions.end(), found->second.begin(),
                                       found->second.end());
            }
            attach_triggers(control.children);
        }
    }

    // Selects and lists -------------------------------------------------------------------------

    void emit_select(Element& element, ModelControl control, std::vector<ModelControl>& into) {
        const SelectType& select = *element.select;
        const Attributes list = parameters(element);
        control.kind = select.element == "select1"    ? ControlKind::kSelect1
                       : select.element == "select"   ? ControlKind::kSelect
                       : select.element == "external" ? ControlKind::kInput
                                                      : ControlKind::kRank;
        add_texts(element, control);
        check_label(element);
        std::string id = select.list;
        const Provenance where = place(element.row, "choice_filter");
        std::string nodeset;
        if (select.list.starts_with("${")) {
            nodeset = repeat_choices(element, control, where);
        } else {
            if (select.from_file) {
                id = select.list.substr(0, select.list.rfind('.'));
                add_file(id, select.list, "file", &element);
            }
            nodeset = "instance('" + id + "')/root/item";
            const std::string_view filter = element.row.at("choice_filter");
            if (!filter.empty()) nodeset += "[" + substitute(filter, element, where, true) + "]";
            const bool itext = !select.from_file && list_needs_itext(id);
            const bool geo = lower_ascii(select.list).ends_with(".geojson");
            control.itemset.value_ref = geo ? "id" : "name";
            control.itemset.label_ref = itext ? "jr:itext(itextId)" : geo ? "title" : "label";
            if (select.from_file) {
                if (const auto value = attribute(list, "value"); !value.empty())
                    control.itemset.value_ref = value;
                if (const auto label = attribute(list, "label"); !label.empty())
                    control.itemset.label_ref = label;
            }
        }
        if (select.element == "external") {
            control.others.emplace_back("query", nodeset);
            into.push_back(std::move(control));
            return;
        }
        if (attribute(list, "randomize") == "true") {
            const std::string_view seed = attribute(list, "seed");
            nodeset = "randomize(" + nodeset +
                      (seed.empty()
                           ? ""
                           : ", " + substitute(seed, element, place(element.row, "parameters"))) +
                      ")";
        }
        control.itemset.nodeset = {
            nodeset, element.row.at("choice_filter").empty() ? place(element.row, "type") : where};
        model_->list_names.emplace_back(control.ref, id);
        into.push_back(std::move(control));
    }

    /// select_one ${row_question}: the rows' answers are the choices.
    std::string repeat_choices(const Element& element, ModelControl& control,
                               const Provenance& where) {
        const std::string& text = element.select->list;
        const Element* source = find_reference(text.substr(2, text.find('}') - 2), element, where);
        const Element* repeat = source == nullptr ? nullptr : enclosing_repeat(source);
        if (repeat == nullptr) {
            if (source != nullptr)
                report(DiagnosticCode::kUnknownList, place(element.row, "type"), {text});
            return "";
        }
        const std::string below = source->path.substr(repeat->path.size() + 1);
        control.itemset.value_ref = below;
        control.itemset.label_ref = below;
        return rows_of(*repeat, element, "./" + below + " != ''", where);
    }

    /// The rows of a repeat that a question's choice_filter, or else `condition`, lets through.
    std::string rows_of(const Element& repeat, const Element& element, std::string condition,
                        const Provenance& where) {
        const std::string_view filter = element.row.at("choice_filter");
        if (!filter.empty()) condition = substitute(filter, element, where, true, &repeat);
        const Element* shared = &repeat;
        while (shared != nullptr && !is_inside(&element, shared)) shared = enclosing_repeat(shared);
        if (shared == nullptr) return repeat.path + "[" + condition + "]";
        // Seen from a row of the same repeat, or of one around it: the rows beside that row.
        std::string ups;
        for (const Element* e = &element; e != shared; e = e->parent)
            ups += ups.empty() ? ".." : "/..";
        if (shared == &repeat) return ups + "/../" + repeat.name + "[" + condition + "]";
        return ups + repeat.path.substr(shared->path.size()) + "[" + condition + "]";
    }

    [[nodiscard]] bool list_needs_itext(const std::string& name) const {
        const auto found = lists_.find(name);
        if (found == lists_.end()) return false;
        return std::any_of(
            found->second.rows.begin(), found->second.rows.end(), [](const ChoiceRow& row) {
                const bool spoken =
                    std::any_of(row.labels.begin(), row.labels.end(), [](const auto& label) {
                        return !label.first.empty() || label.second.find("${") != std::string::npos;
                    });
                return spoken || !row.media.empty();
            });
    }

    /// A file that choices or values come from. `kind`: what names it, as pyxform calls that.
    void add_file(const std::string& id, const std::string& file, const char* kind,
                  const Element* element) {
        ModelInstance instance;
        instance.id = id;
        instance.src =
            (lower_ascii(file).ends_with(".csv") ? "jr://file-csv/" : "jr://file/") + file;
        if (!claim(id, kind, instance.src, element)) return;
        std::optional<std::string> content;
        if (options_.media) content = options_.media(file);
        if (!content) {
            report(DiagnosticCode::kMediaMissing, {}, {file}, {}, Severity::kWarning);
        } else if (!read_instance_file(file, *content, *model_->names, instance).ok()) {
            report(DiagnosticCode::kMediaBroken, {}, {file});
        }
        files_.push_back(std::move(instance));
    }

    /// Whether the instance is new; the same id from another place is an error.
    bool claim(const std::string& id, const std::string& kind, const std::string& uri,
               const Element* element) {
        const auto [known, fresh] = claims_.try_emplace(id, kind, uri);
        if (fresh) return true;
        const auto& [old_kind, old_uri] = known->second;
        const Provenance where = element == nullptr ? Provenance{} : place(element->row, "type");
        if (old_uri != uri) {
            std::string context = "None";
            if (kind == "choice") context = "survey";
            if (element != nullptr) {
                const Element& parent = *element->parent;
                const std::string type = &parent == &root_ ? "survey" : fence_word(parent);
                context = "[type: " + type + ", name: " + parent.name + "]";
            }
            report(DiagnosticCode::kInstanceClash, where,
                   {id, old_kind, old_uri, kind, uri, context});
        } else if (kind == "external" && old_kind == kind) {
            report(DiagnosticCode::kInstanceTwice, where, {id});
        }
        return false;
    }

    /// Files that selects name, that pulldata() looks into, and the last saved record.
    void emit_files() {
        for (const ModelBind& bind : model_->binds) {
            for (const SourceExpr* expr : {&bind.calculate, &bind.relevant, &bind.constraint,
                                           &bind.required, &bind.readonly}) {
                find_pulldata(expr->text, nullptr);
            }
        }
        for (const std::string& list : list_order_) claim(list, "choice", "None", nullptr);
        if (uses_last_saved_) claim("__last-saved", "instance", kLastSaved, nullptr);
        for (ModelInstance& file : files_) model_->instances.push_back(std::move(file));
        if (uses_last_saved_) model_->instances.push_back({"__last-saved", kLastSaved, {}, {}, {}});
    }

    void find_pulldata(const Element& element) {
        for (const char* field : {"calculation", "constraint", "readonly", "required", "relevant",
                                  "choice_filter", "default"}) {
            find_pulldata(element.row.at(field), &element);
        }
    }

    void find_pulldata(std::string_view text, const Element* element) {
        constexpr std::string_view kCall = "pulldata(";
        for (auto at = text.find(kCall); at != std::string_view::npos;
             at = text.find(kCall, at + 1)) {
            const std::string_view rest = trim(text.substr(at + kCall.size()));
            if (rest.size() < 2 || (rest[0] != '\'' && rest[0] != '"')) continue;
            const auto end = rest.find(rest[0], 1);
            if (end == std::string_view::npos) continue;
            const std::string id(rest.substr(1, end - 1));
            add_file(id, id + ".csv", "pulldata", element);
        }
    }

    /// or_other adds a choice to its list, in each of the list's languages.
    void finish_lists() {
        for (auto& [name, list] : lists_) {
            const bool there = std::any_of(list.rows.begin(), list.rows.end(),
                                           [](const ChoiceRow& r) { return r.name == "other"; });
            if (!list.other || there) continue;
            ChoiceRow other;
            other.name = "other";
            std::set<std::string> languages;
            for (const ChoiceRow& row : list.rows) {
                for (const auto& [language, text] : row.labels) languages.insert(language);
            }
            for (const std::string& language : languages)
                other.labels.emplace_back(language, "Other");
            list.rows.push_back(std::move(other));
        }
    }

    void emit_list(const std::string& name, const ChoiceList& list) {
        const bool itext = list_needs_itext(name);
        auto table = std::make_shared<TableInstance>(*model_->names, "root", "item");
        const std::uint32_t text_column = itext ? table->add_column("itextId", *model_->names) : 0;
        const std::uint32_t name_column = table->add_column("name", *model_->names);
        std::size_t index = 0;
        for (const ChoiceRow& row : list.rows) {
            table->begin_row();
            const std::string id = name + "-" + std::to_string(index++);
            table->set(name_column, row.name);
            if (itext) {
                table->set(text_column, id);
            } else if (!row.labels.empty()) {
                table->set(table->add_column("label", *model_->names), row.labels.front().second);
            }
            for (const auto& [column, text] : row.extra) {
                if (!is_xml_name(column) || table->columns() >= TableInstance::kColumnsMax)
                    continue;
                table->set(table->add_column(column, *model_->names), text);
            }
        }
        ModelInstance instance;
        instance.id = name;
        instance.table = std::move(table);
        model_->instances.push_back(std::move(instance));
    }

    /// Before the survey's texts, as in pyxform.
    void add_choice_texts() {
        for (const std::string& name : list_order_) {
            if (!list_needs_itext(name)) continue;
            std::size_t index = 0;
            for (const ChoiceRow& row : lists_[name].rows)
                add_choice_texts(row, name + "-" + std::to_string(index++));
        }
    }

    void add_choice_texts(const ChoiceRow& row, const std::string& id) {
        Element context;
        context.parent = &root_;
        context.path = root_.path + "/" + id;
        const Provenance where{"choices", row.number, "label"};
        for (const auto& [language, text] : row.labels)
            add_itext(language, id, "", rich(text, context, where));
        for (const auto& [kind, files] : row.media) {
            for (const auto& [language, file] : files) {
                add_itext(language, id, kind, {{media_address(kind, file), false}});
            }
        }
    }

    // Finishing ---------------------------------------------------------------------------------

    void emit_meta() {
        attach_triggers(model_->body);
        for (ModelBind& bind : meta_binds_) model_->binds.push_back(std::move(bind));
        emit_entity(root_);
        const std::string meta = root_.path + "/meta/";
        if (with_instance_id_) {
            ModelBind bind;
            bind.nodeset = meta + "instanceID";
            bind.type = "string";
            bind.readonly.text = "true()";
            bind.preload = "uid";
            const auto id = settings_.find("instance_id");
            if (id != settings_.end()) {
                bind.preload = id->second;
            }
            model_->binds.push_back(std::move(bind));
        }
        const auto name = settings_.find("instance_name");
        if (name == settings_.end()) return;
        Element context;
        context.parent = &root_;
        context.path = meta + "instanceName";
        const Provenance where{"settings", 2, "instance_name"};
        ModelBind bind;
        bind.nodeset = meta + "instanceName";
        bind.type = "string";
        bind.calculate = {substitute(clean(name->second, true), context, where), where};
        bind.where = where;
        model_->binds.push_back(std::move(bind));
    }

    void finish_texts() {
        for (ModelTranslation& t : model_->translations) {
            t.is_default = t.language == model_->default_language;
        }
        const bool known = std::any_of(model_->translations.begin(), model_->translations.end(),
                                       [](const ModelTranslation& t) { return t.is_default; });
        if (!known && !model_->translations.empty()) {
            if (model_->default_language != "default") {
                std::vector<std::string> names;
                for (const ModelTranslation& t : model_->translations) names.push_back(t.language);
                report(DiagnosticCode::kUnknownLanguage, {"settings", 2, "default_language"},
                       {model_->default_language},
                       nearest_spelling(model_->default_language, names), Severity::kWarning);
            }
            model_->default_language = model_->translations.front().language;
        }
        for (const ModelTranslation& t : model_->translations) {
            if (t.language == "default" || has_language_code(t.language)) continue;
            report(DiagnosticCode::kLanguageCode, {}, {t.language}, {}, Severity::kWarning);
        }
        // Awda's own marks travel with their namespace.
        const bool marked =
            std::any_of(model_->binds.begin(), model_->binds.end(), [](const ModelBind& bind) {
                return std::any_of(bind.others.begin(), bind.others.end(),
                                   [](const auto& a) { return a.first.starts_with("awda:"); });
            });
        if (marked && attribute(model_->namespaces, "awda").empty()) {
            model_->namespaces.emplace_back("awda", kAwdaNamespace);
        }
    }

    /// "English (en)".
    static bool has_language_code(std::string_view language) {
        const auto open = language.rfind('(');
        if (open == std::string_view::npos || !language.ends_with(')')) return false;
        std::string_view code = language.substr(open + 1, language.size() - open - 2);
        code = code.substr(0, code.find('-'));
        return (code.size() == 2 || code.size() == 3) &&
               std::all_of(code.begin(), code.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    }

    static constexpr std::size_t kCopiesMax = 100'000;  ///< of questions, made by loops
    static constexpr const char* kLastSaved = "jr://instance/last-saved";

    const Workbook& workbook_;
    const LoadOptions& options_;
    Diagnostics& diagnostics_;
    std::shared_ptr<FormModel> model_;
    std::map<std::string, std::string> settings_;
    std::vector<Heading> headings_;
    std::unordered_set<std::string> translated_;
    std::unordered_map<std::string, ChoiceList> lists_;
    std::vector<std::string> list_order_;
    std::vector<std::string> external_lists_;  ///< names, sorted
    std::unordered_map<std::string, std::vector<ModelItem>> osm_lists_;
    std::optional<std::string> table_list_;  ///< inside a table-list: its list, "" at its start
    std::unordered_set<std::string> repeat_names_;
    std::map<std::string, std::pair<std::string, std::string>> claims_;  ///< id → kind, address
    std::size_t copies_ = 0;
    Element root_;
    std::unordered_map<std::string, std::vector<const Element*>> by_name_;
    std::vector<std::unordered_map<std::string, std::size_t>> text_index_;
    std::unordered_map<std::string, std::vector<ModelAction>> repeat_actions_;
    std::unordered_map<std::string, std::vector<ModelAction>> triggers_;
    std::vector<ModelInstance> files_;
    std::vector<ModelBind> meta_binds_;  ///< of the audit
    struct Media {
        std::string language, id, kind, file;
    };
    std::vector<Media> late_media_;  ///< media come after all texts
    Texts form_label_;               ///< of the settings sheet
    EntitiesSheet entities_{[this](DiagnosticCode code, Provenance where,
                                   std::vector<std::string> args, std::string hint) {
        report(code, std::move(where), std::move(args), std::move(hint));
    }};
    std::unordered_set<std::string> file_ids_;  ///< of files that questions name
    bool clean_values_ = true;
    bool has_translations_ = false;
    bool has_audit_ = false;
    bool too_deep_ = false;  ///< then the survey is read no further
    bool with_instance_id_ = false;
    bool uses_last_saved_ = false;
};

}  // namespace

std::shared_ptr<FormModel> read_xlsform(const Workbook& workbook, const LoadOptions& options,
                                        Diagnostics& diagnostics) {
    return XlsFormReader(workbook, options, diagnostics).read();
}

}  // namespace awda::forms
