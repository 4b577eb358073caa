// XlsForm: a workbook on its way to a FormModel: what its sheets say, what is made of them, and
// what is wrong. The readers of the sheets fill it, the builders of the model read it.
//
// Ownership: borrows the workbook, the options and the diagnostics, which outlive it.
// Threads: one.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "forms/load.h"
#include "forms/model.h"
#include "forms/workbook.h"
#include "forms/xlsform_columns.h"
#include "forms/xlsform_entities.h"
#include "forms/xlsform_tree.h"

namespace awda::forms {

struct SheetSettings {
    std::map<std::string, std::string, std::less<>> values;  ///< by field
    Texts form_label;                                        ///< "label::English" …

    [[nodiscard]] bool has(std::string_view field) const { return values.contains(field); }
    [[nodiscard]] std::string get(std::string_view field) const;
    [[nodiscard]] bool is_yes(std::string_view field) const;
};

struct ChoiceRow {
    std::uint32_t number = 0;
    std::string name;
    Texts labels;
    std::vector<std::pair<std::string, Texts>> media;  ///< in columns' order
    std::vector<std::pair<std::string, std::string>> extra;
};

struct SheetList {
    std::vector<ChoiceRow> rows;
    bool other = false;     ///< of a select with or_other
    bool multiple = false;  ///< of a select_multiple
    bool searched = false;  ///< of selects that search(): they hold the choices themselves
};

struct ChoiceLists {
    std::unordered_map<std::string, SheetList> lists;
    std::vector<std::string> order;                               ///< names, as in the sheet
    std::vector<std::string> external;                            ///< names, sorted
    std::unordered_map<std::string, std::vector<ModelItem>> osm;  ///< OpenStreetMap's tags

    /// Whether the labels have languages, media or references.
    [[nodiscard]] bool needs_itext(const std::string& name) const;
};

class XlsForm {
public:
    XlsForm(const Workbook& book, const LoadOptions& load_options, Diagnostics& problems);
    XlsForm(const XlsForm&) = delete;
    XlsForm& operator=(const XlsForm&) = delete;

    const Workbook& workbook;
    const LoadOptions& options;
    Diagnostics& diagnostics;
    std::shared_ptr<FormModel> model;
    SheetSettings settings;
    ChoiceLists choices;
    EntitiesSheet entities;
    std::vector<Heading> headings;  ///< of the survey
    Element root;
    bool clean_values = true;
    bool has_translations = false;

    void report(DiagnosticCode code, Provenance where, std::vector<std::string> args = {},
                std::string hint = {}, Severity severity = Severity::kError);
    [[nodiscard]] bool failed() const { return has_errors(diagnostics); }
    /// A text without a language is in the default one, unless that has its own column.
    void add_text(Texts& texts, const std::string& language, std::string text) const;
};

}  // namespace awda::forms
