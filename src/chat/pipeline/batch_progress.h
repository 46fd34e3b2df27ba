#pragma once

#include "chat/pipeline/run_forecast.h"
#include "chat/pipeline/worker.h"

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace chat::pipeline {

/// A batch with its jobs as a run found them.
struct ListedBatch {
    queue::Batch batch;
    std::vector<queue::Job> jobs;
};

/// Tells a run's observer of calls by their places in the run what a worker tells by jobs: those of the first batch, then those of
/// the next; where there are several, a call's path has the name of its batch before it. Jobs that came to a batch after it was
/// listed have no place: the report has them, and the observer does not. Nothing is told of a call twice ended: one that
/// was given back by a worker that died may be worked on again.
class BatchProgress final : public WorkerObserver {
  public:
    /// Tells that the jobs are listed, and which of them no worker will touch. `over` is called when the last of a batch's listed
    /// jobs that were open has ended; not for a batch where one is withdrawn by a person, or done by a worker of others. What is told
    /// here, `forecast` is told too, and the observer what that expects.
    BatchProgress(RunObserver& observer,
                  std::span<const ListedBatch> batches,
                  RunForecast& forecast,
                  std::function<void(queue::BatchId)> over);

    /// A batch that came meanwhile: its calls have the places behind all others.
    void add(const ListedBatch& batch);

    void working(const queue::Job& job, std::string_view stage, double share) override;
    void ended(const queue::Job& job, const CallOutcome& outcome) override;
    void waits(const queue::Job& job) override;

    /// The same for what another process tells.
    void working(queue::JobId job, std::string_view stage, double share);
    void ended(queue::JobId job, CallOutcome outcome);
    void waits(queue::JobId job);

    /// Of the process that tells it; see RunObserver.
    void state(const WorkerState& state);
    void workerProcess(pid_t process);
    /// All that was listed has come to its end; see RunForecast.
    void finish();

  private:
    struct Call {
        std::size_t place = 0;
        std::string path;
        queue::BatchId batch = 0;
        bool ended = false;
    };

    void list(std::span<const ListedBatch> batches, bool named);
    void tellEnded(Call& call, CallOutcome outcome);
    void tellExpected();

    RunObserver& observer_;
    RunForecast& forecast_;
    std::function<void(queue::BatchId)> over_;
    std::map<queue::JobId, Call> calls_;
    std::map<queue::BatchId, std::size_t> open_;  ///< jobs
};

}  // namespace chat::pipeline
