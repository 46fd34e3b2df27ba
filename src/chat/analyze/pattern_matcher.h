#pragma once

#include "chat/analyze/cues.h"
#include "chat/analyze/dialogue.h"
#include "chat/analyze/rule_set.h"
#include "chat/core/analysis.h"

#include <span>
#include <vector>

namespace chat::analyze {

/// A clause's words next to a silence, and how well they fit.
struct ClauseMatch {
    Passage words;
    double confidence = 0;
};

/// How sure a label is, 0..1: the product of
/// - the clause's own `confidence`: how good its words are as evidence;
/// - nearness: 1 for words that touch the silence, falling evenly to 0.5 at `within_seconds`;
/// - the mean probability of the matched words;
/// - 0.7 when the clause asks for a role and the speaker's is not known, else 1.
[[nodiscard]] std::optional<ClauseMatch> matchClause(const Clause& clause,
                                                     const Dialogue& dialogue,
                                                     std::size_t silenceNumber,
                                                     const Silence& silence,
                                                     std::span<const Party> parties,
                                                     const RuleSet& rules);

/// The patterns of which a `when` applies to a silence, in the rules' order; models are not asked.
[[nodiscard]] std::vector<FoundPattern> findPatterns(const Dialogue& dialogue,
                                                     std::size_t silenceNumber,
                                                     const Silence& silence,
                                                     std::span<const Party> parties,
                                                     const RuleSet& rules);

/// Fills `patterns` (best first; of equal ones the file's first), `announced` and `partyExpected` (by the surest
/// label that tells) of every silence.
/// A pattern with a model (label_model.h) gives its label when the model does or a `when` of confidence 1 applies; the
/// label's confidence is then the model's probability x the mean probability of the words, or the rule's if that is
/// the higher one and decided. Evidence is at most kEvidenceWords words, those nearest to the silence.
inline constexpr std::size_t kEvidenceWords = 15;
void labelSilences(std::span<Silence> silences,
                   const Dialogue& dialogue,
                   std::span<const Party> parties,
                   const RuleSet& rules);

/// All hits of the keyword rules, in order of time, then of the rules.
[[nodiscard]] std::vector<KeywordHit> findKeywords(const Dialogue& dialogue,
                                                   std::span<const Party> parties,
                                                   const RuleSet& rules);

}  // namespace chat::analyze
