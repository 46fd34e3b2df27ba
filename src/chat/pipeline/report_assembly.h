#pragma once

#include "chat/pipeline/analyze_run.h"
#include "chat/pipeline/stage_clock.h"
#include "chat/report/report_model.h"
#include "chat/report/summary.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace chat::pipeline {

/// As they are known, with the recording's sum where no SID is.
[[nodiscard]] CallAttributes withSid(CallAttributes attributes, const std::string& recording);

[[nodiscard]] report::ReportSettings reportSettings(const RunSettings& settings);

/// A recording's path as a page in `folder` names it: relative, with `/`, not percent-encoded.
[[nodiscard]] std::string relativeAddress(const std::filesystem::path& recording,
                                          const std::filesystem::path& folder);

/// The figures of a call that ended well.
void fillFigures(CallOutcome& outcome,
                 const AcousticResult& sound,
                 const Transcript* words,
                 const CallAnalysis& analysis);

/// What a run says of itself and of its calls when it ends, but for what only the caller knows:
/// `facts.startedAt`, `facts.model`, `facts.complete`, and notes beside those of the settings, which come first.
void concludeRun(RunOutcome& outcome,
                 const RunSettings& settings,
                 const report::Summary& summary,
                 const StageClock& stages,
                 const Clock& clock,
                 std::chrono::steady_clock::time_point began);

/// Notes which recordings the report that was just written holds, so that forgetting a call can say so. A report is none
/// the worse when that fails: `facts.notes` says it.
void noteWritten(const RunSettings& settings,
                 const std::vector<std::string>& recordings,
                 const Clock& clock,
                 report::RunFacts& facts);

}  // namespace chat::pipeline
