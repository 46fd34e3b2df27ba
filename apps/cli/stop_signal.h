#pragma once

#include <filesystem>
#include <mutex>
#include <stop_token>
#include <thread>

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

    /// A folder to remove when the program ends at once.
    void setTemporary(const std::filesystem::path& folder);

  private:
    void wait();

    std::stop_source stop_;
    std::mutex mutex_;
    std::filesystem::path temporary_;
    std::jthread thread_;
};

}  // namespace chat::cli
