// Fuzz target: an answer file for a small form.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "forms/load.h"
#include "forms/session.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto kForm = awda::forms::load_form(awda::as_bytes(
        "| survey |\n| | type | name | label |\n| | begin_repeat | r | R |\n| | integer | n | N |\n"
        "| | end_repeat | | |\n| | begin_group | g | G |\n| | text | t | T |\n| | end_group | | "
        "|\n"));
    awda::forms::Session session(kForm.definition);
    const std::string_view json(reinterpret_cast<const char*>(data), size);
    session.load_answers(json).ignore("any outcome but a crash is right");
    (void)session.answers();
    return 0;
}
