#include "queue_filter.h"

#include "chat/queue/job_states.h"
#include "chat/store/sqlite_job_store.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "salvage_text.h"
#include "store_option.h"

namespace chat::cli {

namespace {

std::vector<std::string> stateNames() {
    std::vector<std::string> names;
    for (int state = 0; state <= static_cast<int>(queue::JobState::Cancelled); ++state) {
        names.emplace_back(queue::stateName(static_cast<queue::JobState>(state)));
    }
    return names;
}

}  // namespace

bool FilterOptions::empty() const {
    return ids.empty() && states.empty() && priority == 0 &&
           (batch + sid + order + chain + storeName + agent + phone + error + path).empty();
}

void addFilterOptions(CLI::App& command, FilterOptions& options) {
    command.add_option("ids", options.ids, "Numbers of jobs, as `chat queue list` shows them")
        ->type_name("ID");
    command.add_option("--batch", options.batch, "Of this batch")->type_name("NAME");
    command.add_option("--state", options.states, "In one of these states; may be said again")
        ->check(CLI::IsMember(stateNames()))
        ->type_name("STATE");
    command.add_option("--priority", options.priority, "Of this priority, 1 (critical) to 5")
        ->check(CLI::Range(queue::kCritical, queue::kLowest, "1-5"))
        ->type_name("N");
    command.add_option("--sid", options.sid, "The call's SID")->type_name("TEXT");
    command.add_option("--order", options.order, "The call's order ID")->type_name("TEXT");
    command.add_option("--chain", options.chain, "The call's chain")->type_name("TEXT");
    command.add_option("--store-name", options.storeName, "The call's store")->type_name("TEXT");
    command.add_option("--agent", options.agent, "The call's agent")->type_name("TEXT");
    command.add_option("--phone", options.phone, "The customer's number")->type_name("TEXT");
    command.add_option("--error", options.error, "Whose last error is this, e.g. AU_DATA_EMPTY")
        ->type_name("CODE");
    command.add_option("--path", options.path, "With this in the path")->type_name("PART");
}

Result<queue::JobFilter> filterOf(const FilterOptions& options, queue::JobStore& jobs) {
    const auto given = [](const std::string& text) {
        return text.empty() ? std::nullopt : std::optional(text);
    };
    queue::JobFilter filter;
    filter.ids = options.ids;
    if (!options.batch.empty()) {
        const auto batch = queue::batchNamed(jobs, options.batch);
        if (!batch) {
            return tl::unexpected(batch.error());
        }
        filter.batch = batch->id;
    }
    for (const std::string& name : options.states) {
        if (const auto state = queue::stateNamed(name)) {
            filter.states.push_back(*state);
        }
    }
    if (options.priority != 0) {
        filter.priority = options.priority;
    }
    filter.sid = given(options.sid);
    filter.orderId = given(options.order);
    filter.chain = given(options.chain);
    filter.store = given(options.storeName);
    filter.agent = given(options.agent);
    filter.phone = given(options.phone);
    filter.errorCode = given(options.error);
    filter.path = given(options.path);
    return filter;
}

Result<std::unique_ptr<queue::JobStore>> openQueue(const std::string& storeFile) {
    static const SystemClock clock;
    const std::filesystem::path file = storeFileOf(storeFile);
    return makeUsable(file).and_then([&] { return store::openJobStore(file, clock); });
}

std::string newBatchName() {
    return fmt::format("added {:%Y-%m-%d %H:%M:%S}", fmt::localtime(std::time(nullptr)));
}

Result<BatchNames> batchNames(queue::JobStore& jobs) {
    return jobs.batches().map([](const std::vector<queue::Batch>& batches) {
        BatchNames names;
        for (const queue::Batch& batch : batches) {
            names[batch.id] = batch.name;
        }
        return names;
    });
}

}  // namespace chat::cli
