#pragma once

#include "chat/core/clock.h"
#include "chat/queue/job_store.h"
#include "chat/store/access.h"

#include <filesystem>
#include <memory>

namespace chat::store {

/// The queue in the store's SQLite file, beside the results. Errors: those of ResultStore::open; to read SYS_DATA_PATH_MISSING
/// when there is none.
[[nodiscard]] Result<std::unique_ptr<queue::JobStore>> openJobStore(
    const std::filesystem::path& file, const Clock& clock, Access access = Access::Write);

}  // namespace chat::store
