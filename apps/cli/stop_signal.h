#pragma once

#include <sys/types.h>
#include <termios.h>

#include <filesystem>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

namespace chat::cli {

/// Ctrl-C and SIGTERM: the first asks the run to stop, the second ends the program at once with 130.
///
/// To be made before any other thread, which inherit that these signals are blocked.
class StopSignal {
  public:
    StopSignal();
    ~StopSignal();
    StopSignal(const StopSignal&) = delete;
    StopSignal& operator=(const StopSignal&) = delete;
    StopSignal(StopSignal&&) = delete;
    StopSignal& operator=(StopSignal&&) = delete;

    [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }

    /// Another folder to remove when the program ends at once; one that is not there any more is passed over.
    void addTemporary(const std::filesystem::path& folder);
    /// A process to end before that; 0: none. To be taken back before it is waited for.
    void setProcess(pid_t process);
    /// How the terminal at standard input is to be left then; nothing: as it is.
    void setTerminal(const std::optional<termios>& terminal);

  private:
    void wait();

    std::stop_source stop_;
    std::mutex mutex_;
    std::vector<std::filesystem::path> temporary_;
    pid_t process_ = 0;
    std::optional<termios> terminal_;
    std::jthread thread_;
};

}  // namespace chat::cli
