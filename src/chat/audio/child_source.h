#pragma once

#include "chat/audio/decode_request.h"
#include "chat/audio/decoder.h"
#include "chat/core/error.h"
#include "chat/core/files.h"

#include <memory>
#include <stop_token>

namespace chat::audio {

/// The reading ends of a decoder's pipes: its sound, and how it ended.
struct DecoderEnds {
    FileDescriptor sound;
    FileDescriptor ending;
};

/// The recording that a decoder sends; returns when it has opened it. Nothing that comes is believed
/// (`decode_protocol.h`). Destroying the source ends the decoder. Errors and `stop`: as `ChildDecoder::open`.
[[nodiscard]] Result<std::unique_ptr<BlockSource>> openChildSource(DecoderEnds ends,
                                                                   const DecodeLimits& limits,
                                                                   const std::stop_token& stop);

}  // namespace chat::audio
