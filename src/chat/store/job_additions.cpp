#include "chat/store/job_additions.h"

#include "chat/store/job_edits.h"
#include "chat/store/job_query.h"
#include "chat/store/list_indexes.h"

#include <SQLiteCpp/VariadicBind.h>

#include <set>

namespace chat::store {

namespace {

std::int64_t nowOf(const SqliteConnection& sqlite) {
    return milliseconds(sqlite.clock().now());
}

std::optional<queue::BatchId> batchNamed(SqliteConnection& sqlite, const std::string& name) {
    SQLite::Statement& query = sqlite.statement("SELECT id FROM batches WHERE name = ?");
    query.bind(1, name);
    return query.executeStep() ? std::optional(query.getColumn(0).getInt64()) : std::nullopt;
}

std::optional<queue::SourceId> sourceAt(SqliteConnection& sqlite, const std::string& address) {
    SQLite::Statement& query = sqlite.statement("SELECT id FROM sources WHERE address = ?");
    query.bind(1, address);
    return query.executeStep() ? std::optional(query.getColumn(0).getInt64()) : std::nullopt;
}

/// The source at that address, with the settings as they are given now.
queue::SourceId keep(SqliteConnection& sqlite, const queue::KeptSource& source) {
    SQLite::Statement& put = sqlite.statement(
        "INSERT INTO sources (address, folder, settings, changed_at) VALUES (?, ?, ?, ?) ON "
        "CONFLICT (address) DO UPDATE SET folder = excluded.folder, settings = excluded.settings, "
        "changed_at = excluded.changed_at RETURNING id");
    SQLite::bind(put, source.address, source.folder.string(), source.settings, nowOf(sqlite));
    put.executeStep();
    return put.getColumn(0).getInt64();
}

std::optional<queue::KnownCall> knownCall(SqliteConnection& sqlite,
                                          const std::optional<queue::SourceId>& source,
                                          const std::string& sid) {
    // The index does not tell apart what differs in case only.
    SQLite::Statement& query = sqlite.statement(
        "SELECT jobs.state, batches.name FROM jobs INDEXED BY jobs_by_sid JOIN batches ON "
        "batches.id = "
        "jobs.batch WHERE jobs.sid = ?1 AND jobs.sid = ?1 COLLATE BINARY AND jobs.source IS ?2 AND "
        "jobs.removed = 0 ORDER BY jobs.state = 'completed' DESC, jobs.id DESC LIMIT 1");
    query.bind(1, sid);
    if (source) {
        query.bind(2, *source);
    }
    if (!query.executeStep()) {
        return std::nullopt;
    }
    return queue::KnownCall{
        sid,
        queue::stateNamed(query.getColumn(0).getString()).value_or(queue::JobState::Failed),
        query.getColumn(1).getString()};
}

std::vector<queue::KnownCall> knownOf(SqliteConnection& sqlite,
                                      const std::optional<queue::SourceId>& source,
                                      std::span<const std::string> sids) {
    std::vector<queue::KnownCall> known;
    for (const std::string& sid : sids) {
        if (auto call = knownCall(sqlite, source, sid)) {
            known.push_back(std::move(*call));
        }
    }
    return known;
}

}  // namespace

Result<queue::BatchId> createBatch(SqliteConnection& sqlite,
                                   const std::string& name,
                                   const std::string& settings,
                                   std::int64_t retryBudget) {
    SQLite::Statement& insert = sqlite.statement(
        "INSERT INTO batches (name, settings, created_at, retry_budget) VALUES (?, ?, ?, ?) ON "
        "CONFLICT DO NOTHING");
    SQLite::bind(insert, name, settings, nowOf(sqlite), retryBudget);
    if (insert.exec() == 0) {
        return fail(ErrorCode::QValBatchExists, "There is a batch named " + name + " already");
    }
    return sqlite.database().getLastInsertRowid();
}

Result<queue::AddOutcome> addJobs(SqliteConnection& sqlite,
                                  queue::BatchId batch,
                                  std::span<const queue::NewJob> jobs,
                                  const std::optional<queue::SourceId>& source) {
    queue::AddOutcome outcome;
    outcome.total = jobs.size();
    SQLite::Database& database = sqlite.database();
    if (!knowsBatch(database, batch)) {
        return missingBatch();
    }
    const std::int64_t now = nowOf(sqlite);
    const std::int64_t lastRank =
        database.execAndGet("SELECT coalesce(max(rank), 0) FROM jobs").getInt64();
    const auto indexes = takeIndexesAway(database, kListIndexes, jobs.size());
    SQLite::Statement& insert = sqlite.statement(R"(
        INSERT INTO jobs (batch, sid, order_id, chain, store, agent, phone, call_time, file, path, bytes,
            priority, rank, state, added_at, ended_at, error_code, error_what, error_cause, source, awaits)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING)");
    std::int64_t given = 0;
    for (const queue::NewJob& job : jobs) {
        const std::optional<Error>& error = job.error;
        insert.reset();
        insert.clearBindings();
        SQLite::bind(insert,
                     batch,
                     job.call.sid,
                     job.call.orderId,
                     job.call.chain,
                     job.call.store,
                     job.call.agent,
                     job.call.phone,
                     job.call.startedAt,
                     job.file.string(),
                     job.path,
                     static_cast<std::int64_t>(job.bytes),
                     job.priority,
                     lastRank + 1 + job.place.value_or(given++),
                     error ? "failed" : "pending",
                     now);
        if (error) {
            insert.bind(16, now);
        }
        bindError(insert, 17, error);
        if (source) {
            insert.bind(20, *source);
        }
        insert.bind(21, source ? 1 : 0);
        outcome.added += static_cast<std::size_t>(insert.exec());
    }
    makeIndexes(database, indexes);
    outcome.duplicates = outcome.total - outcome.added;
    return outcome;
}

Result<queue::Enqueued> enqueue(SqliteConnection& sqlite, const queue::Enqueuing& what) {
    std::optional<queue::SourceId> source;
    if (const std::optional<queue::KeptSource>& given = what.source) {
        source = keep(sqlite, *given);
    }
    std::vector<std::string> sids;
    sids.reserve(what.jobs.size());
    for (const queue::NewJob& job : what.jobs) {
        sids.push_back(job.call.sid);
    }
    const auto batch = batchNamed(sqlite, what.batch);
    queue::Enqueued enqueued;
    enqueued.known = knownOf(sqlite, source, sids);
    if (what.again) {
        std::erase_if(enqueued.known,
                      [&](const queue::KnownCall& call) { return call.batch != what.batch; });
    }
    std::set<std::string> known;
    for (const queue::KnownCall& call : enqueued.known) {
        known.insert(call.sid);
    }
    std::vector<queue::NewJob> jobs;
    jobs.reserve(what.jobs.size() - known.size());
    for (const queue::NewJob& job : what.jobs) {
        if (!known.contains(job.call.sid)) {
            jobs.push_back(job);
        }
    }
    if (!batch && jobs.empty()) {
        return enqueued;
    }
    const auto into = batch ? Result<queue::BatchId>(*batch)
                            : createBatch(sqlite, what.batch, "{}", what.retryBudget);
    if (!into) {
        return tl::unexpected(into.error());
    }
    enqueued.batch = *into;
    sqlite.resetStatements();  // one that is read keeps indexes from being taken away
    return addJobs(sqlite, *into, jobs, source).map([&](const queue::AddOutcome& outcome) {
        enqueued.added = outcome.added;
        return enqueued;
    });
}

std::vector<queue::KnownCall> knownCalls(SqliteConnection& sqlite,
                                         const std::string& address,
                                         std::span<const std::string> sids) {
    std::optional<queue::SourceId> source;
    if (!address.empty()) {
        source = sourceAt(sqlite, address);
        if (!source) {
            return {};
        }
    }
    return knownOf(sqlite, source, sids);
}

Result<queue::KeptSource> sourceOf(SqliteConnection& sqlite, queue::SourceId id) {
    SQLite::Statement& query =
        sqlite.statement("SELECT address, folder, settings FROM sources WHERE id = ?");
    query.bind(1, id);
    if (!query.executeStep()) {
        return fail(ErrorCode::QUnkGenericError,
                    "The queue does not know the telephone system of a call");
    }
    return queue::KeptSource{query.getColumn(0).getString(),
                             query.getColumn(1).getString(),
                             query.getColumn(2).getString()};
}

}  // namespace chat::store
