// The fixture header uses doctest, so that comes first.
#include <doctest/doctest.h>

#include "tests/agent/cli_fixture.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

namespace awda::agent::test {

CliWorld::CliWorld(std::uint64_t seed) : DeskWorld(seed) {
    variables["AWDA_OFFICER"] = std::string(kOfficer);
    typed = {std::string(kPassphrase)};
}

int CliWorld::run(std::vector<std::string> args) {
    std::ostringstream out_stream;
    std::ostringstream err_stream;
    cli::CliIo io{.out = out_stream,
                  .err = err_stream,
                  .clock = office.clock,
                  .random = office.random,
                  .version = "9.9.9",
                  .variable = [this](std::string_view name) -> std::optional<std::string> {
                      const auto found = variables.find(std::string(name));
                      if (found == variables.end()) return std::nullopt;
                      return found->second;
                  },
                  .ask_secret = [this](std::string_view prompt) { return answer(prompt); },
                  .connect = connect(),
                  .rest = [this](std::int64_t) { office.clock.advance(rest_takes_ms); },
                  .kdf = {kTestCost, kTestCost},
                  .forms_root = forms_root.value_or(forms())};
    args.insert(args.begin(), {"--data", office.vault_folder().string()});
    prompts.clear();
    const int code = cli::run_awda(args, io);
    out = out_stream.str();
    err = err_stream.str();
    return code;
}

nlohmann::json CliWorld::json(std::vector<std::string> args, int expected) {
    args.emplace_back("--json");
    const int code = run(std::move(args));
    CHECK_MESSAGE(code == expected, out << err);
    REQUIRE(std::count(out.begin(), out.end(), '\n') == 1);
    return nlohmann::json::parse(out);
}

std::string CliWorld::error_code(std::vector<std::string> args, int expected) {
    return json(std::move(args), expected).at("error").at("code").get<std::string>();
}

void CliWorld::enrol() {
    REQUIRE_MESSAGE(run({"init", "--voucher", voucher().string()}) == 0, err);
}

std::string CliWorld::answers_file(const std::string& name, std::string_view text) const {
    write_text(office.folder / "answers" / name, text);
    return (office.folder / "answers" / name).string();
}

std::string CliWorld::good_file(const std::string& given_name) const {
    return answers_file(given_name + ".json",
                        R"({"form":"mini","language":"ar","answers":{"given_name":")" + given_name +
                            R"(","age":"41","papers":"no",)"
                            R"("family":[{"name":"علي"},{"name":"ڕێژین"}]}})");
}

std::string CliWorld::record_one(const std::string& given_name) {
    const auto made = json({"intake", "new", "--form", "mini", "--answers", good_file(given_name)});
    return made.at("records").at(0).at("instance").get<std::string>();
}

std::string CliWorld::draft_one(const std::string& given_name) {
    const auto made =
        json({"intake", "new", "--form", "mini", "--draft", "--answers", good_file(given_name)});
    return made.at("records").at(0).at("instance").get<std::string>();
}

Result<SecretBytes> CliWorld::answer(std::string_view prompt) {
    if (!typed.has_value()) return Error(Errc::kNoPassphrase, "no terminal in this test");
    const std::size_t turn = std::min(prompts.size(), typed->size() - 1);
    prompts.emplace_back(prompt);
    return secret((*typed)[turn]);
}

}  // namespace awda::agent::test
