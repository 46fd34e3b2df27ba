#pragma once

#include "chat/core/recording.h"
#include "chat/pipeline/call_job.h"
#include "chat/pipeline/error_journal.h"
#include "chat/queue/job_store.h"

#include <span>
#include <string_view>

namespace chat::pipeline {

/// Keeps why an attempt at a call failed, and whether it is tried again, and what it passed over. Any thread.
void noteEnd(ErrorJournal& journal, const CallJob& job, const queue::AttemptEnd& end);

/// What the store kept of a stage; nothing, with a note in `job`, where that is not what was stored: the stage is then done anew.
template <typename T>
[[nodiscard]] Result<std::optional<T>> usable(Result<std::optional<T>> kept, CallJob& job) {
    if (!kept && kept.error().code == ErrorCode::DbDataCheckpoint) {
        job.passedOver.push_back(kept.error());
        return std::nullopt;
    }
    return kept;
}

/// Keeps what a stage warned of, each code once a call: what is wrong with a recording tells of recorders and lines, so it
/// is kept beside what failed. What the speech engine was unsure of is part of its work and stands in the report.
void noteWarnings(ErrorJournal& journal,
                  const CallJob& job,
                  std::span<const Warning> warnings,
                  std::string_view stage);

}  // namespace chat::pipeline
