#include "chat/pipeline/lease_keeper.h"

#include "chat/core/backoff.h"
#include "chat/store/sqlite_job_store.h"

#include <vector>

namespace chat::pipeline {

namespace {

/// How soon a cancelled call is dropped, and how fresh the progress is that others see.
constexpr std::chrono::milliseconds kBeat = std::chrono::seconds(2);

}  // namespace

LeaseKeeper::LeaseKeeper(std::filesystem::path storeFile,
                         std::string worker,
                         const Clock& clock,
                         std::function<void(const Error&)> failed)
    : storeFile_(std::move(storeFile))
    , worker_(std::move(worker))
    , clock_(clock)
    , failed_(std::move(failed))
    , thread_([this](const std::stop_token& stop) { keep(stop); }) {}

void LeaseKeeper::hold(CallJob& job) {
    const std::scoped_lock lock(mutex_);
    held_.insert(&job);
}

void LeaseKeeper::letGo(CallJob& job) {
    const std::scoped_lock lock(mutex_);
    held_.erase(&job);
}

void LeaseKeeper::keep(const std::stop_token& stop) {
    auto jobs = store::openJobStore(storeFile_, clock_);
    if (!jobs) {
        failed_(jobs.error());
        return;
    }
    struct Held {
        CallJob* job = nullptr;
        queue::JobId id = 0;
        std::string stage;
        double share = 0;
    };
    while (waited(kBeat, stop)) {
        std::vector<Held> beats;
        {
            const std::scoped_lock held(mutex_);
            beats.reserve(held_.size());
            for (CallJob* const job : held_) {
                beats.push_back({job, job->queued.id, job->stage(), job->share()});
            }
        }
        for (const Held& one : beats) {
            // A store that cannot be asked now shows when the job ends.
            if (const auto ours = (*jobs)->heartbeat(one.id, worker_, kLease, one.stage, one.share);
                ours && !*ours) {
                const std::scoped_lock held(mutex_);
                if (held_.contains(one.job)) {
                    one.job->stop.request_stop();
                }
            }
        }
    }
}

}  // namespace chat::pipeline
