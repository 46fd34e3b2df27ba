#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <string_view>
#include <vector>

namespace chat::store {

/// Before so many jobs are added, or changed in columns of these indexes: takes the indexes away whose names match the GLOB,
/// when it is most jobs of a long queue. An index that is made anew costs a third of one that changes by a job at a
/// time. Gives the statements for `makeIndexes`, in the same transaction; throws SQLite::Exception.
[[nodiscard]] std::vector<std::string> takeIndexesAway(SQLite::Database& database,
                                                       std::string_view names,
                                                       std::size_t jobs);
void makeIndexes(SQLite::Database& database, const std::vector<std::string>& statements);

/// Those that a list may be gone through by, and of these the ones in the order of the queue.
inline constexpr std::string_view kListIndexes = "jobs_by_*";
inline constexpr std::string_view kQueueIndexes = "jobs_by_*queue";

}  // namespace chat::store
