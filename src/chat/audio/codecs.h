#pragma once

#include <string>
#include <vector>

namespace chat::audio {

/// The decoders of the formats in which telephone systems record, and the encoder of the report's sound, that the installed
/// FFmpeg cannot open. FFmpeg's names: "gsm", "g722"; none where all is well.
[[nodiscard]] std::vector<std::string> missingCodecs();

/// How many `missingCodecs` looks for.
[[nodiscard]] std::size_t neededCodecs();

/// Of the FFmpeg that is loaded: "5.1.6-0+deb12u1".
[[nodiscard]] std::string ffmpegVersion();

}  // namespace chat::audio
