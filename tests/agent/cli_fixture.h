// CliWorld: run_awda in a world of its own: streams, environment, passphrases and central are ours.
// Threads: one.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/agent/desk_fixture.h"

namespace awda::agent::test {

struct CliWorld : DeskWorld {
    explicit CliWorld(std::uint64_t seed = 1);

    /// Runs `awda --data FOLDER args…`.
    int run(std::vector<std::string> args);
    /// The same with --json; the one document that comes out.
    nlohmann::json json(std::vector<std::string> args, int expected = 0);
    std::string error_code(std::vector<std::string> args, int expected = 1);
    void enrol();

    std::string answers_file(const std::string& name, std::string_view text) const;
    std::string good_file(const std::string& given_name = "زينب") const;
    /// A finalised record from good_file(); its id.
    std::string record_one(const std::string& given_name = "زينب");
    /// The same, left as a draft.
    std::string draft_one(const std::string& given_name = "زينب");

    std::map<std::string, std::string> variables;
    /// What is typed at the prompts, the last again and again; nothing = no terminal.
    std::optional<std::vector<std::string>> typed;
    std::vector<std::string> prompts;  ///< of the last run
    std::optional<Path> forms_root;
    std::int64_t rest_takes_ms = 0;  ///< by the office's clock, for a rest of the courier
    std::string out;
    std::string err;

private:
    Result<SecretBytes> answer(std::string_view prompt);
};

}  // namespace awda::agent::test
