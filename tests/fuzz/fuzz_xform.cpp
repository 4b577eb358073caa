// Fuzz target: XForm XML; what loads is filled, looked over and written again.
#include "forms/lint.h"
#include "tests/fuzz/fuzz_forms.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace awda::forms;
    if (size > fuzz::kInputMax) return 0;
    const auto loaded = load_form({data, size});
    if (loaded.definition == nullptr) return 0;
    fuzz::Surroundings around;
    Session session(loaded.definition, around.options());
    (void)session.page(Session::Include::kAll);
    (void)session.validate();
    (void)lint(*loaded.definition);
    (void)write_xform(*loaded.definition);
    return 0;
}
