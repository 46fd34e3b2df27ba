#pragma once

#include <string_view>

namespace chat {

/// The ending of a name, in lower case and without its dot, where it is one that the files of recorders and audio
/// programs have; else empty. It only chooses what is taken from a folder: what a file really holds, its bytes say.
[[nodiscard]] std::string_view audioEnding(std::string_view name);

}  // namespace chat
