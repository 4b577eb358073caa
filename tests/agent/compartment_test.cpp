// The compartment: who has the whole vault key and a plain officer's slot finds nothing of a
// protected answer, at any time of a record's life, while plain answers are there to be found.
//
// Every value of every table is read with the database's own key, batches are opened with the
// registry's key, and all of it is searched for planted answers and paths, as UTF-8 and UTF-16.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "agent/vault/delivery.h"
#include "agent/vault/drafts.h"
#include "agent/vault/protection_count.h"
#include "agent/vault/protection_officers.h"
#include "agent/vault/records.h"
#include "platform/process.h"
#include "tests/agent/desk_fixture.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

constexpr std::string_view kForm = R"xml(<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
        xmlns:jr="http://openrosa.org/javarosa" xmlns:awda="urn:awda:xforms:1">
 <h:head><h:title>Guarded</h:title>
  <model>
   <instance>
    <data id="guarded" version="1">
     <given/><harmpath/><riskpath/>
     <member jr:template=""><called/><toldpath/></member>
     <incidentpath jr:template=""><whatpath/></incidentpath>
     <meta><instanceID/><instanceName/></meta>
    </data>
   </instance>
   <bind nodeset="/data/given" type="string" required="true()"/>
   <bind nodeset="/data/harmpath" type="string" awda:sensitivity="protected" required="true()"/>
   <bind nodeset="/data/riskpath" type="string"
         calculate="if( /data/harmpath = '', 'unrisked', concat('RISK', /data/harmpath ))"/>
   <bind nodeset="/data/member/called" type="string"/>
   <bind nodeset="/data/member/toldpath" type="string" awda:sensitivity="protected"/>
   <bind nodeset="/data/incidentpath" awda:sensitivity="protected"/>
   <bind nodeset="/data/incidentpath/whatpath" type="string"/>
   <bind nodeset="/data/meta/instanceID" type="string" readonly="true()" jr:preload="uid"/>
   <bind nodeset="/data/meta/instanceName" type="string" calculate=" /data/given "/>
  </model>
 </h:head>
 <h:body>
  <input ref="/data/given"><label>Name</label></input>
  <input ref="/data/harmpath"><label>Harm</label></input>
  <group ref="/data/member"><label>Members</label><repeat nodeset="/data/member">
   <input ref="/data/member/called"><label>Called</label></input>
   <input ref="/data/member/toldpath"><label>Told</label></input>
  </repeat></group>
  <group ref="/data/incidentpath"><label>Incidents</label><repeat nodeset="/data/incidentpath">
   <input ref="/data/incidentpath/whatpath"><label>What</label></input>
  </repeat></group>
 </h:body>
</h:html>
)xml";

constexpr std::string_view kGuard = "Shilan Omar";
constexpr std::string_view kGuardPassphrase = "copper meadow nine lantern orchard";

/// Planted in answers and found nowhere; the last four are names of protected paths.
const std::vector<std::string> kSecrets{"zqharmone",  "zqharmtwo", "zqtoldbyher", "زينبسرّها",
                                        "zqincident", "RISKzq",    "unrisked",    "harmpath",
                                        "riskpath",   "toldpath",  "incidentpath"};
/// The control: the same search must find these.
const std::vector<std::string> kPlain{"zqplainname", "member[1]/called"};

Bytes utf16(std::string_view text) {
    Bytes out;
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        std::uint32_t point = lead;
        std::size_t more = 0;
        if (lead >= 0xC0) {
            more = lead >= 0xE0 ? 2 : 1;
            point = lead & (lead >= 0xE0 ? 0x0FU : 0x1FU);
        }
        for (std::size_t k = 1; k <= more; ++k) {
            point = (point << 6U) | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
        }
        i += more + 1;
        out.push_back(static_cast<std::uint8_t>(point & 0xFFU));
        out.push_back(static_cast<std::uint8_t>(point >> 8U));
    }
    return out;
}

bool holds(ByteView bytes, std::string_view marker) {
    const Bytes wide = utf16(marker);
    const auto in = [&](ByteView needle) {
        return std::search(bytes.begin(), bytes.end(), needle.begin(), needle.end()) != bytes.end();
    };
    return in(as_bytes(marker)) || in(wide);
}

/// Every column of every row of every table, but for the forms themselves, which lie beside the
/// program in clear and say nothing of anybody.
Bytes every_value(Database db) {
    std::vector<std::pair<std::string, std::string>> columns;
    {
        Statement query = db.prepare(
                                "SELECT m.name, p.name FROM sqlite_schema m,"
                                " pragma_table_info(m.name) p WHERE m.type = 'table'"
                                " AND m.name <> 'kept_forms'")
                              .value();
        while (query.step().value()) {
            columns.emplace_back(Database::quote_identifier(query.text(0)),
                                 Database::quote_identifier(query.text(1)));
        }
    }
    AWDA_ASSERT(columns.size() > 40);
    must(db.exec_schema("CREATE TABLE every_value(v BLOB)"));
    for (const auto& [table, column] : columns) {
        must(db.exec_schema("INSERT INTO every_value SELECT CAST(" + column + " AS BLOB) FROM " +
                            table));
    }
    Bytes all;
    Statement query = db.prepare("SELECT v FROM every_value").value();
    while (query.step().value()) {
        const ByteView value = query.blob(0);
        all.insert(all.end(), value.begin(), value.end());
        all.push_back(0);
    }
    return all;
}

/// An office whose administrator is a plain officer, and a protection officer beside him.
struct GuardedOffice {
    explicit GuardedOffice(std::uint64_t seed = 1) : office(seed), forms(office.folder / "forms") {
        write_text(office.folder / "forms" / "guarded" / "guarded.xlsx", kForm);
        vault = office.create();
        AWDA_ASSERT(vault->add_officer(kGuard, Role::kOfficer, secret(kGuardPassphrase)).ok());
    }

    Session& session() { return *vault->session().value(); }
    IntakeParts parts() { return {*vault, forms, office.clock, office.random}; }
    void log_in(std::string_view name, std::string_view passphrase) {
        must(vault->lock());
        vault = office.try_unlock(name, passphrase).value();
    }
    void plain() { log_in(kOfficer, kPassphrase); }
    void guard() { log_in(kGuard, kGuardPassphrase); }

    /// Headquarters answers the guard's request, and the plain officer brings it home.
    Bytes paper(sync::ProtectionAct act, std::int64_t days = 365) {
        sync::ProtectionPaper paper;
        paper.act = act;
        paper.office = vault->identity().office;
        const auto officers = vault->officers().value();
        for (const OfficerInfo& officer : officers) {
            if (officer.name != kGuard) continue;
            paper.officer = officer.id;
            paper.officer_key = officer.key;
        }
        office.clock.advance(1000);
        paper.issued_ms = office.clock.now();
        if (act == sync::ProtectionAct::kCertify) {
            paper.expires_ms = paper.issued_ms + days * 24 * 3600 * 1000;
        }
        return sync::sign_protection_paper(paper, office.hq.delegate());
    }
    void certify() {
        const Bytes file = paper(sync::ProtectionAct::kCertify);
        must(install_protection(session(), file).ok() ? Status() : Error(Errc::kInternal, "x"));
    }

    Intake start() { return Intake::start(parts(), "guarded", "ar").value(); }
    static void fill(Intake& intake, std::string_view harm = "zqharmone") {
        forms::Session& form = intake.session();
        must(form.answer("given", "zqplainname"));
        must(form.answer("harmpath", harm));
        for (const char* row : {"member[1]", "member[2]"}) {
            AWDA_ASSERT(form.add_repeat("member").ok());
            must(form.answer(std::string(row) + "/called", row));
        }
        must(form.answer("member[1]/toldpath", "زينبسرّها"));
        must(form.answer("member[2]/toldpath", "zqtoldbyher"));
        AWDA_ASSERT(form.add_repeat("incidentpath").ok());
        must(form.answer("incidentpath[1]/whatpath", "zqincident"));
    }

    /// All that the vault key and the registry key open, as it lies on the disk now. The database
    /// is copied with its write-ahead log, as who seizes the computer would.
    Bytes opened_by_every_other_key() {
        static int copies = 0;
        const Path copy = office.folder / ("copy" + std::to_string(++copies));
        std::filesystem::copy(office.vault_folder(), copy,
                              std::filesystem::copy_options::recursive);
        const Keyring& keyring = session().keyring;
        const SecretBytes key = subkey(session().keys.vault_key.view(), Subkey::kDatabase);
        DatabaseOptions options;
        options.check = DatabaseCheck::kNever;
        Bytes all = every_value(
            Database::open(copy / "vault.db", key.view(), keyring.database_salt, options).value());
        for (const auto& entry : std::filesystem::recursive_directory_iterator(copy)) {
            if (!entry.is_regular_file()) continue;
            const Bytes file = read_file(entry.path(), 64U << 20U).value();
            all.insert(all.end(), file.begin(), file.end());
            if (entry.path().parent_path().filename() != "outbox") continue;
            const auto batch = sync::open_batch(file, session().keys.device.sign.pub,
                                                office.hq.registry(), known_of(session()));
            if (!batch.ok()) continue;
            ++batches;
            for (const sync::Event& event : batch->events) {
                all.insert(all.end(), event.payload->begin(), event.payload->end());
            }
        }
        return all;
    }

    void check_nothing_leaks(const char* when) {
        CAPTURE(when);
        const Bytes all = opened_by_every_other_key();
        for (const std::string& marker : kSecrets) {
            CAPTURE(marker);
            CHECK_FALSE(holds(all, marker));
        }
    }
    void check_plain_is_found(const char* when) {
        CAPTURE(when);
        const Bytes all = opened_by_every_other_key();
        for (const std::string& marker : kPlain) {
            CAPTURE(marker);
            CHECK(holds(all, marker));
        }
    }

    Office office;
    FormLibrary forms;
    std::unique_ptr<Vault> vault;
    std::size_t batches = 0;
};

std::string value_of(const std::vector<sync::Field>& fields, std::string_view path) {
    for (const sync::Field& field : fields) {
        if (field.path == path) return field.value;
    }
    return "(absent)";
}

/// What headquarters' protection desk reads of a record.
std::vector<sync::Field> at_headquarters(GuardedOffice& world, const InstanceId& record) {
    const StoredRecord stored = read_record(world.session().db, record).value();
    std::vector<sync::Field> known;
    for (const sync::SealedPart& part : stored.parts) {
        sync::lay_over(
            known, part.moves,
            sync::open_part(part, stored.record.root, world.office.hq.protection()).value());
    }
    return known;
}

}  // namespace

TEST_CASE("the vault key and a plain officer's slot open no protected answer, at any time") {
    GuardedOffice world;
    world.certify();
    Intake intake = world.start();
    world.check_nothing_leaks("a draft just begun");
    GuardedOffice::fill(intake);
    must(intake.save(*world.vault));
    world.check_nothing_leaks("a draft being written");
    world.check_plain_is_found("a draft being written");
    // Undone, answered again, rows added, removed: each is a save of its own.
    must(intake.session().answer("harmpath", "zqharmtwo"));
    must(intake.save(*world.vault));
    must(intake.session().undo());
    must(intake.save(*world.vault));
    must(intake.session().remove_repeat("member[1]"));
    must(intake.save(*world.vault));
    world.check_nothing_leaks("after undo and a row taken away");
    must(intake.finalise(*world.vault));
    world.check_nothing_leaks("a finished record");
    world.check_plain_is_found("a finished record");
    REQUIRE(world.vault->seal_pending().ok());
    world.check_nothing_leaks("batches sealed");
    CHECK(world.batches > 0);
    const InstanceId draft = world.vault->amend(intake.instance(), "a name").value();
    {
        Intake second = Intake::resume(world.parts(), draft).value();
        CHECK(second.sealed_parts() == 1);
        must(second.session().answer("harmpath", "zqharmtwo"));
        must(second.save(*world.vault));
        world.check_nothing_leaks("a correction being written");
        must(second.finalise(*world.vault));
    }
    world.check_nothing_leaks("a corrected record");
    Intake third = world.start();
    GuardedOffice::fill(third);
    must(third.save(*world.vault));
    must(world.vault->discard_draft(third.instance()));
    REQUIRE(world.vault->seal_pending().ok());
    world.check_nothing_leaks("a draft thrown away");
    CHECK(world.vault->verify_log().value().intact);
    // Nothing was lost: headquarters reads the first answers and the corrected one.
    const auto known = at_headquarters(world, draft);
    CHECK(value_of(known, "harmpath") == "zqharmtwo");
    CHECK(value_of(known, "member[1]/toldpath") == "zqtoldbyher");
    CHECK(value_of(known, "incidentpath[1]/whatpath") == "zqincident");
}

TEST_CASE("killed while a protected answer is typed, nothing of it is there without a key") {
    GuardedOffice world;
    world.certify();
    must(world.vault->lock());
    std::array<int, 2> ready{};
    REQUIRE(::pipe(ready.data()) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        world.vault = world.office.try_unlock().value();
        Intake intake = world.start();
        GuardedOffice::fill(intake);
        must(intake.save(*world.vault));
        (void)!::write(ready[1], "x", 1);
        for (int i = 0;; ++i) {
            must(intake.session().answer("harmpath", "zqharmone" + std::to_string(i)));
            must(intake.save(*world.vault));
        }
    }
    char told = 0;
    REQUIRE(::read(ready[0], &told, 1) == 1);
    ::usleep(20'000);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(ready[0]);
    ::close(ready[1]);
    world.vault = world.office.unlock();
    world.check_nothing_leaks("after a kill");
    world.check_plain_is_found("after a kill");
    const auto rows = world.vault->list().value();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].title == "zqplainname");
    // The protection officer has all that was saved.
    world.guard();
    Intake again = Intake::resume(world.parts(), rows[0].instance).value();
    CHECK(again.session().value("harmpath").starts_with("zqharmone"));
    CHECK(again.session().value("member[2]/toldpath") == "zqtoldbyher");
}

TEST_CASE("who wrote a protected answer cannot read it once the draft is closed") {
    GuardedOffice world;
    world.certify();
    Intake intake = world.start();
    GuardedOffice::fill(intake);
    must(intake.save(*world.vault));
    CHECK(world.session().open_parts.size() == 1);
    intake.close(*world.vault);
    CHECK(world.session().open_parts.empty());
    Intake again = Intake::resume(world.parts(), intake.instance()).value();
    CHECK(again.sealed_parts() == 1);
    CHECK(again.session().value("given") == "zqplainname");
    for (const char* ref : {"harmpath", "member[1]/toldpath", "member[2]/toldpath"}) {
        CAPTURE(ref);
        CHECK(again.session().value(ref).empty());
        CHECK(again.sealed(ref));
    }
    CHECK_FALSE(again.session().exists("incidentpath[1]"));
    CHECK_FALSE(again.sealed("given"));
    // The required answer is there, sealed: it does not stand in the way.
    CHECK(again.problems().empty());
    must(again.finalise(*world.vault));
    const ShownRecord shown = world.vault->show(intake.instance()).value();
    CHECK(shown.protected_fields.empty());
    CHECK(shown.sealed_parts == 2);
    for (const sync::Field& field : shown.record.fields) {
        CAPTURE(field.path);
        CHECK(field.path.find("path") == std::string::npos);
    }
    const auto known = at_headquarters(world, intake.instance());
    CHECK(value_of(known, "harmpath") == "zqharmone");
    CHECK(value_of(known, "riskpath") == "RISKzqharmone");
}

TEST_CASE("rows taken away and added between two sittings leave each answer with its person") {
    GuardedOffice world;
    Intake first = world.start();
    GuardedOffice::fill(first);
    must(first.save(*world.vault));
    first.close(*world.vault);
    {
        Intake second = Intake::resume(world.parts(), first.instance()).value();
        must(second.session().remove_repeat("member[1]"));
        must(second.save(*world.vault));
        CHECK(second.session().add_repeat("member").value() == "member[2]");
        must(second.session().answer("member[2]/called", "new"));
        must(second.session().answer("member[2]/toldpath", "new told"));
        CHECK(second.session().add_repeat("incidentpath").value() == "incidentpath[1]");
        must(second.session().answer("incidentpath[1]/whatpath", "second"));
        must(second.save(*world.vault));
        second.close(*world.vault);
    }
    Intake third = Intake::resume(world.parts(), first.instance()).value();
    CHECK(third.sealed_parts() == 2);
    must(third.finalise(*world.vault));
    const auto known = at_headquarters(world, first.instance());
    CHECK(value_of(known, "member[1]/toldpath") == "zqtoldbyher");
    CHECK(value_of(known, "member[2]/toldpath") == "new told");
    CHECK(value_of(known, "member[3]/toldpath") == "(absent)");
    CHECK(value_of(known, "incidentpath[1]/whatpath") == "zqincident");
    CHECK(value_of(known, "incidentpath[2]/whatpath") == "second");
    for (const sync::Field& field : known) CHECK(field.value != "زينبسرّها");
}

TEST_CASE("a certified protection officer reads, corrects and seals anew, and the log says so") {
    GuardedOffice world;
    world.certify();
    Intake intake = world.start();
    GuardedOffice::fill(intake);
    must(intake.finalise(*world.vault));
    world.guard();
    const ShownRecord shown = world.vault->show(intake.instance()).value();
    CHECK(shown.sealed_parts == 0);
    CHECK(value_of(shown.protected_fields, "member[2]/toldpath") == "zqtoldbyher");
    const auto opened = [&] {
        return world.session()
            .db.query_integer("SELECT count(*) FROM events WHERE type = 72")
            .value();
    };
    CHECK(opened() == 1);
    const InstanceId draft = world.vault->amend(intake.instance(), "she told more").value();
    Intake second = Intake::resume(world.parts(), draft).value();
    CHECK(opened() == 2);
    CHECK(second.session().value("riskpath") == "RISKzqharmone");
    must(second.session().remove_repeat("incidentpath[1]"));
    must(second.session().answer("harmpath", "zqharmtwo"));
    must(second.finalise(*world.vault));
    CHECK(read_record(world.session().db, draft).value().parts.size() == 1);
    const auto known = at_headquarters(world, draft);
    CHECK(value_of(known, "harmpath") == "zqharmtwo");
    CHECK(value_of(known, "incidentpath[1]/whatpath") == "(absent)");
    CHECK(value_of(known, "member[1]/toldpath") == "زينبسرّها");
    CHECK(world.vault->verify_log().value().intact);
    world.plain();
    world.check_nothing_leaks("after a protection officer's correction");
}

TEST_CASE("an administrator cannot make himself or anybody a protection officer") {
    GuardedOffice world;
    sync::ProtectionPaper paper;
    paper.office = world.vault->identity().office;
    paper.officer = world.vault->identity().officer;
    paper.officer_key = world.session().keys.officer.pub;
    paper.issued_ms = world.office.clock.now();
    paper.expires_ms = paper.issued_ms + 1'000'000'000;
    // Signed with every key that he has.
    for (const SignKey* key : {&world.session().keys.officer, &world.session().keys.device.sign}) {
        const Bytes forged = sync::sign_protection_paper(paper, *key);
        CHECK(install_protection(world.session(), forged).error().code == Errc::kBadSignature);
        // Nor by writing it into the log himself, for he has the vault key.
        Write write = Write::begin(world.session()).value();
        must(write.append(sync::EventType::kProtectionCertified, forged));
        must(write.commit());
        CHECK_FALSE(is_protection_officer(world.session()).value());
        CHECK(protection_recipients(world.session()).value().size() == 1);
    }
    paper.office.value.fill(9);
    CHECK(install_protection(world.session(),
                             sync::sign_protection_paper(paper, world.office.hq.delegate()))
              .error()
              .code == Errc::kNotAllowed);
}

TEST_CASE(
    "an expired or revoked certificate is sealed to no more, and an old one never comes back") {
    GuardedOffice world;
    const Bytes first = world.paper(sync::ProtectionAct::kCertify, 10);
    REQUIRE(install_protection(world.session(), first).ok());
    const auto recipients = [&] { return protection_recipients(world.session()).value().size(); };
    CHECK(recipients() == 2);
    world.office.clock.advance(11LL * 24 * 3600 * 1000);
    CHECK(recipients() == 1);
    // The highest time seen counts: setting the clock back brings nothing back.
    must(world.vault->set_draft_language(world.start().instance(), "en"));
    world.office.clock.advance(-9LL * 24 * 3600 * 1000);
    CHECK(recipients() == 1);
    world.office.clock.advance(9LL * 24 * 3600 * 1000);
    const Bytes second = world.paper(sync::ProtectionAct::kCertify);
    REQUIRE(install_protection(world.session(), second).ok());
    CHECK(recipients() == 2);
    REQUIRE(install_protection(world.session(), world.paper(sync::ProtectionAct::kRevoke)).ok());
    CHECK(recipients() == 1);
    CHECK(install_protection(world.session(), second).error().code == Errc::kAltered);
    CHECK(recipients() == 1);
    const auto events = world.session().log.head();
    CHECK(world.vault->verify_log().value().intact);
    world.guard();
    CHECK_FALSE(is_protection_officer(world.session()).value());
    CHECK(world.session().log.head().seq > events.seq);
}

TEST_CASE("every record of a form with protected questions has a part, answered or not") {
    GuardedOffice world;
    std::vector<std::size_t> sizes;
    for (const char* harm : {"", "zqharmone"}) {
        Intake intake = world.start();
        must(intake.session().answer("given", "zqplainname"));
        must(intake.session().answer("harmpath", *harm == '\0' ? "no" : harm));
        must(intake.finalise(*world.vault));
        const StoredRecord stored = read_record(world.session().db, intake.instance()).value();
        REQUIRE(stored.parts.size() == 1);
        sizes.push_back(stored.parts[0].body.size());
    }
    CHECK(sizes[0] == sizes[1]);
}

TEST_CASE("a count names no record, covers none twice, and is not made of few") {
    GuardedOffice world;
    world.certify();
    const auto harm = [](std::string_view path) { return path == "harmpath"; };
    const auto record = [&world](const char* answer) {
        Intake intake = world.start();
        must(intake.session().answer("given", "zqplainname"));
        must(intake.session().answer("harmpath", answer));
        must(intake.finalise(*world.vault));
        world.office.clock.advance(60'000);
        return intake.instance();
    };
    std::vector<InstanceId> made;
    for (std::uint32_t i = 0; i + 1 < kCountedLeast; ++i) made.push_back(record("zqharmone"));
    CHECK(count_protected(world.session(), "guarded", harm).error().code == Errc::kNotAllowed);
    world.guard();
    CHECK(count_protected(world.session(), "guarded", harm).error().code == Errc::kNotAllowed);
    made.push_back(record("zqharmone"));
    const ProtectionCount count = count_protected(world.session(), "guarded", harm).value();
    CHECK(count.records == kCountedLeast);
    CHECK(count.answered == kCountedLeast);
    CHECK(count_protected(world.session(), "guarded", harm).error().code == Errc::kNotAllowed);
    for (std::uint32_t i = 0; i < kCountedLeast; ++i) record("zqharmone");
    const auto nothing = [](std::string_view) { return false; };
    CHECK(count_protected(world.session(), "guarded", nothing).value().answered == 0);
    const Bytes payload = encode(count);
    CHECK(decode_protection_count(payload).value().records == count.records);
    for (const InstanceId& id : made) {
        CHECK(std::search(payload.begin(), payload.end(), id.value.begin(), id.value.end()) ==
              payload.end());
    }
    world.plain();
    world.check_nothing_leaks("after counting");
}
