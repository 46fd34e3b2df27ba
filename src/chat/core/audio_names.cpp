#include "chat/core/audio_names.h"

#include "chat/core/text.h"

#include <algorithm>
#include <array>

namespace chat {

namespace {

// In order, for the binary search.
constexpr std::array<std::string_view, 43> kExtensions{
    "3ga", "3gp", "aac",  "ac3", "aif",  "aifc", "aiff", "al",   "alaw", "amr",  "ape",
    "au",  "awb", "caf",  "dss", "flac", "g722", "g726", "g729", "gsm",  "m4a",  "m4b",
    "mka", "mkv", "mov",  "mp2", "mp3",  "mp4",  "mpga", "oga",  "ogg",  "opus", "snd",
    "sph", "ul",  "ulaw", "voc", "vox",  "w64",  "wav",  "wave", "webm", "wma"};
static_assert(std::is_sorted(kExtensions.begin(), kExtensions.end()));

}  // namespace

std::string_view audioEnding(std::string_view name) {
    const auto dot = name.rfind('.');
    if (dot == std::string_view::npos || dot == 0) {
        return {};
    }
    const std::string ending = lowerAscii(name.substr(dot + 1));
    const auto* known = std::ranges::lower_bound(kExtensions, std::string_view(ending));
    return known != kExtensions.end() && *known == ending ? *known : std::string_view();
}

}  // namespace chat
