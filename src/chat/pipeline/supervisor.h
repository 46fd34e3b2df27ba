#pragma once

#include "chat/core/clock.h"
#include "chat/pipeline/batch_progress.h"
#include "chat/pipeline/error_journal.h"
#include "chat/pipeline/stage_clock.h"
#include "chat/pipeline/worker_process.h"
#include "chat/queue/job_store.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>

namespace chat::pipeline {

/// Has batches worked off by worker processes (worker_seat.h), one at a time.
///
/// A worker that ends otherwise than in order, or is killed because it said nothing or a call of it made no progress for
/// `settings.stalledAfter` (but for one that waits for its model), may have died of any call that it had in hand. Those go back to the queue at once, not when their leases run out, and each
/// is given to a worker that takes nothing else: the one during which that dies too is failed with SYS_STATE_WORKER_DIED.
/// Then all that is left goes on as before. A worker that dies with nothing in hand is begun again, kMostBeginnings times in
/// succession.
///
/// For one thread, which waits for the workers; what they say is told to `progress` on it.
class Supervisor {
  public:
    static constexpr int kMostBeginnings = 3;

    Supervisor(const RunSettings& settings,
               const WorkerProgram& program,
               WorkPlan plan,
               queue::JobStore& jobs,
               BatchProgress& progress,
               StageClocks& stages,
               ErrorJournal& journal,
               const std::stop_token& stop,
               std::function<bool()> enough = {});

    /// As Worker::go: until no job of the batches is open any more, or the run is stopped; or until `enough`, asked about once a
    /// second, says so: then calls in hand go back to the queue after the windows in hand, and nothing is told of them. Also places the sound that is missing in
    /// a batch's `copies`. Errors: those of the store; SYS_STATE_WORKER_DIED when workers do not stay even without a call.
    [[nodiscard]] Status go();

    /// The most that one worker had at once so far, in bytes.
    [[nodiscard]] std::uint64_t peakMemory() const { return peak_; }

  private:
    /// How a worker ended, and what it said of it.
    struct Ending {
        std::optional<WorkerOver> over;  ///< absent: it died
        pid_t process = 0;
        std::string name;      ///< in the queue; empty: it had none yet
        std::string how;       ///< it died
        bool copying = false;  ///< all calls were done
    };

    [[nodiscard]] Result<Ending> watch(const WorkPlan& plan, int workers);
    void take(const WorkerEvent& event, Ending& ending);
    [[nodiscard]] bool stalled();
    [[nodiscard]] bool isEnough();
    [[nodiscard]] Result<std::vector<queue::Job>> heldBy(const std::string& worker);
    [[nodiscard]] Status giveBack(const std::vector<queue::Job>& held, const Ending& ending);
    [[nodiscard]] Status findTheKiller(const std::vector<queue::Job>& suspects);
    [[nodiscard]] Status failKiller(const queue::Job& job, const Ending& ending);
    void note(const queue::Job& job, const Error& error, ErrorOutcome outcome);

    const RunSettings& settings_;
    const WorkerProgram& program_;
    WorkPlan plan_;
    queue::JobStore& jobs_;
    BatchProgress& progress_;
    StageClocks& stages_;
    ErrorJournal& journal_;
    std::stop_token stop_;
    std::function<bool()> enough_;
    bool interrupted_ = false;  ///< it was enough
    StageClock::Time asked_;    ///< whether it is
    std::uint64_t peak_ = 0;
    int unheld_ = 0;  ///< workers in succession that died with nothing in hand

    /// Of the present worker: how far the calls in hand are, and since when.
    struct InHand {
        std::string stage;
        double share = 0;
        std::chrono::steady_clock::duration since{};
    };
    std::map<queue::JobId, InHand> inHand_;
    /// Time that passed while we watched it, without that in which we slept; and when it last said anything.
    std::chrono::steady_clock::duration watched_{};
    std::chrono::steady_clock::duration heardOf_{};
    StageClock::Time looked_;
};

}  // namespace chat::pipeline
