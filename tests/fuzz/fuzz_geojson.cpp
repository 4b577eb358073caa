// Fuzz target: a GeoJSON file as a list of choices.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "forms/secondary.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace awda::forms;
    StringPool names;
    ModelInstance instance;
    const std::string_view json(reinterpret_cast<const char*>(data), size);
    if (!read_instance_file("a.geojson", json, names, instance).ok()) return 0;
    std::string text;
    instance.table->append_text(0, text);
    return 0;
}
