#pragma once

#include "chat/core/clock.h"
#include "chat/core/error.h"
#include "chat/core/recording.h"
#include "chat/pipeline/forecast.h"
#include "chat/pipeline/run_settings.h"
#include "chat/report/report_model.h"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace chat::pipeline {

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
    StageTimes took;      ///< of stages that were found there, what they took then
    /// By which words were found (workName), where the stage that takes longest was done: words with a model, else sound. Else
    /// empty, and the times tell nothing of now.
    std::string timedWith;
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
    /// The recordings are listed, or further ones are; `bytes` of each, 0 where unknown.
    virtual void listed(const std::vector<std::uint64_t>& bytes) = 0;
    /// A report is being gathered in this folder, which goes away when the run ends. Each batch has one.
    virtual void gathering(const std::filesystem::path& hiddenFolder) = 0;
    virtual void working(std::size_t call,
                         const std::string& path,
                         std::string_view stage,
                         double share) = 0;
    virtual void ended(std::size_t call, const CallOutcome& outcome) = 0;
    /// About once a second, where calls are worked on by a process of their own.
    virtual void state(const WorkerState& /*state*/) {}
    /// When the run will have ended; about once a second, and when it has.
    virtual void expected(const Forecast& /*forecast*/) {}
    /// Such a process has begun; 0: it is to end now.
    virtual void workerProcess(pid_t /*process*/) {}
    /// Of several batches, one is done, and its report is in this folder.
    virtual void reported(const std::string& /*batch*/, const std::filesystem::path& /*folder*/) {}

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
