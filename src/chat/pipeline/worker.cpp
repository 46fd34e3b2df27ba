#include "chat/pipeline/worker.h"

#include "chat/core/files.h"
#include "chat/core/memory_use.h"
#include "chat/core/sha256.h"
#include "chat/pipeline/analysis_stage.h"
#include "chat/pipeline/call_errors.h"
#include "chat/pipeline/sound_copies.h"
#include "chat/pipeline/sound_stage.h"
#include "chat/queue/recovery_strategy.h"
#include "chat/store/sqlite_job_store.h"

#include <algorithm>

namespace chat::pipeline {

Worker::Worker(const WorkerSettings& settings,
               WorkPlan plan,
               WorkerObserver& observer,
               StageClocks& stages,
               ErrorJournal& journal,
               const Clock& clock,
               const std::stop_token& stop)
    : settings_(settings)
    , plan_(std::move(plan))
    , observer_(observer)
    , stages_(stages)
    , journal_(journal)
    , clock_(clock)
    , name_(nextWorkerName())
    , ready_(waitingFor(settings.workers))
    , calls_(settings, plan_, name_, journal, clock, stop)
    , words_(
          settings,
          clock,
          {[this](CallJob& job, std::string_view stage, double share) { show(job, stage, share); },
           [this](CallJob& job) { ready_.put(&job, {}); }})
    , workers_(settings.workers)
    , preparers_(
          "chat-prepare",
          [this](const auto& wanted) { prepareCalls(wanted); },
          [this] { ready_.close(); }) {}

Result<Worker::Stores> Worker::openStores() const {
    auto results = store::ResultStore::open(settings_.storeFile, clock_);
    if (!results) {
        return tl::unexpected(results.error());
    }
    auto jobs = store::openJobStore(settings_.storeFile, clock_);
    if (!jobs) {
        return tl::unexpected(jobs.error());
    }
    return Stores{std::move(*results), std::move(*jobs)};
}

/// Only calls of the plan's batches are claimed.
const PlannedBatch& Worker::batchOf(const CallJob& job) const {
    return plan_.batches.at(job.queued.batch);
}

StageClock& Worker::stagesOf(const CallJob& job) {
    return stages_.at(job.queued.batch);
}

Status Worker::go() {
    auto stores = openStores();
    if (!stores) {
        return tl::unexpected(stores.error());
    }
    calls_.beginLeases();
    {
        const std::scoped_lock lock(mutex_);
        atWork_ = true;
        preparers_.resize(workers_);
    }
    while (const auto job = ready_.take({})) {
        finish(**job, *stores);
    }
    preparers_.join();
    words_.join();
    calls_.endLeases();  // its thread too tells of errors
    return calls_.status();
}

void Worker::setWorkers(int workers) {
    words_.setWorkers(workers);
    const std::scoped_lock lock(mutex_);
    workers_ = workers;
    ready_.setCapacity(waitingFor(workers));
    if (atWork_) {
        preparers_.resize(workers);
    }
}

WorkerState Worker::state() {
    WorkerState state;
    state.windows = words_.waiting();
    state.ready = ready_.size();
    state.memory = processMemory();
    state.memoryShort = calls_.memoryShort();
    const std::scoped_lock lock(mutex_);
    state.workers = std::max(1, workers_);
    return state;
}

void Worker::prepareCalls(const std::function<bool()>& wanted) {
    auto stores = openStores();
    if (!stores) {
        calls_.giveUp(stores.error());
        return;
    }
    while (wanted()) {
        if (CallJob* const job = calls_.claim(*stores->jobs)) {
            job->model = modelFor(*job);
            calls_.awaitTurn(*job);
            const Status prepared = prepare(*job, *stores->results);
            if (!prepared) {
                job->outcome.error = prepared.error();
            }
            words_.handedOver(*job);
            continue;
        }
        const auto more = calls_.awaitMore(*stores->jobs);
        if (!more) {
            calls_.giveUp(more.error());
        }
        if (!more || !*more) {
            return;
        }
    }
}

Status Worker::prepare(CallJob& job, store::ResultStore& store) {
    if (auto read = readRecording(job, store); !read || job.duplicate) {
        return read;
    }
    return findSound(job, store)
        .and_then([&] {
            return job.model != nullptr
                       ? words_.find(job, *job.model, decoder_, store, stagesOf(job))
                       : Status();
        })
        .map([&] { copySound(job); });
}

Status Worker::readRecording(CallJob& job, store::ResultStore& store) {
    show(job, "reading", 0);
    const auto began = StageClock::now();
    auto sum = sha256OfFile(job.queued.file, job.stop.get_token());
    if (!sum) {
        return tl::unexpected(sum.error());
    }
    stagesOf(job).done("read", StageClock::now() - began, job.queued.id);
    job.recording = std::move(*sum);
    CallAttributes attributes = job.queued.call;
    if (attributes.sid == job.recording) {
        attributes.sid.clear();
    }
    if (auto noted =
            store.noteCall({job.recording, job.queued.file, job.queued.path, std::move(attributes)},
                           fileBytes(job.queued.file));
        !noted) {
        return noted;
    }
    const std::scoped_lock lock(mutex_);
    job.duplicate = !recordings_.emplace(job.queued.batch, job.recording).second;
    return {};
}

Status Worker::findSound(CallJob& job, store::ResultStore& store) {
    const auto began = StageClock::now();
    const PlannedBatch& batch = batchOf(job);
    const double whole = batch.settings.model ? kSoundShare : 1.0;
    // The length is known only afterwards where the container does not say it.
    const auto progress = [&](Seconds done) {
        show(job, "sound", whole * (1 - 1 / (1 + done.count() / 60)));
    };
    progress({});
    const auto& copies = batch.copies;
    const auto copy = copies.empty() ? copies : soundCopyPath(copies, job.recording);
    const auto copying =
        soundStage(job, decoder_, store, settings_.force, copy, progress, job.stop.get_token());
    if (!copying) {
        return tl::unexpected(copying.error());
    }
    if (job.outcome.reused) {
        stagesOf(job).reused("audio");
    } else {
        stagesOf(job).done("audio", StageClock::now() - began - *copying, job.queued.id);
    }
    if (*copying > Seconds{0}) {
        stagesOf(job).done("copy", *copying, job.queued.id);
    }
    return {};
}

/// For an attempt that is made with a smaller model that one, where there is one.
const SpeechModel* Worker::modelFor(const CallJob& job) {
    const std::optional<SpeechModel>& model = batchOf(job).settings.model;
    if (!model) {
        return nullptr;
    }
    const SpeechModel* smaller =
        job.isMadeBy(Strategy::SmallerModel) ? smallerModel(job.queued.batch, *model) : nullptr;
    return smaller != nullptr ? smaller : &*model;
}

/// Looked for once for a batch: its sums are computed.
const SpeechModel* Worker::smallerModel(queue::BatchId batch, const SpeechModel& model) {
    const std::scoped_lock lock(smallerMutex_);
    auto known = smaller_.find(batch);
    if (known == smaller_.end()) {
        known = smaller_.emplace(batch, model.smaller ? model.smaller() : nullptr).first;
    }
    return known->second.get();
}

/// Unless the sound stage has made the copy. One that cannot be made fails nothing: the report says that it is missing.
void Worker::copySound(CallJob& job) {
    std::error_code error;
    const std::filesystem::path& copies = batchOf(job).copies;
    if (copies.empty() || std::filesystem::exists(soundCopyPath(copies, job.recording), error)) {
        return;
    }
    const auto began = StageClock::now();
    if (placeSoundCopy(decoder_, job.queued.file, job.recording, copies, job.stop.get_token())) {
        stagesOf(job).done("copy", StageClock::now() - began, job.queued.id);
    }
}

void Worker::finish(CallJob& job, Stores& stores) {
    CallOutcome& outcome = job.outcome;
    job.transcriber.reset();
    if (!outcome.error && job.hearing.error) {
        outcome.error = job.hearing.error;
    }
    if (!outcome.error && !job.duplicate) {
        if (auto analyzed = analysisStage(job,
                                          batchOf(job).settings,
                                          settings_.force,
                                          *stores.results,
                                          stagesOf(job),
                                          journal_);
            !analyzed) {
            outcome.error = analyzed.error();
        }
    }
    outcome.processing = outcome.took.total();
    const queue::AttemptEnd end = endOf(job, *stores.jobs);
    noteEnd(journal_, job, end);
    // A job that is not ours any more was cancelled, or given to another worker: what we say of it is not asked for.
    if (auto ended = stores.jobs->end(job.queued.id, name_, end); !ended) {
        calls_.giveUp(ended.error());
        outcome.error = outcome.error.value_or(ended.error());
    }
    if (!outcome.error) {
        outcome.status = report::CallStatus::Analyzed;
    } else if (end.move != queue::Move::Return) {
        outcome.status = report::CallStatus::Failed;
    }
    {
        const std::scoped_lock lock(observerMutex_);
        if (end.move == queue::Move::Wait) {
            observer_.waits(job.queued);
        } else {
            observer_.ended(job.queued, outcome);
        }
    }
    calls_.letGo(job);
}

/// By what was tried at this call, and what has helped against this error before. Without that knowledge, where the queue
/// fails, by the catalog alone.
std::optional<queue::NextTry> Worker::nextTry(const CallJob& job,
                                              ErrorCode code,
                                              queue::JobStore& jobs) {
    const std::string name(errorName(code));
    queue::Failure failure{
        code, job.queued.attempts, job.queued.priority, {}, settings_.maxAttempts};
    if (const auto before = jobs.attempts(job.queued.id)) {
        for (const queue::Attempt& attempt : *before) {
            if (attempt.retrial && attempt.retrial->because == name) {
                failure.tried.push_back(attempt.retrial->strategy);
            }
        }
    }
    if (job.queued.retrial && job.queued.retrial->because == name) {
        failure.tried.push_back(job.queued.retrial->strategy);
    }
    const auto records = jobs.strategyRecords(name, clock_.now() - queue::kRecordsCount);
    // A model that could not be loaded is not loaded anew for every call.
    const bool noModel = job.model != nullptr && words_.cannotLoad(*job.model);
    const auto possible = [&](Strategy strategy) {
        switch (strategy) {
            case Strategy::SmallerModel:
                return job.model != nullptr && job.model->smaller &&
                       smallerModel(job.queued.batch, *job.model) != nullptr;
            case Strategy::OtherDecoding:
                return audio::canDecodeByFrames(job.queued.file.extension().string());
            default:
                return !noModel;
        }
    };
    const std::scoped_lock lock(mutex_);
    auto next = queue::nextTry(
        failure, records.value_or(std::vector<queue::StrategyRecord>()), possible, random_);
    if (next && next->strategy == Strategy::Retry && noModel) {
        return std::nullopt;
    }
    return next;
}

/// A recording that was fetched and is not there any more, of which the queue takes note.
bool Worker::isToBeFetchedAgain(const CallJob& job) const {
    const std::optional<Error>& error = job.outcome.error;
    return job.queued.source && error && error->code == ErrorCode::SysDataPathMissing &&
           job.queued.attempts < settings_.maxAttempts;
}

queue::AttemptEnd Worker::endOf(const CallJob& job, queue::JobStore& jobs) {
    queue::AttemptEnd end;
    end.stage = job.stage();
    end.recording = job.recording;
    end.duration = job.outcome.duration;
    end.processing = job.outcome.processing;
    if (!job.outcome.error) {
        return end;
    }
    end.error = job.outcome.error;
    if (end.error->code == ErrorCode::SysStateStopped) {
        end.move = queue::Move::Return;
        end.error.reset();
        return end;
    }
    const auto next = isToBeFetchedAgain(job) ? std::optional(queue::NextTry{})
                                              : nextTry(job, end.error->code, jobs);
    if (next) {
        end.move = queue::Move::Wait;
        end.notBefore = clock_.now() + next->delay;
        end.strategy = next->strategy;
    } else {
        end.move = queue::Move::Fail;
    }
    const std::scoped_lock lock(mutex_);
    // Its results were not kept: whoever comes next with these bytes does the work.
    recordings_.erase({job.queued.batch, job.recording});
    return end;
}

void Worker::show(CallJob& job, std::string_view stage, double share) {
    job.showAt(stage, share);
    const std::scoped_lock lock(observerMutex_);
    observer_.working(job.queued, stage, share);
}

}  // namespace chat::pipeline
