// run_awda: the whole `awda` command, as a function, so that tests can call it.
//
// Ownership: borrows everything in CliIo. Threads: none of its own; blocking. Exit codes: 0 done,
// 1 an error that was reported, 2 the command was not understood (or lacks a passphrase).
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/vault/kdf_policy.h"
#include "agent/vault/second_factor.h"
#include "platform/clock.h"
#include "platform/crypto.h"
#include "platform/files.h"
#include "platform/http.h"
#include "platform/secret.h"

namespace awda::cli {

/// The world around a run: the program's own in main.cpp, another in tests.
struct CliIo {
    std::ostream& out;
    std::ostream& err;
    const Clock& clock;
    Random& random;
    std::string_view version;
    /// An environment variable; nothing when it is unset or empty.
    std::function<std::optional<std::string>(std::string_view name)> variable;
    std::function<Result<SecretBytes>(std::string_view prompt)> ask_secret;
    std::function<bool()> stopped = [] { return false; };
    std::function<Result<std::unique_ptr<HttpClient>>(HttpOptions)> connect = HttpClient::make;
    /// How long the courier rests between tries; empty for real time.
    std::function<void(std::int64_t ms)> rest{};
    agent::KdfPolicy kdf{};
    agent::SecondFactor* factor = nullptr;  ///< what `passphrase factor` binds an officer to
    std::optional<Path> forms_root{};       ///< instead of the forms that ship
    std::istream* in = nullptr;             ///< where `form run` reads; null: nothing is typed
};

/// `args` without the program's name.
[[nodiscard]] int run_awda(const std::vector<std::string>& args, CliIo& io);

}  // namespace awda::cli
