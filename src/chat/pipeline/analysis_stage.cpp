#include "chat/pipeline/analysis_stage.h"

#include "chat/pipeline/call_errors.h"
#include "chat/pipeline/report_assembly.h"
#include "chat/pipeline/stage_keys.h"
#include "chat/pipeline/word_stage.h"

namespace chat::pipeline {

namespace {

/// Nothing where there is no model, or the words were in the store.
Status joinWords(CallJob& job, store::ResultStore& store, StageClock& stages) {
    if (job.model == nullptr || !job.wordsKey || job.words) {
        return {};
    }
    job.words = joinWindows(job.hearing.heard, job.sound, *job.model);
    job.outcome.took.words = job.hearing.took;
    stages.done("transcribe", {}, job.queued.id);
    return store.put(*job.wordsKey, *job.words, job.hearing.took);
}

}  // namespace

Status analysisStage(CallJob& job,
                     const CallSettings& settings,
                     bool force,
                     store::ResultStore& store,
                     StageClock& stages,
                     ErrorJournal& journal) {
    CallOutcome& outcome = job.outcome;
    if (auto joined = joinWords(job, store, stages); !joined) {
        return joined;
    }
    const Transcript* words = job.words ? &*job.words : nullptr;
    const auto began = StageClock::now();
    const store::StageKey key = analysisKey(job.soundKey, job.wordsKey, settings);
    auto stored = force ? Result<std::optional<store::Stored<CallAnalysis>>>(std::nullopt)
                        : usable(store.analysis(key), job);
    if (!stored) {
        return tl::unexpected(stored.error());
    }
    std::optional<store::Stored<CallAnalysis>> analysis = std::move(*stored);
    if (analysis) {
        stages.reused("analyze");
    } else {
        outcome.reused = false;
        analysis.emplace();
        analysis->result =
            analyze::analyzeCall(job.sound, words, settings.analysis, settings.usedRules());
        analysis->took = StageClock::now() - began;
        stages.done("analyze", analysis->took, job.queued.id);
        if (auto put = store.put(key, analysis->result, analysis->took); !put) {
            return put;
        }
    }
    outcome.took.analysis = analysis->took;
    fillFigures(outcome, job.sound, words, analysis->result);
    if (!outcome.reused) {
        noteWarnings(journal, job, job.sound.warnings, "sound");
        noteWarnings(journal, job, analysis->result.warnings, "analysis");
    }
    return {};
}

}  // namespace chat::pipeline
