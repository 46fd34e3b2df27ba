#pragma once

#include "chat/audio/speech_activity.h"
#include "chat/core/recording.h"
#include "chat/core/units.h"

#include <vector>

namespace chat::audio {

/// Finds hold music and signal tones in what is not speech.
///
/// Runs of tonal spectra (heard_spectra.h) are held to the 10 ms levels at their ends. A run is a tone when nearly all
/// power of most of its spectra that is not the noise's is in two lines, music otherwise. Tones that the gaps of a cadence part (up to 4.5 s: ITU-T E.180) are one hold; music needs 1.5 s.
///
/// `elsewhere` is where the other party of a dual recording speaks: its echo is a voice too, and no hold.
///
/// A voice that the detector believes to hear for a moment amid music is taken out of `speech`.
[[nodiscard]] std::vector<HoldSound> findHoldSounds(const SoundTrack& track,
                                                    const Intervals& elsewhere,
                                                    Intervals& speech,
                                                    Seconds duration);

}  // namespace chat::audio
