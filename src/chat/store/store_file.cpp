#include "chat/store/store_file.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <unistd.h>

#include <cerrno>

namespace chat::store {

namespace fs = std::filesystem;

namespace {

tl::unexpected<Error> writeError(int errnoValue, std::string_view doing, const fs::path& path) {
    Error error = systemError(errnoValue, doing, path.string(), ErrorCode::DbPermUnwritable);
    if (error.code == ErrorCode::SysResDiskFull) {
        error.code = ErrorCode::DbResDiskFull;
    }
    return tl::unexpected(std::move(error));
}

fs::path beside(const fs::path& file, std::string_view ending) {
    return file.string() + std::string(ending);
}

}  // namespace

Result<StoreLock> StoreLock::take(const fs::path& file) {
    FileDescriptor opened(::open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (!opened) {
        return writeError(errno, "open the store", file);
    }
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = 0x40000000;
    lock.l_len = 512;
    if (::fcntl(opened.get(), F_OFD_SETLK, &lock) != 0) {
        return fail(ErrorCode::DbConnLocked,
                    "The store " + file.string() + " is in use by another program");
    }
    return StoreLock(std::move(opened));
}

fs::path nameBeside(const fs::path& store,
                    std::string_view what,
                    std::chrono::system_clock::time_point time) {
    const std::string name = fmt::format("{}.{}-{:%Y%m%d-%H%M%S}",
                                         store.string(),
                                         what,
                                         fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
    fs::path free = name;
    for (int i = 2; fs::exists(fs::symlink_status(free)); ++i) {
        free = name + "-" + std::to_string(i);
    }
    return free;
}

Status putInPlace(const fs::path& made, const fs::path& store, const fs::path& aside) {
    if (auto safe = synced(made); !safe) {
        return safe;
    }
    std::error_code error;
    const fs::path log = beside(store, "-wal");
    if (fs::exists(store, error)) {
        // The log goes first: beside the new store it would be taken for the new one's.
        if (fs::exists(log, error) && ::rename(log.c_str(), beside(aside, "-wal").c_str()) != 0) {
            return writeError(errno, "set aside", log);
        }
        // A second name, so that the first one is never without a store; not every disk knows them.
        if (::link(store.c_str(), aside.c_str()) != 0 &&
            ::rename(store.c_str(), aside.c_str()) != 0) {
            return writeError(errno, "set aside", store);
        }
    }
    fs::remove(log, error);
    fs::remove(beside(store, "-shm"), error);
    if (::rename(made.c_str(), store.c_str()) != 0) {
        return writeError(errno, "put in place", store);
    }
    return synced(fs::absolute(store).parent_path());
}

Result<fs::path> temporaryBeside(const fs::path& file) {
    std::string name = file.string() + ".part-XXXXXX";
    const FileDescriptor made(::mkostemp(name.data(), O_CLOEXEC));  // 0600
    if (!made) {
        return writeError(errno, "write", file);
    }
    return fs::path(name);
}

void removeDatabase(const fs::path& file) {
    std::error_code ignored;
    for (const char* ending : {"", "-wal", "-shm", "-journal"}) {
        fs::remove(beside(file, ending), ignored);
    }
}

Status synced(const fs::path& file) {
    const FileDescriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened || ::fsync(opened.get()) != 0) {
        return writeError(errno, "write", file);
    }
    return {};
}

}  // namespace chat::store
