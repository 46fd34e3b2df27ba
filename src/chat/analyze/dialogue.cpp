#include "chat/analyze/dialogue.h"

#include "chat/core/text.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <utility>

namespace chat::analyze {

namespace {

constexpr std::string_view kSentenceEnd = ". ";

bool isWordByte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           static_cast<unsigned char>(c) >= 0x80;
}

/// Length of the punctuation or blank at the start of `text` that is no ASCII; 0 when there is none.
std::size_t foreignPunctuation(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    if (byte(0) == 0xC2 && byte(1) >= 0xA0 && byte(1) <= 0xBF) {
        return 2;  // U+00A0..U+00BF: no-break space, inverted marks, guillemets
    }
    if (byte(0) == 0xE2 && (byte(1) == 0x80 || byte(1) == 0x81)) {
        return std::min<std::size_t>(3, text.size());  // U+2000..U+207F: dashes, quotes, ellipsis
    }
    return 0;
}

std::size_t startsWithAny(std::string_view text, std::span<const std::string_view> marks) {
    for (const std::string_view mark : marks) {
        if (text.starts_with(mark)) {
            return mark.size();
        }
    }
    return 0;
}

constexpr std::array<std::string_view, 4> kApostrophes{"'", "\u2019", "\u2018", "\u02BC"};
constexpr std::array<std::string_view, 2> kQuestionMarks{"?", "\uFF1F"};
constexpr std::array<std::string_view, 4> kSentenceEnds{".", "!", "?", "\u2026"};
constexpr std::array<std::string_view, 5> kClosers{"\"", "'", ")", "\u2019", "\u201D"};
constexpr std::array<std::string_view, 5> kAbbreviations{"mr.", "mrs.", "ms.", "dr.", "st."};

bool stripSuffix(std::string_view& text, std::span<const std::string_view> marks) {
    for (const std::string_view mark : marks) {
        if (text.ends_with(mark)) {
            text.remove_suffix(mark.size());
            return true;
        }
    }
    return false;
}

/// Does a sentence end with `word` when `next` follows? "a.m. tomorrow" and "Mr. Smith" go on.
bool endsSentence(std::string_view word, std::string_view next) {
    while (stripSuffix(word, kClosers)) {
    }
    std::string_view body = word;
    if (!stripSuffix(body, kSentenceEnds)) {
        return false;
    }
    if (word.back() == '?' || word.back() == '!') {
        return true;
    }
    const bool goesOn = !next.empty() && next.front() >= 'a' && next.front() <= 'z';
    return !goesOn && std::ranges::find(kAbbreviations, lowerAscii(word)) == kAbbreviations.end();
}

/// `changes`: the words at which another party begins, in order; a sentence begins there too.
void finish(Turn& turn, const IgnoredWords& ignored, std::span<const std::size_t> changes = {}) {
    for (std::size_t i = 0; i < turn.words.size(); ++i) {
        if (i == 0 || std::ranges::binary_search(changes, i) ||
            endsSentence(turn.words[i - 1]->text, turn.words[i]->text)) {
            turn.sentences.push_back(i);
            if (!turn.text.empty() && !turn.text.ends_with("? ")) {
                turn.text += kSentenceEnd;
            }
        }
        turn.offsets.push_back(turn.text.size());
        appendNormalized(turn.words[i]->text, ignored, turn.text);
    }
    turn.offsets.push_back(turn.text.size());
}

struct PlacedWord {
    std::size_t segment;
    const Word* word;
    int party;
};

std::size_t segmentOf(const Word& word, const Intervals& silences) {
    const auto next = std::upper_bound(
        silences.begin(), silences.end(), word.start, [](Seconds at, const Interval& silence) {
            return at < silence.start;
        });
    const auto begun = static_cast<std::size_t>(next - silences.begin());
    if (begun == 0) {
        return 0;
    }
    const Interval& silence = silences[begun - 1];
    const bool after = word.start >= silence.end || word.end > silence.end;
    return after ? 2 * begun : 2 * begun - 1;
}

}  // namespace

void appendNormalized(std::string_view word, const IgnoredWords& ignored, std::string& text) {
    std::size_t part = text.size();
    bool dropped = false;
    const auto endPart = [&] {
        while (text.size() > part && text.back() == '\'') {
            text.pop_back();
        }
        if (ignored.contains(std::string_view(text).substr(part))) {
            text.resize(part);
            dropped = true;
        }
        if (text.size() > part) {
            text += ' ';
        }
        part = text.size();
    };
    bool asked = false;
    while (!word.empty()) {
        if (const std::size_t length = startsWithAny(word, kApostrophes); length > 0) {
            if (text.size() > part) {
                text += '\'';
            }
            word.remove_prefix(length);
        } else if (const std::size_t mark = startsWithAny(word, kQuestionMarks); mark > 0) {
            asked = true;
            word.remove_prefix(mark);
        } else if (const std::size_t other = foreignPunctuation(word);
                   other > 0 || !isWordByte(word.front())) {
            endPart();
            word.remove_prefix(std::max<std::size_t>(other, 1));
        } else {
            const char c = word.front();
            text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
            word.remove_prefix(1);
        }
    }
    endPart();
    if (asked && !dropped) {
        text += "? ";
    }
}

std::string_view Passage::text() const {
    const std::size_t begin = turn->offsets[first];
    std::string_view words =
        std::string_view(turn->text).substr(begin, turn->offsets[last] - begin);
    if (words.starts_with(kSentenceEnd)) {
        words.remove_prefix(kSentenceEnd.size());  // of words that are all ignored
    }
    while (words.ends_with(kSentenceEnd)) {
        words.remove_suffix(kSentenceEnd.size());
    }
    return words.ends_with(' ') ? words.substr(0, words.size() - 1) : words;
}

std::string Passage::spoken(std::size_t from, std::size_t to) const {
    std::string spoken;
    for (std::size_t i = from; i < to; ++i) {
        spoken += spoken.empty() ? "" : " ";
        spoken += turn->words[i]->text;
    }
    return spoken;
}

double Passage::probability() const {
    double sum = 0;
    for (std::size_t i = first; i < last; ++i) {
        sum += turn->words[i]->probability;
    }
    return std::clamp(sum / static_cast<double>(last - first), 0.0, 1.0);
}

Passage Passage::wordsAt(std::size_t begin, std::size_t end) const {
    const std::size_t base = turn->offsets[first];
    Passage words{turn, first, last};
    while (words.first + 1 < last && turn->offsets[words.first + 1] <= base + begin) {
        ++words.first;
    }
    while (words.last > words.first + 1 && turn->offsets[words.last - 1] >= base + end) {
        --words.last;
    }
    return words;
}

Passage sentenceOf(const Turn& turn, std::size_t number) {
    const bool last = number + 1 == turn.sentences.size();
    return {&turn, turn.sentences[number], last ? turn.words.size() : turn.sentences[number + 1]};
}

Dialogue::Dialogue(std::span<const ChannelTranscript> channels,
                   Intervals silences,
                   const IgnoredWords& ignored)
    : silences_(std::move(silences)) {
    build(channels, ignored);
    joinOpening(ignored);
    byEnd_.resize(turns_.size());
    std::iota(byEnd_.begin(), byEnd_.end(), std::size_t{0});
    std::stable_sort(byEnd_.begin(), byEnd_.end(), [&](std::size_t a, std::size_t b) {
        return std::pair(turns_[a].segment, turns_[a].end()) <
               std::pair(turns_[b].segment, turns_[b].end());
    });
}

void Dialogue::build(std::span<const ChannelTranscript> channels, const IgnoredWords& ignored) {
    std::vector<PlacedWord> words;
    for (std::size_t party = 0; party < channels.size(); ++party) {
        for (const Word& word : channels[party].words) {
            words.push_back({segmentOf(word, silences_), &word, static_cast<int>(party)});
        }
    }
    std::stable_sort(words.begin(), words.end(), [](const PlacedWord& a, const PlacedWord& b) {
        return std::pair(a.segment, a.word->start) < std::pair(b.segment, b.word->start);
    });
    std::map<int, std::size_t> openTurns;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const PlacedWord& placed = words[i];
        const auto open = openTurns.find(placed.party);
        bool goesOn = open != openTurns.end() && turns_[open->second].segment == placed.segment &&
                      placed.word->start - turns_[open->second].end() < kTurnPause;
        // Another party's word that lies wholly in the pause ends the turn.
        for (std::size_t k = i;
             goesOn && k-- > 0 && words[k].word->start >= turns_[open->second].end();) {
            goesOn = words[k].party == placed.party || words[k].word->end > placed.word->start;
        }
        if (!goesOn) {
            openTurns[placed.party] = turns_.size();
            Turn& turn = turns_.emplace_back();
            turn.party = placed.party;
            turn.segment = placed.segment;
        }
        turns_[openTurns[placed.party]].words.push_back(placed.word);
    }
    for (Turn& turn : turns_) {
        finish(turn, ignored);
    }
}

void Dialogue::joinOpening(const IgnoredWords& ignored) {
    std::vector<std::size_t> changes;
    const auto outside = [](const Turn& turn) { return turn.segment % 2 == 0; };
    const auto first = std::ranges::find_if(turns_, outside);
    for (auto turn = first; turn != turns_.end() && turn->segment == first->segment; ++turn) {
        changes.push_back(opening_.words.size());
        opening_.words.insert(opening_.words.end(), turn->words.begin(), turn->words.end());
        opening_.party = turn->party;
        opening_.segment = turn->segment;
    }
    finish(opening_, ignored, changes);
}

const Turn* Dialogue::opening(std::size_t k) const {
    if (opening_.words.empty() || opening_.segment > 2 * k) {
        return nullptr;
    }
    const bool cut = std::ranges::any_of(turns_, [&](const Turn& turn) {
        return turn.segment % 2 == 0 && turn.segment > opening_.segment && turn.segment <= 2 * k;
    });
    return cut ? nullptr : &opening_;
}

std::vector<Passage> Dialogue::before(std::size_t k, Seconds window) const {
    const Seconds from = silences_[k].start - window;
    const auto end = std::partition_point(byEnd_.begin(), byEnd_.end(), [&](std::size_t turn) {
        return turns_[turn].segment <= 2 * k;
    });
    std::vector<Passage> passages;
    for (auto next = end; next != byEnd_.begin();) {
        const Turn& turn = turns_[*--next];
        if (turn.end() < from) {
            break;
        }
        if (turn.segment % 2 == 1) {
            continue;  // inside another silence: the sound says that nobody spoke
        }
        std::size_t first = turn.words.size() - 1;
        while (first > 0 && turn.words[first - 1]->end >= from) {
            --first;
        }
        passages.push_back({&turn, first, turn.words.size()});
    }
    return passages;
}

std::vector<Passage> Dialogue::after(std::size_t k, Seconds window) const {
    const Seconds until = silences_[k].end + window;
    auto next = std::partition_point(
        turns_.begin(), turns_.end(), [&](const Turn& turn) { return turn.segment < 2 * k + 2; });
    std::vector<Passage> passages;
    for (; next != turns_.end() && next->start() <= until; ++next) {
        if (next->segment % 2 == 1) {
            continue;
        }
        std::size_t last = 1;
        while (last < next->words.size() && next->words[last]->start <= until) {
            ++last;
        }
        passages.push_back({&*next, 0, last});
    }
    return passages;
}

std::vector<ContextTurn> contextTurns(std::vector<Passage> passages) {
    std::stable_sort(passages.begin(), passages.end(), [](const Passage& a, const Passage& b) {
        return a.turn->words[a.first]->start < b.turn->words[b.first]->start;
    });
    std::vector<ContextTurn> turns;
    for (const Passage& passage : passages) {
        const std::string text = passage.spoken(passage.first, passage.last);
        if (!turns.empty() && turns.back().party == passage.turn->party) {
            turns.back().text += " " + text;
        } else {
            turns.push_back({passage.turn->party, text});
        }
    }
    return turns;
}

}  // namespace chat::analyze
