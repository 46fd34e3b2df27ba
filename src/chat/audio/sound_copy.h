#pragma once

#include "chat/audio/decoder.h"
#include "chat/core/error.h"

#include <filesystem>
#include <stop_token>

namespace chat::audio {

/// File name extension of what `encodeOpus` writes, without the dot.
inline constexpr const char* kSoundCopyExtension = "webm";

/// Writes the sound as Opus in WebM, channels as they are (the first is left), at most 32 kbit/s in all:
/// what a browser plays and seeks in from disk. The same sound gives the same bytes.
/// Written under a temporary name beside `path`, mode 0600, and renamed when whole; on an error
/// nothing is left behind.
///
/// Errors: those of `BlockSource::read`; SYS_RES_DISK_FULL, SYS_PERM_UNWRITABLE; SYS_STATE_STOPPED.
[[nodiscard]] Status encodeOpus(BlockSource& source,
                                const std::filesystem::path& path,
                                const std::stop_token& stop = {});

}  // namespace chat::audio
