#include "ui/text/editor.h"

#include "tests/fakes/seeded_random.h"
#include "tests/ui/shipped_fonts.h"
#include "ui/text/secret_entry.h"

using namespace awda;
using namespace awda::ui;

namespace {

void type(EditModel& model, std::u32string_view text) {
    for (const char32_t c : text) model.type(c);
}

std::shared_ptr<const Layout> shown(const EditModel& model, bool rtl = true) {
    TextStyle style;
    style.paragraph = test_style(rtl);
    return test_engine().lay_out(model.text(), style);
}

}  // namespace

TEST_CASE("digits typed in Arabic forms are stored as ASCII") {
    EditModel model;
    type(model, U"٠٧٧۰ abc");
    CHECK(model.value() == "0770 abc");
    model.paste("٩");
    CHECK(model.value() == "0770 abc9");
}

TEST_CASE("a filter drops what the field does not take") {
    EditModel integer(InputFilter::kInteger);
    type(integer, U"a-١2.٣-4");
    CHECK(integer.value() == "-1234");
    EditModel decimal(InputFilter::kDecimal);
    type(decimal, U"12٫5.7");
    CHECK(decimal.value() == "12.57");
    EditModel date(InputFilter::kDate);
    type(date, U"٢٠٢٦/11.23x");
    CHECK(date.value() == "2026-11-23");
    EditModel time(InputFilter::kTime);
    type(time, U"١٢:30pm");
    CHECK(time.value() == "12:30");
}

TEST_CASE("line ends stay out of one line, embeddings out of any text") {
    EditModel line;
    line.paste(
        "a\r\nb\tc\u202Ed\u2067e\x01"
        "f");
    CHECK(line.value() == "a b cdef");
    EditModel note(InputFilter::kText, true);
    note.paste("a\r\nb\rc\u2028d");
    CHECK(note.value() == "a\nb\nc\nd");
}

TEST_CASE("BackSpace takes a haraka alone, Delete the whole grapheme") {
    EditModel model;
    type(model, U"بَ");
    CHECK(model.backspace());
    CHECK(model.value() == "ب");
    model.set_text("بَّا");
    model.place({0, false}, false);
    CHECK(model.erase_forward());
    CHECK(model.value() == "ا");
    CHECK(model.backspace() == false);
}

TEST_CASE("undo takes back a word at a time, redo brings it again") {
    EditModel model;
    type(model, U"نوري المالكي");
    CHECK(model.undo());
    CHECK(model.value() == "نوري ");
    CHECK(model.undo());
    CHECK(model.value().empty());
    CHECK_FALSE(model.undo());
    CHECK(model.redo());
    CHECK(model.value() == "نوري ");
    CHECK(model.redo());
    CHECK(model.value() == "نوري المالكي");
    CHECK_FALSE(model.redo());
}

TEST_CASE("erasing, pasting and typing are separate steps") {
    EditModel model;
    type(model, U"abc");
    model.backspace();
    model.backspace();
    model.paste("XY");
    CHECK(model.value() == "aXY");
    model.undo();
    CHECK(model.value() == "a");
    model.undo();
    CHECK(model.value() == "abc");
    model.undo();
    CHECK(model.value().empty());
}

TEST_CASE("typing over a selection replaces it and is undone in one step") {
    EditModel model;
    model.set_text("قديم");
    model.select_all();
    CHECK(model.selected_text() == "قديم");
    type(model, U"جديد");
    CHECK(model.value() == "جديد");
    model.undo();
    CHECK(model.value() == "قديم");
}

TEST_CASE("the arrows move as they point, whatever the direction of the text") {
    EditModel model;
    model.set_text("سلام");
    const auto layout = shown(model);
    model.place({0, false}, false);
    const float start = layout->caret_rect(model.caret()).left;
    model.move(Move::kLeft, false, *layout);
    CHECK(model.caret().position == 1);
    CHECK(layout->caret_rect(model.caret()).left < start);
    model.move(Move::kRight, false, *layout);
    CHECK(model.caret().position == 0);
    model.move(Move::kLineEnd, false, *layout);
    CHECK(model.caret().position == 4);
    model.move(Move::kLineStart, true, *layout);
    CHECK(model.selected_text() == "سلام");
    model.move(Move::kLeft, false, *layout);  // leaves the selection at its left end
    CHECK(model.caret().position == 4);
    CHECK_FALSE(model.has_selection());
}

TEST_CASE("words are skipped in reading order") {
    EditModel model;
    model.set_text("وزارة الهجرة");
    const auto layout = shown(model);
    model.place({0, false}, false);
    model.move(Move::kWordLeft, false, *layout);
    CHECK(model.caret().position == 6);
    model.move(Move::kWordLeft, false, *layout);
    CHECK(model.caret().position == 12);
    model.move(Move::kWordRight, false, *layout);
    CHECK(model.caret().position == 6);
    model.select_word(8);
    CHECK(model.selected_text() == "الهجرة");
    model.erase_word_back();
    CHECK(model.value() == "وزارة ");
}

TEST_CASE("up and down keep their column over a short line") {
    EditModel model(InputFilter::kText, true);
    model.set_text("long line here\nab\nlong line here");
    const auto layout = shown(model, false);
    model.place({10, false}, false);
    model.move(Move::kDown, false, *layout);
    CHECK(model.caret().position == 17);
    model.move(Move::kDown, false, *layout);
    CHECK(model.caret().position == 28);
    model.move(Move::kUp, false, *layout);
    model.move(Move::kUp, false, *layout);
    CHECK(model.caret().position == 10);
}

TEST_CASE("a field holds no more characters than it may") {
    EditModel model(InputFilter::kText, false, 5);
    model.paste("1234567");
    CHECK(model.value() == "12345");
    CHECK_FALSE(model.type(U'x'));
    model.select_all();
    CHECK(model.type(U'x'));
    CHECK(model.value() == "x");
}

TEST_CASE("random operations keep caret and text in step, and undo leads back") {
    fakes::SeededRandom random(23);
    for (int round = 0; round < 60; ++round) {
        EditModel model(InputFilter::kText, (round & 1) != 0);
        std::uint8_t ops[60];
        random.fill(ops);
        for (const std::uint8_t op : ops) {
            const auto layout = shown(model, (round & 2) != 0);
            switch (op % 14) {
                case 0: model.backspace(); break;
                case 1: model.erase_forward(); break;
                case 2: model.move(Move::kLeft, op > 128, *layout); break;
                case 3: model.move(Move::kRight, op > 128, *layout); break;
                case 4: model.move(Move::kWordLeft, op > 128, *layout); break;
                case 5: model.paste("لا abc \u0301\xff"); break;
                case 6: model.undo(); break;
                case 7: model.redo(); break;
                case 8: model.select_word(op); break;
                case 9: model.erase_word_forward(); break;
                case 10: model.move(Move::kUp, false, *layout); break;
                case 11: model.select_paragraph(op); break;
                default: model.type(U'ا' + op % 40); break;
            }
            CHECK(model.caret().position <= model.text().size());
            CHECK(model.selection_end() <= model.text().size());
        }
        model.paste("z");  // what could be redone is no longer of this text
        const std::string last = model.value();
        int steps = 0;
        while (model.undo()) ++steps;
        CHECK(model.value().empty());
        while (model.redo()) --steps;
        CHECK(model.value() == last);
        CHECK(steps == 0);
    }
}

TEST_CASE("a passphrase is held as bytes, erased by characters, and gone once taken") {
    SecretEntry entry;
    for (const char32_t c : std::u32string_view(U"aم😀")) CHECK(entry.type(c));
    CHECK_FALSE(entry.type(U'\n'));
    CHECK(entry.characters() == 3);
    CHECK(entry.backspace());
    const SecretBytes secret = entry.take();
    CHECK(as_text(secret.view()) == "aم");
    CHECK(entry.empty());
    CHECK(entry.take().empty());
    for (std::size_t i = 0; i < SecretEntry::kBytesMax; ++i) CHECK(entry.type(U'x'));
    CHECK_FALSE(entry.type(U'x'));
}
