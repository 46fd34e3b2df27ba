#pragma once

#include "chat/core/units.h"
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

}  // namespace chat::pipeline
