#pragma once

#include "chat/pipeline/analyze_run.h"

#include <stop_token>

namespace chat::pipeline {

/// Analyzes every stored call anew with `settings.analysis` and `settings.rules`: neither the recordings nor a model
/// are needed, only what their sound and words were found to be.
///
/// Of each call the newest results of the present audio and transcription code are taken; calls without an
/// acoustic result (they failed, or an older version made it) are counted in a note. The analyses are stored; a
/// report is written when `settings.reportFolder` is not empty, with the sound as `settings.audio` says, which may be
/// Link (files that are still there) or None, and is noted in the store. Errors of calls are kept there and in the log. Used of
/// the settings beside these: storeFile, logFolder, errorsKept, workers, notes, version.
///
/// Errors: those of the store and of the report folder; AN_DATA_NOTHING_STORED when no call can be analyzed.
[[nodiscard]] Result<RunOutcome> reanalyzeStored(const RunSettings& settings,
                                                 RunObserver& observer,
                                                 const Clock& clock,
                                                 const std::stop_token& stop);

}  // namespace chat::pipeline
