#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <span>
#include <string_view>

namespace chat::store {

/// The numbered scripts of schema/migrations/, in order: element i brings version i to i + 1.
[[nodiscard]] std::span<const std::string_view> migrations();

/// Whether a newer program than this one wrote the database. Throws SQLite::Exception, like migrate().
[[nodiscard]] bool tooNew(SQLite::Database& database);
/// Whether `migrate` would change it.
[[nodiscard]] bool outdated(SQLite::Database& database);

/// Brings a database to the newest version, each step in a transaction of its own.
void migrate(SQLite::Database& database);

}  // namespace chat::store
