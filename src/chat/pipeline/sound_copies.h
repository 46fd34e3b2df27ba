#pragma once

#include "chat/audio/decode_child.h"
#include "chat/core/error.h"
#include "chat/queue/job.h"

#include <filesystem>
#include <span>
#include <stop_token>
#include <string>

namespace chat::pipeline {

/// The address, relative to the report's folder, of the copy of a recording's sound in it.
[[nodiscard]] std::string soundCopyAddress(const std::string& recording);

/// Where that copy belongs, by the report's folder for sound.
[[nodiscard]] std::filesystem::path soundCopyPath(const std::filesystem::path& audioFolder,
                                                  const std::string& recording);

/// Puts a copy of a recording's sound, which is not there yet, into the report's folder for sound. Any thread, for
/// different recordings. Errors: those of `ChildDecoder::open` and `encodeOpus`.
[[nodiscard]] Status placeSoundCopy(audio::ChildDecoder& decoder,
                                    const std::filesystem::path& file,
                                    const std::string& recording,
                                    const std::filesystem::path& audioFolder,
                                    const std::stop_token& stop);

/// Places the sound of those of `jobs` that are completed and have none there yet: calls that were analyzed before the run, or by
/// others. A copy that cannot be made is missing; the report says so. `workers` at once.
void placeMissingSound(std::span<const queue::Job> jobs,
                       const std::filesystem::path& audioFolder,
                       int workers,
                       const std::stop_token& stop);

/// Removes what workers that died left of copies they were making. Nobody must be making one.
void removeUnfinishedSound(const std::filesystem::path& audioFolder);

/// Whether placeMissingSound would do anything.
[[nodiscard]] bool soundIsMissing(std::span<const queue::Job> jobs,
                                  const std::filesystem::path& audioFolder);

}  // namespace chat::pipeline
