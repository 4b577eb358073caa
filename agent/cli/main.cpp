// The `awda` program: the world around run_awda.
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#ifdef AWDA_FIDO2
#include "agent/cli/fido_factor.h"
#endif
#include "agent/cli/output.h"
#include "agent/cli/run.h"
#include "agent/cli/terminal.h"
#include "platform/errors.h"
#include "platform/process.h"

namespace {

std::optional<std::string> environment(std::string_view name) {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return std::string(value);
}

}  // namespace

int main(int argc, char** argv) {
    awda::harden_process();
    awda::catch_stop_signals();
    if (const auto started = awda::crypto_start(); !started.ok()) {
        std::cerr << "awda: " << awda::errc_message(started.error().code, awda::Language::kEnglish)
                  << '\n';
        return 1;
    }
    awda::cli::CliIo io{.out = std::cout,
                        .err = std::cerr,
                        .clock = awda::system_clock(),
                        .random = awda::system_random(),
                        .version = AWDA_VERSION,
                        .variable = environment,
                        .ask_secret = awda::cli::ask_on_terminal,
                        .stopped = awda::stop_requested,
                        .in = &std::cin};
#ifdef AWDA_FIDO2
    awda::cli::FidoFactor factor;
    io.factor = &factor;
#endif
    std::vector<std::string> args;
    for (int i = 1; i < argc; ++i) args.emplace_back(argv[i]);
    return awda::cli::run_awda(args, io);
}
