#pragma once

#include "chat/pipeline/analyze_run.h"
#include "chat/pipeline/bounded_queue.h"
#include "chat/pipeline/call_job.h"
#include "chat/pipeline/stage_clock.h"
#include "chat/report/report_writer.h"

#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace chat::pipeline {

/// One run of `analyzeRecordings`.
///
/// Threads: preparers (one with a model, else `workers`) take calls in order through reading, sound and
/// the cutting of windows; listeners (as many as the transcriber has replicas) turn windows into
/// words; the caller's thread joins, analyzes and stores what is ready. Each preparer and the caller
/// have a store connection of their own. Windows wait in a queue of two per replica, so memory does
/// not depend on how long or how many the recordings are.
class Run {
  public:
    Run(const RunSettings& settings,
        RunObserver& observer,
        const Clock& clock,
        std::stop_token stop);

    [[nodiscard]] Result<RunOutcome> go();

  private:
    struct WindowTask {
        CallJob* job = nullptr;
        transcribe::SpeechWindow window;
    };

    void prepareCalls();
    [[nodiscard]] Status prepare(CallJob& job, store::ResultStore& store);
    [[nodiscard]] Status readRecording(CallJob& job, store::ResultStore& store);
    [[nodiscard]] Status findWords(CallJob& job, store::ResultStore& store);
    void placeSound(CallJob& job);
    [[nodiscard]] Status loadModel();
    void listen();
    void heard(CallJob& job,
               transcribe::WindowPlan plan,
               Result<transcribe::WindowTranscript> result,
               Seconds took);
    void handedOver(CallJob& job);
    void finish(CallJob& job, store::ResultStore& store);
    [[nodiscard]] Status conclude(CallJob& job, store::ResultStore& store);
    [[nodiscard]] Status writeReport(store::ResultStore& store, RunOutcome& outcome);
    [[nodiscard]] Result<report::ReportCall> reportCall(const CallJob& job,
                                                        store::ResultStore& store);
    void show(const CallJob& job, std::string_view stage, double share);

    const RunSettings& settings_;
    RunObserver& observer_;
    const Clock& clock_;
    std::stop_token stop_;
    StageClock stageClock_;

    std::vector<std::unique_ptr<CallJob>> jobs_;
    std::unique_ptr<report::ReportWriter> writer_;
    std::atomic<std::size_t> next_ = 0;
    BoundedQueue<WindowTask> windows_;
    BoundedQueue<CallJob*> ready_;

    std::mutex mutex_;                               ///< of what follows
    std::map<std::string, std::size_t> recordings_;  ///< SHA-256 -> lowest index
    std::optional<Error> modelError_;
    std::unique_ptr<transcribe::Transcriber> transcriber_;
    std::mutex observerMutex_;
    std::vector<std::jthread> listeners_;
};

}  // namespace chat::pipeline
