#include "agent/vault/export.h"

#include <functional>

#include "agent/vault/access.h"
#include "agent/vault/case_reading.h"
#include "agent/vault/consent.h"
#include "agent/vault/export_file.h"
#include "agent/vault/payloads_export.h"
#include "agent/vault/projections_cases.h"
#include "platform/column_order.h"

namespace awda::agent {

namespace {

/// Submissions of which a revision is here. Those that only others recorded may be of any form.
Result<std::vector<InstanceId>> roots_of(Database& db, const std::string& form_id) {
    std::vector<InstanceId> roots;
    Statement query = AWDA_TRY(
        db.prepare("SELECT root FROM records WHERE form_id = ?1 UNION"
                   " SELECT d.root FROM document_revisions d WHERE d.kind = ?2 AND NOT EXISTS"
                   " (SELECT 1 FROM records r WHERE r.root = d.root) ORDER BY root"));
    query.bind_all(form_id, static_cast<int>(RevisionKind::kForeignRecord));
    while (AWDA_TRY(query.step())) roots.push_back(AWDA_TRY(query.id<InstanceId>(0)));
    return roots;
}

class Export {
public:
    Export(Session& session, const sync::ConsentGate& gate, const ExportWish& wish)
        : session_(session), gate_(gate), wish_(wish), columns_(kExportColumnsMax) {}

    Status choose();
    Result<ExportSummary> write();

private:
    struct Chosen {
        InstanceId root;
        sync::View view = sync::View::kNothing;
    };

    Status judge(const InstanceId& root);
    Result<sync::GateDecision> decide(const StoredDocument& document);
    Status note_columns(const StoredDocument& document, sync::View view);

    Session& session_;
    const sync::ConsentGate& gate_;
    const ExportWish& wish_;
    sync::Handover handover_;
    ColumnOrder columns_;
    std::vector<Chosen> chosen_;
    ExportSummary summary_;
};

Result<sync::GateDecision> Export::decide(const StoredDocument& document) {
    const auto consents = AWDA_TRY(read_consents(session_.db, document.root));
    // A correction that builds upon something not here yet is as good as a dispute.
    const bool unsettled = !document.merged.disputes.empty() || !document.merged.waiting.empty();
    return gate_.decide(handover_, {consents, unsettled, !document.identity.paths().empty()});
}

Status Export::note_columns(const StoredDocument& document, sync::View view) {
    std::string previous;
    for (const sync::Field& field :
         sync::fields_in_view(view, document.identity, document.merged.fields)) {
        AWDA_CHECK(columns_.add(field.path, previous));
    }
    return {};
}

Status Export::judge(const InstanceId& root) {
    const StoredDocument document = AWDA_TRY(read_document(session_.db, root));
    if (document.form_id != wish_.form_id) return {};
    if (document.erased) {
        ++summary_.erased;
        return {};
    }
    const sync::GateDecision decision = AWDA_TRY(decide(document));
    if (!decision.allowed()) {
        ++summary_.held_back;
        ++summary_.reasons[decision.reason];
        return {};
    }
    chosen_.push_back({root, decision.view});
    return wish_.format == ExportFormat::kCsv ? note_columns(document, decision.view) : Status();
}

Status Export::choose() {
    handover_ = {wish_.agency, wish_.purpose, AWDA_TRY(consent_day(session_))};
    for (const InstanceId& root : AWDA_TRY(roots_of(session_.db, wish_.form_id))) {
        AWDA_CHECK(judge(root));
    }
    summary_.records = chosen_.size();
    if (!chosen_.empty()) return {};
    if (summary_.held_back > 0) return Error(Errc::kConsentRefused, "exporting records");
    return Error(Errc::kNotFound, "records of this form");
}

Result<ExportSummary> Export::write() {
    ExportFile file = AWDA_TRY(ExportFile::create(wish_.file, wish_.format, columns_));
    std::vector<InstanceId> roots;
    for (const Chosen& each : chosen_) {
        const StoredDocument document = AWDA_TRY(read_document(session_.db, each.root));
        AWDA_CHECK(file.add(document, each.view, roots.size() + 1));
        roots.push_back(each.root);
    }
    summary_.file = AWDA_TRY(file.finish());
    Exported exported;
    exported.agency = wish_.agency;
    exported.purpose = wish_.purpose;
    exported.form_id = wish_.form_id;
    exported.held_back = summary_.held_back;
    exported.file = summary_.file;
    Write write = AWDA_TRY(Write::begin(session_));
    AWDA_CHECK(write.append(sync::EventType::kExported,
                            encode(make_exported(std::move(exported), std::move(roots)))));
    AWDA_CHECK(write.commit());
    AWDA_CHECK(file.publish());
    return summary_;
}

}  // namespace

Result<ExportSummary> export_records(Session& session, const sync::ConsentGate& gate,
                                     const ExportWish& wish) {
    AWDA_CHECK(permit(session, Permission::kExport));
    if (!sync::valid_agency(wish.agency)) return Error(Errc::kUsage, "the agency of an export");
    if (file_exists(wish.file)) return Error(Errc::kFileExists, "exporting records");
    Export out(session, gate, wish);
    AWDA_CHECK(out.choose());
    return out.write();
}

}  // namespace awda::agent
