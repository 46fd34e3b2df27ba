#pragma once

#include "chat/report/report_model.h"

namespace chat::report::tests {

/// A short analyzed call with everything that a report can show once.
inline ReportCall sampleCall() {
    ReportCall call;
    call.attributes = {
        std::string(64, 'a'), "A-1", "Chain", "Store", "Agent", "2026-11-12T09:41:00", "+15550100"};
    call.recording = std::string(64, 'a');
    call.path = "monday/call.wav";
    call.sound.info = {"wav", "gsm", 8000, 2, 13'200, Seconds{20}};
    call.sound.duration = Seconds{20};
    call.sound.activity.resize(2);
    call.sound.quality.resize(2);
    call.sound.peaks = {Seconds{0.01}, {{1, 2, 3}, {4, 5, 255}}};
    call.sound.warnings = {
        {ErrorCode::AuDataClipped, "The sound is clipped.", {Seconds{1}, Seconds{2}}, 0}};
    call.transcript =
        Transcript{"base", "en", {{{{"Oops,", Seconds{1}, Seconds{1.25}, 0.5}}}, {}}, {}};
    call.analysis.parties = {{Role::Customer, 0, 0.9, "", Seconds{3}},
                             {Role::Agent, 1, 0.9, "thank you for calling", Seconds{4}}};
    Silence silence;
    silence.start = Seconds{5};
    silence.end = Seconds{9.5};
    silence.category = SilenceCategory::Medium;
    silence.within = SilenceWithin::BetweenTurns;
    silence.partyBefore = 1;
    silence.speakerBefore = Role::Agent;
    silence.partyExpected = 0;
    silence.expectedNext = Role::Customer;
    silence.patterns = {{"post_question", 0.8, "your name?", Seconds{4}}};
    silence.before = {{1, "What is your name?"}};
    call.analysis.silences = {silence};
    call.analysis.keywords = {{"oops", Seconds{1}, 0, "Oops,"}};
    call.analysis.metrics.talk = Seconds{7};
    call.analysis.metrics.silence = Seconds{4.5};
    call.analysis.metrics.deadAir = Seconds{4.5};
    call.analysis.metrics.silenceShare = 0.225;
    call.analysis.metrics.longestSilence = Seconds{4.5};
    call.audio = "audio/x.webm";
    call.processing = Seconds{1.5};
    return call;
}

inline ReportCall failedCall() {
    ReportCall call;
    call.path = "broken.wav";
    call.status = CallStatus::Failed;
    call.error = Error{ErrorCode::AuDataEmpty, "broken.wav is empty", ""};
    return call;
}

inline ReportSettings sampleSettings() {
    ReportSettings settings;
    settings.patterns = {{"post_question", "after a question", "Nobody answers."}};
    settings.keywordRules = {"oops"};
    return settings;
}

inline RunFacts sampleRun() {
    RunFacts run;
    run.version = "0.1.0";
    run.startedAt = "2026-11-22T10:00:00Z";
    run.lastUpdate = "2026-11-22T10:00:05Z";
    run.elapsed = Seconds{5};
    run.model = "base";
    run.detector = "Silero VAD v6";
    run.timings = {{"audio", Seconds{0.5}, 1, 0}};
    return run;
}

}  // namespace chat::report::tests
