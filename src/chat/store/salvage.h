#pragma once

#include "chat/core/clock.h"
#include "chat/core/error.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace chat::store {

/// A call of which something was lost.
struct LostCall {
    std::string sid;  ///< where it could still be read; else the hash of its recording
    std::vector<std::string> what;  ///< "call" (its attributes), "audio", "transcribe", "analyze"
};

struct SalvagedTable {
    std::string name;
    std::int64_t rows = 0;  ///< that were read and kept
};

struct SalvageOutcome {
    std::filesystem::path damaged;  ///< the file as it was found
    std::vector<SalvagedTable> tables;
    std::vector<LostCall> lost;
    std::int64_t rowsRefused =
        0;  ///< that were read but make no sense: broken, or without what they refer to
    std::uint32_t pagesMissing = 0;  ///< cut off the end of the file
};

/// Makes a new store of all rows that can still be read in a damaged one, and sets the damaged file aside, unchanged.
///
/// The file is read page by page without SQLite, its log included; each row is put into the table whose columns it
/// fits, so neither the file's header nor its list of tables nor the trees' inner pages are needed. What is lost is
/// known by the indexes: they name rows that were not found. Rows that others refer to (recordings, batches) are
/// made again with what is known of them. Memory: the numbers of rows; the file is mapped.
///
/// Errors: DB_DATA_UNSALVAGEABLE when it holds nothing of CHAT's, DB_CONN_LOCKED when any program has it open,
/// SYS_DATA_PATH_MISSING, DB_RES_DISK_FULL, DB_PERM_UNWRITABLE.
/// `why` goes into the audit log; empty: because it was damaged.
[[nodiscard]] Result<SalvageOutcome> salvage(const std::filesystem::path& store,
                                             const Clock& clock,
                                             const std::string& why = {});

/// What a program does once, before it opens a store: a damaged one is salvaged, and what became of it given.
///
/// A store that was closed well costs a look at its header and its list of tables. One whose last user ended without
/// closing it (its log is still there, and nobody uses it) is read by SQLite's quick_check, since a power cut can have
/// damaged it. Damage that shows later, where a page is read, is an error DB_DATA_DAMAGED then. Must not be called by a
/// process that has the store open. Errors: those of `salvage`; what else keeps a store from being opened is left to
/// ResultStore::open to say.
[[nodiscard]] Result<std::optional<SalvageOutcome>> salvageIfDamaged(
    const std::filesystem::path& store, const Clock& clock);

}  // namespace chat::store
