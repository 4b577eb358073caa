#include "ui/kit/stop_signals.h"

#include <pthread.h>

#include <csignal>

namespace awda::ui {

StopSignals::StopSignals(std::function<void()> wake) {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, number);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    waiting_ = std::thread([this, signals, wake = std::move(wake)] {
        int number = 0;
        while (sigwait(&signals, &number) != 0) {
        }
        if (leaving_) return;
        stopped_ = true;
        wake();
    });
}

StopSignals::~StopSignals() {
    leaving_ = true;
    // Ends the wait; where the thread has already gone, joining needs nothing.
    if (!stopped_) pthread_kill(waiting_.native_handle(), SIGTERM);
    waiting_.join();
}

}  // namespace awda::ui
