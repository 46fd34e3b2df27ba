#include "stop_signal.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/wait.h>
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

void StopSignal::addTemporary(const std::filesystem::path& folder) {
    const std::scoped_lock lock(mutex_);
    temporary_.push_back(folder);
}

void StopSignal::setProcess(pid_t process) {
    const std::scoped_lock lock(mutex_);
    process_ = process;
}

void StopSignal::setTerminal(const std::optional<termios>& terminal) {
    const std::scoped_lock lock(mutex_);
    terminal_ = terminal;
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
            if (process_ > 0) {
                // It may be writing into the folder.
                ::kill(process_, SIGKILL);
                siginfo_t ended{};
                ::waitid(P_PID, static_cast<id_t>(process_), &ended, WEXITED | WNOWAIT);
            }
            std::error_code ignored;
            for (const std::filesystem::path& folder : temporary_) {
                std::filesystem::remove_all(folder, ignored);
            }
            if (terminal_) {
                ::tcsetattr(STDIN_FILENO, TCSANOW, &*terminal_);
            }
            ::_exit(kExitInterrupted);
        }
        fmt::print(stderr,
                   "\nStopping after what is in hand; press Ctrl-C again to stop at once.\n");
        stop_.request_stop();
    }
}

}  // namespace chat::cli
