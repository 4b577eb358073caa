// Goal: nothing leaves the vault that the person did not allow, for that agency and that purpose;
// a withdrawal counts wherever it was said; and what left is in the log before it has a name.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "agent/vault/audit.h"
#include "agent/vault/case_changes.h"
#include "agent/vault/case_exchange.h"
#include "agent/vault/consent.h"
#include "agent/vault/export.h"
#include "agent/vault/payloads_export.h"
#include "agent/vault/records.h"
#include "tests/agent/people.h"
#include "tests/agent/raw_vault.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;
using sync::SharePurpose;

namespace {

std::string day(Vault& vault, int later = 0) {
    return to_iso_utc(session_of(vault).env.clock->now() + later * kDayMs).substr(0, 10);
}

ConsentWords words(Vault& vault, SharePurpose purpose = SharePurpose::kReferral) {
    ConsentWords out;
    out.agency = "labour";
    out.purpose = purpose;
    out.date = day(vault);
    out.language = "ckb";
    out.witness = "سارة";
    return out;
}

ConsentWords no_words(Vault& vault) {
    ConsentWords out = words(vault);
    out.reason = "خوف";
    return out;
}

/// A family whose names are marked, with the needs that figures are made of.
InstanceId record_of(Vault& vault, std::string_view name) {
    Session& session = session_of(vault);
    must(mark_identity(session, "returnee-intake", {"person/called"}));
    const InstanceId draft = vault.start_draft(test_form(), "ar").value();
    must(vault.finalise(draft, {{"meta/instanceName", std::string(name)},
                                {"person/called", std::string(name)},
                                {"person/phone", "0770"},
                                {"needs", "=shelter"},
                                {"family[1]", ""},
                                {"family[1]/given_name", "علي"}}));
    return draft;
}

struct Exporter {
    Office& office;
    int files = 0;
    Path file{};

    Result<ExportSummary> run(Vault& vault, std::string agency = "labour",
                              SharePurpose purpose = SharePurpose::kReferral,
                              ExportFormat format = ExportFormat::kCsv) {
        file = office.folder / ("out-" + std::to_string(++files));
        ExportWish wish;
        wish.agency = std::move(agency);
        wish.purpose = purpose;
        wish.form_id = "returnee-intake";
        wish.file = file;
        wish.format = format;
        return export_records(session_of(vault), sync::PlainGate(), wish);
    }
    [[nodiscard]] std::string text() const { return std::string(as_text(read_file(file).value())); }
    [[nodiscard]] bool nothing_written() const {
        Path beside = file;
        beside += ".new";
        return !file_exists(file) && !file_exists(beside);
    }
};

void check_log(Vault& vault) {
    const LogReport report = vault.verify_log().value();
    CHECK_MESSAGE(report.intact, report.finding);
}

bool stands(Vault& vault, const InstanceId& root) {
    const auto consents = read_consents(session_of(vault).db, root).value();
    const auto* consent = sync::find_consent(consents, "labour", SharePurpose::kReferral);
    return consent != nullptr && consent->stands;
}

std::uint64_t exported_events(Vault& vault) {
    AuditQuery query;
    query.type = sync::EventType::kExported;
    return read_audit(session_of(vault), query).value().size();
}

Imported carry(Vault& from, Vault& to, const InstanceId& root) {
    const auto events = case_events_of(session_of(from), sync::case_of_record(root)).value();
    return import_case_events(session_of(to), events).value();
}

}  // namespace

TEST_CASE("headquarters' own use is always open, an agency only to those who said yes to it") {
    Office office;
    auto vault = office.create();
    Exporter out{office};
    const InstanceId yes = record_of(*vault, "سعاد");
    const InstanceId silent = record_of(*vault, "حسن");
    CHECK(out.run(*vault).error().code == Errc::kConsentRefused);
    CHECK(out.nothing_written());
    CHECK(exported_events(*vault) == 0);
    const ExportSummary own =
        out.run(*vault, std::string(sync::kHeadquarters), SharePurpose::kOwnUse).value();
    CHECK(own.records == 2);
    CHECK(out.text().find("حسن") != std::string::npos);

    must(give_consent(session_of(*vault), yes, words(*vault)));
    const ExportSummary referred = out.run(*vault).value();
    CHECK(referred.records == 1);
    CHECK(referred.held_back == 1);
    CHECK(referred.reasons.at(sync::GateReason::kSilent) == 1);
    const std::string text = out.text();
    CHECK(text.starts_with("\xEF\xBB\xBF_record,_form,_form_version,meta/instanceName"));
    CHECK(text.find(to_text(yes)) != std::string::npos);
    CHECK(text.find("سعاد") != std::string::npos);
    CHECK(text.find(",'=shelter,") != std::string::npos);
    CHECK(text.find(to_text(silent)) == std::string::npos);
    CHECK(text.find("حسن") == std::string::npos);
    // Another agency, another purpose.
    CHECK(out.run(*vault, "iom").error().code == Errc::kConsentRefused);
    CHECK(out.run(*vault, "labour", SharePurpose::kStatistics).error().code ==
          Errc::kConsentRefused);
    CHECK(out.run(*vault, "labour", SharePurpose::kOwnUse).error().code == Errc::kConsentRefused);
    CHECK(out.run(*vault, "Labour").error().code == Errc::kUsage);
    check_log(*vault);
}

TEST_CASE("what was withdrawn or has ended does not leave any more, and may be given again") {
    Office office;
    auto vault = office.create();
    Exporter out{office};
    const InstanceId record = record_of(*vault, "سعاد");
    ConsentWords until = words(*vault);
    until.until = day(*vault, 3);
    must(give_consent(session_of(*vault), record, until));
    CHECK(out.run(*vault).ok());
    office.clock.set_wall(office.clock.now() + 3 * kDayMs);
    CHECK(out.run(*vault).ok());
    office.clock.set_wall(office.clock.now() + kDayMs);
    CHECK(out.run(*vault).error().code == Errc::kConsentRefused);
    must(give_consent(session_of(*vault), record, words(*vault)));
    CHECK(out.run(*vault).ok());
    // A clock put back brings no ended consent back.
    must(withdraw_consent(session_of(*vault), record, no_words(*vault)));
    CHECK(out.run(*vault).error().code == Errc::kConsentRefused);
    CHECK_FALSE(stands(*vault, record));
    must(give_consent(session_of(*vault), record, until = words(*vault)));
    CHECK(out.run(*vault).ok());
    const auto consents = consents_of(session_of(*vault), record).value();
    REQUIRE(consents.size() == 1);
    CHECK(consents.front().history.size() == 4);
    check_log(*vault);
}

TEST_CASE("a clock that was put back does not bring an ended consent back") {
    Office office;
    auto vault = office.create();
    Exporter out{office};
    const InstanceId record = record_of(*vault, "سعاد");
    ConsentWords until = words(*vault);
    until.until = day(*vault, 1);
    must(give_consent(session_of(*vault), record, until));
    const UnixMs began = office.clock.now();
    office.clock.set_wall(began + 2 * kDayMs);
    REQUIRE(vault->list().ok());
    office.clock.set_wall(began);
    CHECK(out.run(*vault).error().code == Errc::kConsentRefused);
}

TEST_CASE("a consent covers the corrected record, and only its newest answers leave") {
    Office office;
    auto vault = office.create();
    Exporter out{office};
    const InstanceId record = record_of(*vault, "سعاد");
    const InstanceId amended = vault->amend(record, "full name").value();
    std::vector<sync::Field> fields = vault->load_draft(amended).value().fields;
    for (sync::Field& field : fields) {
        if (field.value == "سعاد") field.value = "زينب";
    }
    must(vault->finalise(amended, fields));
    // Said of the correction, it is about the whole submission.
    must(give_consent(session_of(*vault), amended, words(*vault)));
    CHECK(stands(*vault, record));
    const InstanceId open = vault->amend(amended, "again").value();
    must(vault->save_draft(open, {{"person/called", "مسودة"}}));
    const InstanceId unfinished = vault->start_draft(test_form(), "ar").value();
    must(vault->save_draft(unfinished, {{"person/called", "مسودة"}}));
    CHECK(give_consent(session_of(*vault), unfinished, words(*vault)).error().code ==
          Errc::kNotFound);
    CHECK(out.run(*vault).value().records == 1);
    CHECK(out.text().find("زينب") != std::string::npos);
    CHECK(out.text().find("سعاد") == std::string::npos);
    CHECK(out.text().find("مسودة") == std::string::npos);
    CHECK(
        out.run(*vault, std::string(sync::kHeadquarters), SharePurpose::kOwnUse).value().records ==
        1);
    CHECK(out.text().find("مسودة") == std::string::npos);
}

TEST_CASE("figures leave without names and ids, and not without marks of what a name is") {
    Office office;
    auto vault = office.create();
    Exporter out{office};
    const InstanceId plain = make_record(*vault, "نور");
    const auto figures = [&](ExportFormat format = ExportFormat::kCsv) {
        return out.run(*vault, std::string(sync::kHeadquarters), SharePurpose::kStatistics, format);
    };
    CHECK(figures().error().code == Errc::kConsentRefused);
    const InstanceId record = record_of(*vault, "سعاد");
    for (const ExportFormat format : {ExportFormat::kCsv, ExportFormat::kJsonl}) {
        CHECK(figures(format).value().records == 2);
        const std::string text = out.text();
        CHECK(text.find("shelter") != std::string::npos);
        for (const std::string& secret :
             {std::string("سعاد"), std::string("نور"), std::string("علي"), std::string("0770"),
              to_text(record), to_text(plain)}) {
            CHECK(text.find(secret) == std::string::npos);
        }
    }
    must(give_consent(session_of(*vault), record, words(*vault, SharePurpose::kStatistics)));
    CHECK(out.run(*vault, "labour", SharePurpose::kStatistics).value().records == 1);
    CHECK(out.text().find("سعاد") == std::string::npos);
    CHECK(out.run(*vault).error().code == Errc::kConsentRefused);
}

TEST_CASE("protected answers leave by no export, whoever takes it out") {
    Office office;
    auto vault = office.create();
    Exporter out{office};
    Session& session = session_of(*vault);
    const InstanceId draft = vault->start_draft(test_form(), "ar").value();
    const ProtectedAnswers answers{{{"harmpath", "zqharm"}}, {}};
    must(finalise(session, draft, {{"person/name", "سعاد"}, {"needs", "shelter"}}, &answers));
    must(give_consent(session, draft, words(*vault)));
    for (const ExportFormat format : {ExportFormat::kCsv, ExportFormat::kJsonl}) {
        CHECK(out.run(*vault, "labour", SharePurpose::kReferral, format).ok());
        CHECK(out.text().find("سعاد") != std::string::npos);
        CHECK(out.text().find("harm") == std::string::npos);
        CHECK(
            out.run(*vault, std::string(sync::kHeadquarters), SharePurpose::kOwnUse, format).ok());
        CHECK(out.text().find("harm") == std::string::npos);
    }
}

TEST_CASE("JSON lines hold what was answered, exactly") {
    Office office;
    auto vault = office.create();
    Exporter out{office};
    const InstanceId record = record_of(*vault, "سعاد");
    must(give_consent(session_of(*vault), record, words(*vault)));
    CHECK(out.run(*vault, "labour", SharePurpose::kReferral, ExportFormat::kJsonl).ok());
    const std::string text = out.text();
    REQUIRE(std::ranges::count(text, '\n') == 1);
    const auto line = nlohmann::json::parse(text);
    CHECK(line.at("record") == to_text(record));
    CHECK(line.at("answers").at(3).at("path") == "needs");
    CHECK(line.at("answers").at(3).at("value") == "=shelter");
}

TEST_CASE("what left is in the log, with its hash and its records; a file that is there stays") {
    Office office;
    auto vault = office.create();
    Exporter out{office};
    const InstanceId record = record_of(*vault, "سعاد");
    must(give_consent(session_of(*vault), record, words(*vault)));
    const InstanceId other = record_of(*vault, "حسن");
    CHECK(out.run(*vault).ok());
    const Hash32 hash = hash32(read_file(out.file).value());
    Database& db = session_of(*vault).db;
    Statement query = db.prepare("SELECT payload FROM events WHERE type = 40").value();
    REQUIRE(query.step().value());
    const Exported exported = decode_exported(query.blob(0)).value();
    CHECK(exported.agency == "labour");
    CHECK(exported.purpose == SharePurpose::kReferral);
    CHECK(exported.form_id == "returnee-intake");
    CHECK(exported.records == 1);
    CHECK(exported.held_back == 1);
    CHECK(exported.file == hash);
    CHECK(exported.roots == std::vector<InstanceId>{record});
    CHECK(exported.roots != std::vector<InstanceId>{other});

    out.files = 0;  // the same name again
    CHECK(out.run(*vault).error().code == Errc::kFileExists);
    CHECK(hash32(read_file(out.file).value()) == hash);
    CHECK(exported_events(*vault) == 1);
}

TEST_CASE("a list of ids that does not fit its hash, or is too long for one, is not read") {
    std::vector<InstanceId> roots(3);
    for (std::size_t i = 0; i < roots.size(); ++i) {
        roots[i].value.fill(static_cast<std::uint8_t>(9 - i));
    }
    Exported event;
    event.agency = "labour";
    event.form_id = "f";
    event = make_exported(event, roots);
    CHECK(event.records == 3);
    CHECK(std::ranges::is_sorted(event.roots));
    CHECK(decode_exported(encode(event)).value().roots == event.roots);
    Exported wrong = event;
    wrong.roots[1].value[0] ^= 1U;
    CHECK_FALSE(decode_exported(encode(wrong)).ok());
    wrong = event;
    wrong.roots.pop_back();
    CHECK_FALSE(decode_exported(encode(wrong)).ok());
    const Exported many = make_exported(event, std::vector<InstanceId>(kExportedListMax + 1));
    CHECK(many.roots.empty());
    CHECK(decode_exported(encode(many)).value().records == kExportedListMax + 1);
}

TEST_CASE("a file that cannot be named after all is in the log and not on the disk") {
    /// Puts a folder where the file should go, after the export has looked.
    struct Meddler final : sync::PlainGate {
        explicit Meddler(Path path_in) : path(std::move(path_in)) {}
        [[nodiscard]] sync::GateDecision decide(const sync::Handover& handover,
                                                const sync::RecordFacts& facts) const override {
            must(make_folder(path / "full"));
            return sync::PlainGate::decide(handover, facts);
        }
        Path path;
    };
    Office office;
    auto vault = office.create();
    record_of(*vault, "سعاد");
    ExportWish wish;
    wish.form_id = "returnee-intake";
    wish.file = office.folder / "out.csv";
    CHECK_FALSE(export_records(session_of(*vault), Meddler(wish.file), wish).ok());
    CHECK(exported_events(*vault) == 1);
    CHECK_FALSE(file_exists(office.folder / "out.csv.new"));
    // What cannot even be begun is not in the log.
    wish.file = office.folder / "gone" / "out.csv";
    CHECK_FALSE(export_records(session_of(*vault), sync::PlainGate(), wish).ok());
    CHECK(exported_events(*vault) == 1);
    check_log(*vault);
}

TEST_CASE("a withdrawal travels with the case and stands against a yes said elsewhere") {
    Office embassy_office{1};
    Office branch_office{2};
    auto embassy = embassy_office.create();
    auto branch = branch_office.create();
    const InstanceId record = record_of(*embassy, "سعاد");
    must(give_consent(session_of(*embassy), record, words(*embassy)));
    CHECK(carry(*embassy, *branch, record).refused == 0);
    CHECK(stands(*branch, record));
    Exporter out{branch_office};
    CHECK(out.run(*branch).value().records == 1);
    CHECK(out.text().find("سعاد") != std::string::npos);

    // At the same time: a no at the branch, another yes at the embassy.
    must(withdraw_consent(session_of(*branch), record, no_words(*branch)));
    must(give_consent(session_of(*embassy), record, words(*embassy)));
    carry(*branch, *embassy, record);
    carry(*embassy, *branch, record);
    for (Vault* vault : {embassy.get(), branch.get()}) {
        CHECK_FALSE(stands(*vault, record));
        check_log(*vault);
    }
    Exporter from_embassy{embassy_office};
    CHECK(from_embassy.run(*embassy).error().code == Errc::kConsentRefused);
    // Asked again, with the no in view.
    must(give_consent(session_of(*branch), record, words(*branch)));
    carry(*branch, *embassy, record);
    CHECK(stands(*embassy, record));
    CHECK(from_embassy.run(*embassy).ok());
}

TEST_CASE("an answer that offices dispute is not handed on before somebody decides") {
    Office embassy_office{1};
    Office branch_office{2};
    auto embassy = embassy_office.create();
    auto branch = branch_office.create();
    const InstanceId record = record_of(*embassy, "سعاد");
    must(give_consent(session_of(*embassy), record, words(*embassy)));
    carry(*embassy, *branch, record);
    for (const auto& [vault, phone] : {std::pair{embassy.get(), "0771"}, {branch.get(), "0772"}}) {
        const InstanceId draft = vault->amend(record, "phone").value();
        std::vector<sync::Field> fields = vault->load_draft(draft).value().fields;
        for (sync::Field& field : fields) {
            if (field.path == "person/phone") field.value = phone;
        }
        must(vault->finalise(draft, fields));
    }
    carry(*branch, *embassy, record);
    Exporter out{embassy_office};
    CHECK(out.run(*embassy).error().code == Errc::kConsentRefused);
    const auto document = read_document(session_of(*embassy).db, record).value();
    REQUIRE(document.merged.disputes.size() == 1);
    const sync::Dispute& dispute = document.merged.disputes.front();
    must(decide_conflict(session_of(*embassy), record,
                         {{dispute.path, dispute.sides.front().value}}, "called both"));
    CHECK(out.run(*embassy).ok());
}

TEST_CASE("consents are written down by those who record, exports made by those who may") {
    People people;
    InstanceId record;
    {
        auto vault = people.as(kKarim);
        record = record_of(*vault, "سعاد");
        must(give_consent(session_of(*vault), record, words(*vault)));
        Exporter out{people.office};
        CHECK(out.run(*vault).error().code == Errc::kNotAllowed);
        CHECK(out.nothing_written());
    }
    {
        auto vault = people.as(kAmin);
        CHECK(withdraw_consent(session_of(*vault), record, no_words(*vault)).error().code ==
              Errc::kNotAllowed);
        CHECK(consents_of(session_of(*vault), record).value().size() == 1);
        Exporter out{people.office};
        CHECK(out.run(*vault).error().code == Errc::kNotAllowed);
    }
    auto vault = people.as(kSara);
    Exporter out{people.office};
    CHECK(out.run(*vault).ok());
    check_log(*vault);
    // Who looked at a consent is in the log.
    AuditQuery query;
    query.type = sync::EventType::kRecordViewed;
    CHECK(read_audit(session_of(*vault), query).value().size() == 1);
}

TEST_CASE("a no can be written down when the lease has ended") {
    People people(1, 30);
    auto vault = people.as(kKarim);
    const InstanceId record = record_of(*vault, "سعاد");
    must(give_consent(session_of(*vault), record, words(*vault)));
    must(vault->lock());
    people.set_day(35);
    vault = people.as(kKarim);
    must(withdraw_consent(session_of(*vault), record, no_words(*vault)));
    CHECK_FALSE(stands(*vault, record));
}

TEST_CASE("a consent that lacks something is not written down") {
    Office office;
    auto vault = office.create();
    Session& session = session_of(*vault);
    const InstanceId record = record_of(*vault, "سعاد");
    const auto refused = [&](const std::function<void(ConsentWords&)>& spoil) {
        ConsentWords bad = words(*vault);
        spoil(bad);
        return code(give_consent(session, record, bad)) == Errc::kUsage;
    };
    CHECK(refused([](ConsentWords& w) { w.agency = "headquarters"; }));
    CHECK(refused([](ConsentWords& w) { w.agency = "Labour!"; }));
    CHECK(refused([](ConsentWords& w) { w.purpose = SharePurpose::kOwnUse; }));
    CHECK(refused([](ConsentWords& w) { w.date = "tomorrow"; }));
    CHECK(refused([&](ConsentWords& w) { w.date = day(*vault, 1); }));
    CHECK(refused([&](ConsentWords& w) { w.until = day(*vault, -1); }));
    CHECK(refused([](ConsentWords& w) { w.language = ""; }));
    CHECK(refused([](ConsentWords& w) { w.witness = " "; }));
    CHECK(refused([](ConsentWords& w) { w.reason = "x"; }));
    ConsentWords written = words(*vault);
    written.manner = sync::ConsentManner::kWritten;
    written.witness = "";
    CHECK(give_consent(session, record, written).ok());
    ConsentWords no = no_words(*vault);
    no.until = day(*vault, 1);
    CHECK(code(withdraw_consent(session, record, no)) == Errc::kUsage);
    no.until = "";
    no.reason = std::string(sync::kConsentReasonMax + 1, 'x');
    CHECK(code(withdraw_consent(session, record, no)) == Errc::kTooLarge);
    CHECK(stands(*vault, record));
}

TEST_CASE("a row of the table of consents that the log does not know is found") {
    Office office;
    auto vault = office.create();
    const InstanceId record = record_of(*vault, "سعاد");
    must(give_consent(session_of(*vault), record, words(*vault)));
    check_log(*vault);
    must(session_of(*vault).db.exec("UPDATE consents SET agency = 'iom'"));
    CHECK_FALSE(vault->verify_log().value().intact);
    must(session_of(*vault).db.exec("DELETE FROM consents"));
    CHECK_FALSE(vault->verify_log().value().intact);
}

TEST_CASE("files that can write to disk are known, so that no new door goes without the gate") {
    const std::set<std::string> known{
        "agent/cli/commands_attach.cpp",      // one attachment, for who looks at it
        "agent/cli/commands_fill.cpp",        // a form's session, no vault
        "agent/cli/commands_form.cpp",        // forms
        "agent/cli/commands_protection.cpp",  // papers for headquarters
        "agent/cli/form_draft.cpp",           // a form's session, no vault
        "agent/desk/delivery.cpp",            // papers of enrolment
        "agent/vault/blob_store.cpp",         // encrypted attachments
        "agent/vault/export_file.cpp",        // records: asked of the gate by export.cpp
        "agent/vault/keyring.cpp",
        "agent/vault/recover.cpp",
        "agent/vault/session.cpp",
        "agent/vault/unlock_guard.cpp",
        "sync/central/commands.cpp",  // vouchers, keys, orders
        "sync/central/commands_protection.cpp",
        "sync/central/export.cpp",  // records: asks the gate
        "sync/central/key_folders.cpp",
        "sync/central/spool.cpp",
        "sync/envelope.cpp",  // batches as they were sealed, and signed papers
        "sync/key_file.cpp",
        "sync/outbox_folder.cpp"};
    const Path source(AWDA_SOURCE_DIR);
    std::set<std::string> found;
    for (const char* folder : {"agent", "sync"}) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(source / folder)) {
            if (entry.path().extension() != ".cpp") continue;
            const Bytes bytes = read_file(entry.path()).value();
            const std::string_view text = as_text(bytes);
            for (const char* call : {"atomic_write(", "OutputFile::open(", "CsvFile::create(",
                                     "WholeFile::create(", "ofstream"}) {
                if (text.find(call) == std::string_view::npos) continue;
                found.insert(std::filesystem::relative(entry.path(), source).generic_string());
            }
        }
    }
    CHECK(found == known);
    for (const char* door : {"agent/vault/export.cpp", "sync/central/export.cpp"}) {
        const Bytes bytes = read_file(source / door).value();
        CHECK(as_text(bytes).find("gate_.decide(") != std::string_view::npos);
    }
}
