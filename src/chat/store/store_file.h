#pragma once

#include "chat/core/error.h"
#include "chat/core/files.h"

#include <filesystem>
#include <string_view>

namespace chat::store {

/// Keeps every other program out of a store's file while it is looked at from outside of SQLite or replaced.
///
/// Holds the lock that SQLite takes to write (bytes 0x40000000 and on, https://www.sqlite.org/lockingv3.html), for this
/// descriptor alone: a connection of the same process is kept out too. Not to be taken by a process that has the store
/// open: the descriptor's end would drop the locks of its connections.
class StoreLock {
  public:
    /// Errors: DB_CONN_LOCKED when any program has the store open, SYS_DATA_PATH_MISSING, DB_PERM_UNWRITABLE.
    [[nodiscard]] static Result<StoreLock> take(const std::filesystem::path& file);

  private:
    explicit StoreLock(FileDescriptor file)
        : file_(std::move(file)) {}
    FileDescriptor file_;
};

/// What a store that was set aside is called after.
inline constexpr const char* kDamaged = "damaged";
inline constexpr const char* kBeforeRestore = "before-restore";

/// A file beside the store whose name says what it is: "store.sqlite.damaged-20261123-011500" for kDamaged; one that
/// is not there yet.
[[nodiscard]] std::filesystem::path nameBeside(const std::filesystem::path& store,
                                               std::string_view what,
                                               std::chrono::system_clock::time_point time);

/// Puts `made`, a whole database without a log, in the store's place, and gives the store that was there the name
/// `aside`, with its log. At each instant the one or the other is in place, for those who begin with `clearUp`. The lock of
/// the present store must be held, if there is one. Errors: DB_PERM_UNWRITABLE, DB_RES_DISK_FULL.
[[nodiscard]] Status putInPlace(const std::filesystem::path& made,
                                const std::filesystem::path& store,
                                const std::filesystem::path& aside);

/// A new empty file of mode 0600 beside `file`, on the same disk. Errors: as putInPlace.
[[nodiscard]] Result<std::filesystem::path> temporaryBeside(const std::filesystem::path& file);

/// Clears up what programs have left beside a store or a backup that died in putInPlace, which is taken back, or while they
/// filled a file of temporaryBeside, which goes. Nothing while a program has the file open. Not to be called by a process that
/// has it open itself (see StoreLock).
void clearUp(const std::filesystem::path& file);

/// Removes a database and what SQLite puts beside it.
void removeDatabase(const std::filesystem::path& file);

/// Waits until a file's content is on the disk.
[[nodiscard]] Status synced(const std::filesystem::path& file);

}  // namespace chat::store
