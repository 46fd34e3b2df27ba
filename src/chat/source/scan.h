#pragma once

#include "chat/source/recordings.h"

#include <filesystem>
#include <string>
#include <vector>

namespace chat::source {

/// Where a path that may not exist yet points, absolute, with the links in its parents resolved but
/// not one in its last component. Errors as those of a recording; `display` is what they call it.
[[nodiscard]] Result<std::filesystem::path> resolved(const std::filesystem::path& path,
                                                     const std::string& display);

/// A recording for a file that was named, with the reason if it cannot be read.
[[nodiscard]] SourceRecording namedFile(const std::filesystem::path& path,
                                        const std::string& display);

/// What a path that was named stands for: the file, or what the folder holds, or the problem.
[[nodiscard]] std::vector<SourceRecording> scan(const std::filesystem::path& argument);

}  // namespace chat::source
