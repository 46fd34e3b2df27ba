#pragma once

#include "chat/core/error.h"
#include "chat/core/files.h"
#include "chat/core/recording.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

namespace chat::audio {

/// A stretch of sound: one vector per channel, all of the same length, samples nominally in -1..1
/// (resampling may overshoot a little), always finite, 16 kHz.
struct SoundBlock {
    std::vector<std::vector<float>> channels;

    [[nodiscard]] std::size_t frames() const { return channels.empty() ? 0 : channels[0].size(); }
};

/// No source says that a recording is longer.
inline constexpr Seconds kLongestDeclared{1e9};

/// A recording as a stream of blocks. One reader; may block; call from a worker thread.
class BlockSource {
  public:
    virtual ~BlockSource() = default;

    [[nodiscard]] virtual const RecordingInfo& info() const = 0;

    /// Replaces `block` by the next stretch of sound and returns true; false at the end, with an
    /// empty block. A block's memory is reused when the same one is passed again. A stream that
    /// cannot be read further ends and leaves a warning; an error means that nothing of it can be used.
    [[nodiscard]] virtual Result<bool> read(SoundBlock& block) = 0;

    /// What was wrong with the recording (AU_DATA_TRUNCATED, AU_DATA_NOT_FINITE); complete when `read`
    /// has returned false.
    [[nodiscard]] virtual const std::vector<Warning>& warnings() const = 0;

    /// Samples of the recording that were NaN or infinite and are delivered as zero, up to here.
    [[nodiscard]] virtual std::int64_t notFiniteSamples(std::size_t channel) const = 0;

  protected:
    BlockSource() = default;
    BlockSource(const BlockSource&) = default;
    BlockSource& operator=(const BlockSource&) = default;
    BlockSource(BlockSource&&) = default;
    BlockSource& operator=(BlockSource&&) = default;
};

struct DecoderSettings {
    std::size_t blockFrames = 65'536;  ///< the most samples per channel in one block, from 1 on
    /// The file is gone through frame by frame, as its name says that they are (`canDecodeByFrames`), whatever its beginning and
    /// its index say: for one that was cut at its beginning, or has something else before its sound.
    bool byFrames = false;
};

/// Whether a name stands for frames that can be found without a container: "mp3", "aac", "flac", with or without the dot.
[[nodiscard]] bool canDecodeByFrames(std::string_view extension);

/// Opens the recording in an open file, whose position does not matter. Only the descriptor is read:
/// containers that name other files are refused, and FFmpeg gets no protocol at all. Containers and
/// codecs are those of a fixed list. `extension` ("gsm", with or without the dot, any case) decides
/// only where the bytes cannot: headerless GSM, mu-law, A-law, G.722, G.726, signed linear.
/// A video's first audio track is taken.
///
/// The first sound is decoded before this returns: what cannot be used is refused here.
///
/// Errors: AU_DATA_EMPTY, AU_FMT_PLAYLIST, AU_FMT_NO_AUDIO, AU_FMT_UNSUPPORTED, AU_VAL_NO_CHANNELS,
/// AU_VAL_TOO_MANY_CHANNELS, SYS_FMT_NOT_A_FILE.
[[nodiscard]] Result<std::unique_ptr<BlockSource>> openRecording(
    FileDescriptor file, std::string_view extension, const DecoderSettings& settings = {});

/// The same for a path. Errors: also those of `openRegularFile`.
[[nodiscard]] Result<std::unique_ptr<BlockSource>> openRecording(
    const std::filesystem::path& path, const DecoderSettings& settings = {});

}  // namespace chat::audio
