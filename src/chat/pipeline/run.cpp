#include "chat/pipeline/run.h"

#include "chat/audio/sound_copy.h"
#include "chat/core/sha256.h"
#include "chat/pipeline/language_choice.h"
#include "chat/pipeline/report_assembly.h"
#include "chat/pipeline/sound_stage.h"
#include "chat/pipeline/stage_keys.h"
#include "chat/pipeline/word_stage.h"

#include <algorithm>

namespace chat::pipeline {

namespace fs = std::filesystem;

namespace {

/// Share of a call's progress that the sound stage stands for when words are found too.
constexpr double kSoundShare = 0.05;

std::uint64_t sizeOf(const fs::path& path) {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    return error ? 0 : size;
}

Error stoppedError(const CallJob& job) {
    return {ErrorCode::SysStateStopped,
            "The run was stopped before " + job.source.displayPath + " was finished",
            ""};
}

}  // namespace

Run::Run(const RunSettings& settings,
         RunObserver& observer,
         const Clock& clock,
         std::stop_token stop)
    : settings_(settings)
    , observer_(observer)
    , clock_(clock)
    , stop_(std::move(stop))
    , windows_(static_cast<std::size_t>(std::max(1, settings.workers)) * 2)
    , ready_(std::numeric_limits<std::size_t>::max()) {}

// A stage begins only when the one before it has filled what it reads (`prepare`, `finish`), and whether a
// stored result is there is asked through a Result; the check follows neither.
// NOLINTBEGIN(bugprone-unchecked-optional-access)

Result<RunOutcome> Run::go() {
    const auto began = clock_.steadyNow();
    RunOutcome outcome;
    outcome.facts.startedAt = utc(clock_.now());
    auto listing = source::listRecordings(settings_.paths, settings_.listing);
    if (!listing) {
        return tl::unexpected(listing.error());
    }
    outcome.warnings = std::move(listing->warnings);
    auto store = store::ResultStore::open(settings_.storeFile, clock_);
    if (!store) {
        return tl::unexpected(store.error());
    }
    auto writer = report::ReportWriter::begin(settings_.reportFolder, reportSettings(settings_));
    if (!writer) {
        return tl::unexpected(writer.error());
    }
    writer_ = std::move(*writer);
    observer_.gathering(writer_->audioFolder().parent_path());

    std::vector<std::uint64_t> bytes;
    for (source::SourceRecording& recording : listing->recordings) {
        auto job = std::make_unique<CallJob>();
        job->index = jobs_.size();
        job->source = std::move(recording);
        job->outcome.path = job->source.displayPath;
        job->outcome.reused = true;
        bytes.push_back(job->source.error ? 0 : sizeOf(job->source.path));
        jobs_.push_back(std::move(job));
    }
    observer_.listed(bytes);

    // Whoever holds the model has its cores: one thread keeps it fed.
    const int preparers = settings_.model ? 1 : std::max(1, settings_.workers);
    std::vector<std::jthread> threads;
    threads.reserve(static_cast<std::size_t>(preparers));
    for (int i = 0; i < preparers; ++i) {
        threads.emplace_back([this] { prepareCalls(); });
    }
    for (std::size_t ended = 0; ended < jobs_.size(); ++ended) {
        finish(**ready_.take({}), **store);
    }
    threads.clear();
    windows_.close();
    listeners_.clear();

    outcome.facts.version = settings_.version;
    outcome.facts.model = settings_.model ? settings_.model->name : "";
    outcome.facts.detector = "Silero VAD v6";
    outcome.facts.workers = std::max(1, settings_.workers);
    outcome.facts.complete = !stop_.stop_requested();
    outcome.facts.notes = settings_.notes;
    for (const Warning& warning : outcome.warnings) {
        outcome.facts.notes.push_back(warning.text);
    }
    outcome.facts.elapsed = clock_.steadyNow() - began;
    if (auto written = writeReport(**store, outcome); !written) {
        return tl::unexpected(written.error());
    }
    return outcome;
}

void Run::prepareCalls() {
    auto store = store::ResultStore::open(settings_.storeFile, clock_);
    for (std::size_t index = next_.fetch_add(1); index < jobs_.size(); index = next_.fetch_add(1)) {
        CallJob& job = *jobs_[index];
        Status prepared;
        if (stop_.stop_requested()) {
            prepared = tl::unexpected(stoppedError(job));
        } else if (!store) {
            prepared = tl::unexpected(store.error());
        } else {
            prepared = prepare(job, **store);
        }
        if (!prepared) {
            job.outcome.error = prepared.error();
        }
        handedOver(job);
    }
}

Status Run::prepare(CallJob& job, store::ResultStore& store) {
    return readRecording(job, store)
        .and_then([&]() -> Status {
            if (job.duplicateOf) {
                return {};
            }
            const auto began = StageClock::now();
            const double whole = settings_.model ? kSoundShare : 1.0;
            // The length is known only afterwards where the container does not say it.
            const auto progress = [&](Seconds done) {
                show(job, "sound", whole * (1 - 1 / (1 + done.count() / 60)));
            };
            auto sound = soundStage(job, store, settings_.force, progress, stop_);
            if (sound) {
                if (job.outcome.reused) {
                    stageClock_.reused("audio");
                } else {
                    stageClock_.done("audio", StageClock::now() - began);
                }
            }
            return sound;
        })
        .and_then([&]() -> Status {
            return job.duplicateOf || !settings_.model ? Status() : findWords(job, store);
        })
        .map([&] {
            if (!job.duplicateOf) {
                placeSound(job);
            }
        });
}

Status Run::readRecording(CallJob& job, store::ResultStore& store) {
    if (job.source.error) {
        return tl::unexpected(*job.source.error);
    }
    show(job, "reading", 0);
    const auto began = StageClock::now();
    auto sum = sha256OfFile(job.source.path, stop_);
    if (!sum) {
        return tl::unexpected(sum.error());
    }
    stageClock_.done("read", StageClock::now() - began);
    job.recording = std::move(*sum);
    std::error_code error;
    const store::StoredCall call{job.recording,
                                 fs::absolute(job.source.path, error).lexically_normal(),
                                 job.source.displayPath,
                                 job.source.attributes};
    if (auto noted = store.noteCall(call, sizeOf(job.source.path)); !noted) {
        return noted;
    }
    {
        const std::scoped_lock lock(mutex_);
        const auto [known, inserted] = recordings_.try_emplace(job.recording, job.index);
        if (!inserted) {
            job.duplicateOf = known->second;
            return {};
        }
    }
    return {};
}

Status Run::findWords(CallJob& job, store::ResultStore& store) {
    job.wordsKey = transcriptKey(job.recording, *job.sound, *settings_.model);
    if (!settings_.force) {
        auto stored = store.transcript(*job.wordsKey);
        if (!stored) {
            return tl::unexpected(stored.error());
        }
        if (*stored) {
            job.words = std::move((*stored)->result);
            job.outcome.processing += (*stored)->took;
            stageClock_.reused("transcribe");
            return {};
        }
    }
    job.outcome.reused = false;
    if (auto loaded = loadModel(); !loaded) {
        return loaded;
    }
    show(job, "words", kSoundShare);
    const WindowSink sink = [&](transcribe::SpeechWindow window) {
        {
            const std::scoped_lock lock(job.hearing.mutex);
            ++job.hearing.queued;
        }
        if (windows_.put({&job, std::move(window)}, stop_)) {
            return true;
        }
        const std::scoped_lock lock(job.hearing.mutex);
        --job.hearing.queued;
        return false;
    };
    if (settings_.model->language != "auto") {
        return handOverWindows(job, sink, stop_);
    }
    LanguageChoice choice(*transcriber_, sink);
    const auto handed = handOverWindows(
        job,
        [&](transcribe::SpeechWindow window) { return choice.take(std::move(window)); },
        stop_);
    const Status decided = choice.finish();
    return decided ? handed : decided;
}

void Run::placeSound(CallJob& job) {
    if (settings_.audio == AudioMode::Link) {
        job.audio = relativeAddress(job.source.path, settings_.reportFolder);
    }
    if (settings_.audio != AudioMode::Copy) {
        return;
    }
    const auto began = StageClock::now();
    report::ReportCall named;
    named.recording = job.recording;
    const std::string file = report::detailName(named) + "." + audio::kSoundCopyExtension;
    const Status copied =
        audio::openRecording(job.source.path)
            .and_then([&](std::unique_ptr<audio::BlockSource> source) {
                return audio::encodeOpus(*source, writer_->audioFolder() / file, stop_);
            });
    if (copied) {
        job.audio = "audio/" + file;
        stageClock_.done("copy", StageClock::now() - began);
    } else if (copied.error().code != ErrorCode::SysStateStopped) {
        // Every figure is there without it; only listening is not.
        job.copyWarning =
            Warning{copied.error().code, "The sound could not be put into the report.", {}, -1};
    }
}

Status Run::loadModel() {
    const std::scoped_lock lock(mutex_);
    if (!transcriber_ && !modelError_) {
        const auto began = StageClock::now();
        auto loaded = settings_.model->load();
        if (loaded) {
            stageClock_.done("model", StageClock::now() - began, 0);
            transcriber_ = std::move(*loaded);
            for (int i = 0; i < transcriber_->replicas(); ++i) {
                listeners_.emplace_back([this] { listen(); });
            }
        } else {
            modelError_ = loaded.error();
        }
    }
    return modelError_ ? Status(tl::unexpected(*modelError_)) : Status();
}

void Run::listen() {
    while (auto task = windows_.take({})) {
        if (stop_.stop_requested()) {
            heard(*task->job, {}, tl::unexpected(stoppedError(*task->job)), {});
            continue;
        }
        const auto began = StageClock::now();
        // Not stopped half-way: a window is a second's work, and the next run would have to do it again.
        auto result = transcriber_->transcribe(task->window);
        heard(
            *task->job, std::move(task->window.plan), std::move(result), StageClock::now() - began);
    }
}

void Run::heard(CallJob& job,
                transcribe::WindowPlan plan,
                Result<transcribe::WindowTranscript> result,
                Seconds took) {
    double share = 0;
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
        share = static_cast<double>(hearing.returned) /
                static_cast<double>(std::max<std::size_t>(hearing.total, 1));
        last = hearing.complete && hearing.returned == hearing.queued;
    }
    stageClock_.done("transcribe", took, 0);
    show(job, "words", kSoundShare + (1 - kSoundShare) * share);
    if (last) {
        ready_.put(&job, {});
    }
}

void Run::handedOver(CallJob& job) {
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

void Run::finish(CallJob& job, store::ResultStore& store) {
    CallOutcome& outcome = job.outcome;
    if (!outcome.error && job.hearing.error) {
        outcome.error = job.hearing.error;
    }
    if (!outcome.error && !job.duplicateOf) {
        if (auto concluded = conclude(job, store); !concluded) {
            outcome.error = concluded.error();
        }
    }
    if (!outcome.error) {
        outcome.status = report::CallStatus::Analyzed;
    } else if (outcome.error->code != ErrorCode::SysStateStopped) {
        outcome.status = report::CallStatus::Failed;
    }
    // What is stored is read again for the report, one call at a time.
    job.sound.reset();
    job.words.reset();
    job.hearing.heard.clear();
    const std::scoped_lock lock(observerMutex_);
    observer_.ended(job.index, outcome);
}

Status Run::conclude(CallJob& job, store::ResultStore& store) {
    CallOutcome& outcome = job.outcome;
    if (settings_.model && !job.words) {
        job.words = joinWindows(job.hearing.heard, *job.sound, *settings_.model);
        outcome.processing += job.hearing.took;
        stageClock_.done("transcribe", {});
        if (auto stored = store.put(*job.wordsKey, *job.words, job.hearing.took); !stored) {
            return stored;
        }
    }
    const auto began = StageClock::now();
    job.analysisKey = analysisKey(*job.soundKey, job.wordsKey, settings_);
    CallAnalysis analysis;
    Seconds took{};
    auto stored = settings_.force ? Result<std::optional<store::Stored<CallAnalysis>>>(std::nullopt)
                                  : store.analysis(*job.analysisKey);
    if (!stored) {
        return tl::unexpected(stored.error());
    }
    if (*stored) {
        analysis = std::move((*stored)->result);
        took = (*stored)->took;
        stageClock_.reused("analyze");
    } else {
        outcome.reused = false;
        analysis = analyze::analyzeCall(*job.sound,
                                        job.words ? &*job.words : nullptr,
                                        settings_.analysis,
                                        settings_.usedRules());
        took = StageClock::now() - began;
        stageClock_.done("analyze", took);
        if (auto put = store.put(*job.analysisKey, analysis, took); !put) {
            return put;
        }
    }
    outcome.processing += took;
    fillFigures(outcome, *job.sound, job.words ? &*job.words : nullptr, analysis);
    return {};
}

Result<report::ReportCall> Run::reportCall(const CallJob& job, store::ResultStore& store) {
    report::ReportCall call;
    call.attributes = job.source.attributes;
    call.recording = job.recording;
    if (call.attributes.sid.empty()) {
        call.attributes.sid = job.recording;
    }
    call.path = job.source.displayPath;
    call.status = job.outcome.status;
    call.error = job.outcome.error;
    call.processing = job.outcome.processing;
    if (call.status != report::CallStatus::Analyzed) {
        return call;
    }
    call.audio = job.audio;
    auto sound = store.acoustic(*job.soundKey);
    if (!sound) {
        return tl::unexpected(sound.error());
    }
    auto analysis = store.analysis(*job.analysisKey);
    if (!analysis) {
        return tl::unexpected(analysis.error());
    }
    if (!*sound || !*analysis) {
        return fail(ErrorCode::DbDataDamaged, "A result that was stored a moment ago is gone");
    }
    call.sound = std::move((*sound)->result);
    call.analysis = std::move((*analysis)->result);
    if (job.wordsKey) {
        auto words = store.transcript(*job.wordsKey);
        if (!words) {
            return tl::unexpected(words.error());
        }
        if (*words) {
            call.transcript = std::move((*words)->result);
        }
    }
    if (job.copyWarning) {
        call.analysis.warnings.push_back(*job.copyWarning);
    }
    return call;
}

Status Run::writeReport(store::ResultStore& store, RunOutcome& outcome) {
    const auto began = StageClock::now();
    for (const ReportEntry& entry : reportEntries(jobs_)) {
        auto call = reportCall(*entry.worker, store);
        if (!call) {
            return tl::unexpected(call.error());
        }
        call->path = entry.first->source.displayPath;
        call->otherPaths = entry.otherPaths;
        if (entry.first != entry.worker) {
            const std::string sid = entry.first->source.attributes.sid;
            call->attributes = entry.first->source.attributes;
            call->attributes.sid = sid.empty() ? entry.worker->recording : sid;
        }
        outcome.calls.push_back(entry.worker->outcome);
        outcome.calls.back().path = call->path;
        if (auto added = writer_->add(*call); !added) {
            return added;
        }
    }
    const report::Summary& summary = writer_->summary();
    outcome.summaryJson = report::summaryText(summary, reportSettings(settings_));
    outcome.silence = summary.silence;
    outcome.duration = summary.duration;
    outcome.deadAir = summary.deadAir;
    stageClock_.done("report", StageClock::now() - began, static_cast<int>(outcome.calls.size()));
    outcome.facts.timings = stageClock_.timings();
    outcome.facts.lastUpdate = utc(clock_.now());
    outcome.facts.peakMemoryBytes = peakMemoryBytes();
    return writer_->finish(outcome.facts);
}

// NOLINTEND(bugprone-unchecked-optional-access)

void Run::show(const CallJob& job, std::string_view stage, double share) {
    const std::scoped_lock lock(observerMutex_);
    observer_.working(job.index, job.source.displayPath, stage, share);
}

Result<RunOutcome> analyzeRecordings(const RunSettings& settings,
                                     RunObserver& observer,
                                     const Clock& clock,
                                     std::stop_token stop) {
    return Run(settings, observer, clock, std::move(stop)).go();
}

}  // namespace chat::pipeline
