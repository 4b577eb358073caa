// What the form tests share: loading from Markdown, a fixed environment, conformance data.
#pragma once

#include <zstd.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "forms/load.h"
#include "forms/session.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/seeded_random.h"

namespace awda::forms::test {

inline std::string errors_of(const LoadResult& result) {
    std::string out;
    for (const Diagnostic& d : result.diagnostics) {
        if (d.severity == Severity::kError) out += render(d, Language::kEnglish) + "\n";
    }
    return out;
}

inline LoadResult load(std::string_view text, MediaResolver media = {}) {
    LoadOptions options;
    options.media = std::move(media);
    return load_form(as_bytes(text), options);
}

/// A clock, randomness and a session on them. 2026-01-01T00:00Z is 03:00 in Iraq.
struct Fill {
    fakes::FakeClock clock;
    fakes::SeededRandom random{7};
    Session session;

    explicit Fill(FormDefinitionPtr form, bool editing = false)
        : session(std::move(form), options(editing)) {}
    SessionOptions options(bool editing) {
        SessionOptions out;
        out.clock = &clock;
        out.random = &random;
        out.editing = editing;
        return out;
    }
};

inline std::string shared_folder() {
    if (const char* given = std::getenv("AWDA_SHARED")) return given;
    return std::string(AWDA_SOURCE_FOLDER) + "/../shared";
}

inline std::optional<std::string> read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return std::nullopt;
    std::stringstream all;
    all << in.rdbuf();
    return std::move(all).str();
}

/// A .zst file unpacked; nothing if it isn't there.
inline std::optional<std::string> read_zst(const std::string& path) {
    const auto packed = read_file(path);
    if (!packed) return std::nullopt;
    ZSTD_DStream* stream = ZSTD_createDStream();
    std::string out;
    std::string piece(1U << 20U, '\0');
    ZSTD_inBuffer in{packed->data(), packed->size(), 0};
    while (in.pos < in.size) {
        ZSTD_outBuffer to{piece.data(), piece.size(), 0};
        if (ZSTD_isError(ZSTD_decompressStream(stream, &to, &in)) != 0U) break;
        out.append(piece, 0, to.pos);
    }
    ZSTD_freeDStream(stream);
    return out;
}

}  // namespace awda::forms::test
