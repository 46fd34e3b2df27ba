#include "chat/store/backup.h"

#include "chat/core/files.h"
#include "chat/core/write_point.h"
#include "chat/store/audit_log.h"
#include "chat/store/kept_copies.h"
#include "chat/store/sqlite_connection.h"
#include "chat/store/store_file.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Transaction.h>

namespace chat::store {

namespace fs = std::filesystem;

namespace {

/// Pages copied in one step; about a millisecond's work.
constexpr int kPagesAStep = 256;

const int kReadAndWrite = SQLite::OPEN_READWRITE | SQLite::OPEN_NOFOLLOW;

/// Copies a database as it is at one moment into an empty file, in the form that needs no log. The read transaction
/// holds the moment: without it a busy writer would have the copy begin again and again.
void copyWhole(SQLite::Database& source, const fs::path& target) {
    SQLite::Database copy(target.string(), kReadAndWrite);
    {
        SQLite::Transaction moment(source);
        static_cast<void>(source.execAndGet("SELECT count(*) FROM sqlite_master"));
        SQLite::Backup backup(copy, source);
        while (backup.executeStep(kPagesAStep) != SQLITE_DONE) {
        }
    }
    copy.exec("PRAGMA journal_mode = DELETE");
}

Status checked(const fs::path& file) {
    SQLite::Database database(file.string(), SQLite::OPEN_READONLY);
    const std::string answer = database.execAndGet("PRAGMA integrity_check(1)").getString();
    return answer == "ok" ? Status()
                          : fail(ErrorCode::DbDataDamaged,
                                 "The copy " + file.string() + " is damaged, as the store may be",
                                 answer);
}

struct SyncedTable {
    std::string name;
    std::vector<std::string> key;
    std::vector<std::string> columns;

    [[nodiscard]] std::string sameKey() const { return same(key, ""); }
    /// Text that differs in case only differs, whatever the column's own rule is.
    [[nodiscard]] std::string sameContent() const { return same(columns, " COLLATE BINARY"); }
    [[nodiscard]] std::string list() const {
        std::string text;
        for (const std::string& column : columns) {
            text += fmt::format("{}\"{}\"", text.empty() ? "" : ", ", column);
        }
        return text;
    }

  private:
    static std::string same(const std::vector<std::string>& which, const char* collation) {
        std::string text;
        for (const std::string& column : which) {
            text += fmt::format(
                "{}l.\"{}\" IS b.\"{}\"{}", text.empty() ? "" : " AND ", column, column, collation);
        }
        return text;
    }
};

std::vector<SyncedTable> syncedTables(SQLite::Database& database) {
    std::vector<SyncedTable> tables;
    SQLite::Statement names(database,
                            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN "
                            "('table', 'shadow') AND name NOT LIKE 'sqlite~_%' ESCAPE '~'");
    while (names.executeStep()) {
        SyncedTable& table = tables.emplace_back();
        table.name = names.getColumn(0).getString();
        SQLite::Statement columns(database, "SELECT name, pk FROM pragma_table_info(?, 'main')");
        columns.bind(1, table.name);
        while (columns.executeStep()) {
            table.columns.push_back(columns.getColumn(0).getString());
            if (columns.getColumn(1).getInt() > 0) {
                table.key.push_back(table.columns.back());
            }
        }
        if (table.key.empty()) {
            table.columns.emplace_back("rowid");
            table.key.emplace_back("rowid");
        }
    }
    return tables;
}

/// Whether the attached `copy` is an earlier backup of this very store. A store that is in use has a log; a backup
/// has none.
bool isEarlierBackup(SQLite::Database& database) {
    return database.execAndGet("PRAGMA copy.application_id").getInt() == kApplicationId &&
           database.execAndGet("PRAGMA copy.journal_mode").getString() == "delete" &&
           database.execAndGet(
                       "SELECT (SELECT name FROM main.store_identity) IS (SELECT name FROM "
                       "copy.store_identity)")
                   .getInt() == 1;
}

bool hasSameTables(SQLite::Database& database) {
    const auto missing = [&](const char* here, const char* there) {
        return database
            .execAndGet(fmt::format("SELECT count(*) FROM (SELECT type, name, sql FROM "
                                    "{}.sqlite_master EXCEPT SELECT type, name, sql FROM "
                                    "{}.sqlite_master)",
                                    here,
                                    there))
            .getInt();
    };
    return database.execAndGet("PRAGMA copy.user_version").getInt() ==
               database.execAndGet("PRAGMA main.user_version").getInt() &&
           missing("main", "copy") == 0 && missing("copy", "main") == 0;
}

/// Whether free parts of the attached `copy` may hold what was forgotten.
bool hasTraces(SQLite::Database& database) {
    return database.execAndGet("SELECT traces FROM copy.store_identity").getInt() == 1;
}

/// Brings the attached `copy` up to date in one transaction, reading the store as it is at one moment. Where rows went, it is
/// noted in the copy that traces of them may be left.
void writeDifferences(SQLite::Database& database, BackupOutcome& outcome) {
    SQLite::Transaction transaction(database);
    const bool traces = hasTraces(database);
    for (const SyncedTable& table : syncedTables(database)) {
        outcome.rowsRemoved += database.exec(
            fmt::format("DELETE FROM copy.\"{0}\" AS b WHERE NOT EXISTS (SELECT 1 FROM "
                        "main.\"{0}\" AS l WHERE {1})",
                        table.name,
                        table.sameKey()));
        outcome.rowsWritten += database.exec(
            fmt::format("INSERT OR REPLACE INTO copy.\"{0}\" ({1}) SELECT {1} FROM main.\"{0}\" AS "
                        "l WHERE NOT EXISTS (SELECT 1 FROM copy.\"{0}\" AS b WHERE {2})",
                        table.name,
                        table.list(),
                        table.sameKey() + " AND " + table.sameContent()));
    }
    if (traces || outcome.rowsRemoved > 0) {
        database.exec("UPDATE copy.store_identity SET traces = 1");
    }
    transaction.commit();
}

/// False when `target` must be written anew.
Result<bool> bringUpToDate(SQLite::Database& database,
                           const fs::path& target,
                           BackupOutcome& outcome) {
    SQLite::Statement attach(database, "ATTACH ? AS copy");
    attach.bind(1, target.string());
    try {
        attach.exec();
    } catch (const SQLite::Exception&) {
        return fail(ErrorCode::DbStateTargetTaken,
                    target.string() + " is not a backup of this store");
    }
    bool done = false;
    try {
        if (!isEarlierBackup(database)) {
            return fail(ErrorCode::DbStateTargetTaken,
                        target.string() + " is not a backup of this store");
        }
        if (hasSameTables(database)) {
            // A row may be replaced here without what refers to it; in the end both agree.
            database.exec("PRAGMA foreign_keys = OFF");
            int pages = 0;
            int highest = 0;
            sqlite3_db_status(
                database.getHandle(), SQLITE_DBSTATUS_CACHE_WRITE, &pages, &highest, 1);
            writeDifferences(database, outcome);
            if (hasTraces(database)) {
                // SQLite leaves copies of rows in the free parts of pages; they must go with the rows.
                database.exec("VACUUM copy");
                database.exec("UPDATE copy.store_identity SET traces = 0");
            }
            sqlite3_db_status(
                database.getHandle(), SQLITE_DBSTATUS_CACHE_WRITE, &pages, &highest, 1);
            outcome.bytesWritten =
                static_cast<std::uint64_t>(pages) *
                static_cast<std::uint64_t>(database.execAndGet("PRAGMA copy.page_size").getInt64());
            done = true;
        }
    } catch (const SQLite::Exception& error) {
        const int code = error.getErrorCode();
        if (code == SQLITE_NOTADB || code == SQLITE_ERROR) {
            return fail(ErrorCode::DbStateTargetTaken,
                        target.string() + " is not a backup of this store");
        }
        if (code != SQLITE_CORRUPT) {
            return tl::unexpected(storeError(error, target.string()));
        }
    }
    database.exec("DETACH copy");
    return done;
}

/// Copies into a temporary file beside the target, checks it, and gives it the name.
Result<std::uint64_t> replaceWhole(SQLite::Database& source, const fs::path& target) {
    auto part = temporaryBeside(target);
    if (!part) {
        return tl::unexpected(part.error());
    }
    Status made;
    try {
        copyWhole(source, *part);
        made = checked(*part).and_then([&] { return synced(*part); });
    } catch (const SQLite::Exception& error) {
        made = tl::unexpected(storeError(error, target.string()));
    }
    if (!made) {
        removeDatabase(*part);
        return tl::unexpected(made.error());
    }
    fs::rename(*part, target);
    return fileBytes(target);
}

}  // namespace

Result<BackupOutcome> backUp(const fs::path& store, const fs::path& target, const Clock& clock) {
    std::error_code error;
    if (!fs::exists(store, error)) {
        return tl::unexpected(
            systemError(ENOENT, "back up", store.string(), ErrorCode::SysDataPathMissing));
    }
    BackupOutcome outcome;
    outcome.file = fs::absolute(target, error).lexically_normal();
    if (fs::is_directory(outcome.file, error) || !outcome.file.has_filename()) {
        outcome.file /= store.filename();
    }
    if (fs::equivalent(store, outcome.file, error)) {
        return fail(ErrorCode::DbStateTargetTaken, outcome.file.string() + " is the store itself");
    }
    if (auto folder = makePrivateFolder(outcome.file.parent_path()); !folder) {
        return tl::unexpected(folder.error());
    }
    const WritePoint point("store: backup");
    clearUp(store);
    clearUp(outcome.file);
    auto connection = SqliteConnection::open(store, clock);
    if (!connection) {
        return tl::unexpected(connection.error());
    }
    return (*connection)->guarded([&]() -> Result<BackupOutcome> {
        SQLite::Database& database = (*connection)->database();
        bool current = false;
        if (fs::exists(fs::symlink_status(outcome.file, error))) {
            auto updated = bringUpToDate(database, outcome.file, outcome);
            if (!updated) {
                return tl::unexpected(updated.error());
            }
            current = *updated && checked(outcome.file).has_value();
        }
        if (!current) {
            auto written = replaceWhole(database, outcome.file);
            if (!written) {
                return tl::unexpected(written.error());
            }
            outcome = {outcome.file, true, *written, *written, 0, 0};
        }
        outcome.bytes = fileBytes(outcome.file);
        noteCopy(**connection, CopyKind::Store, outcome.file);
        return outcome;
    });
}

Result<RestoreOutcome> restore(const fs::path& backup,
                               const fs::path& store,
                               const StageVersions& versions,
                               const Clock& clock,
                               const std::string& why) {
    std::error_code error;
    if (fs::equivalent(store, backup, error)) {
        return fail(ErrorCode::DbStateTargetTaken, backup.string() + " is the store itself");
    }
    auto inspection = inspect(backup, versions);
    if (!inspection) {
        return tl::unexpected(inspection.error());
    }
    if (!inspection->sound()) {
        return fail(ErrorCode::DbDataDamaged,
                    "The backup " + backup.string() + " is damaged and was not restored");
    }
    if (auto folder = makePrivateFolder(fs::absolute(store).parent_path()); !folder) {
        return tl::unexpected(folder.error());
    }
    const WritePoint point("store: restore");
    clearUp(store);
    auto part = temporaryBeside(store);
    if (!part) {
        return tl::unexpected(part.error());
    }
    RestoreOutcome outcome;
    outcome.backup = std::move(*inspection);
    const auto put = [&]() -> Status {
        {
            SQLite::Database source(backup.string(), kReadAndWrite);
            copyWhole(source, *part);
        }
        if (auto sound = checked(*part); !sound) {
            return sound;
        }
        if (!fs::exists(fs::symlink_status(store))) {
            return putInPlace(*part, store, {});
        }
        outcome.aside = nameBeside(store, kBeforeRestore, clock.now());
        auto lock = StoreLock::take(store);
        return lock ? putInPlace(*part, store, outcome.aside)
                    : Status(tl::unexpected(lock.error()));
    };
    Status done;
    try {
        done = put();
    } catch (const SQLite::Exception& exception) {
        done = tl::unexpected(storeError(exception, backup.string()));
    }
    if (!done) {
        removeDatabase(*part);
        return tl::unexpected(done.error());
    }
    auto restored = SqliteConnection::open(store, clock);
    if (!restored) {
        return tl::unexpected(restored.error());
    }
    return (*restored)->guarded([&]() -> Result<RestoreOutcome> {
        if (!outcome.aside.empty()) {
            noteCopy(**restored, CopyKind::Store, outcome.aside);
        }
        noteAction(
            **restored, "restore", "", why.empty() ? "a backup was put in the store's place" : why);
        return std::move(outcome);
    });
}

}  // namespace chat::store
