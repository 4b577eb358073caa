// Files that only questions name: search(), pulldata() and queries, as authors write them.
#include "forms/external_data.h"

#include <doctest/doctest.h>

#include <map>

#include "forms/compiled.h"
#include "forms/definition.h"
#include "forms/model.h"
#include "tests/forms/forms_fixture.h"

namespace awda::forms::test {
namespace {

using Files = std::map<std::string, std::string, std::less<>>;

MediaResolver beside(Files files) {
    return [files = std::move(files)](std::string_view name) {
        const auto found = files.find(name);
        return found == files.end() ? std::nullopt : std::optional(found->second);
    };
}

/// A form with the questions state, city and p; `model` and `body` come on top.
std::string form_with(const std::string& model, const std::string& body) {
    return R"x(<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
 xmlns:jr="http://openrosa.org/javarosa"><h:head><h:title>T</h:title><model>
 <instance><data id="t"><state/><city/><p/></data></instance>)x" +
           model + "</model></h:head><h:body><input ref=\"/data/state\"/>" + body +
           "</h:body></h:html>";
}

std::string search_form(const std::string& appearance, const std::string& label = "label") {
    return form_with("", "<select1 ref=\"/data/city\" appearance=\"" + appearance +
                             "\"><item><label>" + label +
                             "</label><value>code</value></item></select1>");
}

const std::string kFruits =
    "code,label,label::Arabic (ar),Öl (l/km),state.1\n"
    "a,Apple (1),x,o,tx\nb,Banana,y,p,wa\nc,\"Cherry, red\",z,q,tx\n";

/// The values of the choices that a search offers, where the state is as given.
std::string offered(const std::string& appearance, const std::string& state = "") {
    const auto form = load(search_form(appearance), beside({{"fruits.csv", kFruits}}));
    INFO(appearance);
    REQUIRE_MESSAGE(form.definition, errors_of(form));
    if (!form.diagnostics.empty()) return render(form.diagnostics[0], Language::kEnglish);
    Fill fill(form.definition);
    if (!state.empty()) REQUIRE(fill.session.answer("state", state).ok());
    std::string out;
    for (const Choice& choice : *fill.session.choices("city")) out += choice.value;
    return out;
}

/// The codes of what is said of a form, by their names.
std::string said(const LoadResult& form) {
    std::string out;
    for (const Diagnostic& d : form.diagnostics) {
        out += std::string(diagnostic_name(d.code)) + ":" + (d.args.empty() ? "" : d.args[0]) + ";";
    }
    return out;
}

const ModelInstance* instance(const LoadResult& form, std::string_view id) {
    for (const ModelInstance& each : form.definition->model().instances) {
        if (each.id == id) return &each;
    }
    return nullptr;
}

}  // namespace

TEST_CASE("a search's arguments may hold quotes, brackets and commas") {
    CHECK(offered("search(&quot;fruits&quot;)") == "abc");
    CHECK(offered("search('fruits', 'contains', 'label', 'Cherry, r')") == "c");
    CHECK(offered("search('fruits', 'contains', 'label', '(1)')") == "a");
    CHECK(offered("search('fruits', 'contains', 'label', concat(&quot;Cherry&quot;, ',', ' '))") ==
          "c");
    CHECK(offered("search('fruits', 'matches', 'state.1', /data/*[1])", "tx") == "ac");
    CHECK(offered("minimal search( 'fruits' , 'matches' , 'code' , 'b' )") == "b");
}

TEST_CASE("what a search compares may begin at the question, or be a number") {
    const std::string call = "search('fruits', 'matches', 'state.1', ";
    CHECK(offered(call + "../state)", "wa") == "b");
    CHECK(offered(call + "./../state)", "wa") == "b");
    CHECK(offered(call + "concat(../state, '../x'))", "wa").empty());
    CHECK(offered(call + "substr(../state, .5 - .5))", "wa") == "b");
    CHECK(offered(call + "substr(../state, 0.0))", "wa") == "b");
    CHECK(offered(call + "(/data/p/../state))", "wa") == "b");
    CHECK(offered(call + "concat(../state, &quot;.&quot;))", "wa").empty());
    CHECK(offered("search('fruits', 'contains', 'label', 'an', 'state_1', ../state)", "wa") == "b");
}

TEST_CASE("headings are compared by their letters and digits, in any case") {
    CHECK(offered("search('fruits', 'matches', 'LABEL', 'banana')") == "b");
    CHECK(offered("search('fruits', 'matches', 'Öl (l/km),code', 'p')") == "b");
    CHECK(offered("search('fruits', 'matches', 'Öl_[L.KM],code', 'p')") == "b");
    CHECK(offered("search('fruits', 'matches', 'Öl l/km,code', 'p')").find("search()") !=
          std::string::npos);
    // A column of a translation has no name in expressions.
    CHECK(offered("search('fruits', 'matches', 'label::Arabic (ar),', 'y')").find("search()") !=
          std::string::npos);
    // Neither column nor kind is a text: then they are taken as they stand.
    CHECK(offered("search('fruits', contains, label, 'an')") == "b");
}

TEST_CASE("a search whose call or columns can't be is told of with its question") {
    for (const char* broken : {"search(", "search('fruits", "search('fruits'", "search()",
                               "search('')", "search('fruits', 'a', 'b')",
                               "search('fruits', 'a', 'label', 'x', 'code')", "search('a' 'b')"}) {
        const auto form = load(search_form(broken), beside({{"fruits.csv", kFruits}}));
        CAPTURE(std::string(broken));
        REQUIRE(form.definition);
        REQUIRE(form.diagnostics.size() == 1);
        CHECK(form.diagnostics[0].severity == Severity::kWarning);
    }
}

TEST_CASE("a file that is there and can't be read is told of once") {
    const auto form =
        load(form_with("<bind nodeset=\"/data/p\" calculate=\"pulldata('bad', 'a', 'b', 'c')\" "
                       "constraint=\"pulldata('bad', 'a', 'b', .) = 1\"/>",
                       "<input ref=\"/data/p\"/>"),
             beside({{"bad.csv", "a\n\"open"}}));
    REQUIRE_MESSAGE(form.definition, errors_of(form));
    CHECK(said(form) == "media_broken:bad.csv;");
}

TEST_CASE("what is odd about a file that pulldata() names is told of") {
    const auto form = load(
        form_with("<bind nodeset=\"/data/p\" calculate=\"pulldata('f.CSV', 'a', 'b', 'c')\"/>", ""),
        beside({{"f.csv", "a,b,a\n1,2,3\n"}}));
    REQUIRE_MESSAGE(form.definition, errors_of(form));
    CHECK(said(form) == "column_twice:f.csv;");
    REQUIRE(instance(form, "f") != nullptr);
    CHECK(instance(form, "f")->implied);
}

TEST_CASE("pulldata() is looked for in every expression and action") {
    const auto form = load(
        form_with("<bind nodeset=\"/data/p\" relevant=\"pulldata('r', 'a', 'b', 1) = ''\" "
                  "required=\"pulldata('q', 'a', 'b', 1) = 1\" "
                  "readonly=\"pulldata(/data/p, 'a', 'b', 1) = 1\" "
                  "calculate=\"concat('pulldata(', pulldata('c', 'a', 'b', 'x(')) \"/>"
                  "<setvalue ref=\"/data/p\" event=\"odk-instance-first-load\" "
                  "value=\"pulldata('m', 'a', 'b', 1)\"/>",
                  "<input ref=\"/data/city\"><setvalue ref=\"/data/p\" "
                  "event=\"xforms-value-changed\" value=\"pulldata('w', 'a', 'b', 1)\"/></input>"));
    REQUIRE_MESSAGE(form.definition, errors_of(form));
    for (const char* file : {"r", "q", "c", "m", "w"}) {
        CAPTURE(std::string(file));
        CHECK(instance(form, file) != nullptr);
    }
    CHECK(form.definition->model().instances.size() == 5);
}

TEST_CASE("a query asks a list by its name, or is left as it is") {
    const auto form_of = [](const std::string& query) {
        return load(form_with("", "<input query=\"" + query + "\" ref=\"/data/city\"/>"),
                    beside({{"itemsets.csv", "list_name,name,label\nc,a,A\nd,b,B\n"}}));
    };
    const auto first = [&](const std::string& query) {
        const auto form = form_of(query);
        REQUIRE_MESSAGE(form.definition, errors_of(form));
        Fill fill(form.definition);
        const ChoicesPtr choices = fill.session.choices("city");
        return choices == nullptr ? "none" : choices->empty() ? "" : choices->front().value;
    };
    CHECK(first("instance( 'd' )/root/item") == "b");
    CHECK(first("instance(&quot;c&quot;)/root/item") == "a");
    CHECK(first("/data/p") == "none");
    for (const char* odd : {"instance(", "instance(list)/root", "instance('d", "instance('')"}) {
        const auto form = form_of(odd);
        CAPTURE(std::string(odd));
        REQUIRE_MESSAGE(form.definition, errors_of(form));
        CHECK(form.definition->model().instances.empty());
    }
}

TEST_CASE("lists of one itemsets.csv are read once, and all of it where it names no lists") {
    const std::string body =
        "<input query=\"instance('c')/root/item\" ref=\"/data/city\"/>"
        "<input query=\"instance('d')/root/item\" ref=\"/data/p\"/>";
    int asked = 0;
    const auto both = load(form_with("", body), [&](std::string_view name) {
        asked += name == "itemsets.csv" ? 1 : 0;
        return std::optional<std::string>("list_name,name,label\nc,a,A\nd,b,B\nd,c,C\n");
    });
    REQUIRE_MESSAGE(both.definition, errors_of(both));
    CHECK(asked == 1);
    CHECK(instance(both, "c")->table->rows() == 1);
    CHECK(instance(both, "d")->table->rows() == 2);
    const auto plain =
        load(form_with("", body), beside({{"itemsets.csv", "name,label\na,A\nb,B\n"}}));
    REQUIRE_MESSAGE(plain.definition, errors_of(plain));
    CHECK(instance(plain, "c")->table->rows() == 2);
    // Missing or broken, it is told of once.
    CHECK(said(load(form_with("", body))) == "media_missing:itemsets.csv;");
    CHECK(said(load(form_with("", body), beside({{"itemsets.csv", "a\n\"open"}}))) ==
          "media_broken:itemsets.csv;");
    // A list that the form itself has is not looked for.
    const auto own =
        load(form_with("<instance id=\"c\"><root><item><name>x</name><label>X</label></item></root>"
                       "</instance>",
                       "<input query=\"instance('c')/root/item\" ref=\"/data/city\"/>"));
    REQUIRE_MESSAGE(own.definition, errors_of(own));
    CHECK(own.diagnostics.empty());
}

TEST_CASE("pictures of a search's choices come with what else shows them") {
    const auto form =
        load(form_with("<itext><translation lang=\"e\"><text id=\"x\"><value>label</value>"
                       "<value form=\"image\">jr://images/picture</value></text><text id=\"y\">"
                       "<value>Other</value><value form=\"image\">jr://images/o.png</value></text>"
                       "</translation></itext>",
                       "<select1 ref=\"/data/city\" appearance=\"search('f')\"><item>"
                       "<label ref=\"jr:itext('x')\"/><value>code</value></item><item>"
                       "<label ref=\"jr:itext('y')\"/><value>-9</value></item></select1>"),
             beside({{"f.csv", "code,label,picture\na,A,a.png\nb,B,\n"}}));
    REQUIRE_MESSAGE(form.definition, errors_of(form));
    Fill fill(form.definition);
    const ChoicesPtr choices = fill.session.choices("city");
    REQUIRE(choices->size() == 3);
    CHECK((*choices)[0].media.image == "jr://images/a.png");
    CHECK((*choices)[1].media.image.empty());
    CHECK((*choices)[2].media.image == "jr://images/o.png");
}

TEST_CASE("a choice that is a number stands for itself, any other for a column") {
    for (const char* number : {"1", "-9", "+12", " 7 "}) CHECK(is_static_choice(number));
    for (const char* column : {"", "-", "a", "1a", "1.5", "--1"})
        CHECK_FALSE(is_static_choice(column));
}

TEST_CASE("columns are parted by commas, or by blanks where there are none") {
    using List = std::vector<std::string>;
    CHECK(split_columns("a, b c ,,d") == List{"a", "b c", "d"});
    CHECK(split_columns(" a  b ") == List{"a", "b"});
    CHECK(split_columns("").empty());
    CHECK(split_columns(" , ").empty());
}

}  // namespace awda::forms::test
