#pragma once

#include "chat/core/clock.h"
#include "chat/pipeline/analyze_run.h"
#include "chat/pipeline/stage_clock.h"
#include "chat/pipeline/worker_messages.h"
#include "chat/queue/job_store.h"
#include "chat/report/report_writer.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace chat::pipeline {

/// All jobs of a batch in the order of adding. Errors: those of the store.
[[nodiscard]] Result<std::vector<queue::Job>> jobsOfBatch(queue::JobStore& jobs,
                                                          queue::BatchId batch);

/// One batch of a run on its way to its report. For one thread.
class ReportedBatch {
  public:
    /// `settings` and `clock` must outlive this.
    ReportedBatch(const RunSettings& settings, const Clock& clock);

    /// The report's folder is tried before any work is done. Errors, which `outcome` has too: those of ReportWriter.
    [[nodiscard]] Status begin(RunObserver& observer);
    /// A report is begun and not yet written.
    [[nodiscard]] bool begun() const { return writer_ != nullptr; }

    queue::Batch batch;             ///< before what follows
    std::vector<Warning> warnings;  ///< of the manifest
    /// By SID: further files that the batch does not list.
    std::map<std::string, std::vector<std::string>> otherPaths;

    [[nodiscard]] const RunSettings& settings() const { return settings_; }
    /// Sound is copied where a report is begun.
    [[nodiscard]] PlannedBatch plan() const;

    /// Writes the report that was begun. Errors, which `outcome` has too: those of the store and of ReportWriter.
    [[nodiscard]] Status report(queue::JobStore& jobs,
                                StageClock& stages,
                                std::uint64_t workersMemory,
                                bool complete);
    /// Whether the report that was written last has another number of calls in any state than the queue.
    [[nodiscard]] Result<bool> outdated(queue::JobStore& jobs) const;

    /// Whether a report of it, this one or one that is still to come, is made from the recordings of calls that are done: it links to
    /// them, or has yet to copy their sound.
    [[nodiscard]] bool needsRecordings() const;

    [[nodiscard]] Result<RunOutcome> outcome() && { return std::move(outcome_); }

  private:
    [[nodiscard]] Status write(const std::vector<queue::Job>& ended,
                               StageClock& stages,
                               std::uint64_t workersMemory,
                               RunOutcome& outcome);

    const RunSettings& settings_;
    const Clock& clock_;
    std::chrono::steady_clock::time_point began_;
    std::string startedAt_;
    std::unique_ptr<report::ReportWriter> writer_;
    std::optional<queue::StateCounts> reported_;  ///< of the report that was written last
    Result<RunOutcome> outcome_;
};

}  // namespace chat::pipeline
