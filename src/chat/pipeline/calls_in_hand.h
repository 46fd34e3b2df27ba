#pragma once

#include "chat/core/clock.h"
#include "chat/pipeline/call_job.h"
#include "chat/pipeline/error_journal.h"
#include "chat/pipeline/lease_keeper.h"
#include "chat/pipeline/worker_messages.h"
#include "chat/queue/job_store.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace chat::pipeline {

/// A name for who claims calls, unique among all that share a store, on whatever machine.
[[nodiscard]] std::string nextWorkerName();

/// The calls that a worker has in hand: claimed in the queue's order from all batches of its plan, and held under leases that are renewed until they are let go.
///
/// While more of the memory that there is than `settings.mostMemory` is in use, none is claimed, and freed memory goes back to the
/// system; but one is always in hand: others may need the memory for ever. Any thread, each with a connection of its own to
/// the queue.
class CallsInHand {
  public:
    /// `worker`: the name in the queue.
    CallsInHand(const WorkerSettings& settings,
                const WorkPlan& plan,
                std::string worker,
                ErrorJournal& journal,
                const Clock& clock,
                std::stop_token stop);

    /// To be called before the first claim, and after the last call was let go.
    void beginLeases();
    void endLeases() { leases_.reset(); }

    /// The next call; null when there is none now, or none is to be begun any more.
    [[nodiscard]] CallJob* claim(queue::JobStore& jobs);
    /// A call that is to be tried alone waits here until no other is in hand; none is begun meanwhile, nor while it is worked on. Others,
    /// and one that is stopped, do not wait.
    void awaitTurn(CallJob& job);
    /// Waits a moment for a job to become pending. False when none will, and none is in hand that could fail.
    [[nodiscard]] Result<bool> awaitMore(queue::JobStore& jobs);
    /// The call is gone afterwards, and now and then the memory that calls took goes back to the system.
    void letGo(CallJob& job);

    /// The queue or the store cannot be used: nothing is claimed any more. The first reason is kept.
    void giveUp(const Error& error);
    [[nodiscard]] Status status();

    [[nodiscard]] bool memoryShort() const { return memoryShort_; }

  private:
    [[nodiscard]] bool mayBegin();
    [[nodiscard]] CallJob* claimNext(queue::JobStore& jobs);
    [[nodiscard]] Result<bool> anyOpen(queue::JobStore& jobs) const;

    const WorkerSettings& settings_;
    std::vector<queue::BatchId> batches_;
    std::optional<queue::JobId> only_;
    std::string worker_;
    ErrorJournal& journal_;
    const Clock& clock_;
    std::stop_token stop_;
    std::unique_ptr<LeaseKeeper> leases_;
    std::atomic<bool> memoryShort_ = false;
    /// When freed memory last went back, by a clock that only goes forward.
    std::atomic<std::chrono::steady_clock::duration> memoryReturned_ =
        std::chrono::steady_clock::duration::zero();

    std::mutex mutex_;                     ///< of what follows
    std::condition_variable_any changed_;  ///< a call was let go
    /// By themselves: a job that has just gone back may be claimed again before it is let go.
    std::map<const CallJob*, std::unique_ptr<CallJob>> calls_;
    std::optional<Error> error_;
    std::size_t claiming_ = 0;        ///< threads that are asking the queue for a call
    bool onlyTaken_ = false;          ///< the job that `plan.only` names was asked for
    std::size_t waiting_ = 0;         ///< calls that wait for their turn alone
    const CallJob* alone_ = nullptr;  ///< the call that has it
};

}  // namespace chat::pipeline
