#include "chat/audio/hold_sounds.h"

#include "chat/audio/level_counts.h"
#include "chat/core/intervals.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace chat::audio {

namespace {

/// Share of the power that two lines must have in a signal tone; of music, the median of a run reaches 0.92.
constexpr double kToneFrom = 0.965;
constexpr Seconds kShortestTone{0.4};
constexpr Seconds kShortestMusic{1.5};
constexpr Seconds kLongestCadenceGap{4.5};
constexpr Seconds kLongestMusicGap{1.0};
/// A stretch of speech as short as this, with music right before and after it, is the music's.
constexpr Seconds kShortVoice{0.6};
constexpr Seconds kRightBeside{0.3};
/// Spectra to each side that a spectrum is judged with, and silent ones that do not end a run.
constexpr std::size_t kNeighbours = 3;
constexpr std::size_t kGap = 2;
/// What is this far below the run's usual level is no longer of it; how far levels may move an end.
constexpr int kGateBelow = 2 * 25;
/// Nor is what does not stand out from the noise by this much.
constexpr int kGateAboveNoise = 2 * 4;
/// How far from speech and from what sounds the noise is measured, in 10 ms frames.
constexpr std::ptrdiff_t kNoiseDistance = 50;
constexpr std::ptrdiff_t kReach = 25;
constexpr std::ptrdiff_t kStepOver = 10;
constexpr Seconds kSpectrumLength{1024.0 / kAnalysisRateHz};

/// Spectra [first, last).
struct Run {
    std::size_t first = 0;
    std::size_t last = 0;
};

/// One for each spectrum: its tonality, or 0 when nothing is heard or somebody speaks in it or next to it.
std::vector<std::uint8_t> outsideSpeech(const SpectralTrack& spectra, const Intervals& speech) {
    std::vector<std::uint8_t> result = spectra.tonality;
    for (const Interval& voice : speech) {
        const double from = std::ceil((voice.start - kSpectrumLength) / kSpectrumStep);
        const double to = std::ceil(voice.end / kSpectrumStep);
        const auto size = static_cast<double>(result.size());
        std::fill(result.begin() + static_cast<std::ptrdiff_t>(std::clamp(from, 0.0, size)),
                  result.begin() + static_cast<std::ptrdiff_t>(std::clamp(to, 0.0, size)),
                  std::uint8_t{0});
    }
    return result;
}

std::vector<Run> tonalRuns(const std::vector<std::uint8_t>& tonality) {
    std::vector<Run> runs;
    for (std::size_t i = 0; i < tonality.size(); ++i) {
        if (tonality[i] == 0) {
            continue;
        }
        int sum = 0;
        int n = 0;
        for (std::size_t j = i - std::min(i, kNeighbours);
             j <= std::min(i + kNeighbours, tonality.size() - 1);
             ++j) {
            sum += tonality[j];
            n += tonality[j] > 0 ? 1 : 0;
        }
        if (sum < kTonalFrom * 255 * n) {
            continue;
        }
        if (runs.empty() || i > runs.back().last + kGap) {
            runs.push_back({i, i + 1});
        } else {
            runs.back().last = i + 1;
        }
    }
    return runs;
}

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

HoldSound describe(const Run& run, const SpectralTrack& spectra) {
    HoldSound hold;
    std::vector<std::uint8_t> lines;
    double sum = 0;
    for (std::size_t i = run.first; i < run.last; ++i) {
        if (spectra.tonality[i] > 0) {
            lines.push_back(spectra.concentration[i]);
            sum += spectra.tonality[i] / 255.0;
        }
    }
    const auto middle = lines.begin() + static_cast<std::ptrdiff_t>(lines.size() / 2);
    std::nth_element(lines.begin(), middle, lines.end());
    hold.kind = *middle >= kToneFrom * 255 ? HoldKind::Tone : HoldKind::Music;
    hold.tonality = sum / static_cast<double>(lines.size());
    return hold;
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

std::vector<HoldSound> soundsOutside(const SoundTrack& track,
                                     const Intervals& speech,
                                     Seconds duration) {
    std::vector<HoldSound> found;
    const std::vector<Run> runs = tonalRuns(outsideSpeech(track.spectra, speech));
    const std::vector<bool> busy = busyFrames(runs, speech, track.levels);
    for (const Run& run : runs) {
        HoldSound hold = describe(run, track.spectra);
        const Seconds middle = static_cast<double>(run.first) * kSpectrumStep + kSpectrumLength / 2;
        hold.where = heldToLevels(run, track.levels, busy, roomAround(middle, speech, duration));
        if (hold.where.length() <= Seconds{0}) {
            continue;
        }
        if (!found.empty() && hold.kind == found.back().kind &&
            hold.where.start - found.back().where.end <=
                (hold.kind == HoldKind::Tone ? kLongestCadenceGap : kLongestMusicGap) &&
            !speechBetween(found.back().where, hold.where, speech)) {
            HoldSound& earlier = found.back();
            const double share = hold.where.length() / (hold.where.end - earlier.where.start);
            earlier.tonality += (hold.tonality - earlier.tonality) * share;
            earlier.where.end = hold.where.end;
        } else {
            found.push_back(hold);
        }
    }
    return found;
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
