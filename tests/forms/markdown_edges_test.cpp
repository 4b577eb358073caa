// Styled texts at their edges: entities, colours, fonts, links, attributes, lists, HTML.
#include <doctest/doctest.h>

#include <string>

#include "forms/markdown_label.h"

using namespace awda::forms;

namespace {

/// The runs of all blocks, with what is not plain of their style.
std::string runs(std::string_view text) {
    std::string out;
    for (const StyledBlock& block : styled_text(text).blocks) {
        if (!out.empty()) out += "|";
        for (const StyledRun& run : block.runs) {
            const std::string more = run.style.color + run.style.font + run.style.link;
            out += more.empty() ? run.text : "{" + run.text + ":" + more + "}";
        }
    }
    return out;
}

std::string span(const std::string& style) {
    return runs("<span style=\"" + style + "\">x</span>");
}

}  // namespace

TEST_CASE("an entity is a character, or its own letters where it is none") {
    CHECK(runs("&#65;&#x42;&#X63;&amp;&lt;") == "ABc&<");
    CHECK(runs("&#x639;") == "ع");
    for (const char* text : {"&#;", "&#x;", "&#xg;", "&#6a;", "&#31;", "&#xd800;", "&#xdfff;",
                             "&#x110000;", "&none;", "&", "& x", "&;"}) {
        CAPTURE(text);
        CHECK(runs(text) == text);
    }
}

TEST_CASE("a colour is a word or three or six digits") {
    CHECK(span("color: red") == "{x:red}");
    CHECK(span("COLOR:#f0A") == "{x:#f0a}");
    CHECK(span("x:1; color:#00ff7F ;") == "{x:#00ff7f}");
    for (const char* bad :
         {"color:", "color:#ff", "color:#ggg", "color:#12345z", "color:red1", "color:expression(x)",
          "color", "", ";;", "color:averyveryverylongnameofacolour"}) {
        CAPTURE(bad);
        CHECK(span(bad) == "x");
    }
}

TEST_CASE("a font is a list of plain names") {
    CHECK(span("font-family: Noto Sans, 'x-y'") == "{x:Noto Sans, 'x-y'}");
    CHECK(span("font-family: url(x)") == "x");
    CHECK(span("font-family:") == "x");
    CHECK(span("font-family:" + std::string(65, 'a')) == "x");
}

TEST_CASE("an attribute's value may be quoted or not, and lies among others") {
    CHECK(runs("<font color='red'>x</font>") == "{x:red}");
    CHECK(runs("<font color=red>x</font>") == "{x:red}");
    CHECK(runs("<font size=3 disabled COLOR = \"red\" >x</font>") == "{x:red}");
    CHECK(runs("<font color>x</font>") == "x");
    CHECK(runs("<font color=>x</font>") == "x");
    CHECK(runs("<font color= >x</font>") == "x");
    CHECK(runs("<font color='red>x</font>") == "{x:red}");
    CHECK(runs("<font 5 = red>x</font>") == "x");
}

TEST_CASE("a link is followed by its text only where it is safe") {
    CHECK(runs("[a](https://x.org)") == "{a:https://x.org}");
    CHECK(runs("[a](TEL:123)") == "{a:TEL:123}");
    CHECK(runs("[a](mailto:a@b.c)") == "{a:mailto:a@b.c}");
    for (const char* bad :
         {"[a](javascript:x)", "[a](https://x\"y)", "[a](https://x<y)", "[a](ftp://x)", "[a]()"}) {
        CAPTURE(bad);
        CHECK(runs(bad).find("{") == std::string::npos);
        CHECK(runs(bad).find("a") != std::string::npos);
    }
    CHECK(runs("[a] (b)") == "[a] (b)");
    CHECK(runs("[a") == "[a");
    CHECK(runs("[a](b") == "[a](b");
    CHECK(runs("[[a](https://x.org)").find("{a:https://x.org}") != std::string::npos);
}

TEST_CASE("a list's line begins with its mark and a blank") {
    const auto kinds = [](std::string_view text) {
        std::string out;
        for (const StyledBlock& block : styled_text(text).blocks) {
            out += block.kind == BlockKind::kBullet     ? 'b'
                   : block.kind == BlockKind::kNumbered ? 'n'
                   : block.kind == BlockKind::kHeading  ? 'h'
                                                        : 'p';
        }
        return out;
    };
    CHECK(kinds("- a\n* b\n+ c") == "bbb");
    CHECK(kinds("-a") == "p");
    CHECK(kinds("1. a\n  2. b\n123456789. c") == "nnn");
    CHECK(kinds("1.a") == "p");
    CHECK(kinds("1. ") == kinds("1. "));
    CHECK(kinds("1234567890. a") == "p");
    CHECK(kinds("1") == "p");
    CHECK(kinds("1.") == "p");
    CHECK(kinds("# a\n###### b\n####### c\n#d").starts_with("hhp"));
    CHECK(kinds("").empty());
    CHECK(kinds("\n\n").empty());
}

TEST_CASE("headings and breaks may be HTML, scripts are never seen") {
    CHECK(runs("a<br>b<br/>c<hr>d") == "a|b|c|d");
    CHECK(runs("<h2>a</h2>b") == "a|b");
    CHECK(runs("<p>a</p>b<div>c</div>d") == "a|b|c|d");
    CHECK(runs("<h2>a</h2>\n<p>b</p>") == "a|b");
    CHECK(styled_text("<h2>a</h2>b").blocks.at(1).kind == BlockKind::kParagraph);
    CHECK(styled_text("<h6>a</h6>").blocks.at(0).level == 6);
    CHECK(runs("<h7>a</h7>").find("a") != std::string::npos);
    CHECK(runs("<h0>a</h0>").find("a") != std::string::npos);
    for (const char* text :
         {"a<script>b</script>c", "a<STYLE>b</STYLE>c", "a<iframe>b</iframe>c"}) {
        CAPTURE(text);
        CHECK(runs(text) == "ac");
    }
    CHECK(runs("a<script>b") == "a");
    CHECK(runs("1 < 2 and 3 > 2") == "1 < 2 and 3 > 2");
    const auto align = [](const char* text) { return styled_text(text).blocks.at(0).align; };
    CHECK(align("<p style='text-align: left'>x</p>") == BlockAlign::kLeft);
    CHECK(align("<p style='text-align:right'>x</p>") == BlockAlign::kRight);
    CHECK(align("<div style='text-align:CENTER'>x</div>") == BlockAlign::kCenter);
    CHECK(align("<p style='text-align:justify'>x</p>") == BlockAlign::kStart);
}
