#pragma once

#include "chat/pipeline/call_job.h"

namespace chat::pipeline {

/// Joins a call's heard windows to its transcript: words in the order of time, held to where speech
/// was detected.
[[nodiscard]] Transcript joinWindows(const std::vector<CallJob::HeardWindow>& heard,
                                     const AcousticResult& sound,
                                     const SpeechModel& model);

}  // namespace chat::pipeline
