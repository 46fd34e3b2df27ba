#include "chat/store/inspection.h"

#include "chat/core/write_point.h"
#include "chat/store/checkpoint.h"
#include "chat/store/migrations.h"
#include "chat/store/sqlite_connection.h"

#include <nlohmann/json.hpp>
#include <sqlite3.h>

#include <algorithm>

namespace chat::store {

namespace fs = std::filesystem;

namespace {

constexpr int kBusyTimeoutMs = 30'000;
/// More than this many of a kind say nothing new.
constexpr std::size_t kMostProblems = 20;

std::vector<std::string> integrityProblems(SQLite::Database& database,
                                           const std::string& argument) {
    std::vector<std::string> problems;
    try {
        SQLite::Statement check(database, "PRAGMA integrity_check(" + argument + ")");
        while (check.executeStep() && problems.size() < kMostProblems) {
            if (std::string text = check.getColumn(0).getString(); text != "ok") {
                std::ranges::replace(text, '\n', ' ');
                problems.push_back(std::move(text));
            }
        }
    } catch (const SQLite::Exception& error) {
        problems.emplace_back(error.what());
    }
    return problems;
}

std::vector<TableState> listTables(SQLite::Database& database) {
    std::vector<TableState> tables;
    for (std::string& name : tableNames(database)) {
        tables.emplace_back().name = std::move(name);
    }
    return tables;
}

TableState& tableOf(Inspection& inspection, const std::string& name) {
    const auto known = std::ranges::find(inspection.tables, name, &TableState::name);
    return known != inspection.tables.end()
               ? *known
               : inspection.tables.emplace_back(TableState{name, 0, {}});
}

bool hasTable(const Inspection& inspection, std::string_view name) {
    return std::ranges::any_of(inspection.tables,
                               [&](const TableState& table) { return table.name == name; });
}

void countRows(SQLite::Database& database, TableState& table) {
    try {
        table.rows = database.execAndGet("SELECT count(*) FROM \"" + table.name + "\"").getInt64();
    } catch (const SQLite::Exception& error) {
        table.rows = -1;
        table.problems.emplace_back(error.what());
    }
}

void checkForeignKeys(SQLite::Database& database, Inspection& inspection) {
    SQLite::Statement check(database,
                            "SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check "
                            "GROUP BY 1, 2");
    while (check.executeStep()) {
        const std::int64_t rows = check.getColumn(2).getInt64();
        tableOf(inspection, check.getColumn(0).getString())
            .problems.push_back(std::to_string(rows) + (rows == 1 ? " row refers" : " rows refer") +
                                " to " + check.getColumn(1).getString() + " that are not there");
    }
}

/// The hash of the rows of a table, or what stands for it in a store from before there was one.
std::string hashColumn(SQLite::Database& database, const std::string& table) {
    return SQLite::Statement(database,
                             "SELECT 1 FROM pragma_table_info('" + table + "') WHERE name = 'hash'")
                   .executeStep()
               ? "hash"
               : "''";
}

/// Of what `rows` gives: recording, stage, version, result, hash.
void checkCheckpoints(SQLite::Database& database,
                      const std::string& rows,
                      const StageVersions& versions,
                      bool windows,
                      Inspection& inspection) {
    const std::string call =
        hasTable(inspection, "jobs")
            ? "coalesce((SELECT sid FROM calls c WHERE c.recording = r.recording AND sid <> '' "
              "LIMIT 1), (SELECT sid FROM jobs j WHERE j.recording = r.recording LIMIT 1), "
              "r.recording)"
            : "r.recording";
    SQLite::Statement query(
        database, "SELECT stage, version, result, hash, " + call + " FROM (" + rows + ") r");
    while (query.executeStep()) {
        const std::string stage = query.getColumn(0).getString();
        const int version = query.getColumn(1).getInt();
        const SQLite::Column blob = query.getColumn(2);
        const auto bytes = blobOf(blob);
        const bool current = version == versions.of(stage);
        ++(windows ? (current ? inspection.windows : inspection.oldWindows)
                   : (current ? inspection.results : inspection.oldResults));
        if (!hasHash(bytes, query.getColumn(3).getString()) ||
            !(current ? isResultOf(stage, bytes) : isWellFormedResult(bytes))) {
            inspection.wrong.push_back({query.getColumn(4).getString(), stage, windows});
        }
    }
}

void checkCheckpoints(SQLite::Database& database,
                      const StageVersions& versions,
                      Inspection& inspection) {
    checkCheckpoints(database,
                     "SELECT recording, stage, version, result, " +
                         hashColumn(database, "stage_results") + " AS hash FROM stage_results",
                     versions,
                     false,
                     inspection);
    if (hasTable(inspection, "heard_windows")) {
        checkCheckpoints(database,
                         "SELECT recording, 'transcribe' AS stage, version, result, " +
                             hashColumn(database, "heard_windows") + " AS hash FROM heard_windows",
                         versions,
                         true,
                         inspection);
    }
}

/// A connection that leaves the log where it is: what is damaged stays as it was found.
SQLite::Database openUntouched(const fs::path& file) {
    SQLite::Database database(
        file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_NOFOLLOW, kBusyTimeoutMs);
    sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    database.exec("PRAGMA query_only = ON");
    database.exec("PRAGMA trusted_schema = OFF");
    return database;
}

}  // namespace

bool Inspection::sound() const {
    return usable() && wrong.empty();
}

bool Inspection::usable() const {
    return problems.empty() && std::ranges::all_of(tables, [](const TableState& table) {
               return table.problems.empty();
           });
}

bool isWellFormedResult(std::span<const std::uint8_t> bytes) {
    return !nlohmann::json::from_cbor(bytes.begin(), bytes.end(), true, false).is_discarded();
}

Result<Inspection> inspect(const fs::path& file, const StageVersions& versions) {
    const WritePoint point("store: inspection");
    Inspection inspection;
    std::error_code error;
    inspection.bytes = fs::file_size(file, error);
    if (error) {
        return tl::unexpected(systemError(
            error.value(), "read the store", file.string(), ErrorCode::SysPermPathUnreadable));
    }
    try {
        SQLite::Database database = openUntouched(file);
        if (database.execAndGet("PRAGMA application_id").getInt() != kApplicationId) {
            return fail(ErrorCode::DbDataDamaged,
                        "The file " + file.string() + " is not a CHAT store");
        }
        inspection.version = database.execAndGet("PRAGMA user_version").getInt();
        if (tooNew(database)) {
            return fail(ErrorCode::DbFmtTooNew,
                        "The store " + file.string() + " was written by a newer CHAT");
        }
        inspection.tables = listTables(database);
        for (TableState& table : inspection.tables) {
            countRows(database, table);
        }
        if (auto all = integrityProblems(database, "100"); !all.empty()) {
            for (TableState& table : inspection.tables) {
                for (std::string& problem : integrityProblems(database, "'" + table.name + "'")) {
                    table.problems.push_back(std::move(problem));
                }
            }
            if (inspection.sound()) {
                inspection.problems = std::move(all);
            }
        }
        checkForeignKeys(database, inspection);
        checkCheckpoints(database, versions, inspection);
        if (inspection.sound()) {
            sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
        }
    } catch (const SQLite::Exception& exception) {
        if (exception.getErrorCode() == SQLITE_CORRUPT && !inspection.tables.empty()) {
            if (inspection.sound()) {
                inspection.problems.emplace_back(exception.what());
            }
            return inspection;
        }
        return tl::unexpected(storeError(exception, file.string()));
    }
    return inspection;
}

}  // namespace chat::store
