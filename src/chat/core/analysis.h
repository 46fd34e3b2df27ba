#pragma once

#include "chat/core/recording.h"
#include "chat/core/units.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace chat {

enum class Role : std::uint8_t { Unknown, Agent, Customer };
enum class SilenceKind : std::uint8_t { Silence, Noise };
enum class SilenceCategory : std::uint8_t { Short, Medium, Long };
enum class CallPosition : std::uint8_t { Start, Middle, End };
/// Where a silence lies in the dialogue: before anybody or after everybody spoke, within one party's
/// turn, or between the turns of two.
enum class SilenceWithin : std::uint8_t { Edge, Turn, BetweenTurns, Unknown };

/// Why a silence got a label: a pattern that matched, how sure, and the words that caused it.
struct PatternMatch {
    std::string id;
    double confidence = 0;  ///< 0..1
    std::string evidence;   ///< the matching words as transcribed
    Seconds at{};           ///< start of the first of these words
};

/// Words of one party inside the context window of a silence.
struct ContextTurn {
    int party = 0;  ///< index into CallAnalysis::parties
    std::string text;
};

/// A stretch of at least the minimum length in which no party speaks.
struct Silence {
    Seconds start{};
    Seconds end{};
    SilenceKind kind = SilenceKind::Silence;
    SilenceCategory category = SilenceCategory::Short;
    bool announced = false;
    CallPosition position = CallPosition::Middle;
    SilenceWithin within = SilenceWithin::Unknown;
    Role speakerBefore = Role::Unknown;
    Role speakerAfter = Role::Unknown;
    int partyBefore = -1;  ///< index of the party that spoke last before; -1 at the call's start
    int partyAfter = -1;   ///< index of the party that speaks first after; -1 at the call's end
    Role expectedNext = Role::Unknown;  ///< role of the party below
    int partyExpected = -1;  ///< who was to speak next by the words before; -1: they do not tell
    double speechProbability =
        0;                    ///< mean of the detector inside, the highest of the channels; 0..1
    double levelDbfs = -120;  ///< median level inside, of the loudest channel
    Seconds wordsInside{};    ///< seconds of words that the transcription puts inside
    std::vector<PatternMatch> patterns;  ///< best first; empty: unexplained
    std::vector<ContextTurn> before;     ///< words in the 5 s before, in order
    std::vector<ContextTurn> after;

    [[nodiscard]] Seconds length() const { return end - start; }
};

/// A stretch filled by hold music, ringback or other tones, in which no party speaks. Not a silence.
struct Hold {
    Seconds start{};
    Seconds end{};
    HoldKind kind = HoldKind::Music;
    int party = 0;        ///< index of the party on whose channel it is heard (best)
    double tonality = 0;  ///< as in HoldSound

    [[nodiscard]] Seconds length() const { return end - start; }
};

/// One party line of a call: a channel of a dual recording, or the only channel of a mono one.
struct Party {
    Role role = Role::Unknown;
    int channel = 0;
    double roleConfidence = 0;  ///< 0..1; 0 for unknown
    std::string roleEvidence;   ///< the words or the setting that decided, empty for unknown
    Seconds talk{};             ///< time in which this party speaks
};

struct KeywordHit {
    std::string rule;
    Seconds time{};
    int party = 0;
    std::string text;  ///< the words as transcribed
};

/// Figures of one call; each is defined in docs/metrics.md. Optional ones are absent where the
/// recording cannot tell (mono: nothing that needs the parties apart).
struct CallMetrics {
    Seconds talk{};                   ///< time in which anybody speaks
    std::optional<Seconds> talkOver;  ///< time in which both speak
    std::optional<double> talkRatio;  ///< first party's share of all talk time, 0..1
    std::optional<Seconds> responseMedian;
    std::optional<Seconds> responseP90;
    int responses = 0;        ///< n of the two above
    Seconds silence{};        ///< sum of the silences
    double silenceShare = 0;  ///< silence / duration, 0..1
    Seconds longestSilence{};
    Seconds deadAir{};                 ///< sum of the silences that nobody announced
    Seconds hold{};                    ///< sum of the holds
    int longHolds = 0;                 ///< holds that last at least as long as the profile says
    Seconds nonTalk{};                 ///< holds and silences together
    std::optional<int> interruptions;  ///< a party spoke into the other's turn and kept on after it
    int words = 0;
    int lowConfidenceWords = 0;  ///< words with a probability below 0.5
};

/// The analysis stage's result for one recording.
struct CallAnalysis {
    std::vector<Party> parties;
    std::vector<Silence> silences;     ///< in order of time
    std::vector<Hold> holds;           ///< in order of time; they and silences are disjoint
    std::vector<KeywordHit> keywords;  ///< in order of time
    CallMetrics metrics;
    /// Share of the words that the sound makes model base get wrong, 0..1, of the call and of each channel of the
    /// recording; absent where nobody speaks.
    std::optional<double> difficulty;
    std::vector<std::optional<double>> channelDifficulty;
    std::vector<Warning> warnings;
};

}  // namespace chat
