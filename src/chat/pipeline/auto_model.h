#pragma once

#include "chat/core/clock.h"
#include "chat/core/error.h"
#include "chat/pipeline/analyze_run.h"
#include "chat/transcribe/model_choice.h"
#include "chat/transcribe/model_measurements.h"

#include <chrono>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace chat::pipeline {

/// For which work `--model auto` chooses.
struct AutoModelSettings {
    std::string language = "en";
    int workers = 2;
    int beam = 5;
    std::optional<std::chrono::system_clock::time_point> finishBy;
    std::vector<std::filesystem::path>
        paths;  ///< the recordings; read only with a deadline; may be none
    source::ListingOptions listing;
    std::filesystem::path models;  ///< folder of the installed models
    WorkerProgram program;         ///< models that were never used are tried in a process of it
    std::filesystem::path measurements;  ///< see transcribe::measurementsFile
};

/// The installed model to use, by what each took on this machine (transcribe::chooseModel). Models that were never
/// used with these settings are measured first, from small to large as far as they can fit; their measurements
/// are kept. Nothing when no model is installed. Errors: those of `listRecordings`, SYS_STATE_STOPPED; a model
/// that cannot be used, or dies of it, is passed over.
[[nodiscard]] Result<std::optional<transcribe::ModelChoice>> chooseInstalledModel(
    const AutoModelSettings& settings, const Clock& clock, const std::stop_token& stop);

/// What is expected of a deadline.
struct Outlook {
    bool known =
        false;  ///< what the model takes was measured before with these settings; it is not measured for this
    std::string
        warning;  ///< the recordings are not expected to be done in time; empty: they are, or nothing is known
};

/// Whether the recordings are expected to be done with `model` by `settings.finishBy`, which must be there. Errors: those of
/// `listRecordings`.
[[nodiscard]] Result<Outlook> outlookFor(const AutoModelSettings& settings,
                                         const SpeechModel& model,
                                         const Clock& clock);

/// What a run tells of its model: better than any trial. Nothing when too little was transcribed in it, or words
/// were taken from the store.
[[nodiscard]] std::optional<transcribe::ModelMeasurement> measurementOf(const RunOutcome& outcome,
                                                                        const SpeechModel& model,
                                                                        int workers);

}  // namespace chat::pipeline
