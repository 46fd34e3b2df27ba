#include "chat/store/kept_copies.h"

#include <SQLiteCpp/VariadicBind.h>

namespace chat::store {

std::int64_t noteCopy(SqliteConnection& connection,
                      CopyKind kind,
                      const std::filesystem::path& path) {
    std::string text = std::filesystem::absolute(path).lexically_normal().string();
    if (text.size() > 1 && text.ends_with('/')) {
        text.pop_back();
    }
    SQLite::Statement remove(connection.database(), "DELETE FROM kept_copies WHERE path = ?");
    remove.bind(1, text);
    remove.exec();
    SQLite::Statement insert(connection.database(),
                             "INSERT INTO kept_copies (kind, path, written_at) VALUES (?, ?, ?)");
    SQLite::bind(insert, kind == CopyKind::Store ? "store" : "report", text, connection.now());
    insert.exec();
    return connection.database().getLastInsertRowid();
}

}  // namespace chat::store
