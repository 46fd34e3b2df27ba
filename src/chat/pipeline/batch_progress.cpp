#include "chat/pipeline/batch_progress.h"

#include <utility>

namespace chat::pipeline {

using queue::JobState;

BatchProgress::BatchProgress(RunObserver& observer, std::span<const queue::Job> jobs)
    : observer_(observer) {
    std::vector<std::uint64_t> bytes;
    bytes.reserve(jobs.size());
    for (const queue::Job& job : jobs) {
        bytes.push_back(job.bytes);
        calls_[job.id] = {calls_.size(), job.path, false};
    }
    observer_.listed(bytes);
    for (const queue::Job& job : jobs) {
        if (job.state == JobState::Completed || job.state == JobState::Failed) {
            CallOutcome outcome;
            outcome.error = job.error;
            outcome.status = job.state == JobState::Failed ? report::CallStatus::Failed
                                                           : report::CallStatus::Analyzed;
            outcome.duration = job.duration;
            outcome.reused = true;
            ended(job.id, std::move(outcome));
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
    if (call != calls_.end() && !std::exchange(call->second.ended, true)) {
        outcome.path = call->second.path;
        observer_.ended(call->second.place, outcome);
    }
}

}  // namespace chat::pipeline
