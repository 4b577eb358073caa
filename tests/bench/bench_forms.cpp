// Goal: how long the shipped intake form takes to load and to answer, against the floor of parsing
// its XForm with pugixml. Method: the workbook that ships; CPU time; medians.
#include <pugixml.hpp>

#include "forms/load.h"
#include "forms/session.h"
#include "platform/files.h"
#include "tests/bench/bench.h"

using namespace awda;
using namespace awda::bench;

int main() {
    if (!crypto_start().ok()) return 1;
    const auto path = shipped_file("forms/library/returnee-intake/returnee-intake.xlsx");
    if (!path.ok()) {
        fmt::print("the intake form is not here\n");
        return 1;
    }
    const Bytes workbook = read_file(*path).value();
    forms::LoadResult form;
    const Times load = measure(20, [&] { form = forms::load_form(workbook); });
    if (form.definition == nullptr) return 1;
    const std::string xform = forms::write_xform(*form.definition);
    const Times load_xform = measure(20, [&] { forms::load_form(as_bytes(xform)); });
    const Times floor = measure(20, [&] {
        pugi::xml_document document;
        if (!document.load_buffer(xform.data(), xform.size())) std::abort();
    });
    print_times("load the intake form from its workbook", load);
    print_times("load it from its XForm", load_xform);
    print_times("floor: pugixml parse of that XForm", floor);

    forms::Session session(form.definition);
    const Times start = measure(20, [&] { forms::Session fresh(form.definition); });
    print_times("start a session", start);
    std::vector<double> answers;
    for (const forms::ViewNode& node : session.page()) {
        if (node.kind != forms::ViewKind::kQuestion || node.readonly) continue;
        const std::string value = node.choices != nullptr && !node.choices->empty()
                                      ? node.choices->back().value
                                      : std::string("1");
        const double before = cpu_ms();
        session.answer(node.ref, value).ignore("a question may vanish by an earlier answer");
        answers.push_back(cpu_ms() - before);
    }
    std::sort(answers.begin(), answers.end());
    print_times("answer each question once",
                {answers[answers.size() / 2], answers[answers.size() * 95 / 100], answers.back()});
    print_times("lay out the page", measure(20, [&] { session.page(); }));
    int missed = print_ratio("  load from XForm / floor", load_xform.median, floor.median, 40);
    missed +=
        print_ratio("  answer p95 / floor", answers[answers.size() * 95 / 100], floor.median, 1);
    return missed == 0 ? 0 : 1;
}
