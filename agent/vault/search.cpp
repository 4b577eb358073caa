#include "agent/vault/search.h"

#include <algorithm>
#include <array>

#include "agent/vault/access.h"
#include "agent/vault/payloads.h"
#include "agent/vault/records.h"
#include "platform/named.h"
#include "platform/text.h"

namespace awda::agent {

namespace {

struct Hit {
    UnixMs at = 0;
    InstanceId instance;
};

std::vector<std::string> words_of(std::string_view folded) {
    std::vector<std::string> words;
    std::size_t at = 0;
    while (at < folded.size()) {
        const std::size_t end = std::min(folded.find(' ', at), folded.size());
        if (end > at) words.emplace_back(folded.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

/// Lower-case hexadecimal digits without dashes; "" if the text is no beginning of an id.
std::string id_digits(std::string_view text) {
    std::string digits;
    for (const char c : text) {
        if (c == '-') continue;
        const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
        if ((lower < '0' || lower > '9') && (lower < 'a' || lower > 'f')) return {};
        digits += lower;
    }
    return digits.size() >= kSearchIdMin && digits.size() <= 32 ? digits : std::string();
}

/// What is looked for, prepared once for all titles.
class Needle {
public:
    static Result<Needle> make(std::string_view text) {
        if (text.size() > kSearchTextMax) return Error(Errc::kTooLarge, "a text to search for");
        Needle needle;
        needle.words_ = words_of(AWDA_TRY(fold_name(text)));
        needle.digits_ = id_digits(text);
        if (needle.words_.empty()) return Error(Errc::kUsage, "nothing to search for");
        return needle;
    }

    [[nodiscard]] Result<bool> matches(const InstanceId& instance, std::string_view title) const {
        if (!digits_.empty() && to_hex(instance.bytes()).starts_with(digits_)) return true;
        const std::string folded = AWDA_TRY(fold_name(title));
        return std::ranges::all_of(words_, [&folded](const std::string& word) {
            for (std::size_t at = folded.find(word); at != std::string::npos;
                 at = folded.find(word, at + 1)) {
                if (at == 0 || folded[at - 1] == ' ') return true;
            }
            return false;
        });
    }

private:
    std::vector<std::string> words_;
    std::string digits_;
};

/// The tables are read from end to end: a title can be found by any of its words.
Status collect(Database& db, LiteralText sql, const SearchQuery& query, const Needle& needle,
               std::vector<Hit>& hits) {
    Statement rows = AWDA_TRY(db.prepare(sql));
    const int state = query.state ? static_cast<int>(*query.state) : -1;
    rows.bind_all(state, query.form_id);
    while (AWDA_TRY(rows.step())) {
        const auto instance = AWDA_TRY(rows.id<InstanceId>(0));
        if (!AWDA_TRY(needle.matches(instance, rows.text(1)))) continue;
        hits.push_back({rows.integer(2), instance});
    }
    return {};
}

}  // namespace

std::string_view search_purpose_name(SearchPurpose purpose) {
    switch (purpose) {
        case SearchPurpose::kLookUp: return "look-up";
        case SearchPurpose::kDuplicates: return "duplicates";
        case SearchPurpose::kAudit: return "audit";
    }
    return "";
}

std::optional<SearchPurpose> parse_search_purpose(std::string_view name) {
    constexpr std::array kPurposes = {SearchPurpose::kLookUp, SearchPurpose::kDuplicates,
                                      SearchPurpose::kAudit};
    return find_named(kPurposes, name, search_purpose_name);
}

Result<SearchResult> search(Session& session, const SearchQuery& query) {
    AWDA_CHECK(permit(session, Permission::kSearch));
    const Needle needle = AWDA_TRY(Needle::make(query.text));
    std::vector<Hit> hits;
    AWDA_CHECK(collect(session.db,
                       "SELECT instance, title, finalised_ms FROM records"
                       " WHERE (?1 < 0 OR state = ?1) AND (?2 = '' OR form_id = ?2)",
                       query, needle, hits));
    AWDA_CHECK(collect(session.db,
                       "SELECT instance, title, updated_ms FROM drafts"
                       " WHERE ?1 < 1 AND (?2 = '' OR form_id = ?2)",
                       query, needle, hits));
    std::ranges::sort(hits, [](const Hit& a, const Hit& b) {
        return a.at != b.at ? a.at > b.at : a.instance > b.instance;
    });
    SearchResult result;
    result.hits = hits.size();
    const std::size_t first = std::min(query.offset, hits.size());
    const std::size_t count = std::min({query.limit, kListMax, hits.size() - first});
    for (std::size_t i = first; i < first + count; ++i) {
        result.rows.push_back(AWDA_TRY(record_row(session.db, hits[i].instance)));
    }
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(write.append(sync::EventType::kSearched,
                            encode_searched(static_cast<std::uint8_t>(query.purpose),
                                            static_cast<std::uint32_t>(result.hits))));
    AWDA_CHECK(write.commit());
    return result;
}

}  // namespace awda::agent
