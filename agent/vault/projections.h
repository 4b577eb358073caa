// projections: the tables that follow from the log: officers, records, batches.
//
// apply() is the only code that writes them, so that what a rebuild gives is what running gave.
// Threads: the vault's; inside the caller's transaction.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "platform/sqlite.h"
#include "sync/log/event.h"

namespace awda::agent {

inline constexpr std::string_view kTitlePath = "meta/instanceName";
inline constexpr std::size_t kTitleBytesMax = 400;

/// At most kTitleBytesMax bytes of `title`, cut between characters.
[[nodiscard]] std::string fit_title(std::string_view title);

/// Enters one event; of one whose payload is gone, what its skeleton says. kMalformed if the
/// payload is not what its type says.
[[nodiscard]] Status apply(Database& db, const sync::Event& event);

/// For each row, named by the sequence number of the event that made it, a hash over all its
/// columns.
struct ProjectionDigest {
    std::map<std::uint64_t, Hash32> rows;
};
[[nodiscard]] Result<ProjectionDigest> digest_projections(Database& db);
/// Told now and then how many events are done.
using Progress = std::function<void(std::uint64_t events)>;
inline constexpr std::uint64_t kProgressEvery = 10'000;
/// Empties the tables and enters the whole log again.
[[nodiscard]] Status rebuild_projections(Database& db, const Progress& progress = {});
/// The lowest sequence number whose rows differ.
[[nodiscard]] std::optional<std::uint64_t> first_difference(const ProjectionDigest& a,
                                                            const ProjectionDigest& b);

}  // namespace awda::agent
