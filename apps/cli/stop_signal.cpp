#include "stop_signal.h"

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "terminal.h"

namespace chat::cli {

namespace {

sigset_t stopSignals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1);  // ends the thread
    return set;
}

}  // namespace

StopSignal::StopSignal() {
    const sigset_t set = stopSignals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    thread_ = std::jthread([this] { wait(); });
}

StopSignal::~StopSignal() {
    pthread_kill(thread_.native_handle(), SIGUSR1);
    thread_.join();
}

void StopSignal::setTemporary(const std::filesystem::path& folder) {
    const std::scoped_lock lock(mutex_);
    temporary_ = folder;
}

void StopSignal::wait() {
    const sigset_t set = stopSignals();
    for (;;) {
        int signal = 0;
        if (sigwait(&set, &signal) != 0 || signal == SIGUSR1) {
            return;
        }
        if (stop_.stop_requested()) {
            const std::scoped_lock lock(mutex_);
            std::error_code ignored;
            if (!temporary_.empty()) {
                std::filesystem::remove_all(temporary_, ignored);
            }
            ::_exit(kExitInterrupted);
        }
        fmt::print(stderr,
                   "\nStopping after what is in hand; press Ctrl-C again to stop at once.\n");
        stop_.request_stop();
    }
}

}  // namespace chat::cli
