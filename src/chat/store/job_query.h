#pragma once

#include "chat/queue/job_filter.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
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

/// The columns that a list is ordered by, the last of which is unique.
[[nodiscard]] std::vector<std::string_view> keyColumns(queue::SortColumn column);
/// Where a page that ends with `job` leaves off.
[[nodiscard]] queue::PageMark markOf(const queue::JobSort& sort, const queue::Job& job);
/// The key values of a mark. Errors: Q_VAL_PAGE_MARK for one of another order, or none at all.
[[nodiscard]] Result<std::vector<SqlValue>> keyValues(const queue::JobSort& sort,
                                                      const queue::PageMark& mark);

/// The columns that `jobOf` reads.
extern const std::string_view kJobColumns;
[[nodiscard]] queue::Job jobOf(const SQLite::Statement& row);

/// The error in the columns code, what and cause from `column` on; none for an empty code. A code that this program does not
/// know is the store's own error with the code as its cause.
[[nodiscard]] std::optional<Error> errorOf(const SQLite::Statement& row, int column);

[[nodiscard]] std::int64_t milliseconds(queue::Time time);
[[nodiscard]] queue::Time timeOf(std::int64_t milliseconds);

}  // namespace chat::store
