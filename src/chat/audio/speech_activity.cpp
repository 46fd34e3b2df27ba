#include "chat/audio/speech_activity.h"

#include "chat/audio/level_counts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>

namespace chat::audio {

namespace {

/// Stretches in 10 ms frames, [first, last).
struct Stretch {
    std::ptrdiff_t first = 0;
    std::ptrdiff_t last = 0;
};
using Stretches = std::vector<Stretch>;

constexpr double kFramesPerSecond = 100;
/// How far energy may carry an edge away from where the detector puts it.
constexpr std::ptrdiff_t kReach = 40;
/// Pauses that edges step over: closures inside a word. What comes after a longer one may be breath.
constexpr std::ptrdiff_t kStepOver = 8;
constexpr std::ptrdiff_t kStepOverToRelease = 22;
constexpr std::ptrdiff_t kShortestRelease = 2;  // a pressed key is shorter
constexpr std::ptrdiff_t kLongestRelease = 10;  // a breath is longer
/// Where noise covers the edges, they step only over pauses as short as those inside a word.
constexpr std::ptrdiff_t kStepOverInNoise = 4;
/// How late the detector is at a beginning and at an end: all that is known of an edge that noise covers.
constexpr std::ptrdiff_t kLateAtStart = 2;
constexpr std::ptrdiff_t kLateAtEnd = 3;
/// How far from speech the noise around it is measured.
constexpr std::ptrdiff_t kNoiseDistance = 30;

[[nodiscard]] std::ptrdiff_t toFrames(Seconds length) {
    return static_cast<std::ptrdiff_t>(std::lround(length.count() * kFramesPerSecond));
}

[[nodiscard]] Stretches byHysteresis(std::span<const std::uint8_t> probabilities,
                                     std::ptrdiff_t frames,
                                     const SpeechActivitySettings& settings) {
    const auto boundary = [&](std::size_t step) {
        return std::min(frames, toFrames(static_cast<double>(step) * kProbabilityStep));
    };
    Stretches result;
    bool speaks = false;
    for (std::size_t i = 0; i < probabilities.size(); ++i) {
        const double probability = probabilities[i] / 255.0;
        if (!speaks && probability >= settings.enter) {
            result.push_back({boundary(i), frames});
            speaks = true;
        } else if (speaks && probability < settings.leave) {
            result.back().last = boundary(i);
            speaks = false;
        }
    }
    return result;
}

void closeGaps(Stretches& stretches, std::ptrdiff_t shorterThan) {
    Stretches result;
    for (const Stretch& stretch : stretches) {
        if (!result.empty() && stretch.first - result.back().last < shorterThan) {
            result.back().last = std::max(result.back().last, stretch.last);
        } else {
            result.push_back(stretch);
        }
    }
    stretches = std::move(result);
}

/// An edge of a stretch on its way from where the detector puts it. `outwards` is -1 for a beginning
/// and 1 for an end; frames beyond the limits are not looked at.
struct Edge {
    std::ptrdiff_t at = 0;  ///< outermost frame of the stretch
    std::ptrdiff_t outwards = 0;
    std::ptrdiff_t outerLimit = 0;
    std::ptrdiff_t innerLimit = 0;
    std::ptrdiff_t stepOver = 0;  ///< pauses shorter than this do not stop it on its way outwards
    std::ptrdiff_t stepOverToRelease = 0;  ///< nor does a longer one before one last short sound
};

/// The outermost frame that reaches the gate, stepping over short pauses outwards; inwards when the
/// edge itself does not reach it, but no further than the inner limit.
[[nodiscard]] std::ptrdiff_t moved(const Edge& edge,
                                   std::span<const std::uint8_t> levels,
                                   double gate) {
    const auto reaches = [&](std::ptrdiff_t i) {
        return levelDbfs(levels[static_cast<std::size_t>(i)]) >= gate;
    };
    std::ptrdiff_t at = edge.at;
    while (!reaches(at) && at != edge.innerLimit) {
        at -= edge.outwards;
    }
    std::ptrdiff_t i = at;
    for (std::ptrdiff_t pause = 0; i != edge.outerLimit && pause < edge.stepOver;) {
        i += edge.outwards;
        if (reaches(i)) {
            at = i;
            pause = 0;
        } else {
            ++pause;
        }
    }
    // One short sound more: the release of a closed lip or tongue.
    while (i != edge.outerLimit && !reaches(i) && std::abs(i - at) < edge.stepOverToRelease) {
        i += edge.outwards;
    }
    const std::ptrdiff_t release = i;
    while (i != edge.outerLimit && reaches(i) && std::abs(i - release) <= kLongestRelease) {
        i += edge.outwards;
    }
    const std::ptrdiff_t length = std::abs(i - release);
    return length >= kShortestRelease && length <= kLongestRelease ? i - edge.outwards : at;
}

void refineEdges(Stretches& stretches,
                 std::span<const std::uint8_t> levels,
                 const SpeechActivitySettings& settings) {
    const auto frames = static_cast<std::ptrdiff_t>(levels.size());
    std::vector<bool> nearSpeech(levels.size());
    for (const Stretch& stretch : stretches) {
        markBusy(nearSpeech, stretch.first, stretch.last, kNoiseDistance);
    }
    std::ptrdiff_t before = 0;
    for (std::size_t i = 0; i < stretches.size(); ++i) {
        Stretch& stretch = stretches[i];
        const std::ptrdiff_t after = i + 1 < stretches.size() ? stretches[i + 1].first : frames;
        const std::ptrdiff_t first = stretch.first;
        const std::ptrdiff_t last = stretch.last - 1;
        const std::ptrdiff_t stepOver = kStepOver;
        Edge start{first, -1, std::max(before, first - kReach), last, stepOver, kStepOverToRelease};
        Edge end{last, 1, std::min(after - 1, last + kReach), first, stepOver, kStepOverToRelease};
        const std::uint8_t peak =
            *std::max_element(levels.begin() + stretch.first, levels.begin() + stretch.last);
        double gate = levelDbfs(peak) - settings.gateBelowPeakDb;
        const auto around = noiseAround(levels, nearSpeech, stretch.first, stretch.last);
        const auto noise = around ? around->quantile(kLoudestOfNoise) : std::nullopt;
        if (noise && levelDbfs(*noise) + settings.gateAboveNoiseDb > gate) {
            // The quiet beginning or end is under the noise: energy cannot take it away.
            gate = levelDbfs(*noise) + settings.gateAboveNoiseDb;
            start.at = start.innerLimit = std::max(start.outerLimit, first - kLateAtStart);
            end.innerLimit = std::max(first, last - kLateAtEnd);
            start.stepOver = end.stepOver = kStepOverInNoise;
            start.stepOverToRelease = end.stepOverToRelease = 0;
        }
        stretch.first = moved(start, levels, gate);
        end.innerLimit = std::max(end.innerLimit, stretch.first);
        stretch.last = 1 + moved(end, levels, gate);
        before = stretch.last;
    }
}

}  // namespace

Intervals findSpeech(std::span<const std::uint8_t> probabilities,
                     std::span<const std::uint8_t> levels,
                     Seconds duration,
                     const SpeechActivitySettings& settings,
                     std::span<const Interval> known) {
    const auto frames = static_cast<std::ptrdiff_t>(levels.size());
    Stretches stretches = byHysteresis(probabilities, frames, settings);
    for (const Interval& stretch : known) {
        stretches.push_back(
            {std::min(frames, toFrames(stretch.start)), std::min(frames, toFrames(stretch.end))});
    }
    std::ranges::sort(stretches, {}, &Stretch::first);
    std::erase_if(stretches, [](const Stretch& s) { return s.last <= s.first; });
    closeGaps(stretches, toFrames(settings.minSilence));
    refineEdges(stretches, levels, settings);
    closeGaps(stretches, toFrames(settings.minSilence));
    Intervals result;
    for (const Stretch& stretch : stretches) {
        const Interval interval{static_cast<double>(stretch.first) * kLevelStep,
                                std::min(duration, static_cast<double>(stretch.last) * kLevelStep)};
        if (interval.length() >= settings.minSpeech) {
            result.push_back(interval);
        }
    }
    return result;
}

std::vector<std::uint8_t> withoutCrossTalk(const SoundTrack& channel,
                                           const SoundTrack& other,
                                           const SpeechActivitySettings& settings) {
    constexpr double kFarBelowUsualDb = 10;
    constexpr std::size_t kEchoSteps = 8;  // a voice may come back 250 ms later
    const auto threshold = static_cast<std::uint8_t>(std::lround(settings.leave * 255));
    const std::size_t steps = std::min(channel.probabilities.size(), other.probabilities.size());
    const auto level = [](const SoundTrack& of, std::size_t step) {
        const auto middle = static_cast<std::size_t>((static_cast<double>(step) + 0.5) *
                                                     (kProbabilityStep / kLevelStep));
        return of.levels.empty() ? std::uint8_t{0}
                                 : of.levels[std::min(middle, of.levels.size() - 1)];
    };
    // The other's loudest level and highest probability of the last 250 ms, and this channel's usual
    // level where the other is silent.
    LevelCounts usualLevels;
    std::vector<std::uint8_t> otherSpeaks(steps);
    std::vector<std::uint8_t> otherLevel(steps);
    for (std::size_t i = 0; i < steps; ++i) {
        for (std::size_t j = i - std::min(i, kEchoSteps); j <= std::min(i + 1, steps - 1); ++j) {
            otherLevel[i] = std::max(otherLevel[i], level(other, j));
            if (other.probabilities[j] >= threshold) {
                otherSpeaks[i] = 1;
            }
        }
        if (otherSpeaks[i] == 0 && channel.probabilities[i] >= threshold) {
            usualLevels.add(level(channel, i));
        }
    }
    // Of a channel that never speaks by itself, whatever is heard counts as far below.
    const auto median = usualLevels.quantile(0.5);
    const double usual = median ? levelDbfs(*median) : 0;
    std::vector<std::uint8_t> result = channel.probabilities;
    for (std::size_t i = 0; i < steps; ++i) {
        const double own = levelDbfs(level(channel, i));
        if (otherSpeaks[i] != 0 && levelDbfs(otherLevel[i]) - own >= settings.crossTalkDb &&
            usual - own >= kFarBelowUsualDb) {
            result[i] = 0;
        }
    }
    return result;
}

ChannelActivity evidence(const SoundTrack& track) {
    constexpr std::size_t kLevels = 10;  // in a step
    ChannelActivity result;
    result.levels.reserve(track.levels.size() / kLevels + 1);
    for (std::size_t i = 0; i < track.levels.size(); i += kLevels) {
        std::array<std::uint8_t, kLevels> part{};
        const auto end = std::copy(track.levels.begin() + static_cast<std::ptrdiff_t>(i),
                                   track.levels.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                              i + kLevels, track.levels.size())),
                                   part.begin());
        const auto middle = part.begin() + (end - part.begin() - 1) / 2;
        std::nth_element(part.begin(), middle, end);
        result.levels.push_back(*middle);
    }
    const std::size_t steps = result.levels.size();
    result.probabilities.reserve(steps);
    for (std::size_t step = 0, i = 0; step < steps; ++step) {
        const Seconds end = static_cast<double>(step + 1) * kEvidenceStep;
        std::size_t sum = 0;
        std::size_t n = 0;
        for (; i < track.probabilities.size() && static_cast<double>(i) * kProbabilityStep < end;
             ++i, ++n) {
            sum += track.probabilities[i];
        }
        result.probabilities.push_back(static_cast<std::uint8_t>(n == 0 ? 0 : (sum + n / 2) / n));
    }
    return result;
}

}  // namespace chat::audio
