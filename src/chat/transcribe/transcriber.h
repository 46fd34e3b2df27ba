#pragma once

#include "chat/core/error.h"
#include "chat/core/recording.h"
#include "chat/core/transcript.h"
#include "chat/transcribe/windows.h"

#include <map>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace chat::transcribe {

/// Changes whenever the same sound, speech and settings may give other words.
inline constexpr int kTranscriptVersion = 5;

/// What was heard in one window.
struct WindowTranscript {
    std::vector<Word> words;        ///< in order; times are of the window (`placeWords` maps them)
    std::vector<Warning> warnings;  ///< what was removed and where; times are of the recording
    std::string language;           ///< ISO 639-1, given or found
};

/// How many windows a replica should be given at once; more gain nothing and take 100 MiB each.
inline constexpr std::size_t kWindowsTogether = 2;

/// Turns the sound of a window into timed words.
class Transcriber {
  public:
    virtual ~Transcriber() = default;

    /// Blocks for about a second. May be called from any number of threads; `replicas()` calls run at
    /// the same time, further ones wait. The result depends on the window alone, never on what runs beside
    /// it. A window without samples has no words. Errors: SYS_STATE_STOPPED (checked between the
    /// steps of a window), TR_FMT_INVALID_AUDIO (longer than 30 s, or samples that are not finite),
    /// TR_RES_MEMORY_ERROR, TR_UNK_GENERIC_ERROR.
    [[nodiscard]] virtual Result<WindowTranscript> transcribe(const SpeechWindow& window,
                                                              std::stop_token stop = {}) const = 0;

    /// `transcribe` for each of the windows, with the same results and errors, blocking for as many seconds as there are
    /// windows. Two together take a tenth to a sixth less time than one after the other where a step's cost is the reading of
    /// weights, which both then share.
    [[nodiscard]] virtual std::vector<Result<WindowTranscript>> transcribeTogether(
        std::span<const SpeechWindow> windows, const std::stop_token& stop = {}) const {
        std::vector<Result<WindowTranscript>> transcripts;
        transcripts.reserve(windows.size());
        for (const SpeechWindow& window : windows) {
            transcripts.push_back(transcribe(window, stop));
        }
        return transcripts;
    }

    /// How likely each language is spoken in the window, ISO 639-1 -> 0..1. Blocks like
    /// `transcribe`, for half its time, with the same errors. May leave its work in `window.encoded`: then `transcribe` takes so
    /// much less, with the same result.
    [[nodiscard]] virtual Result<std::map<std::string, double>> languages(
        SpeechWindow& window) const = 0;

    [[nodiscard]] virtual int replicas() const = 0;

  protected:
    Transcriber() = default;
    Transcriber(const Transcriber&) = default;
    Transcriber& operator=(const Transcriber&) = default;
    Transcriber(Transcriber&&) = default;
    Transcriber& operator=(Transcriber&&) = default;
};

}  // namespace chat::transcribe
