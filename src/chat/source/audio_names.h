#pragma once

#include <string_view>

namespace chat::source {

/// Whether a name ends as the files of recorders and audio programs do. It only chooses what is taken
/// from a folder: what a file really holds, its bytes say.
[[nodiscard]] bool isAudioName(std::string_view name);

}  // namespace chat::source
