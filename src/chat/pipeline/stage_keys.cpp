#include "chat/pipeline/stage_keys.h"

#include "chat/audio/acoustics.h"
#include "chat/core/sha256.h"
#include "chat/transcribe/transcriber.h"

#include <fmt/format.h>

namespace chat::pipeline {

namespace {

std::string text(const store::StageKey& key) {
    return fmt::format("{}|{}|{}|{}", key.recording, key.version, key.input, key.settings);
}

}  // namespace

store::StageKey acousticKey(const std::string& recording, const std::string& extension) {
    const audio::SpeechActivitySettings activity = audio::AcousticSettings().activity;
    // The extension decides how headerless sound is read.
    return {recording,
            audio::kAcousticsVersion,
            extension,
            sha256Hex(fmt::format("{}|{}|{}|{}|{}|{}",
                                  activity.enter,
                                  activity.leave,
                                  activity.minSpeech.count(),
                                  activity.minSilence.count(),
                                  activity.gateBelowPeakDb,
                                  activity.crossTalkDb))};
}

store::StageKey transcriptKey(const std::string& recording,
                              const AcousticResult& sound,
                              const SpeechModel& model) {
    Sha256 speech;
    speech.add(fmt::format("{}|{}", sound.duplicatedChannels, sound.duration.count()));
    for (const ChannelActivity& channel : sound.activity) {
        speech.add("\n");
        for (const Interval& one : channel.speech) {
            speech.add(fmt::format("{:.3f}-{:.3f} ", one.start.count(), one.end.count()));
        }
    }
    return {recording,
            transcribe::kTranscriptVersion,
            speech.hex(),
            sha256Hex(fmt::format("{}|{}|{}|{}",
                                  model.fingerprint,
                                  model.beam,
                                  model.language,
                                  fmt::join(model.vocabulary, "\n")))};
}

store::StageKey analysisKey(const store::StageKey& sound,
                            const std::optional<store::StageKey>& words,
                            const CallSettings& settings) {
    const analyze::SilenceSettings& s = settings.analysis.silence;
    return {sound.recording,
            analyze::kAnalysisVersion,
            sha256Hex(text(sound) + "\n" + (words ? text(*words) : "no words")),
            sha256Hex(fmt::format("{}|{}|{}|{}|{}|{}|{}\n{}",
                                  s.profile,
                                  s.longHold.count(),
                                  s.minSilence.count(),
                                  s.mediumFrom.count(),
                                  s.longFrom.count(),
                                  s.context.count(),
                                  static_cast<int>(settings.analysis.agentChannel),
                                  settings.rulesText))};
}

store::StageVersions stageVersions() {
    return {audio::kAcousticsVersion, transcribe::kTranscriptVersion, analyze::kAnalysisVersion};
}

}  // namespace chat::pipeline
