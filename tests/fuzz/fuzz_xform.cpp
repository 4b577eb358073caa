// Fuzz target: XForm XML; what loads is filled and written again.
#include <cstddef>
#include <cstdint>

#include "forms/load.h"
#include "forms/session.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto loaded = awda::forms::load_form({data, size});
    if (loaded.definition == nullptr) return 0;
    awda::forms::Session session(loaded.definition);
    (void)session.page(awda::forms::Session::Include::kAll);
    (void)session.validate();
    (void)awda::forms::write_xform(*loaded.definition);
    return 0;
}
