#pragma once

#include "chat/core/error.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace chat {

/// An open file descriptor that closes itself.
class FileDescriptor {
  public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd)
        : fd_(fd) {}
    ~FileDescriptor();
    FileDescriptor(FileDescriptor&& other) noexcept;
    FileDescriptor& operator=(FileDescriptor&& other) noexcept;
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;

    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }

  private:
    int fd_ = -1;
};

/// Opens a regular file for reading without following a link in its last component and without
/// blocking on a FIFO. Errors: SYS_DATA_PATH_MISSING, SYS_PERM_PATH_UNREADABLE, SYS_PERM_LINK_REFUSED,
/// SYS_FMT_NOT_A_FILE.
[[nodiscard]] Result<FileDescriptor> openRegularFile(const std::filesystem::path& path);

/// The whole of a regular file. Errors: as openRegularFile; `otherwise` when it is longer than
/// `maxBytes` or reading fails.
[[nodiscard]] Result<std::string> readFile(const std::filesystem::path& path,
                                           std::size_t maxBytes,
                                           ErrorCode otherwise);

/// Length of a regular file, links followed; 0 where it cannot be told.
[[nodiscard]] std::uint64_t fileBytes(const std::filesystem::path& path);

/// Makes a folder and its missing parents, all 0700. Existing ones are left as they are.
[[nodiscard]] Status makePrivateFolder(const std::filesystem::path& folder);

/// Writes a file of mode 0600 so that a reader sees the old or the new one, never a part: temporary
/// name beside it, fsync, rename. On failure nothing is left behind.
[[nodiscard]] Status writeFileAtomically(const std::filesystem::path& path,
                                         std::string_view content);

/// $XDG_DATA_HOME/chat, else ~/.local/share/chat.
[[nodiscard]] std::filesystem::path dataFolder();
/// $XDG_CACHE_HOME/chat, else ~/.cache/chat.
[[nodiscard]] std::filesystem::path cacheFolder();
/// $XDG_CONFIG_HOME/chat, else ~/.config/chat.
[[nodiscard]] std::filesystem::path configFolder();
/// $XDG_STATE_HOME/chat, else ~/.local/state/chat.
[[nodiscard]] std::filesystem::path stateFolder();

}  // namespace chat
