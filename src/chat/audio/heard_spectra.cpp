#include "chat/audio/heard_spectra.h"

#include "chat/audio/level_counts.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace chat::audio {

namespace {

using Run = HeardSpectra::Run;

/// Spectra to each side that a spectrum is judged with, and silent ones that do not end a run.
constexpr std::size_t kNeighbours = 3;
constexpr std::size_t kGap = 2;
/// Spectra this near to speech, which fades, and tonal ones are no noise.
constexpr std::ptrdiff_t kFades = 3;
constexpr double kAtonalBelow = 0.25;
/// The noise is what the quietest of ten seconds to either side have; it is looked for once a second.
constexpr std::ptrdiff_t kNoiseReach = 78;
constexpr std::size_t kNoiseStep = 8;
constexpr double kNoiseQuantile = 0.2;
constexpr std::size_t kFewestOfNoise = 4;
constexpr int kStandsOut = 2 * 3;

/// One for each spectrum: whether somebody speaks in it, or within `beside` of it.
std::vector<bool> spoken(const Intervals& speech, std::size_t size, std::ptrdiff_t beside) {
    std::vector<bool> result(size);
    for (const Interval& voice : speech) {
        const double from = std::ceil((voice.start - kSpectrumLength) / kSpectrumStep);
        const double to = std::ceil(voice.end / kSpectrumStep);
        markBusy(
            result, static_cast<std::ptrdiff_t>(from), static_cast<std::ptrdiff_t>(to), beside);
    }
    return result;
}

std::vector<Run> tonalRuns(const HeardSpectra& heard) {
    const std::vector<std::uint8_t>& tonality = heard.tonality;
    const auto lines = [&](std::size_t i) {
        return i < tonality.size() && tonality[i] > 0 && heard.concentration[i] >= kToneFrom * 255;
    };
    // A single one is chance.
    const auto tonal = [&](std::size_t i) {
        return lines(i) && (lines(i + 1) || (i > 0 && lines(i - 1))) ? heard.concentration[i]
                                                                     : tonality[i];
    };
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
            sum += tonal(j);
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

/// Relative to that of level 0.
double powerOf(int level) {
    return std::pow(10.0, level / 20.0);
}

std::uint8_t levelOf(double power) {
    return static_cast<std::uint8_t>(std::lround(20 * std::log10(power)));
}

/// Takes the noise of a level out of spectrum `i`.
void takeOut(int noise, std::size_t i, const SpectralTrack& track, HeardSpectra& heard) {
    if (track.levels[i] < noise + kStandsOut) {
        heard.tonality[i] = 0;
        return;
    }
    const double all = powerOf(track.levels[i]);
    const double off = powerOf(noise);
    const double lines = track.concentration[i] / 255.0 * all - kNoiseConcentration * off;
    heard.concentration[i] =
        static_cast<std::uint8_t>(std::lround(255 * std::clamp(lines / (all - off), 0.0, 1.0)));
    heard.levels[i] = levelOf(all - off);
}

}  // namespace

HeardSpectra hearSpectra(const SpectralTrack& track, const Intervals& speech) {
    HeardSpectra heard{track.tonality, track.concentration, track.levels, {}};
    const std::size_t size = track.tonality.size();
    const std::vector<bool> speaks = spoken(speech, size, 0);
    std::vector<bool> busy = spoken(speech, size, kFades);
    for (std::size_t i = 0; i < size; ++i) {
        busy[i] = busy[i] || track.tonality[i] >= kAtonalBelow * 255;
        heard.tonality[i] = speaks[i] ? std::uint8_t{0} : heard.tonality[i];
    }
    for (std::size_t first = 0; first < size; first += kNoiseStep) {
        const std::size_t last = std::min(first + kNoiseStep, size);
        const auto noise = noiseAround(track.levels,
                                       busy,
                                       static_cast<std::ptrdiff_t>(first),
                                       static_cast<std::ptrdiff_t>(last),
                                       kNoiseReach);
        if (!noise || noise->total() < kFewestOfNoise) {
            continue;
        }
        for (std::size_t i = first; i < last; ++i) {
            takeOut(noise->quantile(kNoiseQuantile).value_or(0), i, track, heard);
        }
    }
    heard.runs = tonalRuns(heard);
    return heard;
}

}  // namespace chat::audio
