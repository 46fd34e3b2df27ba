#pragma once

#include "chat/audio/ffmpeg_handles.h"
#include "chat/core/error.h"
#include "chat/core/files.h"

#include <cstdint>
#include <memory>
#include <string_view>

namespace chat::audio {

/// A recording's container, opened over a descriptor and nothing else: no protocol, no second file,
/// no demuxer or decoder outside the fixed lists.
class MediaFile {
  public:
    /// `extension`: lower case, without the dot. `byFrames`: as DecoderSettings says. Errors: as openRecording.
    [[nodiscard]] static Result<std::unique_ptr<MediaFile>> open(FileDescriptor file,
                                                                 std::string_view extension,
                                                                 bool byFrames);
    ~MediaFile();
    MediaFile(const MediaFile&) = delete;
    MediaFile& operator=(const MediaFile&) = delete;
    MediaFile(MediaFile&&) = delete;
    MediaFile& operator=(MediaFile&&) = delete;

    [[nodiscard]] AVFormatContext* context() const { return context_; }
    /// The track with the sound.
    [[nodiscard]] AVStream* stream() const { return stream_; }
    /// How many times longer the sound of a WAV file would be if the file were as long as its header
    /// says; 1 for one that is, and for everything else. (FFmpeg quietly takes the file's length.)
    [[nodiscard]] double declaredToPresent() const;

  private:
    explicit MediaFile(FileDescriptor file)
        : file_(std::move(file)) {}
    [[nodiscard]] Status openContainer(std::string_view extension, bool byFrames);
    [[nodiscard]] Status chooseStream();

    static int readBytes(void* self, std::uint8_t* buffer, int size);
    static std::int64_t seekTo(void* self, std::int64_t offset, int whence);

    FileDescriptor file_;
    std::int64_t size_ = 0;
    std::int64_t position_ = 0;
    AVIOContext* io_ = nullptr;
    AVFormatContext* context_ = nullptr;
    AVStream* stream_ = nullptr;
};

/// A decoder of the fixed list for a stream. Errors: AU_FMT_UNSUPPORTED.
[[nodiscard]] Result<CodecContextPtr> openDecoder(const AVStream& stream);

}  // namespace chat::audio
