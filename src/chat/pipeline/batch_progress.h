#pragma once

#include "chat/pipeline/worker.h"

#include <map>
#include <span>

namespace chat::pipeline {

/// Tells a run's observer of calls by their places in the batch what a worker tells by jobs. Jobs that came to the batch after it was
/// listed have no place: the report has them, and the observer does not. Nothing is told of a call twice ended: one that
/// was given back by a worker that died may be worked on again.
class BatchProgress final : public WorkerObserver {
  public:
    /// Tells that `jobs` are listed, and which of them no worker will touch.
    BatchProgress(RunObserver& observer, std::span<const queue::Job> jobs);

    void working(const queue::Job& job, std::string_view stage, double share) override;
    void ended(const queue::Job& job, const CallOutcome& outcome) override;

    /// The same for what another process tells.
    void working(queue::JobId job, std::string_view stage, double share);
    void ended(queue::JobId job, CallOutcome outcome);

    [[nodiscard]] RunObserver& observer() { return observer_; }

  private:
    struct Call {
        std::size_t place = 0;
        std::string path;
        bool ended = false;
    };

    RunObserver& observer_;
    std::map<queue::JobId, Call> calls_;
};

}  // namespace chat::pipeline
