#pragma once

#include "chat/queue/job_filter.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace chat::store {

using SqlValue = std::variant<std::int64_t, std::string>;

/// SQL with a `?` for each value, in order.
struct SqlText {
    std::string text;
    std::vector<SqlValue> values;
};

void bindValues(SQLite::Statement& statement, std::span<const SqlValue> values, int first = 1);

/// The jobs that are meant, as a condition on the table `jobs`.
[[nodiscard]] SqlText conditionOf(const queue::JobFilter& filter);

/// The same jobs by their numbers, where part of a path is looked for and few jobs have it: paths are gone through in
/// an index that holds little else. Else the filter as it is; nothing when no job is meant.
[[nodiscard]] std::optional<queue::JobFilter> foundByPath(SQLite::Database& database,
                                                          const queue::JobFilter& filter);

/// How SQLite is to go through the table for a page of a list.
struct WayToList {
    std::string clause;    ///< INDEXED BY or NOT INDEXED; empty: as SQLite likes
    bool inOrder = false;  ///< the index gives the jobs in the order of the list
};

/// SQLite's planner knows no numbers of jobs, and takes the index of a condition that all of them meet.
[[nodiscard]] WayToList wayToList(SQLite::Database& database,
                                  const queue::JobFilter& filter,
                                  queue::SortColumn by);

/// The columns that a list is ordered by, the last of which is unique.
[[nodiscard]] std::vector<std::string_view> keyColumns(queue::SortColumn column);
/// Where a page that ends with `job` leaves off.
[[nodiscard]] queue::PageMark markOf(const queue::JobSort& sort, const queue::Job& job);
/// What holds for the jobs beyond a mark, to be asked one after the other; nothing more for no mark. On an index in the order of
/// the list, one comparison of all key columns would read all jobs of the same chain or state from its beginning, since
/// SQLite uses the index for the first column only.
[[nodiscard]] std::vector<SqlText> conditionsAfter(const queue::JobSort& sort,
                                                   const std::vector<SqlValue>& mark,
                                                   bool inOrder);
/// The key values of a mark. Errors: Q_VAL_PAGE_MARK for one of another order, or none at all.
[[nodiscard]] Result<std::vector<SqlValue>> keyValues(const queue::JobSort& sort,
                                                      const queue::PageMark& mark);

/// The columns that `jobOf` reads.
extern const std::string_view kJobColumns;
[[nodiscard]] queue::Job jobOf(const SQLite::Statement& row);

/// The error in the columns code, what and cause from `column` on; none for an empty code. A code that this program does not
/// know is the store's own error with the code as its cause.
[[nodiscard]] std::optional<Error> errorOf(const SQLite::Statement& row, int column);

/// Binds code, what and cause from `first` on; empty texts for none.
void bindError(SQLite::Statement& statement, int first, const std::optional<Error>& error);

/// In the columns strategy and strategy_for from `column` on.
[[nodiscard]] std::optional<queue::Retrial> retrialOf(const SQLite::Statement& row, int column);

[[nodiscard]] std::int64_t milliseconds(queue::Time time);
[[nodiscard]] queue::Time timeOf(std::int64_t milliseconds);

}  // namespace chat::store
