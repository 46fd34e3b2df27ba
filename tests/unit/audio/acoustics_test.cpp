#include "chat/audio/acoustics.h"

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <numbers>
#include <stop_token>

#include "sound_helpers.h"

namespace chat::audio {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace): helpers of this folder's tests

AcousticResult analysed(const std::filesystem::path& path) {
    auto source = openRecording(path);
    EXPECT_TRUE(source) << path;
    auto result = source ? analyzeSound(**source) : tl::unexpected<Error>(source.error());
    return result ? std::move(*result) : AcousticResult{};
}

std::vector<float> tone(double seconds, double hz, double amplitude) {
    std::vector<float> sound(static_cast<std::size_t>(seconds * kAnalysisRateHz));
    for (std::size_t i = 0; i < sound.size(); ++i) {
        sound[i] =
            static_cast<float>(amplitude * std::sin(2 * std::numbers::pi * hz *
                                                    static_cast<double>(i) / kAnalysisRateHz));
    }
    return sound;
}

TEST(Acoustics, TellsWhoSpeaksWhenInADualCall) {
    const auto result = analysed(recording("auto_repairs_1.flac"));
    EXPECT_NEAR(result.duration.count(), 245.38, 0.001);
    ASSERT_EQ(result.activity.size(), 2U);
    EXPECT_FALSE(result.duplicatedChannels);
    EXPECT_TRUE(result.warnings.empty());
    Seconds both{};
    for (const Interval& left : result.activity[0].speech) {
        for (const Interval& right : result.activity[1].speech) {
            both += overlap(left, right);
        }
    }
    EXPECT_LT(both, Seconds{5});  // they take turns
    for (std::size_t c = 0; c < 2; ++c) {
        const ChannelActivity& channel = result.activity[c];
        EXPECT_EQ(channel.levels.size(), 2'454U);
        EXPECT_EQ(channel.probabilities.size(), 2'454U);
        EXPECT_GT(channel.speech.size(), 15U);
        for (std::size_t i = 0; i < channel.speech.size(); ++i) {
            EXPECT_LT(channel.speech[i].start, channel.speech[i].end);
            EXPECT_TRUE(i == 0 || channel.speech[i - 1].end < channel.speech[i].start);
        }
        EXPECT_LE(channel.speech.back().end, result.duration);
        const ChannelQuality& quality = result.quality[c];
        EXPECT_NEAR(quality.speechShare, 0.38, 0.05);
        EXPECT_GT(quality.snrDb, 30);
        EXPECT_NEAR(quality.loudnessLufs, -17.5, 2);
        EXPECT_NEAR(quality.bandwidthHz, 3'300, 300);  // a telephone line's
        EXPECT_LT(quality.clippedShare, 0.001);
        EXPECT_EQ(result.peaks.channels[c].size(), result.peaks.channels[0].size());
    }
    EXPECT_NEAR(result.peaks.step.count() * static_cast<double>(result.peaks.channels[0].size()),
                245.38,
                0.1);
}

TEST(Acoustics, SeesThatBothChannelsAreTheSame) {
    const auto result = analysed(recording("points_balance_duplicated.mp3"));
    EXPECT_TRUE(result.duplicatedChannels);
    EXPECT_TRUE(warnsOf(result.warnings, ErrorCode::AuDataDuplicatedChannels));
    EXPECT_EQ(result.activity[0].speech, result.activity[1].speech);
}

TEST(Acoustics, SeesDuplicatesAtAnotherLevelButNotInTwoParties) {
    auto sound = tone(3, 300, 0.5);
    auto quieter = sound;
    for (float& x : quieter) {
        x *= 0.2F;
    }
    MemorySource same({sound, quieter});
    MemorySource different({sound, tone(3, 410, 0.5)});
    MemorySource oneSilent({sound, std::vector<float>(sound.size(), 0.0F)});
    EXPECT_TRUE(analyzeSound(same)->duplicatedChannels);
    EXPECT_FALSE(analyzeSound(different)->duplicatedChannels);
    EXPECT_FALSE(analyzeSound(oneSilent)->duplicatedChannels);
}

TEST(Acoustics, SilenceOnlyIsAnalysedAndSaid) {
    const TemporaryFolder folder;
    const auto result =
        analysed(encoded(folder, "silence.wav", "-f lavfi -i anullsrc=r=8000:cl=stereo -t 5"));
    EXPECT_NEAR(result.duration.count(), 5, 0.001);
    EXPECT_TRUE(warnsOf(result.warnings, ErrorCode::AuDataNoSpeech));
    EXPECT_FALSE(warnsOf(result.warnings, ErrorCode::AuDataOneSided, 0));
    ASSERT_EQ(result.quality.size(), 2U);
    EXPECT_EQ(result.quality[0].peakDbfs, -120);
    EXPECT_EQ(result.quality[0].loudnessLufs, -70);
    EXPECT_EQ(result.quality[0].snrDb, 0);
    EXPECT_TRUE(result.activity[0].speech.empty());
}

TEST(Acoustics, OneSidedRecordingsAreSaid) {
    auto source = openRecording(recording("auto_loan_mono.flac"));
    ASSERT_TRUE(source);
    auto voice = readAll(**source)[0];
    std::vector<float> nothing(voice.size(), 0.0F);
    MemorySource dual({std::move(voice), std::move(nothing)});
    const auto result = analyzeSound(dual);
    ASSERT_TRUE(result);
    EXPECT_TRUE(warnsOf(result->warnings, ErrorCode::AuDataOneSided, 1));
    EXPECT_FALSE(warnsOf(result->warnings, ErrorCode::AuDataOneSided, 0));
}

TEST(Acoustics, EchoOfTheOtherPartyIsNotSpeech) {
    auto source = openRecording(recording("auto_repairs_1.flac"));
    ASSERT_TRUE(source);
    const auto clean = readAll(**source);
    auto crossed = clean;
    for (std::size_t i = 800; i < crossed[0].size(); ++i) {
        crossed[0][i] += 0.05F * clean[1][i - 800];  // -26 dB, 50 ms later
    }
    MemorySource dual(crossed);
    const auto result = analyzeSound(dual);
    ASSERT_TRUE(result);
    const auto plain = analysed(recording("auto_repairs_1.flac"));
    Seconds before{};
    Seconds after{};
    for (const Interval& interval : plain.activity[0].speech) {
        before += interval.length();
    }
    for (const Interval& interval : result->activity[0].speech) {
        after += interval.length();
    }
    EXPECT_NEAR(after.count(), before.count(), 5);  // the echo alone would be 90 seconds
}

TEST(Acoustics, MeasuresWhatAToneOfKnownLevelHas) {
    // EBU Tech 3341, case 1: a 1 kHz sine at -23 dBFS in both channels of a pair reads -23 LUFS; one channel
    // alone reads 3 less.
    MemorySource source({tone(20, 1'000, std::pow(10, -23.0 / 20))});
    const auto result = analyzeSound(source);
    ASSERT_TRUE(result);
    EXPECT_NEAR(result->quality[0].loudnessLufs, -26, 0.1);
    EXPECT_NEAR(result->quality[0].peakDbfs, -23, 0.01);
    EXPECT_NEAR(levelDbfs(result->activity[0].levels[10]), -26, 0.5);
    EXPECT_NEAR(result->quality[0].dcOffset, 0, 1e-4);
}

TEST(Acoustics, MeasuresClippingAndOffset) {
    auto clipped = tone(5, 200, 3);
    for (float& x : clipped) {
        x = std::clamp(x, -1.0F, 1.0F);
    }
    auto shifted = tone(5, 200, 0.2);
    for (float& x : shifted) {
        x += 0.1F;
    }
    MemorySource source({std::move(clipped), std::move(shifted)});
    const auto result = analyzeSound(source);
    ASSERT_TRUE(result);
    EXPECT_NEAR(result->quality[0].clippedShare, 0.78, 0.05);
    EXPECT_EQ(result->quality[1].clippedShare, 0);
    EXPECT_NEAR(result->quality[1].dcOffset, 0.1, 1e-3);
    EXPECT_TRUE(warnsOf(result->warnings, ErrorCode::AuDataClipped, 0));
    EXPECT_FALSE(warnsOf(result->warnings, ErrorCode::AuDataClipped, 1));
}

TEST(Acoustics, ATruncatedRecordingKeepsItsWarning) {
    const TemporaryFolder folder;
    const std::string whole = fileContent(recording("auto_loan_mono.flac"));
    const auto result = analysed(folder.file("cut.flac", whole.substr(0, whole.size() / 2)));
    EXPECT_TRUE(warnsOf(result.warnings, ErrorCode::AuDataTruncated));
    EXPECT_GT(result.duration, Seconds{10});
    EXPECT_FALSE(result.activity[0].speech.empty());
}

TEST(Acoustics, StopsWithinABlock) {
    MemorySource source({tone(3'600, 300, 0.1)});
    std::stop_source stop;
    Seconds last{};
    const auto result = analyzeSound(source, {}, stop.get_token(), [&](Seconds done) {
        last = done;
        stop.request_stop();
    });
    ASSERT_FALSE(result);
    EXPECT_EQ(errorName(result.error().code), "SYS_STATE_STOPPED");
    EXPECT_LT(last, Seconds{10});
}

TEST(Acoustics, TellsHowFarItIs) {
    MemorySource source({tone(20, 300, 0.1)});
    std::vector<double> seen;
    ASSERT_TRUE(analyzeSound(source, {}, {}, [&](Seconds done) { seen.push_back(done.count()); }));
    EXPECT_GT(seen.size(), 3U);
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
    EXPECT_NEAR(seen.back(), 20, 1e-9);
}

std::size_t residentKib() {
    std::ifstream status("/proc/self/status");
    std::string word;
    while (status >> word) {
        if (word == "VmRSS:") {
            std::size_t kib = 0;
            status >> kib;
            return kib;
        }
    }
    return 0;
}

TEST(Acoustics, MemoryDoesNotGrowWithTheRecording) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers keep freed memory, which is what is counted here";
#endif
    // Half an hour of two channels takes 230 MB as samples; 0.5 MB is what is kept of it.
    auto left = tone(60, 300, 0.1);
    auto right = tone(60, 500, 0.1);
    MemorySource source({std::move(left), std::move(right)}, 30);
    std::size_t early = 0;
    std::size_t most = 0;
    const auto result = analyzeSound(source, {}, {}, [&](Seconds done) {
        const std::size_t now = residentKib();
        if (early == 0 && done > Seconds{60}) {
            early = now;
        }
        most = std::max(most, now);
    });
    ASSERT_TRUE(result);
    EXPECT_NEAR(result->duration.count(), 1'800, 0.01);
    EXPECT_LE(result->peaks.channels[0].size(), 4'000U);
    ASSERT_GT(early, 0U);
    EXPECT_LT(most, early + 4 * 1024);
}

}  // namespace
}  // namespace chat::audio
