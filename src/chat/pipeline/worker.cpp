#include "chat/pipeline/worker.h"

#include "chat/core/machine.h"
#include "chat/core/memory_use.h"
#include "chat/core/sha256.h"
#include "chat/pipeline/call_errors.h"
#include "chat/pipeline/language_choice.h"
#include "chat/pipeline/report_assembly.h"
#include "chat/pipeline/sound_copies.h"
#include "chat/pipeline/sound_stage.h"
#include "chat/pipeline/stage_keys.h"
#include "chat/pipeline/word_stage.h"
#include "chat/store/sqlite_job_store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace chat::pipeline {

namespace {

using namespace std::chrono_literals;

/// Share of a call's progress that the sound stage stands for when words are found too.
constexpr double kSoundShare = 0.05;
/// Others may end or put off jobs; nothing else tells of it.
constexpr std::chrono::milliseconds kLook = 500ms;

Error stoppedError(const CallJob& job) {
    return {ErrorCode::SysStateStopped,
            "The run was stopped before " + job.queued.path + " was finished",
            ""};
}

/// Unique among the workers of all machines that share a store.
std::string workerName() {
    static std::atomic<int> count = 0;
    return fmt::format("{}-{}-{}", hostName(), ::getpid(), ++count);
}

/// Windows, and ready calls, that wait at most.
std::size_t waitingFor(int workers) {
    return static_cast<std::size_t>(std::max(1, workers)) * 2;
}

}  // namespace

Worker::Worker(const RunSettings& settings,
               WorkPlan plan,
               WorkerObserver& observer,
               StageClock& stageClock,
               ErrorJournal& journal,
               const Clock& clock,
               std::stop_token stop)
    : settings_(settings)
    , plan_(std::move(plan))
    , observer_(observer)
    , stageClock_(stageClock)
    , journal_(journal)
    , clock_(clock)
    , stop_(std::move(stop))
    , name_(workerName())
    , windows_(waitingFor(settings.workers))
    , ready_(waitingFor(settings.workers))
    , workers_(settings.workers)
    , preparers_(
          "chat-prepare",
          [this](const auto& wanted) { prepareCalls(wanted); },
          [this] { ready_.close(); })
    , listeners_("chat-listen", [this](const auto& wanted) { listen(wanted); }) {}

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

Status Worker::go() {
    auto stores = openStores();
    if (!stores) {
        return tl::unexpected(stores.error());
    }
    leases_ = std::make_unique<LeaseKeeper>(
        settings_.storeFile, name_, clock_, [this](const Error& error) { stopFor(error); });
    {
        const std::scoped_lock lock(mutex_);
        atWork_ = true;
        fitTeams();
    }
    while (const auto job = ready_.take({})) {
        finish(**job, *stores);
    }
    preparers_.join();
    windows_.close();
    listeners_.join();
    leases_.reset();  // its thread too tells of errors
    return storeError_ ? Status(tl::unexpected(*storeError_)) : Status();
}

void Worker::setWorkers(int workers) {
    const std::scoped_lock lock(mutex_);
    workers_ = workers;
    fitTeams();
}

/// Under `mutex_`.
void Worker::fitTeams() {
    windows_.setCapacity(waitingFor(workers_));
    ready_.setCapacity(waitingFor(workers_));
    if (atWork_) {
        preparers_.resize(workers_);
    }
    if (replicas_ > 0) {
        listeners_.resize(std::min(workers_, replicas_));
    }
}

WorkerState Worker::state() {
    WorkerState state;
    state.windows = windows_.size();
    state.ready = ready_.size();
    state.memory = processMemory();
    state.memoryShort = memoryShort_;
    const std::scoped_lock lock(mutex_);
    state.workers = std::max(1, workers_);
    return state;
}

void Worker::stopFor(const Error& error) {
    {
        const std::scoped_lock lock(mutex_);
        if (storeError_) {
            return;
        }
        storeError_ = error;
        changed_.notify_all();
    }
    ErrorContext context;
    context.batch = plan_.batch;
    context.operation = "queue";
    context.worker = name_;
    journal_.note(error, context);
}

void Worker::prepareCalls(const std::function<bool()>& wanted) {
    auto stores = openStores();
    if (!stores) {
        stopFor(stores.error());
        return;
    }
    while (wanted()) {
        if (CallJob* const job = claim(*stores->jobs)) {
            const Status prepared = prepare(*job, *stores->results);
            if (!prepared) {
                job->outcome.error = prepared.error();
            }
            handedOver(*job);
            continue;
        }
        const auto more = awaitWork(*stores->jobs);
        if (!more) {
            stopFor(more.error());
        }
        if (!more || !*more) {
            return;
        }
    }
}

/// Whether a call may be begun: the run goes on, and there is memory for it or no other call.
bool Worker::mayBegin() {
    const bool memoryShort = memoryShareInUse() > settings_.mostMemory;
    if (memoryShort) {
        returnFreedMemory();
    }
    memoryShort_ = memoryShort;
    const std::scoped_lock lock(mutex_);
    if (stop_.stop_requested() || storeError_ || (plan_.only && onlyTaken_)) {
        return false;
    }
    if (memoryShort && claiming_ + inHand_.size() > 0) {
        return false;
    }
    onlyTaken_ = true;
    ++claiming_;
    return true;
}

/// The next job; null when there is none now, or none is to be begun any more.
CallJob* Worker::claim(queue::JobStore& jobs) {
    if (!mayBegin()) {
        return nullptr;
    }
    CallJob* const job = claimNext(jobs);
    const std::scoped_lock lock(mutex_);
    --claiming_;
    return job;
}

CallJob* Worker::claimNext(queue::JobStore& jobs) {
    auto claimed = jobs.claim({name_, kLease, {plan_.batch}, 1, plan_.only});
    if (!claimed) {
        stopFor(claimed.error());
        return nullptr;
    }
    if (claimed->empty()) {
        return nullptr;
    }
    if (stop_.stop_requested()) {
        // It may be one that another preparer has just given back, and whose end was told.
        queue::AttemptEnd back;
        back.move = queue::Move::Return;
        if (auto ended = jobs.end(claimed->front().id, name_, back); !ended) {
            stopFor(ended.error());
        }
        return nullptr;
    }
    auto job = std::make_unique<CallJob>(std::move(claimed->front()), stop_);
    job->outcome.path = job->queued.path;
    job->outcome.reused = true;
    leases_->hold(*job);
    const std::scoped_lock lock(mutex_);
    return (inHand_[job->queued.id] = std::move(job)).get();
}

/// Waits a moment for a job to become pending. False when none will, and none is in hand that could fail.
Result<bool> Worker::awaitWork(queue::JobStore& jobs) {
    bool stopping = false;
    bool idle = false;
    {
        const std::scoped_lock lock(mutex_);
        stopping = stop_.stop_requested() || storeError_;
        idle = inHand_.empty();
    }
    std::chrono::milliseconds wait = kLook;
    if (stopping || plan_.only) {
        if (idle) {
            return false;
        }
    } else {
        queue::JobFilter open;
        open.batch = plan_.batch;
        open.states = {
            queue::JobState::Pending, queue::JobState::Running, queue::JobState::Waiting};
        const auto counts = jobs.counts(open);
        if (!counts) {
            return tl::unexpected(counts.error());
        }
        if (std::ranges::all_of(*counts, [](std::size_t count) { return count == 0; })) {
            return false;
        }
        const auto asked = jobs.nextDue({plan_.batch});
        if (!asked) {
            return tl::unexpected(asked.error());
        }
        if (const std::optional<queue::Time> due = *asked; due && !memoryShort_) {
            wait = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(*due - clock_.now()),
                              std::chrono::milliseconds(1),
                              kLook);
        }
    }
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, wait);
    return true;
}

Status Worker::prepare(CallJob& job, store::ResultStore& store) {
    return readRecording(job, store)
        .and_then([&]() -> Status {
            if (job.duplicate) {
                return {};
            }
            const auto began = StageClock::now();
            const double whole = settings_.model ? kSoundShare : 1.0;
            // The length is known only afterwards where the container does not say it.
            const auto progress = [&](Seconds done) {
                show(job, "sound", whole * (1 - 1 / (1 + done.count() / 60)));
            };
            progress({});
            const auto& copies = plan_.copies;
            const auto copy = copies.empty() ? copies : soundCopyPath(copies, job.recording);
            const auto copying = soundStage(
                job, decoder_, store, settings_.force, copy, progress, job.stop.get_token());
            if (!copying) {
                return tl::unexpected(copying.error());
            }
            if (job.outcome.reused) {
                stageClock_.reused("audio");
            } else {
                stageClock_.done("audio", StageClock::now() - began - *copying);
            }
            if (*copying > Seconds{0}) {
                stageClock_.done("copy", *copying);
            }
            return {};
        })
        .and_then([&]() -> Status {
            return job.duplicate || !settings_.model ? Status()
                                                     : findWords(job, *settings_.model, store);
        })
        .map([&] {
            if (!job.duplicate) {
                copySound(job);
            }
        });
}

Status Worker::readRecording(CallJob& job, store::ResultStore& store) {
    show(job, "reading", 0);
    const auto began = StageClock::now();
    auto sum = sha256OfFile(job.queued.file, job.stop.get_token());
    if (!sum) {
        return tl::unexpected(sum.error());
    }
    stageClock_.done("read", StageClock::now() - began);
    job.recording = std::move(*sum);
    std::error_code error;
    const auto bytes = std::filesystem::file_size(job.queued.file, error);
    CallAttributes attributes = job.queued.call;
    if (attributes.sid == job.recording) {
        attributes.sid.clear();
    }
    if (auto noted =
            store.noteCall({job.recording, job.queued.file, job.queued.path, std::move(attributes)},
                           error ? 0 : bytes);
        !noted) {
        return noted;
    }
    const std::scoped_lock lock(mutex_);
    job.duplicate = !recordings_.insert(job.recording).second;
    return {};
}

Status Worker::findWords(CallJob& job, const SpeechModel& model, store::ResultStore& store) {
    const store::StageKey& key =
        job.wordsKey.emplace(transcriptKey(job.recording, job.sound, model));
    if (!settings_.force) {
        auto stored = store.transcript(key);
        if (!stored) {
            return tl::unexpected(stored.error());
        }
        if (std::optional<store::Stored<Transcript>> found = std::move(*stored)) {
            job.words = std::move(found->result);
            job.outcome.processing += found->took;
            stageClock_.reused("transcribe");
            return {};
        }
    }
    job.outcome.reused = false;
    if (auto loaded = loadModel(model); !loaded) {
        return loaded;
    }
    show(job, "words", kSoundShare);
    const std::stop_token stop = job.stop.get_token();
    std::map<store::WindowNumber, store::Stored<Transcript>> before;
    if (!settings_.force) {
        auto stored = store.windows(key);
        if (!stored) {
            return tl::unexpected(stored.error());
        }
        before = std::move(*stored);
    }
    const WindowSink sink = [&](transcribe::SpeechWindow window) {
        {
            const std::scoped_lock lock(job.hearing.mutex);
            ++job.hearing.queued;
        }
        if (windows_.put({&job, std::move(window)}, stop)) {
            return true;
        }
        const std::scoped_lock lock(job.hearing.mutex);
        --job.hearing.queued;
        return false;
    };
    // What a run that ended in the middle of the call has heard is not heard again.
    const auto unheard = [&](transcribe::SpeechWindow window, const auto& next) {
        const auto known = before.find({window.plan.channel, window.plan.number});
        if (known == before.end()) {
            return next(std::move(window));
        }
        {
            const std::scoped_lock lock(job.hearing.mutex);
            ++job.hearing.queued;
        }
        heard(job,
              std::move(window.plan),
              heardWindow(std::move(known->second.result)),
              known->second.took);
        return true;
    };
    if (model.language != "auto") {
        return handOverWindows(
            job,
            decoder_,
            [&](transcribe::SpeechWindow window) { return unheard(std::move(window), sink); },
            stop);
    }
    LanguageChoice choice(
        *transcriber_, sink, before.empty() ? "" : before.begin()->second.result.language);
    const auto choose = [&](transcribe::SpeechWindow window) {
        return choice.take(std::move(window));
    };
    const auto handed = handOverWindows(
        job,
        decoder_,
        [&](transcribe::SpeechWindow window) { return unheard(std::move(window), choose); },
        stop);
    const Status decided = choice.finish();
    return decided ? handed : decided;
}

/// Unless the sound stage has made the copy. One that cannot be made fails nothing: the report says that it is missing.
void Worker::copySound(CallJob& job) {
    std::error_code error;
    if (plan_.copies.empty() ||
        std::filesystem::exists(soundCopyPath(plan_.copies, job.recording), error)) {
        return;
    }
    const auto began = StageClock::now();
    if (placeSoundCopy(
            decoder_, job.queued.file, job.recording, plan_.copies, job.stop.get_token())) {
        stageClock_.done("copy", StageClock::now() - began);
    }
}

/// The first call that needs the model loads it; calls of other preparers wait for it, and nothing else does.
Status Worker::loadModel(const SpeechModel& model) {
    const std::scoped_lock loading(modelMutex_);
    if (!transcriber_ && !modelError_) {
        const auto began = StageClock::now();
        auto loaded = model.load();
        if (loaded) {
            stageClock_.done("model", StageClock::now() - began, 0);
            transcriber_ = std::move(*loaded);
            const std::scoped_lock lock(mutex_);
            replicas_ = transcriber_->replicas();
            fitTeams();
        } else {
            modelError_ = loaded.error();
        }
    }
    return modelError_ ? Status(tl::unexpected(*modelError_)) : Status();
}

void Worker::listen(const std::function<bool()>& wanted) {
    // Without a store nothing is kept of calls in hand; whoever prepares them tells of the trouble.
    const auto store = store::ResultStore::open(settings_.storeFile, clock_);
    std::vector<CallJob*> jobs;
    std::vector<transcribe::SpeechWindow> windows;
    while (wanted()) {
        auto task = windows_.take({});
        if (!task) {
            return;
        }
        jobs.clear();
        windows.clear();
        for (; task; task = windows.size() < transcribe::kWindowsTogether ? windows_.takeIfAny()
                                                                          : std::nullopt) {
            if (task->job->stop.stop_requested()) {
                heard(*task->job, {}, tl::unexpected(stoppedError(*task->job)), {});
                continue;
            }
            jobs.push_back(task->job);
            windows.push_back(std::move(task->window));
        }
        const auto began = StageClock::now();
        // Not stopped half-way: a window is a second's work, and the next run would have to do it again.
        auto results = transcriber_->transcribeTogether(windows);
        const Seconds took = (StageClock::now() - began) / static_cast<double>(jobs.size());
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            stageClock_.done("transcribe", took, 0);
            if (store && results[i]) {
                keep(*jobs[i], windows[i].plan, *results[i], took, **store);
            }
            heard(*jobs[i], std::move(windows[i].plan), std::move(results[i]), took);
        }
    }
}

/// A window that cannot be kept is in hand all the same, and heard again only if this run dies.
void Worker::keep(CallJob& job,
                  const transcribe::WindowPlan& plan,
                  const transcribe::WindowTranscript& heard,
                  Seconds took,
                  store::ResultStore& store) {
    {
        const std::scoped_lock lock(job.hearing.mutex);
        if (job.hearing.total < 2) {
            return;  // the transcript follows at once
        }
    }
    if (const std::optional<store::StageKey>& key = job.wordsKey) {
        static_cast<void>(
            store.putWindow(*key, {plan.channel, plan.number}, keptWindow(heard), took));
    }
}

void Worker::heard(CallJob& job,
                   transcribe::WindowPlan plan,
                   Result<transcribe::WindowTranscript> result,
                   Seconds took) {
    bool last = false;
    {
        CallJob::Hearing& hearing = job.hearing;
        const std::scoped_lock lock(hearing.mutex);
        ++hearing.returned;
        hearing.took += took;
        if (result) {
            hearing.heard.push_back({std::move(plan), std::move(*result)});
        } else if (!hearing.error) {
            hearing.error = result.error();
        }
        const double share = static_cast<double>(hearing.returned) /
                             static_cast<double>(std::max<std::size_t>(hearing.total, 1));
        // Still locked: once the last window is counted and the lock is free, another thread may end the job.
        show(job, "words", kSoundShare + (1 - kSoundShare) * share);
        last = hearing.complete && hearing.returned == hearing.queued;
    }
    if (last) {
        ready_.put(&job, {});
    }
}

void Worker::handedOver(CallJob& job) {
    bool last = false;
    {
        const std::scoped_lock lock(job.hearing.mutex);
        job.hearing.complete = true;
        last = job.hearing.returned == job.hearing.queued;
    }
    if (last) {
        ready_.put(&job, {});
    }
}

void Worker::finish(CallJob& job, Stores& stores) {
    CallOutcome& outcome = job.outcome;
    if (!outcome.error && job.hearing.error) {
        outcome.error = job.hearing.error;
    }
    if (!outcome.error && !job.duplicate) {
        if (auto concluded = conclude(job, *stores.results); !concluded) {
            outcome.error = concluded.error();
        }
    }
    const queue::AttemptEnd end = endOf(job);
    noteEnd(journal_, job, end);
    // A job that is not ours any more was cancelled, or given to another worker: what we say of it is not asked for.
    if (auto ended = stores.jobs->end(job.queued.id, name_, end); !ended) {
        stopFor(ended.error());
        outcome.error = outcome.error.value_or(ended.error());
    }
    if (!outcome.error) {
        outcome.status = report::CallStatus::Analyzed;
    } else if (end.move != queue::Move::Return) {
        outcome.status = report::CallStatus::Failed;
    }
    if (end.move != queue::Move::Wait) {
        const std::scoped_lock lock(observerMutex_);
        observer_.ended(job.queued, outcome);
    }
    leases_->letGo(job);
    const std::scoped_lock lock(mutex_);
    inHand_.erase(job.queued.id);
    changed_.notify_all();
}

queue::AttemptEnd Worker::endOf(const CallJob& job) {
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
    // A model that could not be loaded is not loaded anew for every call.
    const bool noModel = [&] {
        const std::scoped_lock lock(modelMutex_);
        return modelError_.has_value();
    }();
    const std::scoped_lock lock(mutex_);
    const auto delay = queue::retryDelay(
        end.error->code, job.queued.attempts, job.queued.priority, random_, settings_.maxAttempts);
    if (delay && !noModel) {
        end.move = queue::Move::Wait;
        end.notBefore = clock_.now() + *delay;
    } else {
        end.move = queue::Move::Fail;
    }
    // Its results were not kept: whoever comes next with these bytes does the work.
    recordings_.erase(job.recording);
    return end;
}

Status Worker::conclude(CallJob& job, store::ResultStore& store) {
    CallOutcome& outcome = job.outcome;
    if (settings_.model && job.wordsKey && !job.words) {
        job.words = joinWindows(job.hearing.heard, job.sound, *settings_.model);
        outcome.processing += job.hearing.took;
        stageClock_.done("transcribe", {});
        if (auto stored = store.put(*job.wordsKey, *job.words, job.hearing.took); !stored) {
            return stored;
        }
    }
    const Transcript* words = job.words ? &*job.words : nullptr;
    const auto began = StageClock::now();
    const store::StageKey key = analysisKey(job.soundKey, job.wordsKey, settings_);
    auto stored = settings_.force ? Result<std::optional<store::Stored<CallAnalysis>>>(std::nullopt)
                                  : store.analysis(key);
    if (!stored) {
        return tl::unexpected(stored.error());
    }
    std::optional<store::Stored<CallAnalysis>> analysis = std::move(*stored);
    if (analysis) {
        stageClock_.reused("analyze");
    } else {
        outcome.reused = false;
        analysis.emplace();
        analysis->result =
            analyze::analyzeCall(job.sound, words, settings_.analysis, settings_.usedRules());
        analysis->took = StageClock::now() - began;
        stageClock_.done("analyze", analysis->took);
        if (auto put = store.put(key, analysis->result, analysis->took); !put) {
            return put;
        }
    }
    outcome.processing += analysis->took;
    fillFigures(outcome, job.sound, words, analysis->result);
    if (!outcome.reused) {
        noteWarnings(journal_, job, job.sound.warnings, "sound");
        noteWarnings(journal_, job, analysis->result.warnings, "analysis");
    }
    return {};
}

void Worker::show(CallJob& job, std::string_view stage, double share) {
    job.showAt(stage, share);
    const std::scoped_lock lock(observerMutex_);
    observer_.working(job.queued, stage, share);
}

}  // namespace chat::pipeline
