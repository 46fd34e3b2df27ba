#pragma once

#include "chat/analyze/cues.h"
#include "chat/analyze/dialogue.h"
#include "chat/analyze/pattern_matcher.h"
#include "chat/analyze/rules.h"
#include "chat/core/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chat::fakes {

/// A line of tests/data/patterns.jsonl (see the README there) as a piece of a call.
struct LabelledContext {
    std::string id;
    std::string target;
    std::vector<std::string> labels;
    std::vector<std::string> either;
    std::vector<Party> parties;
    std::vector<ChannelTranscript> channels;
    Intervals silences;
    std::size_t number = 0;  ///< which of the silences is the labelled one
    Silence silence;
    std::string text;  ///< for a person to read

    [[nodiscard]] bool is(std::string_view pattern) const {
        return std::ranges::find(labels, pattern) != labels.end();
    }
    [[nodiscard]] bool mayBe(std::string_view pattern) const {
        return std::ranges::find(either, pattern) != either.end();
    }
};

namespace detail {

inline constexpr Seconds kWordLength{0.3};
inline constexpr Seconds kWordPause{0.07};  // 2.7 words a second
inline constexpr Seconds kTurnChange{0.2};

inline void sayTurns(const nlohmann::json& line,
                     const char* side,
                     Seconds& now,
                     LabelledContext& context) {
    const nlohmann::json& turns = line.at(side);
    for (std::size_t i = 0; i < turns.size(); ++i) {
        const std::string role = turns[i].at("role");
        const int party = role == "customer" ? 1 : 0;
        // What speech recognition gave for the turn, where it was spoken for that.
        const std::string text =
            line.contains("heard") ? line["heard"].at(side).at(i) : turns[i].at("text");
        context.text += role + ": " + text + " ";
        for (const std::string_view word : split(text, ' ')) {
            if (!word.empty()) {
                context.channels[static_cast<std::size_t>(party)].words.push_back(
                    {std::string(word), now, now + kWordLength, 1.0});
                now += kWordLength + kWordPause;
            }
        }
        now += kTurnChange;
        if (side == std::string_view("before")) {
            context.silence.partyBefore = party;
        } else if (context.silence.partyAfter < 0) {
            context.silence.partyAfter = party;
        }
    }
}

inline LabelledContext contextOf(const nlohmann::json& line) {
    LabelledContext context;
    context.id = line.at("id");
    context.target = line.value("target", "");
    context.labels = line.at("labels").get<std::vector<std::string>>();
    context.either = line.value("either", std::vector<std::string>{});
    const bool dual = line.at("dual");
    context.parties.resize(dual ? 2 : 1);
    context.channels.resize(context.parties.size());
    if (dual) {
        context.parties[0].role = Role::Agent;
        context.parties[1].role = Role::Customer;
    }
    const std::string position = line.at("position");
    context.silence.position = position == "start" ? CallPosition::Start
                               : position == "end" ? CallPosition::End
                                                   : CallPosition::Middle;
    Seconds now{0};
    if (position != "start") {
        // Something was said before, and another silence lies in between.
        context.channels[0].words.push_back({"So.", now, now + kWordLength, 1.0});
        now = Seconds{60};
        context.silences.push_back({kWordLength, now});
        context.number = 1;
    }
    sayTurns(line, "before", now, context);
    now -= line.at("before").empty() ? Seconds{0} : kTurnChange + kWordPause;
    context.silence.start = now;
    now += Seconds{line.at("silence").get<double>()};
    context.silence.end = now;
    context.silences.push_back({context.silence.start, context.silence.end});
    context.text += "(" + std::to_string(context.silence.length().count()).substr(0, 4) + " s) ";
    sayTurns(line, "after", now, context);
    return context;
}

}  // namespace detail

/// The lines of one part, "dev" or "held". Throws what nlohmann::json throws; none when there is no file.
inline std::vector<LabelledContext> labelledContexts(const std::string& file,
                                                     std::string_view part) {
    std::vector<LabelledContext> contexts;
    std::ifstream lines(file);
    for (std::string text; std::getline(lines, text);) {
        const auto line = nlohmann::json::parse(text);
        if (line.at("part") == part) {
            contexts.push_back(detail::contextOf(line));
        }
    }
    return contexts;
}

namespace detail {

inline std::vector<Silence> silencesOf(const LabelledContext& context) {
    std::vector<Silence> silences(context.silences.size());
    for (std::size_t i = 0; i < silences.size(); ++i) {
        silences[i].start = context.silences[i].start;
        silences[i].end = context.silences[i].end;
    }
    silences[context.number] = context.silence;
    return silences;
}

}  // namespace detail

/// The ids of the patterns that the rules give the silence, best first.
inline std::vector<std::string> predicted(const LabelledContext& context,
                                          const analyze::Rules& rules) {
    std::vector<Silence> silences = detail::silencesOf(context);
    const analyze::Dialogue dialogue(context.channels, context.silences, rules.set().ignored);
    analyze::labelSilences(silences, dialogue, context.parties, rules.set());
    std::vector<std::string> ids;
    for (const PatternMatch& match : silences[context.number].patterns) {
        ids.push_back(match.id);
    }
    return ids;
}

/// What a label model sees of a silence.
inline std::set<std::string> cuesOf(const analyze::Dialogue& dialogue,
                                    std::size_t number,
                                    const Silence& silence,
                                    std::span<const Party> parties,
                                    const analyze::RuleSet& rules) {
    const auto found = analyze::findPatterns(dialogue, number, silence, parties, rules);
    std::set<std::string> cues;
    analyze::forEachCue({dialogue, number, silence, parties, rules, found},
                        analyze::CueNames::Spelled,
                        [&](const analyze::Cue& cue) { cues.emplace(cue.name); });
    return cues;
}

/// How often a label was given and was right.
struct LabelCount {
    int right = 0;   ///< given and true
    int wrong = 0;   ///< given and not true
    int missed = 0;  ///< true and not given

    [[nodiscard]] int positives() const { return right + missed; }
    [[nodiscard]] double precision() const { return share(right, right + wrong); }
    [[nodiscard]] double recall() const { return share(right, positives()); }

    static double share(int part, int whole) {
        return whole == 0 ? 0 : static_cast<double>(part) / whole;
    }
};

/// Contexts in which careful listeners would differ about the pattern are left out.
inline void count(const LabelledContext& context,
                  std::string_view pattern,
                  const std::vector<std::string>& given,
                  LabelCount& counts) {
    if (context.mayBe(pattern)) {
        return;
    }
    const bool got = std::ranges::find(given, pattern) != given.end();
    if (context.is(pattern)) {
        ++(got ? counts.right : counts.missed);
    } else if (got) {
        ++counts.wrong;
    }
}

}  // namespace chat::fakes
