#include "chat/store/checkpoint_store.h"

#include "chat/core/write_point.h"
#include "chat/store/audit_log.h"
#include "chat/store/checkpoint.h"
#include "chat/store/sqlite_connection.h"

#include <SQLiteCpp/Transaction.h>
#include <SQLiteCpp/VariadicBind.h>

namespace chat::store {

CheckpointStore::CheckpointStore(std::unique_ptr<SqliteConnection> connection)
    : sqlite_(std::move(connection)) {}
CheckpointStore::~CheckpointStore() = default;

Result<std::unique_ptr<CheckpointStore>> CheckpointStore::open(const std::filesystem::path& file,
                                                               const Clock& clock,
                                                               Access access) {
    return SqliteConnection::open(file, clock, access)
        .map([](std::unique_ptr<SqliteConnection>&& connection) {
            return std::unique_ptr<CheckpointStore>(new CheckpointStore(std::move(connection)));
        });
}

Result<std::string> CheckpointStore::recordingOf(const queue::Job& job) {
    if (!job.recording.empty()) {
        return job.recording;
    }
    return sqlite_->guarded([&]() -> Result<std::string> {
        SQLite::Statement query(
            sqlite_->database(),
            "SELECT recording FROM calls WHERE file = ? ORDER BY id DESC LIMIT 1");
        query.bind(1, job.file.string());
        return query.executeStep() ? query.getColumn(0).getString() : std::string();
    });
}

Result<std::vector<std::string>> CheckpointStore::recordingsOf(const std::string& sid) {
    return sqlite_->guarded([&]() -> Result<std::vector<std::string>> {
        SQLite::Statement query(
            sqlite_->database(),
            "SELECT recording FROM calls WHERE sid = ?1 COLLATE NOCASE AND sid <> '' UNION SELECT "
            "sha256 FROM recordings WHERE sha256 = ?1 COLLATE NOCASE");
        query.bind(1, sid);
        std::vector<std::string> recordings;
        while (query.executeStep()) {
            recordings.push_back(query.getColumn(0).getString());
        }
        return recordings;
    });
}

Result<std::vector<Checkpoint>> CheckpointStore::of(const std::string& recording,
                                                    const StageVersions& versions) {
    return sqlite_->guarded([&]() -> Result<std::vector<Checkpoint>> {
        SQLite::Statement query(
            sqlite_->database(),
            "SELECT stage, version, input, settings, result, hash, seconds, NULL, NULL FROM "
            "stage_results WHERE recording = ?1 UNION ALL SELECT 'transcribe', version, input, "
            "settings, result, hash, seconds, channel, number FROM heard_windows WHERE recording "
            "= ?1");
        query.bind(1, recording);
        std::vector<Checkpoint> all;
        while (query.executeStep()) {
            const auto text = [&](int column) { return query.getColumn(column).getString(); };
            Checkpoint& one = all.emplace_back();
            one.stage = text(0);
            one.key = {recording, query.getColumn(1).getInt(), text(2), text(3)};
            const SQLite::Column blob = query.getColumn(4);
            const auto bytes = blobOf(blob);
            one.bytes = bytes.size();
            one.damaged = !hasHash(bytes, text(5)) || (one.key.version == versions.of(one.stage) &&
                                                       !isResultOf(one.stage, bytes));
            one.took = Seconds{query.getColumn(6).getDouble()};
            if (!query.getColumn(7).isNull()) {
                one.window = {query.getColumn(7).getInt(), query.getColumn(8).getInt()};
            }
        }
        return all;
    });
}

Result<bool> CheckpointStore::isCompleted(const std::string& recording) {
    return sqlite_->guarded([&]() -> Result<bool> {
        SQLite::Statement query(sqlite_->database(),
                                "SELECT 1 FROM jobs WHERE recording = ? AND state = 'completed' "
                                "AND removed = 0 LIMIT 1");
        query.bind(1, recording);
        return query.executeStep();
    });
}

Result<int> CheckpointStore::discard(const Discard& what,
                                     const std::string& sid,
                                     const std::string& why) {
    return sqlite_->guarded([&]() -> Result<int> {
        const WritePoint point("store: checkpoints are thrown away");
        sqlite_->setDurability(SqliteConnection::Durability::PowerCut);
        SQLite::Transaction transaction(sqlite_->database(),
                                        SQLite::TransactionBehavior::IMMEDIATE);
        SQLite::Statement results(
            sqlite_->database(),
            what.from == "audio" ? "DELETE FROM stage_results WHERE recording = ?"
            : what.from == "transcribe"
                ? "DELETE FROM stage_results WHERE recording = ? AND stage <> 'audio'"
                : "DELETE FROM stage_results WHERE recording = ? AND stage = 'analyze'");
        results.bind(1, what.recording);
        int gone = results.exec();
        if (what.from != "analyze") {
            SQLite::Statement windows(sqlite_->database(),
                                      "DELETE FROM heard_windows WHERE recording = ?");
            windows.bind(1, what.recording);
            gone += windows.exec();
        }
        if (gone > 0) {
            noteAction(*sqlite_, "discard", sid, why);
        }
        transaction.commit();
        return gone;
    });
}

}  // namespace chat::store
