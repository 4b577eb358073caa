// Lists of entities: read, written, changed by records and by the server.
#include <algorithm>
#include <charconv>

#include "forms/entities.h"
#include "forms/table_instance.h"
#include "platform/ids.h"

namespace awda::forms {
namespace {

std::string new_branch(Random& random) {
    Id16 id{};
    random.fill(id);
    id[6] = static_cast<std::uint8_t>((id[6] & 0x0fU) | 0x40U);
    id[8] = static_cast<std::uint8_t>((id[8] & 0x3fU) | 0x80U);
    return to_uuid_text(id);
}

std::uint64_t parse_count(std::string_view text, std::uint64_t fallback) {
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() ? out : fallback;
}

void append_cell(std::string& out, std::string_view text) {
    if (text.find_first_of(",;\"\r\n") == std::string_view::npos) {
        out += text;
        return;
    }
    out += '"';
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
}

}  // namespace

const Entity* EntityList::find(std::string_view id) const {
    const auto found = by_id_.find(std::string(id));
    return found == by_id_.end() ? nullptr : &entities_[found->second];
}

std::string_view EntityList::value(const Entity& entity, std::string_view property) const {
    const auto found = std::find(properties_.begin(), properties_.end(), property);
    const auto at = static_cast<std::size_t>(found - properties_.begin());
    return at < entity.values.size() ? std::string_view(entity.values[at]) : std::string_view();
}

std::size_t EntityList::property(std::string_view name) {
    const auto found = std::find(properties_.begin(), properties_.end(), name);
    const auto at = static_cast<std::size_t>(found - properties_.begin());
    if (found == properties_.end() && at < kPropertiesMax) properties_.emplace_back(name);
    return at;
}

void EntityList::set(Entity& entity, std::string_view name, std::string_view value) {
    const std::size_t at = property(name);
    if (at >= kPropertiesMax) return;
    if (entity.values.size() <= at) entity.values.resize(at + 1);
    entity.values[at] = value;
}

void EntityList::add(Entity entity) {
    by_id_.emplace(entity.id, entities_.size());
    entities_.push_back(std::move(entity));
}

Result<EntityList> EntityList::read(std::string name, std::string_view csv, Random& random) {
    StringPool names;
    const auto table = AWDA_TRY(TableInstance::from_csv(csv, names));
    const auto column = [&](std::string_view heading) {
        return table->find_column(names.find(heading));
    };
    const std::uint32_t id = column("name");
    if (id == TableInstance::kNoColumn) return Error{Errc::kMalformed, "an entity list"};
    if (table->rows() > kEntitiesMax) return Error{Errc::kTooLarge, "an entity list"};
    EntityList out(std::move(name));
    const std::uint32_t label = column("label");
    const std::uint32_t version = column("__version");
    const std::uint32_t trunk = column("__trunkVersion");
    const std::uint32_t branch = column("__branchId");
    const std::uint32_t on_server = column("__onServer");
    const auto cell = [&](std::uint32_t row, std::uint32_t at) {
        return at == TableInstance::kNoColumn ? std::string_view() : table->at(row, at);
    };
    for (std::uint32_t row = 0; row < table->rows(); ++row) {
        Entity entity;
        entity.id = cell(row, id);
        if (entity.id.empty() || out.by_id_.contains(entity.id)) continue;
        entity.label = cell(row, label);
        entity.version = parse_count(cell(row, version), 1);
        // A server's list has no such columns: all in it is the server's.
        const bool own = on_server != TableInstance::kNoColumn;
        entity.on_server = !own || cell(row, on_server) == "1";
        entity.trunk_version = own ? std::string(cell(row, trunk)) : std::to_string(entity.version);
        entity.branch_id = cell(row, branch);
        if (entity.branch_id.empty()) entity.branch_id = new_branch(random);
        for (std::uint32_t at = 0; at < table->columns(); ++at) {
            const std::string_view heading = table->column_text(at);
            if (at == id || at == label || heading.starts_with("__")) continue;
            out.set(entity, heading, cell(row, at));
        }
        out.add(std::move(entity));
    }
    return out;
}

std::string EntityList::csv() const {
    std::string out = "name,label,__version,__trunkVersion,__branchId,__onServer";
    for (const std::string& property : properties_) {
        out += ',';
        append_cell(out, property);
    }
    out += '\n';
    for (const Entity& entity : entities_) {
        append_cell(out, entity.id);
        out += ',';
        append_cell(out, entity.label);
        out.append(",").append(std::to_string(entity.version)).append(",");
        append_cell(out, entity.trunk_version);
        out += ',';
        append_cell(out, entity.branch_id);
        out += entity.on_server ? ",1" : ",0";
        for (std::size_t i = 0; i < properties_.size(); ++i) {
            out += ',';
            if (i < entity.values.size()) append_cell(out, entity.values[i]);
        }
        out += '\n';
    }
    return out;
}

EntityList::Outcome EntityList::apply(const EntityAction& action, Random& random) {
    if (action.dataset != name_) return Outcome::kOtherList;
    const auto found = by_id_.find(action.id);
    const bool there = found != by_id_.end();
    if (there && action.kind == EntityAction::Kind::kCreate) return Outcome::kAlreadyThere;
    if (!there && action.kind == EntityAction::Kind::kUpdate) return Outcome::kNotThere;
    if (there) {
        Entity& entity = entities_[found->second];
        if (!action.label.empty()) entity.label = action.label;
        ++entity.version;
        for (const auto& [name, value] : action.properties) set(entity, name, value);
        return Outcome::kUpdated;
    }
    if (action.label.empty()) return Outcome::kNoLabel;
    if (entities_.size() >= kEntitiesMax) return Outcome::kFull;
    Entity entity;
    entity.id = action.id;
    entity.label = action.label;
    entity.branch_id = new_branch(random);
    for (const auto& [name, value] : action.properties) set(entity, name, value);
    add(std::move(entity));
    return Outcome::kCreated;
}

void EntityList::take_server_list(const EntityList& server, Random& random) {
    EntityList merged(name_);
    const auto copy = [&merged](Entity entity, const EntityList& from) {
        const std::vector<std::string> values = std::move(entity.values);
        entity.values.clear();
        for (std::size_t i = 0; i < values.size(); ++i) {
            merged.set(entity, from.properties_[i], values[i]);
        }
        merged.add(std::move(entity));
    };
    for (const std::string& property : server.properties_) (void)merged.property(property);
    for (const Entity& own : entities_) {
        const Entity* theirs = server.find(own.id);
        if (theirs == nullptr) {
            if (!own.on_server) copy(own, *this);  // not sent yet, or not taken in yet
        } else if (theirs->version > own.version ||
                   (theirs->version == own.version &&
                    own.trunk_version != std::to_string(own.version))) {
            Entity entity = *theirs;
            entity.on_server = true;
            entity.trunk_version = std::to_string(theirs->version);
            entity.branch_id = new_branch(random);
            copy(std::move(entity), server);
        } else {
            Entity entity = own;  // the same, or our changes are on their way
            entity.on_server = true;
            copy(std::move(entity), *this);
        }
    }
    for (const Entity& theirs : server.entities_) {
        if (by_id_.contains(theirs.id) || merged.entities_.size() >= kEntitiesMax) continue;
        copy(theirs, server);
    }
    *this = std::move(merged);
}

EntityList apply_entity_actions(EntityList list, std::span<const EntityAction> actions,
                                Random& random) {
    for (const EntityAction& action : actions) (void)list.apply(action, random);
    return list;
}

}  // namespace awda::forms
