#include "chat/audio/speech_activity.h"

#include "chat/audio/acoustics.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "sound_helpers.h"

namespace chat::audio {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace): helpers of this folder's tests

/// Made-up evidence: what the detector and the level meter would say of a channel.
struct Evidence {
    std::vector<std::uint8_t> probabilities;
    std::vector<std::uint8_t> levels;
    Seconds duration;

    Evidence(double seconds, double noiseDbfs)
        : probabilities(static_cast<std::size_t>(std::ceil(seconds / kProbabilityStep.count())), 5)
        , levels(static_cast<std::size_t>(std::lround(seconds * 100)),
                 static_cast<std::uint8_t>(std::lround((noiseDbfs + 120) * 2)))
        , duration(seconds) {}

    void speak(double start, double end, double levelDbfs) {
        std::fill(levels.begin() + std::lround(start * 100),
                  levels.begin() + std::lround(end * 100),
                  static_cast<std::uint8_t>(std::lround((levelDbfs + 120) * 2)));
    }
    void detect(double start, double end, double probability = 0.95) {
        std::fill(probabilities.begin() + std::lround(start / kProbabilityStep.count()),
                  probabilities.begin() + std::lround(end / kProbabilityStep.count()),
                  static_cast<std::uint8_t>(std::lround(probability * 255)));
    }
    [[nodiscard]] Intervals find(const SpeechActivitySettings& settings = {}) const {
        return findSpeech(probabilities, levels, duration, settings);
    }
};

void expectIntervals(const Intervals& found, const Intervals& expected, double tolerance = 1e-9) {
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_NEAR(found[i].start.count(), expected[i].start.count(), tolerance) << i;
        EXPECT_NEAR(found[i].end.count(), expected[i].end.count(), tolerance) << i;
    }
}

TEST(SpeechActivity, EdgesAreWhereTheEnergyIsNotWhereTheDetectorWakesUp) {
    Evidence evidence(10, -80);
    evidence.speak(2.03, 4.51, -20);
    evidence.detect(2.08, 4.60);
    expectIntervals(evidence.find(), {{Seconds{2.03}, Seconds{4.51}}});
}

TEST(SpeechActivity, QuietBeginningsAndEndsCountWithin35DecibelsOfThePeak) {
    Evidence evidence(10, -110);
    evidence.speak(2.0, 2.2, -54);
    evidence.speak(2.2, 4.0, -20);
    evidence.speak(4.0, 4.1, -54);
    evidence.speak(4.1, 4.3, -57);
    evidence.detect(2.2, 4.1);
    expectIntervals(evidence.find(), {{Seconds{2.0}, Seconds{4.1}}});
}

TEST(SpeechActivity, NoiseThatCoversTheEdgesDoesNotMoveThemFarFromTheDetectors) {
    Evidence evidence(10, -30);
    evidence.speak(2.2, 3.8, -20);  // the rest of the utterance is under the noise
    evidence.detect(2.016, 4.0);
    const auto found = evidence.find();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_NEAR(found[0].start.count(), 2.016, 0.05);
    EXPECT_NEAR(found[0].end.count(), 4.0, 0.06);
}

TEST(SpeechActivity, AWeakDetectionNeedsAStrongOneFirst) {
    Evidence evidence(10, -80);
    evidence.speak(2, 6, -20);
    evidence.detect(2, 4, 0.42);
    expectIntervals(evidence.find(), {});
    evidence.detect(4, 5, 0.9);
    evidence.detect(5, 6, 0.42);
    const auto found = evidence.find();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_NEAR(found[0].end.count(), 6, 0.04);
}

TEST(SpeechActivity, ShortGapsAreClosedAndShortSpeechIsDropped) {
    Evidence evidence(10, -80);
    evidence.speak(1.0, 2.0, -20);
    evidence.detect(1.0, 2.0);
    evidence.speak(2.15, 3.0, -20);
    evidence.detect(2.15, 3.0);
    evidence.speak(6.0, 6.06, -20);
    evidence.detect(6.0, 6.06);
    expectIntervals(evidence.find(), {{Seconds{1.0}, Seconds{3.0}}});
}

TEST(SpeechActivity, NothingIsFoundInNothing) {
    EXPECT_TRUE(findSpeech({}, {}, Seconds{0}).empty());
    EXPECT_TRUE(Evidence(5, -120).find().empty());
}

TEST(SpeechActivity, SpeechAtBothEndsStaysInsideTheRecording) {
    Evidence evidence(3, -25);
    evidence.detect(0, 3);
    evidence.duration = Seconds{2.995};
    expectIntervals(evidence.find(), {{Seconds{0}, Seconds{2.995}}});
}

SoundTrack trackOf(const Evidence& evidence) {
    return {evidence.probabilities, evidence.levels, {}};
}

TEST(CrossTalk, TheOthersVoiceAtMinus25DecibelsIsNotThisPartys) {
    Evidence loud(20, -80);
    loud.speak(2, 6, -20);
    loud.detect(2, 6);
    Evidence faint(20, -80);
    faint.speak(2, 6, -45);
    faint.detect(2, 6);
    faint.speak(10, 12, -22);
    faint.detect(10, 12);
    const auto kept = withoutCrossTalk(trackOf(faint), trackOf(loud));
    expectIntervals(
        findSpeech(kept, faint.levels, faint.duration), {{Seconds{10}, Seconds{12}}}, 0.02);
    const auto loudKept = withoutCrossTalk(trackOf(loud), trackOf(faint));
    EXPECT_EQ(findSpeech(loudKept, loud.levels, loud.duration), loud.find());
}

TEST(CrossTalk, APartyThatIsAlwaysFaintIsHeardWhenBothTalk) {
    Evidence loud(20, -80);
    loud.speak(2, 6, -15);
    loud.detect(2, 6);
    Evidence faint(20, -80);
    faint.speak(4, 5, -40);
    faint.detect(4, 5);
    faint.speak(10, 12, -40);
    faint.detect(10, 12);
    const auto kept = withoutCrossTalk(trackOf(faint), trackOf(loud));
    EXPECT_EQ(findSpeech(kept, faint.levels, faint.duration), faint.find());
}

TEST(Evidence, IsTheMedianLevelAndTheMeanProbabilityOfEveryTenthOfASecond) {
    SoundTrack track;
    track.levels = {1, 1, 1, 1, 50, 60, 200, 200, 200, 200, 9, 7, 8};
    track.probabilities = {100, 200, 100, 200, 30};  // begin at 0, 32, 64, 96 and 128 ms
    const ChannelActivity outline = evidence(track);
    EXPECT_TRUE(outline.speech.empty());
    EXPECT_EQ(outline.levels, (std::vector<std::uint8_t>{50, 8}));
    EXPECT_EQ(outline.probabilities, (std::vector<std::uint8_t>{150, 30}));
    EXPECT_TRUE(evidence({}).levels.empty());
}

/// Words of the demo call put together with pauses of known length; the truth is every word group's
/// first to last 10 ms frame within 35 dB of its peak.
class Composed : public testing::Test {
  protected:
    void SetUp() override {
        auto source = openRecording(recording("auto_repairs_1.flac"));
        ASSERT_TRUE(source);
        const auto sound = readAll(**source);
        auto analysed = openRecording(recording("auto_repairs_1.flac"));
        ASSERT_TRUE(analysed);
        const auto result = analyzeSound(**analysed);
        ASSERT_TRUE(result);
        double gap = 1.2;
        for (const Interval& speech : result->activity[1].speech) {
            if (speech.length() < Seconds{1.5} || pieces_.size() == 8) {
                continue;
            }
            const auto from = static_cast<std::ptrdiff_t>(speech.start.count() * kAnalysisRateHz);
            const auto to = static_cast<std::ptrdiff_t>(speech.end.count() * kAnalysisRateHz);
            pieces_.push_back(trimmed({sound[1].begin() + from, sound[1].begin() + to}));
            gaps_.push_back(gap);
            gap = gap > 4 ? 0.6 : gap + 0.63;
        }
        ASSERT_EQ(pieces_.size(), 8U);
    }

    static std::vector<float> trimmed(std::vector<float> piece) {
        constexpr std::size_t kFrame = 160;
        std::vector<double> powers;
        for (std::size_t i = 0; i + kFrame <= piece.size(); i += kFrame) {
            double power = 0;
            for (std::size_t j = i; j < i + kFrame; ++j) {
                power += static_cast<double>(piece[j]) * static_cast<double>(piece[j]);
            }
            powers.push_back(power);
        }
        const double gate = *std::max_element(powers.begin(), powers.end()) * std::pow(10, -3.5);
        const auto within = [&](double power) { return power >= gate; };
        const auto first = std::find_if(powers.begin(), powers.end(), within) - powers.begin();
        const auto last = powers.rend() - std::find_if(powers.rbegin(), powers.rend(), within);
        return {piece.begin() + first * static_cast<std::ptrdiff_t>(kFrame),
                piece.begin() + last * static_cast<std::ptrdiff_t>(kFrame)};
    }

    /// The pieces with their pauses, each at its level, over white noise so far below the speech.
    void compose(const std::vector<float>& gains, double noiseDbBelow) {
        sound_.assign(20'000, 0.0F);
        truth_.clear();
        double power = 0;
        std::size_t spoken = 0;
        for (std::size_t i = 0; i < pieces_.size(); ++i) {
            const double start = static_cast<double>(sound_.size()) / kAnalysisRateHz;
            for (const float x : pieces_[i]) {
                sound_.push_back(x * gains[i % gains.size()]);
                power += std::pow(static_cast<double>(sound_.back()), 2);
            }
            spoken += pieces_[i].size();
            truth_.push_back(
                {Seconds{start}, Seconds{static_cast<double>(sound_.size()) / kAnalysisRateHz}});
            sound_.resize(sound_.size() + static_cast<std::size_t>(gaps_[i] * 100) * 160);
        }
        std::mt19937 random(1);  // the same noise every time
        std::normal_distribution<double> noise(
            0, std::sqrt(power / static_cast<double>(spoken) * std::pow(10, -noiseDbBelow / 10)));
        for (float& x : sound_) {
            x += static_cast<float>(noise(random));
        }
    }

    /// Expects each pause of a second and more at its place, and no other.
    void expectPauses(double tolerance) const {
        MemorySource source({sound_});
        const auto result = analyzeSound(source);
        ASSERT_TRUE(result);
        const Intervals expected = pauses(truth_);
        const Intervals found = pauses(result->activity[0].speech);
        ASSERT_EQ(found.size(), expected.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            EXPECT_NEAR(found[i].start.count(), expected[i].start.count(), tolerance) << i;
            EXPECT_NEAR(found[i].end.count(), expected[i].end.count(), tolerance) << i;
        }
    }

    static Intervals pauses(const Intervals& speech) {
        Intervals result;
        for (std::size_t i = 1; i < speech.size(); ++i) {
            const Interval pause{speech[i - 1].end, speech[i].start};
            if (pause.length() >= Seconds{1.0}) {
                result.push_back(pause);
            }
        }
        return result;
    }

    std::vector<std::vector<float>> pieces_;
    std::vector<double> gaps_;
    std::vector<float> sound_;
    Intervals truth_;
};

TEST_F(Composed, CleanPausesAreFoundToTwoHundredthsOfASecond) {
    compose({1.0F}, 90);
    expectPauses(0.021);
}

TEST_F(Composed, SpeakersOfDifferentLevelsAreAllHeard) {
    compose({1.0F, 0.25F, 0.5F}, 90);
    expectPauses(0.031);
}

TEST_F(Composed, PausesAreFoundIn20DecibelsOfNoise) {
    compose({1.0F}, 20);
    expectPauses(0.2);
}

TEST_F(Composed, PausesAreFoundIn10DecibelsOfNoise) {
    compose({1.0F}, 10);
    expectPauses(0.3);
}

}  // namespace
}  // namespace chat::audio
