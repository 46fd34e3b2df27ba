#pragma once

#include "chat/core/units.h"
#include "chat/queue/job.h"
#include "chat/report/report_model.h"

#include <pthread.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace chat::pipeline {

/// A stretch of a thread's work, for a trace. The clock is the machine's: other processes' spans compare.
struct StageSpan {
    std::string stage;
    queue::JobId job = 0;  ///< 0: of no call
    pid_t thread = 0;
    std::string threadName;
    std::chrono::steady_clock::time_point began;
    Seconds took{};
};

/// Wall time of the stages, summed over calls and threads; with `traced` also each stretch by itself. Any thread.
class StageClock {
  public:
    using Time = std::chrono::steady_clock::time_point;
    [[nodiscard]] static Time now() { return std::chrono::steady_clock::now(); }

    explicit StageClock(bool traced = false)
        : traced_(traced) {}

    /// The calling thread was at `stage` for so long, for a call (0: for none), and completed it for so many.
    void done(const std::string& stage,
              Seconds took,
              queue::JobId job,
              int calls = 1,
              Time ended = now()) {
        const std::scoped_lock lock(mutex_);
        report::StageTiming& timing = timings_[stage];
        timing.wall += took;
        timing.calls += calls;
        if (traced_ && took > Seconds{0}) {
            std::array<char, 16> name{};
            ::pthread_getname_np(::pthread_self(), name.data(), name.size());
            const auto began = ended - std::chrono::duration_cast<Time::duration>(took);
            spans_.push_back({stage, job, ::gettid(), name.data(), began, took});
        }
    }
    void reused(const std::string& stage) {
        const std::scoped_lock lock(mutex_);
        ++timings_[stage].reused;
    }

    /// Of a part of the run that was timed elsewhere.
    void add(const report::StageTiming& timing) {
        const std::scoped_lock lock(mutex_);
        report::StageTiming& all = timings_[timing.stage];
        all.wall += timing.wall;
        all.calls += timing.calls;
        all.reused += timing.reused;
    }

    /// What has come in since the last time.
    [[nodiscard]] std::vector<report::StageTiming> take() {
        const std::scoped_lock lock(mutex_);
        std::vector<report::StageTiming> taken;
        taken.reserve(timings_.size());
        for (const auto& [stage, timing] : timings_) {
            taken.push_back(timing);
            taken.back().stage = stage;
        }
        timings_.clear();
        return taken;
    }

    /// The stretches since the last time; none unless `traced`.
    [[nodiscard]] std::vector<StageSpan> takeSpans() {
        const std::scoped_lock lock(mutex_);
        return std::exchange(spans_, {});
    }

    /// In the order of the flow.
    [[nodiscard]] std::vector<report::StageTiming> timings() const {
        const std::scoped_lock lock(mutex_);
        std::vector<report::StageTiming> all;
        for (const char* stage : {"fetch",
                                  "read",
                                  "audio",
                                  "copy",
                                  "model",
                                  "windows",
                                  "transcribe",
                                  "analyze",
                                  "report"}) {
            if (const auto found = timings_.find(stage); found != timings_.end()) {
                all.push_back(found->second);
                all.back().stage = stage;
            }
        }
        return all;
    }

  private:
    mutable std::mutex mutex_;
    std::map<std::string, report::StageTiming> timings_;
    bool traced_;
    std::vector<StageSpan> spans_;
};

/// One for each batch. Threads that share it find all batches in it from the start.
using StageClocks = std::map<queue::BatchId, StageClock>;

}  // namespace chat::pipeline
