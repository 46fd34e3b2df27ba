#include "chat/store/sqlite_connection.h"

#include "chat/core/files.h"
#include "chat/core/time_text.h"
#include "chat/store/migrations.h"

#include <fcntl.h>
#include <sqlite3.h>

#include <cerrno>
#include <thread>

namespace chat::store {

namespace {

constexpr std::chrono::seconds kLongestWait{30};

/// SQLite says no more than "I/O error" when it cannot lengthen its shared memory on a full disk.
bool diskIsFull(const std::string& file) {
    constexpr std::uintmax_t kEnough = 128 * 1024;
    std::error_code error;
    const auto space = std::filesystem::space(std::filesystem::absolute(file).parent_path(), error);
    return !error && space.available < kEnough;
}

/// SQLite gives -wal and -shm the mode of the database itself; that one must be private from the start.
Status makePrivateFile(const std::filesystem::path& file) {
    if (auto folder = makePrivateFolder(std::filesystem::absolute(file).parent_path()); !folder) {
        return folder;
    }
    // A file that is there is not opened: closing the descriptor would drop the locks that other connections of this
    // process hold on it (POSIX), and another program could take the log for nobody's and delete it.
    const FileDescriptor created(
        ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!created && errno != EEXIST) {
        return tl::unexpected(
            systemError(errno, "open the store", file.string(), ErrorCode::DbPermUnwritable));
    }
    return {};
}

}  // namespace

SqliteConnection::SqliteConnection(const std::filesystem::path& file, const Clock& clock)
    : file_(file.string())
    , clock_(clock)
    , database_(file_, SQLite::OPEN_READWRITE | SQLite::OPEN_NOFOLLOW | SQLite::OPEN_NOMUTEX)
    , random_(std::random_device{}()) {
    sqlite3_busy_handler(database_.getHandle(), &SqliteConnection::nap, this);
}

int SqliteConnection::nap(void* connection, int naps) {
    auto& self = *static_cast<SqliteConnection*>(connection);
    const auto now = self.clock_.steadyNow();
    if (naps == 0) {
        self.waitingSince_ = now;
    } else if (now - self.waitingSince_ > kLongestWait) {
        return 0;
    }
    // Soon at first, since most locks last for less than a millisecond; then seldom enough to leave the core to others.
    const int longestMicroseconds = std::min(5'000, 200 * (naps + 1));
    std::uniform_int_distribution<int> length(50, longestMicroseconds);
    std::this_thread::sleep_for(std::chrono::microseconds(length(self.random_)));
    return 1;
}

void SqliteConnection::useWal() {
    for (int naps = 0;; ++naps) {
        try {
            database_.exec("PRAGMA journal_mode = WAL");
            return;
        } catch (const SQLite::Exception& error) {
            if (error.getErrorCode() != SQLITE_BUSY || nap(this, naps) == 0) {
                throw;
            }
        }
    }
}

SqliteConnection::~SqliteConnection() {
    closing_.emplace("store: close");
}

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::filesystem::path& file,
                                                                 const Clock& clock,
                                                                 Access access) {
    if (access == Access::Read) {
        std::error_code error;
        if (!std::filesystem::exists(file, error)) {
            return fail(ErrorCode::SysDataPathMissing, "There is no store " + file.string());
        }
    } else if (auto made = makePrivateFile(file); !made) {
        return tl::unexpected(made.error());
    }
    std::unique_ptr<SqliteConnection> connection;
    try {
        connection.reset(new SqliteConnection(file, clock));
    } catch (const SQLite::Exception& error) {
        return fail(ErrorCode::DbPermUnwritable,
                    "The store " + file.string() + " cannot be opened for writing",
                    error.what());
    }
    return connection->guarded([&]() -> Result<std::unique_ptr<SqliteConnection>> {
        const WritePoint point("store: open");
        SQLite::Database& database = connection->database_;
        // In this order: another program that makes the store just now writes its mark before the tables.
        const int tables = database.execAndGet("SELECT count(*) FROM sqlite_master").getInt();
        const int application = database.execAndGet("PRAGMA application_id").getInt();
        if (application != kApplicationId && (application != 0 || tables != 0)) {
            return fail(ErrorCode::DbDataDamaged,
                        "The file " + file.string() + " belongs to another program");
        }
        if (access == Access::Write && sqlite3_db_readonly(database.getHandle(), "main") == 1) {
            return fail(ErrorCode::DbPermUnwritable,
                        "The store " + file.string() + " cannot be opened for writing");
        }
        // Only looked at so far: one of a newer version is left as it is.
        if (tooNew(database)) {
            return fail(ErrorCode::DbFmtTooNew,
                        "The store " + file.string() + " was written by a newer CHAT");
        }
        if (access == Access::Read) {
            if (outdated(database)) {
                connection.reset();
                return open(file, clock);
            }
            sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
            database.exec("PRAGMA query_only = ON");
            database.exec("PRAGMA trusted_schema = OFF");
            return std::move(connection);
        }
        connection->useWal();
        database.exec("PRAGMA synchronous = FULL");
        database.exec("PRAGMA foreign_keys = ON");
        database.exec("PRAGMA secure_delete = ON");
        database.exec("PRAGMA trusted_schema = OFF");
        if (application != kApplicationId) {
            database.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
        }
        migrate(database);
        return std::move(connection);
    });
}

std::string SqliteConnection::now() const {
    return utcSecondText(clock_.now());
}

SQLite::Statement& SqliteConnection::statement(std::string_view sql) {
    auto known = statements_.find(sql);
    if (known == statements_.end()) {
        std::string text(sql);
        SQLite::Statement prepared(database_, text);
        known = statements_.emplace(std::move(text), std::move(prepared)).first;
    } else {
        // reset() would throw the error of a former run once more.
        known->second.tryReset();
        known->second.clearBindings();
    }
    return known->second;
}

void SqliteConnection::resetStatements() noexcept {
    for (auto& [text, prepared] : statements_) {
        prepared.tryReset();
    }
}

void SqliteConnection::setDurability(Durability durability) {
    if (durability != durability_) {
        database_.exec(durability == Durability::PowerCut ? "PRAGMA synchronous = FULL"
                                                          : "PRAGMA synchronous = NORMAL");
        durability_ = durability;
    }
}

Error storeError(const SQLite::Exception& error, const std::string& file) {
    Error full{
        ErrorCode::DbResDiskFull, "The disk of the store " + file + " is full", error.what()};
    switch (error.getErrorCode()) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {ErrorCode::DbConnLocked,
                    "The store " + file + " is kept busy by another program",
                    error.what()};
        case SQLITE_FULL:
            return full;
        case SQLITE_IOERR:
            return diskIsFull(file) ? full
                                    : Error{ErrorCode::DbUnkGenericError,
                                            "The store " + file + " failed",
                                            error.what()};
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return {ErrorCode::DbDataDamaged,
                    "The store " + file + " is damaged or not a CHAT store",
                    error.what()};
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PERM:
            return {ErrorCode::DbPermUnwritable,
                    "The store " + file + " cannot be opened for writing",
                    error.what()};
        default:
            return {ErrorCode::DbUnkGenericError, "The store " + file + " failed", error.what()};
    }
}

std::vector<std::string> tableNames(SQLite::Database& database) {
    std::vector<std::string> names;
    SQLite::Statement query(database,
                            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE "
                            "'sqlite~_%' ESCAPE '~' ORDER BY name");
    while (query.executeStep()) {
        names.push_back(query.getColumn(0).getString());
    }
    return names;
}

}  // namespace chat::store
