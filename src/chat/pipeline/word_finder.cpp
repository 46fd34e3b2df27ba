#include "chat/pipeline/word_finder.h"

#include "chat/pipeline/call_errors.h"
#include "chat/pipeline/language_choice.h"
#include "chat/pipeline/sound_stage.h"
#include "chat/pipeline/stage_keys.h"
#include "chat/pipeline/word_stage.h"

#include <algorithm>
#include <map>

namespace chat::pipeline {

namespace {

Error stoppedError(const CallJob& job) {
    return {ErrorCode::SysStateStopped,
            "The run was stopped before " + job.queued.path + " was finished",
            ""};
}

}  // namespace

WordFinder::WordFinder(const WorkerSettings& settings, const Clock& clock, Told told)
    : settings_(settings)
    , clock_(clock)
    , told_(std::move(told))
    , windows_(waitingFor(settings.workers))
    , workers_(settings.workers)
    , listeners_("chat-listen", [this](const auto& wanted) { listen(wanted); }) {}

Status WordFinder::find(CallJob& job,
                        const SpeechModel& model,
                        audio::ChildDecoder& decoder,
                        store::ResultStore& store,
                        StageClock& stages) {
    const store::StageKey& key =
        job.wordsKey.emplace(transcriptKey(job.recording, job.sound, model));
    if (!settings_.force) {
        auto stored = usable(store.transcript(key), job);
        if (!stored) {
            return tl::unexpected(stored.error());
        }
        if (std::optional<store::Stored<Transcript>> found = std::move(*stored)) {
            job.words = std::move(found->result);
            job.outcome.took.words = found->took;
            stages.reused("transcribe");
            return {};
        }
    }
    job.outcome.reused = false;
    job.outcome.timedWith = workName(&model);
    if (auto taken = takeModel(job, model, stages); !taken) {
        return taken;
    }
    told_.working(job, "words", kSoundShare);
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
        if (windows_.put({&job, &stages, std::move(window)}, stop)) {
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
            decoder,
            [&](transcribe::SpeechWindow window) { return unheard(std::move(window), sink); },
            stop);
    }
    LanguageChoice choice(
        *job.transcriber, sink, before.empty() ? "" : before.begin()->second.result.language);
    const auto choose = [&](transcribe::SpeechWindow window) {
        return choice.take(std::move(window));
    };
    const auto handed = handOverWindows(
        job,
        decoder,
        [&](transcribe::SpeechWindow window) { return unheard(std::move(window), choose); },
        stop);
    const Status decided = choice.finish();
    return decided ? handed : decided;
}

void WordFinder::handedOver(CallJob& job) {
    bool last = false;
    {
        const std::scoped_lock lock(job.hearing.mutex);
        job.hearing.complete = true;
        last = job.hearing.returned == job.hearing.queued;
    }
    if (last) {
        told_.heard(job);
    }
}

Status WordFinder::takeModel(CallJob& job, const SpeechModel& model, StageClock& stages) {
    StageClock::Time began;
    ModelSlot::Told told;
    told.waits = [&] { told_.working(job, kWaitingForModel, kSoundShare); };
    told.loads = [&] {
        told_.working(job, "words", kSoundShare);
        began = StageClock::now();
    };
    told.loaded = [&](const transcribe::Transcriber& transcriber) {
        stages.done("model", StageClock::now() - began, job.queued.id, 0);
        const std::scoped_lock lock(teamMutex_);
        replicas_ = transcriber.replicas();
        fitListeners();
    };
    return models_.take(model, job.stop.get_token(), told).map([&](ModelSlot::Lent lent) {
        job.transcriber = std::move(lent);
    });
}

void WordFinder::setWorkers(int workers) {
    const std::scoped_lock lock(teamMutex_);
    workers_ = workers;
    windows_.setCapacity(waitingFor(workers));
    fitListeners();
}

/// Under `teamMutex_`.
void WordFinder::fitListeners() {
    if (replicas_ > 0) {
        listeners_.resize(std::min(workers_, replicas_));
    }
}

void WordFinder::join() {
    windows_.close();
    listeners_.join();
}

void WordFinder::listen(const std::function<bool()>& wanted) {
    // Without a store nothing is kept of calls in hand; whoever prepares them tells of the trouble.
    const auto store = store::ResultStore::open(settings_.storeFile, clock_);
    std::vector<WindowTask> tasks;
    std::vector<transcribe::SpeechWindow> windows;
    while (wanted()) {
        auto task = windows_.take({});
        if (!task) {
            return;
        }
        tasks.clear();
        windows.clear();
        for (; task; task = windows.size() < transcribe::kWindowsTogether ? windows_.takeIfAny()
                                                                          : std::nullopt) {
            if (task->job->stop.stop_requested()) {
                heard(*task->job, {}, tl::unexpected(stoppedError(*task->job)), {});
                continue;
            }
            windows.push_back(std::move(task->window));
            tasks.push_back({task->job, task->stages, {}});
        }
        if (tasks.empty()) {
            continue;
        }
        const auto began = StageClock::now();
        // Calls that have windows here all use the one model that there is. Not stopped half-way: a window is a second's work,
        // and the next run would have to do it again.
        auto results = tasks.front().job->transcriber->transcribeTogether(windows);
        const Seconds took = (StageClock::now() - began) / static_cast<double>(tasks.size());
        for (std::size_t i = 0; i < tasks.size(); ++i) {
            CallJob& job = *tasks[i].job;
            const auto ended = began + std::chrono::duration_cast<StageClock::Time::duration>(
                                           took * static_cast<double>(i + 1));
            tasks[i].stages->done("transcribe", took, job.queued.id, 0, ended);
            if (store && results[i]) {
                keep(job, windows[i].plan, *results[i], took, **store);
            }
            heard(job, std::move(windows[i].plan), std::move(results[i]), took);
        }
    }
}

/// A window that cannot be kept is in hand all the same, and heard again only if this run dies.
void WordFinder::keep(CallJob& job,
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

void WordFinder::heard(CallJob& job,
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
        told_.working(job, "words", kSoundShare + (1 - kSoundShare) * share);
        last = hearing.complete && hearing.returned == hearing.queued;
    }
    if (last) {
        told_.heard(job);
    }
}

}  // namespace chat::pipeline
