#include "chat/pipeline/batch_progress.h"

#include <utility>

namespace chat::pipeline {

using queue::JobState;

BatchProgress::BatchProgress(RunObserver& observer,
                             std::span<const ListedBatch> batches,
                             std::function<void(queue::BatchId)> over)
    : observer_(observer)
    , over_(std::move(over)) {
    list(batches, batches.size() > 1);
}

void BatchProgress::add(const ListedBatch& batch) {
    list({&batch, 1}, true);
}

void BatchProgress::list(std::span<const ListedBatch> batches, bool named) {
    std::vector<std::uint64_t> bytes;
    for (const auto& [batch, jobs] : batches) {
        const std::string before = named ? batch.name + ": " : "";
        for (const queue::Job& job : jobs) {
            bytes.push_back(job.bytes);
            calls_[job.id] = {calls_.size(), before + job.path, batch.id, false};
        }
    }
    observer_.listed(bytes);
    for (const auto& [batch, jobs] : batches) {
        for (const queue::Job& job : jobs) {
            if (job.state == JobState::Completed || job.state == JobState::Failed) {
                CallOutcome outcome;
                outcome.error = job.error;
                outcome.status = job.state == JobState::Failed ? report::CallStatus::Failed
                                                               : report::CallStatus::Analyzed;
                outcome.duration = job.duration;
                outcome.reused = true;
                tellEnded(calls_[job.id], std::move(outcome));
            } else if (job.state != JobState::Paused && job.state != JobState::Cancelled) {
                ++open_[batch.id];
            }
        }
    }
}

void BatchProgress::working(const queue::Job& job, std::string_view stage, double share) {
    working(job.id, stage, share);
}

void BatchProgress::ended(const queue::Job& job, const CallOutcome& outcome) {
    ended(job.id, outcome);
}

void BatchProgress::working(queue::JobId job, std::string_view stage, double share) {
    const auto call = calls_.find(job);
    if (call != calls_.end() && !call->second.ended) {
        observer_.working(call->second.place, call->second.path, stage, share);
    }
}

void BatchProgress::ended(queue::JobId job, CallOutcome outcome) {
    const auto call = calls_.find(job);
    if (call == calls_.end() || call->second.ended) {
        return;
    }
    tellEnded(call->second, std::move(outcome));
    std::size_t& open = open_[call->second.batch];
    if (open == 0) {
        return;
    }
    --open;
    if (open == 0) {
        over_(call->second.batch);
    }
}

void BatchProgress::tellEnded(Call& call, CallOutcome outcome) {
    call.ended = true;
    outcome.path = call.path;
    observer_.ended(call.place, outcome);
}

}  // namespace chat::pipeline
