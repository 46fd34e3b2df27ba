#include "chat/store/store_health.h"

#include "chat/core/files.h"
#include "chat/store/migrations.h"
#include "chat/store/sqlite_connection.h"

#include <sqlite3.h>

namespace chat::store {

namespace {

constexpr int kBusyTimeoutMs = 5'000;

bool isSound(SQLite::Database& database) {
    try {
        return database.execAndGet("PRAGMA quick_check(1)").getString() == "ok";
    } catch (const SQLite::Exception& error) {
        if (error.getErrorCode() == SQLITE_CORRUPT) {
            return false;
        }
        throw;
    }
}

}  // namespace

Result<StoreHealth> storeHealth(const std::filesystem::path& file) {
    StoreHealth health;
    std::error_code error;
    health.bytes = std::filesystem::file_size(file, error);
    if (error) {
        return tl::unexpected(systemError(
            error.value(), "read the store", file.string(), ErrorCode::SysPermPathUnreadable));
    }
    health.logBytes = fileBytes(file.string() + "-wal");
    try {
        SQLite::Database database(
            file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_NOFOLLOW, kBusyTimeoutMs);
        // The log stays where it is: what is damaged stays as it was found.
        sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        database.exec("PRAGMA query_only = ON");
        database.exec("PRAGMA trusted_schema = OFF");
        if (database.execAndGet("PRAGMA application_id").getInt() != kApplicationId) {
            return fail(ErrorCode::DbDataDamaged,
                        "The file " + file.string() + " is not a CHAT store");
        }
        health.version = database.execAndGet("PRAGMA user_version").getInt();
        health.newest = static_cast<int>(migrations().size());
        if (tooNew(database)) {
            return fail(ErrorCode::DbFmtTooNew,
                        "The store " + file.string() + " was written by a newer CHAT");
        }
        health.freeBytes =
            static_cast<std::uint64_t>(database.execAndGet("PRAGMA freelist_count").getInt64()) *
            static_cast<std::uint64_t>(database.execAndGet("PRAGMA page_size").getInt64());
        health.sound = isSound(database);
    } catch (const SQLite::Exception& exception) {
        return tl::unexpected(storeError(exception, file.string()));
    }
    return health;
}

}  // namespace chat::store
