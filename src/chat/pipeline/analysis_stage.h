#pragma once

#include "chat/pipeline/call_job.h"
#include "chat/pipeline/error_journal.h"
#include "chat/pipeline/stage_clock.h"

namespace chat::pipeline {

/// The last stage, once all windows of the call are heard: joins its words, and finds what they and its sound mean, from the store
/// where it is there already, unless `force` wants it anew. Both are stored, and what is wrong with the recording is kept in `journal`. Errors: those of
/// the store.
[[nodiscard]] Status analysisStage(CallJob& job,
                                   const CallSettings& settings,
                                   bool force,
                                   store::ResultStore& store,
                                   StageClock& stages,
                                   ErrorJournal& journal);

}  // namespace chat::pipeline
