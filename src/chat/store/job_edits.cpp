#include "chat/store/job_edits.h"

#include "chat/store/job_query.h"
#include "chat/store/list_indexes.h"

#include <fmt/format.h>
#include <SQLiteCpp/Savepoint.h>

#include <array>
#include <set>

namespace chat::store {

namespace {

using queue::Edit;
using queue::Move;
using Kind = queue::Edit::Kind;

constexpr const char* kHeldAlready = "the batch holds this call already";

/// "('pending', 'waiting')": the states from which the move is allowed.
std::string allowedStates(Move move) {
    std::string states;
    for (const queue::AllowedMove& row : queue::moves()) {
        if (row.move == move) {
            states += fmt::format("{}'{}'", states.empty() ? "" : ", ", queue::stateName(row.from));
        }
    }
    return "(" + states + ")";
}

/// The state that a move leads to, which is the same from wherever it is allowed.
std::string stateAfter(Move move) {
    for (const queue::AllowedMove& row : queue::moves()) {
        if (row.move == move && row.to) {
            return fmt::format("state = '{}'", queue::stateName(*row.to));
        }
    }
    return {};
}

/// What an edit sets, ?1 being its number: a batch, a priority or the time.
std::string changesOf(Kind kind) {
    switch (kind) {
        case Kind::Pause:
            return stateAfter(Move::Pause) + ", not_before = NULL";
        case Kind::Resume:
            return stateAfter(Move::Resume);
        case Kind::Retry:
            return stateAfter(Move::Retry) +
                   ", not_before = NULL, attempts = 0, ended_at = NULL, progress = 0, "
                   "error_code = '', error_what = '', error_cause = '', strategy = '', "
                   "strategy_for = ''";
        case Kind::Cancel:
            return stateAfter(Move::Cancel) +
                   ", not_before = NULL, lease_until = NULL, ended_at = ?1";
        case Kind::Remove:
            return "removed = 1";
        case Kind::Priority:
            return "priority = ?1";
        case Kind::Batch:
            return "batch = ?1";
        case Kind::Top:
            return "rank = (SELECT min(rank) FROM jobs) - (SELECT count(*) FROM chosen) + "
                   "position - 1";
        case Kind::Bottom:
            return "rank = (SELECT max(rank) FROM jobs) + position";
    }
    return {};
}

void choose(SqliteConnection& sqlite, const queue::JobFilter& filter) {
    SQLite::Database& database = sqlite.database();
    database.exec(
        "CREATE TEMP TABLE IF NOT EXISTS chosen (position INTEGER PRIMARY KEY, job INTEGER NOT "
        "NULL, was TEXT NOT NULL) STRICT");
    database.exec("DELETE FROM chosen");
    const SqlText condition = conditionOf(filter);
    SQLite::Statement insert(database,
                             "INSERT INTO chosen (job, was) SELECT id, state FROM jobs WHERE " +
                                 condition.text + " ORDER BY priority, rank, id");
    bindValues(insert, condition.values);
    insert.exec();
}

/// What the edit before this one could have been undone to is gone now.
void forgetLastEdit(SQLite::Database& database) {
    database.exec("DELETE FROM edited_jobs");
    database.exec("DELETE FROM jobs WHERE removed = 1");
}

/// Gives how many jobs will be changed.
std::size_t noteBefore(SQLite::Database& database, Move move) {
    return static_cast<std::size_t>(database.exec(fmt::format(R"(
        INSERT INTO edited_jobs (job, moves, batch, priority, rank, state, stage, progress, attempts, not_before,
            ended_at, error_code, error_what, error_cause)
        SELECT id, moves, batch, priority, rank, state, stage, progress, attempts, not_before,
            ended_at, error_code, error_what, error_cause
        FROM chosen JOIN jobs ON id = job WHERE was IN {})",
                                                              allowedStates(move))));
}

void noteCancelledAttempts(SQLite::Database& database, std::int64_t now) {
    SQLite::Statement note(database, R"(
        INSERT INTO attempts (job, worker, started_at, ended_at, end, stage, error_code, error_what, error_cause,
            strategy, strategy_for)
        SELECT id, worker, started_at, ?, 'cancel', stage, '', '', '', strategy, strategy_for
        FROM chosen JOIN jobs ON id = job WHERE was = 'running')");
    note.bind(1, now);
    note.exec();
}

/// Changes the jobs that were noted, `count` of them.
void change(SqliteConnection& sqlite, const Edit& edit, std::size_t count) {
    SQLite::Database& database = sqlite.database();
    const bool ranked = edit.kind == Kind::Top || edit.kind == Kind::Bottom;
    const auto indexes = ranked || edit.kind == Kind::Priority
                             ? takeIndexesAway(database, kQueueIndexes, count)
                             : std::vector<std::string>();
    const std::int64_t now = milliseconds(sqlite.clock().now());
    if (edit.kind == Kind::Cancel) {
        noteCancelledAttempts(database, now);
    }
    // Of two jobs with one call only the first of the queue can come into a batch.
    SQLite::Statement update(
        database,
        fmt::format("UPDATE {}jobs SET {}, moves = moves + 1 {} (SELECT job FROM edited_jobs)",
                    edit.kind == Kind::Batch ? "OR IGNORE " : "",
                    changesOf(edit.kind),
                    ranked || edit.kind == Kind::Batch ? "FROM chosen WHERE id = job AND id IN"
                                                       : "WHERE id IN"));
    if (edit.kind == Kind::Batch) {
        update.bind(1, edit.batch);
    } else if (edit.kind == Kind::Priority) {
        update.bind(1, edit.priority);
    } else if (edit.kind == Kind::Cancel) {
        update.bind(1, now);
    }
    update.exec();
    makeIndexes(database, indexes);
    if (edit.kind == Kind::Batch) {
        database.exec(
            "DELETE FROM edited_jobs WHERE moves = (SELECT moves FROM jobs WHERE id = job)");
    }
}

queue::EditOutcome answersOf(SQLite::Database& database, Move move) {
    queue::EditOutcome outcome;
    SQLite::Statement query(
        database,
        "SELECT chosen.job, sid, was, edited_jobs.job IS NOT NULL FROM chosen JOIN jobs ON id = "
        "chosen.job LEFT JOIN edited_jobs ON edited_jobs.job = chosen.job ORDER BY position");
    while (query.executeStep()) {
        queue::EditAnswer answer{query.getColumn(0).getInt64(), query.getColumn(1).getString(), {}};
        const auto was = queue::stateNamed(query.getColumn(2).getString());
        if (was && !queue::allowed(move, *was)) {
            answer.refused = queue::refusal(move, *was);
        } else if (query.getColumn(3).getInt() == 0) {
            answer.refused = kHeldAlready;
        } else {
            ++outcome.done;
        }
        outcome.answers.push_back(std::move(answer));
    }
    return outcome;
}

/// The jobs of the last edit, those that have moved on since with the reason.
queue::EditOutcome editedJobs(SQLite::Database& database) {
    queue::EditOutcome outcome;
    SQLite::Statement query(database, R"(
        SELECT job, sid, jobs.state, jobs.moves > e.moves + 1
        FROM edited_jobs e JOIN jobs ON id = job ORDER BY e.priority, e.rank, job)");
    while (query.executeStep()) {
        queue::EditAnswer answer{query.getColumn(0).getInt64(), query.getColumn(1).getString(), {}};
        if (query.getColumn(3).getInt() != 0) {
            answer.refused =
                fmt::format("it has moved on since: it is {} now", query.getColumn(2).getString());
        }
        outcome.answers.push_back(std::move(answer));
    }
    return outcome;
}

/// Sets back the columns that the edit changed in any job, and only those: each one set costs its indexes.
void restore(SQLite::Database& database, std::size_t edited) {
    // A job that was running when it was cancelled has lost its lease: it is pending again.
    static constexpr std::array<std::array<std::string_view, 2>, 12> kBefore{{
        {"batch", "e.batch"},
        {"priority", "e.priority"},
        {"rank", "e.rank"},
        {"state", "iif(e.state = 'running', 'pending', e.state)"},
        {"stage", "e.stage"},
        {"progress", "iif(e.state = 'running', 0, e.progress)"},
        {"attempts", "e.attempts"},
        {"not_before", "e.not_before"},
        {"ended_at", "e.ended_at"},
        {"error_code", "e.error_code"},
        {"error_what", "e.error_what"},
        {"error_cause", "e.error_cause"},
    }};
    std::string differences;
    for (const auto& [column, before] : kBefore) {
        differences += fmt::format(", max(jobs.{} IS NOT {})", column, before);
    }
    SQLite::Statement query(
        database,
        fmt::format("SELECT max(removed){} FROM edited_jobs e JOIN jobs ON id = job WHERE "
                    "jobs.moves = e.moves + 1",
                    differences));
    query.executeStep();
    std::string changes;
    if (query.getColumn(0).getInt() != 0) {
        changes += ", removed = 0";
    }
    bool reordered = false;
    for (std::size_t i = 0; i < kBefore.size(); ++i) {
        if (query.getColumn(static_cast<int>(i) + 1).getInt() != 0) {
            reordered = reordered || kBefore.at(i)[0] == "priority" || kBefore.at(i)[0] == "rank";
            changes += fmt::format(", {} = {}", kBefore.at(i)[0], kBefore.at(i)[1]);
        }
    }
    query.reset();
    const auto indexes =
        reordered ? takeIndexesAway(database, kQueueIndexes, edited) : std::vector<std::string>();
    database.exec(
        fmt::format("UPDATE OR IGNORE jobs SET moves = jobs.moves + 1{} FROM edited_jobs e WHERE "
                    "jobs.id = e.job AND jobs.moves = e.moves + 1",
                    changes));
    makeIndexes(database, indexes);
}

}  // namespace

tl::unexpected<Error> missingBatch() {
    return fail(ErrorCode::QDataBatchMissing, "The batch is not there any more");
}

bool knowsBatch(SQLite::Database& database, queue::BatchId batch) {
    SQLite::Statement query(database, "SELECT 1 FROM batches WHERE id = ?");
    query.bind(1, batch);
    return query.executeStep();
}

Result<queue::EditOutcome> applyEdit(SqliteConnection& sqlite,
                                     const queue::JobFilter& filter,
                                     const Edit& edit) {
    SQLite::Database& database = sqlite.database();
    if (edit.kind == Kind::Batch && !knowsBatch(database, edit.batch)) {
        return missingBatch();
    }
    const Move move = queue::moveOf(edit.kind);
    choose(sqlite, filter);
    // An edit that does nothing does not stand between a person and the undoing of the one before.
    SQLite::Savepoint all(database, "edit");
    forgetLastEdit(database);
    change(sqlite, edit, noteBefore(database, move));
    queue::EditOutcome outcome = answersOf(database, move);
    if (outcome.done > 0) {
        all.release();
    }
    return outcome;
}

Result<queue::EditOutcome> undoEdit(SqliteConnection& sqlite) {
    SQLite::Database& database = sqlite.database();
    queue::EditOutcome outcome = editedJobs(database);
    if (outcome.answers.empty()) {
        return fail(ErrorCode::QStateNothingToUndo, "There is no edit that could be taken back");
    }
    restore(database, outcome.answers.size());
    SQLite::Statement left(
        database,
        "SELECT job FROM edited_jobs e JOIN jobs ON id = job WHERE jobs.moves = e.moves + 1");
    std::set<queue::JobId> held;
    while (left.executeStep()) {
        held.insert(left.getColumn(0).getInt64());
    }
    for (queue::EditAnswer& answer : outcome.answers) {
        if (held.contains(answer.job)) {
            answer.refused = kHeldAlready;
        }
        outcome.done += answer.refused.empty() ? 1 : 0;
    }
    forgetLastEdit(database);
    return outcome;
}

}  // namespace chat::store
