#include "chat/analyze/metrics.h"

#include "chat/analyze/intervals.h"

#include <algorithm>
#include <cmath>

namespace chat::analyze {

namespace {

constexpr double kLowConfidence = 0.5;

/// The only party that speaks right up to (or from) `at`; nothing when it is none or several.
std::optional<std::size_t> soleSpeaker(std::span<const Intervals> speech,
                                       Seconds at,
                                       Seconds Interval::* edge) {
    std::optional<std::size_t> speaker;
    for (std::size_t party = 0; party < speech.size(); ++party) {
        const auto piece = std::ranges::lower_bound(speech[party], at, {}, edge);
        if (piece != speech[party].end() && (*piece).*edge == at) {
            if (speaker) {
                return std::nullopt;
            }
            speaker = party;
        }
    }
    return speaker;
}

void countWords(CallMetrics& metrics, std::span<const ChannelTranscript> channels) {
    for (const ChannelTranscript& channel : channels) {
        metrics.words += static_cast<int>(channel.words.size());
        metrics.lowConfidenceWords += static_cast<int>(std::ranges::count_if(
            channel.words, [](const Word& word) { return word.probability < kLowConfidence; }));
    }
}

}  // namespace

std::optional<double> quantile(std::span<const double> sorted, double p) {
    if (sorted.empty()) {
        return std::nullopt;
    }
    const double position = p * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return std::lerp(sorted[below], sorted[above], position - static_cast<double>(below));
}

std::vector<Seconds> responseGaps(std::span<const Intervals> speech, Seconds duration) {
    std::vector<Seconds> gaps;
    for (const Interval& quiet : complement(unite(speech, duration), duration)) {
        const auto before = soleSpeaker(speech, quiet.start, &Interval::end);
        const auto after = soleSpeaker(speech, quiet.end, &Interval::start);
        if (before && after && *before != *after) {
            gaps.push_back(quiet.length());
        }
    }
    return gaps;
}

CallMetrics callMetrics(std::span<const Intervals> speech,
                        std::span<const Silence> silences,
                        std::span<const ChannelTranscript> words,
                        Seconds duration) {
    CallMetrics metrics;
    metrics.talk = total(unite(speech, duration));
    if (speech.size() == 2) {
        metrics.talkOver = total(intersect(speech[0], speech[1]));
        const Seconds first = total(speech[0]);
        const Seconds both = first + total(speech[1]);
        if (both > Seconds{0}) {
            metrics.talkRatio = first / both;
        }
        std::vector<double> gaps;
        for (const Seconds gap : responseGaps(speech, duration)) {
            gaps.push_back(gap.count());
        }
        std::ranges::sort(gaps);
        metrics.responses = static_cast<int>(gaps.size());
        const auto gapAt = [&](double p) -> std::optional<Seconds> {
            const auto value = quantile(gaps, p);
            return value ? std::optional(Seconds{*value}) : std::nullopt;
        };
        metrics.responseMedian = gapAt(0.5);
        metrics.responseP90 = gapAt(0.9);
    }
    for (const Silence& silence : silences) {
        metrics.silence += silence.length();
        metrics.longestSilence = std::max(metrics.longestSilence, silence.length());
        metrics.deadAir += silence.announced ? Seconds{0} : silence.length();
    }
    if (duration > Seconds{0}) {
        metrics.silenceShare = std::clamp(metrics.silence / duration, 0.0, 1.0);
    }
    countWords(metrics, words);
    return metrics;
}

}  // namespace chat::analyze
