// ViewGraph: what on a page shows what of the record: for each template, the labels, choices and
// problems that look different when an instance of it changes.
//
// Ownership: borrows the compiled form; one a session, made when deltas are first asked for.
// Threads: immutable once made.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "forms/compiled.h"
#include "forms/resolve.h"

namespace awda::forms {

class ViewGraph {
public:
    enum class Kind : std::uint8_t { kNode, kRow, kHead, kBare };
    struct Item {
        const PageItem* item = nullptr;       ///< null: only carries its repeat's label
        const ModelControl* outer = nullptr;  ///< the group that has a repeat's label
        TemplateId context = kNone;           ///< where it stands: of a bare group, its texts'
        std::uint32_t depth = 0;              ///< of its head, for a repeat
    };
    /// A part of the page that reads the record.
    struct Reader {
        std::uint32_t item = 0;
        Kind kind{};
        TemplateId at = kNone;      ///< template of the nodes that it stands for
        TemplateId common = kNone;  ///< as in Read; kNone: reads something that can't be told
        std::uint32_t fields = 0;
    };

    explicit ViewGraph(const Compiled& compiled);

    [[nodiscard]] const Item& item(std::uint32_t number) const { return items_[number]; }
    /// The items that show nodes of a template; rows for a repeat.
    [[nodiscard]] std::span<const std::uint32_t> items_of(TemplateId node) const {
        return items_of_[node];
    }
    /// The repeats and bare groups that stand directly in nodes of a template.
    [[nodiscard]] std::span<const Reader> inside(TemplateId node) const { return inside_[node]; }
    [[nodiscard]] std::span<const Reader> readers_of(TemplateId source) const {
        return readers_[source];
    }
    /// Those whose looks hang on the clock or on chance.
    [[nodiscard]] std::span<const Reader> unsteady() const { return unsteady_; }
    /// Whether each item shows exactly one node for each row around it, so that rows come and go
    /// as blocks.
    [[nodiscard]] bool regular() const { return regular_; }

private:
    struct Level {
        const std::vector<PageItem>* items;
        TemplateId context;
        std::uint32_t depth;
    };
    void walk();
    void place(const PageItem& item, const ModelControl* outer, const Level& level,
               std::vector<Level>& todo);
    void read_texts(std::uint32_t number, Kind kind, TemplateId at, const ModelControl& control);
    void read_choices(std::uint32_t number, TemplateId at);
    void read_problem(std::uint32_t number, TemplateId at);
    void read_text(const ModelText& text, const Reader& reader);
    void read_translations(std::string_view id, const Reader& reader);
    void read_rich(const RichText& text, const Reader& reader);
    void read_expression(std::string_view text, const Reader& reader);
    void read_compiled(CompiledExpr expr, const Reader& reader);
    [[nodiscard]] TemplateId row_of(TemplateId node) const;

    const Compiled& c_;
    std::vector<Item> items_;
    std::vector<std::vector<std::uint32_t>> items_of_;
    std::vector<std::vector<Reader>> inside_;
    std::vector<std::vector<Reader>> readers_;
    std::vector<Reader> unsteady_;
    bool regular_ = true;
};

}  // namespace awda::forms
