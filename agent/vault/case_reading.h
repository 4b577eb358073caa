// case_reading: cases and their documents as the log has them, this device's and others' alike.
//
// Reads tables and events, changes nothing and asks no permission: cases.h does that. Used by the
// projections too, so that what a list counts is what a look shows. Threads: the vault's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/sqlite.h"
#include "sync/cases/case_state.h"
#include "sync/cases/document.h"
#include "sync/log/proof.h"

namespace awda::agent {

/// An event, whoever's log it is from.
struct CaseSource {
    DeviceId device;
    std::uint64_t seq = 0;  ///< in this device's log
    sync::Event event;      ///< the event itself; of another device's, what its log has
    sync::EventRef ref;
    bool foreign = false;
    std::shared_ptr<const sync::EventCover> cover;  ///< as it came with another's record
};
/// kNotFound.
[[nodiscard]] Result<CaseSource> read_source(Database& db, std::uint64_t seq);

/// The submission that a revision is of, this device's or another's, if it is here.
[[nodiscard]] Result<std::optional<InstanceId>> root_of_revision(Database& db,
                                                                 const InstanceId& instance);

/// All that was said about a case, in no particular order.
[[nodiscard]] Result<std::vector<sync::CaseEntry>> case_entries(Database& db,
                                                                const sync::CaseId& id);
/// kNotFound if nothing here tells of it.
[[nodiscard]] Result<sync::CaseState> read_case(Database& db, const sync::CaseId& id);
/// The cases that a submission belongs to: one, unless that is disputed.
[[nodiscard]] Result<std::vector<sync::CaseId>> cases_of_root(Database& db, const InstanceId& root);

/// Who made a revision or a decision, and what for.
struct RevisionSource {
    Id16 id{};
    bool decision = false;
    bool foreign = false;
    std::uint64_t seq = 0;     ///< in this device's log
    std::uint32_t number = 0;  ///< of the revision; 0 for a decision
    OfficerId officer;
    OfficeId office;
    UnixMs at_ms = 0;
    std::string reason;
};

struct StoredDocument {
    InstanceId root;
    std::string form_id;
    std::string form_version;
    std::vector<RevisionSource> sources;  ///< as `revisions`
    std::vector<sync::Revision> revisions;
    sync::IdentityRule identity;
    bool erased = false;    ///< some of it was pruned, so that it can't be merged any more
    bool branched = false;  ///< more than one line of revisions of this device
    sync::Document merged;  ///< empty when erased
};
/// kNotFound if there is no revision of it.
[[nodiscard]] Result<StoredDocument> read_document(Database& db, const InstanceId& root);
/// How many answers of it wait for a decision: 0 without much work for one that has one line.
[[nodiscard]] Result<std::size_t> count_disputes(Database& db, const InstanceId& root);

}  // namespace awda::agent
