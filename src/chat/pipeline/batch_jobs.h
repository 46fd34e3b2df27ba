#pragma once

#include "chat/core/error.h"
#include "chat/core/units.h"
#include "chat/pipeline/processing_time.h"
#include "chat/queue/job_store.h"
#include "chat/source/recordings.h"

#include <map>
#include <stop_token>
#include <string>
#include <vector>

namespace chat::pipeline {

/// Listed recordings as calls for the queue.
struct BatchJobs {
    std::vector<queue::NewJob> jobs;  ///< one for each SID, in the order of the listing
    /// By SID: further files of the listing that have it, as shown to people.
    std::map<std::string, std::vector<std::string>> otherPaths;
};

/// Stands for the SID of a recording that has none and cannot be read.
[[nodiscard]] std::string unreadSid(const std::filesystem::path& file);

/// A recording's SID is what its manifest or name says, else the SHA-256 of its bytes, for which it is read. One that cannot be read
/// becomes a job with its error. Errors: SYS_STATE_STOPPED.
[[nodiscard]] Result<BatchJobs> jobsOf(const std::vector<source::SourceRecording>& recordings,
                                       const std::stop_token& stop);

/// How long a worker is busy with a call, learnt from the last 200 that ended well, whatever their batch and model.
/// Errors: those of the store.
[[nodiscard]] Result<ProcessingTime> learntTime(queue::JobStore& jobs);

/// Gives the jobs the places that planBatch plans for them, by lengths guessed from their files' sizes. Returns when the last
/// of them ends by `time`, if nothing else is to be done.
Seconds planPlaces(std::vector<queue::NewJob>& jobs, const ProcessingTime& time, int workers);

/// Length of a recording guessed from the size of its file and what the end of its name promises. Exact lengths would need
/// each file opened; within one format the order is the same.
[[nodiscard]] Seconds guessedLength(const std::filesystem::path& file, std::uint64_t bytes);

/// Retries that a batch of so many calls may take in all: one call in ten may fail in passing without the others
/// waiting for ever on a server or disk that is gone.
[[nodiscard]] std::int64_t retryBudget(std::size_t calls);

}  // namespace chat::pipeline
