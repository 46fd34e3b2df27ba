#include "chat/audio/sound_copy.h"

#include "chat/audio/ffmpeg_handles.h"
#include "chat/core/files.h"
#include "chat/core/write_point.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

namespace chat::audio {

namespace {

constexpr int kIoBufferBytes = 64 * 1024;
/// With 60 ms frames and the container's own bytes this stays below 32 kbit/s for both channels.
constexpr std::int64_t kBitsPerChannel = 14'000;

/// A file that appears under its name only when it is whole.
class PartFile {
  public:
    explicit PartFile(std::filesystem::path target)
        : target_(std::move(target)) {}
    ~PartFile() {
        if (!part_.empty()) {
            const WritePoint point("sound: given up");
            ::unlink(part_.c_str());
        }
    }
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;
    PartFile(PartFile&&) = delete;
    PartFile& operator=(PartFile&&) = delete;

    [[nodiscard]] Status open() {
        std::string name = target_.string() + ".XXXXXX";
        const int fd = ::mkostemp(name.data(), O_CLOEXEC);  // mode 0600
        if (fd < 0) {
            return failed(errno);
        }
        part_ = std::move(name);
        file_ = FileDescriptor(fd);
        return {};
    }

    [[nodiscard]] Status place() {
        const WritePoint point("sound: into its place");
        if (::fsync(file_.get()) != 0 || ::rename(part_.c_str(), target_.c_str()) != 0) {
            return failed(errno);
        }
        part_.clear();
        return {};
    }

    [[nodiscard]] tl::unexpected<Error> failed(int error) const {
        return tl::unexpected<Error>(
            systemError(error, "write", target_.string(), ErrorCode::SysPermUnwritable));
    }

    /// For FFmpeg; the first error is kept because FFmpeg does not always hand it back.
    static int write(void* self, std::uint8_t* bytes, int size) {
        const WritePoint point("sound: a copy");
        auto* file = static_cast<PartFile*>(self);
        int done = 0;
        while (done < size) {
            const ssize_t put =
                ::write(file->file_.get(), bytes + done, static_cast<std::size_t>(size - done));
            if (put < 0 && errno != EINTR) {
                file->error_ = file->error_ == 0 ? errno : file->error_;
                return AVERROR(errno);
            }
            done += static_cast<int>(std::max<ssize_t>(put, 0));
        }
        return size;
    }
    static std::int64_t seek(void* self, std::int64_t offset, int whence) {
        if ((whence & AVSEEK_SIZE) != 0) {
            return AVERROR(ENOSYS);
        }
        return ::lseek(static_cast<PartFile*>(self)->file_.get(), offset, whence & ~AVSEEK_FORCE);
    }
    [[nodiscard]] int error() const { return error_; }

  private:
    std::filesystem::path target_;
    std::string part_;
    FileDescriptor file_;
    int error_ = 0;
};

[[nodiscard]] tl::unexpected<Error> encoderFailed(int error) {
    return fail(ErrorCode::AuUnkGenericError,
                "The copy of the sound could not be made.",
                ffmpegText(error));
}

/// libopus and the WebM container around an open file.
class OpusWriter {
  public:
    explicit OpusWriter(PartFile& file)
        : file_(file) {}
    ~OpusWriter() {
        avformat_free_context(container_);
        if (io_ != nullptr) {
            av_freep(static_cast<void*>(&io_->buffer));
            avio_context_free(&io_);
        }
    }
    OpusWriter(const OpusWriter&) = delete;
    OpusWriter& operator=(const OpusWriter&) = delete;
    OpusWriter(OpusWriter&&) = delete;
    OpusWriter& operator=(OpusWriter&&) = delete;

    [[nodiscard]] int open(const RecordingInfo& info);
    [[nodiscard]] int add(const SoundBlock& block);
    [[nodiscard]] int finish();

  private:
    [[nodiscard]] int encodeFrame(std::size_t frames);
    [[nodiscard]] int writePackets();

    PartFile& file_;
    AVIOContext* io_ = nullptr;
    AVFormatContext* container_ = nullptr;
    CodecContextPtr encoder_;
    PacketPtr packet_{av_packet_alloc()};
    FramePtr frame_{av_frame_alloc()};
    std::vector<float> waiting_;  ///< interleaved, less than one frame
    std::size_t step_ = 1;        ///< of so many samples one is encoded
    std::size_t passed_ = 0;      ///< samples of a channel since one was
    std::int64_t position_ = 0;
};

int OpusWriter::open(const RecordingInfo& info) {
    const AVCodec* codec = avcodec_find_encoder_by_name("libopus");
    encoder_.reset(codec == nullptr ? nullptr : avcodec_alloc_context3(codec));
    if (encoder_ == nullptr) {
        return AVERROR_ENCODER_NOT_FOUND;
    }
    encoder_->sample_fmt = AV_SAMPLE_FMT_FLT;
    // Telephone sound comes with every other sample put in by resampling: the encoder need not hear those.
    step_ = info.sampleRateHz <= kAnalysisRateHz / 2 ? 2 : 1;
    encoder_->sample_rate = kAnalysisRateHz / static_cast<int>(step_);
    av_channel_layout_default(&encoder_->ch_layout, info.channels);
    encoder_->bit_rate = kBitsPerChannel * info.channels;
    encoder_->time_base = {1, encoder_->sample_rate};
    encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
    // Bits are spent only on what the recording can hold.
    encoder_->cutoff = encoder_->sample_rate / 2;
    // Most of the time that a copy takes; the next level moves its spectra by 0.05 dB of 3.
    encoder_->compression_level = 0;
    AVDictionary* options = nullptr;
    av_dict_set(&options, "application", "voip", 0);
    av_dict_set(&options, "frame_duration", "60", 0);
    av_dict_set(&options, "vbr", "constrained", 0);
    int error = avcodec_open2(encoder_.get(), codec, &options);
    av_dict_free(&options);
    if (error < 0) {
        return error;
    }
    error = avformat_alloc_output_context2(&container_, nullptr, "webm", nullptr);
    if (error < 0) {
        return error;
    }
    auto* buffer = static_cast<std::uint8_t*>(av_malloc(kIoBufferBytes));
    io_ = buffer == nullptr
              ? nullptr
              : avio_alloc_context(
                    buffer, kIoBufferBytes, 1, &file_, nullptr, &PartFile::write, &PartFile::seek);
    AVStream* stream = io_ == nullptr ? nullptr : avformat_new_stream(container_, nullptr);
    if (stream == nullptr) {
        return AVERROR(ENOMEM);
    }
    container_->pb = io_;
    // Without this the file holds a random id and the library's version.
    container_->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT;
    stream->time_base = encoder_->time_base;
    error = avcodec_parameters_from_context(stream->codecpar, encoder_.get());
    return error < 0 ? error : avformat_write_header(container_, nullptr);
}

int OpusWriter::add(const SoundBlock& block) {
    const std::size_t channels = block.channels.size();
    const auto frameSamples = static_cast<std::size_t>(encoder_->frame_size) * channels;
    // A block may end between two that are taken.
    std::size_t i = (step_ - passed_) % step_;
    for (; i < block.frames(); i += step_) {
        for (std::size_t c = 0; c < channels; ++c) {
            waiting_.push_back(block.channels[c][i]);
        }
        if (waiting_.size() == frameSamples) {
            if (const int error = encodeFrame(static_cast<std::size_t>(encoder_->frame_size));
                error < 0) {
                return error;
            }
        }
    }
    passed_ = (passed_ + block.frames()) % step_;
    return 0;
}

int OpusWriter::encodeFrame(std::size_t frames) {
    av_frame_unref(frame_.get());
    frame_->format = encoder_->sample_fmt;
    frame_->sample_rate = encoder_->sample_rate;
    frame_->nb_samples = static_cast<int>(frames);
    frame_->pts = position_;
    int error = av_channel_layout_copy(&frame_->ch_layout, &encoder_->ch_layout);
    if (error < 0) {
        return error;
    }
    error = av_frame_get_buffer(frame_.get(), 0);
    if (error < 0) {
        return error;
    }
    std::copy(waiting_.begin(), waiting_.end(), reinterpret_cast<float*>(frame_->data[0]));
    waiting_.clear();
    position_ += static_cast<std::int64_t>(frames);
    error = avcodec_send_frame(encoder_.get(), frame_.get());
    return error < 0 ? error : writePackets();
}

int OpusWriter::writePackets() {
    for (;;) {
        int error = avcodec_receive_packet(encoder_.get(), packet_.get());
        if (error == AVERROR(EAGAIN) || error == AVERROR_EOF) {
            return 0;
        }
        if (error < 0) {
            return error;
        }
        av_packet_rescale_ts(packet_.get(), encoder_->time_base, container_->streams[0]->time_base);
        error = av_write_frame(container_, packet_.get());
        av_packet_unref(packet_.get());
        if (error < 0) {
            return error;
        }
    }
}

int OpusWriter::finish() {
    if (!waiting_.empty()) {
        const auto channels = static_cast<std::size_t>(encoder_->ch_layout.nb_channels);
        if (const int error = encodeFrame(waiting_.size() / channels); error < 0) {
            return error;
        }
    }
    int error = avcodec_send_frame(encoder_.get(), nullptr);
    if (error >= 0) {
        error = writePackets();
    }
    if (error >= 0) {
        error = av_write_trailer(container_);
    }
    return error;
}

}  // namespace

struct SoundCopier::Copy {
    explicit Copy(const std::filesystem::path& path)
        : file(path)
        , writer(file) {}

    [[nodiscard]] Status open(const RecordingInfo& info) {
        return file.open().and_then([&] { return ended(writer.open(info)); });
    }
    [[nodiscard]] Status add(const SoundBlock& block) { return ended(writer.add(block)); }
    [[nodiscard]] Status finish() {
        return ended(writer.finish()).and_then([&] { return file.place(); });
    }

    PartFile file;
    OpusWriter writer;

  private:
    [[nodiscard]] Status ended(int error) const {
        if (file.error() != 0) {
            return file.failed(file.error());
        }
        return error < 0 ? Status(encoderFailed(error)) : Status();
    }
};

SoundCopier::SoundCopier(BlockSource& source, const std::filesystem::path& path)
    : source_(source)
    , copy_(std::make_unique<Copy>(path)) {
    step([&] { return copy_->open(source.info()); });
}

SoundCopier::~SoundCopier() = default;

template <typename Step>
void SoundCopier::step(const Step& step) {
    if (!copied_ || !copy_) {
        return;
    }
    const auto began = std::chrono::steady_clock::now();
    copied_ = step();
    spent_ += std::chrono::steady_clock::now() - began;
}

Result<bool> SoundCopier::read(SoundBlock& block) {
    auto more = source_.read(block);
    if (!more) {
        return more;
    }
    step([&] { return *more ? copy_->add(block) : copy_->finish(); });
    if (!*more) {
        copy_.reset();
    }
    return more;
}

Status encodeOpus(BlockSource& source,
                  const std::filesystem::path& path,
                  const std::stop_token& stop) {
    SoundCopier copier(source, path);
    SoundBlock block;
    while (copier.copied()) {
        const auto more = copier.read(block);
        if (!more) {
            return tl::unexpected(more.error());
        }
        if (!*more) {
            break;
        }
        if (stop.stop_requested()) {
            return fail(ErrorCode::SysStateStopped,
                        "The run was stopped before this call was finished.");
        }
    }
    return copier.copied();
}

}  // namespace chat::audio
