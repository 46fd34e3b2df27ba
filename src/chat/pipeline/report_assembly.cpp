#include "chat/pipeline/report_assembly.h"

#include "chat/core/machine.h"
#include "chat/core/time_text.h"
#include "chat/report/report_writer.h"
#include "chat/store/forget.h"

#include <algorithm>

namespace chat::pipeline {

namespace fs = std::filesystem;

CallAttributes withSid(CallAttributes attributes, const std::string& recording) {
    if (attributes.sid.empty()) {
        attributes.sid = recording;
    }
    return attributes;
}

report::ReportSettings reportSettings(const RunSettings& settings) {
    report::ReportSettings result;
    const analyze::SilenceSettings& silence = settings.analysis.silence;
    result.profile = silence.profile;
    result.minSilence = silence.minSilence;
    result.mediumFrom = silence.mediumFrom;
    result.longFrom = silence.longFrom;
    result.context = silence.context;
    result.longHold = silence.longHold;
    if (settings.model) {
        result.beam = settings.model->beam;
        result.language = settings.model->language;
    }
    switch (settings.analysis.agentChannel) {
        case analyze::AgentChannel::Auto:
            result.agentChannel = "auto";
            break;
        case analyze::AgentChannel::Left:
            result.agentChannel = "left";
            break;
        case analyze::AgentChannel::Right:
            result.agentChannel = "right";
            break;
    }
    switch (settings.audio) {
        case AudioMode::Copy:
            result.audio = "copy";
            break;
        case AudioMode::Link:
            result.audio = "link";
            break;
        case AudioMode::None:
            result.audio = "none";
            break;
    }
    for (const analyze::RuleInfo& rule : settings.usedRules().patterns()) {
        result.patterns.push_back({rule.id, rule.name, rule.description});
    }
    for (const analyze::RuleInfo& rule : settings.usedRules().keywords()) {
        result.keywordRules.push_back(rule.id);
    }
    return result;
}

void fillFigures(CallOutcome& outcome,
                 const AcousticResult& sound,
                 const Transcript* words,
                 const CallAnalysis& analysis) {
    outcome.duration = sound.duration;
    outcome.silences = static_cast<int>(analysis.silences.size());
    outcome.silence = analysis.metrics.silence;
    outcome.longest = analysis.metrics.longestSilence;
    outcome.warnings =
        static_cast<int>(sound.warnings.size() + (words != nullptr ? words->warnings.size() : 0) +
                         analysis.warnings.size());
}

void concludeRun(RunOutcome& outcome,
                 const RunSettings& settings,
                 const report::Summary& summary,
                 const StageClock& stages,
                 const Clock& clock,
                 std::chrono::steady_clock::time_point began) {
    outcome.summaryJson = report::summaryText(summary, reportSettings(settings));
    outcome.silence = summary.silence;
    outcome.duration = summary.duration;
    outcome.deadAir = summary.deadAir;
    report::RunFacts& facts = outcome.facts;
    facts.version = settings.version;
    facts.detector = "Silero VAD v6";
    facts.workers = std::max(1, settings.workers);
    facts.notes.insert(facts.notes.begin(), settings.notes.begin(), settings.notes.end());
    facts.timings = stages.timings();
    facts.elapsed = clock.steadyNow() - began;
    facts.lastUpdate = utcSecondText(clock.now());
    facts.peakMemoryBytes = peakMemory();
}

void noteWritten(const RunSettings& settings,
                 const std::vector<std::string>& recordings,
                 const Clock& clock,
                 report::RunFacts& facts) {
    if (auto noted =
            store::noteReport(settings.storeFile, settings.reportFolder, recordings, clock);
        !noted) {
        facts.notes.push_back(noted.error().what);
    }
}

std::string relativeAddress(const fs::path& recording, const fs::path& folder) {
    std::error_code error;
    return fs::relative(recording, fs::absolute(folder, error), error).generic_string();
}

}  // namespace chat::pipeline
