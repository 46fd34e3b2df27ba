#include "chat/audio/hold_sounds.h"

#include "chat/audio/heard_spectra.h"
#include "chat/audio/level_counts.h"
#include "chat/core/intervals.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <utility>

namespace chat::audio {

namespace {

constexpr Seconds kShortestTone{0.4};
constexpr Seconds kShortestMusic{1.5};
constexpr Seconds kLongestCadenceGap{4.5};
constexpr Seconds kLongestMusicGap{1.0};
/// A cadence is as loud each time.
constexpr double kSameLoudnessDb = 3;
/// A stretch of speech as short as this, with music right before and after it, is the music's.
constexpr Seconds kShortVoice{0.6};
constexpr Seconds kRightBeside{0.3};
/// What is this far below the run's usual level is no longer of it; how far levels may move an end.
constexpr int kGateBelow = 2 * 25;
/// Nor is what does not stand out from the noise by this much.
constexpr int kGateAboveNoise = 2 * 4;
/// How far from speech and from what sounds the noise is measured, in 10 ms frames.
constexpr std::ptrdiff_t kNoiseDistance = 50;
constexpr std::ptrdiff_t kReach = 25;
constexpr std::ptrdiff_t kStepOver = 10;
using Run = HeardSpectra::Run;

std::ptrdiff_t frameAt(Seconds at, std::span<const std::uint8_t> levels) {
    return std::clamp<std::ptrdiff_t>(
        std::lround(at / kLevelStep), 0, static_cast<std::ptrdiff_t>(levels.size()));
}

/// The 10 ms frames that a run's spectra were made of, [first, last).
std::pair<std::ptrdiff_t, std::ptrdiff_t> framesOf(const Run& run,
                                                   std::span<const std::uint8_t> levels) {
    return {frameAt(static_cast<double>(run.first) * kSpectrumStep, levels),
            frameAt(static_cast<double>(run.last - 1) * kSpectrumStep + kSpectrumLength, levels)};
}

/// Where somebody speaks or something sounds, or nearly.
std::vector<bool> busyFrames(const std::vector<Run>& runs,
                             const Intervals& speech,
                             std::span<const std::uint8_t> levels) {
    std::vector<bool> busy(levels.size());
    for (const Interval& voice : speech) {
        markBusy(busy, frameAt(voice.start, levels), frameAt(voice.end, levels), kNoiseDistance);
    }
    for (const Run& run : runs) {
        const auto [first, last] = framesOf(run, levels);
        markBusy(busy, first, last, kNoiseDistance);
    }
    return busy;
}

/// Where the run begins and ends by the 10 ms levels; not beyond `limits`.
Interval heldToLevels(const Run& run,
                      std::span<const std::uint8_t> levels,
                      const std::vector<bool>& busy,
                      const Interval& limits) {
    const auto frame = [&](Seconds at) { return frameAt(at, levels); };
    const auto [first, last] = framesOf(run, levels);
    if (first >= last) {
        return {};
    }
    std::vector<std::uint8_t> sorted(levels.begin() + first, levels.begin() + last);
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    int gate = *middle - kGateBelow;
    if (const auto noise = noiseAround(levels, busy, first, last)) {
        gate = std::max(gate, noise->quantile(kLoudestOfNoise).value_or(0) + kGateAboveNoise);
        gate = std::min<int>(gate, *middle);
    }
    const auto reaches = [&](std::ptrdiff_t i) {
        return levels[static_cast<std::size_t>(i)] >= gate;
    };
    const std::ptrdiff_t lowest = std::max(frame(limits.start), first - kReach);
    const std::ptrdiff_t highest = std::min(frame(limits.end), last + kReach);
    std::ptrdiff_t start = first;
    while (start < last - 1 && !reaches(start)) {
        ++start;
    }
    for (std::ptrdiff_t i = start - 1; i >= lowest && start - i <= kStepOver; --i) {
        start = reaches(i) ? i : start;
    }
    std::ptrdiff_t end = last;
    while (end > start + 1 && !reaches(end - 1)) {
        --end;
    }
    for (std::ptrdiff_t i = end; i < highest && i - end < kStepOver; ++i) {
        end = reaches(i) ? i + 1 : end;
    }
    return {static_cast<double>(std::max(start, frame(limits.start))) * kLevelStep,
            static_cast<double>(std::min(end, frame(limits.end))) * kLevelStep};
}

/// A run's kind and tonality, and how loud it is, dBFS.
struct Described {
    HoldSound hold;
    double level = 0;
};

Described describe(const Run& run, const HeardSpectra& spectra) {
    Described result;
    double tonality = 0;
    double lines = 0;
    double power = 0;
    double n = 0;
    for (std::size_t i = run.first; i < run.last; ++i) {
        if (spectra.tonality[i] > 0) {
            // By power: a tone begins and ends within spectra.
            const double own = std::pow(10, levelDbfs(spectra.levels[i]) / 10);
            tonality += spectra.tonality[i] / 255.0;
            lines += own * spectra.concentration[i] / 255.0;
            power += own;
            ++n;
        }
    }
    result.hold.kind = lines >= kToneFrom * power ? HoldKind::Tone : HoldKind::Music;
    result.hold.tonality = tonality / n;
    result.level = 10 * std::log10(power / n);
    return result;
}

/// The free room around a time: from the end of the speech before it to the begin of the next.
Interval roomAround(Seconds at, const Intervals& speech, Seconds duration) {
    const auto next = std::ranges::upper_bound(speech, at, {}, &Interval::start);
    return {next == speech.begin() ? Seconds{0} : std::prev(next)->end,
            next == speech.end() ? duration : next->start};
}

bool speechBetween(const Interval& a, const Interval& b, const Intervals& speech) {
    const auto next = std::ranges::lower_bound(speech, a.end, {}, &Interval::start);
    return next != speech.end() && next->start < b.start;
}

/// Does a sound go on with a later one of its kind, after the gap of a cadence or a quiet moment of music?
bool goesOn(const Described& earlier, const Described& later, const Intervals& speech) {
    const bool tone = later.hold.kind == HoldKind::Tone;
    return later.hold.kind == earlier.hold.kind &&
           later.hold.where.start - earlier.hold.where.end <=
               (tone ? kLongestCadenceGap : kLongestMusicGap) &&
           (!tone || std::abs(later.level - earlier.level) <= kSameLoudnessDb) &&
           !speechBetween(earlier.hold.where, later.hold.where, speech);
}

std::vector<HoldSound> soundsOutside(const SoundTrack& track,
                                     const Intervals& speech,
                                     Seconds duration) {
    std::vector<Described> found;
    const HeardSpectra spectra = hearSpectra(track.spectra, speech);
    const std::vector<bool> busy = busyFrames(spectra.runs, speech, track.levels);
    for (const Run& run : spectra.runs) {
        Described sound = describe(run, spectra);
        HoldSound& hold = sound.hold;
        const Seconds middle = static_cast<double>(run.first) * kSpectrumStep + kSpectrumLength / 2;
        hold.where = heldToLevels(run, track.levels, busy, roomAround(middle, speech, duration));
        if (hold.where.length() <= Seconds{0}) {
            continue;
        }
        if (!found.empty() && goesOn(found.back(), sound, speech)) {
            HoldSound& earlier = found.back().hold;
            const double share = hold.where.length() / (hold.where.end - earlier.where.start);
            earlier.tonality += (hold.tonality - earlier.tonality) * share;
            earlier.where.end = hold.where.end;
        } else {
            found.push_back(sound);
        }
    }
    std::vector<HoldSound> holds;
    holds.reserve(found.size());
    std::ranges::transform(found, std::back_inserter(holds), &Described::hold);
    return holds;
}

/// The speech of both, the other's with its echo.
Intervals together(const Intervals& speech, const Intervals& elsewhere, Seconds duration) {
    constexpr Seconds kEcho{0.3};
    std::array<Intervals, 2> both{speech, elsewhere};
    for (Interval& other : both[1]) {
        other.end += kEcho;
    }
    return unite(both, duration);
}

/// Speech that is so short and so close between two sounds that it must be theirs.
bool takeOutMusic(Intervals& speech, const std::vector<HoldSound>& sounds) {
    const auto beside = [&](const Interval& voice) {
        const auto next = std::ranges::lower_bound(
            sounds, voice.end, {}, [](const HoldSound& sound) { return sound.where.start; });
        return next != sounds.begin() && next != sounds.end() &&
               next->where.start - voice.end <= kRightBeside &&
               voice.start - std::prev(next)->where.end <= kRightBeside &&
               next->where.length() >= kShortestMusic &&
               std::prev(next)->where.length() >= kShortestMusic;
    };
    return std::erase_if(speech, [&](const Interval& voice) {
               return voice.length() <= kShortVoice && beside(voice);
           }) > 0;
}

}  // namespace

std::vector<HoldSound> findHoldSounds(const SoundTrack& track,
                                      const Intervals& elsewhere,
                                      Intervals& speech,
                                      Seconds duration) {
    std::vector<HoldSound> sounds =
        soundsOutside(track, together(speech, elsewhere, duration), duration);
    if (takeOutMusic(speech, sounds)) {
        sounds = soundsOutside(track, together(speech, elsewhere, duration), duration);
    }
    std::erase_if(sounds, [](const HoldSound& sound) {
        return sound.where.length() <
               (sound.kind == HoldKind::Tone ? kShortestTone : kShortestMusic);
    });
    return sounds;
}

}  // namespace chat::audio
