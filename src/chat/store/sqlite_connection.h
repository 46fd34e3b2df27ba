#pragma once

#include "chat/core/clock.h"
#include "chat/core/error.h"
#include "chat/core/write_point.h"
#include "chat/store/access.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace chat::store {

/// "CHAT" in SQLite's header, so that no other program's file is taken for a store.
inline constexpr int kApplicationId = 0x43484154;

/// What SQLite threw over `file`, in words of the catalog.
[[nodiscard]] Error storeError(const SQLite::Exception& error, const std::string& file);

/// A connection to the store's file, for the files of this folder only. Belongs to one thread.
///
/// A lock of another process or thread is waited for in short naps of random length, up to 30 s: SQLite's own timeout
/// naps in fixed steps of up to 100 ms, in which one of several busy writers can starve.
class SqliteConnection {
  public:
    /// Opens the store, makes it when it is missing, and brings an older one up to date. The file and what SQLite
    /// puts beside it are 0600, a folder that has to be made 0700. Errors: those of ResultStore::open; to read
    /// SYS_DATA_PATH_MISSING when there is none.
    [[nodiscard]] static Result<std::unique_ptr<SqliteConnection>> open(
        const std::filesystem::path& file, const Clock& clock, Access access = Access::Write);

    /// The last connection to a store empties its log.
    ~SqliteConnection();
    SqliteConnection(const SqliteConnection&) = delete;
    SqliteConnection& operator=(const SqliteConnection&) = delete;
    SqliteConnection(SqliteConnection&&) = delete;
    SqliteConnection& operator=(SqliteConnection&&) = delete;

    [[nodiscard]] SQLite::Database& database() { return database_; }
    [[nodiscard]] const Clock& clock() const { return clock_; }
    [[nodiscard]] std::string now() const;  ///< ISO 8601, UTC

    /// A statement that is prepared once for each text, without bindings and before its first row.
    [[nodiscard]] SQLite::Statement& statement(std::string_view sql);
    /// Ends what statements still read; a transaction cannot be committed before.
    void resetStatements() noexcept;

    /// What the next transactions survive: a power cut, or only the end of this process (claims, heartbeats), which
    /// saves the wait for the disk.
    enum class Durability : std::uint8_t { PowerCut, ProcessEnd };
    void setDurability(Durability durability);

    /// Runs database work and turns what it throws into an Error.
    template <typename Work>
    auto guarded(Work&& work) -> decltype(work()) {
        const WritePoint point("store: reading");  // what writes has a name of its own
        try {
            return work();
        } catch (const SQLite::Exception& error) {
            return tl::unexpected(storeError(error, file_));
        } catch (const std::exception& error) {
            return fail(
                ErrorCode::DbUnkGenericError, "The store " + file_ + " failed", error.what());
        }
    }

  private:
    SqliteConnection(const std::filesystem::path& file, const Clock& clock);
    static int nap(void* connection, int naps);

    /// SQLite asks no busy handler here: it reads the mode first and then wants to write (sqlite.org/c3ref/busy_handler.html),
    /// so programs that make one store at once collide.
    void useWal();

    std::optional<WritePoint> closing_;  ///< first: the database is closed before it ends
    std::string file_;
    const Clock& clock_;
    SQLite::Database database_;
    std::map<std::string, SQLite::Statement, std::less<>> statements_;
    Durability durability_ = Durability::PowerCut;
    std::minstd_rand random_;
    std::chrono::steady_clock::time_point waitingSince_;
};

/// The names of a database's tables without SQLite's own, in order. Throws SQLite::Exception.
[[nodiscard]] std::vector<std::string> tableNames(SQLite::Database& database);

}  // namespace chat::store
