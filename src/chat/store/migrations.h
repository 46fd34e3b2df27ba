#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <span>
#include <string_view>

namespace chat::store {

/// The numbered scripts of schema/migrations/, in order: element i brings version i to i + 1.
[[nodiscard]] std::span<const std::string_view> migrations();

/// Brings a database to the newest version, each step in a transaction of its own. Throws
/// SQLite::Exception; returns false when the database is of a newer version than this program's.
[[nodiscard]] bool migrate(SQLite::Database& database);

}  // namespace chat::store
