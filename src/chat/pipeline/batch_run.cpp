#include "chat/pipeline/batch_run.h"

#include "chat/core/time_text.h"
#include "chat/pipeline/batch_jobs.h"
#include "chat/pipeline/batch_progress.h"
#include "chat/pipeline/batch_report.h"
#include "chat/pipeline/error_journal.h"
#include "chat/pipeline/report_assembly.h"
#include "chat/pipeline/sound_copies.h"
#include "chat/pipeline/supervisor.h"
#include "chat/pipeline/worker.h"
#include "chat/store/sqlite_job_store.h"

#include <algorithm>

namespace chat::pipeline {

namespace {

using queue::JobState;

Result<std::vector<queue::Job>> jobsOfBatch(queue::JobStore& jobs, queue::BatchId batch) {
    queue::JobFilter filter;
    filter.batch = batch;
    return queue::allJobs(jobs, filter, {queue::SortColumn::Added, false});
}

Validation validationOf(const std::vector<CallOutcome>& calls) {
    Validation validation;
    for (const CallOutcome& call : calls) {
        switch (call.status) {
            case report::CallStatus::Analyzed:
                ++validation.analyzed;
                break;
            case report::CallStatus::Stopped:
                ++validation.skipped;
                break;
            case report::CallStatus::Failed:
                ++(call.error && call.error->code == ErrorCode::SysDataPathMissing
                       ? validation.absent
                       : validation.failed);
                break;
        }
    }
    return validation;
}

/// A name that says when; another run of the same second gets a number.
Result<queue::Batch> newBatch(queue::JobStore& jobs,
                              const RunSettings& settings,
                              std::size_t calls,
                              const Clock& clock) {
    const std::string wanted = "analyze " + utcSecondText(clock.now());
    std::string name = wanted;
    auto made = jobs.createBatch(name, settings.settingsText, retryBudget(calls));
    for (int i = 2; !made && made.error().code == ErrorCode::QValBatchExists; ++i) {
        name = wanted + " " + std::to_string(i);
        made = jobs.createBatch(name, settings.settingsText, retryBudget(calls));
    }
    return made.map([&](queue::BatchId id) {
        queue::Batch batch;
        batch.id = id;
        batch.name = name;
        return batch;
    });
}

/// One batch on its way to its report.
class BatchRun {
  public:
    BatchRun(const RunSettings& settings, RunObserver& observer, const Clock& clock)
        : settings_(settings)
        , observer_(observer)
        , clock_(clock)
        , journal_({settings.storeFile, settings.logFolder, settings.version, settings.errorsKept},
                   clock)
        , began_(clock.steadyNow()) {
        outcome_.facts.startedAt = utcSecondText(clock.now());
    }

    RunOutcome& outcome() { return outcome_; }

    /// The report's folder is tried before any work is done.
    [[nodiscard]] Status begin() {
        auto writer =
            report::ReportWriter::begin(settings_.reportFolder, reportSettings(settings_));
        if (!writer) {
            return tl::unexpected(writer.error());
        }
        writer_ = std::move(*writer);
        observer_.gathering(writer_->audioFolder().parent_path());
        return {};
    }

    [[nodiscard]] ErrorJournal& journal() { return journal_; }

    [[nodiscard]] Result<RunOutcome> go(
        queue::JobStore& jobs,
        const queue::Batch& batch,
        const std::map<std::string, std::vector<std::string>>& otherPaths,
        const std::stop_token& stop) {
        outcome_.batch = batch.name;
        return work(jobs, batch.id, stop)
            .and_then([&] { return jobsOfBatch(jobs, batch.id); })
            .and_then([&](const std::vector<queue::Job>& ended) {
                return report(reportEntries(ended, otherPaths), stop);
            })
            .map([&] { return std::move(outcome_); });
    }

    /// What is open of the batch. Sound is copied where a report was begun.
    [[nodiscard]] Status work(queue::JobStore& jobs,
                              queue::BatchId batch,
                              const std::stop_token& stop) {
        auto listed = jobsOfBatch(jobs, batch);
        if (!listed) {
            return tl::unexpected(listed.error());
        }
        BatchProgress progress(observer_, *listed);
        WorkPlan plan;
        plan.batch = batch;
        if (settings_.audio == AudioMode::Copy && writer_) {
            plan.copies = writer_->audioFolder();
        }
        const std::optional<WorkerProgram>& program = settings_.workerProgram;
        if (!program) {
            return workHere(jobs, plan, progress, stop);
        }
        if (!anythingToDo(*listed, plan)) {
            return {};
        }
        Supervisor supervisor(
            settings_, *program, std::move(plan), jobs, progress, stageClock_, journal_, stop);
        auto done = supervisor.go();
        workersMemory_ = supervisor.peakMemory();
        return done;
    }

  private:
    /// What workers' processes do otherwise.
    [[nodiscard]] Status workHere(queue::JobStore& jobs,
                                  const WorkPlan& plan,
                                  BatchProgress& progress,
                                  const std::stop_token& stop) {
        return Worker(settings_, plan, progress, stageClock_, journal_, clock_, stop)
            .go()
            .and_then([&] { return jobsOfBatch(jobs, plan.batch); })
            .map([&](const std::vector<queue::Job>& ended) {
                if (!plan.copies.empty()) {
                    placeMissingSound(ended, plan.copies, settings_.workers, stop);
                }
            });
    }

    [[nodiscard]] static bool anythingToDo(const std::vector<queue::Job>& jobs,
                                           const WorkPlan& plan) {
        return std::ranges::any_of(jobs,
                                   [](const queue::Job& job) {
                                       return job.state == JobState::Pending ||
                                              job.state == JobState::Waiting ||
                                              job.state == JobState::Running;
                                   }) ||
               (!plan.copies.empty() && soundIsMissing(jobs, plan.copies));
    }

    [[nodiscard]] Status report(const std::vector<ReportEntry>& entries,
                                const std::stop_token& stop) {
        auto store = store::ResultStore::open(settings_.storeFile, clock_);
        if (!store) {
            return tl::unexpected(store.error());
        }
        removeUnfinishedSound(writer_->audioFolder());
        const auto began = StageClock::now();
        if (auto added = reportBatch(settings_, entries, **store, *writer_, outcome_); !added) {
            return added;
        }
        stageClock_.done("report", StageClock::now() - began, static_cast<int>(entries.size()));
        outcome_.validation = validationOf(outcome_.calls);
        outcome_.facts.model = settings_.model ? settings_.model->name : "";
        outcome_.facts.complete = !stop.stop_requested();
        for (const Warning& warning : outcome_.warnings) {
            outcome_.facts.notes.push_back(warning.text);
        }
        concludeRun(outcome_, settings_, writer_->summary(), stageClock_, clock_, began_);
        outcome_.facts.peakMemoryBytes += workersMemory_;
        return writer_->finish(outcome_.facts).map([&] {
            noteWritten(settings_, recordingsOf(entries), clock_, outcome_.facts);
        });
    }

    static std::vector<std::string> recordingsOf(const std::vector<ReportEntry>& entries) {
        std::vector<std::string> recordings;
        recordings.reserve(entries.size());
        for (const ReportEntry& entry : entries) {
            recordings.push_back(entry.jobs.front()->recording);
        }
        return recordings;
    }

    const RunSettings& settings_;
    RunObserver& observer_;
    const Clock& clock_;
    ErrorJournal journal_;
    std::chrono::steady_clock::time_point began_;
    StageClock stageClock_;
    std::uint64_t workersMemory_ = 0;  ///< the most that the workers' processes had
    std::unique_ptr<report::ReportWriter> writer_;
    RunOutcome outcome_;
};

}  // namespace

Result<RunOutcome> runBatch(const RunSettings& settings,
                            const std::string& batch,
                            RunObserver& observer,
                            const Clock& clock,
                            const std::stop_token& stop) {
    auto jobs = store::openJobStore(settings.storeFile, clock);
    if (!jobs) {
        return tl::unexpected(jobs.error());
    }
    auto found = (*jobs)->batch(batch);
    if (!found) {
        return tl::unexpected(found.error());
    }
    const std::optional<queue::Batch> known = std::move(*found);
    if (!known) {
        return fail(ErrorCode::QDataBatchMissing, "There is no batch named " + batch);
    }
    BatchRun run(settings, observer, clock);
    return run.begin()
        .and_then([&] { return (*jobs)->setBatchSettings(known->id, settings.settingsText); })
        .and_then([&] { return (*jobs)->setFinishBy(known->id, settings.finishBy); })
        .and_then([&] { return run.go(**jobs, *known, {}, stop); });
}

Status workOff(const RunSettings& settings,
               const queue::Batch& batch,
               RunObserver& observer,
               const Clock& clock,
               const std::stop_token& stop) {
    auto jobs = store::openJobStore(settings.storeFile, clock);
    if (!jobs) {
        return tl::unexpected(jobs.error());
    }
    return BatchRun(settings, observer, clock).work(**jobs, batch.id, stop);
}

Result<RunOutcome> analyzeRecordings(const RunSettings& settings,
                                     RunObserver& observer,
                                     const Clock& clock,
                                     const std::stop_token& stop) {
    auto listing = source::listRecordings(settings.paths, settings.listing);
    if (!listing) {
        return tl::unexpected(listing.error());
    }
    auto jobs = store::openJobStore(settings.storeFile, clock);
    if (!jobs) {
        return tl::unexpected(jobs.error());
    }
    BatchRun run(settings, observer, clock);
    run.outcome().warnings = std::move(listing->warnings);
    if (auto begun = run.begin(); !begun) {
        return tl::unexpected(begun.error());
    }
    auto calls = jobsOf(listing->recordings, stop);
    if (!calls) {
        return tl::unexpected(calls.error());
    }
    const auto time = learntTime(**jobs);
    if (!time) {
        return tl::unexpected(time.error());
    }
    planPlaces(calls->jobs, *time, settings.workers);
    const auto batch = newBatch(**jobs, settings, calls->jobs.size(), clock);
    if (!batch) {
        return tl::unexpected(batch.error());
    }
    return (*jobs)
        ->setFinishBy(batch->id, settings.finishBy)
        .and_then([&] { return (*jobs)->add(batch->id, calls->jobs); })
        .and_then([&](const queue::AddOutcome&) { return jobsOfBatch(**jobs, batch->id); })
        .and_then([&](const std::vector<queue::Job>& added) {
            noteUnread(added, run.journal());
            return run.go(**jobs, *batch, calls->otherPaths, stop);
        });
}

}  // namespace chat::pipeline
