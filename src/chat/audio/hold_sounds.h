#pragma once

#include "chat/audio/speech_activity.h"
#include "chat/core/recording.h"
#include "chat/core/units.h"

#include <vector>

namespace chat::audio {

/// Finds hold music and signal tones in what is not speech.
///
/// A spectrum sounds when something is heard in it; it is tonal when the mean tonality of the sounding ones within
/// half a second, speech left out, is at least kTonalFrom. Runs of tonal spectra are held to the 10 ms levels
/// at their ends. A run is a tone when nearly all power of most of its spectra is in two lines, music
/// otherwise. Tones that the gaps of a cadence part (up to 4.5 s: ITU-T E.180) are one hold; music needs 1.5 s.
///
/// `elsewhere` is where the other party of a dual recording speaks: its echo is a voice too, and no hold.
///
/// A voice that the detector believes to hear for a moment amid music is taken out of `speech`.
[[nodiscard]] std::vector<HoldSound> findHoldSounds(const SoundTrack& track,
                                                    const Intervals& elsewhere,
                                                    Intervals& speech,
                                                    Seconds duration);

/// Chosen between noises (of rooms, lines, breath, keys: below 0.25 on the average of a second, through whichever
/// telephone codec) and music (above 0.29 nearly always).
inline constexpr double kTonalFrom = 0.27;

}  // namespace chat::audio
