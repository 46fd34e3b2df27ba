#pragma once

#include "chat/core/error.h"
#include "chat/core/recording.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// What decoding says of a recording, in sentences that are fixed: whoever decodes names a code and figures, and nothing
/// that stands in a recording gets into a report or a log this way. (What comes out of the decoder's process is
/// not to be believed: `decode_protocol.h`.)
namespace chat::audio {

/// Why a recording is refused. `cause` as in `Error`.
[[nodiscard]] Error refusal(ErrorCode code, std::string cause = {});

/// A code with which opening or reading a recording may fail.
[[nodiscard]] bool isRefusal(ErrorCode code);

/// What was wrong with a recording that could be read. `cut` (AU_DATA_TRUNCATED): from the end that was found to the declared
/// one; both the same: what is beyond the longest sound was left out; both 0: parts are damaged. `notFinite`
/// (AU_DATA_NOT_FINITE): for each channel, how many samples were none.
[[nodiscard]] std::vector<Warning> decodingWarnings(const std::optional<Interval>& cut,
                                                    std::span<const std::int64_t> notFinite);

}  // namespace chat::audio
