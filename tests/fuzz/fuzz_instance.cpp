// Fuzz target: a record as XForm XML. What was loaded, written and loaded again is the same.
#include <cstdlib>

#include "forms/instance_reader.h"
#include "tests/fuzz/fuzz_forms.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace awda::forms;
    if (size > fuzz::kInputMax) return 0;
    // No session for what is no instance of the form, which most inputs are.
    if (!read_instance(*fuzz::small_form(), fuzz::text_of(data, size)).ok()) return 0;
    fuzz::Surroundings around;
    Session session(fuzz::small_form(), around.options());
    if (!session.load_instance_xml(fuzz::text_of(data, size)).ok()) return 0;
    const std::string written = session.instance_xml();
    // What was given up for the work it would have been may well come out otherwise.
    for (const Problem& problem : session.validate()) {
        if (problem.kind == ProblemKind::kNotComputed) return 0;
    }
    Session again(fuzz::small_form(), around.options());
    const auto problems = again.load_instance_xml(written);
    if (!problems.ok() || again.instance_xml() != written) std::abort();
    session.begin_edit().ignore("a record may have no id to deprecate");
    (void)session.instance_xml();
    return 0;
}
