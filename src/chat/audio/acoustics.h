#pragma once

#include "chat/audio/decoder.h"
#include "chat/audio/speech_activity.h"
#include "chat/core/error.h"
#include "chat/core/recording.h"

#include <functional>
#include <stop_token>

namespace chat::audio {

/// Version of this stage's method: results of another version are computed anew.
inline constexpr int kAcousticsVersion = 5;

struct AcousticSettings {
    SpeechActivitySettings activity;
};

/// Called now and then from the calling thread with how much of the recording is done.
using SoundProgress = std::function<void(Seconds done)>;

/// Reads a recording once, to its end, and tells everything that sound alone tells. Uses up to two
/// threads besides the caller's. Memory does not depend on the recording's length but for the 155 bytes a
/// second and channel of SoundTrack, of which 20 stay. Times refer to the decoded sound.
///
/// Errors: those of `BlockSource::read`; SYS_STATE_STOPPED within a block of `stop`.
[[nodiscard]] Result<AcousticResult> analyzeSound(BlockSource& source,
                                                  const AcousticSettings& settings = {},
                                                  const std::stop_token& stop = {},
                                                  const SoundProgress& progress = {});

}  // namespace chat::audio
