#pragma once

#include "chat/core/error.h"
#include "chat/core/files.h"

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>

namespace chat::net {

/// An attempt that brought less has brought next to nothing: those that count attempts start anew only after more.
inline constexpr std::uint64_t kProgressThatCounts = 1'000'000;

/// What has arrived of a file, in FILE.part, with the version mark (ETag) that the server gave it in
/// FILE.part.etag. Survives the program. Only one of these is open for a file at a time, on the whole machine.
class PartialFile {
  public:
    /// Opens what is there, or an empty one, mode 0600; waits while another thread or process has it. Errors:
    /// SYS_PERM_UNWRITABLE, SYS_STATE_STOPPED, ...
    [[nodiscard]] static Result<PartialFile> open(const std::filesystem::path& file,
                                                  const std::stop_token& stop);

    [[nodiscard]] std::uint64_t length() const { return length_; }
    [[nodiscard]] const std::string& versionMark() const { return versionMark_; }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    /// Empties it; what comes belongs to this version.
    [[nodiscard]] Status startAnew(std::string_view versionMark = {});
    [[nodiscard]] Status append(std::string_view bytes);
    /// Gives it its final name when it is on the disk.
    [[nodiscard]] Status finish();
    /// Takes it away.
    void discard();

  private:
    PartialFile() = default;
    [[nodiscard]] std::filesystem::path markPath() const { return path_.string() + ".etag"; }

    std::filesystem::path file_;
    std::filesystem::path path_;
    FileDescriptor handle_;
    std::uint64_t length_ = 0;
    std::string versionMark_;
};

}  // namespace chat::net
