#pragma once

#include "chat/queue/job.h"

#include <string>
#include <vector>

namespace chat::queue {

/// Which jobs are meant; every part that is set must hold. Texts are compared as a whole, without regard to case.
struct JobFilter {
    std::vector<JobId> ids;  ///< any of these; empty: all
    std::optional<BatchId> batch;
    std::vector<JobState> states;  ///< any of these; empty: all
    std::optional<int> priority;
    std::optional<std::string> sid;
    std::optional<std::string> orderId;
    std::optional<std::string> chain;
    std::optional<std::string> store;
    std::optional<std::string> agent;
    std::optional<std::string> phone;
    std::optional<std::string> errorCode;
    std::optional<std::string> path;  ///< part of the path as shown
};

/// The columns that a list may be sorted by.
enum class SortColumn : std::uint8_t {
    Queue,
    Added,
    Sid,
    Chain,
    Store,
    Agent,
    State,  ///< by its name, then in queue order
    StartedAt,
    EndedAt
};

struct JobSort {
    SortColumn by = SortColumn::Queue;  ///< Queue: by priority, then rank
    bool descending = false;
};

/// Where a page of a list ends, so that the next begins there at the same cost; opaque, printable.
using PageMark = std::string;

struct JobPage {
    std::vector<Job> jobs;
    std::optional<PageMark> next;  ///< none: this was the last page
};

}  // namespace chat::queue
