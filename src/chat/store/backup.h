#pragma once

#include "chat/core/clock.h"
#include "chat/store/inspection.h"

#include <filesystem>
#include <string>

namespace chat::store {

struct BackupOutcome {
    std::filesystem::path file;
    bool whole = false;              ///< all of it was copied, not only what had changed
    std::uint64_t bytes = 0;         ///< size of the backup
    std::uint64_t bytesWritten = 0;  ///< into it
    std::int64_t rowsWritten = 0;    ///< new or changed since the last backup; 0 when whole
    std::int64_t rowsRemoved = 0;    ///< not in the store any more; 0 when whole
};

/// Copies the store as it is at one moment into `target`, a file of mode 0600 without a log, or into a folder under the
/// store's name; other programs go on writing meanwhile.
///
/// An earlier backup of the same store there is brought up to date: only rows that differ are written, in one
/// transaction, so that it is whole at each instant; what the store has forgotten is forgotten there too. Otherwise
/// SQLite's backup functions copy all pages into a temporary file that then takes the name. Either way the
/// backup is checked in the end. The store remembers where its backups are.
///
/// Errors: DB_STATE_TARGET_TAKEN when `target` is anything but a backup of this store, DB_DATA_DAMAGED,
/// SYS_DATA_PATH_MISSING when there is no store, and those of ResultStore::open.
[[nodiscard]] Result<BackupOutcome> backUp(const std::filesystem::path& store,
                                           const std::filesystem::path& target,
                                           const Clock& clock);

struct RestoreOutcome {
    std::filesystem::path
        aside;  ///< where the store that was there is now; empty when there was none
    Inspection backup;
};

/// Puts the content of a backup in the store's place; the backup is not touched. It is read whole first (`inspect`), and
/// the store that was there keeps its content under another name. Errors: DB_DATA_DAMAGED when anything is wrong with
/// the backup, DB_CONN_LOCKED when any program has the store open, and those of `inspect` and ResultStore::open.
/// `why` goes into the audit log; empty: what was done.
[[nodiscard]] Result<RestoreOutcome> restore(const std::filesystem::path& backup,
                                             const std::filesystem::path& store,
                                             const StageVersions& versions,
                                             const Clock& clock,
                                             const std::string& why = {});

}  // namespace chat::store
