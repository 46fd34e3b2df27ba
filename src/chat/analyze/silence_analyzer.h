#pragma once

#include "chat/core/analysis.h"
#include "chat/core/error.h"
#include "chat/core/recording.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chat::analyze {

/// What counts as a silence and how it is sorted by length.
struct SilenceSettings {
    std::string profile = "default";  ///< name of these settings in the report
    Seconds minSilence{1.0};          ///< shorter pauses are not silences
    Seconds mediumFrom{3.0};          ///< [minSilence, mediumFrom) is short
    Seconds longFrom{8.0};    ///< [mediumFrom, longFrom) is medium, from longFrom on is long
    Seconds longHold{120.0};  ///< holds of this length and more are counted apart
    Seconds context{5.0};     ///< how much before and after a silence is shown in words

    /// Errors: AN_VAL_SETTING unless 0.1 s <= minSilence <= mediumFrom <= longFrom <= 24 h and
    /// 0 <= context <= 60 s and 0 < longHold <= 24 h.
    [[nodiscard]] Status validate() const;
};

/// Settings by the name of a definition in use; nothing for another name. `default`: 1, 3 and 8 s. The others' shortest
/// silence is the definition, the rest their own steps: `non-talk` from 3 s, `pause` from 5 s, `dead-air` from
/// 10 s, with holds long from 120 s in all. docs/metrics.md says whose they are.
[[nodiscard]] std::optional<SilenceSettings> silenceProfile(std::string_view name);
[[nodiscard]] std::span<const std::string_view> silenceProfileNames();

/// A stretch without speech is noise rather than silence when its median level is at least this
/// loud, and at least kNoiseAboveFloorDb above the noise floor of the channel it is heard in.
/// Speech material is set to -26 dBov (ITU-T P.830): what is more than 24 dB below passes for quiet.
/// A hiss that is there throughout is the floor itself and makes no silence a noise.
inline constexpr double kNoiseFromDbfs = -50.0;
inline constexpr double kNoiseAboveFloorDb = 12.0;

/// The start of a call is its first 30 s, the end its last 30 s, each at most a third of the call.
/// A silence lies where its middle lies.
inline constexpr Seconds kEdgeOfCall{30.0};
[[nodiscard]] CallPosition positionInCall(const Interval& silence, Seconds duration);

[[nodiscard]] SilenceCategory categoryOf(Seconds length, const SilenceSettings& settings);

/// The silences of a call: what the union of all parties' speech and of the holds (findHolds) leaves of
/// [0, duration], in pieces of at least the minimum length, before the first and after the last speech too.
///
/// `activity` has one entry per party; `quality` as many, or none (then the floor is -120 dBFS). The
/// party before is the one whose speech ends last (of two that end together, the one that began later); the
/// party after the one that starts first. Filled: times, kind, category, position, within,
/// partyBefore, partyAfter, speechProbability, levelDbfs. What needs words or roles is left to analyzeCall.
/// In order of time. Pure; any thread.
[[nodiscard]] std::vector<Silence> findSilences(std::span<const ChannelActivity> activity,
                                                std::span<const ChannelQuality> quality,
                                                std::span<const Hold> holds,
                                                Seconds duration,
                                                const SilenceSettings& settings);

}  // namespace chat::analyze
