#pragma once

#include <termios.h>

#include <atomic>
#include <optional>
#include <thread>

#include "stop_signal.h"

namespace chat::cli {

/// How many workers a person wants: + and - at the terminal change it while a run is at work.
class WorkerKeys {
  public:
    /// Without `atTerminal` nothing is read and the number stays. `signal` is told how the terminal was.
    WorkerKeys(int workers, bool atTerminal, StopSignal& signal);
    ~WorkerKeys();
    WorkerKeys(const WorkerKeys&) = delete;
    WorkerKeys& operator=(const WorkerKeys&) = delete;
    WorkerKeys(WorkerKeys&&) = delete;
    WorkerKeys& operator=(WorkerKeys&&) = delete;

    [[nodiscard]] bool listening() const { return before_.has_value(); }
    [[nodiscard]] const std::atomic<int>& wanted() const { return wanted_; }

  private:
    void listen(const std::stop_token& stop);

    std::atomic<int> wanted_;
    StopSignal& signal_;
    std::optional<termios> before_;  ///< how the terminal was
    std::jthread thread_;            ///< last: it uses the others
};

}  // namespace chat::cli
