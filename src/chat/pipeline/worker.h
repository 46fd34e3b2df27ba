#pragma once

#include "chat/audio/decode_child.h"
#include "chat/pipeline/analyze_run.h"
#include "chat/pipeline/bounded_queue.h"
#include "chat/pipeline/call_job.h"
#include "chat/pipeline/error_journal.h"
#include "chat/pipeline/lease_keeper.h"
#include "chat/pipeline/stage_clock.h"
#include "chat/queue/job_store.h"
#include "chat/queue/retry_policy.h"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <thread>

namespace chat::pipeline {

/// Works a batch off: claims its jobs one after the other and takes each through sound, words and analysis.
///
/// A stage's result is in the store before the next begins. A job that fails is tried again as the retry policy says,
/// else it is failed with its reason, and the others go on. Several workers, also in other processes, may be at
/// work on one batch.
///
/// Threads: preparers (`workers` of them) claim jobs and take them through reading, sound and the cutting of
/// windows; listeners (as many as the transcriber has replicas) turn windows into words; the caller's thread
/// joins, analyzes and stores what is ready; the keeper renews the leases of the jobs in hand. Each but the listeners
/// has connections of its own. Recordings are decoded in processes apart, which end with this object.
///
/// Memory: at most two windows (30 s of sound each) and two calls that are ready wait per worker, and whoever has one more
/// waits with it. So it depends neither on how long nor on how many the recordings are: seven calls per worker and the one
/// that is being stored are in hand at most.
class Worker {
  public:
    /// `copies`: the folder for copies of the sound, which are made along the way; empty for none. `jobs`: those of the
    /// batch in the order in which the observer numbers them, ascending.
    Worker(const RunSettings& settings,
           queue::BatchId batch,
           std::vector<queue::JobId> jobs,
           std::filesystem::path copies,
           RunObserver& observer,
           StageClock& stageClock,
           ErrorJournal& journal,
           const Clock& clock,
           std::stop_token stop);

    /// Until no job of the batch is open any more, here or elsewhere, or the run is stopped; then windows in hand are finished and
    /// unfinished jobs go back to the queue. Errors: those of the store, when the queue itself cannot be used.
    [[nodiscard]] Status go();

  private:
    struct WindowTask {
        CallJob* job = nullptr;
        transcribe::SpeechWindow window;
    };
    struct Stores {
        std::unique_ptr<store::ResultStore> results;
        std::unique_ptr<queue::JobStore> jobs;
    };

    [[nodiscard]] Result<Stores> openStores() const;
    void prepareCalls();
    [[nodiscard]] Result<bool> awaitWork(queue::JobStore& jobs);
    [[nodiscard]] CallJob* claim(queue::JobStore& jobs);
    void stopFor(const Error& error);

    [[nodiscard]] Status prepare(CallJob& job, store::ResultStore& store);
    [[nodiscard]] Status readRecording(CallJob& job, store::ResultStore& store);
    [[nodiscard]] Status findWords(CallJob& job,
                                   const SpeechModel& model,
                                   store::ResultStore& store);
    void copySound(CallJob& job);
    [[nodiscard]] Status loadModel(const SpeechModel& model);
    void listen();
    void heard(CallJob& job,
               transcribe::WindowPlan plan,
               Result<transcribe::WindowTranscript> result,
               Seconds took);
    void handedOver(CallJob& job);

    void finish(CallJob& job, Stores& stores);
    [[nodiscard]] Status conclude(CallJob& job, store::ResultStore& store);
    [[nodiscard]] queue::AttemptEnd endOf(const CallJob& job);
    void show(CallJob& job, std::string_view stage, double share);

    const RunSettings& settings_;
    queue::BatchId batch_;
    std::vector<queue::JobId> order_;
    std::filesystem::path copies_;
    RunObserver& observer_;
    StageClock& stageClock_;
    ErrorJournal& journal_;
    const Clock& clock_;
    std::stop_token stop_;
    std::string name_;
    audio::ChildDecoder decoder_;

    BoundedQueue<WindowTask> windows_;
    BoundedQueue<CallJob*> ready_;
    std::unique_ptr<LeaseKeeper> leases_;  ///< while `go` is at work

    std::mutex mutex_;                     ///< of what follows
    std::condition_variable_any changed_;  ///< a job has ended
    std::map<queue::JobId, std::unique_ptr<CallJob>> inHand_;
    std::set<std::string> recordings_;  ///< SHA-256 of those that this worker has begun
    std::mt19937_64 random_{std::random_device{}()};  ///< spreads retries
    std::optional<Error> storeError_;
    std::mutex observerMutex_;

    std::mutex modelMutex_;  ///< of what follows; held while the model is loaded
    std::optional<Error> modelError_;
    std::unique_ptr<transcribe::Transcriber> transcriber_;
    std::vector<std::jthread> listeners_;
};

}  // namespace chat::pipeline
