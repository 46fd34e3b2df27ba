#pragma once

#include "chat/pipeline/call_job.h"

namespace chat::pipeline {

/// Joins a call's heard windows to its transcript: words in the order of time, held to where speech
/// was detected.
[[nodiscard]] Transcript joinWindows(const std::vector<CallJob::HeardWindow>& heard,
                                     const AcousticResult& sound,
                                     const SpeechModel& model);

/// What was heard in a window as the store keeps it until the call's transcript is whole, and back.
[[nodiscard]] Transcript keptWindow(const transcribe::WindowTranscript& heard);
[[nodiscard]] transcribe::WindowTranscript heardWindow(Transcript kept);

}  // namespace chat::pipeline
