#pragma once

#include "chat/analyze/dialogue.h"
#include "chat/analyze/rules.h"
#include "chat/analyze/word_pattern.h"
#include "chat/core/analysis.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace chat::analyze {

/// Which words near a silence a clause looks at; rules.toml explains them.
enum class Scope : std::uint8_t { Sentence, Turn, Window, Opening };
enum class Side : std::uint8_t { Before, After };
/// Who speaks first after the silence: the one who said the words, or the other party.
enum class NextSpeaker : std::uint8_t { Any, Same, Other };

/// One way in which words near a silence can earn a label.
struct Clause {
    Side where = Side::Before;
    Scope scope = Scope::Sentence;
    std::optional<Role> role;  ///< of the one who says the words; none: anybody
    bool roleKnown = false;    ///< a party whose role is not known does not pass
    NextSpeaker next = NextSpeaker::Any;
    Seconds within{2.5};                              ///< from the words to the silence
    std::array<bool, 3> positions{true, true, true};  ///< by CallPosition
    Seconds minSilence{0};
    Seconds maxSilence{24.0 * 3600};
    double confidence = 1;  ///< how good the words are as evidence, 0..1
    bool skipAcknowledgements = false;
    std::size_t repeats =
        0;  ///< how many of the matched words somebody else must have said just before
    WordPattern wanted;
    WordPattern unwanted;  ///< in the same words: no label
    WordPattern then;      ///< unless empty: needed in the first sentence after the silence
};

struct PatternRule {
    std::vector<Clause> when;                ///< any one is enough
    bool announces = false;                  ///< its silences count as announced
    NextSpeaker expects = NextSpeaker::Any;  ///< who is to speak next after its words
    std::optional<std::size_t> model;        ///< of LabelModels::shipped() that says so too
};

struct KeywordRule {
    std::optional<Role> role;
    WordPattern wanted;
    WordPattern unwanted;  ///< in the same sentence: no hit
};

/// Words by which a call center's agent, or a customer, is known; see assignRoles.
struct AgentClause {
    enum class Where : std::uint8_t {
        Anywhere,
        Opening,  ///< a party's first turn
        First,    ///< the call's first turn
        Reply,    ///< the first turn of the party that did not begin
    };
    Role says = Role::Agent;  ///< who says such words; Unknown: they speak against any roles
    Where where = Where::Anywhere;
    double weight = 1;  ///< log-odds
    WordPattern wanted;
    WordPattern unwanted;  ///< a match that overlaps one of these does not count
};

/// A rules file, compiled.
struct RuleSet {
    IgnoredWords ignored;
    IgnoredWords common;  ///< words that everybody says: to say them too repeats nothing
    WordPattern acknowledgements;
    std::vector<RuleInfo> patternInfos;
    std::vector<PatternRule> patterns;  ///< as many as infos
    bool usesModels = false;            ///< a pattern has one
    std::vector<RuleInfo> keywordInfos;
    std::vector<KeywordRule> keywords;
    std::vector<Clause> announcements;  ///< beside the patterns that announce
    std::vector<AgentClause> agents;
};

}  // namespace chat::analyze
