#pragma once

#include "chat/core/analysis.h"
#include "chat/core/transcript.h"
#include "chat/core/units.h"

#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chat::analyze {

/// Hesitations such as "um": they stand in no normalized text. In lower case.
using IgnoredWords = std::set<std::string, std::less<>>;

/// Appends a word as the rules see it, each part followed by one space: ASCII letters in lower case, every
/// kind of apostrophe as ', a question mark as a part of its own, any other punctuation as a separator. "Well,"
/// becomes "well ", "What’s" "what's ", "number?" "number ? ", "um..." nothing.
void appendNormalized(std::string_view word, const IgnoredWords& ignored, std::string& text);

/// Words of one party without a longer pause and without another party's words in a pause.
struct Turn {
    int party = 0;
    std::vector<const Word*> words;      ///< at least one, in order of time
    std::vector<std::size_t> sentences;  ///< index of each sentence's first word, from 0 on
    std::string text;  ///< all words, normalized; ". " where a sentence ends without ?
    std::vector<std::size_t> offsets;  ///< where each word begins in `text`; one more than words
    std::size_t segment = 0;           ///< 2k: between silences k-1 and k; 2k+1: inside silence k

    [[nodiscard]] Seconds start() const { return words.front()->start; }
    [[nodiscard]] Seconds end() const { return words.back()->end; }
};

/// Some words [first, last) of a turn.
struct Passage {
    const Turn* turn = nullptr;
    std::size_t first = 0;
    std::size_t last = 0;

    [[nodiscard]] std::string_view text() const;  ///< normalized; no blank or full stop at its ends
    [[nodiscard]] std::string spoken(std::size_t from, std::size_t to) const;  ///< as transcribed
    [[nodiscard]] double probability() const;  ///< mean of the words', 0..1
    /// The words of the turn that bytes [begin, end) of text() belong to.
    [[nodiscard]] Passage wordsAt(std::size_t begin, std::size_t end) const;
};

/// Sentence number `number` of a turn, whole.
[[nodiscard]] Passage sentenceOf(const Turn& turn, std::size_t number);

/// A call's words in turns, cut at its silences. Keeps pointers to the words: the transcript must
/// outlive it, unchanged.
class Dialogue {
  public:
    /// A party's words belong to one turn while its pauses are shorter than this.
    static constexpr Seconds kTurnPause{1.0};

    /// `channels` has one entry per party; `silences` are in order and disjoint.
    Dialogue(std::span<const ChannelTranscript> channels,
             Intervals silences,
             const IgnoredWords& ignored);

    /// In order of their start.
    [[nodiscard]] const std::vector<Turn>& turns() const { return turns_; }

    /// Passages that end within `window` before silence number `k`, the one that ends last first.
    /// A passage holds a turn's words inside the window.
    [[nodiscard]] std::vector<Passage> before(std::size_t k, Seconds window) const;
    /// Passages that begin within `window` after silence number `k`, in order of their start.
    [[nodiscard]] std::vector<Passage> after(std::size_t k, Seconds window) const;

    /// All that was said before silence number `k`, by everybody, as if it were one turn (of the one who
    /// spoke last); null when nothing was said, or when another silence cuts it in two.
    [[nodiscard]] const Turn* opening(std::size_t k) const;

    [[nodiscard]] const Interval& silence(std::size_t k) const { return silences_[k]; }

  private:
    void build(std::span<const ChannelTranscript> channels, const IgnoredWords& ignored);
    void joinOpening(const IgnoredWords& ignored);

    Intervals silences_;
    std::vector<Turn> turns_;         // by (segment, start)
    std::vector<std::size_t> byEnd_;  // by (segment, end)
    Turn opening_;                    // without words when nothing was said
};

/// Passages as they are shown: in order of time, a party's adjacent ones joined.
[[nodiscard]] std::vector<ContextTurn> contextTurns(std::vector<Passage> passages);

}  // namespace chat::analyze
