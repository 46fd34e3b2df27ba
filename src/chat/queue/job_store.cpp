#include "chat/queue/job_store.h"

#include <algorithm>
#include <iterator>
#include <optional>

namespace chat::queue {

Move moveOf(Edit::Kind kind) {
    using Kind = Edit::Kind;
    switch (kind) {
        case Kind::Pause:
            return Move::Pause;
        case Kind::Resume:
            return Move::Resume;
        case Kind::Retry:
            return Move::Retry;
        case Kind::Cancel:
            return Move::Cancel;
        case Kind::Remove:
            return Move::Remove;
        case Kind::Priority:
        case Kind::Batch:
        case Kind::Top:
        case Kind::Bottom:
            return Move::Reorder;
    }
    return Move::Reorder;
}

Result<Batch> batchNamed(JobStore& jobs, const std::string& name) {
    auto batch = jobs.batch(name);
    if (!batch) {
        return tl::unexpected(batch.error());
    }
    std::optional<Batch> found = std::move(*batch);
    if (!found) {
        return fail(ErrorCode::QDataBatchMissing, "There is no batch named " + name);
    }
    return std::move(*found);
}

Result<std::vector<Job>> allJobs(JobStore& jobs, const JobFilter& filter, const JobSort& sort) {
    constexpr std::size_t kPage = 1000;
    std::vector<Job> all;
    std::optional<PageMark> after;
    do {
        auto page = jobs.list(filter, sort, kPage, after);
        if (!page) {
            return tl::unexpected(page.error());
        }
        std::ranges::move(page->jobs, std::back_inserter(all));
        after = page->next;
    } while (after);
    return all;
}

}  // namespace chat::queue
