#include "chat/store/audit_log.h"

#include "chat/core/machine.h"
#include "chat/core/write_point.h"
#include "chat/store/job_query.h"
#include "chat/store/sqlite_connection.h"

#include <SQLiteCpp/VariadicBind.h>

namespace chat::store {

void noteAction(SqliteConnection& connection,
                const std::string& action,
                const std::string& call,
                const std::string& why) {
    const WritePoint point("store: audit");
    SQLite::Statement insert(
        connection.database(),
        "INSERT INTO audit (time, who, action, call, why) VALUES (?, ?, ?, ?, ?)");
    SQLite::bind(insert, milliseconds(connection.clock().now()), userName(), action, call, why);
    insert.exec();
}

Status noteAction(const std::filesystem::path& store,
                  const Clock& clock,
                  const std::string& action,
                  const std::string& call,
                  const std::string& why) {
    return SqliteConnection::open(store, clock)
        .and_then([&](const std::unique_ptr<SqliteConnection>& connection) {
            return connection->guarded([&]() -> Status {
                noteAction(*connection, action, call, why);
                return {};
            });
        });
}

Result<std::vector<AuditEntry>> auditLog(const std::filesystem::path& store,
                                         const std::optional<std::string>& call,
                                         std::size_t limit,
                                         const Clock& clock) {
    auto connection = SqliteConnection::open(store, clock);
    if (!connection) {
        return tl::unexpected(connection.error());
    }
    return (*connection)->guarded([&]() -> Result<std::vector<AuditEntry>> {
        SQLite::Statement query((*connection)->database(),
                                std::string("SELECT time, who, action, call, why FROM audit ") +
                                    (call ? "WHERE call = ?2 AND call <> '' " : "") +
                                    "ORDER BY id DESC LIMIT ?1");
        query.bind(1, static_cast<std::int64_t>(limit));
        if (call) {
            query.bind(2, *call);
        }
        std::vector<AuditEntry> entries;
        while (query.executeStep()) {
            entries.push_back({timeOf(query.getColumn(0).getInt64()),
                               query.getColumn(1).getString(),
                               query.getColumn(2).getString(),
                               query.getColumn(3).getString(),
                               query.getColumn(4).getString()});
        }
        return entries;
    });
}

}  // namespace chat::store
