#pragma once

#include "chat/core/clock.h"
#include "chat/core/configuration.h"
#include "chat/doctor/check.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// The looks that `checkUp` takes, each on its own for tests.
namespace chat::doctor {

[[nodiscard]] Check checkConfiguration(const Configuration& configuration,
                                       const std::filesystem::path& file);
/// Absent is well: the first run makes one.
[[nodiscard]] Check checkStore(const std::filesystem::path& store);
/// The catalog's files by their lengths and outlines. `wanted`: what `model` is set to.
[[nodiscard]] Check checkModels(const std::filesystem::path& models, std::string_view wanted);
/// The weights hear a second of nothing.
[[nodiscard]] Check checkDetector();
[[nodiscard]] Check checkCodecs();
/// A decoder is started, shut in, and sends the sound of a recording that is made for it.
[[nodiscard]] Check checkSandbox();
/// The telephone system that the telephony file `file` names is asked once for its chains, past every cache; an empty path: none is
/// set; a keyring that has its credential is asked for that. Blocks for at most 20 s.
[[nodiscard]] Check checkTelephony(const std::filesystem::path& file, const Clock& clock);

/// A folder in which CHAT needs room, also one that is not there yet.
struct NeedsRoom {
    std::string_view purpose;  ///< "the store"
    std::filesystem::path folder;
};
[[nodiscard]] Check checkDisk(const std::vector<NeedsRoom>& folders);

/// `own` are for their owner alone; `shared` may be read but not written by others. What is not there is left out.
[[nodiscard]] Check checkPermissions(const std::vector<std::filesystem::path>& own,
                                     const std::vector<std::filesystem::path>& shared);
/// `made`: when the program was.
[[nodiscard]] Check checkClock(const Clock& clock, std::chrono::system_clock::time_point made);
/// `mostMemory`: percent in use beyond which no call is begun.
[[nodiscard]] Check checkMachine(int mostMemory);

/// A check that failed with an error of the catalog, of which only the fixed part is told.
[[nodiscard]] Check failedWith(std::string_view name,
                               const Error& error,
                               const std::filesystem::path& place = {});

}  // namespace chat::doctor
