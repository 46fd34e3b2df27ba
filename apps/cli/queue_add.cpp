#include "chat/core/text.h"
#include "chat/pipeline/batch_jobs.h"
#include "chat/pipeline/error_journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "commands.h"
#include "listing_options.h"
#include "queue_filter.h"
#include "queue_output.h"
#include "run_options.h"
#include "stop_signal.h"
#include "store_option.h"
#include "terminal.h"

namespace chat::cli {

namespace {

struct AddOptions {
    ListingOptions recordings;
    std::string batch;
    int priority = queue::kNormal;
    std::string storeFile;
    bool json = false;
};

/// How long the calls will take, judged by those before them.
struct Expected {
    Seconds time{};
    pipeline::PredictionError error;

    /// Few calls say too little, as do calls that were worked on with one model after the other.
    [[nodiscard]] bool known() const { return error.calls >= 10 && error.meanShare <= 0.5; }
};

/// Puts the calls into the order to begin them in.
Result<Expected> plan(queue::JobStore& jobs, std::vector<queue::NewJob>& calls, int priority) {
    for (queue::NewJob& job : calls) {
        job.priority = priority;
    }
    return pipeline::learntTime(jobs).map([&](const pipeline::ProcessingTime& time) {
        return Expected{pipeline::planPlaces(calls, time, defaultWorkers()), time.error()};
    });
}

Json expectedJson(const Expected& expected) {
    if (!expected.known()) {
        return nullptr;
    }
    return {{"seconds", expected.time.count()},
            {"workers", defaultWorkers()},
            {"learntCalls", expected.error.calls},
            {"meanErrorShare", expected.error.meanShare}};
}

void printExpected(const Expected& expected) {
    if (expected.known()) {
        fmt::print(
            "About {} of work for {} workers, judged by the last {} calls, which were "
            "foretold {:.0f} % off.\n",
            clockText(std::max(1.0, expected.time.count())),
            defaultWorkers(),
            expected.error.calls,
            100 * expected.error.meanShare);
    }
}

/// The batch of that name, made when it is not there.
Result<queue::BatchId> batchFor(queue::JobStore& jobs, const std::string& name, std::size_t calls) {
    const auto found = jobs.batch(name);
    if (!found) {
        return tl::unexpected(found.error());
    }
    if (const std::optional<queue::Batch>& known = *found) {
        return known->id;
    }
    return jobs.createBatch(name, "{}", pipeline::retryBudget(calls));
}

/// Jobs that failed as they were added: from `began` on.
Result<std::vector<queue::Job>> addedUnread(queue::JobStore& jobs,
                                            queue::BatchId batch,
                                            queue::Time began) {
    queue::JobFilter filter;
    filter.batch = batch;
    filter.states = {queue::JobState::Failed};
    return queue::allJobs(jobs, filter, {queue::SortColumn::Added, true})
        .map([&](std::vector<queue::Job> failed) {
            std::erase_if(failed, [&](const queue::Job& job) { return job.addedAt < began; });
            return failed;
        });
}

/// Adds the calls to the batch and keeps the errors of those that cannot be read.
Result<queue::AddOutcome> addTo(queue::JobStore& jobs,
                                queue::BatchId batch,
                                std::span<const queue::NewJob> calls,
                                const std::string& storeFile) {
    const SystemClock clock;
    // The store keeps whole milliseconds.
    const auto began = std::chrono::floor<std::chrono::milliseconds>(clock.now());
    return jobs.add(batch, calls).and_then([&](const queue::AddOutcome& outcome) {
        return addedUnread(jobs, batch, began).map([&](const std::vector<queue::Job>& unread) {
            pipeline::JournalSettings settings;
            settings.storeFile = storeFileOf(storeFile);
            settings.version = CHAT_VERSION;
            pipeline::ErrorJournal journal(settings, clock);
            pipeline::noteUnread(unread, journal);
            return outcome;
        });
    });
}

/// All is looked at before anything is written: a run that is stopped leaves no empty batch.
Result<int> add(const AddOptions& options, const std::stop_token& stop) {
    const auto listing =
        source::listRecordings(options.recordings.files(), options.recordings.listing());
    if (!listing) {
        return tl::unexpected(listing.error());
    }
    auto calls = pipeline::jobsOf(listing->recordings, stop);
    if (!calls) {
        return tl::unexpected(calls.error());
    }
    const auto jobs = openQueue(options.storeFile);
    if (!jobs) {
        return tl::unexpected(jobs.error());
    }
    const auto expected = plan(**jobs, calls->jobs, options.priority);
    if (!expected) {
        return tl::unexpected(expected.error());
    }
    const std::string name = options.batch.empty() ? newBatchName() : options.batch;
    const auto outcome =
        batchFor(**jobs, name, calls->jobs.size()).and_then([&](queue::BatchId batch) {
            return addTo(**jobs, batch, calls->jobs, options.storeFile);
        });
    if (!outcome) {
        return tl::unexpected(outcome.error());
    }
    std::vector<const queue::NewJob*> unreadable;
    for (const queue::NewJob& job : calls->jobs) {
        if (job.error) {
            unreadable.push_back(&job);
        }
    }
    // Files that stand twice in the listing are duplicates as much as calls that were there before.
    const std::size_t duplicates = listing->recordings.size() - outcome->added;
    if (options.json) {
        Json failures = Json::array();
        for (const queue::NewJob* job : unreadable) {
            failures.push_back({{"path", job->path}, {"error", errorJson(job->error)}});
        }
        Json warnings = Json::array();
        for (const Warning& warning : listing->warnings) {
            warnings.push_back(warning.text);
        }
        printJson({{"batch", name},
                   {"added", outcome->added},
                   {"duplicates", duplicates},
                   {"total", listing->recordings.size()},
                   {"expected", expectedJson(*expected)},
                   {"unreadable", std::move(failures)},
                   {"warnings", std::move(warnings)}});
    } else {
        for (const Warning& warning : listing->warnings) {
            fmt::print(stderr, "chat: {}\n", printable(warning.text));
        }
        for (const queue::NewJob* job : unreadable) {
            printErrorOnly(job->error.value_or(Error{}));
        }
        fmt::print("{} of {} calls added to batch {}{}.\n",
                   outcome->added,
                   listing->recordings.size(),
                   printable(name),
                   duplicates > 0 ? fmt::format("; {} were in it already", duplicates) : "");
        printExpected(*expected);
        fmt::print("Work them off with: chat run --batch '{}'\n", printable(name));
    }
    return unreadable.empty() ? kExitDone : kExitSomeFailed;
}

}  // namespace

void addQueueAdd(CLI::App& queueCommand, Action& action) {
    auto options = std::make_shared<AddOptions>();
    CLI::App* command = queueCommand.add_subcommand("add", "Put calls into a batch of the queue");
    addListingOptions(*command, options->recordings);
    command->add_option("--batch", options->batch, "Batch to add to; made when there is none")
        ->type_name("NAME")
        ->default_str("added DATE TIME");
    command->add_option("--priority", options->priority, "1 (critical) to 5; 3 is normal")
        ->check(CLI::Range(queue::kCritical, queue::kLowest, "1-5"))
        ->type_name("N")
        ->capture_default_str();
    addStoreOption(*command, options->storeFile);
    command->add_flag("--json", options->json, "As JSON");
    command->footer(
        "A call is known by its SID: what the manifest or the file's name says, else the sum of "
        "its bytes,\nfor which it is read. One that the batch has already is not added again. "
        "Within "
        "a priority short\ncalls are begun first, but not at the end (docs/benchmarks.md).\n"
        "Examples:\n"
        "  chat queue add recordings/ --batch monday\n"
        "  chat queue add --manifest calls.csv --batch monday --priority 2\n"
        "Exit statuses: 0 all can be read; 1 some cannot, and stand in the queue as failed; 2 "
        "wrong use;\n3 nothing was added; 130 stopped, and nothing was added.");
    command->final_callback([options, &action] {
        requireListing(options->recordings);
        action = [options]() -> int {
            StopSignal signal;
            const auto status = add(*options, signal.token());
            if (status) {
                return *status;
            }
            printError(status.error());
            return status.error().code == ErrorCode::SysStateStopped ? kExitInterrupted
                                                                     : kExitNothingDone;
        };
    });
}

}  // namespace chat::cli
