#pragma once

#include "chat/audio/decoder.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

/// What a process that decodes says, through a pipe, to the one that asked: `Opened`, then `Block`s, then `Ended`; or
/// `Refused`, a code, in place of any of them. Each is a header and as many bytes as the header says; numbers as the
/// machine has them. A block's samples are float, one channel after the other.
namespace chat::audio {

/// Hands bytes on, all or an error; `ReadBytes` fills the span.
using WriteBytes = std::function<Status(std::span<const std::byte>)>;
using ReadBytes = std::function<Status(std::span<std::byte>)>;

/// The most samples per channel in one block, whatever was asked for.
inline constexpr std::size_t kMostBlockFrames = std::size_t{1} << 20U;
/// The most samples per channel in a recording: 100 hours, and what is decoded at a time beyond it.
inline constexpr std::int64_t kMostFrames =
    std::int64_t{100} * 3600 * kAnalysisRateHz + (std::int64_t{1} << 25U);

[[nodiscard]] Status sendOpened(const WriteBytes& write, const RecordingInfo& info);
[[nodiscard]] Status sendBlock(const WriteBytes& write, const SoundBlock& block);
/// After the source's last block.
[[nodiscard]] Status sendEnded(const WriteBytes& write, const BlockSource& source);
[[nodiscard]] Status sendRefused(const WriteBytes& write, ErrorCode code);

/// The asking side. Believes nothing: whoever writes may have been taken over by the recording. Lengths, counts and the
/// order of messages are checked, samples are finite and of a sensible size, names are short and of harmless letters, and
/// sentences are made here from codes. What breaks a rule is AU_PERM_DECODER_BREACH. Never holds more than one
/// block. One reader.
class ProtocolReader {
  public:
    explicit ProtocolReader(ReadBytes read, std::int64_t mostFrames = kMostFrames)
        : read_(std::move(read))
        , mostFrames_(mostFrames) {}

    /// First. Errors: those of `ReadBytes`, the refusal that was sent, AU_PERM_DECODER_BREACH.
    [[nodiscard]] Result<RecordingInfo> opened();

    /// As `BlockSource::read`, after `opened`. Errors: as there.
    [[nodiscard]] Result<bool> block(SoundBlock& block);

    [[nodiscard]] const std::vector<Warning>& warnings() const { return warnings_; }
    [[nodiscard]] std::int64_t notFiniteSamples(std::size_t channel) const {
        return notFinite_.at(channel);
    }
    [[nodiscard]] std::int64_t frames() const { return frames_; }

  private:
    [[nodiscard]] tl::unexpected<Error> refused(std::size_t size);
    [[nodiscard]] Status fill(SoundBlock& block, std::size_t size);
    [[nodiscard]] Status takeEnd(std::size_t size);

    ReadBytes read_;
    std::int64_t mostFrames_;
    std::size_t channels_ = 0;
    std::int64_t frames_ = 0;
    bool ended_ = false;
    std::vector<Warning> warnings_;
    std::vector<std::int64_t> notFinite_;
};

}  // namespace chat::audio
