#include "forms/sax.h"

#include <doctest/doctest.h>

#include <string>

using namespace awda::forms;

namespace {

/// Writes down what it is told, texts joined.
class Log final : public SaxHandler {
public:
    std::string out;
    std::string done_at;
    void open(std::string_view name, const SaxAttributes& attributes) override {
        say("<" + std::string(name));
        for (const char* known : {"a", "b"}) {
            const std::string_view value = attributes.get(known);
            if (!value.empty()) out += " " + std::string(known) + "=" + std::string(value);
        }
        done_ = name == done_at;
    }
    void close(std::string_view name) override { say("/" + std::string(name)); }
    void text(std::string_view piece) override {
        if (!in_text_) out += "'";
        in_text_ = true;
        out += piece;
    }

private:
    void say(const std::string& what) {
        if (in_text_) out += "'";
        in_text_ = false;
        out += what;
    }
    bool in_text_ = false;
};

/// What a document tells when it comes in pieces of a size; "broken" if it is not well-formed.
std::string told(std::string_view document, std::size_t piece = 1U << 16U,
                 const std::string& done_at = "-") {
    Log log;
    log.done_at = done_at;
    SaxParser parser(log);
    for (std::size_t at = 0; at < document.size(); at += piece)
        parser.feed(document.substr(at, piece));
    return parser.finish() ? log.out : "broken";
}

}  // namespace

TEST_CASE("a document tells the same in pieces of any size") {
    const std::string document =
        "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<!-- <x> -->\n"
        "<p:one xmlns:p='u' q:a = \"1 &lt; &#x32;\" b='سؤال'>a\r\nb\rc &amp;&#65;&#x1F600;&quot;"
        "<two/><!-- - --><three  a='/>' /><four\n></four >\U0001f600é<![CDATA[<&amp;\r\n]]]>"
        "<?x y?>&apos;&gt;</p:one> \n<?after?>\r";
    const std::string expected =
        "<one a=1 < 2 b=سؤال'a\nb\nc &A\U0001f600\"'<two/two<three a=/>/three<four/four'"
        "\U0001f600é<&amp;\n]'>'/one";
    for (std::size_t piece = 1; piece < 40; ++piece) CHECK(told(document, piece) == expected);
    CHECK(told(document) == expected);
}

TEST_CASE("a document that is not well-formed is broken, in pieces of any size") {
    for (const char* document : {"",
                                 "  ",
                                 "a",
                                 "<",
                                 "<a",
                                 "<a>",
                                 "<a/",
                                 "</a>",
                                 "<a></b>",
                                 "<a/><b/>",
                                 "<a/>x",
                                 "x<a/>",
                                 "<a><b></a></b>",
                                 "<1/>",
                                 "< a/>",
                                 "<a b/>",
                                 "<a b=c/>",
                                 "<a b='c/>",
                                 "<a ='c'/>",
                                 "<a b='&x;'/>",
                                 "<a b='&amp'/>",
                                 "<a>&x;</a>",
                                 "<a>&amp</a>",
                                 "<a>&#0;</a>",
                                 "<a>&#xd800;</a>",
                                 "<a>&#x110000;</a>",
                                 "<a>&#1;</a>",
                                 "<a>&#z;</a>",
                                 "<a>&#;</a>",
                                 "<a>\xff</a>",
                                 "<a>\xc3</a>",
                                 "<a b='\xff'/>",
                                 "<a>\xf0\x9f\x98</a>",
                                 "<!DOCTYPE a><a/>",
                                 "<!ELEMENT a><a/>",
                                 "<a><!-- </a>",
                                 "<a><![CDATA[</a>",
                                 "<a><![CDAT[]]></a>",
                                 "<a><?x </a>",
                                 "<a/ >",
                                 "<?xml version='1.0' encoding='UTF-16'?><a/>",
                                 "\xff\xfe<a/>",
                                 "<a>&\r\r;</a>",
                                 "<a \r",
                                 "<a/></a>"}) {
        for (const std::size_t piece : {1U, 2U, 3U, 100U})
            CHECK_MESSAGE(told(document, piece) == "broken", document);
    }
}

TEST_CASE("nothing is read once the handler has what it wants") {
    CHECK(told("<a><b/>text<oops", 100, "b") == "<a<b");
    CHECK(told("<a><b></wrong>", 1, "b") == "<a<b");
}

TEST_CASE("nesting and the size of a tag are limited") {
    const auto nested = [](std::size_t depth) {
        std::string out;
        for (std::size_t i = 0; i < depth; ++i) out += "<a>";
        for (std::size_t i = 0; i < depth; ++i) out += "</a>";
        return out;
    };
    CHECK(told(nested(SaxParser::kDepthMax)) != "broken");
    CHECK(told(nested(SaxParser::kDepthMax + 1)) == "broken");
    const std::string blanks(2 * SaxParser::kTagBytesMax, ' ');
    CHECK(told("<a" + blanks + "/>") == "broken");
    CHECK(told("<a>" + blanks + "</a>") == "<a'" + blanks + "'/a");
}

TEST_CASE("names begin with a letter, an underscore, a colon or anything beyond ASCII") {
    CHECK(told("<_a/>") == "<_a/_a");
    CHECK(told("<:a/>") == "<a/a");
    CHECK(told("<Z9-.é/>") == "<Z9-.é/Z9-.é");
    CHECK(told("<سؤال/>") == "<سؤال/سؤال");
    CHECK(told("<-a/>") == "broken");
}

TEST_CASE("an attribute is found by its name behind a prefix, not by the end of a longer one") {
    CHECK(told("<x ca='1' p:b='2' a='3'/>") == "<x a=3 b=2/x");
    CHECK(told("<x p:a='1' ab='2'/>") == "<x a=1/x");
}

TEST_CASE("encodings that are UTF-8 by another name are read") {
    for (const char* declaration :
         {"<?xml version='1.0'?>", "<?xml version='1.0' encoding='UTF-8'?>",
          "<?xml version='1.0' encoding='us-ascii'?>", "<?xml-style x?>",
          "<?pi encoding='latin1'?>"}) {
        CAPTURE(std::string(declaration));
        CHECK(told(std::string(declaration) + "<a/>") == "<a/a");
    }
    CHECK(told("<?xml version='1.0' encoding='latin1'?><a/>") == "broken");
}

TEST_CASE("references are those of XML and characters that XML can hold") {
    CHECK(told("<a>&#9;&#10;&#13;&#x10FFFF;&#xe000;&#xd7ff;</a>") ==
          "<a'\t\n\r\U0010ffff\ue000\ud7ff'/a");
    for (const char* bad : {"&#x1f;", "&#xdfff;", "&#x;", "&#1x;", "&#99999999999;", "&nbsp;", "&;",
                            "& ", "&toolongtobeone;"}) {
        for (const std::size_t piece : {1U, 4U, 100U}) {
            CAPTURE(std::string(bad));
            CHECK(told("<a>" + std::string(bad) + "</a>", piece) == "broken");
        }
    }
}

TEST_CASE("marked text may hold what is not UTF-8 no more than any other text") {
    CHECK(told("<a><![CDATA[\xff]]></a>") == "broken");
    CHECK(told("<a>\r\xff</a>") == "broken");
    CHECK(told("<a>12345678\xff</a>") == "broken");
    CHECK(told("<a><![CDATA[&amp;\r]]></a>") == "<a'&amp;\n'/a");
    CHECK(told("<a></a  >") == "<a/a");
}
