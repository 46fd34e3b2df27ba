#pragma once

// Only for this folder's sources: FFmpeg's types stay out of the public headers.

#include <memory>
#include <string>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avstring.h>
#include <libavutil/channel_layout.h>
#include <libavutil/dict.h>
#include <libavutil/frame.h>
#include <libswresample/swresample.h>
}

#include "chat/core/c_handle.h"

namespace chat::audio {

using PacketPtr = std::unique_ptr<AVPacket, ReleaseAddress<av_packet_free>>;
using FramePtr = std::unique_ptr<AVFrame, ReleaseAddress<av_frame_free>>;
using CodecContextPtr = std::unique_ptr<AVCodecContext, ReleaseAddress<avcodec_free_context>>;
using ResamplerPtr = std::unique_ptr<SwrContext, ReleaseAddress<swr_free>>;

/// What FFmpeg says of an error number.
[[nodiscard]] std::string ffmpegText(int error);

}  // namespace chat::audio
