#include "chat/net/partial_file.h"

#include "chat/core/backoff.h"
#include "chat/core/write_point.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <utility>

namespace chat::net {

namespace {

constexpr std::size_t kMaxMarkBytes = 1024;
/// Between two looks whether another has ended.
constexpr std::chrono::milliseconds kLook{50};

tl::unexpected<Error> unwritable(const std::filesystem::path& path) {
    return tl::unexpected(systemError(errno, "write", path.string(), ErrorCode::SysPermUnwritable));
}

Status lock(int file, const std::filesystem::path& path, const std::stop_token& stop) {
    while (::flock(file, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return unwritable(path);
        }
        if (!waited(kLook, stop)) {
            return fail(ErrorCode::SysStateStopped,
                        "Waiting for another download of the same file was stopped");
        }
    }
    return {};
}

bool isNameOf(const struct stat& file, const std::filesystem::path& path) {
    struct stat named{};
    return ::lstat(path.c_str(), &named) == 0 && named.st_dev == file.st_dev &&
           named.st_ino == file.st_ino;
}

}  // namespace

Result<PartialFile> PartialFile::open(const std::filesystem::path& file,
                                      const std::stop_token& stop) {
    const WritePoint point("download: begins");
    PartialFile part;
    part.file_ = file;
    part.path_ = file.string() + ".part";
    struct stat status{};
    do {
        part.handle_ = FileDescriptor(::open(
            part.path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_APPEND, 0600));
        if (!part.handle_) {
            return unwritable(part.path_);
        }
        if (auto own = lock(part.handle_.get(), part.path_, stop); !own) {
            return tl::unexpected(own.error());
        }
        if (::fstat(part.handle_.get(), &status) != 0) {
            return unwritable(part.path_);
        }
    } while (!isNameOf(status, part.path_));  // who had it gave it another name
    part.length_ = static_cast<std::uint64_t>(status.st_size);
    if (auto mark = readFile(part.markPath(), kMaxMarkBytes, ErrorCode::SysUnkGenericError)) {
        part.versionMark_ = std::move(*mark);
    }
    return part;
}

Status PartialFile::startAnew(std::string_view versionMark) {
    const WritePoint point("download: from its start");
    if (::ftruncate(handle_.get(), 0) != 0) {
        return unwritable(path_);
    }
    length_ = 0;
    versionMark_ = versionMark.size() <= kMaxMarkBytes ? versionMark : std::string_view();
    if (versionMark_.empty()) {
        ::unlink(markPath().c_str());
        return {};
    }
    // Not synced: a mark that is lost or torn is of no version, and the file is fetched from its start.
    const FileDescriptor mark(
        ::open(markPath().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (::write(mark.get(), versionMark_.data(), versionMark_.size()) !=
        static_cast<ssize_t>(versionMark_.size())) {
        return unwritable(markPath());
    }
    return {};
}

Status PartialFile::append(std::string_view bytes) {
    const WritePoint point("download: more of a file");
    while (!bytes.empty()) {
        const ssize_t count = ::write(handle_.get(), bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return unwritable(path_);
        }
        length_ += static_cast<std::uint64_t>(count);
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

Status PartialFile::finish() {
    const WritePoint point("download: end of a file");
    if (::fsync(handle_.get()) != 0 || ::rename(path_.c_str(), file_.c_str()) != 0) {
        return unwritable(file_);
    }
    ::unlink(markPath().c_str());
    return {};
}

void PartialFile::discard() {
    const WritePoint point("download: thrown away");
    ::unlink(markPath().c_str());
    ::unlink(path_.c_str());
}

}  // namespace chat::net
