#pragma once

#include "chat/pipeline/analyze_run.h"

#include <filesystem>

#include "json_output.h"

namespace chat::cli {

/// Prints on stdout what was found: a line a call, totals, failures, warnings, and where the report is.
void printSummary(const pipeline::RunOutcome& outcome, const pipeline::RunSettings& settings);

/// The same for programs: report, complete, summary, calls.
[[nodiscard]] Json outcomeJson(const pipeline::RunOutcome& outcome,
                               const std::filesystem::path& report);

/// A batch of a run that has ended.
struct ShownOutcome {
    const pipeline::RunOutcome* outcome = nullptr;
    const pipeline::RunSettings* settings = nullptr;
};

/// All of them in one document, with what became of all their calls.
[[nodiscard]] Json outcomesJson(const std::vector<ShownOutcome>& outcomes);

}  // namespace chat::cli
