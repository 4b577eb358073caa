// Fuzz target: an answer file for a small form.
#include <nlohmann/json.hpp>

#include "tests/fuzz/fuzz_forms.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace awda::forms;
    if (size > fuzz::kInputMax) return 0;
    const std::string_view text = fuzz::text_of(data, size);
    // No session for what is no JSON, which most inputs are: the first thing it asks as well.
    if (!nlohmann::json::accept(text)) return 0;
    fuzz::Surroundings around;
    Session session(fuzz::small_form(), around.options());
    session.load_answers(text).ignore("any outcome but a crash is right");
    (void)session.answers();
    (void)session.validate();
    return 0;
}
