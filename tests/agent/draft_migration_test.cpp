// Goal: a draft goes on with another version of its form and loses nothing; the old version still
// shows it; nothing half done is left by a crash, and what was protected stays so.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "agent/desk/intake.h"
#include "agent/vault/audit.h"
#include "agent/vault/drafts.h"
#include "agent/vault/kept_forms.h"
#include "agent/vault/records.h"
#include "tests/agent/desk_fixture.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

struct Question {
    std::string path;  ///< "a" or "g/a"
    std::string type = "string";
    bool guarded = false;
    std::vector<std::string> choices{};
};

/// A form with these questions, a group "g" among them, and a repeat "member" with a "called".
std::string form_xml(const std::string& version, const std::vector<Question>& questions,
                     const std::string& repeat = "member") {
    std::string top;
    std::string group;
    std::string binds;
    std::string body;
    for (const Question& q : questions) {
        const bool inside = q.path.starts_with("g/");
        (inside ? group : top) += "<" + (inside ? q.path.substr(2) : q.path) + "/>";
        binds += "<bind nodeset=\"/data/" + q.path + "\" type=\"" + q.type + "\"" +
                 (q.guarded ? " awda:sensitivity=\"protected\"" : "") + "/>\n";
        const std::string label = "<label>" + q.path + "</label>";
        if (q.choices.empty()) {
            body += "<input ref=\"/data/" + q.path + "\">" + label + "</input>\n";
            continue;
        }
        body += "<select1 ref=\"/data/" + q.path + "\">" + label;
        for (const std::string& choice : q.choices) {
            body += "<item><label>" + choice + "</label><value>" + choice + "</value></item>";
        }
        body += "</select1>\n";
    }
    if (!group.empty()) top += "<g>" + group + "</g>";
    return R"xml(<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
        xmlns:jr="http://openrosa.org/javarosa" xmlns:awda="urn:awda:xforms:1">
 <h:head><h:title>Moving</h:title><model>
  <instance><data id="moving" version=")xml" +
           version + "\">" + top + "<" + repeat + " jr:template=\"\"><called/></" + repeat +
           "><meta><instanceID/></meta></data></instance>\n" + binds + "<bind nodeset=\"/data/" +
           repeat + R"xml(/called" type="string"/>
  <bind nodeset="/data/meta/instanceID" type="string" readonly="true()" jr:preload="uid"/>
 </model></h:head>
 <h:body>)xml" +
           body + "<group ref=\"/data/" + repeat + "\"><label>m</label><repeat nodeset=\"/data/" +
           repeat + "\"><input ref=\"/data/" + repeat +
           "/called\"><label>c</label></input></repeat></group></h:body></h:html>";
}

/// An office whose library has one version of the form at a time.
struct Moving {
    explicit Moving(std::uint64_t seed = 1) : office(seed) { vault = office.create(); }
    void version(const std::string& xml) {
        write_text(office.folder / "forms" / "moving" / "moving.xlsx", xml);
        forms = FormLibrary(office.folder / "forms");
    }
    void no_form() {
        std::filesystem::remove_all(office.folder / "forms" / "moving");
        forms = FormLibrary(office.folder / "forms");
    }
    Session& session() { return *vault->session().value(); }
    IntakeParts parts() { return {*vault, forms, office.clock, office.random}; }
    InstanceId draft(const std::vector<std::pair<std::string, std::string>>& answers,
                     int members = 0) {
        Intake intake = Intake::start(parts(), "moving", "ar").value();
        for (const auto& [ref, value] : answers) must(intake.session().answer(ref, value));
        for (int i = 1; i <= members; ++i) {
            AWDA_ASSERT(intake.session().add_repeat("member").ok());
            must(intake.session().answer("member[" + std::to_string(i) + "]/called",
                                         "row" + std::to_string(i)));
        }
        must(intake.save(*vault));
        intake.close(*vault);
        return intake.instance();
    }
    FormChange accept(const InstanceId& draft) {
        return std::move(*Intake::accept_change(parts(), draft).value());
    }

    Office office;
    FormLibrary forms;
    std::unique_ptr<Vault> vault;
};

const AnswerMove* move_of(const Migration& migration, std::string_view from) {
    for (const AnswerMove& move : migration.moves) {
        if (move.from == from) return &move;
    }
    return nullptr;
}

std::string field_of(const std::vector<sync::Field>& fields, std::string_view path) {
    for (const sync::Field& field : fields) {
        if (field.path == path) return field.value;
    }
    return "(absent)";
}

std::string first_version() {
    return form_xml(
        "1",
        {{"name"}, {"phone"}, {"years"}, {"gone"}, {"colour", "string", false, {"red", "blue"}}});
}
std::string second_version() {
    return form_xml(
        "2",
        {{"name"}, {"g/phone"}, {"years", "int"}, {"colour", "string", false, {"red"}}, {"fresh"}});
}
const std::vector<std::pair<std::string, std::string>> kAnswers{{"name", "نور"},
                                                                {"phone", "0750"},
                                                                {"years", "about six"},
                                                                {"gone", "only here"},
                                                                {"colour", "blue"}};

}  // namespace

TEST_CASE("a draft of an older version opens only when the officer accepts what becomes of it") {
    Moving world;
    world.version(first_version());
    const InstanceId draft = world.draft(kAnswers, 2);
    world.version(second_version());
    const auto refused = Intake::resume(world.parts(), draft);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Errc::kFormNewer);

    const auto plan = Intake::plan_change(world.parts(), draft);
    REQUIRE(plan.ok());
    REQUIRE(plan->has_value());
    const Migration& migration = (*plan)->migration;
    CHECK(move_of(migration, "name")->fate == AnswerFate::kCarried);
    CHECK(move_of(migration, "phone")->fate == AnswerFate::kRenamed);
    CHECK(move_of(migration, "phone")->to == "g/phone");
    CHECK(move_of(migration, "years")->fate == AnswerFate::kChanged);
    CHECK(move_of(migration, "colour")->fate == AnswerFate::kChanged);
    CHECK(move_of(migration, "gone")->fate == AnswerFate::kOrphaned);
    CHECK(move_of(migration, "member[2]/called")->fate == AnswerFate::kCarried);
    // Looking changes nothing.
    CHECK(read_draft(world.session().db, draft)->form.version == "1");

    world.accept(draft);
    const Intake intake = Intake::resume(world.parts(), draft).value();
    CHECK(intake.session().definition().settings().version == "2");
    CHECK(intake.session().value("name") == "نور");
    CHECK(intake.session().value("g/phone") == "0750");
    CHECK(intake.session().value("member[2]/called") == "row2");
    const Draft kept = read_draft(world.session().db, draft).value();
    CHECK(field_of(kept.fields, "!orphaned/1/gone") == "only here");
    CHECK(field_of(kept.fields, "!orphaned/1/years") == "about six");
    CHECK(field_of(kept.fields, "!orphaned/1/colour") == "blue");
    CHECK(kept.form.version == "2");
}

TEST_CASE("until it is accepted a draft is shown in its own version, for reading only") {
    Moving world;
    world.version(first_version());
    const InstanceId draft = world.draft(kAnswers);
    world.version(second_version());
    Intake intake = Intake::look(world.parts(), draft).value();
    CHECK(intake.read_only());
    CHECK(intake.session().definition().settings().version == "1");
    CHECK(intake.session().value("gone") == "only here");
    CHECK(intake.lost().empty());
    CHECK_FALSE(intake.save(*world.vault).ok());
}

TEST_CASE("a draft whose form went away goes on in the version that was kept") {
    Moving world;
    world.version(first_version());
    const InstanceId draft = world.draft(kAnswers);
    world.no_form();
    {
        Intake intake = Intake::resume(world.parts(), draft).value();
        CHECK_FALSE(intake.read_only());
        CHECK(intake.session().value("gone") == "only here");
    }
    CHECK_FALSE(Intake::plan_change(world.parts(), draft)->has_value());
    Statement forget = world.session().db.prepare("DELETE FROM kept_forms").value();
    must(forget.run());
    const auto gone = Intake::resume(world.parts(), draft);
    REQUIRE_FALSE(gone.ok());
    CHECK(gone.error().code == Errc::kFormGone);
}

TEST_CASE("where the old version was not kept, answers move by their paths and none is lost") {
    Moving world;
    world.version(first_version());
    const InstanceId draft = world.draft(kAnswers);
    Statement forget = world.session().db.prepare("DELETE FROM kept_forms").value();
    must(forget.run());
    world.version(second_version());
    const FormChange change = world.accept(draft);
    CHECK(change.before == nullptr);
    const Draft kept = read_draft(world.session().db, draft).value();
    CHECK(field_of(kept.fields, "name") == "نور");
    CHECK(field_of(kept.fields, "!orphaned/1/phone") == "0750");
    CHECK(field_of(kept.fields, "!orphaned/1/gone") == "only here");
}

TEST_CASE("from the first version to the third directly, and what was aside stays aside") {
    Moving world;
    world.version(first_version());
    const InstanceId direct = world.draft(kAnswers);
    const InstanceId twice = world.draft(kAnswers);
    world.version(second_version());
    world.accept(twice);
    world.version(form_xml("3", {{"g/name"}, {"gone"}}));
    CHECK(world.accept(direct).from.version == "1");
    CHECK(world.accept(twice).from.version == "2");
    const Draft one = read_draft(world.session().db, direct).value();
    CHECK(field_of(one.fields, "g/name") == "نور");
    CHECK(field_of(one.fields, "gone") == "only here");
    CHECK(field_of(one.fields, "!orphaned/1/phone") == "0750");
    const Draft two = read_draft(world.session().db, twice).value();
    CHECK(field_of(two.fields, "g/name") == "نور");
    CHECK(field_of(two.fields, "!orphaned/1/gone") == "only here");
    CHECK(field_of(two.fields, "!orphaned/2/g/phone") == "0750");
}

TEST_CASE("what was kept aside survives further saving and travels with the record") {
    Moving world;
    world.version(first_version());
    const InstanceId draft = world.draft({{"name", "نور"}, {"gone", "only here"}});
    world.version(second_version());
    world.accept(draft);
    Intake intake = Intake::resume(world.parts(), draft).value();
    must(intake.session().answer("fresh", "typed"));
    must(intake.save(*world.vault));
    must(intake.finalise(*world.vault));
    const StoredRecord stored = read_record(world.session().db, draft).value();
    CHECK(field_of(stored.record.fields, "fresh") == "typed");
    CHECK(field_of(stored.record.fields, "!orphaned/1/gone") == "only here");
    CHECK(stored.record.form_version == "2");
    CHECK(world.vault->verify_log()->intact);
}

TEST_CASE("the log says that a draft moved, with counts and without a path or a value") {
    Moving world;
    world.version(first_version());
    const InstanceId draft = world.draft(kAnswers, 1);
    world.version(second_version());
    world.accept(draft);
    AuditQuery query;
    query.type = sync::EventType::kDraftMigrated;
    query.limit = kListMax;
    const auto entries = read_audit(world.session(), query).value();
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].subject == draft.value);
    Statement event =
        world.session().db.prepare("SELECT payload FROM events WHERE type = 19").value();
    REQUIRE(event.step().value());
    const ByteView payload = event.blob(0);
    REQUIRE(payload.size() == 8 + 16 + 32 + 32 + 12);
    CHECK(as_text(payload.first(8)) == "AWDADMIG");
    CHECK(payload[92] == 1);  // renamed: phone
    CHECK(payload[96] == 3);  // years, gone, colour
    CHECK(world.vault->verify_log()->intact);
}

TEST_CASE("a crash while a draft moves leaves all of the old version or all of the new one") {
    struct Stop {};
    for (const Step stop_at : {Step::kDraftMigrated, Step::kDraftCommitted}) {
        Moving world;
        world.version(first_version());
        const InstanceId draft = world.draft(kAnswers);
        world.version(second_version());
        const Path crashed = world.office.folder / "crashed";
        world.session().env.on_step = [&](Step step) {
            if (step != stop_at) return;
            std::filesystem::copy(world.office.vault_folder(), crashed,
                                  std::filesystem::copy_options::recursive);
            throw Stop{};
        };
        CHECK_THROWS_AS((void)Intake::accept_change(world.parts(), draft), Stop);
        world.vault.reset();
        std::filesystem::remove_all(world.office.vault_folder());
        std::filesystem::rename(crashed, world.office.vault_folder());
        world.vault = world.office.unlock();
        const Draft kept = read_draft(world.session().db, draft).value();
        const bool moved = stop_at == Step::kDraftCommitted;
        CHECK(kept.form.version == (moved ? "2" : "1"));
        CHECK(field_of(kept.fields, moved ? "!orphaned/1/gone" : "gone") == "only here");
        CHECK(field_of(kept.fields, moved ? "gone" : "!orphaned/1/gone") == "(absent)");
        CHECK(world.vault->verify_log()->intact);
    }
}

TEST_CASE("kept forms go when no draft and no record was made with them") {
    Moving world;
    world.version(first_version());
    const InstanceId draft = world.draft(kAnswers);
    const InstanceId record = world.draft({{"name", "نور"}});
    const auto kept = [&] {
        return world.session().db.query_integer("SELECT count(*) FROM kept_forms").value();
    };
    CHECK(kept() == 1);
    world.version(second_version());
    world.accept(draft);
    CHECK(kept() == 2);
    world.accept(record);
    CHECK(kept() == 1);
    must(world.vault->discard_draft(draft));
    must(world.vault->discard_draft(record));
    CHECK(kept() == 0);
}

TEST_CASE("an answer whose question was or becomes protected never stays in the plain part") {
    Moving world;
    world.version(form_xml("1", {{"name"}, {"told"}, {"hurt", "string", true}, {"lost"}}));
    const InstanceId draft =
        world.draft({{"name", "نور"}, {"told", "zqtold"}, {"hurt", "zqhurt"}, {"lost", "plain"}});
    world.version(form_xml("2", {{"name"}, {"told", "string", true}, {"hurt"}}));
    const FormChange change = world.accept(draft);
    CHECK(change.sealed_parts == 1);
    const auto plain = [&] {
        std::string all;
        const Draft kept = read_draft(world.session().db, draft).value();
        for (const sync::Field& field : kept.fields) all += field.path + "=" + field.value + "\n";
        return all;
    };
    CHECK(plain().find("zqtold") == std::string::npos);
    CHECK(plain().find("zqhurt") == std::string::npos);
    CHECK(plain().find("!orphaned/1/lost=plain") != std::string::npos);
    // The new version forgot the mark; what is typed now is sealed all the same.
    Intake intake = Intake::resume(world.parts(), draft).value();
    must(intake.session().answer("hurt", "zqagain"));
    must(intake.save(*world.vault));
    CHECK(plain().find("zqagain") == std::string::npos);
    must(intake.finalise(*world.vault));
    const StoredRecord stored = read_record(world.session().db, draft).value();
    std::vector<sync::Field> known;
    for (const sync::SealedPart& part : stored.parts) {
        const auto opened =
            sync::open_part(part, stored.record.root, world.office.hq.protection()).value();
        sync::lay_over(known, part.moves, opened);
    }
    CHECK(field_of(known, "told") == "zqtold");
    CHECK(field_of(known, "hurt") == "zqagain");
}

TEST_CASE("no value of a draft is missing after any change of its form") {
    std::random_device entropy;
    const std::uint64_t seed = entropy();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const auto chance = [&](unsigned of) { return random() % of == 0; };
    Moving world;
    for (int round = 0; round < 25; ++round) {
        const std::vector<std::string> names{"q1", "q2", "q3", "q4", "q5", "q6"};
        const auto any_form = [&](const std::string& version) {
            std::vector<Question> questions{{"name"}};
            for (const std::string& name : names) {
                if (chance(4)) continue;
                Question question{(chance(3) ? "g/" : "") + name, chance(3) ? "int" : "string"};
                if (chance(4)) question.choices = {"a", std::to_string(random() % 3)};
                questions.push_back(std::move(question));
            }
            return form_xml(version, questions, chance(4) ? "person" : "member");
        };
        world.version(any_form("1." + std::to_string(round)));
        std::vector<std::string> given;
        InstanceId draft;
        {
            Intake intake = Intake::start(world.parts(), "moving", "ar").value();
            forms::Session& form = intake.session();
            for (const forms::QuestionInfo& question : form.definition().questions()) {
                if (question.metadata || !question.repeat.empty()) continue;
                const std::string value =
                    chance(2) ? "v" + std::to_string(random() % 100) : std::to_string(random() % 3);
                if (form.answer(question.path, value).ok()) given.push_back(value);
            }
            const std::string repeat = form.definition().repeats().front();
            for (std::uint64_t i = 0, n = random() % 4; i < n; ++i) {
                const std::string row = form.add_repeat(repeat).value();
                given.push_back("row" + std::to_string(random() % 1000));
                must(form.answer(row + "/called", given.back()));
            }
            must(intake.save(*world.vault));
            draft = intake.instance();
        }
        world.version(any_form("2." + std::to_string(round)));
        const FormChange change = world.accept(draft);
        std::vector<std::string> there;
        const auto kept = read_draft(world.session().db, draft);
        REQUIRE(kept.ok());
        for (const sync::Field& field : kept->fields) {
            there.push_back(field.value);
        }
        for (const std::string& value : given) {
            CAPTURE(value);
            CHECK(std::ranges::count(there, value) >= std::ranges::count(given, value));
        }
        // The report tells of each: carried and renamed in their places, the others aside.
        for (const AnswerMove& move : change.migration.moves) {
            const bool aside =
                move.fate == AnswerFate::kChanged || move.fate == AnswerFate::kOrphaned;
            CHECK(move.aside.empty() != aside);
            if (!aside && !move.from.starts_with("meta/")) CHECK(move.now == move.value);
        }
    }
}
