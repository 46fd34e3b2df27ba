#pragma once

#include "chat/queue/job_store.h"

#include <span>
#include <string>
#include <string_view>

#include "json_output.h"
#include "queue_filter.h"

namespace chat::cli {

[[nodiscard]] Json jobJson(const queue::Job& job, const BatchNames& batches);
/// Number of jobs in each state, by its name.
[[nodiscard]] Json countsJson(const queue::StateCounts& counts);

/// "12 pending, 3 failed", or "no jobs".
[[nodiscard]] std::string countsText(const queue::StateCounts& counts);

/// A line a job, as wide as the terminal.
void printJobs(std::span<const queue::Job> jobs, const BatchNames& batches);

/// What became of each job of an edit; of many jobs only how many, and the reasons. `done` is the word for it, "paused".
void printAnswers(const queue::EditOutcome& outcome, std::string_view done);
[[nodiscard]] Json answersJson(const queue::EditOutcome& outcome);

}  // namespace chat::cli
