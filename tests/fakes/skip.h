// A test that cannot run here says so on a line of its own, which the runner counts and shows.
#pragma once

#include <cstdio>

/// Ends the current test case as skipped, with its reason.
#define AWDA_SKIP(reason)                                     \
    do {                                                      \
        std::printf("SKIPPED: %s: %s\n", __FILE__, (reason)); \
        return;                                               \
    } while (false)
