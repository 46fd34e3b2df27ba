#include "chat/store/store_file.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace chat::store {

namespace fs = std::filesystem;

namespace {

constexpr const char* kLog = "-wal";
constexpr const char* kPart = ".part-";
constexpr std::string_view kRandom = "XXXXXX";

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

/// Whether a name is one that `nameBeside` or `temporaryBeside` gives.
enum class Beside : std::uint8_t { No, Part, Aside };

Beside kindOf(const fs::path& other, const fs::path& file) {
    const std::string name = other.filename().string();
    const std::string start = file.filename().string();
    const auto begins = [&](const std::string& with) { return name.starts_with(start + with); };
    if (begins(kPart) && name.size() == (start + kPart).size() + kRandom.size()) {
        return Beside::Part;
    }
    return begins(std::string(".") + kDamaged) || begins(std::string(".") + kBeforeRestore)
               ? Beside::Aside
               : Beside::No;
}

bool isSameFile(const fs::path& a, const fs::path& b) {
    std::error_code error;
    return fs::equivalent(a, b, error) && !error;
}

/// What putInPlace has set aside is still in its place.
void takeBack(const fs::path& aside, const fs::path& store) {
    std::error_code ignored;
    const fs::path log = beside(store, kLog);
    if (fileBytes(log) == 0 && fileBytes(beside(aside, kLog)) > 0) {
        fs::rename(beside(aside, kLog), log, ignored);
    } else {
        fs::remove(beside(aside, kLog), ignored);
    }
    fs::remove(aside, ignored);
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
    const fs::path log = beside(store, kLog);
    if (fs::exists(store, error)) {
        // Second names, so that the first one is never without a store; not every disk knows them.
        const bool second = ::link(store.c_str(), aside.c_str()) == 0;
        const auto setAside = second ? &::link : &::rename;
        const fs::path logAside = beside(aside, kLog);
        if (fs::exists(log, error) && setAside(log.c_str(), logAside.c_str()) != 0) {
            return writeError(errno, "set aside", log);
        }
        if (!second && ::rename(store.c_str(), aside.c_str()) != 0) {
            return writeError(errno, "set aside", store);
        }
    }
    // Beside the new store it would be taken for the new one's. Who dies before the next line leaves it to `clearUp`.
    fs::remove(log, error);
    fs::remove(beside(store, "-shm"), error);
    if (::rename(made.c_str(), store.c_str()) != 0) {
        return writeError(errno, "put in place", store);
    }
    return synced(fs::absolute(store).parent_path());
}

Result<fs::path> temporaryBeside(const fs::path& file) {
    std::string name = file.string() + kPart + std::string(kRandom);
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

void clearUp(const fs::path& file) {
    std::error_code error;
    std::optional<StoreLock> lock;
    if (fs::exists(file, error)) {
        auto taken = StoreLock::take(file);
        if (!taken) {
            return;  // somebody is at work
        }
        lock = std::move(*taken);
    }
    std::vector<fs::path> unfinished;
    std::vector<fs::path> asides;
    const fs::path folder = fs::absolute(file, error).parent_path();
    for (fs::directory_iterator one(folder, error), end; !error && one != end;
         one.increment(error)) {
        const Beside kind = kindOf(one->path(), file);
        if (kind == Beside::Part) {
            unfinished.push_back(one->path());
        } else if (kind == Beside::Aside && isSameFile(one->path(), file)) {
            asides.push_back(one->path());
        }
    }
    for (const fs::path& aside : asides) {
        takeBack(aside, file);
    }
    for (const fs::path& part : unfinished) {
        if (StoreLock::take(part)) {  // nobody fills it
            removeDatabase(part);
        }
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
