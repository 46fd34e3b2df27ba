#include "chat/audio/codecs.h"

#include "chat/audio/ffmpeg_handles.h"

#include <array>
#include <string_view>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/channel_layout.h>
}

namespace chat::audio {

namespace {

struct NeededDecoder {
    const char* name;
    int sampleRate;
    int bitsPerSample;  ///< of one coded sample; 0 where the decoder knows it
    int blockBytes;     ///< of one coded block; 0 where there is none
};

constexpr std::array kNeededDecoders{NeededDecoder{"pcm_s16le", 8000, 16, 0},
                                     NeededDecoder{"pcm_mulaw", 8000, 8, 0},
                                     NeededDecoder{"pcm_alaw", 8000, 8, 0},
                                     NeededDecoder{"gsm", 8000, 0, 33},
                                     NeededDecoder{"gsm_ms", 8000, 0, 65},
                                     NeededDecoder{"g722", 16'000, 0, 0},
                                     NeededDecoder{"g726", 8000, 4, 0},
                                     NeededDecoder{"g729", 8000, 0, 10},
                                     NeededDecoder{"adpcm_ima_wav", 8000, 4, 256},
                                     NeededDecoder{"adpcm_ms", 8000, 4, 256},
                                     NeededDecoder{"mp3", 8000, 0, 0},
                                     NeededDecoder{"aac", 16'000, 0, 0},
                                     NeededDecoder{"flac", 16'000, 0, 0},
                                     NeededDecoder{"opus", 48'000, 0, 0},
                                     NeededDecoder{"amrnb", 8000, 0, 0}};

constexpr const char* kEncoder = "libopus";

bool opens(const NeededDecoder& needed) {
    const AVCodec* codec = avcodec_find_decoder_by_name(needed.name);
    if (codec == nullptr) {
        return false;
    }
    const CodecContextPtr context(avcodec_alloc_context3(codec));
    if (context == nullptr) {
        return false;
    }
    context->sample_rate = needed.sampleRate;
    context->bits_per_coded_sample = needed.bitsPerSample;
    context->block_align = needed.blockBytes;
    context->thread_count = 1;
    av_channel_layout_default(&context->ch_layout, 1);
    return avcodec_open2(context.get(), codec, nullptr) >= 0;
}

}  // namespace

std::vector<std::string> missingCodecs() {
    std::vector<std::string> missing;
    for (const NeededDecoder& needed : kNeededDecoders) {
        if (!opens(needed)) {
            missing.emplace_back(needed.name);
        }
    }
    if (avcodec_find_encoder_by_name(kEncoder) == nullptr) {
        missing.emplace_back(kEncoder);
    }
    return missing;
}

std::size_t neededCodecs() {
    return kNeededDecoders.size() + 1;
}

std::string ffmpegVersion() {
    return av_version_info();
}

}  // namespace chat::audio
