#include "ui/text/layout.h"

#include <set>

#include "tests/fakes/seeded_random.h"
#include "tests/ui/shipped_fonts.h"

using namespace awda;
using namespace awda::ui;

namespace {

Paragraph laid_out(std::u32string_view text, ParagraphStyle style = test_style()) {
    return lay_out_paragraph(test_engine().fonts(), text, style);
}

/// Every character is in exactly one cell, and cells stand side by side.
void check_cells(const Paragraph& paragraph) {
    std::multiset<std::uint32_t> seen;
    std::uint32_t expected_start = 0;
    for (const Line& line : paragraph.lines) {
        CHECK(line.start == expected_start);
        expected_start = line.end;
        for (std::uint32_t i = line.cell_begin; i < line.cell_end; ++i) {
            const Cell& cell = paragraph.cells[i];
            CHECK(cell.start < cell.end);
            CHECK(cell.right >= cell.left);
            for (std::uint32_t c = cell.start; c < cell.end; ++c) seen.insert(c);
        }
    }
    CHECK(expected_start == paragraph.length);
    CHECK(seen.size() == paragraph.length);
    CHECK(std::set<std::uint32_t>(seen.begin(), seen.end()).size() == paragraph.length);
}

std::shared_ptr<const Layout> layout_of(std::u32string_view text, bool rtl = false,
                                        float wrap = 0) {
    TextStyle style;
    style.paragraph = test_style(rtl);
    style.paragraph.wrap_px = wrap;
    return test_engine().lay_out(text, style);
}

}  // namespace

TEST_CASE("Arabic letters join: shaped glyphs differ from isolated ones") {
    const Paragraph word = laid_out(U"بيت");
    REQUIRE(word.glyphs.size() >= 3);
    FontSet& fonts = test_engine().fonts();
    std::set<std::uint32_t> isolated;
    for (const char32_t c : std::u32string_view(U"بيت")) {
        isolated.insert(fonts.nominal_glyph(word.glyphs[0].font, c));
    }
    int joined = 0;
    for (const Glyph& glyph : word.glyphs) joined += isolated.count(glyph.id) == 0 ? 1 : 0;
    CHECK(joined >= 2);
    CHECK(laid_out(U"ب").lines[0].width > 0);
    CHECK(word.lines[0].width < laid_out(U"ب").lines[0].width + laid_out(U"ي").lines[0].width +
                                    laid_out(U"ت").lines[0].width);
}

TEST_CASE("no letter of the interface's languages is missing from the fonts") {
    const std::u32string text =
        U"ابتثجحخدذرزسشصضطظعغفقكلمنهويءآأإؤئىة،؛؟٪ـ"
        U"ئپچڕڵۆێڤگژکیەھ٠١٢٣٤٥٦٧٨٩۰۱۹abcXYZ0123«»–—…·•×✓→";
    const Paragraph paragraph = laid_out(text);
    for (const Glyph& glyph : paragraph.glyphs) CHECK(glyph.id != 0);
}

TEST_CASE("an Arabic paragraph reads from the right, numbers in it from the left") {
    const Paragraph paragraph = laid_out(U"عمر 25 سنة");
    CHECK(paragraph.rtl);
    check_cells(paragraph);
    const auto left_of = [&](std::uint32_t at) {
        for (const Cell& cell : paragraph.cells) {
            if (cell.start == at) return cell.left;
        }
        return -1.0F;
    };
    CHECK(left_of(0) > left_of(4));  // the first letter stands right of the number
    CHECK(left_of(4) < left_of(5));  // 2 stands left of 5
    CHECK(left_of(5) > left_of(8));  // what follows stands left of both
}

TEST_CASE("a date keeps its order when it is shown in Arabic digits") {
    ParagraphStyle style = test_style();
    style.direction = Direction::kLeftToRight;
    style.digits = Digits::kArabicIndic;
    const Paragraph paragraph = laid_out(U"2026-11-23", style);
    for (std::size_t i = 1; i < paragraph.cells.size(); ++i) {
        CHECK(paragraph.cells[i].start == paragraph.cells[i - 1].start + 1);
    }
    FontSet& fonts = test_engine().fonts();
    CHECK(paragraph.glyphs[0].id != fonts.nominal_glyph(paragraph.glyphs[0].font, U'2'));
}

TEST_CASE("without a strong letter the page decides the direction") {
    CHECK(laid_out(U"12 + 3", test_style(true)).rtl);
    CHECK_FALSE(laid_out(U"12 + 3", test_style(false)).rtl);
    CHECK(laid_out(U"", test_style(true)).rtl);
    CHECK_FALSE(laid_out(U"Erbil هەولێر", test_style(true)).rtl);
}

TEST_CASE("lam-alef is one glyph with a caret inside it") {
    const Paragraph paragraph = laid_out(U"لا");
    REQUIRE(paragraph.cells.size() == 2);
    CHECK(paragraph.glyphs.size() == 1);
    CHECK(paragraph.cells[0].start == 1);  // alef at the left
    CHECK(paragraph.cells[0].right == paragraph.cells[1].left);
    CHECK(paragraph.cells[0].right > paragraph.cells[0].left + 1);
    CHECK(paragraph.cells[1].right > paragraph.cells[1].left + 1);
}

TEST_CASE("text is wrapped within its width, and words longer than it are cut") {
    ParagraphStyle style = test_style(true);
    style.wrap_px = 200;
    std::u32string text;
    for (int i = 0; i < 40; ++i) text += U"وزارة الهجرة والمهجرين ";
    text += std::u32string(300, U'س');
    const Paragraph paragraph = laid_out(text, style);
    check_cells(paragraph);
    CHECK(paragraph.lines.size() > 20);
    for (const Line& line : paragraph.lines) CHECK(line.width <= 200.5F);
}

TEST_CASE("a caret can walk over the whole text in both directions") {
    for (const bool rtl : {false, true}) {
        const auto layout = layout_of(U"اسم Ali 25 عمر\nسطر line two لا", rtl, 90);
        // To the far right of an rtl paragraph is its start.
        std::set<std::uint32_t> visited;
        Caret caret{0, false};
        for (int i = 0; i < 200; ++i) {
            visited.insert(caret.position);
            caret =
                layout->starts_right_to_left() ? layout->left_of(caret) : layout->right_of(caret);
        }
        CHECK(visited.size() >= layout->length() - 6);
        const Caret far = caret;
        for (int i = 0; i < 200; ++i) {
            caret =
                layout->starts_right_to_left() ? layout->right_of(caret) : layout->left_of(caret);
        }
        CHECK(caret.position == 0);
        CHECK(far.position > 0);
    }
}

TEST_CASE("a caret moved right never moves left on its line") {
    const auto layout = layout_of(U"abc عربي 123 def لا شيء");
    Caret caret = layout->hit(-5, 1);
    float x = layout->caret_rect(caret).left;
    int steps = 0;
    for (Caret next = layout->right_of(caret); next != caret; next = layout->right_of(caret)) {
        const float there = layout->caret_rect(next).left;
        CHECK(there >= x);
        x = there;
        caret = next;
        REQUIRE(++steps < 100);
    }
    CHECK(x == doctest::Approx(layout->width()));
}

TEST_CASE("a click finds the caret that is drawn there") {
    const auto layout = layout_of(U"اسم العائلة Smith", true);
    for (float x = 0; x < layout->width(); x += 1.5F) {
        const Caret caret = layout->hit(x, 3);
        const float there = layout->caret_rect(caret).left;
        CHECK(std::abs(there - x) < 12);
        CHECK(layout->hit(there, 3).position <= layout->length());
    }
}

TEST_CASE("a selection over mixed directions is drawn in pieces") {
    const auto layout = layout_of(U"abc عربي def");
    CHECK(layout->selection(0, 12).size() >= 1);
    const auto mixed = layout->selection(2, 6);
    CHECK(mixed.size() == 2);
    float covered = 0;
    for (const TextRect& rect : mixed) covered += rect.right - rect.left;
    CHECK(covered > 0);
    CHECK(covered < layout->width());
    CHECK(layout->selection(3, 3).empty());
}

TEST_CASE("any bytes lay out, and every character of them keeps a cell") {
    fakes::SeededRandom random(11);
    const std::u32string_view palette =
        U"ab1 "
        U"لاعأ\u064E\u0651\u200D\u200C\u202E\u2066\u2069\u200F(){}"
        U"\t\U0001F1EE\U0001F468\u0301\uFFFF٣ێ-/";
    for (int round = 0; round < 400; ++round) {
        std::u32string text;
        std::uint8_t raw[48];
        random.fill(raw);
        for (const std::uint8_t byte : raw) {
            const bool wild = byte > 240;
            text.push_back(wild ? char32_t{byte} * 4441 : palette[byte % palette.size()]);
        }
        std::erase_if(text, [](char32_t c) { return is_paragraph_break(c); });
        ParagraphStyle style = test_style((round & 1) != 0);
        style.wrap_px = (round & 2) != 0 ? 60.0F : 0.0F;
        check_cells(laid_out(text, style));
        const auto layout = layout_of(text, (round & 1) != 0, style.wrap_px);
        for (std::uint32_t at = 0; at <= layout->length() + 2; ++at) {
            static_cast<void>(layout->caret_rect({at, true}));
            static_cast<void>(layout->left_of({at, false}));
            static_cast<void>(layout->right_of({at, true}));
            static_cast<void>(layout->vertical({at, false}, 1, 20));
        }
    }
}

TEST_CASE("raw bytes as text neither crash nor grow") {
    fakes::SeededRandom random(13);
    TextStyle style;
    style.paragraph = test_style();
    style.paragraph.wrap_px = 120;
    for (int round = 0; round < 200; ++round) {
        std::string bytes(200, '\0');
        random.fill({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
        CHECK(test_engine().lay_out(bytes, style)->line_count() >= 1);
    }
}

TEST_CASE("a huge text is cut, not refused") {
    TextStyle style;
    style.paragraph = test_style();
    const std::string huge(2'000'000, 'a');
    const auto layout = test_engine().lay_out(huge, style);
    CHECK(layout->length() <= TextEngine::kTextMax + 8);
}

TEST_CASE("the layout cache stays within its bound and can be emptied") {
    TextEngine& engine = test_engine();
    TextStyle style;
    style.paragraph = test_style();
    for (int i = 0; i < 3000; ++i) {
        static_cast<void>(
            engine.lay_out("سطر رقم " + std::to_string(i) + std::string(200, 'x'), style));
    }
    CHECK(engine.cache_bytes() <= TextEngine::kCacheBytesMax);
    const auto once = engine.lay_out("مرة", style);
    CHECK(engine.lay_out("مرة", style) == once);
    engine.forget();
    CHECK(engine.cache_bytes() == 0);
    CHECK(engine.lay_out("مرة", style) != once);
}

TEST_CASE("the glyph atlas keeps four phases apart and reports when it is full") {
    TextEngine& engine = test_engine();
    GlyphAtlas atlas;
    const std::uint32_t glyph = engine.fonts().nominal_glyph(0, U'س');
    const AtlasGlyph* first = atlas.get(engine.fonts(), 0, glyph, 16, 0);
    REQUIRE(first != nullptr);
    CHECK(first->width > 0);
    const int first_x = first->x;
    const AtlasGlyph* third = atlas.get(engine.fonts(), 0, glyph, 16, 2);
    REQUIRE(third != nullptr);
    CHECK(third->x != first_x);
    CHECK(atlas.glyph_count() == 2);
    for (std::uint32_t id = 1; id < 4000 && !atlas.overflowed(); ++id) {
        static_cast<void>(
            atlas.get(engine.fonts(), 0, id % 900, 40 + static_cast<float>(id / 900), 0));
    }
    for (std::uint32_t id = 1; id < 900 && !atlas.overflowed(); ++id) {
        static_cast<void>(atlas.get(engine.fonts(), 0, id, 120, 0));
    }
    CHECK(atlas.overflowed());
    atlas.clear();
    CHECK(atlas.get(engine.fonts(), 0, glyph, 16, 0) != nullptr);
    CHECK(atlas.pixels()[0] == 255);
}
