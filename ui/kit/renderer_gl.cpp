#include <GLFW/glfw3.h>
#include <imgui.h>
#include <imgui_impl_opengl3.h>

#include "ui/kit/renderer.h"
#include "ui/text/atlas.h"

namespace awda::ui {

namespace {

constexpr unsigned kClampToEdge = 0x812F;  // GL_CLAMP_TO_EDGE, which GL 1.1's header lacks

class GlRenderer final : public Renderer {
public:
    ~GlRenderer() override {
        ImGui::GetIO().Fonts->SetTexID(nullptr);
        if (texture_ != 0) glDeleteTextures(1, &texture_);
        ImGui_ImplOpenGL3_Shutdown();
    }

    Status start() {
        if (!ImGui_ImplOpenGL3_Init("#version 130")) {
            return Error(Errc::kInternal, "starting the OpenGL renderer");
        }
        ImGui_ImplOpenGL3_NewFrame();  // makes its shaders, and a font texture that goes unused
        glGenTextures(1, &texture_);
        glBindTexture(GL_TEXTURE_2D, texture_);
        // Glyphs are drawn pixel on pixel, a phase each: nothing to interpolate.
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, kClampToEdge);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, kClampToEdge);
        glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, GlyphAtlas::kSide, GlyphAtlas::kSide, 0, GL_RGBA,
                     GL_UNSIGNED_BYTE, nullptr);
        return {};
    }

    void draw(ImDrawData& picture, GlyphAtlas& atlas, Colour background) override {
        upload(atlas);
        const auto id = reinterpret_cast<ImTextureID>(static_cast<std::uintptr_t>(texture_));
        for (ImDrawList* list : picture.CmdLists) {
            for (ImDrawCmd& command : list->CmdBuffer) command.TextureId = id;
        }
        glViewport(0, 0, static_cast<int>(picture.DisplaySize.x),
                   static_cast<int>(picture.DisplaySize.y));
        glDisable(GL_SCISSOR_TEST);
        glClearColor(static_cast<float>(background.r) / 255.0F,
                     static_cast<float>(background.g) / 255.0F,
                     static_cast<float>(background.b) / 255.0F, 1);
        glClear(GL_COLOR_BUFFER_BIT);
        ImGui_ImplOpenGL3_RenderDrawData(&picture);
    }

    Pixels read_back(int width, int height) override {
        Pixels out{width, height, {}};
        const auto row = static_cast<std::size_t>(width) * 3;
        std::vector<std::uint8_t> flipped(row * static_cast<std::size_t>(height));
        glPixelStorei(GL_PACK_ALIGNMENT, 1);
        glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE, flipped.data());
        out.rgb.reserve(flipped.size());
        for (int y = height - 1; y >= 0; --y) {
            const auto at = flipped.begin() + static_cast<std::ptrdiff_t>(row) * y;
            out.rgb.insert(out.rgb.end(), at, at + static_cast<std::ptrdiff_t>(row));
        }
        return out;
    }

private:
    void upload(GlyphAtlas& atlas) {
        const GlyphAtlas::Rows rows = atlas.take_changed_rows();
        if (rows.first >= rows.last) return;
        constexpr auto kWidth = static_cast<std::size_t>(GlyphAtlas::kSide);
        const auto count = static_cast<std::size_t>(rows.last - rows.first) * kWidth;
        std::vector<std::uint8_t> rgba(count * 4, 255);
        const std::uint8_t* grey =
            atlas.pixels().data() + static_cast<std::size_t>(rows.first) * kWidth;
        for (std::size_t i = 0; i < count; ++i) rgba[i * 4 + 3] = grey[i];
        glBindTexture(GL_TEXTURE_2D, texture_);
        glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
        glTexSubImage2D(GL_TEXTURE_2D, 0, 0, rows.first, GlyphAtlas::kSide, rows.last - rows.first,
                        GL_RGBA, GL_UNSIGNED_BYTE, rgba.data());
    }

    GLuint texture_ = 0;
};

}  // namespace

Result<std::unique_ptr<Renderer>> make_gl_renderer() {
    auto renderer = std::make_unique<GlRenderer>();
    AWDA_CHECK(renderer->start());
    return std::unique_ptr<Renderer>(std::move(renderer));
}

}  // namespace awda::ui
