#pragma once

#include "chat/core/recording.h"
#include "chat/core/units.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace chat::transcribe {

/// The longest sound that Whisper takes at once.
inline constexpr Seconds kWindowLength{30};

/// How speech is packed into windows. On 1,111 words of telephone prompts with pauses of 0.2 to 8 s between
/// them, model base left 3.0 % of the words wrong with these values; margins of 0.1 s 3.6 % and pauses
/// kept up to 1 s 3.4 %. A channel that needs fewer windows with half the margins and pauses gets those.
struct WindowSettings {
    Seconds longest = kWindowLength;  ///< of a window; (1 s, 30 s]
    Seconds margin{0.3};      ///< of the real sound kept before and after each stretch of speech
    Seconds longestGap{0.6};  ///< longer pauses inside a window are shortened to two margins
};

/// A stretch of the recording that lies in a window without a break.
struct WindowPiece {
    Interval recording;     ///< where it comes from
    Seconds windowStart{};  ///< where it lies in the window
};

/// Which sound of one channel makes up a window. Pieces are in order of time, disjoint, and follow each
/// other in the window without a gap.
struct WindowPlan {
    int channel = 0;
    std::vector<WindowPiece> pieces;
    Intervals speech;  ///< the speech that this window covers, in order, in recording time
    int number = 0;    ///< its place among the channel's windows, from 0

    [[nodiscard]] Seconds length() const;
    /// From window to recording time. A place where two pieces meet belongs to the later one; times
    /// outside the window are taken as its nearest edge. Non-decreasing.
    [[nodiscard]] Seconds toRecording(Seconds inWindow) const;
    /// From recording to window time; a time between two pieces maps to the place where they meet.
    [[nodiscard]] Seconds toWindow(Seconds inRecording) const;
    /// From the first piece's start to the last one's end, in recording time.
    [[nodiscard]] Interval extent() const;
};

/// Packs the speech of one channel into as few windows as its longest pauses allow.
///
/// Every moment of speech lies in exactly one window; pieces never overlap, within a window or between
/// windows; margins never reach into speech of another piece. Windows are cut in pauses, long ones
/// first; a stretch of speech longer than a window is cut where the detector is least sure and, of equals, where it
/// is quietest. Plans are in order of time. `duration` is that of the recording; speech beyond it is
/// left out. Pure and deterministic.
[[nodiscard]] std::vector<WindowPlan> planWindows(const ChannelActivity& activity,
                                                  int channel,
                                                  Seconds duration,
                                                  const WindowSettings& settings = {});

/// A window's sound as a transcriber has encoded it: of use to that transcriber alone.
class EncodedSound {
  public:
    EncodedSound() = default;
    virtual ~EncodedSound() = default;
    EncodedSound(const EncodedSound&) = delete;
    EncodedSound& operator=(const EncodedSound&) = delete;
    EncodedSound(EncodedSound&&) = delete;
    EncodedSound& operator=(EncodedSound&&) = delete;
};

/// A window ready to be transcribed.
struct SpeechWindow {
    WindowPlan plan;
    std::vector<float> samples;  ///< 16 kHz, -1..1, at most 30 s
    /// ISO 639-1 to hear it in; empty: as the transcriber was loaded.
    std::string language{};  // NOLINT(readability-redundant-member-init): may be left out
    /// Kept by Transcriber::languages; 3 MiB with base.
    std::shared_ptr<const EncodedSound>
        encoded{};  // NOLINT(readability-redundant-member-init): may be left out
};

/// Cuts the planned windows out of a channel's sound as it streams past. Holds the samples of one
/// window at most (1.9 MB). For one thread.
class WindowGatherer {
  public:
    /// `plans` as planWindows gives them for this channel.
    explicit WindowGatherer(std::vector<WindowPlan> plans);

    /// Takes the channel's next samples at 16 kHz and returns the windows that they complete.
    [[nodiscard]] std::vector<SpeechWindow> add(std::span<const float> samples);

    /// The sound has ended: what is left of the current window, padded with silence where the sound
    /// was shorter than planned. Windows whose sound never came are not returned.
    [[nodiscard]] std::vector<SpeechWindow> finish();

    /// No more samples are needed: everything planned was returned.
    [[nodiscard]] bool done() const { return next_ == plans_.size(); }

  private:
    std::vector<WindowPlan> plans_;
    std::size_t next_ = 0;       ///< index of the plan that is being filled
    std::size_t piece_ = 0;      ///< index of the piece in it
    std::int64_t position_ = 0;  ///< sample of the recording that comes next
    std::vector<float> samples_;
};

}  // namespace chat::transcribe
