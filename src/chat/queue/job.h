#pragma once

#include "chat/core/call.h"
#include "chat/core/error.h"
#include "chat/core/recording.h"
#include "chat/core/recovery_strategy.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace chat::queue {

using JobId = std::int64_t;
using BatchId = std::int64_t;
using SourceId = std::int64_t;
using Time = std::chrono::system_clock::time_point;

/// What a job is doing; `moves()` in job_states.h says how it gets from one to the other.
enum class JobState : std::uint8_t {
    Pending,    ///< may be claimed
    Paused,     ///< held back by a person
    Running,    ///< claimed, under a lease
    Waiting,    ///< failed, and will be tried again at `notBefore`
    Completed,  ///< its results are in the store
    Failed,     ///< will not be tried again by itself
    Cancelled,  ///< given up by a person
};

constexpr int kCritical = 1;
constexpr int kHigh = 2;
constexpr int kNormal = 3;
constexpr int kLowest = 5;

/// How an attempt after one that failed is made.
struct Retrial {
    Strategy strategy = Strategy::Retry;
    std::string because;  ///< code of the error that it is meant for
};

/// A call as it is put into the queue.
struct NewJob {
    CallAttributes call;         ///< `sid` must not be empty
    std::filesystem::path file;  ///< absolute path of its recording
    std::string path;            ///< as shown to people
    std::uint64_t bytes = 0;     ///< 0 where unknown
    int priority = kNormal;
    std::optional<Error>
        error;  ///< it cannot be read: the job is failed from the start, so that it is accounted for
    /// Place among the jobs that are added with it, from 0: they are ranked by it. None of them has one: as given.
    std::optional<std::int64_t> place;
};

/// A telephone system, with what it takes to ask it for a recording: where its credential lies, never the credential.
struct KeptSource {
    std::string address;           ///< tells one system from another
    std::filesystem::path folder;  ///< what paths in `settings` are relative to; absolute
    std::string settings;          ///< as its telephony file has them, TOML
};

/// One call's place in the queue.
struct Job {
    JobId id = 0;
    BatchId batch = 0;
    CallAttributes call;
    std::filesystem::path file;
    std::string path;
    std::uint64_t bytes = 0;
    int priority = kNormal;
    std::int64_t rank = 0;  ///< order within its priority; lower comes first
    JobState state = JobState::Pending;
    std::string stage;    ///< in hand, or the last one; empty before the first
    double progress = 0;  ///< of the whole job, 0-1
    int attempts = 0;     ///< begun so far; counted anew after a retry by hand
    Time addedAt;
    std::optional<Time> notBefore;  ///< of a waiting job
    std::optional<Time> startedAt;  ///< of the last attempt
    std::optional<Time> endedAt;    ///< completed, failed or cancelled
    std::string worker;             ///< who holds it, or held it last
    std::optional<Time> leaseUntil;
    std::optional<Error> error;  ///< the last one
    std::string recording;  ///< SHA-256 of the recording's bytes once it has been read; else empty
    Seconds duration{};     ///< of the recording once it is known
    Seconds processing{};   ///< time that its finished stages took
    std::optional<Retrial> retrial;  ///< of the attempt that comes, or that came last
    std::optional<SourceId>
        source;  ///< the telephone system that has its recording; none: it was on disk when it was added
    bool awaits = false;  ///< its recording is to be fetched to `file` before it is worked on
};

/// The jobs of one run, with the settings that they are run with.
struct Batch {
    BatchId id = 0;
    std::string name;      ///< unique
    std::string settings;  ///< JSON snapshot
    Time createdAt;
    std::optional<Time> finishBy;
    std::int64_t retries = 0;      ///< made so far
    std::int64_t retryBudget = 0;  ///< retries allowed over all its jobs
};

}  // namespace chat::queue
