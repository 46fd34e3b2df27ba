#pragma once

#include "chat/core/error.h"

#include <filesystem>
#include <functional>
#include <string_view>

namespace chat {

/// Packs a regular file into `target`, a new file of mode 0600 that takes the place of an old one and is on the disk when
/// this returns. On failure it is removed again. Errors: as of reading and writing files.
[[nodiscard]] Status gzipFile(const std::filesystem::path& source,
                              const std::filesystem::path& target);

/// Gives each line of a file, packed or not, without its end. A line of more than a mebibyte ends the reading.
/// Errors: as openRegularFile; SYS_UNK_GENERIC_ERROR where it cannot be unpacked to its end.
[[nodiscard]] Status readGzipLines(const std::filesystem::path& path,
                                   const std::function<void(std::string_view)>& line);

}  // namespace chat
