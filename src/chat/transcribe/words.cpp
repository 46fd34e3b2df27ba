#include "chat/transcribe/words.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

namespace chat::transcribe {

namespace {

/// Pauses up to this are part of speaking: a word may span them.
constexpr Seconds kWithinTurn{0.3};
/// A word further than this from any speech was not heard. Whisper's times are rarely off by more.
constexpr Seconds kFarthest{0.6};
/// Nobody speaks words faster than one in 40 ms; more were not heard.
constexpr Seconds kShortestWord{0.04};
constexpr Seconds kUsualShortest{0.06};
constexpr Seconds kMovedLength{0.3};
constexpr Seconds kMovedMuch{0.3};

constexpr std::string_view kMarks = ".,!?:;";

struct Placed {
    const Word* word = nullptr;
    Interval heard;                   ///< as the engine says
    std::optional<std::size_t> turn;  ///< none: dropped
};

Intervals turnsOf(const Intervals& speech) {
    Intervals turns;
    for (const Interval& part : speech) {
        if (!turns.empty() && part.start - turns.back().end <= kWithinTurn) {
            turns.back().end = part.end;
        } else {
            turns.push_back(part);
        }
    }
    return turns;
}

Seconds distance(const Interval& a, const Interval& b) {
    return std::max({Seconds{0}, a.start - b.end, b.start - a.end});
}

/// The turn that a word shares most time with, else the nearest; none when that is too far.
std::optional<std::size_t> turnOf(const Interval& heard, const Intervals& turns, std::size_t from) {
    std::optional<std::size_t> best;
    for (std::size_t i = from; i < turns.size(); ++i) {
        if (distance(heard, turns[i]) > kFarthest) {
            continue;
        }
        const auto score = [&](std::size_t turn) {
            return overlap(heard, turns[turn]) - distance(heard, turns[turn]);
        };
        if (!best || score(i) > score(*best)) {
            best = i;
        }
    }
    return best;
}

/// What of a word's time lies in its turn; of a word beside it, a short stretch at the nearer edge.
Interval heldTo(const Interval& turn, const Interval& heard) {
    if (distance(heard, turn) == Seconds{0}) {
        return {std::max(heard.start, turn.start), std::min(heard.end, turn.end)};
    }
    const Seconds length = std::min({heard.length(), kMovedLength, turn.length()});
    return heard.end <= turn.start ? Interval{turn.start, turn.start + length}
                                   : Interval{turn.end - length, turn.end};
}

bool movedMuch(const Interval& from, const Interval& to) {
    const auto far = [](Seconds a, Seconds b) {
        return std::abs((a - b).count()) > kMovedMuch.count();
    };
    return far(from.start, to.start) || far(from.end, to.end);
}

class Placer {
  public:
    Placer(const WindowPlan& plan, const WindowTranscript& transcript)
        : plan_(plan)
        , turns_(turnsOf(plan.speech)) {
        result_.warnings = transcript.warnings;
        for (const Word& word : transcript.words) {
            placed_.push_back({&word, recordingTime(word), std::nullopt});
        }
    }

    PlacedWords run() {
        std::size_t turn = 0;
        for (Placed& word : placed_) {
            if (const std::optional<std::size_t> side = besidePause(*word.word)) {
                word.turn = std::max(*side, turn);
                word.heard = partIn(turns_[*word.turn], *word.word);
            } else {
                word.turn = turnOf(word.heard, turns_, turn);
            }
            turn = word.turn.value_or(turn);
        }
        for (std::size_t begin = 0; begin < placed_.size();) {
            std::size_t end = begin + 1;
            while (end < placed_.size() && placed_[end].turn == placed_[begin].turn) {
                ++end;
            }
            const std::optional<std::size_t> held = placed_[begin].turn;
            if (held && fits(turns_[*held], end - begin)) {
                place(turns_[*held], begin, end);
            } else {
                drop(begin, end);
            }
            begin = end;
        }
        return std::move(result_);
    }

  private:
    /// A word's time in the recording. One that spans a place where sound was left out lies in the
    /// piece that has more of it.
    [[nodiscard]] Interval recordingTime(const Word& word) const {
        Interval best{plan_.toRecording(word.start), plan_.toRecording(word.start)};
        Seconds most{-1};
        for (const WindowPiece& piece : plan_.pieces) {
            const Interval inWindow{piece.windowStart,
                                    piece.windowStart + piece.recording.length()};
            const Seconds shared = overlap({word.start, word.end}, inWindow);
            if (shared > most && shared > Seconds{0}) {
                const Seconds shift = piece.recording.start - piece.windowStart;
                most = shared;
                best = {std::max(word.start, inWindow.start) + shift,
                        std::min(word.end, inWindow.end) + shift};
            }
        }
        return best;
    }

    [[nodiscard]] Interval inWindow(const Interval& turn) const {
        return {plan_.toWindow(turn.start), plan_.toWindow(turn.end)};
    }

    /// The turn of a word that has a pause in it. Whisper's times leave no gaps: a pause lies at the front
    /// of the word after it or, where a mark ends the sentence, at the end of the word with the mark.
    [[nodiscard]] std::optional<std::size_t> besidePause(const Word& word) const {
        std::optional<std::size_t> first;
        std::optional<std::size_t> last;
        for (std::size_t i = 0; i < turns_.size(); ++i) {
            const Interval turn = inWindow(turns_[i]);
            if (overlap({word.start, word.end}, turn) > Seconds{0}) {
                first = first.value_or(i);
                last = i;
            }
        }
        if (!first || first == last) {
            return std::nullopt;
        }
        return kMarks.find(word.text.back()) != std::string_view::npos ? first : last;
    }

    /// The part of a word's time that lies in a turn which it overlaps or which lies beside it.
    [[nodiscard]] Interval partIn(const Interval& turn, const Word& word) const {
        const Interval whole = inWindow(turn);
        const Seconds start = std::clamp(word.start, whole.start, whole.end);
        const Seconds end = std::clamp(word.end, start, whole.end);
        return {turn.start + (start - whole.start), turn.start + (end - whole.start)};
    }

    [[nodiscard]] static bool fits(const Interval& turn, std::size_t words) {
        return turn.length() >= kShortestWord * static_cast<double>(words);
    }

    /// Words [begin, end), all of one turn: each gets its time in it, in order, none of no length.
    void place(const Interval& turn, std::size_t begin, std::size_t end) {
        HoldStatistics& statistics = result_.statistics;
        statistics.edgeErrors.push_back(
            std::abs((placed_[begin].heard.start - turn.start).count()));
        statistics.edgeErrors.push_back(std::abs((placed_[end - 1].heard.end - turn.end).count()));
        const Seconds shortest =
            std::min(kUsualShortest, turn.length() / static_cast<double>(end - begin));
        Seconds free = turn.start;
        for (std::size_t i = begin; i < end; ++i) {
            const auto after = static_cast<double>(end - i - 1);
            const Seconds latestEnd = turn.end - shortest * after;
            Interval time = heldTo(turn, placed_[i].heard);
            time.start = std::max(free, std::min(time.start, latestEnd - shortest));
            time.end = std::min(latestEnd, std::max(time.end, time.start + shortest));
            time.end = std::max(time.end, time.start);
            free = time.end;
            Word word = *placed_[i].word;
            word.start = time.start;
            word.end = time.end;
            result_.words.push_back(std::move(word));
            statistics.moved += movedMuch(placed_[i].heard, time) ? 1 : 0;
        }
        statistics.words += static_cast<int>(end - begin);
    }

    void drop(std::size_t begin, std::size_t end) {
        result_.statistics.words += static_cast<int>(end - begin);
        result_.statistics.dropped += static_cast<int>(end - begin);
        result_.warnings.push_back(
            {ErrorCode::TrDataTextInSilence,
             "The speech engine wrote words here where nobody spoke; they were removed.",
             {placed_[begin].heard.start, placed_[end - 1].heard.end},
             plan_.channel});
    }

    const WindowPlan& plan_;
    Intervals turns_;
    std::vector<Placed> placed_;
    PlacedWords result_;
};

}  // namespace

void HoldStatistics::add(const HoldStatistics& other) {
    edgeErrors.insert(edgeErrors.end(), other.edgeErrors.begin(), other.edgeErrors.end());
    words += other.words;
    moved += other.moved;
    dropped += other.dropped;
}

PlacedWords placeWords(const WindowPlan& plan, const WindowTranscript& transcript) {
    return Placer(plan, transcript).run();
}

}  // namespace chat::transcribe
