#include "chat/audio/decoder.h"

#include "chat/audio/decoder_words.h"
#include "chat/audio/media_file.h"
#include "chat/core/text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace chat::audio {

namespace {

constexpr int kLowestRateHz = 4'000;
constexpr int kHighestRateHz = 192'000;
/// A few bytes of FLAC can stand for hours of silence; what is longer than this is no call.
constexpr std::int64_t kLongestFrames = std::int64_t{100} * 3600 * kAnalysisRateHz;
/// Packets in a row that bring nothing; a damaged or hostile file must not keep a worker for ever.
constexpr int kMostBarrenPackets = 20'000;

/// Takes what is not a number as zero, and what is far beyond full scale as a little beyond it.
/// `step` is 1 for a channel's own plane, the number of channels for interleaved samples.
template <typename T>
std::int64_t makeFinite(T* samples, std::size_t count, std::size_t step) {
    std::int64_t bad = 0;
    for (std::size_t i = 0; i < count; ++i) {
        T& sample = samples[i * step];
        if (!std::isfinite(sample)) {
            sample = 0;
            ++bad;
        } else if (std::abs(sample) > T{4}) {
            sample = std::copysign(T{4}, sample);
        }
    }
    return bad;
}

class FfmpegSource final : public BlockSource {
  public:
    FfmpegSource(std::unique_ptr<MediaFile> media,
                 CodecContextPtr decoder,
                 const DecoderSettings& settings)
        : media_(std::move(media))
        , decoder_(std::move(decoder))
        , blockFrames_(std::max<std::size_t>(settings.blockFrames, 1)) {
        const AVStream& stream = *media_->stream();
        const AVFormatContext& container = *media_->context();
        const std::string_view names = container.iformat->name;
        info_.container = names.substr(0, names.find(','));
        info_.codec = decoder_->codec->name;
        info_.sampleRateHz = decoder_->sample_rate;
        info_.channels = stream.codecpar->ch_layout.nb_channels;
        info_.bitRate =
            stream.codecpar->bit_rate > 0 ? stream.codecpar->bit_rate : container.bit_rate;
        if (stream.duration > 0) {
            info_.declaredDuration =
                Seconds{static_cast<double>(stream.duration) * av_q2d(stream.time_base)};
        } else if (container.duration > 0) {
            info_.declaredDuration =
                Seconds{static_cast<double>(container.duration) / AV_TIME_BASE};
        }
        info_.declaredDuration *= media_->declaredToPresent();
        if (!(info_.declaredDuration <= kLongestDeclared)) {
            info_.declaredDuration = kLongestDeclared;  // damaged headers declare a great deal
        }
        // A length guessed from the bit rate says nothing about what is missing.
        declaredIsSure_ = container.duration_estimation_method != AVFMT_DURATION_FROM_BITRATE ||
                          media_->declaredToPresent() > 1;
        pending_.resize(static_cast<std::size_t>(info_.channels));
        notFinite_.resize(pending_.size());
    }

    /// Decodes up to the first sound, so that what cannot be used is refused when it is opened.
    [[nodiscard]] Status prime() {
        if (packet_ == nullptr || frame_ == nullptr) {
            return tl::unexpected(refusal(ErrorCode::SysResMemoryError));
        }
        fill(1);
        if (outOfMemory_) {
            return tl::unexpected(refusal(ErrorCode::SysResMemoryError));
        }
        if (available() > 0) {
            return {};
        }
        if (damaged_) {
            return tl::unexpected(refusal(ErrorCode::AuFmtUnsupported));
        }
        return tl::unexpected(refusal(ErrorCode::AuDataEmpty));
    }

    [[nodiscard]] const RecordingInfo& info() const override { return info_; }
    [[nodiscard]] const std::vector<Warning>& warnings() const override { return warnings_; }
    [[nodiscard]] std::int64_t notFiniteSamples(std::size_t channel) const override {
        return notFinite_[channel];
    }

    [[nodiscard]] Result<bool> read(SoundBlock& block) override {
        fill(blockFrames_);
        if (outOfMemory_) {
            return tl::unexpected(refusal(ErrorCode::SysResMemoryError));
        }
        const std::size_t frames = std::min(available(), blockFrames_);
        block.channels.resize(pending_.size());
        for (std::size_t c = 0; c < pending_.size(); ++c) {
            const auto from = pending_[c].begin() + static_cast<std::ptrdiff_t>(taken_);
            block.channels[c].assign(from, from + static_cast<std::ptrdiff_t>(frames));
        }
        taken_ += frames;
        delivered_ += static_cast<std::int64_t>(frames);
        if (frames == 0 && !judged_) {
            judged_ = true;
            judge();
        }
        return frames > 0;
    }

  private:
    [[nodiscard]] std::size_t available() const { return pending_[0].size() - taken_; }

    void fill(std::size_t frames) {
        if (available() >= frames) {
            return;
        }
        for (auto& channel : pending_) {
            channel.erase(channel.begin(), channel.begin() + static_cast<std::ptrdiff_t>(taken_));
        }
        taken_ = 0;
        while (!ended_ && available() < frames) {
            step();
        }
    }

    /// Takes one decoded frame, or feeds the decoder one packet, or ends.
    void step() {
        const int got = avcodec_receive_frame(decoder_.get(), frame_.get());
        if (got >= 0) {
            barren_ = 0;
            take(*frame_);
            av_frame_unref(frame_.get());
            tooLong_ = delivered_ + static_cast<std::int64_t>(available()) > kLongestFrames;
            ended_ = tooLong_;
            return;
        }
        if (got != AVERROR_EOF && got != AVERROR(EAGAIN)) {
            noteDamage(got);
        }
        if (got == AVERROR_EOF || draining_) {
            drainResampler();
            ended_ = true;
            return;
        }
        feed();
    }

    void feed() {
        const int read = ++barren_ > kMostBarrenPackets
                             ? AVERROR_INVALIDDATA
                             : av_read_frame(media_->context(), packet_.get());
        if (read < 0) {
            if (read != AVERROR_EOF) {
                noteDamage(read);
            }
            draining_ = true;
            avcodec_send_packet(decoder_.get(), nullptr);
            return;
        }
        if (packet_->stream_index == media_->stream()->index) {
            const int sent = avcodec_send_packet(decoder_.get(), packet_.get());
            if (sent < 0) {
                noteDamage(sent);
            }
        }
        av_packet_unref(packet_.get());
    }

    void take(AVFrame& frame);
    [[nodiscard]] bool prepareResampler(const AVFrame& frame);
    void cleanSamples(AVFrame& frame);
    void resample(const std::uint8_t** input, int frames);
    void drainResampler();
    void judge();

    void noteDamage(int error) {
        damaged_ = true;
        // What a smaller limit could not hold is no damage: the result must not depend on the limit.
        outOfMemory_ |= error == AVERROR(ENOMEM);
    }

    std::unique_ptr<MediaFile> media_;
    CodecContextPtr decoder_;
    ResamplerPtr resampler_;
    PacketPtr packet_{av_packet_alloc()};
    FramePtr frame_{av_frame_alloc()};
    std::size_t blockFrames_;
    RecordingInfo info_;
    std::vector<Warning> warnings_;
    std::vector<std::int64_t> notFinite_;
    std::vector<std::vector<float>> pending_;  ///< decoded, from `taken_` on not yet delivered
    std::size_t taken_ = 0;
    std::int64_t delivered_ = 0;
    int resamplerRateHz_ = 0;
    int resamplerFormat_ = -1;
    int resamplerChannels_ = 0;
    int barren_ = 0;
    bool declaredIsSure_ = false;
    bool draining_ = false;
    bool damaged_ = false;
    bool outOfMemory_ = false;
    bool tooLong_ = false;
    bool ended_ = false;
    bool judged_ = false;
};

void FfmpegSource::take(AVFrame& frame) {
    const int channels = frame.ch_layout.nb_channels;
    if (channels < 1 || channels > 2 || frame.sample_rate < kLowestRateHz ||
        frame.sample_rate > kHighestRateHz || frame.nb_samples <= 0) {
        noteDamage(AVERROR_INVALIDDATA);
        return;
    }
    if (!prepareResampler(frame)) {
        noteDamage(AVERROR(EINVAL));
        return;
    }
    cleanSamples(frame);
    resample(const_cast<const std::uint8_t**>(frame.extended_data), frame.nb_samples);
}

/// A stream may change its rate, format or channels on the way: what the old resampler still holds
/// is taken out before a new one is made. Which speaker a channel is meant for does not matter here.
bool FfmpegSource::prepareResampler(const AVFrame& frame) {
    const int channels = frame.ch_layout.nb_channels;
    if (resampler_ != nullptr && resamplerRateHz_ == frame.sample_rate &&
        resamplerFormat_ == frame.format && resamplerChannels_ == channels) {
        return true;
    }
    drainResampler();
    AVChannelLayout in{};
    AVChannelLayout out{};
    av_channel_layout_default(&in, channels);
    av_channel_layout_default(&out, info_.channels);
    SwrContext* made = nullptr;
    const int error = swr_alloc_set_opts2(&made,
                                          &out,
                                          AV_SAMPLE_FMT_FLTP,
                                          kAnalysisRateHz,
                                          &in,
                                          static_cast<AVSampleFormat>(frame.format),
                                          frame.sample_rate,
                                          0,
                                          nullptr);
    resampler_.reset(made);
    if (error < 0 || swr_init(resampler_.get()) < 0) {
        resampler_.reset();
        return false;
    }
    resamplerRateHz_ = frame.sample_rate;
    resamplerFormat_ = frame.format;
    resamplerChannels_ = channels;
    return true;
}

void FfmpegSource::cleanSamples(AVFrame& frame) {
    const auto format = static_cast<AVSampleFormat>(frame.format);
    const AVSampleFormat packed = av_get_packed_sample_fmt(format);
    if (packed != AV_SAMPLE_FMT_FLT && packed != AV_SAMPLE_FMT_DBL) {
        return;
    }
    if (av_frame_make_writable(&frame) < 0) {
        noteDamage(AVERROR(ENOMEM));
        return;
    }
    const auto channels = static_cast<std::size_t>(frame.ch_layout.nb_channels);
    const auto count = static_cast<std::size_t>(frame.nb_samples);
    const bool planar = av_sample_fmt_is_planar(format) != 0;
    for (std::size_t c = 0; c < channels; ++c) {
        std::uint8_t* plane = frame.extended_data[planar ? c : 0];
        const std::size_t first = planar ? 0 : c;
        const std::size_t step = planar ? 1 : channels;
        notFinite_[std::min(c, notFinite_.size() - 1)] +=
            packed == AV_SAMPLE_FMT_FLT
                ? makeFinite(reinterpret_cast<float*>(plane) + first, count, step)
                : makeFinite(reinterpret_cast<double*>(plane) + first, count, step);
    }
}

void FfmpegSource::resample(const std::uint8_t** input, int frames) {
    const int room = swr_get_out_samples(resampler_.get(), frames);
    if (room <= 0) {
        return;
    }
    std::array<std::uint8_t*, 2> output{};
    const std::size_t before = pending_[0].size();
    for (std::size_t c = 0; c < pending_.size(); ++c) {
        pending_[c].resize(before + static_cast<std::size_t>(room));
        output[c] = reinterpret_cast<std::uint8_t*>(pending_[c].data() + before);
    }
    const int got = swr_convert(resampler_.get(), output.data(), room, input, frames);
    if (got < 0) {
        noteDamage(got);
    }
    for (auto& channel : pending_) {
        channel.resize(before + static_cast<std::size_t>(std::max(got, 0)));
    }
}

void FfmpegSource::drainResampler() {
    if (resampler_ != nullptr) {
        resample(nullptr, 0);
    }
}

/// Says what was wrong, once everything has been read.
void FfmpegSource::judge() {
    const Seconds got{static_cast<double>(delivered_) / kAnalysisRateHz};
    const Seconds declared = info_.declaredDuration;
    // Encoders count their own lead-in and filling up, a third of a second of telephone MP3.
    const bool shorter = declaredIsSure_ && got + Seconds{0.35} + declared * 0.002 < declared;
    std::optional<Interval> cut;
    if (shorter) {
        cut = Interval{got, declared};
    } else if (tooLong_) {
        cut = Interval{got, got};
    } else if (damaged_) {
        cut = Interval{};
    }
    warnings_ = decodingWarnings(cut, notFinite_);
}

[[nodiscard]] std::string normalExtension(std::string_view extension) {
    if (extension.starts_with('.')) {
        extension.remove_prefix(1);
    }
    return lowerAscii(extension);
}

}  // namespace

bool canDecodeByFrames(std::string_view extension) {
    const std::string name = normalExtension(extension);
    return name == "mp3" || name == "aac" || name == "flac";
}

Result<std::unique_ptr<BlockSource>> openRecording(FileDescriptor file,
                                                   std::string_view extension,
                                                   const DecoderSettings& settings) {
    auto media = MediaFile::open(std::move(file), normalExtension(extension), settings.byFrames);
    if (!media) {
        return tl::unexpected<Error>(std::move(media.error()));
    }
    auto decoder = openDecoder(*(*media)->stream());
    if (!decoder) {
        return tl::unexpected<Error>(std::move(decoder.error()));
    }
    auto source = std::make_unique<FfmpegSource>(std::move(*media), std::move(*decoder), settings);
    if (auto primed = source->prime(); !primed) {
        return tl::unexpected<Error>(std::move(primed.error()));
    }
    return source;
}

Result<std::unique_ptr<BlockSource>> openRecording(const std::filesystem::path& path,
                                                   const DecoderSettings& settings) {
    auto file = openRegularFile(path);
    if (!file) {
        return tl::unexpected<Error>(std::move(file.error()));
    }
    return openRecording(std::move(*file), path.extension().string(), settings);
}

}  // namespace chat::audio
