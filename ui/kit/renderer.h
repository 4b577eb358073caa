// Renderer: turns a finished picture into pixels of a window. OpenGL 3 today; the interface is what
// a software renderer needs as well. Ownership: the window owns one. Threads: the UI thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "platform/result.h"
#include "ui/kit/theme.h"

struct ImDrawData;

namespace awda::ui {

class GlyphAtlas;

struct Pixels {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> rgb;  ///< rows from the top, three bytes a pixel
};

class Renderer {
public:
    virtual ~Renderer() = default;
    /// Draws over `background`. The atlas is passed for the rows that have changed.
    virtual void draw(ImDrawData& picture, GlyphAtlas& atlas, Colour background) = 0;
    /// What the last draw() made.
    [[nodiscard]] virtual Pixels read_back(int width, int height) = 0;
};

/// For the OpenGL context that is current.
[[nodiscard]] Result<std::unique_ptr<Renderer>> make_gl_renderer();

}  // namespace awda::ui
