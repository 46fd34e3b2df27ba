#pragma once

#include "chat/pipeline/analyze_run.h"
#include "chat/queue/job_store.h"

#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace chat::pipeline {

/// A batch and how it is run. Of all batches of a run, WorkerSettings and how workers are started and watched are the same; so
/// they are read of the first.
struct BatchToRun {
    std::string name;
    RunSettings settings;  ///< `paths` and `listing` are not read
};

/// A batch that is to be run too, because its calls are the next in the queue; null: none now. It must stay as it is until the run
/// has ended.
using NextBatch = std::function<const BatchToRun*()>;

/// Works off what is open of `batches`, at least one, in the order of the queue whatever the batch, and writes the report of each
/// into its `reportFolder`. `next`, where given, is asked about once a second; calls in hand are given back for a batch
/// that came, and go on where they were in their order. The settings are kept with the batch as `settingsText`, a JSON object, and so is `finishBy`.
///
/// A recording that fails is reported and the others go on. Each finished stage of a recording is in the store before the
/// next begins. When stopped, windows in hand are finished, the other jobs stay in the queue, and the reports are
/// written of what is done.
///
/// Of several batches a report is written as soon as the batch's last call has ended, but for sound that is still to be copied of
/// calls that were done before the run: then at the end. A call that is added to a batch after that is worked on too, and
/// the report written once more.
///
/// Gives what became of each batch, in order, with those of `next` behind: the errors of one (Q_DATA_BATCH_MISSING, those of its report folder) do not keep
/// the others from being run. Errors: those of the store.
[[nodiscard]] Result<std::vector<Result<RunOutcome>>> runBatches(
    std::span<const BatchToRun> batches,
    const NextBatch& next,
    RunObserver& observer,
    const Clock& clock,
    const std::stop_token& stop);

/// The same for one.
[[nodiscard]] Result<RunOutcome> runBatch(const RunSettings& settings,
                                          const std::string& batch,
                                          RunObserver& observer,
                                          const Clock& clock,
                                          const std::stop_token& stop);

/// The same without reports, and without keeping the settings: for a machine that helps. A batch that is not there any more is
/// passed over. Errors: those of the store.
[[nodiscard]] Status workOff(std::span<const BatchToRun> batches,
                             const NextBatch& next,
                             RunObserver& observer,
                             const Clock& clock,
                             const std::stop_token& stop);

}  // namespace chat::pipeline
