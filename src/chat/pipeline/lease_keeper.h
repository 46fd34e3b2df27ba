#pragma once

#include "chat/core/clock.h"
#include "chat/pipeline/call_job.h"
#include "chat/queue/job.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>

namespace chat::pipeline {

/// For how long a call is claimed: long enough for a machine that was busy or asleep for a moment, short enough that the
/// calls of a worker that died are soon tried again.
constexpr std::chrono::milliseconds kLease = std::chrono::seconds(60);

/// Renews the leases of the calls in hand, and tells the queue how far they are, from a thread of its own that ends with
/// the object. A call that the queue says is not this worker's any more (it was cancelled, or its lease ran out) is stopped.
class LeaseKeeper {
  public:
    /// `failed` is called once, from the thread, when the queue cannot be opened; no lease is renewed then.
    LeaseKeeper(std::filesystem::path storeFile,
                std::string worker,
                const Clock& clock,
                std::function<void(const Error&)> failed);

    /// Any thread. `job` must stay until it is let go of.
    void hold(CallJob& job);
    void letGo(CallJob& job);

  private:
    void keep(const std::stop_token& stop);

    std::filesystem::path storeFile_;
    std::string worker_;
    const Clock& clock_;
    std::function<void(const Error&)> failed_;
    std::mutex mutex_;  ///< of what follows
    std::set<CallJob*> held_;
    std::jthread thread_;  ///< last: it uses the others
};

}  // namespace chat::pipeline
