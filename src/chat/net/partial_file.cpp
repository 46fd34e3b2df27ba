#include "chat/net/partial_file.h"

#include "chat/core/write_point.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace chat::net {

namespace {

constexpr std::size_t kMaxMarkBytes = 1024;

tl::unexpected<Error> unwritable(const std::filesystem::path& path) {
    return tl::unexpected(systemError(errno, "write", path.string(), ErrorCode::SysPermUnwritable));
}

}  // namespace

Result<PartialFile> PartialFile::open(const std::filesystem::path& file) {
    PartialFile part;
    part.file_ = file;
    part.path_ = file.string() + ".part";
    part.handle_ = FileDescriptor(
        ::open(part.path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_APPEND, 0600));
    struct stat status{};
    if (!part.handle_ || ::fstat(part.handle_.get(), &status) != 0) {
        return unwritable(part.path_);
    }
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
    versionMark_ = versionMark;
    if (versionMark.empty() || versionMark.size() > kMaxMarkBytes) {
        versionMark_.clear();
        std::error_code ignored;
        std::filesystem::remove(markPath(), ignored);
        return {};
    }
    return writeFileAtomically(markPath(), versionMark);
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
    std::error_code ignored;
    std::filesystem::remove(markPath(), ignored);
    return {};
}

}  // namespace chat::net
