#include "chat/core/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace chat {

namespace {

std::filesystem::path userFolder(const char* variable, const char* fallback) {
    // The environment is read only at start-up paths and never written by this program.
    // NOLINTNEXTLINE(concurrency-mt-unsafe)
    if (const char* value = std::getenv(variable); value != nullptr && *value == '/') {
        return std::filesystem::path(value) / "chat";
    }
    const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe): as above
    return std::filesystem::path(home != nullptr ? home : "/") / fallback / "chat";
}

Status writeAll(int fd, std::string_view content) {
    while (!content.empty()) {
        const ssize_t count = ::write(fd, content.data(), content.size());
        if (count < 0) {
            if (errno == EINTR) {
                continue;
            }
            return tl::unexpected(systemError(errno, "write", "", ErrorCode::SysUnkGenericError));
        }
        content.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

}  // namespace

FileDescriptor::~FileDescriptor() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

Result<FileDescriptor> openRegularFile(const std::filesystem::path& path) {
    FileDescriptor file(
        ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
    if (!file) {
        if (errno == ELOOP) {
            return fail(ErrorCode::SysPermLinkRefused, path.string() + " is a symbolic link");
        }
        if (errno == ENXIO) {
            return fail(ErrorCode::SysFmtNotAFile, path.string() + " is not a regular file");
        }
        return tl::unexpected(
            systemError(errno, "open", path.string(), ErrorCode::SysUnkGenericError));
    }
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) {
        return tl::unexpected(
            systemError(errno, "open", path.string(), ErrorCode::SysUnkGenericError));
    }
    if (!S_ISREG(status.st_mode)) {
        return fail(ErrorCode::SysFmtNotAFile, path.string() + " is not a regular file");
    }
    return file;
}

Result<std::string> readFile(const std::filesystem::path& path,
                             std::size_t maxBytes,
                             ErrorCode otherwise) {
    auto file = openRegularFile(path);
    if (!file) {
        return tl::unexpected(file.error());
    }
    std::string content;
    std::string block(1 << 16, '\0');
    for (;;) {
        const ssize_t count = ::read(file->get(), block.data(), block.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return tl::unexpected(systemError(errno, "read", path.string(), otherwise));
        }
        if (count == 0) {
            return content;
        }
        content.append(block, 0, static_cast<std::size_t>(count));
        if (content.size() > maxBytes) {
            return fail(otherwise,
                        path.string() + " is longer than " + std::to_string(maxBytes) + " bytes");
        }
    }
}

std::uint64_t fileBytes(const std::filesystem::path& path) {
    std::error_code error;
    const auto bytes = std::filesystem::file_size(path, error);
    return error ? 0 : bytes;
}

Status makePrivateFolder(const std::filesystem::path& folder) {
    std::error_code error;
    if (folder.empty() || std::filesystem::is_directory(folder, error)) {
        return {};
    }
    if (auto parent = makePrivateFolder(folder.parent_path()); !parent) {
        return parent;
    }
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
        return tl::unexpected(
            systemError(errno, "create the folder", folder.string(), ErrorCode::SysPermUnwritable));
    }
    return {};
}

Status writeFileAtomically(const std::filesystem::path& path, std::string_view content) {
    static std::atomic<unsigned> counter{0};
    const std::string temporary = path.string() + ".part-" + std::to_string(::getpid()) + "-" +
                                  std::to_string(counter.fetch_add(1));
    FileDescriptor file(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) {
        return tl::unexpected(
            systemError(errno, "write", path.string(), ErrorCode::SysPermUnwritable));
    }
    int error = 0;
    if (auto written = writeAll(file.get(), content); !written) {
        ::unlink(temporary.c_str());
        Error failure = written.error();
        failure.what = "Could not write " + path.string();
        return tl::unexpected(failure);
    }
    if (::fsync(file.get()) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0) {
        error = errno;
        ::unlink(temporary.c_str());
        return tl::unexpected(
            systemError(error, "write", path.string(), ErrorCode::SysPermUnwritable));
    }
    return {};
}

std::filesystem::path dataFolder() {
    return userFolder("XDG_DATA_HOME", ".local/share");
}
std::filesystem::path cacheFolder() {
    return userFolder("XDG_CACHE_HOME", ".cache");
}
std::filesystem::path configFolder() {
    return userFolder("XDG_CONFIG_HOME", ".config");
}
std::filesystem::path stateFolder() {
    return userFolder("XDG_STATE_HOME", ".local/state");
}

}  // namespace chat
