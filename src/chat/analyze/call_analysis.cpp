#include "chat/analyze/call_analysis.h"

#include "chat/analyze/dialogue.h"
#include "chat/analyze/difficulty.h"
#include "chat/analyze/holds.h"
#include "chat/analyze/metrics.h"
#include "chat/analyze/pattern_matcher.h"
#include "chat/analyze/rule_set.h"
#include "chat/core/intervals.h"

#include <algorithm>
#include <span>
#include <utility>

namespace chat::analyze {

namespace {

Role roleOf(const std::vector<Party>& parties, int party) {
    return party < 0 ? Role::Unknown : parties[static_cast<std::size_t>(party)].role;
}

/// Seconds of words inside each silence, over all parties.
void weighWords(std::vector<Silence>& silences, std::span<const ChannelTranscript> channels) {
    for (const ChannelTranscript& channel : channels) {
        for (const Word& word : channel.words) {
            // The first silence that ends after the word begins.
            auto silence = std::ranges::upper_bound(silences, word.start, {}, &Silence::end);
            for (; silence != silences.end() && silence->start < word.end; ++silence) {
                silence->wordsInside +=
                    overlap({word.start, word.end}, {silence->start, silence->end});
            }
        }
    }
}

}  // namespace

CallAnalysis analyzeCall(const AcousticResult& acoustic,
                         const Transcript* transcript,
                         const AnalysisSettings& settings,
                         const Rules& rules) {
    CallAnalysis call;
    const std::size_t partyCount = acoustic.duplicatedChannels
                                       ? std::min<std::size_t>(1, acoustic.activity.size())
                                       : acoustic.activity.size();
    const auto activity = std::span(acoustic.activity).first(partyCount);
    std::vector<Intervals> speech;
    for (std::size_t channel = 0; channel < partyCount; ++channel) {
        speech.push_back(activity[channel].speech);
        Party& party = call.parties.emplace_back();
        party.channel = static_cast<int>(channel);
        party.talk = total(activity[channel].speech);
    }
    call.holds = findHolds(activity, acoustic.duration);
    call.silences =
        findSilences(activity, acoustic.quality, call.holds, acoustic.duration, settings.silence);

    call.difficulty = difficulty(acoustic.quality);
    for (const ChannelQuality& quality : acoustic.quality) {
        call.channelDifficulty.push_back(difficulty(quality));
    }

    std::span<const ChannelTranscript> words;
    if (transcript != nullptr) {
        words = std::span(transcript->channels)
                    .first(std::min(partyCount, transcript->channels.size()));
    } else {
        call.warnings.push_back(
            {ErrorCode::TrStateNoWords,
             "There are no words for this call: silences and times come from the sound alone, "
             "patterns, keywords and roles are missing.",
             {},
             -1});
    }
    Intervals times;
    for (const Silence& silence : call.silences) {
        times.push_back({silence.start, silence.end});
    }
    const Dialogue dialogue(words, std::move(times), rules.set().ignored);
    if (auto swapped = assignRoles(call.parties, settings.agentChannel, dialogue, rules)) {
        call.warnings.push_back(std::move(*swapped));
    }
    labelSilences(call.silences, dialogue, call.parties, rules.set());
    weighWords(call.silences, words);
    for (std::size_t k = 0; k < call.silences.size(); ++k) {
        Silence& silence = call.silences[k];
        silence.speakerBefore = roleOf(call.parties, silence.partyBefore);
        silence.speakerAfter = roleOf(call.parties, silence.partyAfter);
        silence.expectedNext = roleOf(call.parties, silence.partyExpected);
        silence.before = contextTurns(dialogue.before(k, settings.silence.context));
        silence.after = contextTurns(dialogue.after(k, settings.silence.context));
    }
    call.keywords = findKeywords(dialogue, call.parties, rules.set());
    call.metrics = callMetrics(speech, call, words, acoustic.duration, settings.silence.longHold);
    return call;
}

}  // namespace chat::analyze
