#include "chat/store/migrations.h"

#include "chat/core/write_point.h"

#include <array>
#include <string>

extern "C" {
extern const char chat_migration_0001_begin[];
extern const char chat_migration_0001_end[];
extern const char chat_migration_0002_begin[];
extern const char chat_migration_0002_end[];
extern const char chat_migration_0003_begin[];
extern const char chat_migration_0003_end[];
extern const char chat_migration_0004_begin[];
extern const char chat_migration_0004_end[];
extern const char chat_migration_0005_begin[];
extern const char chat_migration_0005_end[];
extern const char chat_migration_0006_begin[];
extern const char chat_migration_0006_end[];
extern const char chat_migration_0007_begin[];
extern const char chat_migration_0007_end[];
extern const char chat_migration_0008_begin[];
extern const char chat_migration_0008_end[];
extern const char chat_migration_0009_begin[];
extern const char chat_migration_0009_end[];
extern const char chat_migration_0010_begin[];
extern const char chat_migration_0010_end[];
extern const char chat_migration_0011_begin[];
extern const char chat_migration_0011_end[];
}

namespace chat::store {

namespace {

std::size_t versionOf(SQLite::Database& database) {
    return static_cast<std::size_t>(database.execAndGet("PRAGMA user_version").getInt());
}

}  // namespace

std::span<const std::string_view> migrations() {
    static const std::array kScripts{
        std::string_view(chat_migration_0001_begin, chat_migration_0001_end),
        std::string_view(chat_migration_0002_begin, chat_migration_0002_end),
        std::string_view(chat_migration_0003_begin, chat_migration_0003_end),
        std::string_view(chat_migration_0004_begin, chat_migration_0004_end),
        std::string_view(chat_migration_0005_begin, chat_migration_0005_end),
        std::string_view(chat_migration_0006_begin, chat_migration_0006_end),
        std::string_view(chat_migration_0007_begin, chat_migration_0007_end),
        std::string_view(chat_migration_0008_begin, chat_migration_0008_end),
        std::string_view(chat_migration_0009_begin, chat_migration_0009_end),
        std::string_view(chat_migration_0010_begin, chat_migration_0010_end),
        std::string_view(chat_migration_0011_begin, chat_migration_0011_end),
    };
    return kScripts;
}

bool tooNew(SQLite::Database& database) {
    return versionOf(database) > migrations().size();
}

bool outdated(SQLite::Database& database) {
    return versionOf(database) < migrations().size();
}

void migrate(SQLite::Database& database) {
    const WritePoint point("store: migration");
    while (outdated(database)) {
        // Immediate: of two programs that start at once, the second waits and then finds the work done.
        SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
        const std::size_t next = versionOf(database);
        if (next < migrations().size()) {
            database.exec(std::string(migrations()[next]));
            database.exec("PRAGMA user_version = " + std::to_string(next + 1));
        }
        transaction.commit();
    }
}

}  // namespace chat::store
