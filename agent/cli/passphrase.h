// passphrase: where the command line gets passphrases from; never from its arguments.
//
// In this order: --passphrase-fd N, the file AWDA_PASSPHRASE_FILE, the terminal. From the first two
// each line is one passphrase, taken in turn: the one that unlocks, then a new one where a command
// needs it. Threads: one at a time. Lines not taken are wiped with the object.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/cli/output.h"
#include "platform/secret.h"

namespace awda::cli {

using AskSecret = std::function<Result<SecretBytes>(std::string_view prompt)>;

class PassphraseSource {
public:
    struct Settings {
        std::optional<int> fd;
        std::optional<std::string> file;
        AskSecret ask;
        Language language = Language::kEnglish;
    };
    explicit PassphraseSource(Settings settings) : settings_(std::move(settings)) {}

    /// True if a passphrase can be had without asking anybody.
    [[nodiscard]] bool given() const {
        return settings_.fd.has_value() || settings_.file.has_value();
    }
    /// kNoPassphrase, kNotFound, kTooLarge, kIo.
    [[nodiscard]] Result<SecretBytes> current();
    /// A new passphrase; on the terminal it is asked for twice. kPassphraseMismatch.
    [[nodiscard]] Result<SecretBytes> fresh();
    /// True if others can read the file the passphrases came from.
    [[nodiscard]] bool file_is_open_to_others() const;

private:
    [[nodiscard]] Status load();
    [[nodiscard]] Result<SecretBytes> next_line();

    Settings settings_;
    bool loaded_ = false;
    std::vector<SecretBytes> lines_;
    std::size_t next_ = 0;
};

}  // namespace awda::cli
