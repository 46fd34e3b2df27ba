#include "chat/analyze/examples.h"

#include "chat/analyze/pattern_matcher.h"
#include "chat/core/text.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

namespace chat::analyze {

namespace {

constexpr Seconds kWordLength{0.25};
constexpr Seconds kWordPause{0.05};
constexpr Seconds kTurnChange{0.2};
constexpr Seconds kUnderWay{60};

struct Speaker {
    std::string_view mark;
    Role role;
    std::size_t party;
};
constexpr Speaker kSpeakers[] = {
    {"agent:", Role::Agent, 0}, {"customer:", Role::Customer, 1}, {"someone:", Role::Unknown, 0}};

const Speaker* speakerOf(std::string_view piece) {
    const auto* found = std::ranges::find(kSpeakers, piece, &Speaker::mark);
    return found == std::end(kSpeakers) ? nullptr : found;
}

tl::unexpected<std::string> refused(std::string why) {
    return tl::unexpected(std::move(why));
}

std::vector<std::string_view> piecesOf(std::string_view text) {
    std::vector<std::string_view> pieces = split(text, ' ');
    std::erase(pieces, "");
    return pieces;
}

/// The length of a silence written "(4" "s)".
std::optional<Seconds> lengthOf(std::string_view first, std::string_view second) {
    if (!first.starts_with('(') || second != "s)") {
        return std::nullopt;
    }
    const auto seconds = wholeNumber<double>(first.substr(1));
    const bool valid = seconds && *seconds >= 0.1 && *seconds <= 3600;
    return valid ? std::optional(Seconds{*seconds}) : std::nullopt;
}

}  // namespace

tl::expected<Example, std::string> parseExample(std::string_view text) {
    Example example;
    std::vector<std::string_view> pieces = piecesOf(text);
    const bool begun = !pieces.empty() && pieces.front() == "...";
    const bool goesOn = pieces.size() > 1 && pieces.back() == "...";
    const std::span inner = std::span(pieces).subspan(
        begun ? 1 : 0, pieces.size() - (begun ? 1 : 0) - (goesOn ? 1 : 0));

    const Speaker* speaker = nullptr;
    bool silenceFound = false;
    Seconds now{0};
    bool mono = false;
    bool dual = false;
    example.channels.resize(2);
    for (std::size_t i = 0; i < inner.size(); ++i) {
        const auto length = i + 1 < inner.size() ? lengthOf(inner[i], inner[i + 1]) : std::nullopt;
        if (length) {
            if (silenceFound) {
                return refused("holds more than one silence");
            }
            silenceFound = true;
            now -= speaker != nullptr ? kWordPause : Seconds{0};
            example.silence.start = now;
            now += *length;
            example.silence.end = now;
            ++i;
        } else if (const Speaker* next = speakerOf(inner[i])) {
            now += speaker != nullptr && now > example.silence.end ? kTurnChange : Seconds{0};
            speaker = next;
            (speaker->role == Role::Unknown ? mono : dual) = true;
        } else if (speaker == nullptr) {
            return refused("must begin a turn with \"agent:\", \"customer:\" or \"someone:\"");
        } else {
            const int party = static_cast<int>(speaker->party);
            if (!silenceFound) {
                example.silence.partyBefore = party;
            } else if (example.silence.partyAfter < 0) {
                example.silence.partyAfter = party;
            }
            example.channels[speaker->party].words.push_back(
                {std::string(inner[i]), now, now + kWordLength, 1.0});
            now += kWordLength + kWordPause;
        }
    }
    if (!silenceFound) {
        return refused("holds no silence such as \"(4 s)\"");
    }
    if (mono && dual) {
        return refused("names \"someone:\" beside \"agent:\" or \"customer:\"");
    }
    if (mono) {
        example.channels.resize(1);
        example.parties.resize(1);
    } else {
        example.parties.resize(2);
        example.parties[0].role = Role::Agent;
        example.parties[1].role = Role::Customer;
    }
    if (begun) {
        // What was said before lies a silence away: no rule for a call's opening applies.
        auto& words = example.channels[0].words;
        words.insert(words.begin(), {"So.", -kUnderWay - kWordLength, -kUnderWay, 1.0});
        example.silences.push_back({-kUnderWay, Seconds{0}});
        example.silence.position = goesOn ? CallPosition::Middle : CallPosition::End;
    } else {
        example.silence.position = CallPosition::Start;
    }
    example.silences.push_back({example.silence.start, example.silence.end});
    return example;
}

Silence labelExample(const Example& example, const RuleSet& rules) {
    const Dialogue dialogue(example.channels, example.silences, rules.ignored);
    std::vector<Silence> silences(example.silences.size());
    silences.back() = example.silence;
    labelSilences(silences, dialogue, example.parties, rules);
    return std::move(silences.back());
}

bool hearsKeyword(std::string_view text, const RuleSet& rules, std::size_t rule) {
    std::vector<ChannelTranscript> channels(1);
    Seconds now{0};
    for (const std::string_view word : piecesOf(text)) {
        channels[0].words.push_back({std::string(word), now, now + kWordLength, 1.0});
        now += kWordLength + kWordPause;
    }
    const Dialogue dialogue(channels, {}, rules.ignored);
    const std::vector<Party> parties(1);
    return std::ranges::any_of(findKeywords(dialogue, parties, rules), [&](const KeywordHit& hit) {
        return hit.rule == rules.keywordInfos[rule].id;
    });
}

}  // namespace chat::analyze
