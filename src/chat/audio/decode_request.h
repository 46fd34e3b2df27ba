#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

namespace chat::audio {

/// What decoding a recording may take. One that takes more is given up.
struct DecodeLimits {
    std::uint64_t memoryBytes = std::uint64_t{512} << 20U;
    std::uint64_t cpuSeconds = 3600;  ///< some five times what 100 hours in the slowest codec need
    /// Spent waiting for the decoder before its first sound, and for each second of sound that has come.
    double waitSeconds = 60;
    double waitPerSecond = 0.2;
};

/// One recording to decode, as it goes to the decoders' host together with three descriptors: the file, the pipe to write
/// the sound to, and the pipe on which the host says how the decoder ended (an `int` as of waitpid). When the last one's
/// reading end is closed, the host ends the decoder.
struct DecodeRequest {
    std::uint64_t blockFrames = 0;
    DecodeLimits limits;
    std::array<char, 16> extension{};  ///< ends with a zero
    std::uint8_t byFrames = 0;         ///< 1: as DecoderSettings says
};
static_assert(std::is_trivially_copyable_v<DecodeRequest>);

/// The host's end of the socket for requests.
inline constexpr int kHostSocket = 3;

}  // namespace chat::audio
