#pragma once

#include "chat/audio/acoustics.h"
#include "chat/audio/decode_child.h"
#include "chat/pipeline/call_job.h"

#include <functional>
#include <stop_token>

namespace chat::pipeline {

/// Takes a window for transcription; blocks while too many wait. False when the run is stopped.
using WindowSink = std::function<bool(transcribe::SpeechWindow)>;

/// The audio stage: what sound alone tells, from the store where it is there already, else measured
/// and stored. Where it is measured, what passes is copied to `copy` too, if that is not empty and not there yet; a copy that
/// cannot be made fails nothing. Returns the time that the copy took, which does not count as the stage's. Errors: those of `ChildDecoder::open`, `analyzeSound` and the store.
[[nodiscard]] Result<Seconds> soundStage(CallJob& job,
                                         audio::ChildDecoder& decoder,
                                         store::ResultStore& store,
                                         bool force,
                                         const std::filesystem::path& copy,
                                         const audio::SoundProgress& progress,
                                         const std::stop_token& stop);

/// The windows that a call's speech is heard in, by channel; one channel where both carry the same sound.
[[nodiscard]] std::vector<std::vector<transcribe::WindowPlan>> windowPlans(
    const AcousticResult& sound);

/// Decodes the recording once more, unless its sound was kept (`ShortSound`), and gives its windows of speech to `sink`, in order
/// of time. After the sound stage; sets `job.hearing.total`. The sound of one window a channel is held at most.
[[nodiscard]] Status handOverWindows(CallJob& job,
                                     audio::ChildDecoder& decoder,
                                     const WindowSink& sink,
                                     const std::stop_token& stop);

}  // namespace chat::pipeline
