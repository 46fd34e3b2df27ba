#pragma once

#include "chat/audio/decode_child.h"
#include "chat/pipeline/bounded_queue.h"
#include "chat/pipeline/call_job.h"
#include "chat/pipeline/calls_in_hand.h"
#include "chat/pipeline/error_journal.h"
#include "chat/pipeline/stage_clock.h"
#include "chat/pipeline/thread_team.h"
#include "chat/pipeline/word_finder.h"
#include "chat/pipeline/worker_messages.h"
#include "chat/queue/job_store.h"

#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <utility>

namespace chat::pipeline {

/// Told what a worker does; called from several threads, never two at a time.
class WorkerObserver {
  public:
    virtual ~WorkerObserver() = default;
    virtual void working(const queue::Job& job, std::string_view stage, double share) = 0;
    virtual void ended(const queue::Job& job, const CallOutcome& outcome) = 0;
    /// An attempt has failed, and another will be made.
    virtual void waits(const queue::Job& /*job*/) {}

  protected:
    WorkerObserver() = default;
    WorkerObserver(const WorkerObserver&) = default;
    WorkerObserver& operator=(const WorkerObserver&) = default;
    WorkerObserver(WorkerObserver&&) = default;
    WorkerObserver& operator=(WorkerObserver&&) = default;
};

/// Works batches off: claims their jobs in the order of the queue, whatever the batch, and takes each through sound, words and
/// analysis, with the settings of its batch. There is one speech model at a time (ModelSlot).
///
/// A stage's result is in the store before the next begins. A job that fails is tried again as the retry policy says,
/// else it is failed with its reason, and the others go on. Several workers, also in other processes, may be at
/// work on one batch.
///
/// Threads: preparers (`workers` of them) claim jobs and take them through reading, sound and the cutting of
/// windows; the listeners of `WordFinder` turn windows into words; the caller's thread
/// joins, analyzes and stores what is ready; the keeper renews the leases of the jobs in hand. Each but the listeners
/// has connections of its own. How many preparers and listeners there are can be changed while they are at work. Recordings are
/// decoded in processes apart, which end with this object.
///
/// Memory: at most two windows (30 s of sound each) and two calls that are ready wait per worker, and whoever has one more
/// waits with it. So it depends neither on how long nor on how many the recordings are: seven calls per worker and the one
/// that is being stored are in hand at most. `CallsInHand` begins none where memory is short.
class Worker {
  public:
    /// `stages` has a clock for each batch.
    Worker(const WorkerSettings& settings,
           WorkPlan plan,
           WorkerObserver& observer,
           StageClocks& stages,
           ErrorJournal& journal,
           const Clock& clock,
           const std::stop_token& stop);

    /// Until no job of the batches is open any more, here or elsewhere, or the run is stopped; then windows in hand are finished and
    /// unfinished jobs go back to the queue. With `plan.only` until that job is not pending any more, and not in hand.
    /// Errors: those of the store, when the queue itself cannot be used.
    [[nodiscard]] Status go();

    /// Any thread: calls and windows to be worked on at once. More are begun at once, fewer as calls end; the transcriber's
    /// replicas limit the windows.
    void setWorkers(int workers);

    [[nodiscard]] const std::string& name() const { return name_; }  ///< in the queue
    [[nodiscard]] WorkerState state();                               ///< any thread

  private:
    struct Stores {
        std::unique_ptr<store::ResultStore> results;
        std::unique_ptr<queue::JobStore> jobs;
    };

    [[nodiscard]] Result<Stores> openStores() const;
    [[nodiscard]] const PlannedBatch& batchOf(const CallJob& job) const;
    [[nodiscard]] StageClock& stagesOf(const CallJob& job);
    void prepareCalls(const std::function<bool()>& wanted);
    [[nodiscard]] Status prepare(CallJob& job, store::ResultStore& store);
    [[nodiscard]] Status readRecording(CallJob& job, store::ResultStore& store);
    [[nodiscard]] Status findSound(CallJob& job, store::ResultStore& store);
    void copySound(CallJob& job);
    [[nodiscard]] const SpeechModel* modelFor(const CallJob& job);
    [[nodiscard]] const SpeechModel* smallerModel(queue::BatchId batch, const SpeechModel& model);
    [[nodiscard]] std::optional<queue::NextTry> nextTry(const CallJob& job,
                                                        ErrorCode code,
                                                        queue::JobStore& jobs);
    [[nodiscard]] bool isToBeFetchedAgain(const CallJob& job) const;
    void finish(CallJob& job, Stores& stores);
    [[nodiscard]] queue::AttemptEnd endOf(const CallJob& job, queue::JobStore& jobs);
    void show(CallJob& job, std::string_view stage, double share);

    const WorkerSettings& settings_;
    WorkPlan plan_;
    WorkerObserver& observer_;
    StageClocks& stages_;
    ErrorJournal& journal_;
    const Clock& clock_;
    std::string name_;
    audio::ChildDecoder decoder_;
    BoundedQueue<CallJob*> ready_;
    CallsInHand calls_;
    WordFinder words_;

    std::mutex mutex_;  ///< of what follows
    /// SHA-256 of those that this worker has begun, each in its batch.
    std::set<std::pair<queue::BatchId, std::string>> recordings_;
    std::mt19937_64 random_{std::random_device{}()};                        ///< spreads retries
    int workers_;                                                           ///< wanted
    bool atWork_ = false;                                                   ///< there are preparers
    std::mutex smallerMutex_;                                               ///< of what follows
    std::map<queue::BatchId, std::shared_ptr<const SpeechModel>> smaller_;  ///< null: there is none
    std::mutex observerMutex_;
    ThreadTeam preparers_;  ///< last: the threads use the others
};

}  // namespace chat::pipeline
