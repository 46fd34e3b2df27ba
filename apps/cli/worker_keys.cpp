#include "worker_keys.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>

#include "run_options.h"
#include "terminal.h"

namespace chat::cli {

namespace {

/// Who asks the terminal from the background is stopped by it.
bool inForeground() {
    return ::tcgetpgrp(STDIN_FILENO) == ::getpgrp();
}

}  // namespace

WorkerKeys::WorkerKeys(int workers, bool atTerminal, StopSignal& signal)
    : wanted_(workers)
    , signal_(signal) {
    termios terminal{};
    if (!atTerminal || !isTerminal(STDIN_FILENO) || !inForeground() ||
        ::tcgetattr(STDIN_FILENO, &terminal) != 0) {
        return;
    }
    before_ = terminal;
    signal_.setTerminal(before_);
    // Keys come as they are pressed, and are not shown.
    terminal.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
    thread_ = std::jthread([this](const std::stop_token& stop) { listen(stop); });
}

WorkerKeys::~WorkerKeys() {
    if (!before_) {
        return;
    }
    thread_.request_stop();
    thread_.join();
    signal_.setTerminal(std::nullopt);
    if (inForeground()) {
        ::tcsetattr(STDIN_FILENO, TCSANOW, &*before_);
    }
}

void WorkerKeys::listen(const std::stop_token& stop) {
    constexpr int kLookMs = 100;
    while (!stop.stop_requested()) {
        pollfd keys{STDIN_FILENO, POLLIN, 0};
        if (::poll(&keys, 1, kLookMs) <= 0 || !inForeground()) {
            continue;
        }
        char key = 0;
        if (::read(STDIN_FILENO, &key, 1) != 1) {
            return;
        }
        const int change = key == '+' ? 1 : key == '-' ? -1 : 0;
        wanted_ = std::clamp(wanted_ + change, 1, kMostWorkers);
    }
}

}  // namespace chat::cli
