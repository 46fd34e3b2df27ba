#pragma once

#include "chat/core/error.h"
#include "chat/core/units.h"

#include <cstdint>
#include <string>
#include <vector>

namespace chat {

/// Something that the reader of a result must know to judge it. `text` is a whole sentence without words
/// of the call; `where` is empty (0,0) when the whole recording is meant; `channel` is -1 for all.
struct Warning {
    ErrorCode code = ErrorCode::SysUnkGenericError;
    std::string text;
    Interval where{};
    int channel = -1;
};

/// What the container says of a recording, before anything is decoded.
struct RecordingInfo {
    std::string container;       ///< FFmpeg's short demuxer name, e.g. "wav"
    std::string codec;           ///< FFmpeg's decoder name, e.g. "pcm_s16le", "gsm"
    int sampleRateHz = 0;        ///< of the recording, not of the analysis
    int channels = 0;            ///< 1 or 2
    std::int64_t bitRate = 0;    ///< bits a second; 0 unknown
    Seconds declaredDuration{};  ///< 0 where the container does not say
};

/// Quality of one channel, measured on the sound at the recording's own rate converted to 16 kHz.
struct ChannelQuality {
    double loudnessLufs = 0;    ///< integrated, EBU R128; -70 when there is nothing to measure
    double peakDbfs = 0;        ///< sample peak; -120 for digital silence
    double noiseFloorDbfs = 0;  ///< 10th percentile of 10 ms levels outside speech
    double snrDb = 0;           ///< median speech level minus noise floor; 0 without speech
    double clippedShare = 0;    ///< share of samples at full scale in runs of three and more
    double dcOffset = 0;        ///< mean sample, -1..1
    double bandwidthHz = 0;     ///< frequency below which 99 % of the energy of speech lies
    double speechShare = 0;     ///< seconds of speech / seconds of recording
    std::int64_t notFiniteSamples = 0;  ///< NaN and infinite samples, taken as zero
};

/// What fills a stretch that is neither speech nor silence.
enum class HoldKind : std::uint8_t { Music, Tone };

/// A stretch of one channel filled by hold music, or by ringback, busy or dialling tones with the gaps of
/// their cadence.
struct HoldSound {
    Interval where;
    HoldKind kind = HoldKind::Music;
    double tonality = 0;  ///< mean share of spectral peaks in its power: noise 0.2, music from 0.3

    bool operator==(const HoldSound&) const = default;
};

/// Where one channel speaks, and what that is based on: one value for each started kEvidenceStep.
struct ChannelActivity {
    Intervals speech;                         ///< in order, disjoint, inside [0, duration]
    std::vector<HoldSound> holds;             ///< in order, disjoint, outside speech
    std::vector<std::uint8_t> probabilities;  ///< of speech, mean of the step; 0..255 for 0..1
    std::vector<std::uint8_t> levels;  ///< median RMS of the step's 10 ms; dBFS = value / 2 - 120
};

inline constexpr Seconds kEvidenceStep{0.1};
[[nodiscard]] inline double levelDbfs(std::uint8_t level) {
    return level / 2.0 - 120.0;
}

/// The waveform to draw: for each channel the largest absolute sample of each step, 0..255 for 0..1.
struct Peaks {
    Seconds step{};  ///< at most 4,000 steps a call
    std::vector<std::vector<std::uint8_t>> channels;
};

/// Everything that sound alone tells about one recording: the audio stage's result.
struct AcousticResult {
    RecordingInfo info;
    Seconds duration{};                     ///< decoded, at 16 kHz: what all times refer to
    std::vector<ChannelActivity> activity;  ///< one per channel
    std::vector<ChannelQuality> quality;    ///< one per channel
    bool duplicatedChannels = false;        ///< two channels that carry the same sound
    Peaks peaks;
    std::vector<Warning> warnings;
};

}  // namespace chat
