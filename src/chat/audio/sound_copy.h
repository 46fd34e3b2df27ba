#pragma once

#include "chat/audio/decoder.h"
#include "chat/core/error.h"

#include <filesystem>
#include <stop_token>

namespace chat::audio {

/// File name extension of a copy, without the dot.
inline constexpr const char* kSoundCopyExtension = "webm";

/// Passes a recording on, and writes what passes as Opus in WebM, channels as they are (the first is left), at most 32 kbit/s in
/// all: what a browser plays and seeks in from disk. The same sound gives the same bytes.
///
/// The copy is written under a temporary name beside `path`, mode 0600, and renamed when `read` returns false. What keeps it
/// from being written keeps nothing from being read. Without its end nothing is left behind.
class SoundCopier final : public BlockSource {
  public:
    /// `source` must outlive this.
    SoundCopier(BlockSource& source, const std::filesystem::path& path);
    ~SoundCopier() override;
    SoundCopier(const SoundCopier&) = delete;
    SoundCopier& operator=(const SoundCopier&) = delete;
    SoundCopier(SoundCopier&&) = delete;
    SoundCopier& operator=(SoundCopier&&) = delete;

    [[nodiscard]] const RecordingInfo& info() const override { return source_.info(); }
    [[nodiscard]] Result<bool> read(SoundBlock& block) override;
    [[nodiscard]] const std::vector<Warning>& warnings() const override {
        return source_.warnings();
    }
    [[nodiscard]] std::int64_t notFiniteSamples(std::size_t channel) const override {
        return source_.notFiniteSamples(channel);
    }

    /// Why there will be no copy. Errors: SYS_RES_DISK_FULL, SYS_PERM_UNWRITABLE, AU_UNK_GENERIC_ERROR.
    [[nodiscard]] const Status& copied() const { return copied_; }
    [[nodiscard]] Seconds spent() const { return spent_; }  ///< on the copy, by the clock

  private:
    struct Copy;
    template <typename Step>
    void step(const Step& step);

    BlockSource& source_;
    std::unique_ptr<Copy> copy_;  ///< until the end of the recording
    Status copied_;
    Seconds spent_{};
};

/// Copies all of a recording. Errors: those of `BlockSource::read` and of the copy; SYS_STATE_STOPPED.
[[nodiscard]] Status encodeOpus(BlockSource& source,
                                const std::filesystem::path& path,
                                const std::stop_token& stop = {});

}  // namespace chat::audio
