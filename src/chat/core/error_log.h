#pragma once

#include "chat/core/error_record.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace chat {

/// Errors as lines of JSON in `chat.log` of one folder, one record a line, the newest last.
///
/// When a line would make it longer than its limit, the file becomes the archive `chat.log.1.gz`; older archives move up, and
/// the oldest goes. Files are 0600, the folder 0700. A line is written whole or not at all, also when several threads
/// and processes write. A process that is killed while it makes an archive loses no record; one can stand twice then.
class ErrorLog {
  public:
    static constexpr std::uint64_t kLongestFile = 5'000'000;
    static constexpr int kArchives = 10;

    explicit ErrorLog(std::filesystem::path folder,
                      std::uint64_t longestFile = kLongestFile,
                      int archives = kArchives);

    /// Errors: SYS_RES_DISK_FULL, SYS_PERM_UNWRITABLE, SYS_PERM_LINK_REFUSED. From any thread.
    [[nodiscard]] Status append(const ErrorRecord& record) const;

    /// All records from `since` on, archives included, the oldest first. Lines that are no record are left out; a folder
    /// without a log has none. Errors: as of reading files.
    [[nodiscard]] Result<std::vector<ErrorRecord>> read(
        std::chrono::system_clock::time_point since) const;

    [[nodiscard]] std::filesystem::path file() const;

  private:
    [[nodiscard]] std::filesystem::path archive(int number) const;
    [[nodiscard]] Status rotate() const;

    std::filesystem::path folder_;
    std::uint64_t longestFile_;
    int archives_;
};

/// `log` in stateFolder().
[[nodiscard]] std::filesystem::path defaultLogFolder();

}  // namespace chat
