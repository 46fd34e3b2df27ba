#include "chat/audio/speech_activity.h"

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
/// A pause inside a word, such as before its last consonant, that an edge may step over.
constexpr std::ptrdiff_t kStepOver = 10;
/// Pauses up to this belong to one turn, whose peak its quiet parts are measured against.
constexpr std::ptrdiff_t kTurnPause = 100;
/// How far around a stretch the noise is measured, and how far from speech.
constexpr std::ptrdiff_t kNoiseReach = 1'000;
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

/// Level of the noise around a stretch: the median of the frames that are well away from all speech.
[[nodiscard]] std::optional<double> noiseAround(std::span<const std::uint8_t> levels,
                                                const std::vector<bool>& nearSpeech,
                                                const Stretch& stretch) {
    constexpr int kFewest = 20;
    std::array<int, 256> counts{};
    int total = 0;
    const auto from =
        static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, stretch.first - kNoiseReach));
    const auto to = std::min(levels.size(), static_cast<std::size_t>(stretch.last + kNoiseReach));
    for (std::size_t i = from; i < to; ++i) {
        if (!nearSpeech[i]) {
            ++counts[levels[i]];
            ++total;
        }
    }
    if (total < kFewest) {
        return std::nullopt;
    }
    int seen = 0;
    for (std::size_t level = 0; level < counts.size(); ++level) {
        seen += counts[level];
        if (2 * seen >= total) {
            return levelDbfs(static_cast<std::uint8_t>(level));
        }
    }
    return std::nullopt;
}

/// Moves an edge from `at` (the outermost frame of a stretch) to the outermost frame that reaches the
/// gate, stepping over short pauses outwards; inwards when the edge itself does not reach it.
/// `outwards` is -1 for a beginning and 1 for an end; `limit` is the last frame that may be taken.
[[nodiscard]] std::ptrdiff_t moveEdge(std::span<const std::uint8_t> levels,
                                      double gate,
                                      std::ptrdiff_t at,
                                      std::ptrdiff_t outwards,
                                      std::ptrdiff_t limit,
                                      std::ptrdiff_t innerLimit) {
    const auto reaches = [&](std::ptrdiff_t i) {
        return levelDbfs(levels[static_cast<std::size_t>(i)]) >= gate;
    };
    std::ptrdiff_t edge = at;
    while (!reaches(edge) && edge != innerLimit) {
        edge -= outwards;
    }
    if (!reaches(edge)) {
        return at;
    }
    for (std::ptrdiff_t i = edge, pause = 0; i != limit && pause < kStepOver;) {
        i += outwards;
        if (reaches(i)) {
            edge = i;
            pause = 0;
        } else {
            ++pause;
        }
    }
    return edge;
}

void refineEdges(Stretches& stretches,
                 std::span<const std::uint8_t> levels,
                 const SpeechActivitySettings& settings) {
    const auto frames = static_cast<std::ptrdiff_t>(levels.size());
    std::vector<bool> nearSpeech(levels.size());
    for (const Stretch& stretch : stretches) {
        const auto from =
            nearSpeech.begin() + std::max<std::ptrdiff_t>(0, stretch.first - kNoiseDistance);
        const auto to = nearSpeech.begin() + std::min(frames, stretch.last + kNoiseDistance);
        std::fill(from, to, true);
    }
    std::vector<double> peaks(stretches.size());
    for (std::size_t i = 0; i < stretches.size();) {
        std::size_t j = i;
        std::uint8_t peak = 0;
        do {
            peak = std::max(peak,
                            *std::max_element(levels.begin() + stretches[j].first,
                                              levels.begin() + stretches[j].last));
            ++j;
        } while (j < stretches.size() && stretches[j].first - stretches[j - 1].last < kTurnPause);
        std::fill(peaks.begin() + static_cast<std::ptrdiff_t>(i),
                  peaks.begin() + static_cast<std::ptrdiff_t>(j),
                  levelDbfs(peak));
        i = j;
    }
    std::ptrdiff_t before = 0;
    for (std::size_t i = 0; i < stretches.size(); ++i) {
        Stretch& stretch = stretches[i];
        const std::ptrdiff_t after = i + 1 < stretches.size() ? stretches[i + 1].first : frames;
        double gate = peaks[i] - settings.gateBelowPeakDb;
        if (const auto noise = noiseAround(levels, nearSpeech, stretch)) {
            gate = std::max(gate, *noise + settings.gateAboveNoiseDb);
        }
        const std::ptrdiff_t first = stretch.first;
        const std::ptrdiff_t last = stretch.last - 1;
        stretch.first = moveEdge(levels, gate, first, -1, std::max(before, first - kReach), last);
        stretch.last =
            1 + moveEdge(levels, gate, last, 1, std::min(after - 1, last + kReach), stretch.first);
        before = stretch.last;
    }
}

}  // namespace

Intervals findSpeech(std::span<const std::uint8_t> probabilities,
                     std::span<const std::uint8_t> levels,
                     Seconds duration,
                     const SpeechActivitySettings& settings) {
    const auto frames = static_cast<std::ptrdiff_t>(levels.size());
    Stretches stretches = byHysteresis(probabilities, frames, settings);
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

std::vector<std::uint8_t> withoutCrossTalk(const ChannelActivity& channel,
                                           const ChannelActivity& other,
                                           const SpeechActivitySettings& settings) {
    constexpr double kFarBelowUsualDb = 10;
    constexpr std::size_t kEchoSteps = 8;  // a voice may come back 250 ms later
    const auto threshold = static_cast<std::uint8_t>(std::lround(settings.leave * 255));
    const std::size_t steps = std::min(channel.probabilities.size(), other.probabilities.size());
    const auto level = [](const ChannelActivity& of, std::size_t step) {
        const auto middle = static_cast<std::size_t>((static_cast<double>(step) + 0.5) *
                                                     (kProbabilityStep / kLevelStep));
        return of.levels.empty() ? -120.0
                                 : levelDbfs(of.levels[std::min(middle, of.levels.size() - 1)]);
    };
    // The other's loudest level and highest probability of the last 250 ms, and this channel's usual
    // level where the other is silent.
    std::array<int, 256> usualCounts{};
    int usualTotal = 0;
    std::vector<std::uint8_t> otherSpeaks(steps);
    std::vector<double> otherLevel(steps);
    for (std::size_t i = 0; i < steps; ++i) {
        otherLevel[i] = -120;
        for (std::size_t j = i - std::min(i, kEchoSteps); j <= std::min(i + 1, steps - 1); ++j) {
            otherLevel[i] = std::max(otherLevel[i], level(other, j));
            if (other.probabilities[j] >= threshold) {
                otherSpeaks[i] = 1;
            }
        }
        if (otherSpeaks[i] == 0 && channel.probabilities[i] >= threshold) {
            ++usualCounts[static_cast<std::size_t>(std::lround((level(channel, i) + 120) * 2))];
            ++usualTotal;
        }
    }
    double usual = 0;
    for (std::size_t value = 0, seen = 0; value < usualCounts.size() && usualTotal > 0; ++value) {
        seen += static_cast<std::size_t>(usualCounts[value]);
        if (2 * seen >= static_cast<std::size_t>(usualTotal)) {
            usual = levelDbfs(static_cast<std::uint8_t>(value));
            break;
        }
    }
    std::vector<std::uint8_t> result = channel.probabilities;
    for (std::size_t i = 0; i < steps; ++i) {
        const double own = level(channel, i);
        if (otherSpeaks[i] != 0 && otherLevel[i] - own >= settings.crossTalkDb &&
            usual - own >= kFarBelowUsualDb) {
            result[i] = 0;
        }
    }
    return result;
}

}  // namespace chat::audio
