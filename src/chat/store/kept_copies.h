#pragma once

#include "chat/store/sqlite_connection.h"

#include <cstdint>
#include <filesystem>

namespace chat::store {

/// "store": a backup or a store set aside; "report": a report's folder.
enum class CopyKind : std::uint8_t { Store, Report };

/// Notes that a copy of what is stored lies at `path`, so that `forget` can name it; an earlier note on that path is
/// replaced. Gives the note's id. Throws SQLite::Exception.
std::int64_t noteCopy(SqliteConnection& connection,
                      CopyKind kind,
                      const std::filesystem::path& path);

}  // namespace chat::store
