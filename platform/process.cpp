#include "platform/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

namespace awda {

namespace {
volatile std::sig_atomic_t g_stop = 0;
void note_stop(int /*signal*/) {
    g_stop = 1;
}
}  // namespace

void harden_process() {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ::umask(077);
    std::signal(SIGPIPE, SIG_IGN);
}

void catch_stop_signals() {
    struct sigaction action{};
    action.sa_handler = note_stop;  // no SA_RESTART: a blocking call must wake up
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

bool stop_requested() {
    return g_stop != 0;
}

}  // namespace awda
