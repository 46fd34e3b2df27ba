#pragma once

#include "chat/core/units.h"
#include "chat/queue/job.h"
#include "chat/report/report_model.h"

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace chat::pipeline {

/// Wall time of the stages, summed over calls and threads. Any thread.
class StageClock {
  public:
    using Time = std::chrono::steady_clock::time_point;
    [[nodiscard]] static Time now() { return std::chrono::steady_clock::now(); }

    void done(const std::string& stage, Seconds took, int calls = 1) {
        const std::scoped_lock lock(mutex_);
        report::StageTiming& timing = timings_[stage];
        timing.wall += took;
        timing.calls += calls;
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

    /// In the order of the flow.
    [[nodiscard]] std::vector<report::StageTiming> timings() const {
        const std::scoped_lock lock(mutex_);
        std::vector<report::StageTiming> all;
        for (const char* stage :
             {"read", "audio", "copy", "model", "windows", "transcribe", "analyze", "report"}) {
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
};

/// One for each batch. Threads that share it find all batches in it from the start.
using StageClocks = std::map<queue::BatchId, StageClock>;

}  // namespace chat::pipeline
