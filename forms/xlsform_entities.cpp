#include "forms/xlsform_entities.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_set>

#include "forms/table_instance.h"
#include "forms/value.h"
#include "forms/xlsform_columns.h"

namespace awda::forms {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);
constexpr std::string_view kReservedPrefix = "__";

/// A cell without blanks around it, typographic quotes made plain: cells are expressions.
std::string plain(std::string_view text) {
    static constexpr std::array<std::pair<std::string_view, char>, 4> kQuotes{
        {{"\u2018", '\''}, {"\u2019", '\''}, {"\u201c", '"'}, {"\u201d", '"'}}};
    std::string out;
    text = trim(text);
    while (!text.empty()) {
        const auto* const quote = std::find_if(kQuotes.begin(), kQuotes.end(), [&](const auto& q) {
            return text.starts_with(q.first);
        });
        out += quote == kQuotes.end() ? text.front() : quote->second;
        text.remove_prefix(quote == kQuotes.end() ? 1 : quote->first.size());
    }
    return out;
}

bool is_name(std::string_view text) {
    return !text.empty() && text.find(':') == std::string_view::npos &&
           xml_name_from(text) == text && !text.starts_with(kReservedPrefix);
}

/// The names in "${name}" and "${last-saved#name}".
std::unordered_set<std::string> variables(std::string_view text) {
    constexpr std::string_view kSaved = "last-saved#";
    std::unordered_set<std::string> out;
    for (auto at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 2)) {
        const auto end = text.find('}', at);
        if (end == std::string_view::npos) break;
        std::string_view name = trim(text.substr(at + 2, end - at - 2));
        if (name.starts_with(kSaved)) name.remove_prefix(kSaved.size());
        out.emplace(name);
    }
    return out;
}

}  // namespace

ModelNode entity_node(const SheetEntity& entity) {
    ModelNode out;
    out.name = "entity";
    out.attributes.emplace_back("dataset", entity.list);
    if (entity.creates()) out.attributes.emplace_back("create", "1");
    if (entity.updates()) {
        out.attributes.emplace_back("update", "1");
        for (const char* name : {"baseVersion", "trunkVersion", "branchId"})
            out.attributes.emplace_back(name, "");
    }
    out.attributes.emplace_back("id", "");
    if (!entity.label.empty()) out.children.push_back({"label", "", {}, false, {}});
    return out;
}

std::vector<EntityPart> entity_parts(const SheetEntity& entity) {
    std::vector<EntityPart> out;
    if (!entity.create_if.empty()) out.push_back({"create", true, entity.create_if});
    if (!entity.update_if.empty()) out.push_back({"update", true, entity.update_if});
    if (entity.updates()) {
        // What the client knows of the entity it updates, so that the server can tell conflicts.
        const std::string item =
            "instance('" + entity.list + "')/root/item[name=" + entity.id.text + "]/";
        for (const auto& [name, column] :
             {std::pair("baseVersion", "__version"), std::pair("trunkVersion", "__trunkVersion"),
              std::pair("branchId", "__branchId")})
            out.push_back({name, true, {item + column, entity.id.where}});
    }
    out.push_back({"id", true, entity.id});
    if (!entity.label.empty()) out.push_back({"label", false, entity.label});
    return out;
}

// The sheet -------------------------------------------------------------------------------------

void EntitiesSheet::read(const Sheet& sheet) {
    if (sheet.rows.empty()) return;
    const std::vector<std::string> fields = read_headings(sheet.rows[0]);
    for (std::size_t r = 1; r < sheet.rows.size(); ++r) {
        if (entities_.size() == kEntitiesMax) {
            report_(DiagnosticCode::kTooManyEntities, {"entities", sheet.rows[r].number, ""},
                    {std::to_string(kEntitiesMax)}, {});
            break;
        }
        read_row(sheet.rows[r], fields);
    }
    references_.resize(entities_.size());
    properties_.resize(entities_.size());
}

std::vector<std::string> EntitiesSheet::read_headings(const SheetRow& header) {
    std::vector<std::string> fields;
    for (const std::string_view cell : header.cells) {
        Heading heading = parse_entities_heading(cell);
        const auto same =
            heading.known ? std::find(fields.begin(), fields.end(), heading.field) : fields.end();
        if (same != fields.end()) {
            const auto first = static_cast<std::size_t>(same - fields.begin());
            report_(DiagnosticCode::kSameColumn, {"entities", header.number, heading.written},
                    {headings_[first], heading.written}, {});
        }
        fields.push_back(heading.known ? heading.field : "");
        headings_.push_back(std::move(heading.written));
    }
    return fields;
}

void EntitiesSheet::read_row(const SheetRow& source, const std::vector<std::string>& fields) {
    SheetEntity entity;
    entity.row = source.number;
    for (std::size_t i = 0; i < source.cells.size() && i < fields.size(); ++i) {
        std::string text = plain(source.cells[i]);
        if (text.empty() || headings_[i].empty()) continue;
        const std::string& field = fields[i];
        if (field == "dataset") {
            entity.list = std::move(text);
        } else if (field.empty()) {
            report_(DiagnosticCode::kEntityColumn, {"entities", 1, headings_[i]}, {headings_[i]},
                    nearest_spelling(lower_ascii(headings_[i]), entities_fields()));
            headings_[i].clear();  // told once
        } else {
            SourceExpr& expr = field == "entity_id"   ? entity.id
                               : field == "create_if" ? entity.create_if
                               : field == "update_if" ? entity.update_if
                                                      : entity.label;
            expr = {std::move(text), {"entities", source.number, headings_[i]}};
        }
    }
    check(entity);
    const auto [first, fresh] = by_list_.emplace(entity.list, entities_.size());
    if (!fresh) {
        if (!entity.list.empty())
            report_(DiagnosticCode::kEntityListTwice, {"entities", entity.row, "list_name"},
                    {entity.list, std::to_string(entities_[first->second].row)}, {});
        return;
    }
    entities_.push_back(std::move(entity));
    find_variables(entities_.size() - 1);
}

void EntitiesSheet::check(const SheetEntity& entity) {
    const auto problem = [&](DiagnosticCode code, const char* column) {
        report_(code, {"entities", entity.row, column}, {entity.list}, {});
    };
    if (entity.list.empty()) return problem(DiagnosticCode::kEntityListMissing, "list_name");
    if (!is_name(entity.list) || entity.list.find('.') != std::string::npos)
        return problem(DiagnosticCode::kEntityListName, "list_name");
    if (entity.id.empty() && !entity.update_if.empty())
        return problem(DiagnosticCode::kEntityIdMissing, "entity_id");
    if (!entity.id.empty() && !entity.create_if.empty() && entity.update_if.empty())
        return problem(DiagnosticCode::kEntityUpdateMissing, "update_if");
    if (entity.id.empty() && entity.label.empty())
        return problem(DiagnosticCode::kEntityLabelMissing, "label");
}

void EntitiesSheet::find_variables(std::size_t entity) {
    const SheetEntity& e = entities_[entity];
    std::unordered_set<std::string> names;
    for (const SourceExpr* expr : {&e.id, &e.create_if, &e.update_if, &e.label})
        names.merge(variables(expr->text));
    for (const std::string& name : names) by_variable_[name].push_back(entity);
}

// The survey ------------------------------------------------------------------------------------

EntitiesSheet::Container EntitiesSheet::open(Container parent, std::string name, bool repeat) {
    const Node& above = nodes_[parent];
    const auto made = static_cast<Container>(nodes_.size());
    Node node;
    node.parent = parent;
    node.name = std::move(name);
    node.repeat = repeat;
    node.depth = above.depth + 1;
    node.repeats = above.repeats + (repeat ? 1U : 0U);
    node.scope = repeat ? made : above.scope;
    nodes_.push_back(std::move(node));
    return made;
}

std::string EntitiesSheet::note(const SurveyRow& row) {
    std::string out;
    if (!row.save_to.empty()) {
        std::string_view property = row.save_to;
        const std::size_t entity = list_of(property, row.where);
        if (entity != kNone && check_property(row, property, entity)) {
            add_reference(entity, {row.in, row.where, ""});
            out = property;
        }
    }
    const auto found = by_variable_.find(std::string(row.name));
    if (found != by_variable_.end() && !row.name.empty()) {
        for (const std::size_t entity : found->second)
            add_reference(entity, {row.in, row.where, std::string(row.name)});
    }
    return out;
}

/// The entity that "list#property" or "property" belongs to; leaves the property.
std::size_t EntitiesSheet::list_of(std::string_view& property, const Provenance& where) {
    if (entities_.empty()) {
        report_(DiagnosticCode::kSaveToWithoutEntities, where, {}, {});
        return kNone;
    }
    const auto mark = property.find('#');
    if (mark == std::string_view::npos) {
        if (entities_.size() == 1) return 0;
        report_(DiagnosticCode::kSaveToListMissing, where, {std::string(property)}, {});
        return kNone;
    }
    if (property.find('#', mark + 1) != std::string_view::npos) {
        report_(DiagnosticCode::kSaveToMarks, where, {std::string(property)}, {});
        return kNone;
    }
    const std::string list(property.substr(0, mark));
    property.remove_prefix(mark + 1);
    const auto found = by_list_.find(list);
    if (found != by_list_.end()) return found->second;
    std::vector<std::string> names;
    for (const SheetEntity& entity : entities_) names.push_back(entity.list);
    report_(DiagnosticCode::kSaveToList, where, {list}, nearest_spelling(list, names));
    return kNone;
}

bool EntitiesSheet::check_property(const SurveyRow& row, std::string_view property,
                                   std::size_t entity) {
    const std::string name(property);
    if (!row.is_question) {
        report_(DiagnosticCode::kSaveToContainer, row.where, {}, {});
        return false;
    }
    const std::string lower = lower_ascii(name);
    if (lower == "name" || lower == "label" || !is_name(name)) {
        report_(DiagnosticCode::kSaveToName, row.where, {name}, {});
        return false;
    }
    const auto [first, fresh] = properties_[entity].emplace(name, row.where.row);
    if (!fresh)
        report_(DiagnosticCode::kSaveToTwice, row.where, {name, std::to_string(first->second)}, {});
    return fresh;
}

void EntitiesSheet::add_reference(std::size_t entity, Reference reference) {
    if (reference_count_ == kReferencesMax) {
        report_(DiagnosticCode::kTooManyEntities, reference.where, {std::to_string(kReferencesMax)},
                {});
    }
    if (reference_count_++ >= kReferencesMax) return;
    references_[entity].push_back(std::move(reference));
}

// Containers ------------------------------------------------------------------------------------

std::uint32_t EntitiesSheet::below_scope(Container c) const {
    return nodes_[c].depth - nodes_[nodes_[c].scope].depth;
}

bool EntitiesSheet::is_deeper(Container a, Container b) const {
    return std::pair(nodes_[a].repeats, below_scope(a)) >
           std::pair(nodes_[b].repeats, below_scope(b));
}

bool EntitiesSheet::is_within(Container inner, Container outer) const {
    while (nodes_[inner].depth > nodes_[outer].depth) inner = nodes_[inner].parent;
    return inner == outer;
}

EntitiesSheet::Container EntitiesSheet::common(Container a, Container b) const {
    while (!is_within(b, a)) a = nodes_[a].parent;
    return a;
}

std::string EntitiesSheet::path(Container c) const {
    if (c == kForm) return "/survey";
    return path(nodes_[c].parent) + "/" + nodes_[c].name;
}

// Placing ---------------------------------------------------------------------------------------

/// The place an entity's references ask for; false if they contradict each other.
bool EntitiesSheet::make_request(std::size_t entity, Request& out) const {
    const Reference* deepest = nullptr;  // the first in the deepest scope
    const Reference* inner = nullptr;    // the one with most groups in that scope
    const Reference* saving = nullptr;   // the same of those that are saved
    std::optional<Container> shared;
    for (const Reference& ref : references_[entity]) {
        const bool deeper =
            deepest == nullptr || nodes_[ref.in].repeats > nodes_[deepest->in].repeats;
        if (deeper) {
            deepest = inner = &ref;
            if (ref.saves()) saving = &ref;
        }
        const bool here = nodes_[ref.in].scope == nodes_[deepest->in].scope;
        if (here && below_scope(ref.in) > below_scope(inner->in)) inner = &ref;
        if (!ref.saves()) continue;
        out.saving.push_back(ref.in);
        shared = shared ? common(*shared, ref.in) : ref.in;
        if (saving == nullptr || (here && below_scope(ref.in) > below_scope(saving->in)))
            saving = &ref;
    }
    // Properties are saved to the nearest entity above them, so these decide before variables.
    out.wish = inner->in;
    if (saving != nullptr) {
        out.wish = nodes_[saving->in].scope;
        if (!is_deeper(out.wish, *shared)) out.wish = *shared;
    }
    out.entity = entity;
    out.scope = nodes_[out.wish].scope;
    return check_scopes(entity, *deepest, out.wish);
}

bool EntitiesSheet::check_scopes(std::size_t entity, const Reference& deepest,
                                 Container wish) const {
    const SheetEntity& declared = entities_[entity];
    bool right = true;
    for (const Reference& ref : references_[entity]) {
        const Container scope = nodes_[ref.in].scope;
        const bool aside = !is_within(nodes_[deepest.in].scope, scope);
        const bool elsewhere = ref.saves() && scope != nodes_[wish].scope;
        if (!aside && !elsewhere) continue;
        right = false;
        const std::string other = path(aside ? deepest.in : wish);
        if (ref.saves()) {
            report_(DiagnosticCode::kSaveToScope, ref.where, {declared.list, other, path(ref.in)},
                    {});
        } else {
            report_(DiagnosticCode::kEntityScope, {"entities", declared.row, ""},
                    {declared.list, other, ref.question, path(ref.in)}, {});
        }
    }
    return right;
}

std::vector<EntitiesSheet::Request> EntitiesSheet::make_requests() const {
    std::vector<Request> out;
    for (std::size_t i = 0; i < entities_.size(); ++i) {
        Request request;
        request.entity = i;
        if (references_[i].empty() || make_request(i, request)) out.push_back(std::move(request));
    }
    return out;
}

void EntitiesSheet::place() {
    const std::vector<Request> requests = make_requests();
    if (entities_.size() == 1) {
        // A form's only entity stands in the form's own meta, as clients before 2025 want it.
        if (!requests.empty() && requests[0].scope == kForm) {
            placed_.emplace(kForm, 0);
            return;
        }
    }
    for (const Request& request : requests) allocate(request);
}

/// Of the entities that stand in the way, one: at the container, or between it and a property.
std::size_t EntitiesSheet::obstacle(const Request& request, Container at) const {
    const auto taken = taken_.find(at);
    for (Container c : request.saving) {
        // A container that is taken keeps out what is saved in it, too.
        if (taken != taken_.end() && taken_.contains(c)) return taken_.at(c);
        for (; c != at; c = nodes_[c].parent) {
            const auto placed = placed_.find(c);
            if (placed != placed_.end()) return placed->second;
        }
    }
    return taken == taken_.end() ? kNone : taken->second;
}

/// Puts an entity as deep as it can be, or in the next free container above, within its scope.
void EntitiesSheet::allocate(const Request& request) {
    std::size_t other = kNone;
    for (Container at = request.wish;; at = nodes_[at].parent) {
        other = obstacle(request, at);
        if (other == kNone) {
            placed_.emplace(at, request.entity);
            taken_.emplace(at, request.entity);
            // Between it and its questions no other entity may stand.
            for (Container c : request.saving) {
                for (; c != at; c = nodes_[c].parent) taken_.emplace(c, request.entity);
            }
            return;
        }
        // Further up, what is saved below would go to the other entity.
        if (!request.saving.empty() || at == request.scope) break;
    }
    report_(
        DiagnosticCode::kEntityNoRoom, {"entities", entities_[request.entity].row, ""},
        {entities_[request.entity].list, path(request.scope), std::to_string(entities_[other].row)},
        {});
}

const SheetEntity* EntitiesSheet::in(Container container) const {
    const auto found = placed_.find(container);
    return found == placed_.end() ? nullptr : &entities_[found->second];
}

std::string_view EntitiesSheet::version() const {
    if (entities_.empty()) return {};
    const bool in_repeat = std::any_of(placed_.begin(), placed_.end(),
                                       [&](const auto& p) { return nodes_[p.first].repeats > 0; });
    return entities_.size() > 1 || in_repeat ? "2025.1.0" : "2024.1.0";
}

}  // namespace awda::forms
