// Writing XML: what is escaped, and which prefixes a record needs.
#include "forms/xml_text.h"

#include <doctest/doctest.h>

using namespace awda;
using namespace awda::forms;

namespace {

ModelNode node(std::string name, Attributes attributes = {}) {
    ModelNode out;
    out.name = std::move(name);
    out.attributes = std::move(attributes);
    return out;
}

}  // namespace

TEST_CASE("marks and line ends are escaped, control characters left out") {
    CHECK(escape_xml("a<b>&\"c\"'") == "a&lt;b&gt;&amp;&quot;c&quot;'");
    CHECK(escape_xml("1\n2\r3\t4") == "1&#10;2&#13;3&#9;4");
    CHECK(escape_xml(std::string("a\0b\x01\x1f", 5)) == "ab");
    CHECK(escape_xml("سؤال") == "سؤال");
}

TEST_CASE("a record's prefixes are bound to what the form says, or to what is usual") {
    FormModel model;
    model.root = node("data", {{"xmlns:own", "http://own"}, {"own:a", "1"}, {"mine:b", "2"}});
    model.root.children.push_back(node("orx:meta", {{"mine:c", "3"}, {"plain", "4"}}));
    model.root.children.push_back(node("nobody:knows"));
    model.namespaces = {{"mine", "http://mine"}};
    CHECK(instance_spaces(model) ==
          Attributes{{"mine", "http://mine"}, {"orx", "http://openrosa.org/xforms"}});
    CHECK(known_space("nobody").empty());
}
