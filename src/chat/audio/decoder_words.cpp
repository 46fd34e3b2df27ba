#include "chat/audio/decoder_words.h"

#include "chat/core/text.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace chat::audio {

namespace {

using Sentence = std::pair<ErrorCode, std::string_view>;

constexpr std::array kRefusals{
    Sentence{ErrorCode::AuDataEmpty, "The file is empty or holds no sound."},
    Sentence{ErrorCode::AuFmtPlaylist,
             "The file is a playlist that names other files, not a recording."},
    Sentence{ErrorCode::AuFmtNoAudio, "The file holds no audio track."},
    Sentence{ErrorCode::AuFmtUnsupported,
             "The file is not a recording in a format that CHAT reads, or it is damaged."},
    Sentence{ErrorCode::AuValNoChannels, "The recording says that it has no channels."},
    Sentence{ErrorCode::AuValTooManyChannels,
             "The recording has more than two channels; a call has one or two."},
    Sentence{ErrorCode::AuUnkGenericError, "The recording could not be read."},
    Sentence{ErrorCode::SysFmtNotAFile, "The recording is not a regular file."},
    Sentence{ErrorCode::SysResMemoryError, "There was not enough memory to read the recording."},
    Sentence{ErrorCode::SysStateNoDecoder,
             "The recording was not decoded, because it cannot be done apart from the program."},
    Sentence{ErrorCode::AuResDecoderLimit,
             "The recording was given up: decoding it took more than any recording needs."},
    Sentence{ErrorCode::AuStateDecoderDied, "The decoder ended in the middle of the recording."},
    Sentence{ErrorCode::AuPermDecoderBreach,
             "The recording made the decoder do what decoding never needs."},
};

}  // namespace

Error refusal(ErrorCode code, std::string cause) {
    const auto* found = std::ranges::find(kRefusals, code, &Sentence::first);
    const auto what = found == kRefusals.end() ? errorInfo(code).meaning : found->second;
    return {code, std::string(what), std::move(cause)};
}

bool isRefusal(ErrorCode code) {
    return std::ranges::find(kRefusals, code, &Sentence::first) != kRefusals.end();
}

std::vector<Warning> decodingWarnings(const std::optional<Interval>& cut,
                                      std::span<const std::int64_t> notFinite) {
    std::vector<Warning> warnings;
    if (cut) {
        std::string text;
        if (cut->start < cut->end) {
            text = "The recording ends at " + clockText(cut->start.count()) +
                   " although its header says " + clockText(cut->end.count()) +
                   "; what is there was analyzed.";
        } else if (cut->start > Seconds{0}) {
            text = "The recording is longer than 100 hours; the rest was left out.";
        } else {
            text = "Parts of the recording cannot be decoded; what could be read was analyzed.";
        }
        warnings.push_back({ErrorCode::AuDataTruncated, std::move(text), *cut, -1});
    }
    for (std::size_t c = 0; c < notFinite.size(); ++c) {
        if (notFinite[c] > 0) {
            warnings.push_back({ErrorCode::AuDataNotFinite,
                                std::to_string(notFinite[c]) +
                                    " samples are not numbers; they were taken as silence.",
                                {},
                                static_cast<int>(c)});
        }
    }
    return warnings;
}

}  // namespace chat::audio
