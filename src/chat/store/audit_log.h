#pragma once

#include "chat/core/clock.h"
#include "chat/core/error.h"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace chat::store {

class SqliteConnection;

/// What was done to the store beside the work itself. The log is part of the store and only ever added to; forgetting a call takes
/// its SID out of it, and a backup that is restored brings its own.
struct AuditEntry {
    std::chrono::system_clock::time_point time;  ///< to the millisecond
    std::string who;                             ///< user of the system
    std::string action;                          ///< a fixed word: "restore"
    std::string call;                            ///< SID; empty where it is of no one call
    std::string why;                             ///< a sentence's middle
};

/// Notes what this program does for its user now. For the files of this folder; throws SQLite::Exception.
void noteAction(SqliteConnection& connection,
                const std::string& action,
                const std::string& call,
                const std::string& why);

/// The same from outside this folder. Survives a power cut. Errors: those of ResultStore::open.
[[nodiscard]] Status noteAction(const std::filesystem::path& store,
                                const Clock& clock,
                                const std::string& action,
                                const std::string& call,
                                const std::string& why);

/// The newest first, at most `limit`; `call`: only those of this SID. Errors: those of ResultStore::open.
[[nodiscard]] Result<std::vector<AuditEntry>> auditLog(const std::filesystem::path& store,
                                                       const std::optional<std::string>& call,
                                                       std::size_t limit,
                                                       const Clock& clock);

}  // namespace chat::store
