#include "chat/store/error_store.h"

#include "chat/core/audio_names.h"
#include "chat/core/write_point.h"
#include "chat/queue/worker_name.h"
#include "chat/store/job_query.h"
#include "chat/store/sqlite_connection.h"

#include <SQLiteCpp/VariadicBind.h>

#include <utility>

namespace chat::store {

namespace {

using Time = std::chrono::system_clock::time_point;

ErrorRecord recordOf(const SQLite::Statement& row) {
    int column = 0;
    const auto next = [&] { return row.getColumn(column++); };
    ErrorRecord record;
    record.time = timeOf(next().getInt64());
    record.code = next().getString();
    record.severity = severityNamed(next().getString()).value_or(Severity::Medium);
    record.outcome = outcomeNamed(next().getString()).value_or(ErrorOutcome::Failed);
    record.call = next().getString();
    record.fileType = next().getString();
    record.job = next().getInt64();
    record.batch = next().getInt64();
    record.stage = next().getString();
    record.operation = next().getString();
    record.host = next().getString();
    record.worker = next().getString();
    record.attempt = next().getInt();
    record.cause = next().getString();
    record.system.freeMemoryBytes = static_cast<std::uint64_t>(next().getInt64());
    record.system.freeDiskBytes = static_cast<std::uint64_t>(next().getInt64());
    record.system.load = next().getDouble();
    record.version = next().getString();
    return record;
}

std::string hostOf(const std::string& worker) {
    const auto name = queue::workerNamed(worker);
    return name ? name->host : "";
}

}  // namespace

ErrorStore::ErrorStore(std::unique_ptr<SqliteConnection> connection)
    : sqlite_(std::move(connection)) {}
ErrorStore::~ErrorStore() = default;

Result<std::unique_ptr<ErrorStore>> ErrorStore::open(const std::filesystem::path& file,
                                                     const Clock& clock) {
    auto connection = SqliteConnection::open(file, clock);
    if (!connection) {
        return tl::unexpected(connection.error());
    }
    return (*connection)->guarded([&]() -> Result<std::unique_ptr<ErrorStore>> {
        // An error that a power cut takes along still stands in the log, and none is worth the wait for the disk.
        (*connection)->setDurability(SqliteConnection::Durability::ProcessEnd);
        return std::unique_ptr<ErrorStore>(new ErrorStore(std::move(*connection)));
    });
}

Status ErrorStore::add(const ErrorRecord& record) {
    return sqlite_->guarded([&]() -> Status {
        const WritePoint point("errors: one more");
        // A job or batch that was removed meanwhile must not keep its error out.
        SQLite::Statement& insert = sqlite_->statement(
            "INSERT INTO errors (time, code, severity, outcome, call, file_type, stage, operation, "
            "host, worker, attempt, cause, free_memory, free_disk, load, version, job, batch) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
            "(SELECT id FROM jobs WHERE id = ?), (SELECT id FROM batches WHERE id = ?))");
        SQLite::bind(insert,
                     milliseconds(record.time),
                     record.code,
                     std::string(severityName(record.severity)),
                     std::string(outcomeName(record.outcome)),
                     record.call,
                     record.fileType,
                     record.stage,
                     record.operation,
                     record.host,
                     record.worker,
                     record.attempt,
                     record.cause,
                     static_cast<std::int64_t>(record.system.freeMemoryBytes),
                     static_cast<std::int64_t>(record.system.freeDiskBytes),
                     record.system.load,
                     record.version,
                     record.job,
                     record.batch);
        insert.exec();
        return {};
    });
}

Result<std::vector<ErrorEvent>> ErrorStore::events(Time since) {
    return sqlite_->guarded([&]() -> Result<std::vector<ErrorEvent>> {
        SQLite::Statement& query = sqlite_->statement(
            "SELECT e.time, e.code, e.severity, e.outcome, e.call, e.file_type, e.job, e.batch, "
            "e.stage, e.operation, e.host, e.worker, e.attempt, e.cause, e.free_memory, "
            "e.free_disk, e.load, e.version, j.path, j.store, j.duration, "
            "coalesce(j.state = 'failed', e.outcome = 'failed') "
            "FROM errors e LEFT JOIN jobs j ON j.id = e.job AND j.removed = 0 "
            "WHERE e.time >= ? ORDER BY e.time, e.id");
        query.bind(1, milliseconds(since));
        std::vector<ErrorEvent> events;
        while (query.executeStep()) {
            events.push_back({recordOf(query),
                              query.getColumn(18).getString(),
                              query.getColumn(19).getString(),
                              Seconds{query.getColumn(20).getDouble()},
                              query.getColumn(21).getInt() != 0});
        }
        return events;
    });
}

Result<CallCounts> ErrorStore::calls(Time since) {
    return sqlite_->guarded([&]() -> Result<CallCounts> {
        SQLite::Statement& query = sqlite_->statement(
            "SELECT store, path, worker, coalesce(ended_at, started_at) FROM jobs "
            "WHERE removed = 0 AND coalesce(ended_at, started_at, 0) >= ? "
            "ORDER BY coalesce(ended_at, started_at)");
        query.bind(1, milliseconds(since));
        CallCounts counts;
        while (query.executeStep()) {
            const auto count = [&](Trait trait, const std::string& value) {
                if (!value.empty()) {
                    ++counts.of[trait][value];
                }
            };
            ++counts.calls;
            count(Trait::Store, query.getColumn(0).getString());
            count(Trait::FileType, std::string(audioEnding(query.getColumn(1).getString())));
            count(Trait::Host, hostOf(query.getColumn(2).getString()));
            counts.times.push_back(timeOf(query.getColumn(3).getInt64()));
            count(Trait::Hour, hourOf(counts.times.back()));
        }
        return counts;
    });
}

Result<int> ErrorStore::removeOld(std::chrono::seconds kept) {
    return sqlite_->guarded([&]() -> Result<int> {
        const WritePoint point("errors: old ones go");
        SQLite::Statement& remove = sqlite_->statement("DELETE FROM errors WHERE time < ?");
        remove.bind(1, milliseconds(sqlite_->clock().now() - kept));
        return remove.exec();
    });
}

}  // namespace chat::store
