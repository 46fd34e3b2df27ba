#pragma once

#include "chat/pipeline/analyze_run.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stop_signal.h"

namespace chat::cli {

/// Shows on stderr how a run goes: on a terminal a line for each call in work and one for the whole,
/// redrawn in place; elsewhere a plain line for each call that has ended; or for programs what is expected, a JSON object a line.
class Progress final : public pipeline::RunObserver {
  public:
    enum class Style : std::uint8_t { Live, Plain, Json, Quiet };

    /// `signal` is told what is to go when the program ends at once.
    /// `keys`: + and - change the number of workers, which is said.
    Progress(Style style, StopSignal& signal, bool keys = false);

    void listed(const std::vector<std::uint64_t>& bytes) override;
    void gathering(const std::filesystem::path& hiddenFolder) override;
    void working(std::size_t call,
                 const std::string& path,
                 std::string_view stage,
                 double share) override;
    void ended(std::size_t call, const pipeline::CallOutcome& outcome) override;
    void state(const pipeline::WorkerState& state) override;
    void expected(const pipeline::Forecast& forecast) override;
    void workerProcess(pid_t process) override;
    void reported(const std::string& batch, const std::filesystem::path& folder) override;

    /// Takes the live lines away.
    void clear();

  private:
    struct Working {
        std::string path;
        std::string stage;
        double share = 0;
    };

    void draw(bool evenIfRecent);
    [[nodiscard]] std::string overallLine(std::size_t width) const;
    [[nodiscard]] std::string expectedText() const;
    [[nodiscard]] std::string stateLine(const pipeline::WorkerState& state) const;
    void printEnded(const pipeline::CallOutcome& outcome);

    Style style_;
    bool color_;
    bool keys_;
    StopSignal& signal_;
    std::chrono::steady_clock::time_point started_;
    std::chrono::steady_clock::time_point drawn_;
    std::vector<double> weights_;  ///< of each call
    double whole_ = 0;             ///< their sum
    std::map<std::size_t, Working> working_;
    std::optional<pipeline::WorkerState> state_;
    std::optional<pipeline::Forecast> forecast_;
    std::chrono::steady_clock::time_point forecastAt_;
    double ended_ = 0;  ///< weight of the calls that have ended
    std::size_t endedCalls_ = 0;
    std::size_t lines_ = 0;  ///< live lines on the screen
};

}  // namespace chat::cli
