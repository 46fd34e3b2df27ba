#pragma once

#include "chat/queue/job_store.h"
#include "chat/store/sqlite_job_store.h"

#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace chat::tests {

/// One implementation of JobStore.
struct JobStoreKind {
    std::string name;
    std::function<Result<std::unique_ptr<queue::JobStore>>(const std::filesystem::path& folder,
                                                           const Clock& clock)>
        open;
};

inline void PrintTo(const JobStoreKind& kind, std::ostream* out) {
    *out << kind.name;
}

/// All there are; each must keep what the suites of this folder say.
inline std::vector<JobStoreKind> jobStores() {
    return {{"sqlite", [](const std::filesystem::path& folder, const Clock& clock) {
                 return store::openJobStore(folder / "store.sqlite", clock);
             }}};
}

}  // namespace chat::tests
