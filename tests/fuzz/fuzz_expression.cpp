// Fuzz target: one expression, parsed and computed in a small form.
#include <string>

#include "forms/expression.h"
#include "forms/xml_text.h"
#include "tests/fuzz/fuzz_forms.h"

namespace {

constexpr std::string_view kBefore =
    R"(<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head>
<model><instance><data id="t"><a>5</a><r><n>1</n></r><r><n>2</n></r><out/></data></instance>
<instance id="l"><root><item><name>x</name></item></root></instance>
<bind nodeset="/data/out" calculate=")";
constexpr std::string_view kAfter =
    R"("/></model></h:head><h:body><repeat nodeset="/data/r"><input ref="/data/r/n"/></repeat>
</h:body></h:html>)";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace awda::forms;
    if (size > fuzz::kInputMax) return 0;
    const std::string text(fuzz::text_of(data, size));
    StringPool names;
    Expression expression;
    ParseProblem problem;
    // No form for what is no expression: most inputs are none.
    if (!Expression::parse(text, names, expression, problem)) return 0;
    std::string form(kBefore);
    form += escape_xml(text);
    form += kAfter;
    const auto loaded = load_form(awda::as_bytes(form));
    if (loaded.definition == nullptr) return 0;
    fuzz::Surroundings around;
    const Session session(loaded.definition, around.options());
    return 0;
}
