#include "chat/store/list_indexes.h"

namespace chat::store {

std::vector<std::string> takeIndexesAway(SQLite::Database& database,
                                         std::string_view names,
                                         std::size_t jobs) {
    constexpr std::size_t kMany = 10'000;
    const auto newest = static_cast<std::size_t>(
        database.execAndGet("SELECT coalesce(max(id), 0) FROM jobs").getInt64());
    if (jobs < kMany || jobs < newest / 2) {
        return {};
    }
    std::vector<std::string> make;
    std::string drop;
    SQLite::Statement query(
        database, "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND name GLOB ?");
    query.bind(1, std::string(names));
    while (query.executeStep()) {
        drop += "DROP INDEX " + query.getColumn(0).getString() + ";";
        make.push_back(query.getColumn(1).getString());
    }
    query.reset();
    database.exec(drop);
    return make;
}

void makeIndexes(SQLite::Database& database, const std::vector<std::string>& statements) {
    for (const std::string& statement : statements) {
        database.exec(statement);
    }
}

}  // namespace chat::store
