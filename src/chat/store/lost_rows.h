#pragma once

#include "chat/store/salvage.h"
#include "chat/store/stored_rows.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <map>
#include <set>
#include <string>

namespace chat::store {

/// Keeps account of which calls and results a damaged store held, by its indexes, and which of them were found.
class LostRows {
  public:
    /// A row that was put into a table of the new store.
    void found(const std::string& table, const StoredRow& row);
    /// An entry of an index; those over the keys of calls and results count.
    void indexed(const StoredRow& row);

    /// What was lost, by call, in the order of their SIDs as far as the new store knows them.
    [[nodiscard]] std::vector<LostCall> calls(SQLite::Database& salvaged) const;

  private:
    struct IndexedResult {
        std::string recording;
        std::string stage;
    };
    std::map<std::int64_t, IndexedResult> indexedResults_;  ///< by rowid
    std::map<std::int64_t, std::string> indexedCalls_;      ///< rowid -> recording
    std::set<std::int64_t> results_;
    std::set<std::int64_t> calls_;
};

}  // namespace chat::store
