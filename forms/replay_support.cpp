#include "forms/replay_support.h"

#include <nlohmann/json.hpp>

#include "forms/value.h"

namespace awda::forms::replaying {

ZoneOffset zone_of(std::string_view name) {
    if (name == "America/Phoenix") return fixed_zone(-7 * 3600);
    if (name == "Asia/Baghdad") return fixed_zone(3 * 3600);
    return fixed_zone(0);
}

void each_case(std::string_view jsonl, const ReplaySink& sink,
               const std::function<std::optional<ReplayOutcome>(std::size_t, const Json&)>& run) {
    std::size_t number = 0;
    while (!jsonl.empty()) {
        const auto end = jsonl.find('\n');
        const std::string_view line = jsonl.substr(0, end);
        jsonl = end == std::string_view::npos ? std::string_view() : jsonl.substr(end + 1);
        ++number;
        if (trim(line).empty()) continue;
        std::optional<ReplayOutcome> outcome;
        try {
            outcome = run(number, Json::parse(line));
        } catch (const Json::exception&) {
            outcome.emplace();
            outcome->id = std::to_string(number);
            outcome->failures.push_back({0, "", "a recorded case", "a line of another shape"});
        }
        if (outcome) sink(*outcome);
    }
}

}  // namespace awda::forms::replaying
