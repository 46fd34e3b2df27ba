#include "chat/store/eta_store.h"

#include "chat/core/write_point.h"
#include "chat/queue/worker_name.h"
#include "chat/store/job_query.h"
#include "chat/store/sqlite_connection.h"

#include <SQLiteCpp/Transaction.h>
#include <SQLiteCpp/VariadicBind.h>

#include <algorithm>

namespace chat::store {

namespace {

Seconds secondsOf(const SQLite::Statement& row, int column) {
    return Seconds{row.getColumn(column).getDouble()};
}

StageSeconds stagesOf(const SQLite::Statement& row) {
    return {secondsOf(row, 0), secondsOf(row, 1), secondsOf(row, 2), secondsOf(row, 3)};
}

std::string hostOf(const SQLite::Statement& row, int column) {
    const auto name = queue::workerNamed(row.getColumn(column).getString());
    return name ? name->host : "";
}

KeptPrediction predictionOf(const SQLite::Statement& row) {
    return {timeOf(row.getColumn(0).getInt64()),
            row.getColumn(1).getInt(),
            secondsOf(row, 2),
            secondsOf(row, 3),
            secondsOf(row, 4),
            row.getColumn(5).getDouble(),
            secondsOf(row, 6)};
}

std::vector<KeptPrediction> oldestFirst(SQLite::Statement& newestFirst) {
    std::vector<KeptPrediction> predictions;
    while (newestFirst.executeStep()) {
        predictions.push_back(predictionOf(newestFirst));
    }
    std::ranges::reverse(predictions);
    return predictions;
}

}  // namespace

EtaStore::EtaStore(std::unique_ptr<SqliteConnection> connection)
    : sqlite_(std::move(connection)) {}
EtaStore::~EtaStore() = default;

Result<std::unique_ptr<EtaStore>> EtaStore::open(const std::filesystem::path& file,
                                                 const Clock& clock,
                                                 Access access) {
    return SqliteConnection::open(file, clock, access)
        .map([](std::unique_ptr<SqliteConnection>&& connection) {
            return std::unique_ptr<EtaStore>(new EtaStore(std::move(connection)));
        });
}

Status EtaStore::note(queue::JobId job,
                      const std::string& model,
                      int workers,
                      const TimedAttempt& took) {
    return sqlite_->guarded([&]() -> Status {
        const WritePoint point("store: times of an attempt");
        sqlite_->setDurability(SqliteConnection::Durability::ProcessEnd);
        const StageSeconds times = took.value_or(StageSeconds{});
        SQLite::Statement& update = sqlite_->statement(
            "UPDATE attempts SET model = ?, workers = ?, audio = ?, sound = ?, words = ?, analysis "
            "= ? WHERE id = (SELECT max(id) FROM attempts WHERE job = ?)");
        SQLite::bind(update,
                     model,
                     workers,
                     times.audio.count(),
                     times.sound.count(),
                     times.words.count(),
                     times.analysis.count(),
                     job);
        update.exec();
        return {};
    });
}

Result<std::vector<TimedAttempt>> EtaStore::attempts(const KindOfWork& kind, std::size_t most) {
    return sqlite_->guarded([&]() -> Result<std::vector<TimedAttempt>> {
        SQLite::Statement query(sqlite_->database(),
                                "SELECT audio, sound, words, analysis, end, worker FROM attempts "
                                "INDEXED BY attempts_by_model WHERE model = ? AND model <> '' AND "
                                "workers = ? ORDER BY id DESC");
        SQLite::bind(query, kind.model, kind.workers);
        std::vector<TimedAttempt> attempts;
        while (attempts.size() < most && query.executeStep()) {
            if (hostOf(query, 5) == kind.host) {
                attempts.push_back(query.getColumn(4).getString() == "complete"
                                       ? TimedAttempt(stagesOf(query))
                                       : std::nullopt);
            }
        }
        std::ranges::reverse(attempts);
        return attempts;
    });
}

Result<std::vector<KeptPrediction>> EtaStore::predictions(const KindOfWork& kind,
                                                          std::size_t most) {
    return sqlite_->guarded([&]() -> Result<std::vector<KeptPrediction>> {
        SQLite::Statement query(
            sqlite_->database(),
            "SELECT made_at, percent, remaining, lower, upper, widened, came FROM eta_predictions "
            "WHERE host = ? AND model = ? AND workers = ? ORDER BY id DESC LIMIT ?");
        SQLite::bind(query, kind.host, kind.model, kind.workers, static_cast<std::int64_t>(most));
        return oldestFirst(query);
    });
}

Result<std::vector<KeptPrediction>> EtaStore::predictions(const std::string& host) {
    return sqlite_->guarded([&]() -> Result<std::vector<KeptPrediction>> {
        SQLite::Statement query(
            sqlite_->database(),
            "SELECT made_at, percent, remaining, lower, upper, widened, came FROM eta_predictions "
            "WHERE host = ? ORDER BY id DESC");
        query.bind(1, host);
        return oldestFirst(query);
    });
}

Status EtaStore::keep(const KindOfWork& kind, std::span<const KeptPrediction> predictions) {
    return sqlite_->guarded([&]() -> Status {
        const WritePoint point("store: predictions of a run's end");
        sqlite_->setDurability(SqliteConnection::Durability::ProcessEnd);
        SQLite::Transaction transaction(sqlite_->database(),
                                        SQLite::TransactionBehavior::IMMEDIATE);
        SQLite::Statement insert(
            sqlite_->database(),
            "INSERT INTO eta_predictions (made_at, host, model, workers, percent, remaining, "
            "lower, upper, widened, came) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        for (const KeptPrediction& one : predictions) {
            insert.reset();
            SQLite::bind(insert,
                         milliseconds(one.madeAt),
                         kind.host,
                         kind.model,
                         kind.workers,
                         one.percent,
                         one.remaining.count(),
                         one.lower.count(),
                         one.upper.count(),
                         one.widened,
                         one.came.count());
            insert.exec();
        }
        transaction.commit();
        return {};
    });
}

Result<std::vector<EtaStore::Timed>> EtaStore::timed(std::size_t most) {
    return sqlite_->guarded([&]() -> Result<std::vector<Timed>> {
        SQLite::Statement query(sqlite_->database(),
                                "SELECT audio, sound, words, analysis, model, workers, worker FROM "
                                "attempts WHERE model <> '' AND end = 'complete' ORDER BY id DESC "
                                "LIMIT ?");
        query.bind(1, static_cast<std::int64_t>(most));
        std::vector<Timed> all;
        while (query.executeStep()) {
            all.push_back(
                {{hostOf(query, 6), query.getColumn(4).getString(), query.getColumn(5).getInt()},
                 stagesOf(query)});
        }
        std::ranges::reverse(all);
        return all;
    });
}

}  // namespace chat::store
