#include "chat/audio/loud_speech.h"

#include "chat/audio/heard_spectra.h"
#include "chat/audio/level_counts.h"
#include "chat/core/intervals.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace chat::audio {

namespace {

constexpr Seconds kShortest{0.08};
constexpr Seconds kLongest{1.5};
/// Quieter moments inside a word.
constexpr std::size_t kStepOver = 10;
constexpr Seconds kNearSpeech{0.3};
/// Half believed by the detector.
constexpr std::uint8_t kHalfBelieved = 25;  // 0.1
constexpr std::uint8_t kNotRuledOut = 3;    // 0.01; the other party's voice has been set to zero

/// The level from which a frame is loud; nothing without speech to compare with.
std::optional<int> loudFrom(const SoundTrack& track, const Intervals& speech) {
    const SpokenLevels counted(track.levels, speech);
    const auto usual = counted.inside.quantile(0.5);
    const auto floor = counted.outside.quantile(0.1);
    // Digital silence lies at no level at all; -80 dBFS is below every microphone's own noise.
    constexpr int kLowestFloor = 2 * 40;
    if (!usual || !floor) {
        return std::nullopt;
    }
    return std::max(*usual - static_cast<int>(2 * kLoudBelowUsualDb),
                    std::max<int>(*floor, kLowestFloor) + static_cast<int>(2 * kLoudAboveFloorDb));
}

/// Is most of `run` loud, and for the length of a syllable? Keys that are pressed one after the other are not.
bool mostlyLoud(const SoundTrack& track, int from, const Interval& run) {
    const auto first = track.levels.begin() + std::lround(run.start / kLevelStep);
    const auto last = track.levels.begin() +
                      std::min<std::ptrdiff_t>(std::lround(run.end / kLevelStep),
                                               static_cast<std::ptrdiff_t>(track.levels.size()));
    const auto loud = std::count_if(first, last, [&](int level) { return level >= from; });
    return static_cast<double>(loud) * kLevelStep >= kShortest && 2 * loud >= last - first;
}

Intervals loudRuns(const SoundTrack& track, int from, Seconds duration) {
    Intervals runs;
    std::size_t quiet = kStepOver + 1;
    for (std::size_t i = 0; i < track.levels.size(); ++i) {
        if (track.levels[i] < from) {
            ++quiet;
            continue;
        }
        const Seconds end = std::min(duration, static_cast<double>(i + 1) * kLevelStep);
        if (quiet > kStepOver) {
            runs.push_back({static_cast<double>(i) * kLevelStep, end});
        } else {
            runs.back().end = end;
        }
        quiet = 0;
    }
    return runs;
}

/// The highest of a series' values whose steps touch `where`.
std::uint8_t highest(const std::vector<std::uint8_t>& series, Seconds step, const Interval& where) {
    const auto index = [&](double at) {
        return static_cast<std::ptrdiff_t>(std::clamp(at, 0.0, static_cast<double>(series.size())));
    };
    const auto first = series.begin() + index(std::floor(where.start / step));
    const auto last = series.begin() + index(std::ceil(where.end / step));
    return first < last ? *std::max_element(first, last) : std::uint8_t{0};
}

Seconds distance(const Interval& run, const Intervals& speech) {
    const auto next = std::ranges::lower_bound(speech, run.start, {}, &Interval::start);
    Seconds nearest{1e9};
    if (next != speech.end()) {
        nearest = next->start - run.end;
    }
    if (next != speech.begin()) {
        nearest = std::min(nearest, run.start - std::prev(next)->end);
    }
    return nearest;
}

}  // namespace

Intervals findLoudSpeech(const SoundTrack& track,
                         const std::vector<std::uint8_t>& probabilities,
                         std::span<const HoldSound> holds,
                         const Intervals& speech,
                         Seconds duration) {
    Intervals found;
    const auto from = loudFrom(track, speech);
    if (!from) {
        return found;
    }
    const Intervals unspoken = complement(speech, duration);
    for (const Interval& run : intersect(loudRuns(track, *from, duration), unspoken)) {
        const bool held = std::ranges::any_of(
            holds, [&](const HoldSound& hold) { return overlap(run, hold.where) > Seconds{0}; });
        if (held || run.length() > kLongest || !mostlyLoud(track, *from, run)) {
            continue;
        }
        const std::uint8_t belief = highest(probabilities, kProbabilityStep, run);
        const auto voiced = [&] {
            return highest(track.spectra.tonality, kSpectrumStep, run) >= kTonalFrom * 255;
        };
        if (belief >= kHalfBelieved ||
            (belief >= kNotRuledOut && distance(run, speech) <= kNearSpeech && voiced())) {
            found.push_back(run);
        }
    }
    return found;
}

}  // namespace chat::audio
