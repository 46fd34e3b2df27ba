#pragma once

#include "chat/queue/job_store.h"
#include "chat/source/call_source.h"

#include <CLI/CLI.hpp>

#include <map>
#include <optional>
#include <span>
#include <string>

#include "json_output.h"

namespace chat::cli {

/// `--enqueue` of `chat search`, and what goes with it.
struct EnqueueOptions {
    bool enqueue = false;
    std::string batch;
    int priority = queue::kNormal;
    bool again = false;
    std::string storeFile;
};

void addEnqueueOptions(CLI::App& command, EnqueueOptions& options);

/// The telephone system that has the calls' recordings; none: they are on disk. `telephony`: the file that the calls were found by, empty
/// for calls on disk. Errors: those of `source::keptSettings`.
using CallSystem = std::optional<queue::KeptSource>;
[[nodiscard]] Result<CallSystem> systemOf(const std::string& telephony,
                                          std::span<const source::FoundCall> calls);

/// By SID, of those of the calls that the queue has: "analyzed", "queued", "failed" or "cancelled". A queue that cannot be asked knows none.
using CallStates = std::map<std::string, std::string>;
[[nodiscard]] CallStates callStates(const EnqueueOptions& options,
                                    const CallSystem& system,
                                    std::span<const source::FoundCall> calls);

/// What became of calls that were to be put into the queue.
struct EnqueuedCalls {
    std::string batch;
    std::size_t found = 0;
    std::size_t added = 0;
    std::vector<queue::KnownCall> known;
};

/// Errors: those of the queue.
[[nodiscard]] Result<EnqueuedCalls> enqueueCalls(const EnqueueOptions& options,
                                                 const CallSystem& system,
                                                 std::span<const source::FoundCall> calls);

[[nodiscard]] Json enqueuedJson(const EnqueuedCalls& enqueued);
void printEnqueued(const EnqueuedCalls& enqueued);

}  // namespace chat::cli
