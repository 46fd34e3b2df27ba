#pragma once

#include "chat/core/clock.h"
#include "chat/core/error.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace chat::store {

/// Which calls are to be forgotten: those named, or those older than so many days.
struct ForgetRequest {
    std::vector<std::string> sids;  ///< SIDs, or the SHA-256 of a recording where a call has none
    std::optional<std::chrono::days>
        olderThan;        ///< by the call's own time, else by when it was first seen
    bool dryRun = false;  ///< only say what would be done
};

/// What became of one call.
struct ForgottenCall {
    std::string sid;
    std::string refused;  ///< why it was left alone; empty: forgotten
    std::string
        keptRecording;  ///< SID of another call with the very same recording, whose results therefore stay
};

/// A copy outside of the store that holds forgotten calls.
struct Holder {
    std::filesystem::path path;
    std::size_t calls = 0;  ///< how many of them
    bool readable = true;   ///< false: a copy that cannot be looked into; it may hold all
};

struct ForgetOutcome {
    std::vector<ForgottenCall> calls;
    std::vector<std::string> unknown;  ///< SIDs that the store does not hold
    std::size_t forgotten = 0;         ///< with dryRun: would be
    std::int64_t rows = 0;             ///< removed, of all tables
    std::vector<Holder> reports;
    std::vector<Holder> copies;  ///< backups, and stores set aside
    bool traceless =
        true;  ///< false: another program still reads; traces stay in the file until it ends
};

/// Removes calls: attributes, results, jobs with their history, errors, recordings that were fetched for them, in one transaction; then the file is written
/// anew and its log emptied, so that neither holds a byte of them. A call that is being worked on is left alone. What
/// reports and copies hold is only named; notes of which report holds a forgotten call go with it, so they are named
/// once.
///
/// Errors: those of ResultStore::open; SYS_PERM_UNWRITABLE for a recording that cannot be removed, and nothing is forgotten. DB_CONN_LOCKED and DB_RES_DISK_FULL may come after the rows are gone, while the
/// file is written anew: the same command finishes the work.
[[nodiscard]] Result<ForgetOutcome> forget(const std::filesystem::path& store,
                                           const ForgetRequest& request,
                                           const Clock& clock);

/// Notes that a report in `folder` holds these recordings; an earlier note on that folder is replaced. Recordings that the
/// store does not hold are passed over. Errors: those of ResultStore.
[[nodiscard]] Status noteReport(const std::filesystem::path& store,
                                const std::filesystem::path& folder,
                                std::span<const std::string> recordings,
                                const Clock& clock);

}  // namespace chat::store
