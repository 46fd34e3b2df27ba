#pragma once

#include "chat/core/error.h"
#include "chat/core/recording.h"
#include "chat/pipeline/analyze_run.h"
#include "chat/source/recordings.h"
#include "chat/store/result_store.h"
#include "chat/transcribe/windows.h"
#include "chat/transcribe/words.h"

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace chat::pipeline {

/// One call on its way through the stages. Worked on by one thread at a time, but for `windows`, to
/// which the transcribing threads add.
struct CallJob {
    std::size_t index = 0;  ///< position in the listing
    source::SourceRecording source;
    std::string recording;                   ///< SHA-256
    std::optional<std::size_t> duplicateOf;  ///< index of another call with the same bytes
    std::string audio;                   ///< address of its sound relative to the report's folder
    std::optional<Warning> copyWarning;  ///< why its sound could not be copied

    std::optional<store::StageKey> soundKey;
    std::optional<store::StageKey> wordsKey;
    std::optional<store::StageKey> analysisKey;
    std::optional<AcousticResult> sound;
    std::optional<Transcript> words;
    CallOutcome outcome;

    /// Windows of this call that were heard, in the order of their ends.
    struct HeardWindow {
        transcribe::WindowPlan plan;
        transcribe::WindowTranscript transcript;
    };
    struct Hearing {
        std::mutex mutex;
        std::vector<HeardWindow> heard;
        std::size_t total = 0;   ///< windows that the call has
        std::size_t queued = 0;  ///< windows handed over so far
        std::size_t returned = 0;
        bool complete = false;  ///< nothing further will be handed over
        std::optional<Error> error;
        Seconds took{};  ///< sum over the windows
    };
    Hearing hearing;
};

}  // namespace chat::pipeline
