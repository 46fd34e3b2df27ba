#pragma once

#include "chat/analyze/call_analysis.h"
#include "chat/core/error.h"
#include "chat/core/error_log.h"
#include "chat/queue/retry_policy.h"
#include "chat/source/recordings.h"
#include "chat/store/error_store.h"
#include "chat/transcribe/transcriber.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace chat::pipeline {

class TraceFile;

enum class AudioMode : std::uint8_t { Copy, Link, None };

/// A speech model. It is loaded when the first recording needs words.
struct SpeechModel {
    std::string name;  ///< as reports show it
    std::filesystem::path folder;
    std::string fingerprint;  ///< tells models apart; part of what makes a transcript reusable
    std::uint64_t bytes = 0;  ///< of its model.bin
    int beam = 5;
    std::string language = "en";          ///< ISO 639-1, or "auto": found once for each call
    std::vector<std::string> vocabulary;  ///< names that the model is told to expect
    std::function<Result<std::unique_ptr<transcribe::Transcriber>>()> load;
    /// The next smaller one that is installed and sound, for a call that memory did not suffice for; null, or absent: there is none.
    std::function<std::shared_ptr<const SpeechModel>()> smaller;
};

/// By what words are found, as the times of calls are kept under it.
[[nodiscard]] inline std::string workName(const SpeechModel* model) {
    return model == nullptr ? "none" : model->name + ", beam " + std::to_string(model->beam);
}

/// How a worker's process is started.
struct WorkerProgram {
    std::filesystem::path file;
    std::vector<std::string> arguments;  ///< the first is the name that ps shows
};

/// How the calls of a batch are worked on: what decides their results.
struct CallSettings {
    std::optional<SpeechModel> model;  ///< absent: only what sound tells
    analyze::AnalysisSettings analysis;
    std::optional<analyze::Rules> rules;  ///< absent: those that ship, compiled when first used
    std::string rulesText{analyze::defaultRulesText()};  ///< what the rules are made from

    [[nodiscard]] const analyze::Rules& usedRules() const {
        return rules ? *rules : analyze::defaultRules();
    }
};

/// How a worker works, whatever the batch.
struct WorkerSettings {
    std::filesystem::path storeFile;
    std::filesystem::path logFolder = defaultLogFolder();  ///< of errors, which the store keeps too
    std::chrono::days errorsKept = store::kErrorsKept;     ///< in the store
    int workers = 2;          ///< recordings worked on at once when there is no model
    double mostMemory = 0.8;  ///< in use of all there is, 0-1: no call is begun beyond
    bool force = false;       ///< do every stage anew
    int maxAttempts = queue::kMaxAttempts;  ///< at a call whose failure may pass
    std::string version;                    ///< of the program
    bool traced = false;                    ///< each stretch of a stage is told by itself
};

struct RunSettings : CallSettings, WorkerSettings {
    std::vector<std::filesystem::path> paths;
    source::ListingOptions listing;
    std::filesystem::path reportFolder;
    AudioMode audio = AudioMode::Copy;
    /// When the batch is to be done: kept with it, and otherwise nothing to a run.
    std::optional<std::chrono::system_clock::time_point> finishBy;
    std::string settingsText = "{}";  ///< these settings as JSON, kept with the batch
    std::vector<std::string> notes;   ///< sentences for the report
    /// How many are wanted now, where that may change while the run is at work: `workers` at first.
    const std::atomic<int>* workersWanted = nullptr;
    /// Calls are worked on by processes of this program, which are begun anew when they die; absent: in this process, which
    /// dies with them.
    std::optional<WorkerProgram> workerProgram;
    TraceFile* trace = nullptr;  ///< for what worker processes do; may be null
    /// A worker's process is given up when one of its calls makes no progress for so long.
    std::chrono::milliseconds stalledAfter = std::chrono::minutes(10);
};

}  // namespace chat::pipeline
