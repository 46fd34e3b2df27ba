#include "chat/pipeline/calls_in_hand.h"

#include "chat/core/machine.h"
#include "chat/core/memory_use.h"
#include "chat/queue/worker_name.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace chat::pipeline {

namespace {

/// Others may end or put off jobs; nothing else tells of it.
constexpr std::chrono::milliseconds kLook{500};

/// Memory that was freed is kept for the next call, and given back that often: kept for ever it is cut into smaller and smaller
/// pieces, beside which more and more is asked for.
constexpr std::chrono::seconds kKeepMemory{2};

}  // namespace

std::string nextWorkerName() {
    static std::atomic<int> count = 0;
    return queue::WorkerName{hostName(), ::getpid(), ++count}.text();
}

CallsInHand::CallsInHand(const WorkerSettings& settings,
                         const WorkPlan& plan,
                         std::string worker,
                         ErrorJournal& journal,
                         const Clock& clock,
                         std::stop_token stop)
    : settings_(settings)
    , batches_(plan.ids())
    , only_(plan.only)
    , worker_(std::move(worker))
    , journal_(journal)
    , clock_(clock)
    , stop_(std::move(stop)) {}

void CallsInHand::beginLeases() {
    leases_ = std::make_unique<LeaseKeeper>(
        settings_.storeFile, worker_, clock_, [this](const Error& error) { giveUp(error); });
}

CallJob* CallsInHand::claim(queue::JobStore& jobs) {
    if (!mayBegin()) {
        return nullptr;
    }
    CallJob* const job = claimNext(jobs);
    const std::scoped_lock lock(mutex_);
    --claiming_;
    changed_.notify_all();
    return job;
}

/// Whether a call may be begun: the run goes on, and there is memory for it or no other call.
bool CallsInHand::mayBegin() {
    const bool memoryShort = memoryShareInUse() > settings_.mostMemory;
    if (memoryShort) {
        returnFreedMemory();
    }
    memoryShort_ = memoryShort;
    const std::scoped_lock lock(mutex_);
    if (stop_.stop_requested() || error_ || (only_ && onlyTaken_)) {
        return false;
    }
    if (waiting_ > 0 || alone_ != nullptr) {
        return false;
    }
    if (memoryShort && claiming_ + calls_.size() > 0) {
        return false;
    }
    onlyTaken_ = true;
    ++claiming_;
    return true;
}

CallJob* CallsInHand::claimNext(queue::JobStore& jobs) {
    auto claimed = jobs.claim({worker_, kLease, batches_, 1, only_});
    if (!claimed) {
        giveUp(claimed.error());
        return nullptr;
    }
    if (claimed->empty()) {
        return nullptr;
    }
    if (stop_.stop_requested()) {
        // It may be one that another thread has just given back, and whose end was told.
        queue::AttemptEnd back;
        back.move = queue::Move::Return;
        if (auto ended = jobs.end(claimed->front().id, worker_, back); !ended) {
            giveUp(ended.error());
        }
        return nullptr;
    }
    auto job = std::make_unique<CallJob>(std::move(claimed->front()), stop_);
    job->outcome.path = job->queued.path;
    job->outcome.reused = true;
    leases_->hold(*job);
    const std::scoped_lock lock(mutex_);
    CallJob* const call = job.get();
    calls_.emplace(call, std::move(job));
    return call;
}

void CallsInHand::awaitTurn(CallJob& job) {
    if (!job.isMadeBy(Strategy::RetryAlone)) {
        return;
    }
    std::unique_lock lock(mutex_);
    ++waiting_;
    const bool turn = changed_.wait(lock, job.stop.get_token(), [&] {
        return alone_ == nullptr && claiming_ == 0 && calls_.size() == waiting_;
    });
    --waiting_;
    if (turn) {
        alone_ = &job;
    }
    changed_.notify_all();
}

Result<bool> CallsInHand::awaitMore(queue::JobStore& jobs) {
    bool stopping = false;
    bool idle = false;
    bool held = false;  // nothing is begun, whatever is due
    {
        const std::scoped_lock lock(mutex_);
        stopping = stop_.stop_requested() || error_;
        idle = calls_.empty();
        held = waiting_ > 0 || alone_ != nullptr;
    }
    std::chrono::milliseconds wait = kLook;
    if (stopping || only_) {
        if (idle) {
            return false;
        }
    } else {
        auto open = anyOpen(jobs);
        if (!open || !*open) {
            return open;
        }
        const auto asked = jobs.nextDue(batches_);
        if (!asked) {
            return tl::unexpected(asked.error());
        }
        if (const std::optional<queue::Time> due = *asked; due && !memoryShort_ && !held) {
            wait = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(*due - clock_.now()),
                              std::chrono::milliseconds(1),
                              kLook);
        }
    }
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, wait);
    return true;
}

Result<bool> CallsInHand::anyOpen(queue::JobStore& jobs) const {
    queue::JobFilter open;
    open.states = {queue::JobState::Pending, queue::JobState::Running, queue::JobState::Waiting};
    for (const queue::BatchId batch : batches_) {
        open.batch = batch;
        const auto counts = jobs.counts(open);
        if (!counts) {
            return tl::unexpected(counts.error());
        }
        if (std::ranges::any_of(*counts, [](std::size_t count) { return count > 0; })) {
            return true;
        }
    }
    return false;
}

void CallsInHand::letGo(CallJob& job) {
    leases_->letGo(job);
    bool last = false;
    {
        const std::scoped_lock lock(mutex_);
        if (alone_ == &job) {
            alone_ = nullptr;
        }
        calls_.erase(&job);
        last = calls_.empty();
        changed_.notify_all();
    }
    const auto now = clock_.steadyNow().time_since_epoch();
    auto before = memoryReturned_.load();
    if ((last || now - before >= kKeepMemory) &&
        memoryReturned_.compare_exchange_strong(before, now)) {
        returnFreedMemory();
    }
}

void CallsInHand::giveUp(const Error& error) {
    {
        const std::scoped_lock lock(mutex_);
        if (error_) {
            return;
        }
        error_ = error;
        changed_.notify_all();
    }
    ErrorContext context;
    if (batches_.size() == 1) {
        context.batch = batches_.front();
    }
    context.operation = "queue";
    context.worker = worker_;
    journal_.note(error, context);
}

Status CallsInHand::status() {
    const std::scoped_lock lock(mutex_);
    return error_ ? Status(tl::unexpected(*error_)) : Status();
}

}  // namespace chat::pipeline
