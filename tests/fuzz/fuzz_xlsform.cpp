// Fuzz target: a workbook or a Markdown table.
#include <cstddef>
#include <cstdint>

#include "forms/load.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    (void)awda::forms::load_form({data, size});
    // Any text is a Markdown form if it begins with a bar.
    std::string text = "| survey |\n| | type | name | label | relevant | calculation |\n";
    text.append(reinterpret_cast<const char*>(data), size);
    (void)awda::forms::load_form(awda::as_bytes(text));
    return 0;
}
