#pragma once

#include "chat/core/recording.h"
#include "chat/core/transcript.h"
#include "chat/transcribe/transcriber.h"
#include "chat/transcribe/windows.h"

#include <vector>

namespace chat::transcribe {

/// How far the engine's own word times were from the speech detector's, before words were held to it.
struct HoldStatistics {
    /// Seconds between the start of a turn and that of its first word, and between the end of its last
    /// word and that of the turn; one each for every turn edge, without sign.
    std::vector<double> edgeErrors;
    int words = 0;
    int moved = 0;    ///< words of which an edge was moved by more than 0.3 s
    int dropped = 0;  ///< words where nobody spoke

    void add(const HoldStatistics& other);
};

/// Words of a window in recording time.
struct PlacedWords {
    std::vector<Word> words;        ///< in order, not overlapping, each touching speech
    std::vector<Warning> warnings;  ///< those of the transcript, and TR_DATA_TEXT_IN_SILENCE
    HoldStatistics statistics;
};

/// Brings a window's words to recording time and holds them to where speech was detected: a word
/// with a pause in it belongs to the speech after the pause, or, when it ends a sentence, to that before; one
/// that lies in a pause is moved to the nearest edge of speech when that is near, and dropped with a
/// warning when it is not; the parts of a word that stick out of speech are cut off. Pure.
[[nodiscard]] PlacedWords placeWords(const WindowPlan& plan, const WindowTranscript& transcript);

}  // namespace chat::transcribe
