#include "chat/analyze/pattern_matcher.h"

#include "chat/analyze/intervals.h"

#include <algorithm>
#include <functional>

namespace chat::analyze {

namespace {

bool hasRole(const Party& party, std::optional<Role> wanted) {
    return !wanted || party.role == Role::Unknown || party.role == *wanted;
}

Passage sentenceOf(const Turn& turn, std::size_t number) {
    const bool last = number + 1 == turn.sentences.size();
    return {&turn, turn.sentences[number], last ? turn.words.size() : turn.sentences[number + 1]};
}

/// Words that leave the silence unexplained: hesitations, and acknowledgements where the clause says so.
bool isSkipped(const Passage& sentence, const Clause& clause, const WordPattern& acknowledgements) {
    const std::string_view text = sentence.text();
    return text.empty() || (clause.skipAcknowledgements && acknowledgements.fills(text));
}

/// The sentence of a turn nearest to the silence that is not skipped, whole.
std::optional<Passage> nearestSentence(const Turn& turn,
                                       const Clause& clause,
                                       const WordPattern& acknowledgements) {
    const std::size_t count = turn.sentences.size();
    for (std::size_t i = 0; i < count; ++i) {
        const Passage sentence = sentenceOf(turn, clause.where == Side::Before ? count - 1 - i : i);
        if (!isSkipped(sentence, clause, acknowledgements)) {
            return sentence;
        }
    }
    return std::nullopt;
}

/// What a clause reads, nearest to the silence first.
std::vector<Passage> readBy(const Clause& clause,
                            const Dialogue& dialogue,
                            std::size_t silenceNumber,
                            const WordPattern& acknowledgements) {
    const bool before = clause.where == Side::Before;
    std::vector<Passage> window = before ? dialogue.before(silenceNumber, clause.within)
                                         : dialogue.after(silenceNumber, clause.within);
    for (auto nearest = window.begin(); nearest != window.end(); ++nearest) {
        const auto sentence = nearestSentence(*nearest->turn, clause, acknowledgements);
        if (!sentence) {
            continue;
        }
        if (clause.scope == Scope::Sentence) {
            return {*sentence};
        }
        if (clause.scope == Scope::Turn) {
            // Up to the sentence, and of it all, even what lies outside the window.
            return {before ? Passage{sentence->turn,
                                     std::min(nearest->first, sentence->first),
                                     sentence->last}
                           : Passage{sentence->turn,
                                     sentence->first,
                                     std::max(nearest->last, sentence->last)}};
        }
        // What was said on the far side of another silence explains that one.
        window.erase(window.begin(), nearest);
        std::erase_if(window, [segment = window.front().turn->segment](const Passage& passage) {
            return passage.turn->segment != segment;
        });
        return window;
    }
    return {};
}

/// From the words that count (a sentence as a whole, else the matched words) to the silence.
Seconds distanceTo(const Interval& silence,
                   const Clause& clause,
                   const Passage& read,
                   const Passage& matched) {
    const Passage& counted = clause.scope == Scope::Sentence ? read : matched;
    const Seconds distance = clause.where == Side::Before
                                 ? silence.start - counted.turn->words[counted.last - 1]->end
                                 : counted.turn->words[counted.first]->start - silence.end;
    return std::max(distance, Seconds{0});
}

PatternMatch evidenceOf(const std::string& id, const Clause& clause, const ClauseMatch& match) {
    Passage words = match.words;
    if (words.last - words.first > kEvidenceWords) {
        if (clause.where == Side::Before) {
            words.first = words.last - kEvidenceWords;
        } else {
            words.last = words.first + kEvidenceWords;
        }
    }
    return {id,
            match.confidence,
            words.spoken(words.first, words.last),
            words.turn->words[words.first]->start};
}

}  // namespace

std::optional<ClauseMatch> matchClause(const Clause& clause,
                                       const Dialogue& dialogue,
                                       std::size_t silenceNumber,
                                       const Silence& silence,
                                       std::span<const Party> parties,
                                       const WordPattern& acknowledgements) {
    const bool applies = clause.positions[static_cast<std::size_t>(silence.position)] &&
                         reaches(silence.length(), clause.minSilence) &&
                         reaches(clause.maxSilence, silence.length());
    if (!applies) {
        return std::nullopt;
    }
    for (const Passage& read : readBy(clause, dialogue, silenceNumber, acknowledgements)) {
        const Party& party = parties[static_cast<std::size_t>(read.turn->party)];
        if (!hasRole(party, clause.role)) {
            continue;
        }
        const std::string_view text = read.text();
        const auto found =
            clause.where == Side::Before ? clause.wanted.findLast(text) : clause.wanted.find(text);
        if (!found || clause.unwanted.find(text)) {
            continue;
        }
        const Passage words = read.wordsAt(found->begin, found->end);
        const Seconds distance = distanceTo(dialogue.silence(silenceNumber), clause, read, words);
        if (distance > clause.within) {
            continue;
        }
        const double nearness = 1 - 0.5 * (distance / clause.within);
        const double role = clause.role && party.role == Role::Unknown ? 0.7 : 1.0;
        return ClauseMatch{words, clause.confidence * nearness * words.probability() * role};
    }
    return std::nullopt;
}

void labelSilences(std::span<Silence> silences,
                   const Dialogue& dialogue,
                   std::span<const Party> parties,
                   const RuleSet& rules) {
    for (std::size_t k = 0; k < silences.size(); ++k) {
        Silence& silence = silences[k];
        const auto match = [&](const Clause& clause) {
            return matchClause(clause, dialogue, k, silence, parties, rules.acknowledgements);
        };
        silence.announced = std::ranges::any_of(
            rules.announcements, [&](const Clause& clause) { return match(clause).has_value(); });
        for (std::size_t i = 0; i < rules.patterns.size(); ++i) {
            std::optional<PatternMatch> best;
            for (const Clause& clause : rules.patterns[i].when) {
                const auto found = match(clause);
                if (found && (!best || found->confidence > best->confidence)) {
                    best = evidenceOf(rules.patternInfos[i].id, clause, *found);
                }
            }
            if (best) {
                silence.patterns.push_back(std::move(*best));
            }
        }
        std::ranges::stable_sort(silence.patterns, std::greater{}, &PatternMatch::confidence);
    }
}

std::vector<KeywordHit> findKeywords(const Dialogue& dialogue,
                                     std::span<const Party> parties,
                                     const RuleSet& rules) {
    std::vector<KeywordHit> hits;
    for (const Turn& turn : dialogue.turns()) {
        const Passage whole{&turn, 0, turn.words.size()};
        for (std::size_t i = 0; i < rules.keywords.size(); ++i) {
            const KeywordRule& rule = rules.keywords[i];
            if (!hasRole(parties[static_cast<std::size_t>(turn.party)], rule.role)) {
                continue;
            }
            const std::string_view text = whole.text();
            for (auto found = rule.wanted.find(text); found;
                 found = rule.wanted.find(text, found->end)) {
                const Passage words = whole.wordsAt(found->begin, found->end);
                const auto next = std::ranges::upper_bound(turn.sentences, words.first);
                const auto number = static_cast<std::size_t>(next - turn.sentences.begin()) - 1;
                if (!rule.unwanted.find(sentenceOf(turn, number).text())) {
                    hits.push_back({rules.keywordInfos[i].id,
                                    turn.words[words.first]->start,
                                    turn.party,
                                    words.spoken(words.first, words.last)});
                }
            }
        }
    }
    std::ranges::stable_sort(hits, {}, &KeywordHit::time);
    return hits;
}

}  // namespace chat::analyze
