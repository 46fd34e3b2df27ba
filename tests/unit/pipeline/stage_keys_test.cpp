#include "chat/pipeline/stage_keys.h"

#include <gtest/gtest.h>

namespace chat::pipeline {
namespace {

const std::string kSha(64, 'a');

bool same(const store::StageKey& a, const store::StageKey& b) {
    return a.recording == b.recording && a.version == b.version && a.input == b.input &&
           a.settings == b.settings;
}

AcousticResult sound(double speechEnd) {
    AcousticResult result;
    result.duration = Seconds{10};
    result.activity = {{{{Seconds{1}, Seconds{speechEnd}}}, {}, {}, {}}};
    return result;
}

SpeechModel model(std::string fingerprint, int beam = 5) {
    SpeechModel result;
    result.fingerprint = std::move(fingerprint);
    result.beam = beam;
    return result;
}

TEST(StageKeys, WordsDependOnSpeechModelAndBeamAlone) {
    const auto key = transcriptKey(kSha, sound(2), model("m"));
    AcousticResult louder = sound(2);
    louder.quality.resize(1);
    louder.quality[0].snrDb = 3;
    EXPECT_TRUE(same(key, transcriptKey(kSha, louder, model("m"))))
        << "a new figure of quality costs no transcription";
    EXPECT_FALSE(same(key, transcriptKey(kSha, sound(3), model("m"))));
    EXPECT_FALSE(same(key, transcriptKey(kSha, sound(2), model("other"))));
    EXPECT_FALSE(same(key, transcriptKey(kSha, sound(2), model("m", 1))));
    SpeechModel named = model("m");
    named.vocabulary = {"Hi-Way Motors"};
    EXPECT_FALSE(same(key, transcriptKey(kSha, sound(2), named)));
    named.vocabulary = {};
    named.language = "es";
    EXPECT_FALSE(same(key, transcriptKey(kSha, sound(2), named)));
}

TEST(StageKeys, AnalysisDependsOnBothStagesAndItsRules) {
    const auto sound = acousticKey(kSha, ".wav");
    const auto words = transcriptKey(kSha, AcousticResult(), model("m"));
    RunSettings settings;
    const auto key = analysisKey(sound, words, settings);
    EXPECT_TRUE(same(key, analysisKey(sound, words, settings)));
    EXPECT_FALSE(same(key, analysisKey(sound, std::nullopt, settings)));
    EXPECT_FALSE(same(key, analysisKey(acousticKey(kSha, ".gsm"), words, settings)));
    settings.rulesText += "\n# changed";
    EXPECT_FALSE(same(key, analysisKey(sound, words, settings)));
    settings = {};
    settings.analysis.silence.minSilence = Seconds{2};
    EXPECT_FALSE(same(key, analysisKey(sound, words, settings)));
    settings = {};
    settings.analysis.agentChannel = analyze::AgentChannel::Left;
    EXPECT_FALSE(same(key, analysisKey(sound, words, settings)));
}

}  // namespace
}  // namespace chat::pipeline
