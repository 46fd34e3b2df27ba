#pragma once

#include "chat/core/recording.h"
#include "chat/pipeline/call_job.h"
#include "chat/pipeline/error_journal.h"
#include "chat/queue/job_store.h"

#include <span>
#include <string_view>

namespace chat::pipeline {

/// Keeps why an attempt at a call failed, and whether it is tried again. Nothing for one that did not fail. Any thread.
void noteEnd(ErrorJournal& journal, const CallJob& job, const queue::AttemptEnd& end);

/// Keeps what a stage warned of, each code once a call: what is wrong with a recording tells of recorders and lines, so it
/// is kept beside what failed. What the speech engine was unsure of is part of its work and stands in the report.
void noteWarnings(ErrorJournal& journal,
                  const CallJob& job,
                  std::span<const Warning> warnings,
                  std::string_view stage);

}  // namespace chat::pipeline
