#include "chat/store/sqlite_job_store.h"

#include "chat/core/write_point.h"
#include "chat/queue/retry_policy.h"
#include "chat/store/job_additions.h"
#include "chat/store/job_edits.h"
#include "chat/store/job_query.h"
#include "chat/store/sqlite_connection.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <SQLiteCpp/Transaction.h>
#include <SQLiteCpp/VariadicBind.h>

#include <algorithm>

namespace chat::store {

namespace {

using queue::Move;
using Durability = SqliteConnection::Durability;

const std::string kBatches =
    "SELECT id, name, settings, created_at, finish_by, retries, retry_budget FROM batches";

/// ?4: at most so many; ?5: the batch, or a JSON array of batches; ?6: the job.
constexpr std::string_view kNextOfAny =
    "SELECT id FROM jobs INDEXED BY jobs_by_state_and_queue WHERE state = 'pending' AND removed = "
    "0 AND awaits = 0 "
    "ORDER BY priority, rank, id LIMIT ?4";
constexpr std::string_view kNextOfBatch =
    "SELECT id FROM jobs INDEXED BY jobs_by_batch_and_queue WHERE state = 'pending' AND removed = "
    "0 AND awaits = 0 "
    "AND batch = ?5 ORDER BY priority, rank, id LIMIT ?4";
/// The first of each batch, and of these the first: jobs of batches that are not meant are passed over without being read.
constexpr std::string_view kNextOfBatches = R"(
    SELECT next.id FROM json_each(?5) AS meant CROSS JOIN jobs AS next ON next.id IN (
        SELECT id FROM jobs INDEXED BY jobs_by_batch_and_queue WHERE state = 'pending' AND removed = 0
        AND awaits = 0 AND batch = meant.value ORDER BY priority, rank, id LIMIT ?4)
    ORDER BY next.priority, next.rank, next.id LIMIT ?4)";
constexpr std::string_view kThisOne =
    "SELECT id FROM jobs NOT INDEXED WHERE state = 'pending' AND removed = 0 AND awaits = 0 AND id "
    "= ?6 "
    "AND (?5 = '[]' OR batch IN (SELECT value FROM json_each(?5))) LIMIT ?4";

/// ?7 and ?8: unless so many recordings, or bytes of them, are there that are to be worked on before.
constexpr std::string_view kNextToFetch = R"(
    SELECT next.id FROM json_each(?5) AS meant CROSS JOIN jobs AS next ON next.id IN (
        SELECT id FROM jobs INDEXED BY jobs_by_fetch_queue WHERE state = 'pending' AND removed = 0
        AND awaits = 1 AND batch = meant.value ORDER BY priority, rank, id LIMIT ?4)
    WHERE (SELECT count(*) < ?7 AND total(ahead.bytes) < ?8
        FROM jobs AS ahead INDEXED BY jobs_fetched WHERE ahead.state = 'pending' AND ahead.removed = 0
        AND ahead.awaits = 0 AND ahead.source IS NOT NULL AND ahead.priority <= next.priority
        AND ahead.batch IN (SELECT value FROM json_each(?5)))
    ORDER BY next.priority, next.rank, next.id LIMIT ?4)";

class SqliteJobStore final : public queue::JobStore {
  public:
    explicit SqliteJobStore(std::unique_ptr<SqliteConnection> connection)
        : sqlite_(std::move(connection)) {}

    Result<queue::BatchId> createBatch(const std::string& name,
                                       const std::string& settings,
                                       std::int64_t retryBudget) override {
        return write<queue::BatchId>("queue: a batch", Durability::PowerCut, [&] {
            return store::createBatch(*sqlite_, name, settings, retryBudget);
        });
    }

    Result<std::vector<queue::Batch>> batches() override {
        return read<std::vector<queue::Batch>>([&]() -> Result<std::vector<queue::Batch>> {
            std::vector<queue::Batch> batches;
            SQLite::Statement& query = sqlite_->statement(kBatches + " ORDER BY id DESC");
            while (query.executeStep()) {
                batches.push_back(batchOf(query));
            }
            return batches;
        });
    }

    Result<std::optional<queue::Batch>> batch(const std::string& name) override {
        return read<std::optional<queue::Batch>>([&]() -> Result<std::optional<queue::Batch>> {
            SQLite::Statement& query = sqlite_->statement(kBatches + " WHERE name = ?");
            query.bind(1, name);
            return query.executeStep() ? std::optional(batchOf(query)) : std::nullopt;
        });
    }

    Status setBatchSettings(queue::BatchId batch, const std::string& settings) override {
        return write<void>("queue: settings", Durability::PowerCut, [&]() -> Status {
            SQLite::Statement& update =
                sqlite_->statement("UPDATE batches SET settings = ? WHERE id = ?");
            SQLite::bind(update, settings, batch);
            return update.exec() == 0 ? Status(missingBatch()) : Status();
        });
    }

    Status setFinishBy(queue::BatchId batch, std::optional<queue::Time> time) override {
        return write<void>("queue: deadline", Durability::PowerCut, [&]() -> Status {
            SQLite::Statement& update =
                sqlite_->statement("UPDATE batches SET finish_by = ? WHERE id = ?");
            if (time) {
                update.bind(1, milliseconds(*time));
            }
            update.bind(2, batch);
            return update.exec() == 0 ? Status(missingBatch()) : Status();
        });
    }

    Result<queue::AddOutcome> add(queue::BatchId batch,
                                  std::span<const queue::NewJob> jobs) override {
        return write<queue::AddOutcome>("queue: jobs", Durability::PowerCut, [&] {
            return addJobs(*sqlite_, batch, jobs, std::nullopt);
        });
    }

    Result<queue::Enqueued> enqueue(const queue::Enqueuing& what) override {
        return write<queue::Enqueued>("queue: calls found", Durability::PowerCut, [&] {
            return store::enqueue(*sqlite_, what);
        });
    }

    Result<std::vector<queue::KnownCall>> known(const std::string& address,
                                                std::span<const std::string> sids) override {
        return read<std::vector<queue::KnownCall>>([&]() -> Result<std::vector<queue::KnownCall>> {
            return knownCalls(*sqlite_, address, sids);
        });
    }

    Result<queue::KeptSource> source(queue::SourceId id) override {
        return read<queue::KeptSource>([&] { return sourceOf(*sqlite_, id); });
    }

    Result<std::vector<queue::Job>> claim(const queue::ClaimRequest& request) override {
        return write<std::vector<queue::Job>>(
            "queue: claim", Durability::ProcessEnd, [&]() -> Result<std::vector<queue::Job>> {
                const std::int64_t now = this->now();
                makeDueOnesPending(now, request);
                const std::vector<queue::BatchId>& batches = request.batches;
                const std::string_view next = request.fetch         ? kNextToFetch
                                              : request.job         ? kThisOne
                                              : batches.empty()     ? kNextOfAny
                                              : batches.size() == 1 ? kNextOfBatch
                                                                    : kNextOfBatches;
                SQLite::Statement& take = sqlite_->statement(fmt::format(
                    R"(
                UPDATE jobs SET moves = moves + 1, state = 'running', worker = ?1, lease_until = ?2, started_at = ?3,
                    ended_at = NULL, attempts = attempts + 1, stage = '', progress = 0
                WHERE id IN ({}) RETURNING {})",
                    next,
                    kJobColumns));
                SQLite::bind(take,
                             request.worker,
                             now + request.lease.count(),
                             now,
                             static_cast<std::int64_t>(request.count));
                if (next == kNextOfBatch) {
                    take.bind(5, batches.front());
                } else if (next != kNextOfAny) {
                    take.bind(5, nlohmann::json(batches).dump());
                }
                if (request.job) {
                    take.bind(6, *request.job);
                }
                if (const std::optional<queue::FetchBounds>& ahead = request.fetch) {
                    take.bind(7, static_cast<std::int64_t>(ahead->files));
                    take.bind(8, static_cast<std::int64_t>(ahead->bytes));
                }
                std::vector<queue::Job> jobs;
                while (take.executeStep()) {
                    jobs.push_back(jobOf(take));
                }
                std::ranges::sort(jobs, {}, [](const queue::Job& job) {
                    return std::tuple(job.priority, job.rank, job.id);
                });
                return jobs;
            });
    }

    Result<bool> heartbeat(queue::JobId job,
                           const std::string& worker,
                           std::chrono::milliseconds lease,
                           const std::string& stage,
                           double progress) override {
        return write<bool>("queue: heartbeat", Durability::ProcessEnd, [&]() -> Result<bool> {
            SQLite::Statement& update = sqlite_->statement(R"(
                UPDATE jobs SET lease_until = ?, stage = ?, progress = ?
                WHERE id = ? AND worker = ? AND state = 'running')");
            SQLite::bind(update, now() + lease.count(), stage, progress, job, worker);
            return update.exec() == 1;
        });
    }

    Result<bool> fetched(queue::JobId job,
                         const std::string& worker,
                         std::uint64_t bytes) override {
        // One that is forgotten in a power cut is found on disk again.
        return write<bool>(
            "queue: a recording is there", Durability::ProcessEnd, [&]() -> Result<bool> {
                SQLite::Statement& update = sqlite_->statement(R"(
                UPDATE jobs SET moves = moves + 1, state = 'pending', lease_until = NULL, attempts = attempts - 1,
                    stage = 'fetch', progress = 0, bytes = ?, awaits = 0
                WHERE id = ? AND worker = ? AND state = 'running')");
                SQLite::bind(update, static_cast<std::int64_t>(bytes), job, worker);
                return update.exec() == 1;
            });
    }

    Result<bool> end(queue::JobId job,
                     const std::string& worker,
                     const queue::AttemptEnd& end) override {
        return write<bool>("queue: end of an attempt", Durability::PowerCut, [&]() -> Result<bool> {
            SQLite::Statement& query = sqlite_->statement(
                "SELECT batch FROM jobs WHERE id = ? AND worker = ? AND state = 'running'");
            SQLite::bind(query, job, worker);
            if (!query.executeStep()) {
                return false;
            }
            Move move = end.move;
            // Another way of working is tried once at a call: no storm of retries.
            const bool otherWay =
                end.strategy == Strategy::SmallerModel || end.strategy == Strategy::OtherDecoding;
            if (move == Move::Wait && !otherWay && !takeRetry(query.getColumn(0).getInt64())) {
                move = Move::Fail;
            }
            const std::int64_t now = this->now();
            record(move, end, job, now);
            conclude(move, end, job, now);
            return true;
        });
    }

    Result<std::optional<queue::Time>> nextDue(
        const std::vector<queue::BatchId>& batches) override {
        return read<std::optional<queue::Time>>([&]() -> Result<std::optional<queue::Time>> {
            SQLite::Statement& query = sqlite_->statement(R"(
                SELECT min(due) FROM (
                    SELECT not_before AS due, batch FROM jobs INDEXED BY jobs_waiting
                    WHERE state = 'waiting' AND removed = 0
                    UNION ALL SELECT lease_until, batch FROM jobs INDEXED BY jobs_running
                    WHERE state = 'running' AND removed = 0)
                WHERE ?1 = '[]' OR batch IN (SELECT value FROM json_each(?1)))");
            query.bind(1, nlohmann::json(batches).dump());
            query.executeStep();
            return query.getColumn(0).isNull()
                       ? std::nullopt
                       : std::optional(timeOf(query.getColumn(0).getInt64()));
        });
    }

    Result<queue::JobPage> list(const queue::JobFilter& filter,
                                const queue::JobSort& sort,
                                std::size_t limit,
                                const std::optional<queue::PageMark>& after) override {
        std::vector<SqlValue> mark;
        if (after) {
            auto values = keyValues(sort, *after);
            if (!values) {
                return tl::unexpected(values.error());
            }
            mark = std::move(*values);
        }
        return read<queue::JobPage>([&]() -> Result<queue::JobPage> {
            const auto found = foundByPath(sqlite_->database(), filter);
            if (!found) {
                return queue::JobPage{};
            }
            const WayToList way = wayToList(sqlite_->database(), *found, sort.by);
            const SqlText condition = conditionOf(*found);
            const std::string_view direction = sort.descending ? " DESC" : "";
            // Sorted by number first: whole jobs would be carried through the sorting.
            const std::string order = fmt::format(
                "{}{}", fmt::join(keyColumns(sort.by), fmt::format("{}, ", direction)), direction);
            queue::JobPage page;
            for (const SqlText& rest : conditionsAfter(sort, mark, way.inOrder)) {
                SQLite::Statement query(
                    sqlite_->database(),
                    fmt::format(
                        "SELECT {0} FROM jobs WHERE id IN (SELECT id FROM jobs {1} WHERE {2}{3} "
                        "ORDER BY {4} LIMIT ?) ORDER BY {4}",
                        kJobColumns,
                        way.clause,
                        condition.text,
                        rest.text,
                        order));
                std::vector<SqlValue> values = condition.values;
                values.insert(values.end(), rest.values.begin(), rest.values.end());
                values.emplace_back(static_cast<std::int64_t>(limit + 1 - page.jobs.size()));
                bindValues(query, values);
                while (query.executeStep()) {
                    if (page.jobs.size() == limit) {
                        page.next = markOf(sort, page.jobs.back());
                        return page;
                    }
                    page.jobs.push_back(jobOf(query));
                }
            }
            return page;
        });
    }

    Result<queue::StateCounts> counts(const queue::JobFilter& filter) override {
        return read<queue::StateCounts>([&]() -> Result<queue::StateCounts> {
            const SqlText condition = conditionOf(filter);
            SQLite::Statement query(
                sqlite_->database(),
                "SELECT state, count(*) FROM jobs WHERE " + condition.text + " GROUP BY state");
            bindValues(query, condition.values);
            queue::StateCounts counts{};
            while (query.executeStep()) {
                if (const auto state = queue::stateNamed(query.getColumn(0).getString())) {
                    counts.at(static_cast<std::size_t>(*state)) =
                        static_cast<std::size_t>(query.getColumn(1).getInt64());
                }
            }
            return counts;
        });
    }

    Result<queue::BatchWork> work(queue::BatchId batch) override {
        return read<queue::BatchWork>([&]() -> Result<queue::BatchWork> {
            SQLite::Statement& query = sqlite_->statement(
                "SELECT count(*), total(duration), total(processing) FROM jobs "
                "WHERE batch = ? AND state = 'completed' AND removed = 0");
            query.bind(1, batch);
            query.executeStep();
            return queue::BatchWork{static_cast<std::size_t>(query.getColumn(0).getInt64()),
                                    Seconds(query.getColumn(1).getDouble()),
                                    Seconds(query.getColumn(2).getDouble())};
        });
    }

    Result<std::vector<queue::Attempt>> attempts(queue::JobId job) override {
        return read<std::vector<queue::Attempt>>([&]() -> Result<std::vector<queue::Attempt>> {
            SQLite::Statement& query = sqlite_->statement(
                "SELECT worker, started_at, ended_at, end, stage, error_code, error_what, "
                "error_cause, strategy, strategy_for FROM attempts WHERE job = ? ORDER BY id");
            query.bind(1, job);
            std::vector<queue::Attempt> attempts;
            while (query.executeStep()) {
                queue::Attempt attempt;
                attempt.job = job;
                attempt.number = static_cast<int>(attempts.size()) + 1;
                attempt.worker = query.getColumn(0).getString();
                attempt.startedAt = timeOf(query.getColumn(1).getInt64());
                attempt.endedAt = timeOf(query.getColumn(2).getInt64());
                attempt.end = queue::moveNamed(query.getColumn(3).getString()).value_or(Move::Fail);
                attempt.stage = query.getColumn(4).getString();
                attempt.error = errorOf(query, 5);
                attempt.retrial = retrialOf(query, 8);
                attempts.push_back(std::move(attempt));
            }
            return attempts;
        });
    }

    Result<std::vector<queue::StrategyRecord>> strategyRecords(const std::string& code,
                                                               queue::Time since) override {
        return read<std::vector<queue::StrategyRecord>>(
            [&]() -> Result<std::vector<queue::StrategyRecord>> {
                SQLite::Statement& query = sqlite_->statement(
                    "SELECT strategy, count(*), sum(end = 'complete') FROM attempts WHERE "
                    "strategy_for = ? AND strategy_for <> '' AND ended_at >= ? AND end IN "
                    "('complete', 'fail', 'wait') GROUP BY strategy");
                SQLite::bind(query, code, milliseconds(since));
                std::vector<queue::StrategyRecord> records;
                while (query.executeStep()) {
                    if (const auto strategy = strategyNamed(query.getColumn(0).getString())) {
                        records.push_back(
                            {*strategy,
                             static_cast<std::size_t>(query.getColumn(1).getInt64()),
                             static_cast<std::size_t>(query.getColumn(2).getInt64())});
                    }
                }
                return records;
            });
    }

    Result<queue::EditOutcome> edit(const queue::JobFilter& filter,
                                    const queue::Edit& edit) override {
        return write<queue::EditOutcome>(
            "queue: edit", Durability::PowerCut, [&] { return applyEdit(*sqlite_, filter, edit); });
    }

    Result<queue::EditOutcome> undo() override {
        return write<queue::EditOutcome>(
            "queue: undo", Durability::PowerCut, [&] { return undoEdit(*sqlite_); });
    }

  private:
    /// A statement left half read would hold on to an old view of the store.
    struct ResetAtEnd {
        explicit ResetAtEnd(SqliteConnection& connection)
            : sqlite(connection) {}
        ~ResetAtEnd() { sqlite.resetStatements(); }
        ResetAtEnd(const ResetAtEnd&) = delete;
        ResetAtEnd& operator=(const ResetAtEnd&) = delete;
        ResetAtEnd(ResetAtEnd&&) = delete;
        ResetAtEnd& operator=(ResetAtEnd&&) = delete;
        SqliteConnection& sqlite;
    };

    template <typename T, typename Work>
    Result<T> read(Work&& work) {
        return sqlite_->guarded([&]() -> Result<T> {
            const ResetAtEnd reset(*sqlite_);
            return work();
        });
    }

    /// One short transaction; rolled back when `work` fails.
    template <typename T, typename Work>
    Result<T> write(const char* name, Durability durability, Work&& work) {
        return sqlite_->guarded([&]() -> Result<T> {
            const WritePoint point(name);
            sqlite_->setDurability(durability);
            SQLite::Transaction transaction(sqlite_->database(),
                                            SQLite::TransactionBehavior::IMMEDIATE);
            Result<T> result = [&] {
                const ResetAtEnd reset(*sqlite_);
                return work();
            }();
            if (result) {
                transaction.commit();
            }
            return result;
        });
    }

    [[nodiscard]] std::int64_t now() const { return milliseconds(sqlite_->clock().now()); }

    static queue::Batch batchOf(const SQLite::Statement& row) {
        queue::Batch batch;
        batch.id = row.getColumn(0).getInt64();
        batch.name = row.getColumn(1).getString();
        batch.settings = row.getColumn(2).getString();
        batch.createdAt = timeOf(row.getColumn(3).getInt64());
        if (!row.getColumn(4).isNull()) {
            batch.finishBy = timeOf(row.getColumn(4).getInt64());
        }
        batch.retries = row.getColumn(5).getInt64();
        batch.retryBudget = row.getColumn(6).getInt64();
        return batch;
    }

    /// Jobs whose time to wait is over, and those whose worker has been silent for longer than its lease. Who claims is not
    /// silent: its own leases ran out while the machine slept, and it renews them.
    void makeDueOnesPending(std::int64_t now, const queue::ClaimRequest& request) {
        // A time further away than any is set says that the clock was set back since. Whoever lives renews its lease soon.
        SQLite::Statement& shorten = sqlite_->statement(R"(
            UPDATE jobs INDEXED BY jobs_running SET lease_until = ?
            WHERE state = 'running' AND removed = 0 AND lease_until > ?)");
        SQLite::bind(shorten, now + request.lease.count(), now + queue::kLongestLease.count());
        shorten.exec();
        SQLite::Statement& wake = sqlite_->statement(R"(
            UPDATE jobs INDEXED BY jobs_waiting SET moves = moves + 1, state = 'pending', not_before = NULL
            WHERE state = 'waiting' AND removed = 0 AND (not_before <= ? OR not_before > ?))");
        SQLite::bind(wake, now, now + queue::longestRetryDelay().count());
        wake.exec();
        SQLite::Statement& note = sqlite_->statement(R"(
            INSERT INTO attempts (job, worker, started_at, ended_at, end, stage, error_code, error_what, error_cause,
                strategy, strategy_for)
            SELECT id, worker, started_at, ?1, 'return', stage, '', '', '', strategy, strategy_for
            FROM jobs INDEXED BY jobs_running
            WHERE state = 'running' AND removed = 0 AND lease_until <= ?1 AND worker <> ?2)");
        SQLite::bind(note, now, request.worker);
        if (note.exec() > 0) {
            SQLite::Statement& take = sqlite_->statement(R"(
                UPDATE jobs INDEXED BY jobs_running SET moves = moves + 1, state = 'pending',
                    lease_until = NULL, progress = 0
                WHERE state = 'running' AND removed = 0 AND lease_until <= ? AND worker <> ?)");
            SQLite::bind(take, now, request.worker);
            take.exec();
        }
    }

    bool takeRetry(queue::BatchId batch) {
        SQLite::Statement& take = sqlite_->statement(
            "UPDATE batches SET retries = retries + 1 WHERE id = ? AND retries < retry_budget");
        take.bind(1, batch);
        return take.exec() == 1;
    }

    void record(Move move, const queue::AttemptEnd& end, queue::JobId job, std::int64_t now) {
        SQLite::Statement& note = sqlite_->statement(R"(
            INSERT INTO attempts (job, worker, started_at, ended_at, end, stage, error_code, error_what, error_cause,
                strategy, strategy_for)
            SELECT id, worker, started_at, ?, ?, ?, ?, ?, ?, strategy, strategy_for FROM jobs WHERE id = ?)");
        SQLite::bind(note, now, std::string(queue::moveName(move)), end.stage);
        bindError(note, 4, end.error);
        note.bind(7, job);
        note.exec();
    }

    /// What an attempt did not find out stays as an earlier one found it.
    void conclude(Move move, const queue::AttemptEnd& end, queue::JobId job, std::int64_t now) {
        // A worker that was stopped has not failed: its attempt does not count, and the last error stays.
        SQLite::Statement& update = sqlite_->statement(R"(
            UPDATE jobs SET moves = moves + 1, state = ?, lease_until = NULL, attempts = attempts - ?, not_before = ?,
                ended_at = ?, stage = ?, progress = ?, error_code = coalesce(?, error_code),
                error_what = coalesce(?, error_what), error_cause = coalesce(?, error_cause),
                recording = coalesce(nullif(?, ''), recording), duration = coalesce(nullif(?, 0.0), duration),
                processing = ?, strategy = coalesce(?, strategy), strategy_for = coalesce(?, strategy_for),
                awaits = iif(?, source IS NOT NULL, awaits)
            WHERE id = ?)");
        update.bind(1,
                    move == Move::Complete ? "completed"
                    : move == Move::Fail   ? "failed"
                    : move == Move::Wait   ? "waiting"
                                           : "pending");
        update.bind(2, move == Move::Return ? 1 : 0);
        if (move == Move::Wait) {
            update.bind(3, milliseconds(end.notBefore.value_or(sqlite_->clock().now())));
        }
        if (move == Move::Complete || move == Move::Fail) {
            update.bind(4, now);
        }
        update.bind(5, end.stage);
        update.bind(6, move == Move::Complete ? 1.0 : 0.0);
        if (move != Move::Return) {
            bindError(update, 7, end.error);
        }
        update.bind(10, end.recording);
        update.bind(11, end.duration.count());
        update.bind(12, end.processing.count());
        const bool again = move == Move::Wait || (move == Move::Return && end.strategy);
        if (const std::optional<Error>& error = end.error; again && error) {
            update.bind(13, std::string(strategyName(end.strategy.value_or(Strategy::Retry))));
            update.bind(14, std::string(errorName(error->code)));
        }
        // A recording that was fetched and is gone.
        update.bind(15,
                    again && end.error && end.error->code == ErrorCode::SysDataPathMissing ? 1 : 0);
        update.bind(16, job);
        update.exec();
    }

    std::unique_ptr<SqliteConnection> sqlite_;
};

}  // namespace

Result<std::unique_ptr<queue::JobStore>> openJobStore(const std::filesystem::path& file,
                                                      const Clock& clock,
                                                      Access access) {
    auto opened = SqliteConnection::open(file, clock, access);
    if (!opened) {
        return tl::unexpected(opened.error());
    }
    return (*opened)->guarded([&]() -> Result<std::unique_ptr<queue::JobStore>> {
        // KiB: the queue's indexes are filled in no order. Other connections leave what they read to the system's cache.
        (*opened)->database().exec("PRAGMA cache_size = -32768");
        return std::make_unique<SqliteJobStore>(std::move(*opened));
    });
}

}  // namespace chat::store
