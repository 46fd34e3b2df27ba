#include "chat/pipeline/batch_progress.h"

#include <utility>

namespace chat::pipeline {

using queue::JobState;

BatchProgress::BatchProgress(RunObserver& observer,
                             std::span<const ListedBatch> batches,
                             RunForecast& forecast,
                             std::function<void(queue::BatchId)> over)
    : observer_(observer)
    , forecast_(forecast)
    , over_(std::move(over)) {
    list(batches, batches.size() > 1);
}

void BatchProgress::add(const ListedBatch& batch) {
    forecast_.addBatch(batch.batch.id);
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

void BatchProgress::waits(const queue::Job& job) {
    waits(job.id);
}

void BatchProgress::waits(queue::JobId job) {
    forecast_.waits(job);
}

void BatchProgress::state(const WorkerState& state) {
    forecast_.workers(state.workers);
    observer_.state(state);
    tellExpected();
}

void BatchProgress::workerProcess(pid_t process) {
    forecast_.workerProcess(process);
    observer_.workerProcess(process);
}

void BatchProgress::finish() {
    forecast_.finish();
}

void BatchProgress::tellExpected() {
    if (const auto forecast = forecast_.look()) {
        observer_.expected(*forecast);
    }
}

void BatchProgress::working(queue::JobId job, std::string_view stage, double share) {
    forecast_.working(job, stage);
    const auto call = calls_.find(job);
    if (call != calls_.end() && !call->second.ended) {
        observer_.working(call->second.place, call->second.path, stage, share);
    }
}

void BatchProgress::ended(queue::JobId job, CallOutcome outcome) {
    forecast_.ended(job, outcome);
    const auto call = calls_.find(job);
    if (call == calls_.end() || call->second.ended) {
        return;
    }
    tellEnded(call->second, std::move(outcome));
    tellExpected();
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
