#pragma once

#include "chat/queue/job_store.h"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace chat::cli {

/// Batches with open jobs, in the order of their first open jobs in the queue.
[[nodiscard]] Result<std::vector<queue::Batch>> openBatches(queue::JobStore& jobs);

/// The batch of that name, or all that are open where it is empty. Errors: Q_DATA_BATCH_MISSING.
[[nodiscard]] Result<std::vector<queue::Batch>> chosenBatches(queue::JobStore& jobs,
                                                              const std::string& name);

/// Finds batches that come while others are worked on.
class BatchesToCome {
  public:
    /// `known`: those that are worked on. `jobs` must outlive this.
    BatchesToCome(queue::JobStore& jobs, const std::vector<queue::Batch>& known);

    /// The batch of the first pending call of the queue, when it is none that is known; each once. A store that cannot be asked
    /// has none: whoever works tells of the trouble.
    [[nodiscard]] std::optional<queue::Batch> next();

  private:
    queue::JobStore& jobs_;
    std::set<queue::BatchId> known_;
};

/// The jobs that are still to be worked on.
[[nodiscard]] queue::JobFilter openJobsOf(const queue::Batch& batch);

}  // namespace chat::cli
