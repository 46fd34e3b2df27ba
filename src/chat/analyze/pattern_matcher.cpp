#include "chat/analyze/pattern_matcher.h"

#include "chat/analyze/cues.h"
#include "chat/analyze/label_model.h"
#include "chat/core/intervals.h"
#include "chat/core/text.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string_view>

namespace chat::analyze {

namespace {

bool hasRole(const Party& party, std::optional<Role> wanted, bool known = false) {
    return !wanted || party.role == *wanted || (party.role == Role::Unknown && !known);
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

bool speaksNext(const Clause& clause, int party, const Silence& silence, std::size_t parties) {
    if (clause.next == NextSpeaker::Any) {
        return true;
    }
    const bool known = parties > 1 && silence.partyAfter >= 0;
    return known && (silence.partyAfter == party) == (clause.next == NextSpeaker::Same);
}

/// How far after a silence what follows it may begin.
constexpr Seconds kThen{2.0};

bool isFollowed(const Clause& clause,
                const Dialogue& dialogue,
                std::size_t silenceNumber,
                const WordPattern& acknowledgements) {
    if (clause.then.empty()) {
        return true;
    }
    Clause after;
    after.where = Side::After;
    for (const Passage& passage : dialogue.after(silenceNumber, kThen)) {
        if (const auto sentence = nearestSentence(*passage.turn, after, acknowledgements)) {
            return clause.then.find(sentence->text()).has_value();
        }
    }
    return false;
}

/// What a clause reads, nearest to the silence first.
std::vector<Passage> readBy(const Clause& clause,
                            const Dialogue& dialogue,
                            std::size_t silenceNumber,
                            const WordPattern& acknowledgements) {
    const bool before = clause.where == Side::Before;
    if (clause.scope == Scope::Opening) {
        const Turn* opening = dialogue.opening(silenceNumber);
        return opening == nullptr ? std::vector<Passage>{}
                                  : std::vector<Passage>{{opening, 0, opening->words.size()}};
    }
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
            // Up to the sentence; whole sentences, even where the window cuts one.
            const Turn& turn = *sentence->turn;
            const auto number = [&](std::size_t word) {
                const auto next = std::ranges::upper_bound(turn.sentences, word);
                return static_cast<std::size_t>(next - turn.sentences.begin()) - 1;
            };
            const Passage edge =
                sentenceOf(turn, number(before ? nearest->first : nearest->last - 1));
            return {before ? Passage{&turn, std::min(edge.first, sentence->first), sentence->last}
                           : Passage{&turn, sentence->first, std::max(edge.last, sentence->last)}};
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

/// Repeated words are looked for in what was said this long before the silence.
constexpr Seconds kRepeats{15.0};

/// How many different words of `words` somebody else said before them; who, nobody knows where all are one party.
std::size_t repeatedWords(const Passage& words,
                          const Dialogue& dialogue,
                          std::size_t silenceNumber,
                          bool oneParty,
                          const IgnoredWords& common) {
    std::set<std::string_view> said;
    const auto note = [&](std::string_view text) {
        for (const std::string_view word : split(text, ' ')) {
            if (!word.empty() && word != "." && word != "?" && !common.contains(word)) {
                said.insert(word);
            }
        }
    };
    for (const Passage& passage : dialogue.before(silenceNumber, kRepeats)) {
        if (passage.turn == words.turn) {
            if (oneParty && words.first > 0) {
                note(Passage{passage.turn, 0, words.first}.text());
            }
        } else if (oneParty || passage.turn->party != words.turn->party) {
            note(passage.text());
        }
    }
    std::set<std::string_view> repeated;
    for (const std::string_view word : split(words.text(), ' ')) {
        if (said.contains(word)) {
            repeated.insert(word);
        }
    }
    return repeated.size();
}

/// From the words that count (a sentence or an opening as a whole, else the matched words) to the silence.
Seconds distanceTo(const Interval& silence,
                   const Clause& clause,
                   const Passage& read,
                   const Passage& matched) {
    const bool whole = clause.scope == Scope::Sentence || clause.scope == Scope::Opening;
    const Passage& counted = whole ? read : matched;
    const Seconds distance = clause.where == Side::Before
                                 ? silence.start - counted.turn->words[counted.last - 1]->end
                                 : counted.turn->words[counted.first]->start - silence.end;
    return std::max(distance, Seconds{0});
}

/// What a clause of less confidence finds was concluded, not said.
constexpr double kAnnounces = 0.6;

/// A clause of so much confidence decides, whatever a model says.
constexpr double kDecides = 1;

PatternMatch labelOf(const std::string& id, double confidence, Side where, Passage words) {
    if (words.last - words.first > kEvidenceWords) {
        if (where == Side::Before) {
            words.first = words.last - kEvidenceWords;
        } else {
            words.last = words.first + kEvidenceWords;
        }
    }
    return {id,
            confidence,
            words.spoken(words.first, words.last),
            words.turn->words[words.first]->start};
}

/// What the clauses of one pattern say about a silence.
struct Heard {
    std::optional<PatternMatch> best;
    int speaker = -1;  ///< party of its words when they stand before the silence
    FoundPattern found;
};

/// One for each pattern.
std::vector<Heard> hear(const Dialogue& dialogue,
                        std::size_t silenceNumber,
                        const Silence& silence,
                        std::span<const Party> parties,
                        const RuleSet& rules) {
    std::vector<Heard> all(rules.patterns.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        Heard& heard = all[i];
        const std::string& id = rules.patternInfos[i].id;
        heard.found.id = id;
        for (const Clause& clause : rules.patterns[i].when) {
            const auto match =
                matchClause(clause, dialogue, silenceNumber, silence, parties, rules);
            if (!match) {
                continue;
            }
            ++heard.found.clauses;
            heard.found.confidence = std::max(heard.found.confidence, clause.confidence);
            (clause.where == Side::Before ? heard.found.before : heard.found.after) = true;
            if (!heard.best || match->confidence > heard.best->confidence) {
                heard.best = labelOf(id, match->confidence, clause.where, match->words);
                heard.speaker = clause.where == Side::Before ? match->words.turn->party : -1;
            }
        }
    }
    return all;
}

std::vector<FoundPattern> foundIn(std::span<const Heard> all) {
    std::vector<FoundPattern> found;
    for (const Heard& heard : all) {
        if (heard.best) {
            found.push_back(heard.found);
        }
    }
    return found;
}

/// The label by a pattern's clauses and its model together.
std::optional<PatternMatch> joined(Heard heard, const LabelVerdict& verdict, Seconds silence) {
    const bool decided = heard.best && heard.found.confidence >= kDecides;
    if ((!decided && !verdict.given) || !verdict.evidence) {
        return decided ? std::move(heard.best) : std::nullopt;
    }
    const Passage& sentence = *verdict.evidence;
    const double confidence = verdict.probability * sentence.probability();
    if (!heard.best) {
        const Side where = sentence.turn->start() < silence ? Side::Before : Side::After;
        return labelOf(std::string(heard.found.id), confidence, where, sentence);
    }
    heard.best->confidence = decided ? std::max(heard.best->confidence, confidence) : confidence;
    return std::move(heard.best);
}

/// The party that is to speak next after words of this party (-1: nobody's); -1 where they do not tell, or one
/// channel carries both parties.
int expectedAfter(const PatternRule& rule, int speaker, std::size_t parties) {
    if (rule.expects == NextSpeaker::Any || speaker < 0 || parties != 2) {
        return -1;
    }
    return rule.expects == NextSpeaker::Same ? speaker : 1 - speaker;
}

/// Who said the words that earn a label before the silence; -1 when it was said after it.
int speakerOf(const Heard& heard, const LabelVerdict* verdict, Seconds silence) {
    if (heard.best || verdict == nullptr || !verdict->evidence) {
        return heard.speaker;
    }
    const Turn& turn = *verdict->evidence->turn;
    return turn.start() < silence ? turn.party : -1;
}

}  // namespace

std::optional<ClauseMatch> matchClause(const Clause& clause,
                                       const Dialogue& dialogue,
                                       std::size_t silenceNumber,
                                       const Silence& silence,
                                       std::span<const Party> parties,
                                       const RuleSet& rules) {
    const bool applies = clause.positions[static_cast<std::size_t>(silence.position)] &&
                         reaches(silence.length(), clause.minSilence) &&
                         reaches(clause.maxSilence, silence.length());
    if (!applies) {
        return std::nullopt;
    }
    for (const Passage& read : readBy(clause, dialogue, silenceNumber, rules.acknowledgements)) {
        const Party& party = parties[static_cast<std::size_t>(read.turn->party)];
        if (!hasRole(party, clause.role, clause.roleKnown) ||
            !speaksNext(clause, read.turn->party, silence, parties.size())) {
            continue;
        }
        const std::string_view text = read.text();
        const auto found =
            clause.where == Side::Before ? clause.wanted.findLast(text) : clause.wanted.find(text);
        if (!found || clause.unwanted.find(text) ||
            !isFollowed(clause, dialogue, silenceNumber, rules.acknowledgements)) {
            continue;
        }
        const Passage words = read.wordsAt(found->begin, found->end);
        if (clause.repeats > 0 &&
            repeatedWords(words, dialogue, silenceNumber, parties.size() < 2, rules.common) <
                clause.repeats) {
            continue;
        }
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
        silence.announced = std::ranges::any_of(rules.announcements, [&](const Clause& clause) {
            return matchClause(clause, dialogue, k, silence, parties, rules).has_value();
        });
        std::vector<Heard> heard = hear(dialogue, k, silence, parties, rules);
        std::vector<LabelVerdict> verdicts;
        if (rules.usesModels) {
            verdicts = LabelModels::shipped().judge(
                {dialogue, k, silence, parties, rules, foundIn(heard)});
        }
        double surest = 0;  // of the labels that tell who was to speak next
        for (std::size_t i = 0; i < rules.patterns.size(); ++i) {
            const PatternRule& rule = rules.patterns[i];
            const double said = heard[i].found.confidence;
            const LabelVerdict* verdict = rule.model ? &verdicts[*rule.model] : nullptr;
            const int expected =
                expectedAfter(rule, speakerOf(heard[i], verdict, silence.start), parties.size());
            auto label = rule.model
                             ? joined(std::move(heard[i]), verdicts[*rule.model], silence.start)
                             : std::move(heard[i].best);
            if (label) {
                // Where no `when` applies, a model may know it by what came after.
                const bool spoken = said > 0 ? said >= kAnnounces : label->at < silence.start;
                silence.announced = silence.announced || (rule.announces && spoken);
                if (expected >= 0 && label->confidence > surest) {
                    surest = label->confidence;
                    silence.partyExpected = expected;
                }
                silence.patterns.push_back(std::move(*label));
            }
        }
        std::ranges::stable_sort(silence.patterns, std::greater{}, &PatternMatch::confidence);
    }
}

std::vector<FoundPattern> findPatterns(const Dialogue& dialogue,
                                       std::size_t silenceNumber,
                                       const Silence& silence,
                                       std::span<const Party> parties,
                                       const RuleSet& rules) {
    return foundIn(hear(dialogue, silenceNumber, silence, parties, rules));
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
