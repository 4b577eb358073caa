// bench: CPU time of small jobs, as medians, and as ratios to a floor measured in the same run.
//
// Ratios are what CI may judge: the machine cancels out. Threads: the caller's one thread.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

namespace awda::bench {

/// Milliseconds of CPU this thread has used.
inline double cpu_ms() {
    timespec value{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &value);
    return static_cast<double>(value.tv_sec) * 1e3 + static_cast<double>(value.tv_nsec) / 1e6;
}

/// Milliseconds that passed; for what waits on a disk.
inline double wall_ms() {
    timespec value{};
    clock_gettime(CLOCK_MONOTONIC, &value);
    return static_cast<double>(value.tv_sec) * 1e3 + static_cast<double>(value.tv_nsec) / 1e6;
}

struct Times {
    double median = 0;
    double p95 = 0;
    double max = 0;
};

inline Times sorted_times(std::vector<double> samples) {
    std::sort(samples.begin(), samples.end());
    const std::size_t n = samples.size();
    return {samples[n / 2], samples[std::min(n - 1, n * 95 / 100)], samples.back()};
}

/// Runs `job` once to warm up, then `rounds` times.
inline Times measure(int rounds, const std::function<void()>& job, double (*clock)() = cpu_ms) {
    job();
    std::vector<double> samples;
    for (int i = 0; i < rounds; ++i) {
        const double before = clock();
        job();
        samples.push_back(clock() - before);
    }
    return sorted_times(std::move(samples));
}

inline void print_times(const std::string& name, const Times& times) {
    fmt::print("{:<58} {:>9.3f} ms  p95 {:>9.3f}  max {:>9.3f}\n", name, times.median, times.p95,
               times.max);
}

/// Prints a ratio and says whether it keeps its bar; the caller returns the count of those that
/// don't.
inline int print_ratio(const std::string& name, double value, double floor, double bar) {
    const double ratio = floor > 0 ? value / floor : 0;
    const bool kept = ratio <= bar;
    fmt::print("{:<58} {:>9.2f} x   bar {:>6.2f}  {}\n", name, ratio, bar,
               kept ? "kept" : "MISSED");
    return kept ? 0 : 1;
}

/// A time with a bar of its own, where there is nothing to be a ratio to.
inline int print_bar(const std::string& name, double ms, double bar_ms) {
    const bool kept = ms <= bar_ms;
    fmt::print("{:<58} {:>9.3f} ms  bar {:>6.0f}  {}\n", name, ms, bar_ms,
               kept ? "kept" : "MISSED");
    return kept ? 0 : 1;
}

inline void print_rate(const std::string& name, std::uint64_t count, double ms) {
    fmt::print("{:<58} {:>9.0f} a second\n", name, static_cast<double>(count) / ms * 1e3);
}

}  // namespace awda::bench
