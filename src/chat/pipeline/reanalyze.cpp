#include "chat/pipeline/reanalyze.h"

#include "chat/audio/acoustics.h"
#include "chat/core/time_text.h"
#include "chat/pipeline/error_journal.h"
#include "chat/pipeline/report_assembly.h"
#include "chat/pipeline/stage_clock.h"
#include "chat/pipeline/stage_keys.h"
#include "chat/report/report_writer.h"
#include "chat/report/summary.h"
#include "chat/store/result_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

namespace chat::pipeline {

namespace fs = std::filesystem;

namespace {

/// Calls that are analyzed at once and then stored in one transaction: a bound for memory.
constexpr std::size_t kPortion = 128;

/// One recording, by whichever names it was seen.
struct Work {
    store::StoredCall call;
    std::vector<std::string> otherPaths;
    std::optional<report::ReportCall> done;
    store::StageKey key;
    std::optional<Error> error;
};

std::vector<Work> gather(std::vector<store::StoredCall> calls) {
    std::vector<Work> works;
    std::map<std::string, std::size_t> known;
    for (store::StoredCall& call : calls) {
        const auto [at, inserted] = known.try_emplace(call.recording, works.size());
        if (inserted) {
            works.push_back({std::move(call), {}, {}, {}, {}});
        } else {
            works[at->second].otherPaths.push_back(std::move(call.path));
        }
    }
    return works;
}

Status analyzeOne(Work& work, store::ResultStore& store, const RunSettings& settings) {
    const auto began = StageClock::now();
    auto newestSound = store.newestAcoustic(work.call.recording, audio::kAcousticsVersion);
    if (!newestSound) {
        return tl::unexpected(newestSound.error());
    }
    std::optional<store::Keyed<AcousticResult>> sound = std::move(*newestSound);
    if (!sound) {
        return {};
    }
    auto newestWords = store.newestTranscript(work.call.recording, transcribe::kTranscriptVersion);
    if (!newestWords) {
        return tl::unexpected(newestWords.error());
    }
    std::optional<store::Keyed<Transcript>> words = std::move(*newestWords);
    report::ReportCall& call = work.done.emplace();
    call.sound = std::move(sound->result);
    std::optional<store::StageKey> wordsKey;
    if (words) {
        call.transcript = std::move(words->result);
        wordsKey = std::move(words->key);
    }
    work.key = analysisKey(sound->key, wordsKey, settings);
    call.analysis = analyze::analyzeCall(call.sound,
                                         call.transcript ? &*call.transcript : nullptr,
                                         settings.analysis,
                                         settings.usedRules());
    call.attributes = withSid(work.call.attributes, work.call.recording);
    call.recording = work.call.recording;
    call.path = work.call.path;
    call.otherPaths = work.otherPaths;
    std::error_code error;
    if (settings.audio == AudioMode::Link && !settings.reportFolder.empty() &&
        fs::is_regular_file(work.call.file, error)) {
        call.audio = relativeAddress(work.call.file, settings.reportFolder);
    }
    call.processing = StageClock::now() - began;
    return {};
}

/// Works on a portion with a thread and a store connection for each element of `stores`.
void analyzePortion(std::span<Work> portion,
                    std::span<const std::unique_ptr<store::ResultStore>> stores,
                    const RunSettings& settings) {
    std::atomic<std::size_t> next = 0;
    std::vector<std::jthread> threads;
    threads.reserve(stores.size());
    for (const auto& store : stores) {
        threads.emplace_back([&] {
            for (std::size_t i = next.fetch_add(1); i < portion.size(); i = next.fetch_add(1)) {
                if (auto done = analyzeOne(portion[i], *store, settings); !done) {
                    portion[i].error = done.error();
                }
            }
        });
    }
}

void note(const Work& work, ErrorJournal& journal) {
    if (work.error) {
        ErrorContext context;
        context.sid = work.call.attributes.sid;
        context.recording = work.call.recording;
        context.file = work.call.path;
        context.stage = "analyze";
        context.operation = "reanalyze";
        journal.note(*work.error, context);
    }
}

}  // namespace

Result<RunOutcome> reanalyzeStored(const RunSettings& settings,
                                   RunObserver& observer,
                                   const Clock& clock,
                                   const std::stop_token& stop) {
    const auto began = clock.steadyNow();
    RunOutcome outcome;
    outcome.facts.startedAt = utcSecondText(clock.now());
    std::vector<std::unique_ptr<store::ResultStore>> stores;
    for (int i = 0; i < std::max(1, settings.workers); ++i) {
        auto store = store::ResultStore::open(settings.storeFile, clock);
        if (!store) {
            return tl::unexpected(store.error());
        }
        stores.push_back(std::move(*store));
    }
    auto calls = stores.front()->calls();
    if (!calls) {
        return tl::unexpected(calls.error());
    }
    std::vector<Work> works = gather(std::move(*calls));
    const report::ReportSettings shown = reportSettings(settings);
    std::unique_ptr<report::ReportWriter> writer;
    if (!settings.reportFolder.empty()) {
        auto started = report::ReportWriter::begin(settings.reportFolder, shown);
        if (!started) {
            return tl::unexpected(started.error());
        }
        writer = std::move(*started);
        observer.gathering(writer->audioFolder().parent_path());
    }
    observer.listed(std::vector<std::uint64_t>(works.size(), 1));

    ErrorJournal journal(
        {settings.storeFile, settings.logFolder, settings.version, settings.errorsKept}, clock);
    std::vector<std::string> reported;
    report::Summary summary;
    StageClock stageClock;
    std::set<std::string> models;
    std::size_t missing = 0;
    for (std::size_t first = 0; first < works.size() && !stop.stop_requested(); first += kPortion) {
        const auto portion =
            std::span(works).subspan(first, std::min(kPortion, works.size() - first));
        const auto portionBegan = StageClock::now();
        analyzePortion(portion, stores, settings);
        std::vector<store::Keyed<CallAnalysis>> results;
        results.reserve(portion.size());
        for (Work& work : portion) {
            if (work.done) {
                results.push_back({work.key, work.done->analysis});
            }
        }
        if (auto stored = stores.front()->put(results); !stored) {
            return tl::unexpected(stored.error());
        }
        stageClock.done(
            "analyze", StageClock::now() - portionBegan, 0, static_cast<int>(results.size()));
        for (std::size_t i = 0; i < portion.size(); ++i) {
            Work& work = portion[i];
            if (!work.done && !work.error) {
                ++missing;
                continue;
            }
            note(work, journal);
            if (work.error) {
                work.done.emplace();
                work.done->path = work.call.path;
                work.done->recording = work.call.recording;
                work.done->attributes = withSid(work.call.attributes, work.call.recording);
                work.done->status = report::CallStatus::Failed;
                work.done->error = work.error;
            }
            const report::ReportCall& call = *work.done;
            summary.add(call);
            if (call.transcript) {
                models.insert(call.transcript->model);
            }
            CallOutcome& one = outcome.calls.emplace_back();
            one.path = call.path;
            one.status = call.status;
            one.error = call.error;
            one.processing = call.processing;
            if (!call.error) {
                fillFigures(
                    one, call.sound, call.transcript ? &*call.transcript : nullptr, call.analysis);
            }
            if (writer) {
                if (auto added = writer->add(call); !added) {
                    return tl::unexpected(added.error());
                }
                reported.push_back(call.recording);
            }
            observer.ended(first + i, one);
            work.done.reset();
        }
    }
    if (outcome.calls.empty() && !stop.stop_requested()) {
        return fail(ErrorCode::AnDataNothingStored,
                    "The store " + settings.storeFile.string() + " holds no analyzed call");
    }

    for (const std::string& model : models) {
        outcome.facts.model += (outcome.facts.model.empty() ? "" : ", ") + model;
    }
    outcome.facts.complete = !stop.stop_requested();
    if (missing > 0) {
        outcome.facts.notes.push_back(fmt::format(
            "{} stored {} left out: there is no result of this version's sound stage. Run chat "
            "analyze on the recordings again.",
            missing,
            missing == 1 ? "call is" : "calls are"));
    }
    concludeRun(outcome, settings, summary, stageClock, clock, began);
    if (writer) {
        if (auto finished = writer->finish(outcome.facts); !finished) {
            return tl::unexpected(finished.error());
        }
        noteWritten(settings, reported, clock, outcome.facts);
    }
    return outcome;
}

}  // namespace chat::pipeline
