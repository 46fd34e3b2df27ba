#include "search_enqueue.h"

#include "chat/core/files.h"
#include "chat/core/text.h"
#include "chat/pipeline/batch_jobs.h"
#include "chat/source/rest/kept_settings.h"
#include "chat/store/fetched_recordings.h"
#include "chat/store/sqlite_job_store.h"

#include <fmt/format.h>

#include "queue_filter.h"
#include "run_options.h"
#include "store_option.h"

namespace chat::cli {

namespace {

std::string stateWord(queue::JobState state) {
    switch (state) {
        case queue::JobState::Completed:
            return "analyzed";
        case queue::JobState::Failed:
        case queue::JobState::Cancelled:
            return std::string(queue::stateName(state));
        default:
            return "queued";
    }
}

std::vector<queue::NewJob> jobsOf(const EnqueueOptions& options,
                                  const CallSystem& system,
                                  std::span<const source::FoundCall> calls) {
    const std::filesystem::path store = storeFileOf(options.storeFile);
    std::vector<queue::NewJob> jobs;
    jobs.reserve(calls.size());
    for (const source::FoundCall& found : calls) {
        queue::NewJob& job = jobs.emplace_back();
        job.call = found.call;
        job.priority = options.priority;
        if (system) {
            job.file = store::fetchedFile(store, system->address, found.call.sid);
            job.path = found.call.sid;
            continue;
        }
        job.file = found.file;
        job.path = found.shownPath;
        job.bytes = fileBytes(found.file);
    }
    return jobs;
}

}  // namespace

void addEnqueueOptions(CLI::App& command, EnqueueOptions& options) {
    CLI::Option* enqueue = command.add_flag(
        "--enqueue", options.enqueue, "Put the calls that are shown into the queue");
    command.add_option("--batch", options.batch, "Batch to add to; made when there is none")
        ->type_name("NAME")
        ->default_str("added DATE TIME")
        ->needs(enqueue);
    command.add_option("--priority", options.priority, "1 (critical) to 5; 3 is normal")
        ->check(CLI::Range(queue::kCritical, queue::kLowest, "1-5"))
        ->type_name("N")
        ->capture_default_str()
        ->needs(enqueue);
    command
        .add_flag("--again",
                  options.again,
                  "Also calls that another batch has, to analyze them with other settings")
        ->needs(enqueue);
    command.add_option("--queue", options.storeFile, "Store whose queue is meant")
        ->type_name("FILE")
        ->default_str("store.sqlite in the data folder");
}

Result<CallSystem> systemOf(const std::string& telephony,
                            std::span<const source::FoundCall> calls) {
    if (telephony.empty() || calls.empty() || !calls.front().file.empty()) {
        return std::nullopt;
    }
    return source::keptSettings(telephony).map([](const source::KeptSettings& kept) {
        return CallSystem(queue::KeptSource{kept.address, kept.folder, kept.text});
    });
}

CallStates callStates(const EnqueueOptions& options,
                      const CallSystem& system,
                      std::span<const source::FoundCall> calls) {
    const SystemClock clock;
    CallStates states;
    const auto jobs =
        store::openJobStore(storeFileOf(options.storeFile), clock, store::Access::Read);
    if (!jobs) {
        return states;
    }
    std::vector<std::string> sids;
    sids.reserve(calls.size());
    for (const source::FoundCall& found : calls) {
        sids.push_back(found.call.sid);
    }
    const auto known = (*jobs)->known(system ? system->address : "", sids);
    if (known) {
        for (const queue::KnownCall& call : *known) {
            states[call.sid] = stateWord(call.state);
        }
    }
    return states;
}

Result<EnqueuedCalls> enqueueCalls(const EnqueueOptions& options,
                                   const CallSystem& system,
                                   std::span<const source::FoundCall> calls) {
    const auto jobs = openQueue(options.storeFile);
    if (!jobs) {
        return tl::unexpected(jobs.error());
    }
    queue::Enqueuing what;
    what.batch = options.batch.empty() ? newBatchName() : options.batch;
    what.jobs = jobsOf(options, system, calls);
    what.retryBudget = pipeline::retryBudget(calls.size());
    what.source = system;
    what.again = options.again;
    if (!what.source) {
        const auto time = pipeline::learntTime(**jobs);
        if (!time) {
            return tl::unexpected(time.error());
        }
        pipeline::planPlaces(what.jobs, *time, defaultWorkers());
    }
    return (*jobs)->enqueue(what).map([&](queue::Enqueued enqueued) {
        return EnqueuedCalls{what.batch, calls.size(), enqueued.added, std::move(enqueued.known)};
    });
}

Json enqueuedJson(const EnqueuedCalls& enqueued) {
    Json known = Json::array();
    for (const queue::KnownCall& call : enqueued.known) {
        known.push_back(
            {{"sid", call.sid}, {"state", stateWord(call.state)}, {"batch", call.batch}});
    }
    return {{"batch", enqueued.batch}, {"added", enqueued.added}, {"known", std::move(known)}};
}

void printEnqueued(const EnqueuedCalls& enqueued) {
    std::map<std::string, std::size_t> states;
    for (const queue::KnownCall& call : enqueued.known) {
        ++states[stateWord(call.state)];
    }
    std::string there;
    for (const auto& [state, count] : states) {
        there += fmt::format("{}{} {}", there.empty() ? "" : ", ", count, state);
    }
    fmt::print("  {} of {} calls added to batch {}{}.\n",
               enqueued.added,
               enqueued.found,
               printable(enqueued.batch),
               there.empty() ? "" : fmt::format("; the queue has the others: {}", there));
    if (enqueued.added > 0) {
        fmt::print("  Work them off with: chat run --batch '{}'\n", printable(enqueued.batch));
    }
}

}  // namespace chat::cli
