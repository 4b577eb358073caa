// FormModel: a form as its author wrote it, in XForms' terms, before anything is resolved.
//
// Both readers make it, the writer prints it, compile() (forms/compile.h) turns it into what
// sessions run on. Ownership: a value tree; tables and files are shared and immutable.
// Threads: none of its own; const once it is inside a definition.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "forms/diagnostic.h"
#include "forms/names.h"
#include "forms/table_instance.h"
#include "forms/xml_tree.h"

namespace awda::forms {

using Attributes = std::vector<std::pair<std::string, std::string>>;

[[nodiscard]] std::string_view attribute(const Attributes& attributes, std::string_view name);

/// An expression's text and the cell it came from.
struct SourceExpr {
    std::string text;
    Provenance where;
    [[nodiscard]] bool empty() const { return text.empty(); }
};

/// Text with outputs in it: pieces with `output` are expressions, not literals.
struct TextPiece {
    std::string text;
    bool output = false;
    bool operator==(const TextPiece&) const = default;
};
using RichText = std::vector<TextPiece>;

struct ModelNode {
    std::string name;  ///< qualified as written: "name", "orx:meta"
    std::string value;
    Attributes attributes;
    bool is_template = false;  ///< jr:template
    std::vector<ModelNode> children;
};

struct ModelBind {
    std::string nodeset;
    std::string type;
    SourceExpr relevant;
    SourceExpr constraint;
    SourceExpr required;
    SourceExpr readonly;
    SourceExpr calculate;
    std::string constraint_msg;  ///< literal, or jr:itext('…')
    std::string required_msg;
    std::string preload;
    std::string preload_params;
    std::string save_to;  ///< entities:saveto
    Attributes others;    ///< "orx:max-pixels", "awda:purpose" …
    Provenance where;
};

/// A label or hint: a reference into itext, or the text itself.
struct ModelText {
    bool present = false;
    std::string ref;  ///< the expression of ref="…", or empty
    RichText literal;
};

struct ModelItem {
    std::string value;
    ModelText label;
    std::vector<ModelItem> items;  ///< of an OpenStreetMap tag: its choices
};

struct ModelItemset {
    SourceExpr nodeset;
    std::string value_ref;
    std::string label_ref;  ///< "label" or "jr:itext(itextId)"
    bool copy = false;
    bool implied = false;  ///< made of a query or a search(), not written as an itemset
};

struct ModelAction {
    std::string element;  ///< "setvalue", "odk:setgeopoint", "odk:recordaudio"
    std::string events;   ///< separated by spaces
    std::string ref;
    SourceExpr value;
    std::string literal;
    Attributes others;
};

enum class ControlKind : std::uint8_t {
    kGroup,
    kRepeat,
    kInput,
    kSelect,
    kSelect1,
    kRank,
    kRange,
    kUpload,
    kTrigger,
};

struct ModelControl {
    ControlKind kind{};
    std::string ref;  ///< absolute; empty for a group that is only for the page
    std::string appearance;
    std::string mediatype;
    std::string count;  ///< jr:count
    bool no_add_remove = false;
    Attributes others;
    ModelText label;
    ModelText hint;
    ModelText guidance;  ///< only when not part of the hint's itext
    std::vector<ModelItem> items;
    std::vector<ModelItem> tags;  ///< of an OpenStreetMap question
    ModelItemset itemset;
    std::vector<ModelAction> actions;
    std::vector<ModelControl> children;
    Provenance where;
};

struct ModelTranslationText {
    std::string id;
    std::vector<std::pair<std::string, RichText>> forms;  ///< "" (plain), "guidance", "image" …
};

struct ModelTranslation {
    std::string language;
    bool is_default = false;
    std::vector<ModelTranslationText> texts;
};

struct ModelInstance {
    std::string id;
    std::string src;                             ///< "jr://file-csv/places.csv", or empty
    std::shared_ptr<const TableInstance> table;  ///< one of the two, or neither if missing
    std::shared_ptr<const XmlTree> tree;
    std::string inline_xml;  ///< of a tree given in the form itself
    bool implied = false;    ///< a file that only a question names: not an instance of the form
    bool from_file = false;  ///< its table or tree is what the file beside the form holds
    /// What is odd about the file: the code, and what fills {1}; {0} is the file's name.
    std::vector<std::pair<DiagnosticCode, std::string>> notes = {};
};

struct FormModel {
    std::string title;
    std::string version_attribute;  ///< odk:xforms-version, or empty
    std::string entities_version;
    std::string body_class;
    std::string style;  ///< settings' style column
    ModelNode root;     ///< the primary instance's root element
    std::vector<ModelInstance> instances;
    std::vector<ModelTranslation> translations;
    std::string default_language;
    std::vector<ModelBind> binds;
    std::vector<ModelAction> actions;  ///< those directly in the model
    Attributes submission;             ///< attributes of <submission>, or none
    bool has_submission = false;
    Attributes namespaces;  ///< extra "prefix" → URI
    std::vector<ModelControl> body;
    std::string instance_name_ref;
    /// Which list each itemset's choices came from, for exports: control ref → list name.
    std::vector<std::pair<std::string, std::string>> list_names;
    /// Element names, column names and names in expressions of this form.
    std::shared_ptr<StringPool> names = std::make_shared<StringPool>();
};

inline constexpr std::string_view kAwdaNamespace = "urn:awda:xforms:1";

}  // namespace awda::forms
