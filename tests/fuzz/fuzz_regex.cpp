// Fuzz target: a regular expression, a line end, and a text to hold it against.
#include <cstdlib>

#include "forms/regex.h"
#include "tests/fuzz/fuzz_forms.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace awda::forms;
    // Work grows with states times letters.
    constexpr std::size_t kLong = 4096;
    if (size > kLong) return 0;
    const std::string_view all = fuzz::text_of(data, size);
    const auto end = all.find('\n');
    const auto pattern = Pattern::compile(all.substr(0, end));
    if (!pattern) return 0;
    const std::string_view text = end == std::string_view::npos ? "" : all.substr(end + 1);
    // What matches as a whole also matches somewhere.
    if (pattern->matches(text) && !pattern->finds(text)) std::abort();
    return 0;
}
