#pragma once

#include "chat/core/recording.h"
#include "chat/core/units.h"

#include <string>
#include <vector>

namespace chat {

/// One word with its punctuation, as a person would write it; no spaces. Times are of the recording.
struct Word {
    std::string text;  ///< UTF-8, never empty
    Seconds start{};
    Seconds end{};
    double probability = 0;  ///< 0..1, mean over the word's tokens
};

/// The words of one channel, in order of time.
struct ChannelTranscript {
    std::vector<Word> words;
};

/// The transcription stage's result for one recording.
struct Transcript {
    std::string model;                        ///< name of the model, e.g. "base"
    std::string language;                     ///< ISO 639-1, e.g. "en"; empty: none found
    std::vector<ChannelTranscript> channels;  ///< as the recording's; one for duplicated channels
    std::vector<Warning> warnings;
};

}  // namespace chat
