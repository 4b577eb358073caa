// program: `awda-central` as a process: run to its end, or serving. Threads: the test's.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/central/fixture.h"

namespace awda::central::testing {

inline pid_t spawn(const std::vector<std::string>& words, const Path& out, const Path& err) {
    std::vector<char*> argv;
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const int out_fd = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        const int err_fd = ::open(err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        ::dup2(out_fd, 1);
        ::dup2(err_fd, 2);
        ::execv(argv[0], argv.data());
        ::_exit(127);
    }
    return child;
}

struct Ran {
    int code = 0;
    std::string out;
    std::string err;
    [[nodiscard]] nlohmann::json document() const { return nlohmann::json::parse(out); }
};

inline std::string text_of(const Path& path) {
    return std::string(as_text(read_file(path).value_or(Bytes())));
}

/// Runs the program to its end.
inline Ran run(const fakes::TempFolder& folder, std::vector<std::string> words) {
    words.insert(words.begin(), AWDA_CENTRAL_PROGRAM);
    const Path out = folder / "stdout";
    const Path err = folder / "stderr";
    REQUIRE(remove_file(err).ok());
    const pid_t child = spawn(words, out, err);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return {WEXITSTATUS(status), text_of(out), text_of(err)};
}

/// `awda-central serve` as a process of its own.
class Service {
public:
    /// `name` keeps several in one folder apart.
    Service(const Path& folder, const StorePlace& place, const std::string& name = "serve")
        : port_file_(folder / (name + ".port")) {
        REQUIRE(remove_file(port_file_).ok());
        std::vector<std::string> words{
            AWDA_CENTRAL_PROGRAM, "serve",    "--data",      place.data,    "--keys",
            place.keys,           "--listen", "127.0.0.1:0", "--port-file", port_file_};
        if (!place.database.empty()) words.insert(words.end(), {"--database", place.database});
        child_ = spawn(words, folder / (name + ".out"), folder / (name + ".log"));
        while (!file_exists(port_file_)) {
            int status = 0;
            REQUIRE(::waitpid(child_, &status, WNOHANG) == 0);  // it must not have ended
            ::usleep(2000);
        }
    }
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;
    ~Service() {
        if (child_ > 0) end(SIGKILL);
    }
    [[nodiscard]] std::uint16_t port() const {
        return static_cast<std::uint16_t>(std::stoi(text_of(port_file_)));
    }
    int end(int signal) {
        ::kill(child_, signal);
        int status = 0;
        REQUIRE(::waitpid(child_, &status, 0) == child_);
        child_ = -1;
        return status;
    }
    /// Memory that is the process's own, in bytes.
    [[nodiscard]] std::size_t own_memory() const {
        std::ifstream status("/proc/" + std::to_string(child_) + "/status");
        std::string word;
        while (status >> word) {
            std::size_t kib = 0;
            if (word == "RssAnon:" && status >> kib) return kib * 1024;
        }
        FAIL("no figure for the process's memory");
        return 0;
    }

private:
    Path port_file_;
    pid_t child_ = -1;
};

}  // namespace awda::central::testing
