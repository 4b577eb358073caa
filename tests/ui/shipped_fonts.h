// The fonts that ship, loaded once for a test program.
#pragma once

#include <doctest/doctest.h>

#include "ui/text/layout.h"

namespace awda::ui {

inline TextEngine& test_engine() {
    static TextEngine engine = [] {
        auto fonts = FontSet::load_shipped();
        REQUIRE_MESSAGE(fonts.ok(), "the fonts that ship are missing");
        return TextEngine(std::move(fonts).value());
    }();
    return engine;
}

inline ParagraphStyle test_style(bool rtl = false) {
    ParagraphStyle style;
    style.fallback_rtl = rtl;
    style.language = rtl ? Language::kArabic : Language::kEnglish;
    return style;
}

}  // namespace awda::ui
