// theme: every colour and size of the window, in one place. Threads: constants and pure functions.
#pragma once

#include <cstdint>

namespace awda::ui {

/// sRGB with opacity. Text colours are opaque: translucent letters show their joins.
struct Colour {
    std::uint8_t r = 0;
    std::uint8_t g = 0;
    std::uint8_t b = 0;
    std::uint8_t a = 255;
    constexpr bool operator==(const Colour&) const = default;
};

constexpr Colour rgb(std::uint32_t hex) {
    return {static_cast<std::uint8_t>(hex >> 16U), static_cast<std::uint8_t>((hex >> 8U) & 0xFFU),
            static_cast<std::uint8_t>(hex & 0xFFU), 255};
}

/// WCAG 2's ratio of luminances, 1 to 21.
[[nodiscard]] double contrast(Colour a, Colour b);

namespace theme {

inline constexpr Colour kPage = rgb(0xF3F5F6);
inline constexpr Colour kSurface = rgb(0xFFFFFF);
inline constexpr Colour kSurfaceHover = rgb(0xF4F8F7);
inline constexpr Colour kSurfaceSunken = rgb(0xEBEEF0);
inline constexpr Colour kLine = rgb(0xDCE1E5);
inline constexpr Colour kFieldLine = rgb(0x87929C);
inline constexpr Colour kText = rgb(0x1B2730);
inline constexpr Colour kMuted = rgb(0x52606B);
inline constexpr Colour kDisabled = rgb(0x66727C);
inline constexpr Colour kAccent = rgb(0x0A6B60);
inline constexpr Colour kAccentHover = rgb(0x085A51);
inline constexpr Colour kAccentHeld = rgb(0x064A43);
inline constexpr Colour kAccentSoft = rgb(0xE2F1EE);
inline constexpr Colour kOnAccent = rgb(0xFFFFFF);
inline constexpr Colour kBar = rgb(0x123C3A);
inline constexpr Colour kBarHover = rgb(0x1D514E);
inline constexpr Colour kOnBar = rgb(0xFFFFFF);
inline constexpr Colour kOnBarMuted = rgb(0xB9D2CE);
inline constexpr Colour kDanger = rgb(0xB3261E);
inline constexpr Colour kDangerSoft = rgb(0xFCECEA);
inline constexpr Colour kWarning = rgb(0x7A4B00);
inline constexpr Colour kWarningSoft = rgb(0xFFF3DC);
inline constexpr Colour kSuccess = rgb(0x17693A);
inline constexpr Colour kSuccessSoft = rgb(0xE4F4EA);
inline constexpr Colour kInfo = rgb(0x1F5A8C);
inline constexpr Colour kInfoSoft = rgb(0xE6F0F9);
inline constexpr Colour kSelection = rgb(0xBFE0DA);
inline constexpr Colour kScrim = {18, 30, 36, 120};

inline constexpr float kSmallPx = 13.5F;
inline constexpr float kBodyPx = 15.5F;
inline constexpr float kLargePx = 18;
inline constexpr float kTitlePx = 25;

inline constexpr float kControlHeight = 40;
inline constexpr float kRadius = 7;
inline constexpr float kCardRadius = 12;
inline constexpr float kGap = 12;
inline constexpr float kWideGap = 24;
inline constexpr float kCardPadding = 24;
inline constexpr float kFieldPadding = 12;
inline constexpr float kFocusWidth = 2;

}  // namespace theme

}  // namespace awda::ui
