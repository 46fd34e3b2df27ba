#include "open_batches.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "queue_filter.h"

namespace chat::cli {

using queue::JobState;

queue::JobFilter openJobsOf(const queue::Batch& batch) {
    queue::JobFilter filter;
    filter.batch = batch.id;
    filter.states = {JobState::Pending, JobState::Waiting, JobState::Running};
    return filter;
}

Result<std::vector<queue::Batch>> openBatches(queue::JobStore& jobs) {
    auto all = jobs.batches();
    if (!all) {
        return tl::unexpected(all.error());
    }
    std::vector<std::pair<queue::Job, queue::Batch>> open;
    for (const queue::Batch& batch : *all) {
        auto first = jobs.list(openJobsOf(batch), {}, 1, {});
        if (!first) {
            return tl::unexpected(first.error());
        }
        if (!first->jobs.empty()) {
            open.emplace_back(std::move(first->jobs.front()), batch);
        }
    }
    std::ranges::sort(open, {}, [](const auto& one) {
        return std::tuple(one.first.priority, one.first.rank, one.first.id);
    });
    std::vector<queue::Batch> batches;
    batches.reserve(open.size());
    for (auto& [first, batch] : open) {
        batches.push_back(std::move(batch));
    }
    return batches;
}

BatchesToCome::BatchesToCome(queue::JobStore& jobs, const std::vector<queue::Batch>& known)
    : jobs_(jobs) {
    for (const queue::Batch& batch : known) {
        known_.insert(batch.id);
    }
}

std::optional<queue::Batch> BatchesToCome::next() {
    queue::JobFilter pending;
    pending.states = {JobState::Pending};
    const auto first = jobs_.list(pending, {}, 1, {});
    if (!first || first->jobs.empty() || !known_.insert(first->jobs.front().batch).second) {
        return std::nullopt;
    }
    const auto all = jobs_.batches();
    if (!all) {
        return std::nullopt;
    }
    const auto batch = std::ranges::find(*all, first->jobs.front().batch, &queue::Batch::id);
    return batch == all->end() ? std::nullopt : std::optional(*batch);
}

Result<std::vector<queue::Batch>> chosenBatches(queue::JobStore& jobs, const std::string& name) {
    if (name.empty()) {
        return openBatches(jobs);
    }
    return queue::batchNamed(jobs, name).map([](const queue::Batch& batch) {
        return std::vector{batch};
    });
}

}  // namespace chat::cli
