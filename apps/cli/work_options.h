#pragma once

#include "chat/pipeline/analyze_run.h"

#include <CLI/CLI.hpp>

#include <memory>
#include <stop_token>
#include <string>

#include "analysis_options.h"

namespace chat::cli {

/// How calls are worked on and reported: the same for `analyze` and `run`.
struct WorkOptions {
    std::string out;
    std::string model;
    std::string finishBy;  ///< as given: a time, "none", or empty
    std::string sha256;
    bool noTranscribe = false;
    int beam = 5;
    std::string language = "en";
    std::string vocabulary;
    AnalysisOptions analysis;
    std::string audio = "copy";
    bool force = false;
    int mostMemory = 80;                                            ///< percent in use
    double stalledAfter = 10;                                       ///< minutes
    int keepErrors = static_cast<int>(store::kErrorsKept.count());  ///< days
};

void addWorkOptions(CLI::App& command, WorkOptions& options);

/// The part that decides the results, as the JSON object that a batch keeps. Files are named by absolute paths.
[[nodiscard]] std::string settingsText(const WorkOptions& options);

/// What a batch keeps, all of it. Errors: CFG_VAL_SETTING.
[[nodiscard]] Status takeSettings(const std::string& settings, WorkOptions& options);

/// What `command` was not told is taken from a batch's settings. Errors: CFG_VAL_SETTING.
[[nodiscard]] Status takeSettings(const CLI::App& command,
                                  const std::string& settings,
                                  WorkOptions& options);

/// Loads the model of a run for so many windows at once, as SpeechModel says.
[[nodiscard]] Result<std::unique_ptr<transcribe::Transcriber>> loadSpeechModel(
    const pipeline::SpeechModel& model, int replicas);

/// The installed model of the catalog that is next smaller than this one and hears its language, its sums verified, to be used in the same way but
/// for `load`; null when there is none.
[[nodiscard]] std::shared_ptr<pipeline::SpeechModel> smallerSpeechModel(
    const pipeline::SpeechModel& model);

/// Fills all but `paths`, `listing`, how the model is loaded, and what RunOptions fill; these must be there, and `finishBy` stays where `options` have none.
/// Says on stderr when the deadline is not expected to be met, or nothing is known of that. Errors: AN_VAL_SETTING,
/// CFG_FMT_RULES, CFG_FMT_VOCABULARY, and those of finding the model.
[[nodiscard]] Status readWorkOptions(const WorkOptions& options,
                                     pipeline::RunSettings& settings,
                                     const std::stop_token& stop);

}  // namespace chat::cli
