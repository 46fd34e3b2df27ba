#include "chat/audio/hold_sounds.h"

#include "chat/audio/acoustics.h"
#include "chat/audio/loud_speech.h"
#include "chat/audio/spectral_meter.h"

#include <gmock/gmock.h>

#include <cmath>
#include <numbers>
#include <random>

#include "sound_helpers.h"

namespace chat::audio {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace): helpers of this folder's tests
using testing::IsEmpty;
using testing::SizeIs;

/// A sound under construction, 16 kHz, over a hiss of -75 dBFS.
class Sound {
  public:
    explicit Sound(double seconds)
        : samples_(static_cast<std::size_t>(seconds * kAnalysisRateHz)) {
        noise(0, seconds, -75);
    }

    Sound& noise(double from, double to, double dbfs) {
        std::normal_distribution<float> normal(0, static_cast<float>(std::pow(10, dbfs / 20)));
        each(from, to, [&](double) { return normal(random_); });
        return *this;
    }
    /// Sines of equal strength, together `dbfs`.
    Sound& sines(double from, double to, const std::vector<double>& hertz, double dbfs) {
        const double amplitude =
            std::pow(10, dbfs / 20) * std::sqrt(2.0 / static_cast<double>(hertz.size()));
        each(from, to, [&](double t) {
            double sum = 0;
            for (const double f : hertz) {
                sum += std::sin(2 * std::numbers::pi * f * t);
            }
            return static_cast<float>(amplitude * sum);
        });
        return *this;
    }
    /// A chord of three voices with overtones that changes every half second.
    Sound& music(double from, double to, double dbfs) {
        constexpr std::array kRoots{220.0, 261.6, 196.0, 293.7};
        int bar = 0;
        for (double t = from; t < to; t += 0.5, ++bar) {
            const double root = kRoots[static_cast<std::size_t>(bar) % kRoots.size()];
            std::vector<double> partials;
            for (const double note : {1.0, 1.25, 1.5}) {
                for (const int overtone : {1, 2, 3, 5}) {
                    partials.push_back(root * note * overtone);
                }
            }
            sines(t, std::min(to, t + 0.5), partials, dbfs);
        }
        return *this;
    }

    [[nodiscard]] SoundTrack track() const {
        SoundTrack track;
        SpectralMeter spectra;
        // In pieces of a length that divides nothing.
        for (std::size_t i = 0; i < samples_.size(); i += 777) {
            spectra.add(
                std::span(samples_).subspan(i, std::min<std::size_t>(777, samples_.size() - i)));
        }
        track.spectra = spectra.takeTrack();
        for (std::size_t i = 0; i + 160 <= samples_.size(); i += 160) {
            double sum = 1e-12;
            for (std::size_t j = i; j < i + 160; ++j) {
                sum += static_cast<double>(samples_[j]) * static_cast<double>(samples_[j]);
            }
            track.levels.push_back(
                static_cast<std::uint8_t>(std::lround((10 * std::log10(sum / 160) + 120) * 2)));
        }
        track.probabilities.assign(samples_.size() / 512 + 1, 0);
        return track;
    }
    [[nodiscard]] Seconds duration() const {
        return Seconds{static_cast<double>(samples_.size()) / kAnalysisRateHz};
    }
    [[nodiscard]] std::vector<HoldSound> holds(Intervals speech = {}) const {
        return findHoldSounds(track(), {}, speech, duration());
    }

  private:
    template <typename Value>
    void each(double from, double to, Value value) {
        const auto last = std::min(samples_.size(), static_cast<std::size_t>(to * kAnalysisRateHz));
        for (auto i = static_cast<std::size_t>(from * kAnalysisRateHz); i < last; ++i) {
            samples_[i] += value(static_cast<double>(i) / kAnalysisRateHz);
        }
    }

    std::vector<float> samples_;
    std::mt19937 random_{7};  // NOLINT(cert-msc51-cpp): the same noise each time
};

void expectHold(const HoldSound& hold, HoldKind kind, double start, double end) {
    EXPECT_EQ(hold.kind, kind);
    EXPECT_NEAR(hold.where.start.count(), start, 0.05);
    EXPECT_NEAR(hold.where.end.count(), end, 0.05);
}

TEST(HoldSounds, MusicIsFoundWithItsEdges) {
    const auto holds = Sound(20).music(4.5, 13, -25).holds();
    ASSERT_THAT(holds, SizeIs(1));
    expectHold(holds[0], HoldKind::Music, 4.5, 13);
    EXPECT_GT(holds[0].tonality, 0.3);
}

TEST(HoldSounds, MusicOverNoiseEndsWhereItSinksIntoIt) {
    const auto holds = Sound(20).noise(0, 20, -47).music(4.5, 13, -28).holds();
    ASSERT_THAT(holds, SizeIs(1));
    expectHold(holds[0], HoldKind::Music, 4.5, 13);
}

TEST(HoldSounds, NoiseOfAnyLoudnessIsNone) {
    EXPECT_THAT(Sound(20).noise(3, 18, -20).holds(), IsEmpty());
    EXPECT_THAT(Sound(20).noise(3, 18, -55).holds(), IsEmpty());
    EXPECT_THAT(Sound(20).holds(), IsEmpty());
}

TEST(HoldSounds, TheHumOfTheMainsIsNone) {
    EXPECT_THAT(Sound(20).sines(0, 20, {50, 100, 150}, -35).noise(0, 20, -45).holds(), IsEmpty());
}

TEST(HoldSounds, RingbackIsOneHoldWithTheGapsOfItsCadence) {
    const auto holds = Sound(24)
                           .sines(2, 4, {440, 480}, -28)
                           .sines(8, 10, {440, 480}, -28)
                           .sines(14, 16, {440, 480}, -28)
                           .holds();
    ASSERT_THAT(holds, SizeIs(1));
    expectHold(holds[0], HoldKind::Tone, 2, 16);
}

TEST(HoldSounds, RingbackOverNoiseIsOneHoldToo) {
    Sound sound = Sound(24).noise(0, 24, -45);
    for (const double at : {2, 8, 14}) {
        sound.sines(at, at + 2, {440, 480}, -36);
    }
    const auto holds = sound.holds();
    ASSERT_THAT(holds, SizeIs(1));
    expectHold(holds[0], HoldKind::Tone, 2, 16);
}

TEST(HoldSounds, MusicOverNoiseIsNoTone) {
    const auto holds = Sound(20).noise(0, 20, -45).music(4.5, 13, -36).holds();
    ASSERT_THAT(holds, SizeIs(1));
    expectHold(holds[0], HoldKind::Music, 4.5, 13);
}

TEST(HoldSounds, ABeepIsTooShort) {
    EXPECT_THAT(Sound(10).sines(4, 4.25, {1000}, -25).holds(), IsEmpty());
    EXPECT_THAT(Sound(10).music(4, 5.2, -25).holds(), IsEmpty());
}

TEST(HoldSounds, SpeechPartsTonesAndBelongsToNoHold) {
    const auto holds = Sound(20)
                           .sines(2, 4, {425}, -28)
                           .music(5, 7, -20)  // stands for somebody who speaks
                           .sines(8, 10, {425}, -28)
                           .holds({{Seconds{5}, Seconds{7}}});
    ASSERT_THAT(holds, SizeIs(2));
    expectHold(holds[0], HoldKind::Tone, 2, 4);
    expectHold(holds[1], HoldKind::Tone, 8, 10);
}

TEST(HoldSounds, AVoiceForAMomentAmidMusicIsTheMusics) {
    const Sound sound = Sound(20).music(3, 15, -25);
    Intervals speech{{Seconds{8}, Seconds{8.4}}, {Seconds{16}, Seconds{18}}};
    const auto holds = findHoldSounds(sound.track(), {}, speech, sound.duration());
    ASSERT_THAT(holds, SizeIs(1));
    expectHold(holds[0], HoldKind::Music, 3, 15);
    EXPECT_EQ(speech, (Intervals{{Seconds{16}, Seconds{18}}}));
}

TEST(HoldSounds, TheOthersEchoIsNone) {
    const Sound sound = Sound(20).music(3, 8, -45).music(12, 17, -25);
    Intervals speech;
    const auto holds =
        findHoldSounds(sound.track(), {{Seconds{2.9}, Seconds{7.9}}}, speech, sound.duration());
    ASSERT_THAT(holds, SizeIs(1));
    expectHold(holds[0], HoldKind::Music, 12, 17);
}

TEST(SpectralMeter, TellsLinesFromNoiseAndSilence) {
    const auto at = [](const Sound& sound) {
        const SpectralTrack track = sound.track().spectra;
        return std::pair(track.tonality.at(20) / 255.0, track.concentration.at(20) / 255.0);
    };
    EXPECT_EQ(at(Sound(4)), std::pair(0.0, 0.0)) << "nothing is heard";
    EXPECT_NEAR(at(Sound(4).noise(0, 4, -30)).first, 0.2, 0.05);
    EXPECT_LT(at(Sound(4).noise(0, 4, -30)).second, 0.2);
    EXPECT_GT(at(Sound(4).sines(0, 4, {440, 480}, -30)).second, 0.99);
    EXPECT_GT(at(Sound(4).music(0, 4, -30)).first, 0.3);
    EXPECT_LT(at(Sound(4).music(0, 4, -30)).second, 0.95);
}

TEST(SpectralMeter, LevelsAreThoseBetween200And3700Hertz) {
    const auto dbfs = [](const Sound& sound) {
        return levelDbfs(sound.track().spectra.levels.at(20));
    };
    EXPECT_NEAR(dbfs(Sound(4).sines(0, 4, {440}, -30)), -30, 0.5);
    EXPECT_LT(dbfs(Sound(4).sines(0, 4, {50}, -30)), -60);
    // 3.5 of the 8 kHz that white noise covers.
    EXPECT_NEAR(dbfs(Sound(4).noise(0, 4, -30)), -30 + 10 * std::log10(3.5 / 8), 1);
}

/// A call with speech of -25 dBFS from 2 to 4 s, as the detector knows, and something else later.
struct HalfHeard {
    Sound sound = Sound(12).music(2, 4, -25);
    Intervals speech{{Seconds{2}, Seconds{4}}};

    [[nodiscard]] Intervals find(double from, double to, double probability) const {
        SoundTrack track = sound.track();
        for (auto i = static_cast<std::size_t>(from / kProbabilityStep.count());
             i < static_cast<std::size_t>(to / kProbabilityStep.count());
             ++i) {
            track.probabilities[i] = static_cast<std::uint8_t>(std::lround(probability * 255));
        }
        return findLoudSpeech(track, track.probabilities, {}, speech, sound.duration());
    }
};

TEST(LoudSpeech, IsWhatTheDetectorHalfBelievesAndLoudnessSpeaksFor) {
    HalfHeard call;
    call.sound.music(7, 7.5, -28);
    const Intervals found = call.find(7, 7.5, 0.2);
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_NEAR(found[0].start.count(), 7, 0.02);
    EXPECT_NEAR(found[0].end.count(), 7.5, 0.02);
    EXPECT_THAT(call.find(7, 7.5, 0.04), IsEmpty()) << "the detector rules it out";
}

TEST(LoudSpeech, IsNeitherFaintNorLongNorKeys) {
    HalfHeard faint;
    faint.sound.music(7, 7.5, -45);
    EXPECT_THAT(faint.find(7, 7.5, 0.2), IsEmpty());
    HalfHeard lasting;
    lasting.sound.music(7, 10, -25);
    EXPECT_THAT(lasting.find(7, 10, 0.2), IsEmpty());
    HalfHeard keys;
    for (int i = 0; i < 10; ++i) {
        keys.sound.noise(7 + 0.08 * i, 7.01 + 0.08 * i, -20);
    }
    EXPECT_THAT(keys.find(7, 8, 0.2), IsEmpty());
}

TEST(LoudSpeech, NextToSpeechNeedsAVoicesTone) {
    HalfHeard voice;
    voice.sound.music(4.15, 4.6, -28);
    EXPECT_THAT(voice.find(4.15, 4.6, 0.03), SizeIs(1));
    HalfHeard breath;
    breath.sound.noise(4.15, 4.6, -28);
    EXPECT_THAT(breath.find(4.15, 4.6, 0.03), IsEmpty());
}

TEST(Acoustics, AConstantOffsetChangesNothingButItself) {
    const auto analysed = [](float offset) {
        auto source = openRecording(recording("auto_loan_mono.flac"));
        std::vector<float> sound = readAll(**source).at(0);
        for (float& sample : sound) {
            sample = sample * 0.5F + offset;
        }
        MemorySource shifted({sound});
        return analyzeSound(shifted).value();
    };
    const AcousticResult plain = analysed(0);
    const AcousticResult shifted = analysed(0.05F);
    EXPECT_NEAR(shifted.quality[0].dcOffset - plain.quality[0].dcOffset, 0.05, 1e-4);
    EXPECT_NEAR(shifted.quality[0].snrDb, plain.quality[0].snrDb, 1);
    ASSERT_EQ(shifted.activity[0].speech.size(), plain.activity[0].speech.size());
    for (std::size_t i = 0; i < plain.activity[0].speech.size(); ++i) {
        EXPECT_NEAR(shifted.activity[0].speech[i].start.count(),
                    plain.activity[0].speech[i].start.count(),
                    0.05);
    }
}

}  // namespace
}  // namespace chat::audio
