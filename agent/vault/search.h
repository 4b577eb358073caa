// search: records and drafts by what their title says, or by how their id begins.
//
// Every word of the text must begin a word of the title, after folding (platform/text.h): case,
// tatweel, and the yeh and kaf that Arabic and Kurdish keyboards mix up make no difference. Of a
// search the log keeps the purpose and the number of hits, never the text. Threads: the vault's.
#pragma once

#include "agent/vault/session.h"

namespace awda::agent {

inline constexpr std::size_t kSearchTextMax = 200;  ///< bytes
inline constexpr std::size_t kSearchIdMin = 6;      ///< digits; fewer are a word of a title

/// Numbers are part of the log's format.
enum class SearchPurpose : std::uint8_t {
    kLookUp = 1,      ///< to go on with a record
    kDuplicates = 2,  ///< has this person been here before?
    kAudit = 3,
};
[[nodiscard]] std::string_view search_purpose_name(SearchPurpose purpose);
[[nodiscard]] std::optional<SearchPurpose> parse_search_purpose(std::string_view name);

struct SearchQuery {
    std::string text;
    SearchPurpose purpose = SearchPurpose::kLookUp;
    std::size_t limit = 50;  ///< at most kListMax
    std::size_t offset = 0;
    std::optional<RecordState> state{};
    std::string form_id{};  ///< "" for any
};

struct SearchResult {
    std::uint64_t hits = 0;       ///< in all
    std::vector<RecordRow> rows;  ///< of the page, newest first
};

/// kUsage for an empty text; kTooLarge, kMalformed.
[[nodiscard]] Result<SearchResult> search(Session& session, const SearchQuery& query);

}  // namespace awda::agent
