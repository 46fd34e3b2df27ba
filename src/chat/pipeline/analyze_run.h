#pragma once

#include "chat/analyze/call_analysis.h"
#include "chat/core/clock.h"
#include "chat/core/error.h"
#include "chat/core/error_log.h"
#include "chat/queue/retry_policy.h"
#include "chat/report/report_model.h"
#include "chat/source/recordings.h"
#include "chat/store/error_store.h"
#include "chat/transcribe/transcriber.h"

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace chat::pipeline {

enum class AudioMode : std::uint8_t { Copy, Link, None };

/// The speech model of a run. It is loaded once, when the first recording needs words.
struct SpeechModel {
    std::string name;  ///< as reports show it
    std::filesystem::path folder;
    std::string fingerprint;  ///< tells models apart; part of what makes a transcript reusable
    std::uint64_t bytes = 0;  ///< of its model.bin
    int beam = 5;
    std::string language = "en";          ///< ISO 639-1, or "auto": found once for each call
    std::vector<std::string> vocabulary;  ///< names that the model is told to expect
    std::function<Result<std::unique_ptr<transcribe::Transcriber>>()> load;
};

/// How a worker's process is started.
struct WorkerProgram {
    std::filesystem::path file;
    std::vector<std::string> arguments;  ///< the first is the name that ps shows
};

struct RunSettings {
    std::vector<std::filesystem::path> paths;
    source::ListingOptions listing;
    std::filesystem::path storeFile;
    std::filesystem::path logFolder = defaultLogFolder();  ///< of errors, which the store keeps too
    std::chrono::days errorsKept = store::kErrorsKept;     ///< in the store
    std::filesystem::path reportFolder;
    std::optional<SpeechModel> model;  ///< absent: only what sound tells
    analyze::AnalysisSettings analysis;
    std::optional<analyze::Rules> rules;  ///< absent: those that ship, compiled when first used
    std::string rulesText{analyze::defaultRulesText()};  ///< what the rules are made from
    AudioMode audio = AudioMode::Copy;
    /// When the batch is to be done: kept with it, and otherwise nothing to a run.
    std::optional<std::chrono::system_clock::time_point> finishBy;
    int workers = 2;  ///< recordings worked on at once when there is no model
    /// How many are wanted now, where that may change while the run is at work: `workers` at first.
    const std::atomic<int>* workersWanted = nullptr;
    /// Calls are worked on by processes of this program, which are begun anew when they die; absent: in this process, which
    /// dies with them.
    std::optional<WorkerProgram> workerProgram;
    /// A worker's process is given up when one of its calls makes no progress for so long.
    std::chrono::milliseconds stalledAfter = std::chrono::minutes(10);
    double mostMemory = 0.8;  ///< in use of all there is, 0-1: no call is begun beyond
    bool force = false;       ///< do every stage anew
    int maxAttempts = queue::kMaxAttempts;  ///< at a call whose failure may pass
    std::string settingsText = "{}";        ///< these settings as JSON, kept with the batch
    std::vector<std::string> notes;         ///< sentences for the report
    std::string version;                    ///< of the program

    [[nodiscard]] const analyze::Rules& usedRules() const {
        return rules ? *rules : analyze::defaultRules();
    }
};

/// One call as it ended.
struct CallOutcome {
    std::string path;
    report::CallStatus status = report::CallStatus::Stopped;
    std::optional<Error> error;
    std::string
        skipped;  ///< why a call that neither ended well nor failed was not done: "it was cancelled"
    Seconds duration{};
    int silences = 0;
    Seconds silence{};
    Seconds longest{};
    int warnings = 0;
    bool reused = false;  ///< every stage was found in the store
    Seconds processing{};
};

/// Every call of a batch accounted for.
struct Validation {
    std::size_t analyzed = 0;
    std::size_t failed = 0;
    std::size_t absent = 0;   ///< its recording is not there (any more)
    std::size_t skipped = 0;  ///< paused, cancelled, or the run was stopped before it
};

struct RunOutcome {
    std::string batch;  ///< its name; empty when nothing was queued
    Validation validation;
    std::vector<CallOutcome> calls;  ///< in the report's order
    std::vector<Warning> warnings;   ///< of the manifest
    report::RunFacts facts;
    std::string summaryJson;  ///< `summary` of report.json
    Seconds silence{};
    Seconds duration{};
    Seconds deadAir{};
};

/// What a worker is doing as a whole.
struct WorkerState {
    int workers = 0;           ///< calls or windows that it works on at once
    std::size_t windows = 0;   ///< of speech that wait to be heard
    std::size_t ready = 0;     ///< calls that wait to be analyzed and stored
    std::uint64_t memory = 0;  ///< of its process, in bytes
    bool memoryShort = false;  ///< it begins no call for want of memory
};

/// Told what happens; called from several threads, never two at a time.
class RunObserver {
  public:
    virtual ~RunObserver() = default;
    /// The recordings are listed; `bytes` of each, 0 where unknown.
    virtual void listed(const std::vector<std::uint64_t>& bytes) = 0;
    /// The report is being gathered in this folder, which goes away when the run ends.
    virtual void gathering(const std::filesystem::path& hiddenFolder) = 0;
    virtual void working(std::size_t call,
                         const std::string& path,
                         std::string_view stage,
                         double share) = 0;
    virtual void ended(std::size_t call, const CallOutcome& outcome) = 0;
    /// About once a second, where calls are worked on by a process of their own.
    virtual void state(const WorkerState& /*state*/) {}
    /// Such a process has begun; 0: it is to end now.
    virtual void workerProcess(pid_t /*process*/) {}

  protected:
    RunObserver() = default;
    RunObserver(const RunObserver&) = default;
    RunObserver& operator=(const RunObserver&) = default;
    RunObserver(RunObserver&&) = default;
    RunObserver& operator=(RunObserver&&) = default;
};

/// source -> queue -> audio -> transcribe -> analyze -> report: everything that `settings` names becomes a batch of its own,
/// which is worked off and reported as `runBatch` (batch_run.h) does it. Errors: those of `runBatch`, and those of the listing.
[[nodiscard]] Result<RunOutcome> analyzeRecordings(const RunSettings& settings,
                                                   RunObserver& observer,
                                                   const Clock& clock,
                                                   const std::stop_token& stop);

}  // namespace chat::pipeline
