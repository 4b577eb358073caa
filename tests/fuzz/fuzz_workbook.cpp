// Fuzz target: a workbook of any kind; the same bytes also as a sheet of an .xlsx, as its strings,
// as the records of an .xls and as a CSV, so that no container has to be guessed first.
#include <cstddef>
#include <cstdint>

#include "forms/load.h"
#include "forms/workbook.h"
#include "tests/forms/workbook_files.h"

using namespace awda;
using namespace awda::forms;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    (void)load_form({data, size});
    const std::string text(reinterpret_cast<const char*>(data), size);
    Diagnostics diagnostics;
    (void)read_xlsx(as_bytes(test::zip_of(test::xlsx_parts({{"survey", text}}, text, text))), {},
                    diagnostics);
    (void)read_xlsx(as_bytes(test::zip_of(test::xlsx_parts({{"survey", text}}))), {}, diagnostics);
    (void)read_xls(as_bytes(test::xls_stream(text, {{"survey", text}})), {}, diagnostics);
    (void)read_xls(as_bytes(test::xls_stream("", {{"survey", text}}, 0x0500)), {}, diagnostics);
    (void)read_csv(text, {}, diagnostics);
    return 0;
}
