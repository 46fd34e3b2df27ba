#pragma once

#include "chat/pipeline/analyze_run.h"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>

namespace chat::cli {

/// What decides how sound and words become silences and labels: the same for `analyze` and `reanalyze`.
struct AnalysisOptions {
    std::string profile = "default";
    std::optional<double> minSilence;
    std::optional<double> mediumFrom;
    std::optional<double> longFrom;
    std::optional<double> longHold;
    double context = 5;
    std::string rules;
    std::string agentChannel = "auto";
};

void addAnalysisOptions(CLI::App& command, AnalysisOptions& options);

/// Fills `analysis`, `rules` and `rulesText`. Errors: AN_VAL_SETTING, CFG_FMT_RULES.
[[nodiscard]] Status readAnalysisOptions(const AnalysisOptions& options,
                                         pipeline::RunSettings& settings);

}  // namespace chat::cli
