#include "chat/core/gzip_file.h"

#include "chat/core/c_handle.h"
#include "chat/core/files.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <memory>

namespace chat {

namespace {

constexpr std::size_t kLongestLine = 1 << 20;

using GzipHandle = std::unique_ptr<gzFile_s, ReleaseValue<gzclose>>;

Status pack(int from, int to, const std::string& path) {
    // gzclose closes the descriptor that it was given.
    GzipHandle packed(::gzdopen(::dup(to), "wb6"));
    if (!packed) {
        return fail(ErrorCode::SysResMemoryError, "There was not enough memory to pack " + path);
    }
    std::array<char, 1 << 16> block{};
    for (;;) {
        const ssize_t count = ::read(from, block.data(), block.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return tl::unexpected(systemError(errno, "read", path, ErrorCode::SysUnkGenericError));
        }
        if (count == 0) {
            break;
        }
        if (::gzwrite(packed.get(), block.data(), static_cast<unsigned>(count)) != count) {
            return tl::unexpected(systemError(errno, "pack", path, ErrorCode::SysPermUnwritable));
        }
    }
    if (::gzclose(packed.release()) != Z_OK || ::fsync(to) != 0) {
        return tl::unexpected(systemError(errno, "pack", path, ErrorCode::SysPermUnwritable));
    }
    return {};
}

}  // namespace

Status gzipFile(const std::filesystem::path& source, const std::filesystem::path& target) {
    const auto from = openRegularFile(source);
    if (!from) {
        return tl::unexpected(from.error());
    }
    ::unlink(target.c_str());
    const FileDescriptor to(
        ::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!to) {
        return tl::unexpected(
            systemError(errno, "write", target.string(), ErrorCode::SysPermUnwritable));
    }
    auto packed = pack(from->get(), to.get(), source.string());
    if (!packed) {
        ::unlink(target.c_str());
    }
    return packed;
}

Status readGzipLines(const std::filesystem::path& path,
                     const std::function<void(std::string_view)>& line) {
    const auto from = openRegularFile(path);
    if (!from) {
        return tl::unexpected(from.error());
    }
    const GzipHandle packed(::gzdopen(::dup(from->get()), "rb"));
    if (!packed) {
        return fail(ErrorCode::SysResMemoryError,
                    "There was not enough memory to read " + path.string());
    }
    std::array<char, 1 << 16> block{};
    std::string rest;
    for (;;) {
        const int count = ::gzread(packed.get(), block.data(), block.size());
        if (count < 0) {
            return fail(ErrorCode::SysUnkGenericError,
                        path.string() + " cannot be unpacked to its end");
        }
        if (count == 0) {
            if (!rest.empty()) {
                line(rest);
            }
            return {};
        }
        std::string_view text(block.data(), static_cast<std::size_t>(count));
        for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
            rest += text.substr(0, end);
            line(rest);
            rest.clear();
            text.remove_prefix(end + 1);
        }
        rest += text;
        if (rest.size() > kLongestLine) {
            return fail(ErrorCode::SysUnkGenericError, path.string() + " is not a log");
        }
    }
}

}  // namespace chat
