#pragma once

#include "chat/core/clock.h"
#include "chat/core/error.h"
#include "chat/pipeline/analyze_run.h"
#include "chat/pipeline/call_lengths.h"
#include "chat/pipeline/eta_calculator.h"
#include "chat/pipeline/forecast.h"
#include "chat/queue/job_store.h"
#include "chat/store/eta_store.h"

#include <sys/types.h>

#include <chrono>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace chat::pipeline {

/// When a run will have ended, from what its workers tell and what the queue says is left.
///
/// Keeps what each call took. Begins with what the last 200 attempts of the same model and number of workers took on this machine, and with how right the last 250
/// predictions were. What is left is asked of the queue every ten seconds: persons and other programs change it too. An estimate is
/// made once a second, or so seldom that it takes a hundredth of the time.
///
/// Predictions at 10, 25, 50, 75 and 90 % of the calls are kept with what came when the run has ended; not of stretches in which
/// calls were added or withdrawn, the number of workers changed or the program stood still, nor where results were in the store
/// already. Where the store cannot be read, it goes on with what it has. For one thread at a time.
class RunForecast {
  public:
    struct Run {
        std::filesystem::path store;
        std::vector<queue::BatchId> batches;
        std::optional<std::string> model;  ///< workName of all of them; absent: they differ
        bool findsWords = false;           ///< any of them
        int workers = 1;
    };

    /// `jobs` and `clock` must outlive this.
    RunForecast(Run run, queue::JobStore& jobs, const Clock& clock);

    /// One that came meanwhile.
    void addBatch(queue::BatchId batch);

    void working(queue::JobId job, std::string_view stage);
    void ended(queue::JobId job, const CallOutcome& outcome);
    /// It goes to the end of those that wait.
    void waits(queue::JobId job);
    /// Of the process that works on the calls, about once a second.
    void workers(int count);
    /// Such a process has begun; 0: it has ended, with nothing in hand any more.
    void workerProcess(pid_t process);

    /// A new estimate, when it is time for one.
    [[nodiscard]] std::optional<Forecast> look();
    /// The run has come to its end, of itself: keeps the predictions.
    void finish();

  private:
    using Time = std::chrono::steady_clock::time_point;

    struct InHand {
        CallStage stage = CallStage::Sound;
        bool works = false;  ///< else it waits for something
        Seconds spent{};     ///< of workers, in this stage
    };
    struct Made {
        int percent = 0;
        Time at;
        std::chrono::system_clock::time_point wall;
        Eta eta;
    };

    void learnKept();
    void note(queue::JobId job, const std::string& model, const store::TimedAttempt& took);
    void relist();
    [[nodiscard]] Result<std::vector<queue::Job>> openJobs();
    [[nodiscard]] std::size_t withdrawn();
    void pass();
    void disturb();
    [[nodiscard]] WorkLeft workLeft() const;
    [[nodiscard]] Forecast estimate();
    void makePrediction();
    /// Of the process that works, or of this one.
    [[nodiscard]] bool isOurs(const queue::Job& job) const;
    [[nodiscard]] std::optional<double> perMinute() const;

    Run run_;
    queue::JobStore& jobs_;
    const Clock& clock_;
    EtaCalculator calculator_;
    CallLengths lengths_;
    std::unique_ptr<store::EtaStore> kept_;  ///< null: it cannot be opened

    std::vector<queue::JobId> waiting_;  ///< in the order of the queue; also some that are begun
    std::map<queue::JobId, InHand> inHand_;
    std::map<queue::JobId, Time> elsewhere_;  ///< in hand of other programs, since when
    std::size_t othersAtWork_ = 0;            ///< such programs
    std::unordered_map<queue::JobId, CallLengths::Call> open_;
    std::size_t ended_ = 0;
    std::deque<Time> lately_;  ///< ends of the last minutes
    int workers_;
    pid_t process_ = 0;

    std::size_t withdrawn_ = 0;  ///< jobs that persons paused, cancelled or took away
    std::vector<Made> made_;
    int passed_ = 0;  ///< percent
    Time began_;
    Time passedTo_;  ///< up to which `spent` is counted
    Time lastEnd_;
    std::optional<Time> heardOf_;  ///< the process, last
    Time estimateAt_;
    Time relistAt_;
};

}  // namespace chat::pipeline
