#pragma once

#include "chat/queue/job_store.h"

#include <string>
#include <vector>

namespace chat::cli {

/// Batches with open jobs, in the order of their first open jobs in the queue.
[[nodiscard]] Result<std::vector<queue::Batch>> openBatches(queue::JobStore& jobs);

/// The batch of that name, or all that are open where it is empty. Errors: Q_DATA_BATCH_MISSING.
[[nodiscard]] Result<std::vector<queue::Batch>> chosenBatches(queue::JobStore& jobs,
                                                              const std::string& name);

/// The jobs that are still to be worked on.
[[nodiscard]] queue::JobFilter openJobsOf(const queue::Batch& batch);

}  // namespace chat::cli
