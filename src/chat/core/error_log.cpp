#include "chat/core/error_log.h"

#include "chat/core/files.h"
#include "chat/core/gzip_file.h"
#include "chat/core/write_point.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace chat {

namespace fs = std::filesystem;

namespace {

Error logError(int errnoValue, std::string_view doing, const fs::path& path) {
    if (errnoValue == ELOOP) {
        return {ErrorCode::SysPermLinkRefused, path.string() + " is a symbolic link", ""};
    }
    return systemError(errnoValue, doing, path.string(), ErrorCode::SysPermUnwritable);
}

Result<FileDescriptor> openForWriting(const fs::path& path, int flags) {
    FileDescriptor file(::open(path.c_str(), flags | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) {
        return tl::unexpected(logError(errno, "open the log", path));
    }
    return file;
}

/// The lock of one log, held until it is destroyed; others wait, threads of this process too.
Result<FileDescriptor> lock(const fs::path& path) {
    auto file = openForWriting(path, O_RDWR);
    if (file) {
        while (::flock(file->get(), LOCK_EX) != 0) {
            if (errno != EINTR) {
                return tl::unexpected(logError(errno, "lock the log", path));
            }
        }
    }
    return file;
}

}  // namespace

ErrorLog::ErrorLog(fs::path folder, std::uint64_t longestFile, int archives)
    : folder_(std::move(folder))
    , longestFile_(longestFile)
    , archives_(archives) {}

fs::path ErrorLog::file() const {
    return folder_ / "chat.log";
}

fs::path ErrorLog::archive(int number) const {
    return folder_ / ("chat.log." + std::to_string(number) + ".gz");
}

Status ErrorLog::append(const ErrorRecord& record) const {
    const WritePoint point("log: one more");
    if (auto made = makePrivateFolder(folder_); !made) {
        return made;
    }
    const auto locked = lock(folder_ / "chat.log.lock");
    if (!locked) {
        return tl::unexpected(locked.error());
    }
    std::string line = errorRecordJson(record) + "\n";
    std::error_code ignored;
    const auto length = fs::file_size(file(), ignored);
    if (!ignored && length > 0 && length + line.size() > longestFile_) {
        // Where there is no room for an archive, the line may still find some.
        (void)rotate();
    }
    auto log = openForWriting(file(), O_RDWR | O_APPEND);
    if (!log) {
        return tl::unexpected(log.error());
    }
    struct stat status{};
    char last = '\n';
    if (::fstat(log->get(), &status) == 0 && status.st_size > 0 &&
        ::pread(log->get(), &last, 1, status.st_size - 1) == 1 && last != '\n') {
        line.insert(line.begin(), '\n');  // a power cut left half a line
    }
    const ssize_t written = ::write(log->get(), line.data(), line.size());
    if (written == static_cast<ssize_t>(line.size())) {
        return {};
    }
    const int error = written < 0 ? errno : ENOSPC;
    if (written > 0) {
        (void)!::ftruncate(log->get(), status.st_size);  // no half line stays
    }
    return tl::unexpected(logError(error, "write to the log", file()));
}

Status ErrorLog::rotate() const {
    const WritePoint point("log: an archive");
    const fs::path part = folder_ / "chat.log.part";
    if (auto packed = gzipFile(file(), part); !packed) {
        return packed;
    }
    for (int number = archives_; number > 1; --number) {
        ::rename(archive(number - 1).c_str(), archive(number).c_str());
    }
    if (::rename(part.c_str(), archive(1).c_str()) != 0 || ::unlink(file().c_str()) != 0) {
        return tl::unexpected(logError(errno, "make an archive of the log", file()));
    }
    return {};
}

Result<std::vector<ErrorRecord>> ErrorLog::read(std::chrono::system_clock::time_point since) const {
    std::vector<fs::path> files;
    for (int number = archives_; number > 0; --number) {
        files.push_back(archive(number));
    }
    files.push_back(file());
    std::vector<ErrorRecord> records;
    for (const fs::path& path : files) {
        std::error_code ignored;
        if (!fs::exists(path, ignored)) {
            continue;
        }
        auto read = readGzipLines(path, [&](std::string_view line) {
            auto record = parseErrorRecord(line);
            if (record && record->time >= since) {
                records.push_back(std::move(*record));
            }
        });
        if (!read) {
            return tl::unexpected(read.error());
        }
    }
    std::ranges::stable_sort(records, {}, &ErrorRecord::time);
    return records;
}

fs::path defaultLogFolder() {
    return stateFolder() / "log";
}

}  // namespace chat
