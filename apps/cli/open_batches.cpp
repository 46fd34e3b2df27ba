#include "open_batches.h"

#include <algorithm>
#include <tuple>

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
    std::vector<std::tuple<int, queue::Time, std::int64_t, queue::Batch>> open;
    for (const queue::Batch& batch : *all) {
        const auto first = jobs.list(openJobsOf(batch), {}, 1, {});
        if (!first) {
            return tl::unexpected(first.error());
        }
        if (!first->jobs.empty()) {
            open.emplace_back(first->jobs[0].priority,
                              batch.finishBy.value_or(queue::Time::max()),
                              first->jobs[0].rank,
                              batch);
        }
    }
    std::ranges::sort(open, [](const auto& a, const auto& b) {
        return std::tie(std::get<0>(a), std::get<1>(a), std::get<2>(a)) <
               std::tie(std::get<0>(b), std::get<1>(b), std::get<2>(b));
    });
    std::vector<queue::Batch> batches;
    batches.reserve(open.size());
    for (auto& [priority, finishBy, rank, batch] : open) {
        batches.push_back(std::move(batch));
    }
    return batches;
}

Result<std::vector<queue::Batch>> chosenBatches(queue::JobStore& jobs, const std::string& name) {
    if (name.empty()) {
        return openBatches(jobs);
    }
    return batchNamed(jobs, name).map([](const queue::Batch& batch) { return std::vector{batch}; });
}

}  // namespace chat::cli
