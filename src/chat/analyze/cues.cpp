#include "chat/analyze/cues.h"

#include "chat/core/text.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

namespace chat::analyze {

namespace {

constexpr Seconds kBefore{12.0};  // how far the turn before the last one may reach back
constexpr Seconds kNear{
    5.0};  // how far the last turn, or a sentence after it, may lie from the silence
constexpr std::size_t kMostSentences = 4;
constexpr double kSure = 0.9;

using Sentence = MarkedSentence;

/// The sentences with words of a turn's end (before a silence) or beginning (after it), in order.
struct Said {
    char role = '-';
    int party = -1;
    std::vector<Sentence> sentences;

    [[nodiscard]] bool empty() const { return sentences.empty(); }
    [[nodiscard]] std::size_t length() const {
        std::size_t length = 0;
        for (const Sentence& sentence : sentences) {
            length += sentence.length();
        }
        return length;
    }
    [[nodiscard]] bool asks() const { return std::ranges::any_of(sentences, &Sentence::asks); }
};

char roleMark(Role role) {
    return role == Role::Agent ? 'a' : role == Role::Customer ? 'c' : 's';
}

Said saidIn(const Turn& turn, std::span<const Party> parties, bool end) {
    Said said;
    said.party = turn.party;
    said.role = roleMark(parties[static_cast<std::size_t>(turn.party)].role);
    const std::size_t count = turn.sentences.size();
    for (std::size_t i = 0; i < count && said.sentences.size() < kMostSentences; ++i) {
        Sentence sentence = markedSentence(sentenceOf(turn, end ? count - 1 - i : i));
        if (sentence.length() > (sentence.asks ? 1 : 0)) {
            said.sentences.push_back(std::move(sentence));
        }
    }
    if (end) {
        std::ranges::reverse(said.sentences);
    }
    return said;
}

/// Names cues.
class Namer {
  public:
    Namer(CueNames names, const TakeCue& take)
        : take_(take)
        , names_(names) {}

    void name(std::initializer_list<std::string_view> parts, const Passage* sentence = nullptr) {
        text_.clear();
        for (const std::string_view part : parts) {
            text_ += part;
        }
        take_({cueHash(text_),
               names_ == CueNames::Spelled ? std::string_view(text_) : std::string_view(),
               sentence});
    }

    /// Runs of up to `most` words, alone ("*") and with the speaker's role.
    void runs(char place, char role, const Sentence& sentence, std::size_t most) {
        for (const char who : {role, '*'}) {
            const std::array<char, 2> kind{place, who};
            forEachRun({kind.data(), kind.size()},
                       sentence,
                       most,
                       names_,
                       [&](std::uint64_t hash, std::string_view name) {
                           take_({hash, name, &sentence.words});
                       });
        }
    }

    void steps(std::string_view what, double value, std::initializer_list<double> steps) {
        int step = 0;
        for (const double least : steps) {
            ++step;
            if (value > least) {
                name({what, " > ", std::to_string(step)});
            }
        }
    }

  private:
    const TakeCue& take_;
    CueNames names_;
    std::string text_;
};

using Words = std::vector<std::string_view>;

/// Sorted, each once.
Words contentOf(std::span<const Sentence> sentences, const IgnoredWords& common) {
    Words words;
    for (const Sentence& sentence : sentences) {
        for (const std::string_view part : sentence.parts) {
            if (part.size() > 1 && !common.contains(part)) {
                words.push_back(part);
            }
        }
    }
    std::ranges::sort(words);
    const auto same = std::ranges::unique(words);
    words.erase(same.begin(), same.end());
    return words;
}

std::string small(std::size_t count, std::size_t most) {
    return std::to_string(std::min(count, most));
}

/// Words of somebody's turn that the other one says again in `sentence`.
void nameEcho(Namer& namer,
              std::string_view place,
              const Words& said,
              std::string_view roles,
              const Sentence& sentence,
              const IgnoredWords& common) {
    if (said.empty()) {
        return;
    }
    const Words own = contentOf({&sentence, 1}, common);
    const bool again = std::ranges::any_of(
        own, [&](std::string_view word) { return std::ranges::binary_search(said, word); });
    if (!again) {
        return;
    }
    const std::string_view mark = sentence.asks ? "?" : ".";
    const std::string_view length = sentence.length() < 6 ? "<" : ">";
    namer.name({"echo ", place, " ", roles, mark}, &sentence.words);
    namer.name({"echo ", place, " ", roles, mark, length}, &sentence.words);
    namer.name({"echo ", place, " ", roles, mark, " of ", small(own.size(), 4)}, &sentence.words);
    namer.name({"echo ", place, " ", roles, mark, " ^ ", sentence.parts[1]}, &sentence.words);
}

struct Turns {
    Said previous;  // of somebody else than the last one
    Said last;
    Said after;
};

Turns turnsAround(const Surroundings& around) {
    Turns turns;
    for (const Passage& passage : around.dialogue.before(around.number, kBefore)) {
        Said said = saidIn(*passage.turn, around.parties, true);
        const Seconds distance = around.dialogue.silence(around.number).start - passage.turn->end();
        if (said.empty() || (turns.last.empty() && distance > kNear)) {
            continue;
        }
        if (turns.last.empty()) {
            turns.last = std::move(said);
        } else if (said.party != turns.last.party) {
            turns.previous = std::move(said);
            break;
        }
    }
    const Seconds near = around.dialogue.silence(around.number).end + kNear;
    for (const Passage& passage : around.dialogue.after(around.number, kNear)) {
        // What follows another silence, or comes late in a long turn, is about something else.
        if (passage.turn->segment != 2 * around.number + 2) {
            break;
        }
        Said said = saidIn(*passage.turn, around.parties, false);
        std::erase_if(said.sentences, [&](const Sentence& sentence) {
            return passage.turn->words[sentence.words.first]->start > near;
        });
        if (!said.empty()) {
            turns.after = std::move(said);
            break;
        }
    }
    return turns;
}

void nameForm(Namer& namer, const Surroundings& around, const Turns& turns) {
    const auto& [previous, last, after] = turns;
    constexpr std::array<std::string_view, 3> kPositions{"start", "middle", "end"};
    const std::string_view position = kPositions[static_cast<std::size_t>(around.silence.position)];
    const bool several = around.parties.size() > 1;
    const std::string_view next = !several || last.empty() || after.empty() ? "unknown"
                                  : last.party == after.party               ? "same"
                                                                            : "other";
    const bool asks = !last.empty() && last.sentences.back().asks;
    const std::string_view mark = asks ? "?" : ".";
    const std::string roles{last.role, after.role};
    namer.name({"position ", position});
    namer.name({"position ", position, " ", mark});
    namer.name({several ? "several channels" : "one channel"});
    namer.name({"roles ", roles});
    namer.name({"role before ", roles.substr(0, 1)});
    namer.name({"role after ", roles.substr(1)});
    namer.name({"next ", next});
    namer.name({"next ", next, " ", mark});
    namer.name({"ends ", mark});
    namer.name({"ends ", mark, roles.substr(0, 1)});
    namer.name({"asked ", last.asks() ? "yes" : "no", " ", mark});
    namer.name({"asks after ", after.asks() ? "yes" : "no"});
    namer.name(
        {"asks first after ", !after.empty() && after.sentences.front().asks ? "yes" : "no"});
    namer.name({"sentences before ", small(last.sentences.size(), 4)});
    namer.name({"turns before ", previous.empty() ? "one" : "two"});
    namer.steps("silence", around.silence.length().count(), {2, 3, 4.5, 7, 12});
    if (!last.empty()) {
        const Sentence& sentence = last.sentences.back();
        namer.steps("words last", static_cast<double>(sentence.length()), {2, 4, 7, 12, 18});
        namer.steps("words before", static_cast<double>(last.length()), {2, 4, 7, 12, 18});
        namer.name({"ends ", mark, " ^ ", sentence.parts[1]});
    }
    namer.steps("words after", static_cast<double>(after.length()), {2, 4, 7, 12, 18});
    for (const FoundPattern& found : around.found) {
        namer.name({"rules ", found.id});
        if (found.confidence >= kSure) {
            namer.name({"rules ", found.id, " sure"});
        }
        if (found.clauses > 1) {
            namer.name({"rules ", found.id, " several"});
        }
        if (found.before) {
            namer.name({"rules ", found.id, " before"});
        }
        if (found.after) {
            namer.name({"rules ", found.id, " after"});
        }
    }
}

}  // namespace

void forEachCue(const Surroundings& around, CueNames names, const TakeCue& take) {
    Namer namer(names, take);
    const Turns turns = turnsAround(around);
    const auto& [previous, last, after] = turns;
    nameForm(namer, around, turns);
    const auto near = [&](const Said& said, const Sentence& sentence) {
        namer.runs('K', said.role, sentence, 3);
        if (sentence.asks) {
            namer.runs('Q', said.role, sentence, 3);
        }
    };
    const IgnoredWords& common = around.rules.common;
    const Words saidBefore = contentOf(previous.sentences, common);
    const Words saidLast = contentOf(last.sentences, common);
    const std::string rolesBefore{previous.role, last.role};
    const std::string rolesAfter{last.role, after.role};
    bool open = true;  // no sentence yet that is more than an acknowledgement
    for (std::size_t i = last.sentences.size(); i-- > 0;) {
        const Sentence& sentence = last.sentences[i];
        const bool ends = i + 1 == last.sentences.size();
        namer.runs(ends ? 'L' : 'T', last.role, sentence, ends ? 3 : 2);
        near(last, sentence);
        if (open && !around.rules.acknowledgements.fills(sentence.words.text())) {
            open = false;
            if (!ends) {
                namer.runs('M', last.role, sentence, 3);
            }
        }
        nameEcho(namer, "before", saidBefore, rolesBefore, sentence, common);
    }
    if (!previous.empty()) {
        namer.runs('P', previous.role, previous.sentences.back(), 2);
        if (open && !last.empty()) {
            namer.runs('M', previous.role, previous.sentences.back(), 3);
        }
    }
    for (std::size_t i = 0; i < after.sentences.size(); ++i) {
        const Sentence& sentence = after.sentences[i];
        namer.runs(i == 0 ? 'A' : 'B', after.role, sentence, i == 0 ? 3 : 2);
        near(after, sentence);
        nameEcho(namer, "after", saidLast, rolesAfter, sentence, common);
    }
}

}  // namespace chat::analyze
