#include "chat/store/job_edits.h"

#include "chat/store/job_query.h"

#include <fmt/format.h>
#include <SQLiteCpp/VariadicBind.h>

#include <set>

namespace chat::store {

namespace {

using queue::Edit;
using queue::Move;
using Kind = queue::Edit::Kind;

constexpr const char* kHeldAlready = "the batch holds this call already";

Move moveOf(Kind kind) {
    switch (kind) {
        case Kind::Pause:
            return Move::Pause;
        case Kind::Resume:
            return Move::Resume;
        case Kind::Retry:
            return Move::Retry;
        case Kind::Cancel:
            return Move::Cancel;
        case Kind::Remove:
            return Move::Remove;
        case Kind::Priority:
        case Kind::Batch:
        case Kind::Top:
        case Kind::Bottom:
            return Move::Reorder;
    }
    return Move::Reorder;
}

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

/// The state after the move as SQL.
std::string stateAfter(Move move) {
    if (move == Move::Remove) {
        return "'removed'";
    }
    if (move == Move::Reorder) {
        return "state";
    }
    for (const queue::AllowedMove& row : queue::moves()) {
        if (row.move == move && row.to) {
            return fmt::format("'{}'", queue::stateName(*row.to));
        }
    }
    return "state";
}

std::string rankAfter(Kind kind) {
    if (kind == Kind::Top) {
        return "(SELECT min(rank) FROM jobs) - (SELECT count(*) FROM chosen) + position - 1";
    }
    if (kind == Kind::Bottom) {
        return "(SELECT max(rank) FROM jobs) + position";
    }
    return "rank";
}

/// What a move changes beside batch, priority, rank and state.
const char* furtherChanges(Kind kind) {
    switch (kind) {
        case Kind::Pause:
            return ", not_before = NULL";
        case Kind::Retry:
            return ", not_before = NULL, attempts = 0, ended_at = NULL, progress = 0, error_code = "
                   "'', error_what = '', "
                   "error_cause = ''";
        case Kind::Cancel:
            return ", not_before = NULL, lease_until = NULL, ended_at = ?1";
        default:
            return "";
    }
}

void choose(SqliteConnection& sqlite, const queue::JobFilter& filter) {
    SQLite::Database& database = sqlite.database();
    database.exec(
        "CREATE TEMP TABLE IF NOT EXISTS chosen (job INTEGER PRIMARY KEY, position INTEGER "
        "NOT NULL, sid TEXT NOT NULL, was TEXT NOT NULL) STRICT");
    database.exec("DELETE FROM chosen");
    const SqlText condition = conditionOf(filter);
    SQLite::Statement insert(database,
                             "INSERT INTO chosen SELECT id, row_number() OVER (ORDER BY priority, "
                             "rank, id), sid, state FROM jobs WHERE " +
                                 condition.text);
    bindValues(insert, condition.values);
    insert.exec();
}

/// What the edit before this one could have been undone to is gone now.
void forgetLastEdit(SQLite::Database& database) {
    database.exec("DELETE FROM edited_jobs");
    database.exec("DELETE FROM jobs WHERE removed = 1");
}

void noteBefore(SqliteConnection& sqlite, const Edit& edit) {
    SQLite::Statement insert(sqlite.database(),
                             fmt::format("INSERT INTO edited_jobs (job, batch, priority, rank, "
                                         "state, stage, progress, attempts, "
                                         "not_before, ended_at, error_code, error_what, "
                                         "error_cause, after_batch, after_priority, "
                                         "after_rank, after_state) SELECT id, batch, priority, "
                                         "rank, state, stage, progress, attempts, "
                                         "not_before, ended_at, error_code, error_what, "
                                         "error_cause, {}, {}, {}, {} FROM chosen JOIN "
                                         "jobs ON id = job WHERE state IN {}",
                                         edit.kind == Kind::Batch ? "?1" : "batch",
                                         edit.kind == Kind::Priority ? "?1" : "priority",
                                         rankAfter(edit.kind),
                                         stateAfter(moveOf(edit.kind)),
                                         allowedStates(moveOf(edit.kind))));
    if (edit.kind == Kind::Batch) {
        insert.bind(1, edit.batch);
    } else if (edit.kind == Kind::Priority) {
        insert.bind(1, edit.priority);
    }
    insert.exec();
}

void change(SqliteConnection& sqlite, const Edit& edit) {
    SQLite::Database& database = sqlite.database();
    const std::int64_t now = milliseconds(sqlite.clock().now());
    if (edit.kind == Kind::Cancel) {
        SQLite::Statement note(database,
                               "INSERT INTO attempts (job, worker, started_at, ended_at, end, "
                               "stage, error_code, error_what, "
                               "error_cause) SELECT id, worker, started_at, ?, 'cancel', "
                               "jobs.stage, '', '', '' FROM jobs JOIN "
                               "edited_jobs ON job = id WHERE jobs.state = 'running'");
        note.bind(1, now);
        note.exec();
    }
    if (edit.kind == Kind::Remove) {
        database.exec("UPDATE jobs SET removed = 1 WHERE id IN (SELECT job FROM edited_jobs)");
        return;
    }
    SQLite::Statement update(database,
                             fmt::format("UPDATE OR IGNORE jobs SET batch = after_batch, priority "
                                         "= after_priority, rank = after_rank, "
                                         "state = after_state{} FROM edited_jobs WHERE id = job",
                                         furtherChanges(edit.kind)));
    if (edit.kind == Kind::Cancel) {
        update.bind(1, now);
    }
    update.exec();
    if (edit.kind == Kind::Batch) {
        database.exec(
            "DELETE FROM edited_jobs WHERE after_batch <> (SELECT batch FROM jobs WHERE id = job)");
    }
}

queue::EditOutcome answersOf(SQLite::Database& database, Move move) {
    queue::EditOutcome outcome;
    SQLite::Statement query(
        database,
        "SELECT chosen.job, sid, was, edited_jobs.job IS NOT NULL FROM chosen LEFT JOIN "
        "edited_jobs USING (job) ORDER BY position");
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

}  // namespace

Result<queue::EditOutcome> applyEdit(SqliteConnection& sqlite,
                                     const queue::JobFilter& filter,
                                     const Edit& edit) {
    SQLite::Database& database = sqlite.database();
    const Move move = moveOf(edit.kind);
    choose(sqlite, filter);
    const bool any = database
                         .execAndGet("SELECT EXISTS (SELECT 1 FROM chosen WHERE was IN " +
                                     allowedStates(move) + ")")
                         .getInt() != 0;
    // An edit that does nothing does not stand between a person and the undoing of the one before.
    if (any) {
        forgetLastEdit(database);
        noteBefore(sqlite, edit);
        change(sqlite, edit);
    }
    return answersOf(database, move);
}

Result<queue::EditOutcome> undoEdit(SqliteConnection& sqlite) {
    SQLite::Database& database = sqlite.database();
    queue::EditOutcome outcome;
    {
        SQLite::Statement query(
            database,
            "SELECT job, sid, jobs.state FROM edited_jobs JOIN jobs ON id = job ORDER BY "
            "edited_jobs.priority, edited_jobs.rank, job");
        while (query.executeStep()) {
            outcome.answers.push_back({query.getColumn(0).getInt64(),
                                       query.getColumn(1).getString(),
                                       query.getColumn(2).getString()});
        }
    }
    if (outcome.answers.empty()) {
        return fail(ErrorCode::QStateNothingToUndo, "There is no edit that could be taken back");
    }
    // A job that was running when it was cancelled has lost its lease: it is pending again.
    SQLite::Statement restore(database,
                              "UPDATE OR IGNORE jobs SET removed = 0, batch = e.batch, priority = "
                              "e.priority, rank = e.rank, state = CASE "
                              "e.state WHEN 'running' THEN 'pending' ELSE e.state END, stage = "
                              "e.stage, progress = e.progress, attempts = "
                              "e.attempts, not_before = e.not_before, ended_at = e.ended_at, "
                              "error_code = e.error_code, error_what = "
                              "e.error_what, error_cause = e.error_cause FROM edited_jobs e WHERE "
                              "jobs.id = e.job AND jobs.batch = "
                              "e.after_batch AND jobs.priority = e.after_priority AND jobs.rank = "
                              "e.after_rank AND CASE jobs.removed WHEN "
                              "1 THEN 'removed' ELSE jobs.state END = e.after_state RETURNING id");
    std::set<queue::JobId> restored;
    while (restore.executeStep()) {
        restored.insert(restore.getColumn(0).getInt64());
    }
    for (queue::EditAnswer& answer : outcome.answers) {
        if (restored.contains(answer.job)) {
            answer.refused.clear();
            ++outcome.done;
        } else {
            answer.refused = fmt::format("it has moved on since: it is {} now", answer.refused);
        }
    }
    forgetLastEdit(database);
    return outcome;
}

}  // namespace chat::store
