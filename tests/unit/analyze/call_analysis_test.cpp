#include "chat/analyze/call_analysis.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "spoken.h"

namespace chat::analyze {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// A call under construction: what is said is also heard.
struct Call {
    AcousticResult acoustic;
    Transcript transcript;

    Call(std::size_t channels, double duration) {
        acoustic.duration = Seconds{duration};
        acoustic.activity.resize(channels);
        acoustic.quality.resize(channels, ChannelQuality{.noiseFloorDbfs = -70});
        for (ChannelActivity& activity : acoustic.activity) {
            activity.levels.assign(static_cast<std::size_t>(duration * 10), 90);
            activity.probabilities.assign(static_cast<std::size_t>(duration * 10), 10);
        }
        transcript.channels.resize(channels);
    }
    void add(std::size_t channel, double start, std::string_view text) {
        say(transcript.channels[channel], start, text);
        acoustic.activity[channel].speech.push_back(between(start, saidBy(start, text)));
    }
    CallAnalysis analyzed(AnalysisSettings settings = {}) const {
        return analyzeCall(acoustic, &transcript, settings, defaultRules());
    }
};

Call sampleCall() {
    Call call(2, 100);
    call.add(1, 2, "Thank you for calling Acme, how may I help you?");  // to 4.95
    call.add(0, 7, "Hi, where is my order?");                           // to 8.45
    call.add(1, 9.25, "Let me check that for you.");                    // to 11
    call.add(0, 11.2, "Okay.");                                         // to 11.45
    call.add(1, 21, "Oops, it is still here.");                         // to 22.75
    call.add(0, 60, "I don't understand.");                             // to 60.85
    return call;
}

TEST(CallAnalysis, PutsTheWholeCallTogether) {
    const CallAnalysis call = sampleCall().analyzed();

    ASSERT_THAT(call.parties, SizeIs(2));
    EXPECT_EQ(call.parties[0].role, Role::Customer);
    EXPECT_EQ(call.parties[1].role, Role::Agent);
    EXPECT_EQ(call.parties[1].channel, 1);
    EXPECT_NEAR(call.parties[0].talk.count(), 1.45 + 0.25 + 0.85, 1e-9);
    EXPECT_THAT(call.warnings, IsEmpty());

    ASSERT_THAT(call.silences, SizeIs(5));
    const Silence& edge = call.silences[0];
    EXPECT_EQ(edge.within, SilenceWithin::Edge);
    EXPECT_EQ(edge.speakerBefore, Role::Unknown);
    EXPECT_EQ(edge.speakerAfter, Role::Agent);
    EXPECT_THAT(edge.before, IsEmpty());
    EXPECT_THAT(edge.patterns, IsEmpty());

    const Silence& greeting = call.silences[1];
    EXPECT_EQ(greeting.within, SilenceWithin::BetweenTurns);
    EXPECT_EQ(greeting.speakerBefore, Role::Agent);
    EXPECT_EQ(greeting.speakerAfter, Role::Customer);
    ASSERT_FALSE(greeting.patterns.empty());
    EXPECT_EQ(greeting.patterns[0].id, "post_greeting");
    EXPECT_FALSE(greeting.announced);
    EXPECT_EQ(greeting.expectedNext, Role::Customer) << "the one who was greeted";
    EXPECT_EQ(greeting.partyExpected, 0);

    const Silence& checking = call.silences[2];
    EXPECT_EQ(checking.category, SilenceCategory::Long);
    EXPECT_TRUE(checking.announced);
    EXPECT_EQ(checking.expectedNext, Role::Agent) << "the one who asked for a moment";
    ASSERT_THAT(checking.patterns, SizeIs(1));
    EXPECT_EQ(checking.patterns[0].id, "checking_information");
    EXPECT_EQ(checking.patterns[0].evidence, "Let me check that for you.");
    EXPECT_DOUBLE_EQ(checking.patterns[0].at.count(), 9.25);
    ASSERT_THAT(checking.before, SizeIs(3));
    EXPECT_EQ(checking.before[0].party, 0);
    EXPECT_EQ(checking.before[2].text, "Okay.");
    ASSERT_THAT(checking.after, SizeIs(1));
    EXPECT_EQ(checking.after[0].text, "Oops, it is still here.");

    const Silence& confusion = call.silences[3];
    EXPECT_EQ(confusion.position, CallPosition::Middle);
    ASSERT_THAT(confusion.patterns, SizeIs(1));
    EXPECT_EQ(confusion.patterns[0].id, "customer_confusion");

    ASSERT_THAT(call.keywords, SizeIs(1));
    EXPECT_EQ(call.keywords[0].rule, "oops");
    EXPECT_EQ(call.keywords[0].party, 1);
    EXPECT_DOUBLE_EQ(call.keywords[0].time.count(), 21);

    EXPECT_EQ(call.metrics.words, 30);
    EXPECT_NEAR(
        (call.metrics.silence - call.metrics.deadAir).count(), checking.length().count(), 1e-9);
}

TEST(CallAnalysis, WithoutWordsTellsWhatSoundTells) {
    const Call spoken = sampleCall();
    const CallAnalysis call = analyzeCall(spoken.acoustic, nullptr, {}, defaultRules());
    EXPECT_THAT(call.silences, SizeIs(5));
    EXPECT_GT(call.metrics.silence.count(), 0);
    EXPECT_TRUE(call.metrics.responseMedian);
    EXPECT_EQ(call.metrics.words, 0);
    for (const Silence& silence : call.silences) {
        EXPECT_THAT(silence.patterns, IsEmpty());
        EXPECT_THAT(silence.before, IsEmpty());
        EXPECT_FALSE(silence.announced);
    }
    ASSERT_THAT(call.warnings, SizeIs(1));
    EXPECT_EQ(call.warnings[0].code, ErrorCode::TrStateNoWords);
    EXPECT_EQ(call.warnings[0].channel, -1);
}

TEST(CallAnalysis, TakesRolesFromTheSettingWithoutWords) {
    AnalysisSettings settings;
    settings.agentChannel = AgentChannel::Left;
    const CallAnalysis call = analyzeCall(sampleCall().acoustic, nullptr, settings, defaultRules());
    EXPECT_EQ(call.parties[0].role, Role::Agent);
    EXPECT_EQ(call.silences[1].speakerBefore, Role::Customer);
}

TEST(CallAnalysis, TakesDuplicatedChannelsAsOneParty) {
    Call call(2, 20);
    call.add(0, 2, "Hello?");
    call.acoustic.activity[1] = call.acoustic.activity[0];
    call.acoustic.duplicatedChannels = true;
    call.transcript.channels.resize(1);
    const CallAnalysis analyzed = call.analyzed();
    EXPECT_THAT(analyzed.parties, SizeIs(1));
    EXPECT_EQ(analyzed.parties[0].role, Role::Unknown);
    EXPECT_FALSE(analyzed.metrics.talkOver);
    ASSERT_THAT(analyzed.silences, SizeIs(2));
    EXPECT_EQ(analyzed.silences[1].partyBefore, 0);
}

TEST(CallAnalysis, SaysWhereWordsAndSoundDisagree) {
    Call call(1, 20);
    call.add(0, 2, "Hello?");                                 // to 2.25
    say(call.transcript.channels[0], 5, "nobody said this");  // 0.75 s of words
    call.add(0, 10, "Yes.");
    const CallAnalysis analyzed = call.analyzed();
    ASSERT_THAT(analyzed.silences, SizeIs(3));
    EXPECT_DOUBLE_EQ(analyzed.silences[0].wordsInside.count(), 0);
    EXPECT_NEAR(analyzed.silences[1].wordsInside.count(), 0.75, 1e-9);
    ASSERT_THAT(analyzed.silences[1].before, SizeIs(1));
    EXPECT_EQ(analyzed.silences[1].before[0].text, "Hello?");
}

TEST(CallAnalysis, OfAnEmptyOrSpeechlessRecordingIsQuiet) {
    EXPECT_THAT(analyzeCall(AcousticResult{}, nullptr, {}, defaultRules()).silences, IsEmpty());
    const CallAnalysis call = Call(1, 30).analyzed();
    ASSERT_THAT(call.silences, SizeIs(1));
    EXPECT_DOUBLE_EQ(call.metrics.silenceShare, 1);
    EXPECT_DOUBLE_EQ(call.metrics.deadAir.count(), 30);
}

TEST(CallAnalysis, FollowsItsSettings) {
    AnalysisSettings settings;
    settings.silence.minSilence = Seconds{3};
    settings.silence.longFrom = Seconds{60};
    settings.silence.context = Seconds{0.3};
    const CallAnalysis call = sampleCall().analyzed(settings);
    ASSERT_THAT(call.silences, SizeIs(3));
    EXPECT_EQ(call.silences[0].category, SilenceCategory::Medium);
    EXPECT_THAT(call.silences[0].before, SizeIs(1));
}

/// Four minutes of two parties who say what people say.
Call randomCall(unsigned seed) {
    static const char* const kSentences[] = {"Okay, thank you.",
                                             "What is your phone number?",
                                             "It is five five five one two.",
                                             "Let me check that for you.",
                                             "I would like to know when my order will be here.",
                                             "Um, I'm not sure.",
                                             "Is there anything else that I can do for you today?",
                                             "No, that was all.",
                                             "We have that one in large and in small."};
    Call call(2, 245);
    std::mt19937 random(seed);
    std::uniform_int_distribution<std::size_t> sentence(0, std::size(kSentences) - 1);
    std::uniform_real_distribution<double> pause(0.1, 3);
    std::size_t speaker = 0;
    for (double at = pause(random); at < 240; at += pause(random)) {
        const char* text = kSentences[sentence(random)];
        call.add(speaker, at, text);
        at = saidBy(at, text);
        speaker = 1 - speaker;
    }
    return call;
}

TEST(CallAnalysis, OfRandomCallsKeepsItsPromises) {
    for (unsigned seed = 0; seed < 50; ++seed) {
        const Call call = randomCall(seed);
        const CallAnalysis first = call.analyzed();
        const CallAnalysis second = call.analyzed();
        ASSERT_EQ(first.silences.size(), second.silences.size());
        Seconds last{-1};
        for (std::size_t k = 0; k < first.silences.size(); ++k) {
            const Silence& silence = first.silences[k];
            EXPECT_GT(silence.start, last);
            last = silence.end;
            ASSERT_EQ(silence.patterns.size(), second.silences[k].patterns.size())
                << "deterministic";
            for (std::size_t i = 0; i < silence.patterns.size(); ++i) {
                const PatternMatch& pattern = silence.patterns[i];
                EXPECT_GT(pattern.confidence, 0);
                EXPECT_LE(pattern.confidence, 1);
                EXPECT_FALSE(pattern.evidence.empty());
                EXPECT_TRUE(i == 0 || pattern.confidence <= silence.patterns[i - 1].confidence);
                EXPECT_EQ(pattern.confidence, second.silences[k].patterns[i].confidence);
            }
        }
        EXPECT_LE(first.metrics.deadAir, first.metrics.silence);
        EXPECT_LE(first.metrics.silence + first.metrics.talk,
                  call.acoustic.duration + Seconds{1e-6});
    }
}

}  // namespace
}  // namespace chat::analyze
