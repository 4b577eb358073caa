#include "forms/entities.h"

#include <algorithm>
#include <array>

#include "forms/ascii.h"
#include "forms/load.h"
#include "forms/model.h"
#include "forms/names.h"
#include "forms/value.h"

namespace awda::forms {
namespace {

struct Version {
    std::uint32_t year = 0;
    std::uint32_t count = 0;
    auto operator<=>(const Version&) const = default;
};
constexpr Version kNewest{2025, 1};
constexpr Version kFirstOffline{2024, 1};

/// "2024.1.0" → 2024, 1; the patch number changes nothing that is compatible.
std::optional<Version> parse_version(std::string_view text) {
    text = trim(text);
    if (text.starts_with('v')) text.remove_prefix(1);
    std::array<std::uint32_t, 3> parts{};
    std::size_t part = 0;
    bool digits = false;
    for (const char c : text) {
        if (c == '.') {
            if (!digits || ++part >= parts.size()) return std::nullopt;
            digits = false;
        } else if (is_digit(c) && parts[part] < 100'000) {
            parts[part] = parts[part] * 10 + static_cast<std::uint32_t>(c - '0');
            digits = true;
        } else {
            return std::nullopt;
        }
    }
    if (!digits || part == 0) return std::nullopt;
    return Version{parts[0], parts[1]};
}

/// "/data/person/name" → "person/name", prefixes away.
std::string below_root(std::string_view ref) {
    ref = trim(ref);
    std::string out;
    bool root = true;
    while (!ref.empty()) {
        if (ref.starts_with('/')) ref.remove_prefix(1);
        const auto slash = ref.find('/');
        const std::string_view step = local_name(ref.substr(0, slash));
        ref = slash == std::string_view::npos ? std::string_view() : ref.substr(slash);
        if (root) {
            root = false;
            continue;
        }
        if (!out.empty()) out += '/';
        out += step;
    }
    return out;
}

std::string joined(std::string_view above, std::string_view name) {
    std::string out(above);
    if (!out.empty()) out += '/';
    return out += name;
}

const ModelNode* child(const ModelNode& node, std::string_view name) {
    for (const ModelNode& each : node.children) {
        if (local_name(each.name) == name) return &each;
    }
    return nullptr;
}

/// Every container that has its own meta/entity, each once, in document order.
std::vector<EntityDeclaration> containers(const ModelNode& root) {
    std::vector<EntityDeclaration> out;
    std::vector<std::pair<const ModelNode*, std::string>> todo{{&root, ""}};
    while (!todo.empty()) {
        const auto [node, path] = std::move(todo.back());
        todo.pop_back();
        const ModelNode* meta = child(*node, "meta");
        const ModelNode* entity = meta == nullptr ? nullptr : child(*meta, "entity");
        const bool known = std::any_of(out.begin(), out.end(),
                                       [&p = path](const auto& d) { return d.container == p; });
        if (entity != nullptr && !known) {
            out.push_back({path, std::string(attribute(entity->attributes, "dataset")), {}});
        }
        for (auto it = node->children.rbegin(); it != node->children.rend(); ++it) {
            if (!it->children.empty() && local_name(it->name) != "meta") {
                todo.emplace_back(&*it, joined(path, local_name(it->name)));
            }
        }
    }
    return out;
}

bool is_inside(std::string_view path, std::string_view container) {
    return container.empty() || (path.size() > container.size() && path.starts_with(container) &&
                                 path[container.size()] == '/');
}

/// name, label and what begins with "__" are the lists' own columns.
bool reserved(std::string_view property) {
    return property == "name" || property == "label" || property.starts_with("__");
}

std::vector<EntityDeclaration> declarations_of(const FormModel& model) {
    std::vector<EntityDeclaration> out = containers(model.root);
    for (const ModelBind& bind : model.binds) {
        if (bind.save_to.empty() || reserved(bind.save_to)) continue;
        const std::string path = below_root(bind.nodeset);
        EntityDeclaration* nearest = nullptr;
        for (EntityDeclaration& each : out) {
            if (!is_inside(path, each.container)) continue;
            if (nearest == nullptr || each.container.size() > nearest->container.size())
                nearest = &each;
        }
        if (nearest == nullptr) continue;
        const std::size_t skip = nearest->container.empty() ? 0 : nearest->container.size() + 1;
        nearest->properties.emplace_back(path.substr(skip), bind.save_to);
    }
    return out;
}

/// RFC 4122 version 4: random, of the usual variant.
bool is_uuid_v4(std::string_view text) {
    constexpr std::string_view kShape = "xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx";
    if (text.size() != kShape.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (kShape[i] == 'x' && !is_hex_digit(c)) return false;
        if (kShape[i] == 'v' && std::string_view("89abAB").find(c) == std::string_view::npos)
            return false;
        if (kShape[i] != 'x' && kShape[i] != 'v' && c != kShape[i]) return false;
    }
    return true;
}

/// The rows of a container: "person" → "person[1]", "person[2]" …
std::vector<std::string> rows_of(const Session& session, std::string_view container) {
    const auto& repeats = session.definition().repeats();
    std::vector<std::string> refs{""};
    std::string path;
    while (!container.empty()) {
        const auto slash = container.find('/');
        const std::string_view name = container.substr(0, slash);
        container =
            slash == std::string_view::npos ? std::string_view() : container.substr(slash + 1);
        path = joined(path, name);
        const bool repeat = std::find(repeats.begin(), repeats.end(), path) != repeats.end();
        std::vector<std::string> next;
        for (const std::string& ref : refs) {
            std::string below = joined(ref, name);
            if (!repeat) {
                next.push_back(std::move(below));
                continue;
            }
            for (std::size_t row = 1; next.size() < EntityList::kEntitiesMax; ++row) {
                std::string at = below + "[" + std::to_string(row) + "]";
                if (!session.exists(at)) break;
                next.push_back(std::move(at));
            }
        }
        refs = std::move(next);
    }
    return refs;
}

bool crosses_repeat(const FormDefinition& form, std::string_view container,
                    std::string_view below) {
    const std::string whole = joined(container, below);
    return std::any_of(form.repeats().begin(), form.repeats().end(), [&](const auto& repeat) {
        return is_inside(repeat, container) && is_inside(whole, repeat);
    });
}

void read_entity(const Session& session, const EntityDeclaration& declaration,
                 const std::string& row, EntityActions& out) {
    const std::string ref = joined(row, "meta/entity");
    if (!session.relevant(ref)) return;
    const auto get = [&](const char* name) {
        return std::string(trim(session.value(ref + "/" + name)));
    };
    const auto truth = [&](const char* name) {
        const std::string value = get(name);
        return value == "1" || value == "true";
    };
    const bool create = truth("@create");
    const bool update = truth("@update");
    if (!create && !update) return;
    EntityAction action;
    action.kind = create && update ? EntityAction::Kind::kUpsert
                  : create         ? EntityAction::Kind::kCreate
                                   : EntityAction::Kind::kUpdate;
    action.dataset = get("@dataset");
    action.id = get("@id");
    if (action.id.starts_with("uuid:")) action.id.erase(0, 5);
    action.label = get("label");
    action.base_version = get("@baseVersion");
    action.branch_id = get("@branchId");
    action.trunk_version = get("@trunkVersion");
    if (action.dataset.empty()) return out.refused.push_back({ref, EntityFault::kNoDataset});
    if (!is_uuid_v4(action.id)) return out.refused.push_back({ref, EntityFault::kBadId});
    if (action.label.empty() && action.kind == EntityAction::Kind::kCreate) {
        return out.refused.push_back({ref, EntityFault::kNoLabel});
    }
    for (const auto& [below, property] : declaration.properties) {
        if (crosses_repeat(session.definition(), declaration.container, below)) continue;
        const std::string field = joined(row, below);
        if (session.relevant(field)) action.properties.emplace_back(property, session.value(field));
    }
    out.actions.push_back(std::move(action));
}

}  // namespace

bool entities_version_known(std::string_view version) {
    const auto parsed = parse_version(version);
    return parsed && *parsed <= kNewest;
}

void check_entities(const FormModel& model, const std::string& file, Diagnostics& diagnostics) {
    const auto report = [&](DiagnosticCode code, const Provenance& where, std::string argument,
                            Severity severity) {
        if (diagnostics.size() >= kDiagnosticsMax) return;
        diagnostics.push_back({severity, code, file, where, {std::move(argument)}, {}});
    };
    const std::string& version = model.entities_version;
    if (!version.empty() && !entities_version_known(version)) {
        report(DiagnosticCode::kEntitiesVersion, {}, version, Severity::kError);
        return;
    }
    const auto all = containers(model.root);
    if (version.empty() && !all.empty()) {
        report(DiagnosticCode::kEntitiesUnversioned, {}, "entities:entities-version",
               Severity::kWarning);
    }
    for (const EntityDeclaration& each : all) {
        if (each.dataset.empty()) {
            report(DiagnosticCode::kEntityWithoutList, {}, joined(each.container, "meta/entity"),
                   Severity::kWarning);
        }
    }
    for (const ModelBind& bind : model.binds) {
        if (reserved(bind.save_to)) {
            report(DiagnosticCode::kReservedProperty, bind.where, bind.save_to, Severity::kWarning);
        }
    }
}

std::vector<EntityDeclaration> entity_declarations(const FormDefinition& form) {
    return declarations_of(form.model());
}

EntityActions entity_actions(const Session& session) {
    EntityActions out;
    const FormModel& model = session.definition().model();
    const auto version = parse_version(model.entities_version);
    if (!version) return out;
    out.apply_offline = *version >= kFirstOffline;
    for (const EntityDeclaration& declaration : declarations_of(model)) {
        for (const std::string& row : rows_of(session, declaration.container)) {
            read_entity(session, declaration, row, out);
        }
    }
    return out;
}

}  // namespace awda::forms
