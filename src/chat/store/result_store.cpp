#include "chat/store/result_store.h"

#include "chat/core/files.h"
#include "chat/core/write_point.h"
#include "chat/store/checkpoint.h"
#include "chat/store/codec.h"
#include "chat/store/sqlite_connection.h"

#include <SQLiteCpp/Transaction.h>
#include <SQLiteCpp/VariadicBind.h>

namespace chat::store {

namespace {

using Durability = SqliteConnection::Durability;

/// The result in the first column of a row, whose hash is in the last one.
template <typename T>
Result<T> decodedResult(const SQLite::Statement& row) {
    const auto bytes = blobOf(row.getColumn(0));
    if (hasHash(bytes, row.getColumn(row.getColumnCount() - 1).getString())) {
        if (auto result = decode<T>(bytes)) {
            return result;
        }
    }
    return fail(ErrorCode::DbDataCheckpoint,
                "What the store kept of a stage is not what was stored");
}

}  // namespace

struct ResultStore::Connection {
    explicit Connection(std::unique_ptr<SqliteConnection> opened)
        : sqlite(std::move(opened))
        , database(sqlite->database()) {}

    template <typename T>
    Result<std::optional<Stored<T>>> get(const char* stage, const StageKey& key) {
        return sqlite->guarded([&]() -> Result<std::optional<Stored<T>>> {
            SQLite::Statement query(database,
                                    "SELECT result, seconds, hash FROM stage_results WHERE "
                                    "recording = ? "
                                    "AND stage = ? AND version = ? "
                                    "AND input = ? AND settings = ?");
            SQLite::bind(query, key.recording, stage, key.version, key.input, key.settings);
            if (!query.executeStep()) {
                return std::nullopt;
            }
            return decodedResult<T>(query).map([&](T&& result) {
                return std::optional(
                    Stored<T>{std::move(result), Seconds{query.getColumn(1).getDouble()}});
            });
        });
    }

    template <typename T>
    Result<std::optional<Keyed<T>>> newest(const char* stage,
                                           const std::string& recording,
                                           int version) {
        return sqlite->guarded([&]() -> Result<std::optional<Keyed<T>>> {
            SQLite::Statement query(database,
                                    "SELECT result, input, settings, hash FROM stage_results WHERE "
                                    "recording = ? AND stage = ? AND version = ? "
                                    "ORDER BY finished_at DESC, id DESC LIMIT 1");
            SQLite::bind(query, recording, stage, version);
            if (!query.executeStep()) {
                return std::nullopt;
            }
            return decodedResult<T>(query).map([&](T&& result) {
                return std::optional(Keyed<T>{{recording,
                                               version,
                                               query.getColumn(1).getString(),
                                               query.getColumn(2).getString()},
                                              std::move(result)});
            });
        });
    }

    Status put(const char* stage, const StageKey& key, const Bytes& bytes, Seconds took) {
        return sqlite->guarded([&]() -> Status {
            const WritePoint point("store: end of a stage");
            sqlite->setDurability(Durability::PowerCut);
            insert(stage, key, bytes, took);
            return {};
        });
    }

    void insert(const char* stage, const StageKey& key, const Bytes& bytes, Seconds took) {
        SQLite::Statement& insert = sqlite->statement(
            "INSERT INTO stage_results (recording, stage, version, input, "
            "settings, result, seconds, finished_at, hash) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (recording, "
            "stage, version, input, settings) "
            "DO UPDATE SET result = excluded.result, seconds = "
            "excluded.seconds, finished_at = excluded.finished_at, hash = excluded.hash");
        SQLite::bind(insert, key.recording, stage, key.version, key.input, key.settings);
        insert.bind(6, bytes.data(), static_cast<int>(bytes.size()));
        insert.bind(7, took.count());
        insert.bind(8, sqlite->now());
        insert.bind(9, hashOf(bytes));
        insert.exec();
    }

    std::unique_ptr<SqliteConnection> sqlite;
    SQLite::Database& database;
};

ResultStore::ResultStore(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}
ResultStore::~ResultStore() = default;

Result<std::unique_ptr<ResultStore>> ResultStore::open(const std::filesystem::path& file,
                                                       const Clock& clock,
                                                       Access access) {
    auto opened = SqliteConnection::open(file, clock, access);
    if (!opened) {
        return tl::unexpected(opened.error());
    }
    return std::unique_ptr<ResultStore>(
        new ResultStore(std::make_unique<Connection>(std::move(*opened))));
}

Status ResultStore::noteCall(const StoredCall& call, std::uint64_t bytes) {
    return connection_->sqlite->guarded([&]() -> Status {
        const WritePoint point("store: a call's name");
        connection_->sqlite->setDurability(Durability::ProcessEnd);
        SQLite::Database& database = connection_->database;
        SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
        SQLite::Statement recording(database,
                                    "INSERT INTO recordings (sha256, bytes, first_seen) VALUES (?, "
                                    "?, ?) ON CONFLICT DO NOTHING");
        SQLite::bind(recording,
                     call.recording,
                     static_cast<std::int64_t>(bytes),
                     connection_->sqlite->now());
        recording.exec();
        SQLite::Statement insert(
            database,
            "INSERT INTO calls (recording, file, path, sid, order_id, chain, store, agent, phone, "
            "started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (recording, file) DO "
            "UPDATE SET path = excluded.path, sid = excluded.sid, order_id = excluded.order_id, "
            "chain = excluded.chain, store = excluded.store, agent = excluded.agent, phone = "
            "excluded.phone, started_at = excluded.started_at");
        const CallAttributes& a = call.attributes;
        SQLite::bind(insert,
                     call.recording,
                     call.file.string(),
                     call.path,
                     a.sid,
                     a.orderId,
                     a.chain,
                     a.store,
                     a.agent,
                     a.phone,
                     a.startedAt);
        insert.exec();
        transaction.commit();
        return {};
    });
}

Result<std::vector<StoredCall>> ResultStore::calls() {
    return connection_->sqlite->guarded([&]() -> Result<std::vector<StoredCall>> {
        std::vector<StoredCall> calls;
        SQLite::Statement query(connection_->database,
                                "SELECT recording, file, path, sid, order_id, chain, store, agent, "
                                "started_at, phone FROM calls ORDER BY id");
        while (query.executeStep()) {
            const auto text = [&](int column) { return query.getColumn(column).getString(); };
            calls.push_back({text(0),
                             text(1),
                             text(2),
                             {text(3), text(4), text(5), text(6), text(7), text(8), text(9)}});
        }
        return calls;
    });
}

Result<std::optional<Stored<AcousticResult>>> ResultStore::acoustic(const StageKey& key) {
    return connection_->get<AcousticResult>("audio", key);
}
Result<std::optional<Stored<Transcript>>> ResultStore::transcript(const StageKey& key) {
    return connection_->get<Transcript>("transcribe", key);
}
Result<std::optional<Stored<CallAnalysis>>> ResultStore::analysis(const StageKey& key) {
    return connection_->get<CallAnalysis>("analyze", key);
}

Result<std::optional<Keyed<AcousticResult>>> ResultStore::newestAcoustic(
    const std::string& recording, int version) {
    return connection_->newest<AcousticResult>("audio", recording, version);
}
Result<std::optional<Keyed<Transcript>>> ResultStore::newestTranscript(const std::string& recording,
                                                                       int version) {
    return connection_->newest<Transcript>("transcribe", recording, version);
}

Status ResultStore::put(const StageKey& key, const AcousticResult& result, Seconds took) {
    return connection_->put("audio", key, encode(result), took);
}
Status ResultStore::put(const StageKey& key, const Transcript& result, Seconds took) {
    return connection_->sqlite->guarded([&]() -> Status {
        const WritePoint point("store: end of the words");
        connection_->sqlite->setDurability(Durability::PowerCut);
        SQLite::Transaction transaction(connection_->database,
                                        SQLite::TransactionBehavior::IMMEDIATE);
        connection_->insert("transcribe", key, encode(result), took);
        SQLite::Statement& heard =
            connection_->sqlite->statement("DELETE FROM heard_windows WHERE recording = ?");
        heard.bind(1, key.recording);
        heard.exec();
        transaction.commit();
        return {};
    });
}
Status ResultStore::put(const StageKey& key, const CallAnalysis& result, Seconds took) {
    return connection_->put("analyze", key, encode(result), took);
}

Status ResultStore::putWindow(const StageKey& key,
                              WindowNumber number,
                              const Transcript& heard,
                              Seconds took) {
    return connection_->sqlite->guarded([&]() -> Status {
        const WritePoint point("store: a window");
        connection_->sqlite->setDurability(Durability::ProcessEnd);
        SQLite::Statement& insert = connection_->sqlite->statement(
            "INSERT OR REPLACE INTO heard_windows (recording, version, input, settings, channel, "
            "number, result, seconds, heard_at, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        const Bytes bytes = encode(heard);
        SQLite::bind(insert,
                     key.recording,
                     key.version,
                     key.input,
                     key.settings,
                     number.first,
                     number.second);
        insert.bind(7, bytes.data(), static_cast<int>(bytes.size()));
        insert.bind(8, took.count());
        insert.bind(9, connection_->sqlite->now());
        insert.bind(10, hashOf(bytes));
        insert.exec();
        return {};
    });
}

Result<std::map<WindowNumber, Stored<Transcript>>> ResultStore::windows(const StageKey& key) {
    using Windows = std::map<WindowNumber, Stored<Transcript>>;
    return connection_->sqlite->guarded([&]() -> Result<Windows> {
        SQLite::Statement query(
            connection_->database,
            "SELECT result, seconds, channel, number, hash FROM heard_windows WHERE recording = ? "
            "AND version = ? AND input = ? AND settings = ?");
        SQLite::bind(query, key.recording, key.version, key.input, key.settings);
        Windows windows;
        while (query.executeStep()) {
            auto heard = decodedResult<Transcript>(query);
            if (!heard) {
                continue;
            }
            windows.insert_or_assign(
                WindowNumber{query.getColumn(2).getInt(), query.getColumn(3).getInt()},
                Stored<Transcript>{std::move(*heard), Seconds{query.getColumn(1).getDouble()}});
        }
        return windows;
    });
}

Status ResultStore::put(std::span<const Keyed<CallAnalysis>> results) {
    return connection_->sqlite->guarded([&]() -> Status {
        const WritePoint point("store: analyses anew");
        connection_->sqlite->setDurability(Durability::PowerCut);
        SQLite::Transaction transaction(connection_->database,
                                        SQLite::TransactionBehavior::IMMEDIATE);
        for (const Keyed<CallAnalysis>& one : results) {
            connection_->insert("analyze", one.key, encode(one.result), {});
        }
        transaction.commit();
        return {};
    });
}

std::filesystem::path defaultStoreFile() {
    return dataFolder() / "store.sqlite";
}

}  // namespace chat::store
