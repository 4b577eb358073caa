#include "agent/vault/tables.h"

#include "agent/vault/event_log.h"
#include "agent/vault/payloads.h"

namespace awda::agent {

namespace {

void add(TablesReport& report, std::uint64_t seq, Difference difference) {
    ++report.differed;
    if (report.differences.size() >= kDifferencesMax) return;
    report.differences.push_back({seq, difference, sync::EventType{}});
}

void compare(const ProjectionDigest& held, const ProjectionDigest& rebuilt, TablesReport& report) {
    auto was = held.rows.begin();
    auto is = rebuilt.rows.begin();
    while (was != held.rows.end() || is != rebuilt.rows.end()) {
        if (is == rebuilt.rows.end() || (was != held.rows.end() && was->first < is->first)) {
            add(report, (was++)->first, Difference::kUnfounded);
        } else if (was == held.rows.end() || is->first < was->first) {
            add(report, (is++)->first, Difference::kMissing);
        } else {
            if (was->second != is->second) add(report, is->first, Difference::kChanged);
            ++was;
            ++is;
        }
    }
}

/// What kind of event each row is of.
Status name_events(Database& db, TablesReport& report) {
    Statement query = AWDA_TRY(db.prepare("SELECT type FROM events WHERE seq = ?"));
    for (RowDifference& row : report.differences) {
        query.bind(1, row.seq);
        if (AWDA_TRY(query.step())) row.type = static_cast<sync::EventType>(query.integer(0));
        query.reset();
    }
    return {};
}

}  // namespace

std::string_view difference_name(Difference difference) {
    switch (difference) {
        case Difference::kChanged: return "changed";
        case Difference::kMissing: return "missing";
        case Difference::kUnfounded: return "unfounded";
    }
    return "";
}

Result<TablesReport> compare_tables(Database& db, const LogOrigin& origin, Mend mend,
                                    const Progress& progress) {
    TablesReport report;
    report.log = AWDA_TRY(walk_log(db, origin, progress));
    if (!report.log.intact) return report;
    const ProjectionDigest held = AWDA_TRY(digest_projections(db));
    report.counts_differed = !AWDA_TRY(counts_follow(db));
    Transaction transaction = AWDA_TRY(Transaction::begin(db));
    AWDA_CHECK(rebuild_projections(db, progress));
    const ProjectionDigest rebuilt = AWDA_TRY(digest_projections(db));
    report.rows = rebuilt.rows.size();
    compare(held, rebuilt, report);
    AWDA_CHECK(name_events(db, report));
    if (mend == Mend::kNo || report.same()) return report;
    AWDA_CHECK(transaction.commit());
    report.mended = true;
    return report;
}

Status note_mended(Session& session, const TablesReport& report) {
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(
        write.append(sync::EventType::kTablesRebuilt, encode_tables_rebuilt(report.differed)));
    return write.commit();
}

}  // namespace awda::agent
