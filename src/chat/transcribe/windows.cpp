#include "chat/transcribe/windows.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace chat::transcribe {

namespace {

/// Room for the rounding of every piece to whole samples.
constexpr Seconds kRounding{0.01};
/// What a cut in the middle of speech costs, in windows; in a pause of g seconds it costs 1 / (1 + g) of it.
/// Half a window: a cut inside a sentence loses words at both sides of it.
constexpr double kCutCost = 0.5;

std::int64_t sampleAt(Seconds time) {
    return std::llround(time.count() * kAnalysisRateHz);
}

Seconds wholeSamples(Seconds time) {
    return Seconds(static_cast<double>(sampleAt(time)) / kAnalysisRateHz);
}

/// Where to cut a stretch of speech between `from` and `to`: the detector's least sure step and, of
/// equals, the quietest.
Seconds weakestPlace(const ChannelActivity& activity, Seconds from, Seconds to) {
    Seconds best = (from + to) / 2;
    double bestScore = std::numeric_limits<double>::max();
    const auto first = static_cast<std::size_t>(std::ceil(from / kEvidenceStep));
    for (std::size_t i = first; i < activity.probabilities.size(); ++i) {
        const Seconds middle = kEvidenceStep * (static_cast<double>(i) + 0.5);
        if (middle >= to) {
            break;
        }
        const double quiet = i < activity.levels.size() ? activity.levels[i] / 256.0 : 0.0;
        if (const double score = activity.probabilities[i] + quiet; score < bestScore) {
            bestScore = score;
            best = middle;
        }
    }
    return best;
}

/// The speech inside the recording, with stretches that exceed a window cut.
Intervals cutToFit(const ChannelActivity& activity, Seconds duration, Seconds longest) {
    Intervals result;
    for (Interval speech : activity.speech) {
        speech.start = std::max(speech.start, result.empty() ? Seconds{0} : result.back().end);
        speech.end = std::min(speech.end, duration);
        while (speech.length() > longest) {
            const Seconds cut =
                weakestPlace(activity, speech.start + longest / 2, speech.start + longest);
            result.push_back({speech.start, cut});
            speech.start = cut;
        }
        if (speech.length() > Seconds{0}) {
            result.push_back(speech);
        }
    }
    return result;
}

/// Lays stretches of speech into windows.
class Packer {
  public:
    Packer(Intervals speech, Seconds duration, const WindowSettings& settings)
        : speech_(std::move(speech))
        , duration_(duration)
        , margin_(settings.margin)
        , longestGap_(std::max(settings.longestGap, settings.margin * 2))
        , longest_(settings.longest - kRounding) {}

    /// First indices of the windows of the cheapest packing, and one past the last.
    [[nodiscard]] std::vector<std::size_t> cuts() const {
        const std::size_t n = speech_.size();
        std::vector<double> cost(n + 1, std::numeric_limits<double>::max());
        std::vector<std::size_t> from(n + 1, 0);
        cost[0] = 0;
        for (std::size_t end = 1; end <= n; ++end) {
            Seconds inner{0};
            for (std::size_t begin = end; begin-- > 0;) {
                inner += speech_[begin].length();
                if (begin + 1 < end) {
                    inner += keptGap(begin + 1);
                }
                if (begin + 1 < end && marginBefore(begin) + inner + marginBefore(end) > longest_) {
                    break;
                }
                const double cut = begin == 0 ? 0 : kCutCost / (1 + gapBefore(begin).count());
                if (cost[begin] + 1 + cut < cost[end]) {
                    cost[end] = cost[begin] + 1 + cut;
                    from[end] = begin;
                }
            }
        }
        std::vector<std::size_t> result{n};
        while (result.back() != 0) {
            result.push_back(from[result.back()]);
        }
        std::reverse(result.begin(), result.end());
        return result;
    }

    [[nodiscard]] WindowPlan plan(std::size_t begin, std::size_t end, int channel) const {
        WindowPlan plan;
        plan.channel = channel;
        Interval piece{speech_[begin].start - marginBefore(begin), {}};
        Seconds at{0};
        for (std::size_t i = begin; i < end; ++i) {
            plan.speech.push_back(speech_[i]);
            if (i + 1 < end && gapBefore(i + 1) <= longestGap_) {
                continue;
            }
            piece.start = wholeSamples(piece.start);
            piece.end = wholeSamples(speech_[i].end + marginBefore(i + 1));
            plan.pieces.push_back({piece, at});
            at += piece.length();
            if (i + 1 < end) {
                piece.start = speech_[i + 1].start - marginBefore(i + 1);
            }
        }
        return plan;
    }

  private:
    /// The pause before stretch i, or after the last one.
    [[nodiscard]] Seconds gapBefore(std::size_t i) const {
        const Seconds from = i == 0 ? Seconds{0} : speech_[i - 1].end;
        return (i == speech_.size() ? duration_ : speech_[i].start) - from;
    }

    /// Real sound taken from the pause before stretch i by each of its neighbours: at most half of it,
    /// so that neighbours in different windows share nothing.
    [[nodiscard]] Seconds marginBefore(std::size_t i) const {
        const bool edge = i == 0 || i == speech_.size();
        return std::min(margin_, edge ? gapBefore(i) : gapBefore(i) / 2);
    }

    [[nodiscard]] Seconds keptGap(std::size_t i) const {
        const Seconds gap = gapBefore(i);
        return gap <= longestGap_ ? gap : marginBefore(i) * 2;
    }

    Intervals speech_;
    Seconds duration_;
    Seconds margin_;
    Seconds longestGap_;
    Seconds longest_;
};

}  // namespace

Seconds WindowPlan::length() const {
    return pieces.empty() ? Seconds{0}
                          : pieces.back().windowStart + pieces.back().recording.length();
}

Seconds WindowPlan::toRecording(Seconds inWindow) const {
    if (pieces.empty()) {
        return Seconds{0};
    }
    const auto next = std::upper_bound(
        pieces.begin() + 1, pieces.end(), inWindow, [](Seconds time, const WindowPiece& piece) {
            return time < piece.windowStart;
        });
    const WindowPiece& piece = *(next - 1);
    const Seconds into = std::max(Seconds{0}, inWindow - piece.windowStart);
    return std::min(piece.recording.end, piece.recording.start + into);
}

Seconds WindowPlan::toWindow(Seconds inRecording) const {
    if (pieces.empty()) {
        return Seconds{0};
    }
    const auto next = std::upper_bound(
        pieces.begin() + 1, pieces.end(), inRecording, [](Seconds time, const WindowPiece& piece) {
            return time < piece.recording.start;
        });
    const WindowPiece& piece = *(next - 1);
    const Seconds into = std::max(Seconds{0}, inRecording - piece.recording.start);
    return piece.windowStart + std::min(into, piece.recording.length());
}

Interval WindowPlan::extent() const {
    return pieces.empty() ? Interval{}
                          : Interval{pieces.front().recording.start, pieces.back().recording.end};
}

namespace {

std::vector<WindowPlan> pack(const ChannelActivity& activity,
                             int channel,
                             Seconds duration,
                             const WindowSettings& settings) {
    const Seconds longestSpeech = settings.longest - settings.margin * 2 - kRounding;
    Intervals speech = cutToFit(activity, duration, longestSpeech);
    std::vector<WindowPlan> plans;
    if (speech.empty()) {
        return plans;
    }
    const Packer packer(std::move(speech), duration, settings);
    const std::vector<std::size_t> cuts = packer.cuts();
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
        plans.push_back(packer.plan(cuts[i], cuts[i + 1], channel));
        plans.back().number = static_cast<int>(i);
    }
    return plans;
}

}  // namespace

std::vector<WindowPlan> planWindows(const ChannelActivity& activity,
                                    int channel,
                                    Seconds duration,
                                    const WindowSettings& settings) {
    std::vector<WindowPlan> plans = pack(activity, channel, duration, settings);
    // The encoder takes as long for a window of one word as for a full one.
    WindowSettings narrow = settings;
    narrow.margin = settings.margin / 2;
    narrow.longestGap = settings.longestGap / 2;
    std::vector<WindowPlan> fewer = pack(activity, channel, duration, narrow);
    return fewer.size() < plans.size() ? fewer : plans;
}

WindowGatherer::WindowGatherer(std::vector<WindowPlan> plans)
    : plans_(std::move(plans)) {}

std::vector<SpeechWindow> WindowGatherer::add(std::span<const float> samples) {
    std::vector<SpeechWindow> completed;
    const std::int64_t end = position_ + static_cast<std::int64_t>(samples.size());
    while (next_ < plans_.size()) {
        const Interval& piece = plans_[next_].pieces[piece_].recording;
        const std::int64_t from = std::max(sampleAt(piece.start), position_);
        const std::int64_t to = std::min(sampleAt(piece.end), end);
        if (from < to) {
            const auto part = samples.subspan(static_cast<std::size_t>(from - position_),
                                              static_cast<std::size_t>(to - from));
            samples_.insert(samples_.end(), part.begin(), part.end());
        }
        if (sampleAt(piece.end) > end) {
            break;
        }
        if (++piece_ == plans_[next_].pieces.size()) {
            completed.push_back({std::move(plans_[next_]), std::move(samples_)});
            samples_ = {};
            piece_ = 0;
            ++next_;
        }
    }
    position_ = end;
    return completed;
}

std::vector<SpeechWindow> WindowGatherer::finish() {
    std::vector<SpeechWindow> rest;
    if (next_ < plans_.size() && !samples_.empty()) {
        samples_.resize(static_cast<std::size_t>(sampleAt(plans_[next_].length())), 0.0F);
        rest.push_back({std::move(plans_[next_]), std::move(samples_)});
    }
    next_ = plans_.size();
    samples_ = {};
    return rest;
}

}  // namespace chat::transcribe
