#pragma once

#include "chat/queue/job_store.h"
#include "chat/store/sqlite_connection.h"

namespace chat::store {

/// An edit of many jobs and its taking back, within a transaction of the caller. A few statements over whole sets, whatever
/// the number of jobs. Throw SQLite::Exception.
[[nodiscard]] Result<queue::EditOutcome> applyEdit(SqliteConnection& sqlite,
                                                   const queue::JobFilter& filter,
                                                   const queue::Edit& edit);
[[nodiscard]] Result<queue::EditOutcome> undoEdit(SqliteConnection& sqlite);

[[nodiscard]] bool knowsBatch(SQLite::Database& database, queue::BatchId batch);
[[nodiscard]] tl::unexpected<Error> missingBatch();  ///< Q_DATA_BATCH_MISSING

}  // namespace chat::store
