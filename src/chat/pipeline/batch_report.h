#pragma once

#include "chat/pipeline/analyze_run.h"
#include "chat/queue/job.h"
#include "chat/report/report_writer.h"
#include "chat/store/result_store.h"

#include <map>
#include <span>
#include <string>
#include <vector>

namespace chat::pipeline {

/// Recordings with the same bytes are one call of the report.
struct ReportEntry {
    std::vector<const queue::Job*>
        jobs;  ///< in the order of the batch; the first gives path and attributes
    std::vector<std::string> otherPaths;
};

/// In the order of `jobs`. `otherPaths`: by SID, further files that the batch does not list.
[[nodiscard]] std::vector<ReportEntry> reportEntries(
    std::span<const queue::Job> jobs,
    const std::map<std::string, std::vector<std::string>>& otherPaths);

/// Adds the batch's calls to the report, with what the store holds of them, and their outcomes to `outcome`. A copy of the
/// sound that is not there is warned of. Errors: those of the store and the writer.
[[nodiscard]] Status reportBatch(const RunSettings& settings,
                                 std::span<const ReportEntry> entries,
                                 store::ResultStore& store,
                                 report::ReportWriter& writer,
                                 RunOutcome& outcome);

}  // namespace chat::pipeline
