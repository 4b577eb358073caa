// Tables and lists of entities at their edges: nodes, columns, indexes, merging, bounds.
#include <doctest/doctest.h>

#include <algorithm>

#include "forms/audit.h"
#include "forms/entities.h"
#include "forms/instance_reader.h"
#include "forms/migration.h"
#include "forms/table_instance.h"
#include "tests/forms/fill_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

std::string text_of(const Document& document, NodeId node) {
    std::string out;
    document.append_text(node, out);
    return out;
}

EntityList read_list(std::string_view csv) {
    fakes::SeededRandom random(3);
    auto list = EntityList::read("l", csv, random);
    REQUIRE(list.ok());
    return std::move(list).value();
}

}  // namespace

TEST_CASE("a table's nodes are a root, items and their cells, missing ones left out") {
    StringPool names;
    TableInstance table(names, "root", "item");
    const std::uint32_t a = table.add_column("a", names);
    const std::uint32_t b = table.add_column("b", names);
    table.begin_row();
    table.set(a, "1");
    table.begin_row();
    table.set(b, " 2 ");
    table.begin_row();
    const NodeId first = table.first_child(1);
    REQUIRE(first == table.item_node(0));
    CHECK(table.parent(0) == kNoNode);
    CHECK(table.parent(1) == 0);
    CHECK(table.parent(first) == 1);
    CHECK(table.parent(first + 2) == first);
    CHECK(table.first_child(0) == 1);
    CHECK(table.next_sibling(0) == kNoNode);
    CHECK(table.next_sibling(1) == kNoNode);
    CHECK(table.next_sibling(first) == table.item_node(1));
    CHECK(table.next_sibling(table.item_node(2)) == kNoNode);
    CHECK(table.first_child(table.item_node(1)) == table.item_node(1) + 2);
    CHECK(table.first_child(table.item_node(2)) == kNoNode);
    CHECK(table.first_child(first + 1) == kNoNode);
    CHECK(table.next_sibling(first + 1) == kNoNode);
    CHECK(table.kind(0) == NodeKind::kRoot);
    CHECK(table.kind(first) == NodeKind::kElement);
    CHECK(table.name(0) == kNoName);
    CHECK(names.text(table.name(1)) == "root");
    CHECK(names.text(table.name(first)) == "item");
    CHECK(names.text(table.name(first + 2)) == "b");
    CHECK(table.space(first) == kNoName);
    CHECK(table.first_attribute(first) == kNoNode);
    CHECK(table.next_attribute(first) == kNoNode);
    CHECK(text_of(table, 0) == "1 2 ");
    CHECK(text_of(table, table.item_node(1)) == " 2 ");
    CHECK(text_of(table, first + 1) == "1");
    CHECK(table.trimmed(a));
    CHECK_FALSE(table.trimmed(b));
    CHECK(table.rows_with(a, "1").size() == 1);
    CHECK(table.rows_with(b, "1").empty());
    CHECK(table.rows_with(b, "none").empty());
    CHECK(table.find_column(names.find("none")) == TableInstance::kNoColumn);
    CHECK_FALSE(table.has(2, a));
    CHECK(TableInstance(names, "root", "item").first_child(1) == kNoNode);
}

TEST_CASE("a heading becomes an XML name") {
    const std::pair<const char*, const char*> names[] = {{"name", "name"},
                                                         {"two words", "two_words"},
                                                         {"1st", "_1st"},
                                                         {"-x", "_-x"},
                                                         {"a.b-c:d", "a.b-c:d"},
                                                         {"اسم", "اسم"},
                                                         {"", "_"},
                                                         {"  ", "_"},
                                                         {"A(b)", "A_b_"},
                                                         {"_x", "_x"},
                                                         {"?x", "_x"}};
    for (const auto& [heading, name] : names) {
        CAPTURE(heading);
        CHECK(xml_name_from(heading) == name);
    }
}

TEST_CASE("CSV has headings, quotes, either comma and any line's end") {
    StringPool names;
    const auto cell = [&](std::string_view csv, std::uint32_t row, std::uint32_t column) {
        const auto table = TableInstance::from_csv(csv, names);
        REQUIRE(table.ok());
        return std::string((*table)->at(row, column));
    };
    CHECK(cell("\xef\xbb\xbf"
               "a,b\n1,2\n",
               0, 0) == "1");
    CHECK(cell("a;b\r\n1;2", 0, 1) == "2");
    CHECK(cell("\"a;x;y\",b\r1,2\r3,4", 1, 1) == "4");
    CHECK(cell("a,b\n\n\"x \"\"y\"\"\",\"l\ni\"\n", 0, 0) == "x \"y\"");
    CHECK(cell("a,b\n1\n", 0, 1) == "");
    CHECK(cell("a,,a\n1,2,3\n", 0, 0) == "1");
    CHECK(cell("a\nx\"y\n", 0, 0) == "x\"y");
    for (const std::string& bad : {std::string("a\n\"open"), std::string("a\n\"open\"\""),
                                   std::string(1001, ','), std::string("a\n\xff")}) {
        const auto table = TableInstance::from_csv(bad, names);
        REQUIRE_FALSE(table.ok());
        CHECK(table.error().code == Errc::kMalformed);
    }
    std::vector<std::string> twice;
    REQUIRE(TableInstance::from_csv("a,a ,b,\n", names, &twice).ok());
    CHECK(twice == std::vector<std::string>{"a"});
    CHECK(TableInstance::from_csv("", names).value()->columns() == 0);
}

TEST_CASE("a list of entities is written so that it is read again the same") {
    const std::string csv =
        "name,label,__version,__trunkVersion,__branchId,__onServer,note\n"
        "1,\"One, \"\"first\"\"\",2,1,b1,1,\"a\nb\"\n"
        "2,Two,x,,b2,0,\n";
    const EntityList list = read_list(csv);
    REQUIRE(list.entities().size() == 2);
    CHECK(list.entities()[0].label == "One, \"first\"");
    CHECK(list.entities()[0].on_server);
    CHECK(list.entities()[1].version == 1);
    CHECK_FALSE(list.entities()[1].on_server);
    CHECK(list.value(list.entities()[0], "note") == "a\nb");
    CHECK(list.value(list.entities()[0], "none") == "");
    CHECK(read_list(list.csv()).csv() == list.csv());
    CHECK(list.find("3") == nullptr);
    const EntityList odd = read_list("label,name\nA,1\nB,1\nC,\n");
    REQUIRE(odd.entities().size() == 1);
    CHECK(odd.entities()[0].label == "A");
    fakes::SeededRandom random(3);
    CHECK(EntityList::read("l", "label\nx\n", random).error().code == Errc::kMalformed);
}

TEST_CASE("a list keeps a bounded number of properties") {
    EntityList list("l");
    fakes::SeededRandom random(3);
    EntityAction action{EntityAction::Kind::kCreate, "l", "1", "One", {}, {}, {}, {}};
    for (std::size_t i = 0; i < EntityList::kPropertiesMax + 50; ++i) {
        action.properties.emplace_back("p" + std::to_string(i), "x");
    }
    CHECK(list.apply(action, random) == EntityList::Outcome::kCreated);
    CHECK(list.properties().size() == EntityList::kPropertiesMax);
    CHECK(list.value(*list.find("1"), "p0") == "x");
    CHECK(list.value(*list.find("1"), "p949") == "");
    CHECK(list.apply(action, random) == EntityList::Outcome::kAlreadyThere);
    action.dataset = "other";
    CHECK(list.apply(action, random) == EntityList::Outcome::kOtherList);
}

TEST_CASE("of two versions of an entity the newer one stays, of equal ones the one not sent yet") {
    constexpr const char* kHead = "name,label,__version,__trunkVersion,__branchId,__onServer\n";
    EntityList own = read_list(std::string(kHead) +
                               "same,Mine,2,2,b,1\nbased,Mine,2,1,b,1\nahead,Mine,3,2,b,1\n"
                               "behind,Mine,1,1,b,1\ngone,Mine,1,1,b,1\nnew,Mine,1,,b,0\n");
    const EntityList server = read_list(
        "name,label,__version\nsame,Theirs,2\nbased,Theirs,2\nahead,Theirs,2\nbehind,Theirs,2\n"
        "fresh,Theirs,1\n");
    fakes::SeededRandom random(5);
    own.take_server_list(server, random);
    const auto label = [&](const char* id) {
        const Entity* entity = own.find(id);
        return entity == nullptr ? std::string("none") : entity->label;
    };
    CHECK(label("same") == "Mine");
    CHECK(label("based") == "Theirs");
    CHECK(label("ahead") == "Mine");
    CHECK(label("behind") == "Theirs");
    CHECK(label("gone") == "none");
    CHECK(label("new") == "Mine");
    CHECK(label("fresh") == "Theirs");
    CHECK(own.find("based")->trunk_version == "2");
}

TEST_CASE("a log of a form is bounded in rows and places, and quotes what has to be") {
    const LoadResult loaded = load(xform_around(
        "<instance><data id='t'><q/><meta><audit/></meta></data></instance>"
        "<bind nodeset='/data/meta/audit' odk:location-priority='no-power' "
        "odk:location-min-interval='1' odk:location-max-age='60' odk:track-changes='true'/>",
        "<input ref='/data/q'/>"));
    INFO(errors_of(loaded));
    REQUIRE(loaded.definition != nullptr);
    const auto config = audit_config(*loaded.definition);
    REQUIRE(config.has_value());
    CHECK(config->location_priority == AuditConfig::Priority::kNoPower);
    Fill fill(loaded.definition);
    AuditRecorder recorder(*config, fill.clock);
    for (std::size_t i = 0; i < 10'100; ++i) recorder.add_position(1, 2, 5);
    recorder.add_position(3, 4, 1);
    recorder.enter(fill.session, AuditEvent::kQuestion, "q");
    recorder.enter(fill.session, AuditEvent::kQuestion, "q");
    REQUIRE(fill.session.answer("q", "a, \"b\"").ok());
    recorder.leave(fill.session);
    const std::string csv = recorder.csv();
    CHECK(csv.find(",3,4,1,") != std::string::npos);
    CHECK(csv.find("\"a, \"\"b\"\"\"") != std::string::npos);
    CHECK(std::count(csv.begin(), csv.end(), '\n') == 2);
    recorder.enter(fill.session, AuditEvent::kFormSave);
    CHECK(recorder.csv().find("form save") != std::string::npos);
    fill.clock.advance(61'000);  // the places are too old by now
    for (std::size_t i = 0; i < AuditRecorder::kRowsMax + 10; ++i) {
        recorder.log(fill.session, AuditEvent::kFormSave);
    }
    const std::string full = recorder.csv();
    CHECK(static_cast<std::size_t>(std::count(full.begin(), full.end(), '\n')) ==
          AuditRecorder::kRowsMax + 1);
    recorder.log(fill.session, AuditEvent::kFormSave);
    CHECK(recorder.csv().size() == full.size());
}

TEST_CASE("an attribute moves with its element to a newer version") {
    const auto version = [](const char* inside, const char* binds) {
        const LoadResult loaded = load(xform_around(
            "<instance><data id='t'>" + std::string(inside) + "</data></instance>" + binds, ""));
        INFO(errors_of(loaded));
        REQUIRE(loaded.definition != nullptr);
        return loaded.definition;
    };
    const FormDefinitionPtr before = version(
        "<q a='1' b='2'><x/></q><gone c='3'><y/></gone>",
        "<bind nodeset='/data/q/@a'/><bind nodeset='/data/q/@b'/><bind nodeset='/data/gone/@c'/>");
    const FormDefinitionPtr after =
        version("<g><q a=''><x/></q></g>", "<bind nodeset='/data/g/q/@a'/>");
    const std::vector<Answer> answers{{"q/@a", "kept"},
                                      {"q/@b", "lost"},
                                      {"gone/@c", "lost"},
                                      {"q/@none", "odd"},
                                      {"q/x", "text"}};
    Fill now(after, true);
    const MigrationReport report = migrate(*before, answers, now.session);
    CHECK(now.session.value("g/q/@a") == "kept");
    CHECK(now.session.value("g/q/x") == "text");
    CHECK(report.count(FieldFate::kMoved) == 2);
    CHECK(report.count(FieldFate::kOrphaned) == 3);
}

TEST_CASE("every fate of a field has its name") {
    for (const FieldFate fate :
         {FieldFate::kCarried, FieldFate::kMoved, FieldFate::kTypeChanged, FieldFate::kTypeInvalid,
          FieldFate::kChoiceGone, FieldFate::kRecomputed, FieldFate::kOrphaned,
          FieldFate::kNewRequired}) {
        CHECK_FALSE(field_fate_name(fate).empty());
    }
}

TEST_CASE("an instance's attributes, odd text and repeated elements are kept or told") {
    const LoadResult loaded = load(xform_around(
        "<instance><data id='t' version='1'><g a='' k='1'><x/></g><q/><r><y/></r></data>"
        "</instance><bind nodeset='/data/g/@a'/>",
        "<group ref='/data/r'><repeat nodeset='/data/r'><input "
        "ref='/data/r/y'/></repeat></group>"));
    REQUIRE(loaded.definition != nullptr);
    const auto read = [&](const std::string& inside) {
        const auto content = read_instance(*loaded.definition, inside);
        if (!content.ok()) return std::string(errc_name(content.error().code));
        std::string out;
        for (const Answer& each : content->answers) out += each.path + "=" + each.value + ";";
        out += "|";
        for (const Answer& each : content->unknown) out += each.path + "=" + each.value + ";";
        return out;
    };
    CHECK(read("<data id='t' version='2' uiVersion='1' prefix='p' delimiter=',' odd='o'/>") ==
          "|@odd=o;");
    CHECK(read("<data><g a='1' k='2' z='3'><x>t</x></g></data>") == "g/@a=1;g/x=t;|g/@z=3;");
    CHECK(read("<data><g>text<x/></g></data>").find("g=text;") != std::string::npos);
    CHECK(read("<data><q>1</q><q>2</q></data>") == "q=1;|q[2]=2;");
    CHECK(read("<data><r><y>1</y></r><none><b/>x</none></data>") ==
          "r[1]=;r[1]/y=1;|none=x;none/b=;");
    CHECK(read("<data><q>\n</q></data>") == "|");
    CHECK(read("<data><q> </q></data>") == "q= ;|");
    CHECK(read("<!-- only -->") == "malformed");
    CHECK(read("<?pi?><!-- first --><data><q>1</q></data>") == "q=1;|");
    CHECK(read("<other/>") == "unknown_form");
    CHECK(read("<other id='t'/>") == "|");
    CHECK(read("<data id='u'/>") == "unknown_form");
    CHECK(read("<data>\x01</data>") == "malformed");
    CHECK(read("<data>\xff</data>") == "malformed");
    CHECK(read("<data>") == "malformed");
}
