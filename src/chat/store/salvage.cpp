#include "chat/store/salvage.h"

#include "chat/core/files.h"
#include "chat/core/write_point.h"
#include "chat/store/audit_log.h"
#include "chat/store/checkpoint.h"
#include "chat/store/inspection.h"
#include "chat/store/kept_copies.h"
#include "chat/store/lost_rows.h"
#include "chat/store/sqlite_connection.h"
#include "chat/store/store_file.h"
#include "chat/store/stored_rows.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <SQLiteCpp/Transaction.h>
#include <SQLiteCpp/VariadicBind.h>

#include <algorithm>

namespace chat::store {

namespace fs = std::filesystem;

namespace {

constexpr int kRowsATransaction = 4096;

/// A table of the new store: what a row of it looks like in the file, and how it is put in.
class Table {
  public:
    Table(SQLite::Database& database, std::string name)
        : name_(std::move(name))
        , database_(database) {
        hasRowids_ =
            database.execAndGet("SELECT wr = 0 FROM pragma_table_list WHERE name = '" + name_ + "'")
                .getInt() == 1;
        // Tables without rowids begin with their key.
        SQLite::Statement columns(
            database,
            fmt::format("SELECT name, type, \"notnull\" OR pk, pk, dflt_value IS NOT NULL FROM "
                        "pragma_table_info('{}') ORDER BY {}",
                        name_,
                        hasRowids_ ? "cid" : "pk = 0, pk, cid"));
        while (columns.executeStep()) {
            Column column;
            column.name = columns.getColumn(0).getString();
            column.type = columns.getColumn(1).getString();
            column.required = columns.getColumn(2).getInt() != 0;
            column.isRowid =
                hasRowids_ && columns.getColumn(3).getInt() == 1 && column.type == "INTEGER";
            column.hasDefault = columns.getColumn(4).getInt() != 0;
            columns_.push_back(std::move(column));
        }
    }

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::int64_t rows() const { return rows_; }

    /// Rows written before a table got its last columns are shorter.
    [[nodiscard]] bool fits(const StoredRow& row) const {
        if (row.rowid.has_value() != hasRowids_ || row.values.size() > columns_.size()) {
            return false;
        }
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            const Column& column = columns_[i];
            const bool fitting = i < row.values.size() ? column.takes(row.values[i])
                                                       : column.hasDefault || !column.required;
            if (!fitting) {
                return false;
            }
        }
        return true;
    }

    /// False when the table's own rules refuse it, or it is there already.
    bool put(const StoredRow& row) {
        SQLite::Statement& insert = statement(row.values.size());
        insert.reset();
        for (std::size_t i = 0; i < row.values.size(); ++i) {
            const int at = static_cast<int>(i) + 1;
            if (columns_[i].isRowid && row.rowid) {
                insert.bind(at, *row.rowid);
            } else {
                std::visit([&](const auto& value) { bind(insert, at, value); }, row.values[i]);
            }
        }
        const bool done = insert.exec() == 1;
        rows_ += done ? 1 : 0;
        return done;
    }

  private:
    struct Column {
        std::string name;
        std::string type;
        bool required = false;
        bool isRowid = false;
        bool hasDefault = false;

        [[nodiscard]] bool takes(const Value& value) const {
            if (std::holds_alternative<std::monostate>(value)) {
                return isRowid || !required;
            }
            if (type == "INTEGER" || type == "INT") {
                return std::holds_alternative<std::int64_t>(value);
            }
            if (type == "REAL") {  // whole numbers are written as such
                return std::holds_alternative<double>(value) ||
                       std::holds_alternative<std::int64_t>(value);
            }
            return type == "TEXT"   ? std::holds_alternative<std::string_view>(value)
                   : type == "BLOB" ? std::holds_alternative<Blob>(value)
                                    : true;
        }
    };

    static void bind(SQLite::Statement& insert, int at, std::monostate /*value*/) {
        insert.bind(at);
    }
    static void bind(SQLite::Statement& insert, int at, std::int64_t value) {
        insert.bind(at, value);
    }
    static void bind(SQLite::Statement& insert, int at, double value) { insert.bind(at, value); }
    static void bind(SQLite::Statement& insert, int at, std::string_view value) {
        insert.bind(at, std::string(value));
    }
    static void bind(SQLite::Statement& insert, int at, Blob value) {
        insert.bind(at, value.data(), static_cast<int>(value.size()));
    }

    SQLite::Statement& statement(std::size_t columns) {
        if (!insert_ || columns != insertColumns_) {
            std::string names;
            std::string places;
            for (std::size_t i = 0; i < columns; ++i) {
                names += (i == 0 ? "\"" : ", \"") + columns_[i].name + "\"";
                places += i == 0 ? "?" : ", ?";
            }
            insert_.emplace(
                database_,
                "INSERT OR IGNORE INTO \"" + name_ + "\" (" + names + ") VALUES (" + places + ")");
            insertColumns_ = columns;
        }
        return *insert_;
    }

    std::string name_;
    SQLite::Database& database_;
    bool hasRowids_ = true;
    std::vector<Column> columns_;
    std::optional<SQLite::Statement> insert_;
    std::size_t insertColumns_ = 0;
    std::int64_t rows_ = 0;
};

/// Whether a row is no checkpoint, or one whose bytes are as they were stored.
bool isCheckpointAsStored(const std::string& table, const StoredRow& row) {
    const bool result = table == "stage_results";
    if (!result && table != "heard_windows") {
        return true;
    }
    const Blob bytes = std::get<Blob>(row.values[result ? 6 : 7]);
    const std::size_t hash = result ? 9 : 10;
    return isWellFormedResult(bytes) &&
           (row.values.size() <= hash ||
            hasHash(bytes, std::get<std::string_view>(row.values[hash])));
}

/// Puts the rows of a damaged database into a new store that is not yet in its place.
class Rescue {
  public:
    Rescue(const DatabasePages& pages, SqliteConnection& target)
        : pages_(pages)
        , target_(target)
        , database_(target.database()) {
        // Rows come in the order of the file, those that are referred to perhaps last.
        database_.exec("PRAGMA foreign_keys = OFF");
        for (std::string& name : tableNames(database_)) {
            tables_.emplace_back(database_, std::move(name));
        }
    }

    SalvageOutcome go() {
        const std::string ownName =
            database_.execAndGet("SELECT name FROM store_identity").getString();
        database_.exec("DELETE FROM store_identity");
        readAll();
        SQLite::Transaction transaction(database_, SQLite::TransactionBehavior::IMMEDIATE);
        SQLite::Statement identity(database_,
                                   "INSERT OR IGNORE INTO store_identity (id, name) VALUES (1, ?)");
        identity.bind(1, ownName);
        identity.exec();
        makeParents();
        outcome_.lost = lost_.calls(database_);
        removeOrphans();
        transaction.commit();
        database_.exec("PRAGMA foreign_keys = ON");
        for (const Table& table : tables_) {
            outcome_.tables.push_back(
                {table.name(),
                 database_.execAndGet("SELECT count(*) FROM \"" + table.name() + "\"").getInt64()});
        }
        outcome_.pagesMissing = pages_.missing();
        return std::move(outcome_);
    }

    /// Rows that only CHAT's stores hold.
    [[nodiscard]] std::int64_t rowsRead() const { return rowsRead_; }

  private:
    void readAll() {
        std::optional<SQLite::Transaction> transaction;
        int inTransaction = 0;
        for (std::uint32_t page = 1; page <= pages_.count(); ++page) {
            if (!transaction) {
                transaction.emplace(database_, SQLite::TransactionBehavior::IMMEDIATE);
            }
            outcome_.rowsRefused +=
                static_cast<std::int64_t>(visitRows(pages_, page, [&](const StoredRow& row) {
                    take(row);
                    ++inTransaction;
                }));
            if (inTransaction >= kRowsATransaction) {
                transaction->commit();
                transaction.reset();
                inTransaction = 0;
            }
        }
        if (transaction) {
            transaction->commit();
        }
    }

    void take(const StoredRow& row) {
        if (!row.complete) {
            ++outcome_.rowsRefused;
            return;
        }
        for (Table& table : tables_) {
            if (!table.fits(row)) {
                continue;
            }
            if (!isCheckpointAsStored(table.name(), row)) {
                ++outcome_.rowsRefused;
                return;
            }
            if (table.put(row)) {
                ++rowsRead_;
                lost_.found(table.name(), row);
                return;
            }
        }
        if (!row.rowid) {
            lost_.indexed(row);
        }
    }

    /// What rows refer to and was lost, with what is known of it.
    void makeParents() {
        SQLite::Statement recordings(
            database_,
            "INSERT OR IGNORE INTO recordings (sha256, bytes, first_seen) SELECT recording, 0, ? "
            "FROM (SELECT recording FROM stage_results UNION SELECT recording FROM calls UNION "
            "SELECT recording FROM heard_windows UNION SELECT recording FROM jobs WHERE recording "
            "IS "
            "NOT NULL)");
        recordings.bind(1, target_.now());
        recordings.exec();
        database_.exec(
            "INSERT INTO batches (id, name, settings, created_at, retry_budget) SELECT batch, "
            "'salvaged-' || batch, '{}', min(added_at), 0 FROM jobs WHERE batch NOT IN (SELECT id "
            "FROM batches) GROUP BY batch");
        database_.exec(
            "INSERT INTO sources (id, address, folder, settings, changed_at) SELECT source, "
            "'salvaged-' || source, '', '', min(added_at) FROM jobs WHERE source IS NOT NULL AND "
            "source NOT IN (SELECT id "
            "FROM sources) GROUP BY source");
    }

    void removeOrphans() {
        std::vector<std::pair<std::string, std::int64_t>> orphans;
        SQLite::Statement check(database_,
                                "SELECT DISTINCT \"table\", rowid FROM pragma_foreign_key_check "
                                "WHERE rowid IS NOT NULL");
        while (check.executeStep()) {
            orphans.emplace_back(check.getColumn(0).getString(), check.getColumn(1).getInt64());
        }
        for (const auto& [table, rowid] : orphans) {
            SQLite::Statement remove(database_, "DELETE FROM \"" + table + "\" WHERE rowid = ?");
            remove.bind(1, rowid);
            outcome_.rowsRefused += remove.exec();
        }
    }

    const DatabasePages& pages_;
    SqliteConnection& target_;
    SQLite::Database& database_;
    std::vector<Table> tables_;
    LostRows lost_;
    SalvageOutcome outcome_;
    std::int64_t rowsRead_ = 0;
};

/// Makes the new store at `part`. Its connection ends here, so that it has no log any more.
Result<SalvageOutcome> rescue(const DatabasePages& pages,
                              const fs::path& part,
                              const Clock& clock) {
    auto made = SqliteConnection::open(part, clock);
    if (!made) {
        return tl::unexpected(made.error());
    }
    return (*made)->guarded([&]() -> Result<SalvageOutcome> {
        const WritePoint point("store: salvage");
        Rescue work(pages, **made);
        SalvageOutcome outcome = work.go();
        if (work.rowsRead() == 0) {
            return fail(ErrorCode::DbDataUnsalvageable, "");
        }
        return outcome;
    });
}

/// What SQLite says against a store that nobody uses; empty when nothing.
std::string damageOf(const fs::path& store, bool wasClosedWell) {
    const WritePoint point("store: inspection");
    try {
        SQLite::Database database(store.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_NOFOLLOW);
        // What is damaged stays as it was found.
        sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        std::string answer = "ok";
        static_cast<void>(database.execAndGet("SELECT count(*) FROM sqlite_master"));
        if (!wasClosedWell) {
            answer = database.execAndGet("PRAGMA quick_check(1)").getString();
        }
        if (answer != "ok") {
            return answer;
        }
        sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
    } catch (const SQLite::Exception& error) {
        if (error.getErrorCode() == SQLITE_CORRUPT || error.getErrorCode() == SQLITE_NOTADB) {
            return error.what();
        }
    }
    return {};
}

}  // namespace

Result<SalvageOutcome> salvage(const fs::path& store, const Clock& clock, const std::string& why) {
    const WritePoint point("store: salvage");
    clearUp(store);
    auto lock = StoreLock::take(store);
    if (!lock) {
        return tl::unexpected(lock.error());
    }
    const auto pages = DatabasePages::open(store);
    if (!pages) {
        return tl::unexpected(pages.error());
    }
    Result<SalvageOutcome> outcome = fail(ErrorCode::DbDataUnsalvageable, "");
    fs::path aside;
    if (!pages->isForeign()) {
        auto part = temporaryBeside(store);
        if (!part) {
            return tl::unexpected(part.error());
        }
        aside = nameBeside(store, kDamaged, clock.now());
        outcome = rescue(*pages, *part, clock)
                      .and_then([&](SalvageOutcome made) -> Result<SalvageOutcome> {
                          if (auto put = putInPlace(*part, store, aside); !put) {
                              return tl::unexpected(put.error());
                          }
                          return made;
                      });
        if (!outcome) {
            removeDatabase(*part);
        }
    }
    if (!outcome) {
        return outcome.error().code == ErrorCode::DbDataUnsalvageable
                   ? fail(ErrorCode::DbDataUnsalvageable,
                          "The file " + store.string() + " holds no row of a CHAT store")
                   : tl::unexpected(outcome.error());
    }
    outcome->damaged = aside;
    auto opened = SqliteConnection::open(store, clock);
    if (!opened) {
        return tl::unexpected(opened.error());
    }
    return (*opened)->guarded([&]() -> Result<SalvageOutcome> {
        noteCopy(**opened, CopyKind::Store, aside);
        noteAction(**opened, "salvage", "", why.empty() ? "the store was damaged" : why);
        return std::move(*outcome);
    });
}

Result<std::optional<SalvageOutcome>> salvageIfDamaged(const fs::path& store, const Clock& clock) {
    {
        const WritePoint point("store: inspection");
        clearUp(store);
    }
    if (fileBytes(store) == 0 || !StoreLock::take(store)) {
        return std::nullopt;  // not there yet, or in use by one who has looked
    }
    if (damageOf(store, fileBytes(store.string() + "-wal") == 0).empty()) {
        return std::nullopt;
    }
    auto outcome = salvage(store, clock);
    if (!outcome && outcome.error().code == ErrorCode::DbDataUnsalvageable) {
        return std::nullopt;
    }
    return std::move(outcome).map(
        [](SalvageOutcome&& made) { return std::optional(std::move(made)); });
}

}  // namespace chat::store
