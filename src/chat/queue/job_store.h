#pragma once

#include "chat/queue/job_filter.h"
#include "chat/queue/job_states.h"
#include "chat/queue/recovery_strategy.h"

#include <array>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace chat::queue {

/// Answer to adding jobs. A duplicate is a call SID that the batch holds already; the order ID does not matter.
struct AddOutcome {
    std::size_t added = 0;
    std::size_t duplicates = 0;
    std::size_t total = 0;  ///< jobs that were given: added + duplicates
};

/// Calls that a search found, on their way into a batch.
struct Enqueuing {
    std::string batch;             ///< by name; made when it is not there
    std::int64_t retryBudget = 0;  ///< of a batch that is made
    std::vector<NewJob> jobs;
    /// Whose calls these are: their recordings are still to be fetched. None: they are on disk.
    std::optional<KeptSource> source;
    bool again = false;  ///< also those that another batch has
};

/// A call that the queue has already.
struct KnownCall {
    std::string sid;
    JobState state =
        JobState::Pending;  ///< of the job that tells most: one that is completed, else the newest
    std::string batch;
};

struct Enqueued {
    BatchId batch = 0;
    std::size_t added = 0;
    std::vector<KnownCall> known;  ///< were not added, in the order in which they were given
};

/// How much is fetched before it is worked on.
struct FetchBounds {
    std::size_t files = 0;
    std::uint64_t bytes = 0;
};

/// No lease is longer.
inline constexpr std::chrono::milliseconds kLongestLease{600'000};

struct ClaimRequest {
    std::string worker;  ///< name of the one who claims, unique among those at work
    std::chrono::milliseconds lease{60'000};
    std::vector<BatchId> batches;  ///< only of these, each named once; none: of any
    std::size_t count = 1;         ///< at most so many
    /// This job and no other.
    // NOLINTNEXTLINE(readability-redundant-member-init): may be left out
    std::optional<JobId> job{};
    /// Not to work on it but to fetch its recording, `count` 1 and with `batches`: the first job that awaits one, unless as much as this has
    /// been fetched of calls as urgent or more urgent and waits. Without this only jobs whose recording is there are claimed.
    // NOLINTNEXTLINE(readability-redundant-member-init): may be left out
    std::optional<FetchBounds> fetch{};
};

/// How an attempt ended. The move must be Complete, Fail, Wait or Return.
struct AttemptEnd {
    Move move = Move::Complete;
    std::string stage;              ///< in which it ended
    std::optional<Error> error;     ///< of Fail and Wait; of a Return only for the job's history
    std::optional<Time> notBefore;  ///< of Wait
    std::string recording;          ///< as in Job; empty where it was not read
    Seconds duration{};
    Seconds processing{};
    /// How the next attempt is made, for `error`: of Wait (absent: Retry), and of a Return that has one.
    std::optional<Strategy> strategy;
};

/// One attempt that has ended, for the job's history.
struct Attempt {
    JobId job = 0;
    int number = 0;  ///< from 1
    std::string worker;
    Time startedAt;
    Time endedAt;
    Move end = Move::Complete;  ///< Complete, Fail, Wait, Return or Cancel
    std::string stage;
    std::optional<Error> error;
    std::optional<Retrial> retrial;  ///< how it was made, after one that failed
};

/// A change that a person makes to many jobs at once.
struct Edit {
    enum class Kind : std::uint8_t {
        Pause,
        Resume,
        Retry,
        Cancel,
        Remove,
        Priority,
        Batch,
        Top,
        Bottom
    };
    Kind kind = Kind::Pause;
    int priority = kNormal;  ///< of Priority: kCritical to kLowest
    BatchId batch = 0;       ///< of Batch
};

/// What an edit of this kind does to each job.
[[nodiscard]] Move moveOf(Edit::Kind kind);

/// What became of one job of an edit.
struct EditAnswer {
    JobId job = 0;
    std::string sid;
    std::string refused;  ///< why it was not done; empty: done
};

struct EditOutcome {
    std::vector<EditAnswer> answers;  ///< in queue order
    std::size_t done = 0;
};

/// What the completed calls of a batch took.
struct BatchWork {
    std::size_t calls = 0;
    Seconds duration{};  ///< of their recordings
    Seconds
        processing{};  ///< of one worker's time; of stages that had been done before, what they took then
};

/// Jobs by state, in the order of JobState.
using StateCounts = std::array<std::size_t, 7>;

/// The durable queue. Several processes may work on one at once.
///
/// Each function is one short transaction; what it did survives the end of the process. Ends of attempts, edits and
/// additions also survive a power cut; claims and heartbeats need not (a lost claim is claimed again). An object belongs
/// to one thread.
///
/// Errors of all functions: those of the store. A lock held by another process never shows: it is waited for.
class JobStore {
  public:
    virtual ~JobStore() = default;
    JobStore(const JobStore&) = delete;
    JobStore& operator=(const JobStore&) = delete;
    JobStore(JobStore&&) = delete;
    JobStore& operator=(JobStore&&) = delete;

    /// Errors: Q_VAL_BATCH_EXISTS.
    [[nodiscard]] virtual Result<BatchId> createBatch(const std::string& name,
                                                      const std::string& settings,
                                                      std::int64_t retryBudget) = 0;
    [[nodiscard]] virtual Result<std::vector<Batch>> batches() = 0;  ///< newest first
    [[nodiscard]] virtual Result<std::optional<Batch>> batch(const std::string& name) = 0;
    [[nodiscard]] virtual Status setBatchSettings(BatchId batch, const std::string& settings) = 0;
    [[nodiscard]] virtual Status setFinishBy(BatchId batch, std::optional<Time> time) = 0;

    /// All or none. New jobs go behind those of their priority. Errors: Q_DATA_BATCH_MISSING.
    [[nodiscard]] virtual Result<AddOutcome> add(BatchId batch, std::span<const NewJob> jobs) = 0;

    /// Adds, to a batch that is made for it where there is none, the calls that the queue does not have of this source, in
    /// whatever batch and state; with `again` those that this batch does not have. All or none.
    [[nodiscard]] virtual Result<Enqueued> enqueue(const Enqueuing& what) = 0;
    /// Which of these calls of a source (by its address; empty: of recordings on disk) the queue has.
    [[nodiscard]] virtual Result<std::vector<KnownCall>> known(
        const std::string& address, std::span<const std::string> sids) = 0;
    /// As it was given last. Errors: Q_UNK_GENERIC_ERROR where there is none.
    [[nodiscard]] virtual Result<KeptSource> source(SourceId id) = 0;

    /// The first pending jobs by priority, then rank, whatever their batch, for `request.worker` alone until the lease ends. Waiting jobs whose time
    /// has come, and running ones of others whose lease ran out, are pending again first: each exactly once, an expired lease
    /// counting as an attempt. A lease or a wait that ends later than any could was given before the clock was set back: the lease
    /// begins anew, the wait is over. Empty when nothing is pending.
    [[nodiscard]] virtual Result<std::vector<Job>> claim(const ClaimRequest& request) = 0;
    /// Renews the lease and notes how far the job is. False when the job is not this worker's any more: it was cancelled, or
    /// its lease ran out and a claim has taken it back; the work is to be dropped.
    [[nodiscard]] virtual Result<bool> heartbeat(JobId job,
                                                 const std::string& worker,
                                                 std::chrono::milliseconds lease,
                                                 const std::string& stage,
                                                 double progress) = 0;
    /// The recording that the worker claimed the job for has arrived: the job is pending, to be worked on, and this was no attempt. False as
    /// with `heartbeat`.
    [[nodiscard]] virtual Result<bool> fetched(JobId job,
                                               const std::string& worker,
                                               std::uint64_t bytes) = 0;
    /// Ends the attempt and records it. False, and nothing changed, when the job is not this worker's any more. A Wait takes
    /// one from the batch's retry budget, unless the next attempt is made in another way; with none left the job fails instead. A Return does not count as an attempt. After a Wait
    /// because of SYS_DATA_PATH_MISSING a recording that was fetched is fetched again.
    [[nodiscard]] virtual Result<bool> end(JobId job,
                                           const std::string& worker,
                                           const AttemptEnd& end) = 0;
    /// When the next waiting job of these batches (none: of any) is due or the next lease runs out; nothing when none waits or
    /// runs.
    [[nodiscard]] virtual Result<std::optional<Time>> nextDue(
        const std::vector<BatchId>& batches) = 0;

    /// A page of jobs; any page costs what the first does. `after` is a mark of the same filter and sort.
    /// Errors: Q_VAL_PAGE_MARK.
    [[nodiscard]] virtual Result<JobPage> list(const JobFilter& filter,
                                               const JobSort& sort,
                                               std::size_t limit,
                                               const std::optional<PageMark>& after) = 0;
    [[nodiscard]] virtual Result<StateCounts> counts(const JobFilter& filter) = 0;
    [[nodiscard]] virtual Result<BatchWork> work(BatchId batch) = 0;
    [[nodiscard]] virtual Result<std::vector<Attempt>> attempts(JobId job) = 0;
    /// What each strategy has come to against an error: attempts that completed, failed or wait, ended since then.
    [[nodiscard]] virtual Result<std::vector<StrategyRecord>> strategyRecords(
        const std::string& code, Time since) = 0;

    /// Does what can be done of `edit` on the jobs of `filter`, and says of each of the others why not. An edit of which
    /// nothing was done is not one that undo() takes back. Errors: Q_DATA_BATCH_MISSING.
    [[nodiscard]] virtual Result<EditOutcome> edit(const JobFilter& filter, const Edit& edit) = 0;
    /// Takes back the last edit that was not taken back: jobs are as they were before it, but for those that were running,
    /// which are pending again. Jobs that have made any move since are left alone, with the reason. Errors:
    /// Q_STATE_NOTHING_TO_UNDO.
    [[nodiscard]] virtual Result<EditOutcome> undo() = 0;

  protected:
    JobStore() = default;
};

/// Errors: Q_DATA_BATCH_MISSING.
[[nodiscard]] Result<Batch> batchNamed(JobStore& jobs, const std::string& name);

/// All pages of `list`. Jobs that move meanwhile may be missing or there twice, as with any paging.
[[nodiscard]] Result<std::vector<Job>> allJobs(JobStore& jobs,
                                               const JobFilter& filter,
                                               const JobSort& sort = {});

}  // namespace chat::queue
