#pragma once

#include "chat/core/clock.h"
#include "chat/pipeline/call_job.h"
#include "chat/pipeline/error_journal.h"
#include "chat/pipeline/lease_keeper.h"
#include "chat/pipeline/thread_team.h"
#include "chat/queue/job_store.h"
#include "chat/source/call_source.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <vector>

namespace chat::pipeline {

using OpenSource =
    std::function<Result<std::unique_ptr<source::CallSource>>(const queue::KeptSource&)>;

/// The telephone system that the settings describe. The clock outlives it. Errors: CFG_VAL_SETTING, those of `openTelephony`.
[[nodiscard]] Result<std::unique_ptr<source::CallSource>> openKept(const queue::KeptSource& kept,
                                                                   const Clock& clock);

/// Brings the recordings of telephone systems to where the calls of the batches expect them, in the order of the queue and ahead of the
/// workers, from the making of the object to its end.
///
/// A job is claimed for that as for work on it, and given back when its recording is there; several programs may do so at once. A
/// download that fails is a failed attempt at its job at the stage "fetch", tried again as the retry policy says. While a system
/// as a whole cannot be reached (API_STATE_HOST_PAUSED) its calls are not blamed for `kPatience`. What has arrived of a recording
/// stays, and whoever comes next goes on from there.
///
/// Threads: "chat-fetch", `kConnections` once there is anything to fetch and one before, each with a connection of its own to the
/// queue, of which one at a time asks for the next job; and a keeper of leases.
class Downloads {
  public:
    /// As many as a telephone system is asked at once, unless its file says otherwise.
    static constexpr int kConnections = 8;
    /// Enough for the workers to go on through a short outage, and little beside what the disk of a store holds.
    static constexpr queue::FetchBounds kAhead{32, 512ULL << 20U};
    static constexpr std::chrono::minutes kPatience{10};

    /// A recording that has arrived, or never will.
    struct Ended {
        queue::JobId job = 0;
        queue::BatchId batch = 0;
        Seconds took{};
        std::optional<Error> failed;  ///< for good
    };

    Downloads(const WorkerSettings& settings,
              OpenSource open,
              ErrorJournal& journal,
              const Clock& clock,
              const std::stop_token& stop);
    /// Downloads in hand end within a second; their jobs go back to the queue.
    ~Downloads();
    Downloads(const Downloads&) = delete;
    Downloads& operator=(const Downloads&) = delete;
    Downloads(Downloads&&) = delete;
    Downloads& operator=(Downloads&&) = delete;

    /// From now on the recordings of these batches; none at first. Any thread.
    void setBatches(std::vector<queue::BatchId> batches);
    /// Downloads that have ended since this was last asked. Any thread.
    [[nodiscard]] std::vector<Ended> takeEnded();

  private:
    /// A telephone system while this is at work.
    struct System {
        std::unique_ptr<source::CallSource> source;
        std::optional<Error> error;  ///< it cannot be opened
        std::optional<std::chrono::steady_clock::time_point> downSince;
    };

    void fetchCalls(const std::function<bool()>& wanted);
    [[nodiscard]] std::vector<queue::BatchId> batches();
    [[nodiscard]] std::optional<queue::Job> next(queue::JobStore& jobs);
    void fetch(queue::Job claimed, queue::JobStore& jobs);
    [[nodiscard]] Status bring(CallJob& call, System& system);
    [[nodiscard]] System& systemOf(queue::SourceId id, queue::JobStore& jobs);
    /// Whether the system is away, and not for so long that its calls are to answer for it.
    [[nodiscard]] bool isAway(System& system, const Status& brought);
    [[nodiscard]] queue::AttemptEnd endOf(const CallJob& call, const Error& error);

    const WorkerSettings& settings_;
    OpenSource open_;
    ErrorJournal& journal_;
    const Clock& clock_;
    std::string name_;  ///< in the queue
    std::stop_source stop_;
    std::stop_callback<std::function<void()>> runStopped_;
    std::mutex asking_;  ///< held by the thread that asks the queue
    std::mutex mutex_;   ///< of what follows
    std::vector<queue::BatchId> batches_;
    std::map<queue::SourceId, System> systems_;
    std::vector<Ended> ended_;
    std::mt19937_64 random_{std::random_device{}()};  ///< spreads retries
    LeaseKeeper leases_;
    ThreadTeam team_;  ///< last: its threads use the others
};

}  // namespace chat::pipeline
