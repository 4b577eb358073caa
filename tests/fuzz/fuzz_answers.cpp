// Fuzz target: an answer file for a small form.
#include "tests/fuzz/fuzz_forms.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace awda::forms;
    if (size > fuzz::kInputMax) return 0;
    fuzz::Surroundings around;
    Session session(fuzz::small_form(), around.options());
    session.load_answers(fuzz::text_of(data, size)).ignore("any outcome but a crash is right");
    (void)session.answers();
    (void)session.validate();
    return 0;
}
