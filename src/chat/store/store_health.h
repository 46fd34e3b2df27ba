#pragma once

#include "chat/core/error.h"

#include <cstdint>
#include <filesystem>

namespace chat::store {

/// What a look at a store tells without reading what it holds.
struct StoreHealth {
    std::uint64_t bytes = 0;  ///< of the file
    std::uint64_t logBytes =
        0;  ///< of the log beside it, which the last program to close the store empties
    std::uint64_t freeBytes = 0;  ///< in pages that hold nothing; they are used again
    int version = 0;              ///< number of the newest migration that it has had
    int newest = 0;               ///< number of this program's newest
    bool sound = false;           ///< SQLite's quick_check found nothing
};

/// Looks and changes nothing. Other programs may use the store meanwhile. Errors: SYS_DATA_PATH_MISSING, DB_DATA_DAMAGED when
/// it is not CHAT's or no database, DB_FMT_TOO_NEW, DB_CONN_LOCKED, DB_PERM_UNWRITABLE, DB_UNK_GENERIC_ERROR.
[[nodiscard]] Result<StoreHealth> storeHealth(const std::filesystem::path& file);

}  // namespace chat::store
