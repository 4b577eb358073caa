// Entities: what a finished record says about things that outlive it (a household, a house), and
// the lists of such things that later forms choose from. ODK's entities specification 2025.1.
//
// Ownership: plain values. Threads: pure functions; a Session is only read.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "forms/session.h"

namespace awda::forms {

/// Whether we can process a form with this entities:entities-version: 2022.1, 2023.1, 2024.1,
/// 2025.1 and what is older, with any patch number. What is newer must be refused.
[[nodiscard]] bool entities_version_known(std::string_view version);
/// Reports a version that we can't process (an error) and declarations that can't work.
void check_entities(const FormModel& model, const std::string& file, Diagnostics& diagnostics);

/// One <entity> of a form: "" for the form's own, else the path of the group or repeat it is in.
struct EntityDeclaration {
    std::string container;
    std::string dataset;
    /// Path of a question inside the container's row → property. Each belongs to the nearest
    /// declaration around it.
    std::vector<std::pair<std::string, std::string>> properties;
};
[[nodiscard]] std::vector<EntityDeclaration> entity_declarations(const FormDefinition& form);

struct EntityAction {
    enum class Kind : std::uint8_t { kCreate, kUpdate, kUpsert };
    Kind kind{};
    std::string dataset;
    std::string id;     ///< a UUID
    std::string label;  ///< may be empty for an update
    std::string base_version;
    std::string branch_id;
    std::string trunk_version;
    /// Of relevant questions, blank ones too: a blank answer clears the property.
    std::vector<std::pair<std::string, std::string>> properties;
    bool operator==(const EntityAction&) const = default;
};

enum class EntityFault : std::uint8_t { kBadId, kNoLabel, kNoDataset };

struct EntityActions {
    std::vector<EntityAction> actions;  ///< in document order
    /// Entities that ask for an action that can't be done: ref of the <entity>, and why.
    std::vector<std::pair<std::string, EntityFault>> refused;
    /// The form's version lets devices apply the actions to their own lists (2024.1 on).
    bool apply_offline = false;
};
/// What a record, usually a finished one, does to entities.
[[nodiscard]] EntityActions entity_actions(const Session& session);

// Lists ------------------------------------------------------------------------------------------

struct Entity {
    std::string id;
    std::string label;
    std::uint64_t version = 1;
    std::string trunk_version;  ///< the server's version that local changes build on; "" if new
    std::string branch_id;      ///< of this device's changes since then
    bool on_server = false;     ///< the server has it, so that it can also take it away
    std::vector<std::string> values;  ///< one a property of the list; may be shorter
};

class EntityList {
public:
    static constexpr std::size_t kEntitiesMax = 2'000'000;
    static constexpr std::size_t kPropertiesMax = 900;

    explicit EntityList(std::string name) : name_(std::move(name)) {}
    /// Reads the CSV that servers give, or our own. Entities without a branch get one of `random`.
    /// kMalformed without the column "name", or as CSV says; kTooLarge.
    [[nodiscard]] static Result<EntityList> read(std::string name, std::string_view csv,
                                                 Random& random);
    /// As CSV for a form's secondary instance: name, label, __version, __trunkVersion, __branchId,
    /// __onServer, then the properties.
    [[nodiscard]] std::string csv() const;

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::vector<std::string>& properties() const { return properties_; }
    [[nodiscard]] const std::vector<Entity>& entities() const { return entities_; }
    [[nodiscard]] const Entity* find(std::string_view id) const;
    /// "" for a property it does not have.
    [[nodiscard]] std::string_view value(const Entity& entity, std::string_view property) const;

    enum class Outcome : std::uint8_t {
        kCreated,
        kUpdated,
        kOtherList,
        kAlreadyThere,
        kNotThere,
        kNoLabel,  ///< a new entity needs one
        kFull
    };
    /// Applies one action as if the record had been sent and come back.
    Outcome apply(const EntityAction& action, Random& random);
    /// Takes in a newer list of the server: newer versions win, local changes on the same or a
    /// newer version stay, what the server once had and has no more goes.
    void take_server_list(const EntityList& server, Random& random);

private:
    std::size_t property(std::string_view name);
    void set(Entity& entity, std::string_view property, std::string_view value);
    void add(Entity entity);

    std::string name_;
    std::vector<std::string> properties_;
    std::vector<Entity> entities_;
    std::unordered_map<std::string, std::size_t> by_id_;
};

/// The list after the actions, for a later form on the same device.
[[nodiscard]] EntityList apply_entity_actions(EntityList list,
                                              std::span<const EntityAction> actions,
                                              Random& random);

}  // namespace awda::forms
