// The entities sheet of an XLSForm: what each row declares, which questions belong to it, and
// which group, repeat or form it goes into.
//
// A list's entity stands in the `meta` of one container, in the scope (form or repeat) of the
// questions that are saved to it or that it refers to, so that every row of a repeat makes its own.
// Use: read(), then open() and note() for the survey's rows from top to bottom, then place().
// Ownership: plain values. Threads: none of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "forms/model.h"
#include "forms/workbook.h"

namespace awda::forms {

/// One row of the sheet; expressions as written.
struct SheetEntity {
    std::uint32_t row = 0;
    std::string list;
    SourceExpr id;
    SourceExpr create_if;
    SourceExpr update_if;
    SourceExpr label;

    [[nodiscard]] bool updates() const { return !id.empty(); }
    [[nodiscard]] bool creates() const { return id.empty() || !create_if.empty(); }
    /// Whether the form makes up the new entity's id.
    [[nodiscard]] bool makes_id() const { return id.empty(); }
};

/// Of an entity, what has a bind: where it is below the entity, and what computes it, or nothing.
struct EntityPart {
    std::string name;
    bool is_attribute = true;
    SourceExpr calculate;
};

/// <entity dataset="…" …>, and its binds in the same order.
[[nodiscard]] ModelNode entity_node(const SheetEntity& entity);
[[nodiscard]] std::vector<EntityPart> entity_parts(const SheetEntity& entity);

class EntitiesSheet {
public:
    static constexpr std::size_t kEntitiesMax = 500;
    static constexpr std::size_t kReferencesMax = 200'000;

    /// A group, a repeat or, kForm, the form itself.
    using Container = std::uint32_t;
    static constexpr Container kForm = 0;

    using Report = std::function<void(DiagnosticCode, Provenance, std::vector<std::string> args,
                                      std::string hint)>;
    explicit EntitiesSheet(Report report) : report_(std::move(report)) {}

    void read(const Sheet& sheet);

    Container open(Container parent, std::string name, bool repeat);

    /// A row of the survey in its container: a question, or the row that opens or closes one.
    struct SurveyRow {
        Container in = kForm;
        std::string_view name;
        std::string_view save_to;
        Provenance where;  ///< of save_to
        bool is_question = true;
    };
    /// The property's name, without the list's; empty if there is none.
    std::string note(const SurveyRow& row);

    /// Gives every entity its container.
    void place();

    /// The entity that goes into a container, or null.
    [[nodiscard]] const SheetEntity* in(Container container) const;
    [[nodiscard]] bool declares(const std::string& list) const { return by_list_.contains(list); }
    /// entities:entities-version, empty without entities.
    [[nodiscard]] std::string_view version() const;

private:
    struct Node {
        Container parent = kForm;
        std::string name;
        bool repeat = false;
        std::uint32_t depth = 0;    // containers above it
        std::uint32_t repeats = 0;  // on the way from the form to it, with itself
        Container scope = kForm;    // nearest repeat, maybe itself, or the form
    };
    struct Reference {
        Container in = kForm;
        Provenance where;
        std::string question;  // referred to by the entity; empty for a save_to
        [[nodiscard]] bool saves() const { return question.empty(); }
    };
    /// Where an entity wants to be: as deep as `wish`, at least within `scope`.
    struct Request {
        std::size_t entity = 0;
        Container scope = kForm;
        Container wish = kForm;
        std::vector<Container> saving;  // containers with its save_to questions
    };

    [[nodiscard]] std::vector<std::string> read_headings(const SheetRow& header);
    void read_row(const SheetRow& source, const std::vector<std::string>& fields);
    void check(const SheetEntity& entity);
    void find_variables(std::size_t entity);
    [[nodiscard]] std::size_t list_of(std::string_view& property, const Provenance& where);
    [[nodiscard]] bool check_property(const SurveyRow& row, std::string_view property,
                                      std::size_t entity);
    void add_reference(std::size_t entity, Reference reference);

    [[nodiscard]] bool make_request(std::size_t entity, Request& out) const;
    [[nodiscard]] bool check_scopes(std::size_t entity, const Reference& deepest,
                                    Container wish) const;
    [[nodiscard]] std::vector<Request> make_requests() const;
    [[nodiscard]] std::size_t obstacle(const Request& request, Container at) const;
    void allocate(const Request& request);
    [[nodiscard]] Container common(Container a, Container b) const;
    [[nodiscard]] bool is_within(Container inner, Container outer) const;
    [[nodiscard]] std::uint32_t below_scope(Container c) const;
    [[nodiscard]] bool is_deeper(Container a, Container b) const;
    [[nodiscard]] std::string path(Container c) const;

    Report report_;
    std::vector<std::string> headings_;  // as written
    std::vector<SheetEntity> entities_;
    std::unordered_map<std::string, std::size_t> by_list_;
    std::unordered_map<std::string, std::vector<std::size_t>> by_variable_;
    std::vector<std::vector<Reference>> references_;                          // by entity
    std::vector<std::unordered_map<std::string, std::uint32_t>> properties_;  // by entity: rows
    std::size_t reference_count_ = 0;
    std::vector<Node> nodes_{1};
    std::unordered_map<Container, std::size_t> placed_;
    std::unordered_map<Container, std::size_t> taken_;  // containers no other entity can have
};

}  // namespace awda::forms
