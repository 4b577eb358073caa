// Fuzz target: a form as a Markdown table.
#include <string>

#include "tests/fuzz/fuzz_forms.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace awda::forms;
    if (size > fuzz::kInputMax) return 0;
    // Any text is a Markdown form if it begins with a bar.
    std::string text = "| survey |\n| | type | name | label | relevant | calculation |\n";
    text.append(fuzz::text_of(data, size));
    const auto loaded = load_form(awda::as_bytes(text));
    if (loaded.definition == nullptr) return 0;
    fuzz::Surroundings around;
    Session session(loaded.definition, around.options());
    (void)session.page(Session::Include::kAll);
    return 0;
}
