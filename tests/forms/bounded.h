// What a piece of work costs: it runs in a child process, which has so much time and no more, and
// whose memory at its highest is measured from what the test already had.
#pragma once

#include <doctest/doctest.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

namespace awda::forms::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__) || \
    defined(AWDA_COVERAGE)
inline constexpr double kSlowBuild = 10;  ///< what such a build may cost more
#else
inline constexpr double kSlowBuild = 1;
#endif

struct Cost {
    std::string outcome;  ///< what the work told; "killed" if it never came to an end
    double cpu_seconds = 0;
    double megabytes = 0;
};

/// The most memory that the process has held at once.
inline double peak_megabytes() {
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    return static_cast<double>(use.ru_maxrss) / 1024;
}

inline Cost cost_of(const std::function<std::string()>& work, double seconds_max) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    std::fflush(nullptr);  // or the child writes it a second time
    malloc_trim(0);        // what the test no longer needs is not the child's to use
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const auto limit = static_cast<rlim_t>(seconds_max) + 1;
        const rlimit cpu{limit, limit};
        setrlimit(RLIMIT_CPU, &cpu);
        const double before = peak_megabytes();
        const std::string told = work();
        const std::string line = std::to_string(peak_megabytes() - before) + " " + told;
        const bool written = write(ends[1], line.data(), line.size()) > 0;
        std::exit(written ? 0 : 1);
    }
    close(ends[1]);
    std::string line;
    char piece[4096];
    for (ssize_t got = 0; (got = read(ends[0], piece, sizeof piece)) > 0;)
        line.append(piece, static_cast<std::size_t>(got));
    close(ends[0]);
    int status = 0;
    rusage use{};
    REQUIRE(wait4(child, &status, 0, &use) == child);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    Cost out;
    out.cpu_seconds = seconds(use.ru_utime) + seconds(use.ru_stime);
    const auto space = line.find(' ');
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || space == std::string::npos) {
        out.outcome = "killed";
        return out;
    }
    out.megabytes = std::strtod(line.c_str(), nullptr);
    out.outcome = line.substr(space + 1);
    return out;
}

/// Fails if the work takes more processor time or memory, or tells something else.
inline void check_bounded(const std::string& what, double seconds_max, double megabytes_max,
                          const std::string& expected, const std::function<std::string()>& work) {
    CAPTURE(what);
    const Cost cost = cost_of(work, seconds_max * kSlowBuild);
    MESSAGE(what << ": " << cost.outcome << ", " << cost.cpu_seconds << " s, " << cost.megabytes
                 << " MB");
    CHECK(cost.outcome == expected);
    CHECK(cost.cpu_seconds <= seconds_max * kSlowBuild);
    CHECK(cost.megabytes <= megabytes_max * kSlowBuild);
}

}  // namespace awda::forms::test
