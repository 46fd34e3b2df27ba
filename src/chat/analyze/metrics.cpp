#include "chat/analyze/metrics.h"

#include "chat/core/intervals.h"

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

std::vector<Seconds> responseGaps(std::span<const Intervals> speech,
                                  std::span<const Hold> holds,
                                  Seconds duration) {
    std::vector<Intervals> filled(speech.begin(), speech.end());
    Intervals& held = filled.emplace_back();
    for (const Hold& hold : holds) {
        held.push_back({hold.start, hold.end});
    }
    std::vector<Seconds> gaps;
    for (const Interval& quiet : complement(unite(filled, duration), duration)) {
        const auto before = soleSpeaker(speech, quiet.start, &Interval::end);
        const auto after = soleSpeaker(speech, quiet.end, &Interval::start);
        if (before && after && *before != *after) {
            gaps.push_back(quiet.length());
        }
    }
    return gaps;
}

int interruptions(const Intervals& first, const Intervals& second) {
    int count = 0;
    for (const Interval& both : intersect(first, second)) {
        if (!reaches(both.length(), kShortestInterruption)) {
            continue;
        }
        const auto spokenAt = [&both](const Intervals& speech) {
            return *std::prev(std::ranges::upper_bound(speech, both.start, {}, &Interval::start));
        };
        const Interval one = spokenAt(first);
        const Interval other = spokenAt(second);
        const bool otherCameIn = one.start < other.start && one.end < other.end;
        const bool oneCameIn = other.start < one.start && other.end < one.end;
        count += otherCameIn || oneCameIn ? 1 : 0;
    }
    return count;
}

CallMetrics callMetrics(std::span<const Intervals> speech,
                        const CallAnalysis& call,
                        std::span<const ChannelTranscript> words,
                        Seconds duration,
                        Seconds longHold) {
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
        for (const Seconds gap : responseGaps(speech, call.holds, duration)) {
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
        metrics.interruptions = interruptions(speech[0], speech[1]);
    }
    for (const Silence& silence : call.silences) {
        metrics.silence += silence.length();
        metrics.longestSilence = std::max(metrics.longestSilence, silence.length());
        metrics.deadAir += silence.announced ? Seconds{0} : silence.length();
    }
    for (const Hold& hold : call.holds) {
        metrics.hold += hold.length();
        metrics.longHolds += reaches(hold.length(), longHold) ? 1 : 0;
    }
    metrics.nonTalk = metrics.silence + metrics.hold;
    if (duration > Seconds{0}) {
        metrics.silenceShare = std::clamp(metrics.silence / duration, 0.0, 1.0);
    }
    countWords(metrics, words);
    return metrics;
}

}  // namespace chat::analyze
