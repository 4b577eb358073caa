// Documents as trees: what is kept, what is refused, what prefixes mean.
#include "forms/xml_tree.h"

#include <doctest/doctest.h>

using namespace awda;
using namespace awda::forms;

namespace {

Result<std::shared_ptr<const XmlTree>> parse(std::string_view xml, StringPool& names,
                                             XmlTree::Limits limits = {}, bool keep_blank = false) {
    return XmlTree::parse(xml, names, keep_blank, limits);
}

std::string text_of(const XmlTree& tree, NodeId node = 0) {
    std::string out;
    tree.append_text(node, out);
    return out;
}

}  // namespace

TEST_CASE("a tree holds texts, comments and instructions, blanks only if they are wanted") {
    StringPool names;
    constexpr std::string_view kXml =
        "<?x y?><!--top--><a> <b>1</b><!--c--><?p q?><![CDATA[2]]> </a>";
    const auto plain = parse(kXml, names);
    REQUIRE(plain.ok());
    CHECK(text_of(**plain) == "12");
    const auto blank = parse(kXml, names, {}, true);
    REQUIRE(blank.ok());
    CHECK(text_of(**blank) == " 12 ");
    CHECK_FALSE(parse("<a><b></a>", names).ok());
    // What a document type would bring is left out.
    CHECK(text_of(**parse("<!DOCTYPE a><a>x</a>", names)) == "x");
}

TEST_CASE("a tree is so large and so deep and no more") {
    StringPool names;
    XmlTree::Limits limits;
    limits.nodes = 4;
    CHECK(parse("<a><b/></a>", names, limits).ok());
    CHECK(parse("<a><b/><c/><d/></a>", names, limits).error().code == Errc::kTooLarge);
    limits = {};
    limits.depth = 3;
    CHECK(parse("<a><b>x</b></a>", names, limits).ok());
    CHECK(parse("<a><b><c>x</c></b></a>", names, limits).error().code == Errc::kTooLarge);
}

TEST_CASE("prefixes in a tree are looked up from the inside out, ids in attributes") {
    StringPool names;
    const auto tree = parse(
        "<a xmlns:p=\"one\" xmlns=\"plain\" id=\"top\"><p:b xmlns:p=\"two\" x=\"1\" p:y=\"2\" "
        "id=\"in\" xmlns:q=\"\">t</p:b></a>",
        names);
    REQUIRE(tree.ok());
    const XmlTree& t = **tree;
    const NodeId a = t.first_child(0);
    const NodeId b = t.first_child(a);
    CHECK(t.prefix(b) == "p");
    CHECK(names.text(t.space(b)) == "two");
    CHECK(names.text(t.resolve_prefix(a, "p")) == "one");
    CHECK(t.resolve_prefix(b, "nobody") == kNoName);
    CHECK(t.resolve_prefix(b, "q") == kNoName);
    CHECK(names.text(t.any_prefix("p")) == "one");
    CHECK(t.any_prefix("nobody") == kNoName);
    CHECK(t.find_xml_id("in") == b);
    CHECK(t.find_xml_id("top") == a);
    CHECK(t.find_xml_id("gone") == kNoNode);
    const NodeId first = t.next_namespace(b, kNoNode);
    REQUIRE(first != kNoNode);
    const NodeId second = t.next_namespace(b, first);
    REQUIRE(second != kNoNode);
    CHECK(t.next_namespace(b, second) == kNoNode);
}

TEST_CASE("a document read for known names only has no spaces and no new names") {
    StringPool names;
    const NameId a = names.intern("a");
    const auto tree = XmlTree::parse_known("<a xmlns:p=\"u\"><new>1</new></a>", names, {});
    REQUIRE(tree.ok());
    CHECK((*tree)->name((*tree)->first_child(0)) == a);
    CHECK((*tree)->name((*tree)->first_child((*tree)->first_child(0))) == kNoName);
    CHECK(names.find("new") == kNoName);
    CHECK((*tree)->any_prefix("p") == kNoName);
}
