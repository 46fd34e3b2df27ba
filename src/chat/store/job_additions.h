#pragma once

#include "chat/queue/job_store.h"
#include "chat/store/sqlite_connection.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace chat::store {

/// These say what JobStore says of the functions of the same names, within a transaction of the caller's. They throw
/// SQLite::Exception.
[[nodiscard]] Result<queue::BatchId> createBatch(SqliteConnection& sqlite,
                                                 const std::string& name,
                                                 const std::string& settings,
                                                 std::int64_t retryBudget);
/// `source`: where the recordings are to be fetched from.
[[nodiscard]] Result<queue::AddOutcome> addJobs(SqliteConnection& sqlite,
                                                queue::BatchId batch,
                                                std::span<const queue::NewJob> jobs,
                                                const std::optional<queue::SourceId>& source);
[[nodiscard]] Result<queue::Enqueued> enqueue(SqliteConnection& sqlite,
                                              const queue::Enqueuing& what);
[[nodiscard]] std::vector<queue::KnownCall> knownCalls(SqliteConnection& sqlite,
                                                       const std::string& address,
                                                       std::span<const std::string> sids);
[[nodiscard]] Result<queue::KeptSource> sourceOf(SqliteConnection& sqlite, queue::SourceId id);

}  // namespace chat::store
