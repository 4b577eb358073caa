#include "forms/xlsform_survey.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <unordered_set>

#include "forms/value.h"
#include "forms/xlsform_choices.h"
#include "forms/xlsform_defaults.h"
#include "forms/xlsform_settings.h"
#include "forms/xlsform_sheets.h"

namespace awda::forms {

namespace {

class SurveyReader {
public:
    explicit SurveyReader(XlsForm& form) : form_(form) {}
    void read(const Sheet& sheet);

private:
    [[nodiscard]] Row read_cells(const SheetRow& source);
    void read_row(const SheetRow& source, Element*& open);
    void read_remark(const Row& row);
    bool read_type(const Row& row, const std::string& type, Element& out);
    void note_entities(Element& element);
    void close(const Row& row, Fence fence, Element*& open);
    [[nodiscard]] bool check_name(const Row& row, const Element& element);
    [[nodiscard]] bool check_loop(const Row& row, const std::string& type, const std::string& list);
    void check_question(const Element& element);
    void check_container(const Element& element);
    void check_depth(const Element& element);
    void begin_table(Element& group);
    void add_to_table(Element& select);

    XlsForm& form_;
    std::optional<std::string> table_list_;  // inside a table-list: its list, "" at its start
    bool too_deep_ = false;                  // then the survey is read no further
};

std::string name_of(const Row& row, const Element& element) {
    const std::string_view spelling =
        element.type == nullptr ? std::string_view() : element.type->spelling;
    if (!row.at("name").empty()) return std::string(row.at("name"));
    if (spelling == "audit") return "audit";
    if (spelling == "note") return "generated_note_name_" + std::to_string(row.number);
    return {};
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

void SurveyReader::read(const Sheet& sheet) {
    for (Heading& heading : read_headings(form_, sheet, "survey", parse_survey_heading)) {
        if (heading.overlong) {
            form_.report(DiagnosticCode::kUnknownColumn, {"survey", 1, heading.written},
                         {heading.written});
            continue;
        }
        if (!heading.known) {
            const std::string near = nearest_spelling(heading.field, survey_fields());
            form_.report(DiagnosticCode::kUnknownColumn, {"survey", 1, heading.written},
                         {heading.written}, near, Severity::kWarning);
            if (near.empty()) continue;
        }
        form_.headings.push_back(std::move(heading));
    }
    check_translations(form_, form_.headings, "survey");
    const bool has_type = std::any_of(form_.headings.begin(), form_.headings.end(),
                                      [](const Heading& h) { return h.field == "type"; });
    if (!has_type) {
        form_.report(DiagnosticCode::kColumnMissing, {"survey", 1, "type"}, {"survey", "type"});
        return;
    }
    form_.root.kind = Element::Kind::kGroup;
    form_.root.name = form_.model->root.name;
    form_.root.path = "/" + form_.model->root.name;
    Element* open = &form_.root;
    for (std::size_t r = 1; r < sheet.rows.size(); ++r) read_row(sheet.rows[r], open);
    for (; !too_deep_ && open != &form_.root; open = open->parent) {
        form_.report(DiagnosticCode::kNotClosed, place(open->row, "type"),
                     {"begin_" + fence_word(*open), open->name, "end_" + fence_word(*open)});
    }
    if (form_.root.children.empty() && !form_.failed()) {
        form_.report(DiagnosticCode::kNoQuestions, {"survey", 0, ""});
    }
}

Row SurveyReader::read_cells(const SheetRow& source) {
    Row row;
    row.number = source.number;
    for (const Heading& heading : form_.headings) {
        if (heading.column >= source.cells.size()) continue;
        const bool text_field = is_text_field(heading.field);
        std::string text = form_.clean_values ? clean(source.cells[heading.column], true)
                                              : std::string(trim(source.cells[heading.column]));
        if (text.empty()) continue;
        row.headings.emplace(heading.field, heading.written);
        if (text_field) {
            if (heading.field.starts_with("media::") && !row.texts.contains(heading.field))
                row.media.push_back(heading.field.substr(7));
            form_.add_text(row.texts[heading.field], heading.language, std::move(text));
        } else {
            row.fields.emplace(heading.field, std::move(text));
        }
    }
    return row;
}

void SurveyReader::read_row(const SheetRow& source, Element*& open) {
    Row row = read_cells(source);
    if (too_deep_ || row.headings.empty()) return;
    if (!row.at("disabled").empty()) {
        form_.report(DiagnosticCode::kDisabledColumn, place(row, "disabled"), {}, {},
                     Severity::kWarning);
        if (yes_no(row.at("disabled")) == "true()") return;
    }
    const std::string type(row.at("type"));
    if (type.empty()) return read_remark(row);
    if (read_setting(form_, row, type)) return;
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
void SurveyReader::read_remark(const Row& row) {
    if (!row.at("name").empty() || row.texts.contains("label"))
        form_.report(DiagnosticCode::kTypeMissing, place(row, "type"));
    else
        form_.report(DiagnosticCode::kRowSkipped, {"survey", row.number, ""}, {}, {},
                     Severity::kWarning);
}

/// Tells the entities sheet of a row, and leaves the bare name of the property in it.
void SurveyReader::note_entities(Element& element) {
    const bool question = element.kind == Element::Kind::kQuestion;
    const std::string property =
        form_.entities.note({element.parent->container, element.name, element.row.at("save_to"),
                             place(element.row, "save_to"), question});
    if (property.empty())
        element.row.fields.erase("save_to");
    else
        element.row.fields["save_to"] = property;
    if (question) return;
    element.container = form_.entities.open(element.parent->container, element.name,
                                            element.kind == Element::Kind::kRepeat);
}

void SurveyReader::check_question(const Element& element) {
    const Row& row = element.row;
    const auto warn = [&](DiagnosticCode code, const char* column,
                          std::vector<std::string> args = {}) {
        form_.report(code, place(row, column), std::move(args), {}, Severity::kWarning);
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
        form_.report(DiagnosticCode::kAuditName, place(row, "name"));
    if (type == "calculate" && row.at("calculation").empty() &&
        !is_dynamic(element, std::string(row.at("default")), *form_.model->names)) {
        form_.report(DiagnosticCode::kCalculationMissing, place(row, "calculation"), {"calculate"});
    }
    if (type == "simserial" || type == "subscriberid")
        warn(DiagnosticCode::kOldDeviceType, "type", {std::string(row.at("type"))});
    if (type == "image" && row.at("parameters").find("max-pixels") == std::string_view::npos)
        warn(DiagnosticCode::kMaxPixels, "parameters");
}

void SurveyReader::check_container(const Element& element) {
    const Row& row = element.row;
    if (!row.at("required").empty() && yes_no(row.at("required")) != "false()")
        form_.report(DiagnosticCode::kRequiredGroup, place(row, "required"), {}, {},
                     Severity::kWarning);
    const bool field_list = element.kind == Element::Kind::kGroup && element.list.empty() &&
                            row.at("appearance") == "field-list";
    if (row.texts.contains("label") || !row.media.empty() || field_list) return;
    form_.report(DiagnosticCode::kGroupLabelMissing, place(row, "label"),
                 {element.name, std::string(row.at("type"))}, {}, Severity::kWarning);
}

void SurveyReader::check_depth(const Element& element) {
    std::size_t depth = 0;
    for (const Element* e = &element; e != nullptr; e = e->parent) ++depth;
    too_deep_ = depth == kNestingMax;
    if (too_deep_) {
        form_.report(DiagnosticCode::kXmlTooDeep, place(element.row, "type"),
                     {std::to_string(kNestingMax)});
    }
}

void SurveyReader::close(const Row& row, Fence fence, Element*& open) {
    const std::string word = fence == Fence::kEndRepeat  ? "repeat"
                             : fence == Fence::kEndGroup ? "group"
                                                         : "loop";
    if (open == &form_.root || fence_word(*open) != word) {
        const std::string name(row.at("name"));
        form_.report(DiagnosticCode::kNotOpened, place(row, "type"),
                     {"end_" + word, "begin_" + word, name.empty() ? "unknown" : name});
        return;
    }
    if (!row.at("save_to").empty()) {
        form_.entities.note({open->container, "", row.at("save_to"), place(row, "save_to"), false});
    }
    table_list_.reset();
    open = open->parent;
}

bool SurveyReader::check_loop(const Row& row, const std::string& type, const std::string& list) {
    if (list.empty()) {
        form_.report(DiagnosticCode::kLoopWithoutList, place(row, "type"), {type});
        return false;
    }
    if (form_.choices.lists.contains(list)) return true;
    form_.report(DiagnosticCode::kUnknownList, place(row, "type"), {list},
                 nearest_spelling(list, form_.choices.order));
    return false;
}

bool SurveyReader::read_type(const Row& row, const std::string& type, Element& out) {
    out.select = parse_select(type);
    if (out.select) {
        if (out.select->list.empty()) {
            form_.report(DiagnosticCode::kListMissing, place(row, "type"), {type});
            return false;
        }
        return check_list(form_, row, *out.select);
    }
    out.type = find_type(type);
    if (out.type != nullptr) return true;
    if (type.starts_with("osm ")) {
        out.type = find_type("osm");
        out.list = trim(std::string_view(type).substr(4));
        return true;
    }
    std::string near = nearest_spelling(type.substr(0, type.find(' ')), type_names());
    if (near.empty()) near = nearest_spelling(type, type_names());
    form_.report(DiagnosticCode::kUnknownType, place(row, "type"), {type}, near);
    return false;
}

bool SurveyReader::check_name(const Row& row, const Element& element) {
    if (element.name.empty()) {
        form_.report(DiagnosticCode::kNameMissing, place(row, "name"));
        return false;
    }
    if (!is_xml_name(element.name)) {
        form_.report(DiagnosticCode::kBadName, place(row, "name"), {element.name},
                     xml_name_from(element.name));
        return false;
    }
    if (element.name == "meta") {
        form_.report(DiagnosticCode::kReservedName, place(row, "name"), {element.name});
        return false;
    }
    return true;
}

/// A group of selects shown as one table: its own texts move into a note.
void SurveyReader::begin_table(Element& group) {
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
void SurveyReader::add_to_table(Element& select) {
    const std::string& list = select.select->list;
    if (table_list_->empty()) {
        *table_list_ = list;
        if (!select.row.at("choice_filter").empty())
            form_.report(DiagnosticCode::kTableListFilter, place(select.row, "choice_filter"));
        const std::uint32_t row = select.row.number;
        auto head = generated(*select.parent,
                              "reserved_name_for_field_list_labels_" + std::to_string(row), row);
        head->select = select.select;
        head->select->or_other = false;
        head->row.fields["appearance"] = "label";
        head->row.texts["label"].emplace_back("", " ");
        select.parent->children.push_back(std::move(head));
    }
    if (*table_list_ != list) {
        form_.report(DiagnosticCode::kTableListMixed, place(select.row, "type"),
                     {*table_list_, list});
    }
    select.row.fields["appearance"] = "list-nolabel";
}

}  // namespace

void read_survey(XlsForm& form, const Sheet& sheet) {
    SurveyReader(form).read(sheet);
}

}  // namespace awda::forms
