#include "chat/store/forget.h"

#include "chat/core/text.h"
#include "chat/core/time_text.h"
#include "chat/core/write_point.h"
#include "chat/store/audit_log.h"
#include "chat/store/fetched_recordings.h"
#include "chat/store/kept_copies.h"
#include "chat/store/sqlite_connection.h"
#include "chat/store/store_file.h"

#include <SQLiteCpp/Transaction.h>
#include <SQLiteCpp/VariadicBind.h>

#include <algorithm>
#include <set>

namespace chat::store {

namespace fs = std::filesystem;

namespace {

/// Calls whose SID, or recording where they have none, is older than the bound. Of several times of a call the latest
/// counts. Jobs count where no call was noted yet, recordings where no call is.
constexpr const char* kOlderThan = R"(
    INSERT INTO temp.wanted (sid)
    WITH known (sid, time) AS (
        SELECT coalesce(nullif(c.sid, ''), c.recording), coalesce(nullif(c.started_at, ''), r.first_seen)
        FROM calls c JOIN recordings r ON r.sha256 = c.recording)
    SELECT sid FROM (
        SELECT sid, time FROM known
        UNION ALL
        SELECT sid, coalesce(nullif(call_time, ''), strftime('%Y-%m-%dT%H:%M:%SZ', added_at / 1000, 'unixepoch'))
        FROM jobs WHERE sid COLLATE BINARY NOT IN (SELECT sid FROM known)
        UNION ALL
        SELECT sha256, first_seen FROM recordings
        WHERE sha256 NOT IN (SELECT recording FROM calls))
    GROUP BY sid HAVING max(time) < ?)";

/// What the wanted calls are in each table. A SID may also be the hash of a recording. Jobs compare
/// SIDs without regard to case, which would forget too much.
constexpr const char* kFind = R"(
    CREATE TEMP TABLE gone_jobs AS
        SELECT id, sid, recording, state, file, source FROM jobs
        WHERE sid COLLATE BINARY IN (SELECT sid FROM temp.wanted) OR recording IN (SELECT sid FROM temp.wanted);
    CREATE TEMP TABLE gone_calls AS
        SELECT id, sid, recording FROM calls
        WHERE sid IN (SELECT sid FROM temp.wanted) OR recording IN (SELECT sid FROM temp.wanted);
    CREATE TEMP TABLE gone_recordings AS
        SELECT recording AS sha256 FROM temp.gone_calls
        UNION SELECT recording FROM temp.gone_jobs WHERE recording IS NOT NULL
        UNION SELECT sha256 FROM recordings WHERE sha256 IN (SELECT sid FROM temp.wanted);)";

constexpr const char* kDropFound =
    "DROP TABLE temp.gone_jobs; DROP TABLE temp.gone_calls; DROP TABLE temp.gone_recordings;";

/// Recordings that another call still stands for keep their results.
constexpr const char* kOtherCalls = R"(
    SELECT DISTINCT g.recording, coalesce(nullif(c.sid, ''), c.path), coalesce(nullif(g.sid, ''), g.recording)
    FROM temp.gone_calls g JOIN calls c ON c.recording = g.recording
    WHERE c.id NOT IN (SELECT id FROM temp.gone_calls))";

std::vector<std::string> texts(SQLite::Database& database, const std::string& sql) {
    std::vector<std::string> result;
    SQLite::Statement query(database, sql);
    while (query.executeStep()) {
        result.push_back(query.getColumn(0).getString());
    }
    return result;
}

class Forgetting {
  public:
    Forgetting(SqliteConnection& connection, const ForgetRequest& request)
        : connection_(connection)
        , database_(connection.database())
        , request_(request) {}

    Result<ForgetOutcome> go() {
        // SIDs must not get into temporary files.
        database_.exec("PRAGMA temp_store = MEMORY");
        database_.exec("CREATE TEMP TABLE wanted (sid TEXT PRIMARY KEY) WITHOUT ROWID");
        {
            SQLite::Transaction transaction(database_, SQLite::TransactionBehavior::IMMEDIATE);
            want();
            database_.exec(kFind);
            leaveOutRunning();
            leaveOutUnknown();
            nameOthers();
            countReports();
            if (!request_.dryRun) {
                if (auto removed = removeRecordings(); !removed) {
                    return tl::unexpected(removed.error());
                }
                remove();
                transaction.commit();
            }
        }
        nameCopies();
        return std::move(outcome_);
    }

  private:
    void want() {
        if (request_.olderThan) {
            const auto bound = connection_.clock().now() - *request_.olderThan;
            SQLite::Statement insert(database_, kOlderThan);
            insert.bind(1, utcSecondText(bound));
            insert.exec();
            return;
        }
        SQLite::Statement insert(database_, "INSERT OR IGNORE INTO temp.wanted (sid) VALUES (?)");
        for (const std::string& sid : request_.sids) {
            insert.bind(1, sid);
            insert.exec();
            insert.reset();
        }
    }

    void leaveOutRunning() {
        const auto running =
            texts(database_,
                  "SELECT sid FROM temp.wanted WHERE EXISTS (SELECT 1 FROM temp.gone_jobs g WHERE "
                  "g.state "
                  "= 'running' AND (g.sid = wanted.sid OR g.recording = wanted.sid))");
        for (const std::string& sid : running) {
            outcome_.calls.push_back(
                {sid, "it is being worked on; cancel its job or wait for its end", ""});
            dropWanted(sid);
        }
        if (!running.empty()) {
            database_.exec(kDropFound);
            database_.exec(kFind);
        }
    }

    void leaveOutUnknown() {
        outcome_.unknown = texts(
            database_,
            "SELECT sid FROM temp.wanted WHERE sid NOT IN (SELECT sid FROM temp.gone_jobs UNION "
            "SELECT sid FROM temp.gone_calls UNION SELECT sha256 FROM temp.gone_recordings)");
        for (const std::string& sid : outcome_.unknown) {
            dropWanted(sid);
        }
        wanted_ = texts(database_, "SELECT sid FROM temp.wanted ORDER BY sid");
        for (const std::string& sid : wanted_) {
            outcome_.calls.push_back({sid, "", ""});
        }
        outcome_.forgotten = wanted_.size();
    }

    void dropWanted(const std::string& sid) {
        SQLite::Statement drop(database_, "DELETE FROM temp.wanted WHERE sid = ?");
        drop.bind(1, sid);
        drop.exec();
    }

    void nameOthers() {
        SQLite::Statement query(database_, kOtherCalls);
        std::vector<std::string> kept;
        while (query.executeStep()) {
            kept.push_back(query.getColumn(0).getString());
            const auto call = std::ranges::find(
                outcome_.calls, query.getColumn(2).getString(), &ForgottenCall::sid);
            if (call != outcome_.calls.end()) {
                call->keptRecording = query.getColumn(1).getString();
            }
        }
        query.reset();
        database_.exec(
            "CREATE TEMP TABLE held_recordings AS SELECT sha256 FROM "
            "temp.gone_recordings");  // by reports, whoever else the recording is
        for (const std::string& recording : kept) {
            SQLite::Statement drop(database_, "DELETE FROM temp.gone_recordings WHERE sha256 = ?");
            drop.bind(1, recording);
            drop.exec();
        }
    }

    void countReports() {
        SQLite::Statement query(database_,
                                "SELECT k.path, count(*) FROM kept_copies k JOIN report_calls r ON "
                                "r.report = k.id WHERE r.recording IN (SELECT sha256 FROM "
                                "temp.held_recordings) GROUP BY k.id ORDER BY k.path");
        while (query.executeStep()) {
            const fs::path folder = query.getColumn(0).getString();
            std::error_code error;
            const bool there = fs::exists(folder / "report.json", error);
            // A folder that is gone with its disk may come back.
            if (there || !fs::exists(folder.parent_path(), error)) {
                outcome_.reports.push_back(
                    {folder, static_cast<std::size_t>(query.getColumn(1).getInt64()), there});
            }
        }
    }

    /// Those that were fetched, before the rows that name them: after a crash in between they are fetched again.
    Status removeRecordings() {
        for (const std::string& file : texts(
                 database_,
                 "SELECT DISTINCT file FROM temp.gone_jobs WHERE source IS NOT NULL AND file NOT "
                 "IN "
                 "(SELECT file FROM jobs INDEXED BY jobs_of_recording WHERE source IS NOT NULL AND "
                 "id NOT IN (SELECT id FROM temp.gone_jobs))")) {
            if (auto removed = removeFetched(file); !removed) {
                return removed;
            }
        }
        return {};
    }

    void remove() {
        const std::int64_t before = database_.getTotalChanges();
        database_.exec(
            "DELETE FROM errors WHERE job IN (SELECT id FROM temp.gone_jobs) OR call IN (SELECT "
            "sid "
            "FROM temp.wanted) OR call IN (SELECT sha256 FROM temp.gone_recordings)");
        database_.exec("DELETE FROM jobs WHERE id IN (SELECT id FROM temp.gone_jobs)");
        database_.exec("DELETE FROM calls WHERE id IN (SELECT id FROM temp.gone_calls)");
        database_.exec(
            "DELETE FROM recordings WHERE sha256 IN (SELECT sha256 FROM temp.gone_recordings)");
        database_.exec(
            "UPDATE audit SET call = '' WHERE call <> '' AND (call COLLATE BINARY IN (SELECT sid "
            "FROM temp.wanted) OR call IN (SELECT sha256 FROM temp.gone_recordings))");
        outcome_.rows = database_.getTotalChanges() - before;
        if (outcome_.rows > 0) {
            database_.exec("UPDATE store_identity SET traces = 1");
            noteAction(connection_, "forget", "", reason());
        }
    }

    /// Without a name of what is forgotten.
    [[nodiscard]] std::string reason() const {
        const std::string calls = counted(wanted_.size(), "call", "calls");
        return request_.olderThan
                   ? calls + " older than " + std::to_string(request_.olderThan->count()) + " days"
                   : calls + " by SID";
    }

    void nameCopies() {
        for (const std::string& file :
             texts(database_, "SELECT path FROM kept_copies WHERE kind = 'store' ORDER BY path")) {
            std::error_code error;
            if (!fs::exists(file, error) && fs::exists(fs::path(file).parent_path(), error)) {
                SQLite::Statement drop(database_, "DELETE FROM kept_copies WHERE path = ?");
                drop.bind(1, file);
                drop.exec();
                continue;
            }
            const Holder holder = look(file);
            if (!wanted_.empty() && (!holder.readable || holder.calls > 0)) {
                outcome_.copies.push_back(holder);
            }
        }
    }

    [[nodiscard]] Holder look(const fs::path& file) const {
        Holder holder{file, 0, true};
        try {
            SQLite::Database copy(file.string(), SQLite::OPEN_READONLY | SQLite::OPEN_NOFOLLOW);
            const auto known =
                texts(copy,
                      "SELECT sid FROM calls UNION SELECT recording FROM calls UNION "
                      "SELECT sid FROM jobs");
            holder.calls = static_cast<std::size_t>(
                std::ranges::count_if(wanted_, [&](const std::string& sid) {
                    return std::ranges::binary_search(known, sid);  // UNION gives them in order
                }));
        } catch (const SQLite::Exception&) {
            holder.readable = false;
        }
        return holder;
    }

    SqliteConnection& connection_;
    SQLite::Database& database_;
    const ForgetRequest& request_;
    std::vector<std::string> wanted_;
    ForgetOutcome outcome_;
};

/// Writes the file anew and empties its log. SQLite's secure_delete is not enough: when rows move from page to page,
/// copies of them stay in the free parts, and those are not cleared with the rows. False when another program still
/// reads what was there before.
bool removeTraces(SqliteConnection& connection) {
    SQLite::Database& database = connection.database();
    database.exec("PRAGMA temp_store = DEFAULT");
    database.exec("VACUUM");
    SQLite::Statement checkpoint(database, "PRAGMA wal_checkpoint(TRUNCATE)");
    checkpoint.executeStep();
    const bool done = checkpoint.getColumn(0).getInt() == 0;
    checkpoint.reset();
    if (done) {  // not before: who dies in between leaves traces
        database.exec("UPDATE store_identity SET traces = 0");
    }
    return done;
}

}  // namespace

Result<ForgetOutcome> forget(const fs::path& store,
                             const ForgetRequest& request,
                             const Clock& clock) {
    std::error_code error;
    if (!fs::exists(store, error)) {
        return tl::unexpected(
            systemError(ENOENT, "open the store", store.string(), ErrorCode::SysDataPathMissing));
    }
    const WritePoint point("store: forget");
    clearUp(store);
    auto connection = SqliteConnection::open(store, clock);
    if (!connection) {
        return tl::unexpected(connection.error());
    }
    return (*connection)->guarded([&]() -> Result<ForgetOutcome> {
        auto outcome = Forgetting(**connection, request).go();
        if (!outcome) {
            return outcome;
        }
        const bool traces =
            (*connection)->database().execAndGet("SELECT traces FROM store_identity").getInt() == 1;
        if (!request.dryRun && traces) {
            outcome->traceless = removeTraces(**connection);
        }
        return outcome;
    });
}

Status noteReport(const fs::path& store,
                  const fs::path& folder,
                  std::span<const std::string> recordings,
                  const Clock& clock) {
    auto connection = SqliteConnection::open(store, clock);
    if (!connection) {
        return tl::unexpected(connection.error());
    }
    return (*connection)->guarded([&]() -> Status {
        const WritePoint point("store: a report's place");
        SQLite::Database& database = (*connection)->database();
        SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
        const std::int64_t id = noteCopy(**connection, CopyKind::Report, folder);
        SQLite::Statement call(database,
                               "INSERT OR IGNORE INTO report_calls (report, recording) SELECT ?, "
                               "sha256 FROM recordings WHERE sha256 = ?");
        for (const std::string& recording : recordings) {
            SQLite::bind(call, id, recording);
            call.exec();
            call.reset();
        }
        transaction.commit();
        return {};
    });
}

}  // namespace chat::store
