// Fuzz target: one expression, parsed and computed in a small form.
#include <cstddef>
#include <cstdint>
#include <string>

#include "forms/load.h"
#include "forms/session.h"
#include "forms/xml_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const std::string form =
        "<h:html xmlns=\"http://www.w3.org/2002/xforms\" xmlns:h=\"http://www.w3.org/1999/xhtml\">"
        "<h:head><model><instance><data "
        "id=\"t\"><a>5</a><r><n>1</n></r><r><n>2</n></r><out/></data>"
        "</instance><instance id=\"l\"><root><item><name>x</name></item></root></instance>"
        "<bind nodeset=\"/data/out\" calculate=\"" +
        awda::forms::escape_xml(text) +
        "\"/></model></h:head><h:body><repeat nodeset=\"/data/r\"><input "
        "ref=\"/data/r/n\"/></repeat>"
        "</h:body></h:html>";
    const auto loaded = awda::forms::load_form(awda::as_bytes(form));
    if (loaded.definition != nullptr) awda::forms::Session session(loaded.definition);
    return 0;
}
