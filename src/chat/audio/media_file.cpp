#include "chat/audio/media_file.h"

#include "chat/audio/decoder.h"
#include "chat/audio/decoder_words.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <span>
#include <string>
#include <utility>

namespace chat::audio {

namespace {

// FFmpeg has some 350 demuxers, many of them for games and broken by fuzzers every year, and some that
// open further files. These are what recorders and archives of calls write.
constexpr const char* kContainers =
    "wav,w64,aiff,au,caf,flac,mp3,aac,mov,mp4,m4a,3gp,ogg,matroska,webm,asf,amr,amrnb,amrwb,ac3,"
    "eac3,"
    "gsm,g722,g726,g726le,g729,voc,wv,tta,sox,nistsphere,avi,flv,alaw,mulaw,sln";

constexpr const char* kDecoders =
    "pcm_s16le,pcm_s16be,pcm_s8,pcm_u8,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_u16le,pcm_u16be,"
    "pcm_f32le,pcm_f32be,pcm_f64le,pcm_f64be,pcm_alaw,pcm_mulaw,pcm_s16le_planar,gsm,gsm_ms,g722,"
    "g726,"
    "g726le,g729,adpcm_ima_wav,adpcm_ima_qt,adpcm_ms,adpcm_yamaha,adpcm_ima_oki,adpcm_sbpro_2,"
    "adpcm_sbpro_3,adpcm_sbpro_4,adpcm_swf,mp3,mp3float,mp2,mp2float,aac,aac_latm,alac,flac,opus,"
    "vorbis,"
    "libspeex,speex,amrnb,amrwb,ac3,eac3,wmav1,wmav2,wmapro,wmalossless,wmavoice,wavpack,tta,g723_"
    "1,"
    "nellymoser";

/// Headerless formats: nothing in the bytes says what they are, so the file's name has to.
struct Headerless {
    std::string_view extension;
    const char* demuxer;
    const char* sampleRate;  ///< option of the demuxer; nullptr where the format fixes it
};
constexpr std::array kHeaderless{
    Headerless{"gsm", "gsm", nullptr},
    Headerless{"g722", "g722", nullptr},
    Headerless{"g726", "g726", nullptr},
    Headerless{"g726le", "g726le", nullptr},
    Headerless{"g729", "g729", nullptr},
    Headerless{"ul", "mulaw", "8000"},
    Headerless{"ulaw", "mulaw", "8000"},
    Headerless{"mulaw", "mulaw", "8000"},
    Headerless{"al", "alaw", "8000"},
    Headerless{"alaw", "alaw", "8000"},
    Headerless{"sln", "sln", "8000"},
    Headerless{"sln8", "sln", "8000"},
    Headerless{"sln16", "sln", "16000"},
    Headerless{"sln32", "sln", "32000"},
    Headerless{"sln44", "sln", "44100"},
    Headerless{"sln48", "sln", "48000"},
};

constexpr int kIoBufferBytes = 32 * 1024;
constexpr unsigned kProbeBytes = 1U << 20U;
constexpr unsigned kFarthestFrame =
    16U << 20U;  ///< from a file's beginning, where frames are looked for
constexpr int kMaxStreams = 32;

[[nodiscard]] bool startsLikePlaylist(std::string_view head) {
    if (head.starts_with("\xEF\xBB\xBF")) {
        head.remove_prefix(3);
    }
    head.remove_prefix(std::min(head.find_first_not_of(" \t\r\n"), head.size()));
    std::string lower(head.substr(0, 1024));
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    constexpr std::array<std::string_view, 11> kBeginnings{"ffconcat",
                                                           "#extm3u",
                                                           "[playlist]",
                                                           "[reference]",
                                                           "<asx",
                                                           "<smil",
                                                           "v=0\n",
                                                           "v=0\r",
                                                           "rtsp://",
                                                           "http://",
                                                           "https://"};
    const bool known = std::any_of(kBeginnings.begin(), kBeginnings.end(), [&](std::string_view b) {
        return lower.starts_with(b);
    });
    const bool manifest =
        lower.starts_with("<") && (lower.find("<mpd") != std::string::npos ||
                                   lower.find("<smoothstreamingmedia") != std::string::npos ||
                                   lower.find("<assetmap") != std::string::npos);
    return known || manifest;
}

[[nodiscard]] bool namesOtherFiles(const AVInputFormat& format) {
    return av_match_list(format.name,
                         "hls,concat,sdp,dash,imf,rtp,rtsp,sap,webm_dash_manifest,webvtt",
                         ',') > 0;
}

/// Every attempt of a demuxer to open something of its own ends here.
int refuseOpen(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
    return AVERROR(EPERM);
}

[[nodiscard]] tl::unexpected<Error> refuse(ErrorCode code) {
    return tl::unexpected(refusal(code));
}

/// What FFmpeg could not open.
[[nodiscard]] tl::unexpected<Error> unsupported(int error) {
    return refuse(error == AVERROR(ENOMEM) ? ErrorCode::SysResMemoryError
                                           : ErrorCode::AuFmtUnsupported);
}

/// Straight to the kernel: the C library asks for the status of an open file as for that of any path, which the
/// decoder's sandbox does not let pass.
[[nodiscard]] bool statusOf(int file, struct stat& status) {
    return ::syscall(SYS_fstat, file, &status) == 0;
}

}  // namespace

std::string ffmpegText(int error) {
    std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
    av_strerror(error, text.data(), text.size());
    return text.data();
}

int MediaFile::readBytes(void* self, std::uint8_t* buffer, int size) {
    auto* file = static_cast<MediaFile*>(self);
    for (;;) {
        const ssize_t got =
            ::pread(file->file_.get(), buffer, static_cast<std::size_t>(size), file->position_);
        if (got > 0) {
            file->position_ += got;
            return static_cast<int>(got);
        }
        if (got == 0) {
            return AVERROR_EOF;
        }
        if (errno != EINTR) {
            return AVERROR(errno);
        }
    }
}

std::int64_t MediaFile::seekTo(void* self, std::int64_t offset, int whence) {
    auto* file = static_cast<MediaFile*>(self);
    std::int64_t base = 0;
    switch (whence & ~AVSEEK_FORCE) {
        case AVSEEK_SIZE:
            return file->size_;
        case SEEK_SET:
            break;
        case SEEK_CUR:
            base = file->position_;
            break;
        case SEEK_END:
            base = file->size_;
            break;
        default:
            return AVERROR(EINVAL);
    }
    std::int64_t to = 0;
    if (__builtin_add_overflow(base, offset, &to) || to < 0) {
        return AVERROR(EINVAL);
    }
    return file->position_ = to;
}

MediaFile::~MediaFile() {
    avformat_close_input(&context_);  // leaves a caller's own I/O context alone
    if (io_ != nullptr) {
        av_freep(static_cast<void*>(&io_->buffer));
        avio_context_free(&io_);
    }
}

Result<std::unique_ptr<MediaFile>> MediaFile::open(FileDescriptor file,
                                                   std::string_view extension,
                                                   bool byFrames) {
    // FFmpeg prints tags and names from the media: nothing of that belongs on a terminal or in a log.
    static std::once_flag quiet;
    std::call_once(quiet, [] { av_log_set_level(AV_LOG_QUIET); });

    struct stat status{};
    if (!statusOf(file.get(), status)) {
        return refuse(ErrorCode::AuUnkGenericError);
    }
    if (!S_ISREG(status.st_mode)) {
        return refuse(ErrorCode::SysFmtNotAFile);
    }
    if (status.st_size == 0) {
        return refuse(ErrorCode::AuDataEmpty);
    }
    std::unique_ptr<MediaFile> media(new MediaFile(std::move(file)));
    media->size_ = status.st_size;
    if (auto opened = media->openContainer(extension, byFrames); !opened) {
        return tl::unexpected<Error>(std::move(opened.error()));
    }
    if (auto chosen = media->chooseStream(); !chosen) {
        return tl::unexpected<Error>(std::move(chosen.error()));
    }
    return media;
}

Status MediaFile::openContainer(std::string_view extension, bool byFrames) {
    std::array<char, 2048> head{};
    const ssize_t got = ::pread(file_.get(), head.data(), head.size(), 0);
    if (got < 0) {
        return refuse(ErrorCode::AuUnkGenericError);
    }
    if (startsLikePlaylist({head.data(), static_cast<std::size_t>(got)})) {
        return refuse(ErrorCode::AuFmtPlaylist);
    }

    auto* buffer = static_cast<std::uint8_t*>(av_malloc(kIoBufferBytes));
    io_ = buffer == nullptr
              ? nullptr
              : avio_alloc_context(buffer, kIoBufferBytes, 0, this, &readBytes, nullptr, &seekTo);
    context_ = avformat_alloc_context();
    if (io_ == nullptr || context_ == nullptr) {
        return refuse(ErrorCode::SysResMemoryError);
    }

    const AVInputFormat* format = nullptr;
    const int score = av_probe_input_buffer2(io_, &format, "", nullptr, 0, kProbeBytes);
    const auto* hint = std::find_if(kHeaderless.begin(),
                                    kHeaderless.end(),
                                    [&](const Headerless& h) { return h.extension == extension; });
    AVDictionary* options = nullptr;
    if (byFrames) {
        // Their demuxers are called as their files are, and find the next frame wherever they begin.
        format = canDecodeByFrames(extension) ? av_find_input_format(std::string(extension).c_str())
                                              : nullptr;
        if (format == nullptr) {
            return refuse(ErrorCode::AuFmtUnsupported);
        }
        io_->error = 0;
        avio_seek(io_, 0, SEEK_SET);
        context_->flags |= AVFMT_FLAG_IGNIDX;
    } else if (hint != kHeaderless.end() && score <= AVPROBE_SCORE_EXTENSION) {
        // Headerless sound looks like anything at all to a guess: only a sure guess beats the file's name.
        format = av_find_input_format(hint->demuxer);
        if (hint->sampleRate != nullptr) {
            av_dict_set(&options, "sample_rate", hint->sampleRate, 0);
        }
        io_->error = 0;
        avio_seek(io_, 0, SEEK_SET);
    } else if (score < 0 || format == nullptr) {
        return refuse(ErrorCode::AuFmtUnsupported);
    }
    if (namesOtherFiles(*format)) {
        return refuse(ErrorCode::AuFmtPlaylist);
    }

    context_->pb = io_;
    context_->flags |= AVFMT_FLAG_CUSTOM_IO;
    context_->io_open = &refuseOpen;
    context_->format_whitelist = av_strdup(kContainers);
    context_->codec_whitelist = av_strdup(kDecoders);
    context_->protocol_whitelist = av_strdup("");
    context_->max_streams = kMaxStreams;
    // Whether a WAV of 16 bits is DTS in disguise is asked once, not for each of its first packets: that took longer
    // than all of a short call's decoding.
    context_->max_probe_packets = 1;
    context_->probesize = byFrames ? kFarthestFrame : kProbeBytes;
    context_->max_analyze_duration = 5LL * AV_TIME_BASE;
    const int opened = avformat_open_input(&context_, nullptr, format, &options);
    av_dict_free(&options);
    if (opened < 0) {
        return unsupported(opened);
    }
    for (unsigned i = 0; i < context_->nb_streams; ++i) {
        AVStream* stream = context_->streams[i];
        const bool sound = stream->codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
        if (sound && stream->codecpar->ch_layout.nb_channels > 2) {
            stream_ = stream;  // chooseStream says so; nothing of it needs to be decoded for that
            return {};
        }
        stream->discard = sound ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    }
    const int found = avformat_find_stream_info(context_, nullptr);
    if (found < 0) {
        return unsupported(found);
    }
    return {};
}

Status MediaFile::chooseStream() {
    if (stream_ == nullptr) {
        const int index = av_find_best_stream(context_, AVMEDIA_TYPE_AUDIO, -1, -1, nullptr, 0);
        if (index < 0) {
            const std::span streams(context_->streams, context_->nb_streams);
            const bool sound =
                std::any_of(streams.begin(), streams.end(), [](const AVStream* stream) {
                    return stream->codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
                });
            return refuse(sound ? ErrorCode::AuValNoChannels : ErrorCode::AuFmtNoAudio);
        }
        stream_ = context_->streams[index];
    }
    for (unsigned i = 0; i < context_->nb_streams; ++i) {
        context_->streams[i]->discard =
            context_->streams[i] == stream_ ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    }
    const AVCodecParameters& parameters = *stream_->codecpar;
    const int channels = parameters.ch_layout.nb_channels;
    if (channels <= 0) {
        return refuse(ErrorCode::AuValNoChannels);
    }
    if (channels > 2) {
        return refuse(ErrorCode::AuValTooManyChannels);
    }
    return {};
}

double MediaFile::declaredToPresent() const {
    std::array<unsigned char, 8> chunk{};
    const auto at = [&](std::int64_t offset) {
        return ::pread(file_.get(), chunk.data(), chunk.size(), offset) ==
               static_cast<ssize_t>(chunk.size());
    };
    const auto is = [&](std::string_view name) {
        return std::memcmp(chunk.data(), name.data(), 4) == 0;
    };
    const auto length = [&] {
        return static_cast<std::int64_t>(chunk[4]) | static_cast<std::int64_t>(chunk[5]) << 8 |
               static_cast<std::int64_t>(chunk[6]) << 16 |
               static_cast<std::int64_t>(chunk[7]) << 24;
    };
    if (!at(0) || !is("RIFF")) {
        return 1;
    }
    constexpr int kMostChunks = 100;
    constexpr std::int64_t kUnknownLength =
        0xFFFF'0000;  // and above: written by a recorder that could not know
    std::int64_t offset = 12;
    for (int i = 0; i < kMostChunks && at(offset); ++i) {
        const std::int64_t present = size_ - offset - 8;
        if (is("data")) {
            const bool cut = length() > present && length() < kUnknownLength && present > 0;
            return cut ? static_cast<double>(length()) / static_cast<double>(present) : 1;
        }
        offset += 8 + length() + length() % 2;  // chunks are filled up to an even length
    }
    return 1;
}

Result<CodecContextPtr> openDecoder(const AVStream& stream) {
    const AVCodec* codec = avcodec_find_decoder(stream.codecpar->codec_id);
    if (codec == nullptr || av_match_list(codec->name, kDecoders, ',') <= 0) {
        return refuse(ErrorCode::AuFmtUnsupported);
    }
    CodecContextPtr context(avcodec_alloc_context3(codec));
    if (context == nullptr) {
        return refuse(ErrorCode::SysResMemoryError);
    }
    int error = avcodec_parameters_to_context(context.get(), stream.codecpar);
    if (error >= 0) {
        context->codec_whitelist = av_strdup(kDecoders);
        context->thread_count = 1;
        context->pkt_timebase = stream.time_base;
        context->max_samples = 1 << 24;
        error = avcodec_open2(context.get(), codec, nullptr);
    }
    if (error < 0) {
        return unsupported(error);
    }
    return context;
}

}  // namespace chat::audio
