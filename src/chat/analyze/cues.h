#pragma once

#include "chat/analyze/dialogue.h"
#include "chat/analyze/rule_set.h"
#include "chat/analyze/word_runs.h"
#include "chat/core/analysis.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace chat::analyze {

/// A pattern of which a `when` applies to a silence.
struct FoundPattern {
    std::string_view id;
    double confidence = 0;  ///< the highest of those `when`
    int clauses = 0;        ///< how many apply
    bool before = false;    ///< one of them reads what was said before
    bool after = false;
};

/// One silence of a call, and what the rules say about it.
struct Surroundings {
    const Dialogue& dialogue;
    std::size_t number = 0;  ///< of the silence in the dialogue
    const Silence& silence;
    std::span<const Party> parties;
    const RuleSet& rules;
    std::span<const FoundPattern> found;
};

struct Cue {
    std::uint64_t hash;       ///< of the name
    std::string_view name;    ///< empty unless asked for; valid during the call
    const Passage* sentence;  ///< that it was seen in; null: in none alone
};
using TakeCue = std::function<void(const Cue&)>;

/// Names all that a label model weighs, in no order, some twice: label_model.h says what for.
///
/// Runs of one to three words ("$" and "^": where a sentence ends and begins; "#": a word with digits), each with
/// the place they stand at, alone and with the speaker's role (a, c, or s for unknown):
///   L the last sentence before the silence     T the sentences of the same turn before it
///   M the last one that is no acknowledgement, when that is another
///   P the last sentence of the turn before     A the first sentence after the silence, B the next ones
///   K any sentence of the last turn before or the first one after; Q those of them that are questions
/// And the form: who speaks before and after, questions, lengths, position, words said again by the other one, and
/// the patterns that the rules find.
void forEachCue(const Surroundings& around, CueNames names, const TakeCue& take);

}  // namespace chat::analyze
