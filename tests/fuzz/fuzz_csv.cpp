// Fuzz target: a CSV file as a list of choices and as a list of entities.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "forms/entities.h"
#include "forms/secondary.h"
#include "tests/fakes/seeded_random.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace awda::forms;
    const std::string_view csv(reinterpret_cast<const char*>(data), size);
    StringPool names;
    ModelInstance instance;
    if (!read_instance_file("a.csv", csv, names, instance).ok()) return 0;
    std::string text;
    instance.table->append_text(0, text);
    for (std::uint32_t column = 0; column < instance.table->columns(); ++column) {
        const auto rows = instance.table->rows_with(column, "a");
        for (const std::uint32_t row : rows) {
            if (instance.table->at(row, column) != "a") std::abort();
        }
    }
    awda::fakes::SeededRandom random(1);
    const auto list = EntityList::read("l", csv, random);
    if (!list.ok()) return 0;
    // What we write we read again, without loss.
    const std::string written = list->csv();
    const auto again = EntityList::read("l", written, random);
    if (!again.ok() || again->csv() != written) std::abort();
    return 0;
}
