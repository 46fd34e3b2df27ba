#pragma once

#include "chat/queue/job_store.h"

#include <CLI/CLI.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace chat::cli {

/// Which jobs a command means, as it was said. `--store` names the store's file everywhere; the shop of a call is
/// `--store-name`, the column of a manifest.
struct FilterOptions {
    std::vector<queue::JobId> ids;
    std::string batch;
    std::vector<std::string> states;
    int priority = 0;  ///< 0: any
    std::string sid;
    std::string order;
    std::string chain;
    std::string storeName;
    std::string agent;
    std::string phone;
    std::string error;
    std::string path;
    bool all = false;

    [[nodiscard]] bool empty() const;
};

void addFilterOptions(CLI::App& command, FilterOptions& options);

/// Errors: Q_DATA_BATCH_MISSING.
[[nodiscard]] Result<queue::JobFilter> filterOf(const FilterOptions& options,
                                                queue::JobStore& jobs);

/// The queue in that store, or in the one used when none is named; a damaged one is salvaged first (salvage_text.h).
[[nodiscard]] Result<std::unique_ptr<queue::JobStore>> openQueue(const std::string& storeFile);

/// For calls that were added without one: when that was.
[[nodiscard]] std::string newBatchName();

using BatchNames = std::map<queue::BatchId, std::string>;
[[nodiscard]] Result<BatchNames> batchNames(queue::JobStore& jobs);

}  // namespace chat::cli
