// Entities: what records create and update, and the lists that later forms choose from.
#include "forms/entities.h"

#include <doctest/doctest.h>

#include "tests/forms/forms_fixture.h"

namespace awda::forms::test {
namespace {

std::string xform(const std::string& version, const std::string& instance, const std::string& model,
                  const std::string& body = "") {
    return R"x(<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
 xmlns:jr="http://openrosa.org/javarosa" xmlns:orx="http://openrosa.org/xforms"
 xmlns:entities="http://www.opendatakit.org/xforms/entities"><h:head><h:title>T</h:title>
 <model )x" +
           (version.empty() ? "" : "entities:entities-version=\"" + version + "\"") +
           "><instance><data id=\"t\">" + instance + "</data></instance>" + model +
           "</model></h:head><h:body>" + body + "</h:body></h:html>";
}

const std::string kTreeInstance =
    R"x(<species/><height/><hidden/><meta><instanceID/>
 <entity dataset="trees" id="" create="1"><label/></entity></meta>)x";
const std::string kTreeModel =
    R"x(<bind nodeset="/data/species" type="string" entities:saveto="species"/>
 <bind nodeset="/data/height" type="int" entities:saveto="height"/>
 <bind nodeset="/data/hidden" relevant="/data/height > 100" entities:saveto="note"/>
 <bind nodeset="/data/meta/entity/@id" type="string" readonly="true()"/>
 <setvalue event="odk-instance-first-load" ref="/data/meta/entity/@id" value="uuid()"/>
 <bind nodeset="/data/meta/entity/label" calculate="concat(/data/species, ' tree')"/>)x";
const std::string kTreeBody = R"x(<input ref="/data/species"/><input ref="/data/height"/>)x";

FormDefinitionPtr tree_form(const std::string& version = "2024.1.0") {
    const auto form = load(xform(version, kTreeInstance, kTreeModel, kTreeBody));
    REQUIRE_MESSAGE(form.definition, errors_of(form));
    return form.definition;
}

TEST_CASE("known versions of entities are accepted and others refused by name") {
    for (const char* version : {"2020.1.0", "2022.1", "2022.1.0", "2023.1.0", "2024.1.9", "2025.1",
                                "2025.1.0", "v2025.1.0"}) {
        CHECK_MESSAGE(entities_version_known(version), version);
        CHECK(load(xform(version, kTreeInstance, kTreeModel)).definition);
    }
    for (const char* version : {"2025.2.0", "2026.1.0", "1", "", "2022.", ".1", "x", "2022.1.0.0",
                                "99999999999.1", "2022..1"}) {
        CHECK_FALSE_MESSAGE(entities_version_known(version), version);
    }
    const auto newer = load(xform("2026.1.0", kTreeInstance, kTreeModel));
    CHECK_FALSE(newer.definition);
    REQUIRE(newer.diagnostics.size() == 1);
    CHECK(newer.diagnostics[0].code == DiagnosticCode::kEntitiesVersion);
    CHECK(render(newer.diagnostics[0], Language::kEnglish).find("2026.1.0") != std::string::npos);
}

TEST_CASE("declarations that can't work are warned of") {
    const auto codes = [](const LoadResult& result) {
        std::vector<DiagnosticCode> out;
        for (const Diagnostic& d : result.diagnostics) out.push_back(d.code);
        return out;
    };
    const auto unversioned = load(xform("", kTreeInstance, kTreeModel));
    REQUIRE(unversioned.definition);
    CHECK(codes(unversioned) == std::vector{DiagnosticCode::kEntitiesUnversioned});
    Fill fill(unversioned.definition);
    CHECK(entity_actions(fill.session).actions.empty());

    const auto nameless = load(xform("2025.1", "<a/><meta><entity id='' create='1'/></meta>",
                                     "<bind nodeset='/data/a' entities:saveto='__a'/>"));
    CHECK(codes(nameless) ==
          std::vector{DiagnosticCode::kEntityWithoutList, DiagnosticCode::kReservedProperty});
    Fill second(nameless.definition);
    const auto found = entity_actions(second.session);
    REQUIRE(found.refused.size() == 1);
    CHECK(found.refused[0] ==
          std::pair<std::string, EntityFault>{"meta/entity", EntityFault::kNoDataset});
}

TEST_CASE("a finished record creates its entity with relevant properties") {
    Fill fill(tree_form());
    REQUIRE(fill.session.answer("species", "oak").ok());
    REQUIRE(fill.session.finalise().ok());
    const EntityActions found = entity_actions(fill.session);
    CHECK(found.apply_offline);
    CHECK(found.refused.empty());
    REQUIRE(found.actions.size() == 1);
    const EntityAction& action = found.actions[0];
    CHECK(action.kind == EntityAction::Kind::kCreate);
    CHECK(action.dataset == "trees");
    CHECK(action.id == fill.session.value("meta/entity/@id"));
    CHECK(action.id.size() == 36);
    CHECK(action.label == "oak tree");
    CHECK(action.properties ==
          std::vector<std::pair<std::string, std::string>>{{"species", "oak"}, {"height", ""}});
    CHECK_FALSE(entity_actions(Fill(tree_form("2023.1.0")).session).apply_offline);
}

TEST_CASE("create and update may be calculated; ids and labels are checked") {
    const auto form =
        load(xform("2024.1.0",
                   R"x(<id/><c/><u/><l/><meta><entity dataset="trees" id="" create="" update=""
            baseVersion="7" branchId="b" trunkVersion="5"><label/></entity></meta>)x",
                   R"x(<bind nodeset="/data/meta/entity/@id" calculate="/data/id"/>
        <bind nodeset="/data/meta/entity/@create" calculate="/data/c"/>
        <bind nodeset="/data/meta/entity/@update" calculate="/data/u = 'yes'"/>
        <bind nodeset="/data/meta/entity/label" calculate="/data/l"/>)x",
                   R"x(<input ref="/data/id"/><input ref="/data/c"/><input ref="/data/u"/>
        <input ref="/data/l"/>)x"));
    REQUIRE_MESSAGE(form.definition, errors_of(form));
    Fill fill(form.definition);
    const auto found = [&] { return entity_actions(fill.session); };
    CHECK(found().actions.empty());
    CHECK(found().refused.empty());
    REQUIRE(fill.session.answer("u", "yes").ok());
    CHECK(found().refused[0].second == EntityFault::kBadId);
    for (const char* id :
         {"x", "11111111-1111-1111-8111-111111111111", "11111111-1111-4111-c111-111111111111",
          "11111111-1111-4111-8111-11111111111g"}) {
        REQUIRE(fill.session.answer("id", id).ok());
        CHECK(found().refused.size() == 1);
    }
    REQUIRE(fill.session.answer("id", "uuid:11111111-1111-4111-8111-11111111111A").ok());
    REQUIRE(found().actions.size() == 1);
    CHECK(found().actions[0].kind == EntityAction::Kind::kUpdate);
    CHECK(found().actions[0].id == "11111111-1111-4111-8111-11111111111A");
    CHECK(found().actions[0].base_version == "7");
    CHECK(found().actions[0].branch_id == "b");
    CHECK(found().actions[0].trunk_version == "5");
    REQUIRE(fill.session.answer("c", "1").ok());
    REQUIRE(found().actions.size() == 1);
    CHECK(found().actions[0].kind == EntityAction::Kind::kUpsert);
    REQUIRE(fill.session.answer("u", "no").ok());
    CHECK(found().refused[0].second == EntityFault::kNoLabel);
    REQUIRE(fill.session.answer("l", "L").ok());
    CHECK(found().actions[0].kind == EntityAction::Kind::kCreate);
    REQUIRE(fill.session.answer("c", "no").ok());
    CHECK(found().actions.empty());
}

TEST_CASE("each row of a repeat makes its own entity, and a field belongs to the nearest one") {
    const auto form = load(xform(
        "2025.1.0",
        R"x(<house/><member jr:template=""><name/><visit jr:template=""><note/></visit>
          <meta><entity dataset="people" id="" create="1"><label/></entity></meta></member>
          <meta><instanceID/><entity dataset="houses" id="" create="1"><label/></entity></meta>)x",
        R"x(<bind nodeset="/data/house" entities:saveto="address"/>
        <bind nodeset="/data/member/name" entities:saveto="full_name"/>
        <bind nodeset="/data/member/visit/note" entities:saveto="lost"/>
        <bind nodeset="/data/member/meta/entity/label" calculate="../../../name"/>
        <bind nodeset="/data/meta/entity/label" calculate="/data/house"/>
        <setvalue event="odk-instance-first-load" ref="/data/meta/entity/@id" value="uuid()"/>)x",
        R"x(<input ref="/data/house"/><group ref="/data/member"><repeat nodeset="/data/member">
        <setvalue event="odk-instance-first-load odk-new-repeat"
          ref="/data/member/meta/entity/@id" value="uuid()"/>
        <input ref="/data/member/name"/><group ref="/data/member/visit">
        <repeat nodeset="/data/member/visit"><input ref="/data/member/visit/note"/></repeat>
        </group></repeat></group>)x"));
    REQUIRE_MESSAGE(form.definition, errors_of(form));
    CHECK(entity_declarations(*form.definition).size() == 2);
    Fill fill(form.definition);
    REQUIRE(fill.session.answer("house", "12").ok());
    for (const std::string row : {"member[1]", "member[2]"}) {
        REQUIRE(fill.session.add_repeat("member").ok());
        REQUIRE(fill.session.answer(row + "/name", "N " + row).ok());
    }
    const EntityActions found = entity_actions(fill.session);
    REQUIRE(found.actions.size() == 3);
    CHECK(found.actions[0].dataset == "houses");
    CHECK(found.actions[0].properties ==
          std::vector<std::pair<std::string, std::string>>{{"address", "12"}});
    CHECK(found.actions[2].dataset == "people");
    CHECK(found.actions[2].label == "N member[2]");
    CHECK(found.actions[2].properties ==
          std::vector<std::pair<std::string, std::string>>{{"full_name", "N member[2]"}});
    CHECK(found.actions[1].id != found.actions[2].id);
}

TEST_CASE("what one form creates, a later form on the same device chooses and updates") {
    fakes::SeededRandom random(9);
    auto list = EntityList::read("trees",
                                 "name,label,__version,species\n"
                                 "11111111-1111-4111-8111-111111111111,\"Old, one\",3,fir\n",
                                 random);
    REQUIRE(list.ok());
    Fill fill(tree_form());
    REQUIRE(fill.session.answer("species", "oak").ok());
    const auto made = entity_actions(fill.session).actions;
    *list = apply_entity_actions(*list, made, random);
    REQUIRE(list->entities().size() == 2);

    const std::string update =
        xform("2024.1.0",
              R"x(<tree/><height/><meta><instanceID/><entity dataset="trees" id="" update="1"
          baseVersion="" branchId="" trunkVersion=""><label/></entity></meta>)x",
              R"x(<instance id="trees" src="jr://file-csv/trees.csv"/>
        <bind nodeset="/data/height" entities:saveto="height"/>
        <bind nodeset="/data/meta/entity/@id" calculate="/data/tree"/>
        <bind nodeset="/data/meta/entity/@baseVersion"
          calculate="instance('trees')/root/item[name=/data/tree]/__version"/>
        <bind nodeset="/data/meta/entity/@branchId"
          calculate="instance('trees')/root/item[name=/data/tree]/__branchId"/>
        <bind nodeset="/data/meta/entity/@trunkVersion"
          calculate="instance('trees')/root/item[name=/data/tree]/__trunkVersion"/>)x",
              R"x(<select1 ref="/data/tree"><itemset nodeset="instance('trees')/root/item">
          <value ref="name"/><label ref="label"/></itemset></select1>
          <input ref="/data/height"/>)x");
    const std::string csv = list->csv();
    const auto form = load(update, [&](std::string_view) { return csv; });
    REQUIRE_MESSAGE(form.definition, errors_of(form));
    Fill later(form.definition);
    const ChoicesPtr choices = later.session.choices("tree");
    REQUIRE(choices->size() == 2);
    CHECK((*choices)[0].label == "Old, one");
    CHECK((*choices)[1].label == "oak tree");
    REQUIRE(later.session.answer("tree", (*choices)[0].value).ok());
    REQUIRE(later.session.answer("height", "12").ok());
    const auto changed = entity_actions(later.session).actions;
    REQUIRE(changed.size() == 1);
    CHECK(changed[0].kind == EntityAction::Kind::kUpdate);
    CHECK(changed[0].base_version == "3");
    CHECK(changed[0].trunk_version == "3");
    CHECK(changed[0].branch_id == list->entities()[0].branch_id);

    *list = apply_entity_actions(*list, changed, random);
    const Entity* old = list->find("11111111-1111-4111-8111-111111111111");
    REQUIRE(old != nullptr);
    CHECK(old->version == 4);
    CHECK(old->label == "Old, one");
    CHECK(list->value(*old, "species") == "fir");
    CHECK(list->value(*old, "height") == "12");
    CHECK(list->value(*old, "nothing").empty());

    // The list survives being written and read.
    const auto again = EntityList::read("trees", list->csv(), random);
    REQUIRE(again.ok());
    CHECK(again->csv() == list->csv());
}

TEST_CASE("an action that does not fit its list says why") {
    fakes::SeededRandom random(9);
    EntityList list("trees");
    EntityAction action;
    action.kind = EntityAction::Kind::kUpdate;
    action.dataset = "houses";
    action.id = "a";
    CHECK(list.apply(action, random) == EntityList::Outcome::kOtherList);
    action.dataset = "trees";
    CHECK(list.apply(action, random) == EntityList::Outcome::kNotThere);
    action.kind = EntityAction::Kind::kUpsert;
    CHECK(list.apply(action, random) == EntityList::Outcome::kNoLabel);
    action.label = "A";
    CHECK(list.apply(action, random) == EntityList::Outcome::kCreated);
    CHECK(list.apply(action, random) == EntityList::Outcome::kUpdated);
    CHECK(list.entities()[0].version == 2);
    action.kind = EntityAction::Kind::kCreate;
    CHECK(list.apply(action, random) == EntityList::Outcome::kAlreadyThere);
    CHECK(EntityList::read("x", "id,label\n1,2\n", random).error().code == Errc::kMalformed);
    CHECK(EntityList::read("x", "name\n\"1\n", random).error().code == Errc::kMalformed);
    const auto odd = EntityList::read("x", "name,__version\na,x\na,2\n,3\n", random);
    REQUIRE(odd.ok());
    REQUIRE(odd->entities().size() == 1);
    CHECK(odd->entities()[0].version == 1);
}

TEST_CASE("a newer list of the server is taken in without losing what is not sent yet") {
    fakes::SeededRandom random(9);
    const auto server = [&](const std::string& csv) {
        return EntityList::read("l", csv, random).value();
    };
    EntityList list = server("name,label,__version,p\ns1,One,1,a\ns2,Two,1,b\ns3,Three,2,c\n");
    EntityAction action;
    action.dataset = "l";
    action.kind = EntityAction::Kind::kCreate;
    action.id = "local";
    action.label = "Local";
    (void)list.apply(action, random);
    action.kind = EntityAction::Kind::kUpdate;
    action.properties = {{"p", "changed"}};
    for (const char* id : {"s2", "s3"}) {
        action.id = id;
        (void)list.apply(action, random);
    }
    const std::string branch = list.find("s2")->branch_id;
    // s1 is gone, s2 unchanged there, s3 has come back as version 3, s4 is new.
    list.take_server_list(
        server("name,label,__version,q,p\ns2,Two,1,x,b\ns3,3!,3,y,d\ns4,F,1,z,e\n"), random);
    CHECK(list.find("s1") == nullptr);
    CHECK(list.find("local") != nullptr);
    CHECK(list.find("s2")->version == 2);
    CHECK(list.value(*list.find("s2"), "p") == "changed");
    CHECK(list.find("s2")->branch_id == branch);
    CHECK(list.find("s2")->trunk_version == "1");
    CHECK(list.find("s3")->label == "3!");
    CHECK(list.value(*list.find("s3"), "p") == "d");
    CHECK(list.find("s3")->trunk_version == "3");
    CHECK(list.value(*list.find("s4"), "q") == "z");
    // The server has the local one now; then it goes there, and so it goes here.
    list.take_server_list(server("name,label,__version\nlocal,L2,1\n"), random);
    CHECK(list.entities().size() == 1);
    CHECK(list.find("local")->label == "L2");
    CHECK(list.find("local")->on_server);
    list.take_server_list(server("name,label,__version\n"), random);
    CHECK(list.entities().empty());
}

}  // namespace
}  // namespace awda::forms::test
