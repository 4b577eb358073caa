// Forms as tests write them, and what is asked of them once they are loaded.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/forms/forms_fixture.h"

namespace awda::forms::test {

/// A sheet of Markdown: its name, then rows of cells, "type | name | label".
inline std::string sheet(const std::string& name, const std::vector<std::string>& rows) {
    std::string out = "| " + name + " |\n";
    for (const std::string& row : rows) out += "| | " + row + " |\n";
    return out;
}

/// An XForm around what is in its model and its body; every prefix of ODK's is bound.
inline std::string xform_around(std::string_view model, std::string_view body) {
    return "<h:html xmlns=\"http://www.w3.org/2002/xforms\" "
           "xmlns:h=\"http://www.w3.org/1999/xhtml\" xmlns:jr=\"http://openrosa.org/javarosa\" "
           "xmlns:odk=\"http://www.opendatakit.org/xforms\" "
           "xmlns:orx=\"http://openrosa.org/xforms\" "
           "xmlns:ev=\"http://www.w3.org/2001/xml-events\" "
           "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:n=\"urn:n\"><h:head>"
           "<h:title>T</h:title><model>" +
           std::string(model) + "</model></h:head><h:body>" + std::string(body) +
           "</h:body></h:html>";
}

/// The same with a record `<data>` that holds `instance`.
inline std::string xform_of(std::string_view instance, std::string_view model,
                            std::string_view body = {}) {
    return xform_around("<instance><data id=\"t\" version=\"1\">" + std::string(instance) +
                            "</data></instance>" + std::string(model),
                        body);
}

inline FormDefinitionPtr must_load(std::string_view text, MediaResolver media = {}) {
    const LoadResult loaded = load(text, std::move(media));
    INFO(errors_of(loaded));
    REQUIRE(loaded.definition != nullptr);
    return loaded.definition;
}

/// What a form is written as.
inline std::string xform(std::string_view form) {
    return write_xform(*must_load(form));
}

/// The first diagnostic of a kind; null if there is none.
inline const Diagnostic* find(const LoadResult& result, DiagnosticCode code) {
    for (const Diagnostic& d : result.diagnostics) {
        if (d.code == code) return &d;
    }
    return nullptr;
}

inline bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace awda::forms::test
