#pragma once

#include "chat/pipeline/analyze_run.h"
#include "chat/queue/job_store.h"

#include <stop_token>
#include <string>

namespace chat::pipeline {

/// Works off what is open of a batch, with `settings` (whose `paths` and `listing` are not read), and writes its report into
/// `settings.reportFolder`. The settings are kept with the batch as `settingsText`, a JSON object, and so
/// is `finishBy`.
///
/// A recording that fails is reported and the others go on. Each finished stage of a recording is in the store before the
/// next begins. When stopped, windows in hand are finished, the other jobs stay in the queue, and the report is
/// written of what is done. Errors: Q_DATA_BATCH_MISSING; those of the store and of the report folder.
[[nodiscard]] Result<RunOutcome> runBatch(const RunSettings& settings,
                                          const std::string& batch,
                                          RunObserver& observer,
                                          const Clock& clock,
                                          const std::stop_token& stop);

/// The same without a report, and without keeping the settings: for a machine that helps.
[[nodiscard]] Status workOff(const RunSettings& settings,
                             const queue::Batch& batch,
                             RunObserver& observer,
                             const Clock& clock,
                             const std::stop_token& stop);

}  // namespace chat::pipeline
