#pragma once

#include "chat/core/clock.h"
#include "chat/core/error.h"
#include "chat/queue/job.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace chat::store {

/// Where the recordings of telephone systems lie that the calls of a store await: "store.sqlite.recordings" beside it, so that whoever
/// sees the store sees them, and no other store has part in them.
[[nodiscard]] std::filesystem::path fetchedFolder(const std::filesystem::path& store);

/// Where a call's recording belongs there: the SHA-256 of the system's address and the SID, so that it is fetched once, whatever the
/// batch.
[[nodiscard]] std::filesystem::path fetchedFile(const std::filesystem::path& store,
                                                const std::string& address,
                                                const std::string& sid);

/// Removes what lies at `file`: the recording, the part of it that has arrived, and what is noted of that. Errors: SYS_PERM_UNWRITABLE.
[[nodiscard]] Status removeFetched(const std::filesystem::path& file);

/// Whether a recording is still wanted that all these jobs have in common; there are none for one that no job has.
using IsWanted = std::function<bool(const std::vector<queue::Job>& jobs)>;

/// Removes the recordings that are not wanted. Jobs cannot change meanwhile. Files that are named otherwise are left alone. Errors: those of the
/// store; SYS_PERM_UNWRITABLE, with the others removed.
[[nodiscard]] Status removeUnwanted(const std::filesystem::path& store,
                                    const IsWanted& isWanted,
                                    const Clock& clock);

}  // namespace chat::store
