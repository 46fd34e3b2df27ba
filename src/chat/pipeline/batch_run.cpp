#include "chat/pipeline/batch_run.h"

#include "chat/core/time_text.h"
#include "chat/pipeline/batch_jobs.h"
#include "chat/pipeline/batch_progress.h"
#include "chat/pipeline/downloads.h"
#include "chat/pipeline/error_journal.h"
#include "chat/pipeline/reported_batch.h"
#include "chat/pipeline/sound_copies.h"
#include "chat/pipeline/supervisor.h"
#include "chat/pipeline/trace_file.h"
#include "chat/pipeline/worker.h"
#include "chat/store/fetched_recordings.h"
#include "chat/store/sqlite_job_store.h"

#include <unistd.h>

#include <algorithm>
#include <set>
#include <utility>

namespace chat::pipeline {

namespace {

using queue::JobState;

bool isOpen(JobState state) {
    return state == JobState::Pending || state == JobState::Waiting || state == JobState::Running;
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

/// Batches that are worked on at once.
class Run {
  public:
    Run(const RunSettings& settings,
        queue::JobStore& jobs,
        RunObserver& observer,
        const Clock& clock,
        const std::stop_token& stop,
        NextBatch next = {})
        : settings_(settings)
        , jobs_(jobs)
        , observer_(observer)
        , clock_(clock)
        , stop_(stop)
        , next_(std::move(next))
        , journal_({settings.storeFile, settings.logFolder, settings.version, settings.errorsKept},
                   clock) {}

    [[nodiscard]] ErrorJournal& journal() { return journal_; }

    /// Must outlive this.
    void add(ReportedBatch& batch) {
        stages_.try_emplace(batch.batch.id, settings_.trace != nullptr);
        batches_.push_back(&batch);
    }

    enum class Reports : std::uint8_t { Written, None };

    /// Null, and `outcomes` has why, when it cannot be run. With a report its settings are kept with the batch.
    ReportedBatch* begin(const BatchToRun& one, Reports reports) {
        reports_ = reports;
        ReportedBatch& batch =
            *begun_.emplace_back(std::make_unique<ReportedBatch>(one.settings, clock_));
        const Status begun =
            queue::batchNamed(jobs_, one.name).and_then([&](queue::Batch known) -> Status {
                batch.batch = std::move(known);
                return reports == Reports::None ? Status() : beginReport(batch);
            });
        errors_.push_back(begun ? std::nullopt : std::optional(begun.error()));
        if (!begun) {
            return nullptr;
        }
        add(batch);
        return &batch;
    }

    /// Until nothing is open, and all reports that were begun are written.
    [[nodiscard]] Status go() {
        std::vector<ListedBatch> listed;
        for (const ReportedBatch* batch : batches_) {
            auto jobs = jobsOfBatch(jobs_, batch->batch.id);
            if (!jobs) {
                return tl::unexpected(jobs.error());
            }
            listed.push_back({batch->batch, std::move(*jobs)});
        }
        RunForecast forecast(forecastOf(), jobs_, clock_);
        BatchProgress progress(
            observer_, listed, forecast, [this](queue::BatchId batch) { ended(batch); });
        listed.clear();
        removeRecordings();
        downloads_.emplace(
            settings_,
            [this](const queue::KeptSource& kept) { return openKept(kept, clock_); },
            journal_,
            clock_,
            stop_);
        auto done = workAndReport(progress);
        downloads_.reset();
        return done;
    }

    /// Of the batches that `begin` was asked for, in order.
    [[nodiscard]] std::vector<Result<RunOutcome>> outcomes() {
        std::vector<Result<RunOutcome>> all;
        all.reserve(begun_.size());
        for (std::size_t i = 0; i < begun_.size(); ++i) {
            const std::optional<Error>& error = errors_[i];
            all.push_back(error ? Result<RunOutcome>(tl::unexpected(*error))
                                : std::move(*begun_[i]).outcome());
        }
        return all;
    }

  private:
    [[nodiscard]] Status beginReport(ReportedBatch& batch) {
        const RunSettings& settings = batch.settings();
        const queue::BatchId id = batch.batch.id;
        return batch.begin(observer_)
            .and_then([&] { return jobs_.setBatchSettings(id, settings.settingsText); })
            .and_then([&] { return jobs_.setFinishBy(id, settings.finishBy); });
    }

    [[nodiscard]] Status workAndReport(BatchProgress& progress) {
        for (;;) {
            if (auto worked = work(progress); !worked) {
                return worked;
            }
            tellOfDownloads(progress);
            if (stop_.stop_requested()) {
                downloads_
                    .reset();  // their jobs are back in the queue when the reports are written
            }
            if (isOneNext()) {
                if (auto taken = takeNext(progress); !taken) {
                    return taken;
                }
                continue;
            }
            if (!stop_.stop_requested()) {
                progress.finish();
            }
            for (ReportedBatch* batch : batches_) {
                if (batch->begun()) {
                    report(*batch);
                }
            }
            const auto again = beginAgain();
            if (!again || !*again) {
                return again.map([](bool) {});
            }
        }
    }

    [[nodiscard]] Status work(BatchProgress& progress) {
        WorkPlan plan;
        bool anything = false;
        for (const ReportedBatch* batch : batches_) {
            const auto [planned, added] = plan.batches.try_emplace(batch->batch.id, batch->plan());
            const auto jobs = jobsOfBatch(jobs_, batch->batch.id);
            if (!jobs) {
                return tl::unexpected(jobs.error());
            }
            const std::filesystem::path& copies = planned->second.copies;
            anything = anything || std::ranges::any_of(*jobs, isOpen, &queue::Job::state) ||
                       (!copies.empty() && soundIsMissing(*jobs, copies));
        }
        if (!anything) {
            return {};
        }
        if (std::optional<Downloads>& downloads = downloads_) {
            downloads->setBatches(plan.ids());
        }
        const std::optional<WorkerProgram>& program = settings_.workerProgram;
        if (!program) {
            return workHere(plan, progress);
        }
        Supervisor& supervisor = supervisor_.emplace(settings_,
                                                     *program,
                                                     std::move(plan),
                                                     jobs_,
                                                     progress,
                                                     stages_,
                                                     journal_,
                                                     stop_,
                                                     [this, &progress] {
                                                         tellOfDownloads(progress);
                                                         return isOneNext();
                                                     });
        auto done = supervisor.go();
        workersMemory_ = std::max(workersMemory_, supervisor.peakMemory());
        return done;
    }

    void tellOfDownloads(BatchProgress& progress) {
        std::optional<Downloads>& downloads = downloads_;
        if (!downloads) {
            return;
        }
        for (Downloads::Ended& ended : downloads->takeEnded()) {
            if (!ended.failed) {
                stages_.at(ended.batch).add({"fetch", ended.took, 1, 0});
                continue;
            }
            CallOutcome outcome;
            outcome.status = report::CallStatus::Failed;
            outcome.error = std::move(ended.failed);
            progress.ended(ended.job, std::move(outcome));
        }
    }

    /// Of telephone systems' recordings those that no call waits for and no report is to be made from.
    void removeRecordings() {
        if (reports_ == Reports::None) {
            return;
        }
        const auto isWanted = [this](const queue::Job& job) {
            if (isOpen(job.state) || job.state == JobState::Paused) {
                return true;
            }
            const auto batch = std::ranges::find(
                batches_, job.batch, [](const ReportedBatch* one) { return one->batch.id; });
            return job.state == JobState::Completed &&
                   (batch == batches_.end() || (*batch)->needsRecordings());
        };
        const auto removed = store::removeUnwanted(
            settings_.storeFile,
            [&](const std::vector<queue::Job>& jobs) {
                return std::ranges::any_of(jobs, isWanted);
            },
            clock_);
        if (!removed) {
            ErrorContext context;
            context.operation = "remove recordings";
            journal_.note(removed.error(), context);
        }
    }

    [[nodiscard]] RunForecast::Run forecastOf() const {
        RunForecast::Run run{settings_.storeFile, {}, std::nullopt, false, settings_.workers};
        std::set<std::string> models;
        for (const ReportedBatch* batch : batches_) {
            const std::optional<SpeechModel>& model = batch->settings().model;
            run.batches.push_back(batch->batch.id);
            run.findsWords = run.findsWords || model;
            models.insert(workName(model ? &*model : nullptr));
        }
        if (models.size() == 1) {
            run.model = *models.begin();
        }
        return run;
    }

    [[nodiscard]] bool isOneNext() {
        if (coming_ == nullptr && next_ && !stop_.stop_requested()) {
            coming_ = next_();
        }
        return coming_ != nullptr && !stop_.stop_requested();
    }

    [[nodiscard]] Status takeNext(BatchProgress& progress) {
        const ReportedBatch* batch = begin(*std::exchange(coming_, nullptr), reports_);
        if (batch == nullptr) {
            return {};
        }
        return jobsOfBatch(jobs_, batch->batch.id).map([&](std::vector<queue::Job> jobs) {
            progress.add({batch->batch, std::move(jobs)});
        });
    }

    /// What workers' processes do otherwise.
    [[nodiscard]] Status workHere(const WorkPlan& plan, BatchProgress& progress) {
        auto worked = Worker(settings_, plan, progress, stages_, journal_, clock_, stop_).go();
        for (const ReportedBatch* batch : batches_) {
            const std::filesystem::path copies = batch->plan().copies;
            if (!worked || copies.empty()) {
                continue;
            }
            worked = jobsOfBatch(jobs_, batch->batch.id).map([&](const auto& ended) {
                placeMissingSound(ended, copies, settings_.workers, stop_);
            });
        }
        return worked;
    }

    /// The last call of a batch that was listed has ended; its report need not wait for the other batches.
    void ended(queue::BatchId id) {
        const auto found = std::ranges::find(
            batches_, id, [](const ReportedBatch* batch) { return batch->batch.id; });
        if (batches_.size() == 1 || found == batches_.end() || !(*found)->begun()) {
            return;
        }
        // What goes wrong with the queue here goes wrong at the end too, and is said there.
        const auto jobs = jobsOfBatch(jobs_, id);
        const std::filesystem::path copies = (*found)->plan().copies;
        if (jobs && std::ranges::none_of(*jobs, isOpen, &queue::Job::state) &&
            (copies.empty() || !soundIsMissing(*jobs, copies))) {
            report(**found);
        }
    }

    void report(ReportedBatch& batch) {
        const std::uint64_t memory =
            std::max(workersMemory_, supervisor_ ? supervisor_->peakMemory() : 0);
        const auto written =
            batch.report(jobs_, stages_.at(batch.batch.id), memory, !stop_.stop_requested());
        if (settings_.trace != nullptr) {
            for (const StageSpan& span : stages_.at(batch.batch.id).takeSpans()) {
                settings_.trace->add(::getpid(), span);
            }
        }
        removeRecordings();
        if (written && batches_.size() > 1) {
            observer_.reported(batch.batch.name, batch.settings().reportFolder);
        }
    }

    /// Calls that were added to a batch after its report was written, and worked on, have to be in it.
    [[nodiscard]] Result<bool> beginAgain() {
        bool any = false;
        for (ReportedBatch* batch : batches_) {
            if (stop_.stop_requested()) {
                return false;
            }
            const auto outdated = batch->outdated(jobs_);
            if (!outdated) {
                return tl::unexpected(outdated.error());
            }
            any = (*outdated && batch->begin(observer_)) || any;
        }
        return any;
    }

    const RunSettings& settings_;
    queue::JobStore& jobs_;
    RunObserver& observer_;
    const Clock& clock_;
    std::stop_token stop_;
    NextBatch next_;
    ErrorJournal journal_;
    StageClocks stages_;
    std::vector<ReportedBatch*> batches_;
    const BatchToRun* coming_ = nullptr;  ///< it will be taken when the worker has ended
    Reports reports_ = Reports::Written;
    std::vector<std::unique_ptr<ReportedBatch>> begun_;
    std::vector<std::optional<Error>> errors_;  ///< of `begun_`
    std::optional<Downloads> downloads_;        ///< while it goes
    std::optional<Supervisor> supervisor_;
    std::uint64_t workersMemory_ = 0;  ///< the most that the workers' processes had
};

}  // namespace

Result<std::vector<Result<RunOutcome>>> runBatches(std::span<const BatchToRun> batches,
                                                   const NextBatch& next,
                                                   RunObserver& observer,
                                                   const Clock& clock,
                                                   const std::stop_token& stop) {
    const RunSettings& settings = batches.front().settings;
    auto jobs = store::openJobStore(settings.storeFile, clock);
    if (!jobs) {
        return tl::unexpected(jobs.error());
    }
    Run run(settings, **jobs, observer, clock, stop, next);
    bool any = false;
    for (const BatchToRun& one : batches) {
        any = run.begin(one, Run::Reports::Written) != nullptr || any;
    }
    if (any) {
        if (auto ran = run.go(); !ran) {
            return tl::unexpected(ran.error());
        }
    }
    return run.outcomes();
}

Result<RunOutcome> runBatch(const RunSettings& settings,
                            const std::string& batch,
                            RunObserver& observer,
                            const Clock& clock,
                            const std::stop_token& stop) {
    const BatchToRun one{batch, settings};
    auto outcomes = runBatches({&one, 1}, {}, observer, clock, stop);
    return outcomes ? std::move(outcomes->front()) : tl::unexpected(outcomes.error());
}

Status workOff(std::span<const BatchToRun> batches,
               const NextBatch& next,
               RunObserver& observer,
               const Clock& clock,
               const std::stop_token& stop) {
    const RunSettings& settings = batches.front().settings;
    auto jobs = store::openJobStore(settings.storeFile, clock);
    if (!jobs) {
        return tl::unexpected(jobs.error());
    }
    Run run(settings, **jobs, observer, clock, stop, next);
    bool any = false;
    for (const BatchToRun& one : batches) {
        any = run.begin(one, Run::Reports::None) != nullptr || any;
    }
    return any ? run.go() : Status();
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
    ReportedBatch batch(settings, clock);
    batch.warnings = std::move(listing->warnings);
    if (auto begun = batch.begin(observer); !begun) {
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
    auto made = newBatch(**jobs, settings, calls->jobs.size(), clock);
    if (!made) {
        return tl::unexpected(made.error());
    }
    batch.batch = std::move(*made);
    batch.otherPaths = std::move(calls->otherPaths);
    Run run(settings, **jobs, observer, clock, stop);
    run.add(batch);
    return (*jobs)
        ->setFinishBy(batch.batch.id, settings.finishBy)
        .and_then([&] { return (*jobs)->add(batch.batch.id, calls->jobs); })
        .and_then([&](const queue::AddOutcome&) { return jobsOfBatch(**jobs, batch.batch.id); })
        .and_then([&](const std::vector<queue::Job>& added) {
            noteUnread(added, run.journal());
            return run.go();
        })
        .and_then([&] { return std::move(batch).outcome(); });
}

}  // namespace chat::pipeline
