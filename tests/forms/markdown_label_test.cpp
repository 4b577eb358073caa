#include <doctest/doctest.h>

#include "forms/markdown_label.h"
#include "tests/forms/forms_fixture.h"

using namespace awda::forms;

namespace {

/// A notation for what is seen: *…* bold, /…/ italic, {…} other styles.
std::string shown(std::string_view text) {
    std::string out;
    for (const StyledBlock& block : styled_text(text).blocks) {
        if (!out.empty()) out += block.after_gap ? "||" : "|";
        if (block.kind == BlockKind::kHeading) out += "h" + std::to_string(block.level) + ":";
        if (block.kind == BlockKind::kBullet) out += "- ";
        if (block.kind == BlockKind::kNumbered) out += std::to_string(block.number) + ". ";
        if (block.align == BlockAlign::kCenter) out += "=";
        if (block.align == BlockAlign::kRight) out += ">";
        if (block.align == BlockAlign::kLeft) out += "<";
        for (const StyledRun& run : block.runs) {
            std::string piece = run.text;
            if (run.style.italic) piece = "/" + piece + "/";
            if (run.style.bold) piece = "*" + piece + "*";
            std::string more;
            if (run.style.underline) more += " u";
            if (run.style.subscript) more += " sub";
            if (run.style.superscript) more += " sup";
            if (!run.style.color.empty()) more += " " + run.style.color;
            if (!run.style.font.empty()) more += " " + run.style.font;
            if (!run.style.link.empty()) more += " " + run.style.link;
            out += more.empty() ? piece : "{" + piece + more + "}";
        }
    }
    return out;
}

}  // namespace

TEST_CASE("emphasis is read as Markdown has it") {
    CHECK(shown("plain words") == "plain words");
    CHECK(shown("a **bold** and *italic* word") == "a *bold* and /italic/ word");
    CHECK(shown("__bold__ and _italic_") == "*bold* and /italic/");
    CHECK(shown("**both _at once_**") == "*both **/at once/*");
    CHECK(shown("snake_case_name") == "snake_case_name");
    CHECK(shown("2 * 3 * 4 = 24") == "2 * 3 * 4 = 24");
    CHECK(shown("a * b") == "a * b");
    CHECK(shown("**never closed") == "**never closed");
    CHECK(shown("*never closed") == "*never closed");
    CHECK(shown("****") == "****");
    CHECK(shown("**الاسم** الكامل") == "*الاسم* الكامل");
    CHECK(shown("one *two\nthree* four") == "one *two|three* four");
}

TEST_CASE("headings, lists and lines are blocks") {
    CHECK(shown("# Title\ntext") == "h1:Title|text");
    CHECK(shown("###### Small ##") == "h6:Small");
    CHECK(shown("####### seven") == "####### seven");
    CHECK(shown("#hashtag") == "#hashtag");
    CHECK(shown("- one\n* two\n+ three") == "- one|- two|- three");
    CHECK(shown("1. one\n12. two") == "1. one|12. two");
    CHECK(shown("3.5 metres") == "3.5 metres");
    CHECK(shown("first\r\n\r\nsecond") == "first||second");
    CHECK(shown("\n\n") == "");
    CHECK(shown("") == "");
}

TEST_CASE("links lead only where a click may go") {
    CHECK(shown("see [ODK](https://getodk.org) now") == "see {ODK https://getodk.org} now");
    CHECK(shown("[call](tel:+964770) [mail](mailto:a@b.iq)") ==
          "{call tel:+964770} {mail mailto:a@b.iq}");
    CHECK(shown("[bad](javascript:alert(1))") == "bad)");
    CHECK(shown("[file](file:///etc/passwd)") == "file");
    CHECK(shown("[**bold** link](http://x.y)") == "{*bold* http://x.y}{ link http://x.y}");
    CHECK(shown("[not a link] (x)") == "[not a link] (x)");
    CHECK(shown("[open](http://x") == "[open](http://x");
    CHECK(shown("[a [b](http://x.y)") == "[a {b http://x.y}");
    CHECK(shown("<a href=\"http://x.y\">x</a><a href='data:1'>y</a>") == "{x http://x.y}y");
}

TEST_CASE("the HTML that forms use is style, other HTML is not seen") {
    CHECK(shown("<b>a</b><strong>b</strong><i>c</i><em>d</em>") == "*ab*/cd/");
    CHECK(shown("<u>a</u> H<sub>2</sub>O m<sup>2</sup>") == "{a u} H{2 sub}O m{2 sup}");
    CHECK(shown("<span style=\"color: RED; font-family: Noto Naskh\">x</span>y") ==
          "{x red Noto Naskh}y");
    CHECK(shown("<span style='color:#ff00AA'>x</span>") == "{x #ff00aa}");
    CHECK(shown("<span style=\"color:url(evil)\">x</span>") == "x");
    CHECK(shown("<font color=blue face=\"Arial\">x</font>") == "{x blue Arial}");
    CHECK(shown("<font color = >x") == "x");
    CHECK(shown("one<br>two<br/>three") == "one|two|three");
    CHECK(shown("<p style=\"text-align:center\">mid</p>end") == "=mid|end");
    CHECK(shown("<div style=\"text-align:right\">r</div>\n<p style=\"text-align:left\">l") ==
          ">r|<l");
    CHECK(shown("<h2>Big</h2>") == "h2:Big");
    CHECK(shown("<img src=x onerror=alert(1)>safe") == "safe");
    CHECK(shown("<script>alert('x')</script>safe<style>p{}</style>") == "safe");
    CHECK(shown("</script>a</b>") == "a");
    CHECK(shown("<ul><li>one</li><li>two</li></ul>") == "one|two");
    CHECK(shown("age < 5 and > 2") == "age < 5 and > 2");
    CHECK(shown("<name>") == "<name>");
    CHECK(shown("a <b") == "a <b");
}

TEST_CASE("escapes and entities are characters") {
    CHECK(shown("\\*not\\* \\_this\\_ \\# \\[x\\](y)") == "*not* _this_ # [x](y)");
    CHECK(shown("C:\\dir \\") == "C:\\dir \\");
    CHECK(shown("a &amp; b &lt;c&gt; &quot;&apos;&nbsp;") == "a & b <c> \"'\xc2\xa0");
    CHECK(shown("&#65;&#x42;&#x628;&#x20AC;&#x1F600;") == "ABب€😀");
    CHECK(shown("&#0; &#xD800; &#x110000; &bogus; &; &#x; R&D") ==
          "&#0; &#xD800; &#x110000; &bogus; &; &#x; R&D");
}

TEST_CASE("the plain text of a styled one has no marks") {
    CHECK(styled_text("# Name\n**first** and *last*").plain() == "Name\nfirst and last");
    CHECK(styled_text("").plain().empty());
}

TEST_CASE("texts made to be slow are not") {
    const std::size_t size = kStyledBytesMax;
    for (const std::string& piece : {std::string("*"), std::string("_a"), std::string("["),
                                     std::string("[]("), std::string("<"), std::string("**a "),
                                     std::string("<b>"), std::string("&#1"), std::string("\\")}) {
        std::string text;
        while (text.size() + piece.size() <= size) text += piece;
        CHECK(styled_text(text).blocks.size() <= 1);
    }
    const std::string long_text(size + 1, '*');
    CHECK(styled_text(long_text).plain() == long_text);
}
