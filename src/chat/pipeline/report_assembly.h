#pragma once

#include "chat/pipeline/call_job.h"
#include "chat/report/report_model.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace chat::pipeline {

/// One call of the report: recordings with the same bytes are listed once.
struct ReportEntry {
    const CallJob* first =
        nullptr;  ///< the one that was named first: its place, path and attributes
    const CallJob* worker = nullptr;  ///< the one whose stages were run
    std::vector<std::string> otherPaths;
};

/// In the order of the arguments.
[[nodiscard]] std::vector<ReportEntry> reportEntries(
    const std::vector<std::unique_ptr<CallJob>>& jobs);

[[nodiscard]] report::ReportSettings reportSettings(const RunSettings& settings);

/// A recording's path as a page in `folder` names it: relative, with `/`, not percent-encoded.
[[nodiscard]] std::string relativeAddress(const std::filesystem::path& recording,
                                          const std::filesystem::path& folder);

/// The figures of a call that ended well.
void fillFigures(CallOutcome& outcome,
                 const AcousticResult& sound,
                 const Transcript* words,
                 const CallAnalysis& analysis);

/// ISO 8601.
[[nodiscard]] std::string utc(std::chrono::system_clock::time_point time);

/// Of this process, since it began.
[[nodiscard]] std::uint64_t peakMemoryBytes();

}  // namespace chat::pipeline
