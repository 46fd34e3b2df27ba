#include "chat/analyze/silence_analyzer.h"

#include "chat/core/intervals.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace chat::analyze {

namespace {

/// The elements of `series` whose middle lies inside.
std::span<const std::uint8_t> inside(const std::vector<std::uint8_t>& series,
                                     const Interval& where) {
    const auto index = [&](Seconds at) {
        const double position = std::ceil(at / kEvidenceStep - 0.5);
        return static_cast<std::size_t>(
            std::clamp(position, 0.0, static_cast<double>(series.size())));
    };
    const std::size_t first = index(where.start);
    return std::span(series).subspan(first, std::max(index(where.end), first) - first);
}

double meanProbability(std::span<const std::uint8_t> values) {
    std::uint64_t sum = 0;
    for (const std::uint8_t value : values) {
        sum += value;
    }
    return values.empty() ? 0.0
                          : static_cast<double>(sum) / (255.0 * static_cast<double>(values.size()));
}

/// The lower median, by counting: a level is a byte.
std::uint8_t medianLevel(std::span<const std::uint8_t> levels) {
    std::array<std::size_t, 256> counts{};
    for (const std::uint8_t level : levels) {
        ++counts[level];
    }
    std::size_t below = 0;
    for (std::size_t level = 0; level < counts.size(); ++level) {
        below += counts[level];
        if (2 * below >= levels.size()) {
            return static_cast<std::uint8_t>(level);
        }
    }
    return 0;
}

/// The last piece that has begun by `at`, or none.
const Interval* lastBegun(const Intervals& speech, Seconds at) {
    const auto next =
        std::upper_bound(speech.begin(), speech.end(), at, [](Seconds time, const Interval& piece) {
            return time < piece.start;
        });
    return next == speech.begin() ? nullptr : &*(next - 1);
}

/// The first piece that begins at or after `at`, or none.
const Interval* nextToBegin(const Intervals& speech, Seconds at) {
    const auto next =
        std::lower_bound(speech.begin(), speech.end(), at, [](const Interval& piece, Seconds time) {
            return piece.start < time;
        });
    return next == speech.end() ? nullptr : &*next;
}

void findNeighbours(Silence& silence, std::span<const ChannelActivity> activity, Seconds duration) {
    Interval before;
    Interval after;
    for (std::size_t party = 0; party < activity.size(); ++party) {
        const Intervals& speech = activity[party].speech;
        if (const Interval* piece =
                silence.start > Seconds{0} ? lastBegun(speech, silence.start) : nullptr) {
            const bool nearer = piece->end > before.end ||
                                (piece->end == before.end && piece->start > before.start);
            if (silence.partyBefore < 0 || nearer) {
                silence.partyBefore = static_cast<int>(party);
                before = *piece;
            }
        }
        if (const Interval* piece =
                silence.end < duration ? nextToBegin(speech, silence.end) : nullptr) {
            if (silence.partyAfter < 0 || piece->start < after.start) {
                silence.partyAfter = static_cast<int>(party);
                after = *piece;
            }
        }
    }
    if (silence.partyBefore < 0 || silence.partyAfter < 0) {
        silence.within = SilenceWithin::Edge;
    } else if (activity.size() < 2) {
        silence.within = SilenceWithin::Unknown;
    } else {
        silence.within = silence.partyBefore == silence.partyAfter ? SilenceWithin::Turn
                                                                   : SilenceWithin::BetweenTurns;
    }
}

void measure(Silence& silence,
             std::span<const ChannelActivity> activity,
             std::span<const ChannelQuality> quality) {
    const Interval where{silence.start, silence.end};
    for (std::size_t party = 0; party < activity.size(); ++party) {
        const ChannelActivity& channel = activity[party];
        silence.speechProbability = std::max(silence.speechProbability,
                                             meanProbability(inside(channel.probabilities, where)));
        const auto levels = inside(channel.levels, where);
        if (levels.empty()) {
            continue;
        }
        const double level = levelDbfs(medianLevel(levels));
        silence.levelDbfs = std::max(silence.levelDbfs, level);
        const double floor = party < quality.size() ? quality[party].noiseFloorDbfs : -120.0;
        if (level >= kNoiseFromDbfs && level >= floor + kNoiseAboveFloorDb) {
            silence.kind = SilenceKind::Noise;
        }
    }
}

}  // namespace

Status SilenceSettings::validate() const {
    constexpr Seconds kDay{24.0 * 3600};
    // Written so that a NaN fails too.
    if (!(minSilence >= Seconds{0.1} && minSilence <= kDay)) {
        return fail(
            ErrorCode::AnValSetting,
            fmt::format("The minimum length of a silence is {} s; it must be from 0.1 s to a day",
                        minSilence.count()));
    }
    if (!(minSilence <= mediumFrom && mediumFrom <= longFrom && longFrom <= kDay)) {
        return fail(ErrorCode::AnValSetting,
                    fmt::format("Silences are medium from {} s and long from {} s; these must rise "
                                "from the minimum "
                                "length of {} s to at most a day",
                                mediumFrom.count(),
                                longFrom.count(),
                                minSilence.count()));
    }
    if (!(longHold > Seconds{0} && longHold <= kDay)) {
        return fail(
            ErrorCode::AnValSetting,
            fmt::format("A hold is long from {} s; it must be more than 0 s and at most a day",
                        longHold.count()));
    }
    if (!(context >= Seconds{0} && context <= Seconds{60})) {
        return fail(ErrorCode::AnValSetting,
                    fmt::format("The context around a silence is {} s; it must be from 0 to 60 s",
                                context.count()));
    }
    return {};
}

namespace {
struct Profile {
    std::string_view name;
    Seconds minSilence;
    Seconds mediumFrom;
    Seconds longFrom;
};
constexpr std::array kProfiles{
    Profile{"default", Seconds{1}, Seconds{3}, Seconds{8}},
    Profile{"non-talk", Seconds{3}, Seconds{5}, Seconds{10}},
    Profile{"pause", Seconds{5}, Seconds{10}, Seconds{20}},
    Profile{"dead-air", Seconds{10}, Seconds{20}, Seconds{30}},
};
constexpr auto kProfileNames = [] {
    std::array<std::string_view, kProfiles.size()> names;
    std::ranges::transform(kProfiles, names.begin(), &Profile::name);
    return names;
}();
}  // namespace

std::optional<SilenceSettings> silenceProfile(std::string_view name) {
    const auto* const found = std::ranges::find(kProfiles, name, &Profile::name);
    if (found == kProfiles.end()) {
        return std::nullopt;
    }
    SilenceSettings settings;
    settings.profile = name;
    settings.minSilence = found->minSilence;
    settings.mediumFrom = found->mediumFrom;
    settings.longFrom = found->longFrom;
    return settings;
}

std::span<const std::string_view> silenceProfileNames() {
    return kProfileNames;
}

CallPosition positionInCall(const Interval& silence, Seconds duration) {
    const Seconds edge = std::min(kEdgeOfCall, duration / 3);
    const Seconds middle = (silence.start + silence.end) / 2;
    if (middle < edge) {
        return CallPosition::Start;
    }
    return middle > duration - edge ? CallPosition::End : CallPosition::Middle;
}

SilenceCategory categoryOf(Seconds length, const SilenceSettings& settings) {
    if (reaches(length, settings.longFrom)) {
        return SilenceCategory::Long;
    }
    return reaches(length, settings.mediumFrom) ? SilenceCategory::Medium : SilenceCategory::Short;
}

std::vector<Silence> findSilences(std::span<const ChannelActivity> activity,
                                  std::span<const ChannelQuality> quality,
                                  std::span<const Hold> holds,
                                  Seconds duration,
                                  const SilenceSettings& settings) {
    std::vector<Intervals> filled(1);
    filled.reserve(activity.size() + 1);
    for (const Hold& hold : holds) {
        filled.front().push_back({hold.start, hold.end});
    }
    for (const ChannelActivity& channel : activity) {
        filled.push_back(channel.speech);
    }
    std::vector<Silence> silences;
    for (const Interval& quiet : complement(unite(filled, duration), duration)) {
        if (!reaches(quiet.length(), settings.minSilence)) {
            continue;
        }
        Silence silence;
        silence.start = quiet.start;
        silence.end = quiet.end;
        silence.category = categoryOf(quiet.length(), settings);
        silence.position = positionInCall(quiet, duration);
        findNeighbours(silence, activity, duration);
        measure(silence, activity, quality);
        silences.push_back(std::move(silence));
    }
    return silences;
}

}  // namespace chat::analyze
