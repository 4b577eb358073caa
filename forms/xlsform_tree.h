// The survey of an XLSForm as a tree of questions, groups and repeats, with the cells of their
// rows.
//
// Ownership: a parent owns its children, which point up to it; elements don't move.
// Threads: plain values, pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "forms/diagnostic.h"
#include "forms/xlsform_columns.h"
#include "forms/xlsform_entities.h"

namespace awda::forms {

/// A cell's texts: by language, "" for a column without one.
using Texts = std::vector<std::pair<std::string, std::string>>;

/// One row of the survey sheet, cells by field.
struct Row {
    std::uint32_t number = 0;
    std::map<std::string, std::string, std::less<>> fields;
    std::map<std::string, Texts, std::less<>> texts;           ///< label, hint, media::image …
    std::vector<std::string> media;                            ///< kinds of media, as the columns
    std::map<std::string, std::string, std::less<>> headings;  ///< field → header as written
    [[nodiscard]] std::string_view at(std::string_view field) const {
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

/// The cell of a row of the survey.
[[nodiscard]] Provenance place(const Row& row, std::string_view field);

/// A question that stands in the form but not in the workbook; the caller puts it into `parent`.
[[nodiscard]] std::unique_ptr<Element> generated(Element& parent, const std::string& name,
                                                 std::uint32_t row);

/// The nearest repeat around an element, or null.
[[nodiscard]] const Element* enclosing_repeat(const Element* element);
[[nodiscard]] bool is_inside(const Element* element, const Element* above);

/// "group", "repeat" or "loop", as the rows that open and close it say.
[[nodiscard]] std::string fence_word(const Element& element);
/// csv-external and xml-external: a file, and no question.
[[nodiscard]] bool is_file_list(const Element& element);
/// Computed and shown nowhere: nobody can change it.
[[nodiscard]] bool is_unseen(const Element& element);
/// A repeat_count that is more than one reference has a node of its own.
[[nodiscard]] bool needs_count_node(const std::string& count);

}  // namespace awda::forms
