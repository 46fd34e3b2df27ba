#include "chat/core/text.h"
#include "chat/queue/job_states.h"

#include <fmt/format.h>

#include <array>
#include <numeric>
#include <set>

#include "commands.h"
#include "queue_filter.h"
#include "queue_output.h"
#include "store_option.h"
#include "terminal.h"

namespace chat::cli {

namespace {

using queue::Edit;
using queue::SortColumn;

constexpr std::size_t kPage = 100;

const std::vector<std::pair<std::string, SortColumn>> kSorts{{"queue", SortColumn::Queue},
                                                             {"added", SortColumn::Added},
                                                             {"sid", SortColumn::Sid},
                                                             {"chain", SortColumn::Chain},
                                                             {"store-name", SortColumn::Store},
                                                             {"agent", SortColumn::Agent},
                                                             {"state", SortColumn::State},
                                                             {"started", SortColumn::StartedAt},
                                                             {"ended", SortColumn::EndedAt}};

constexpr const char* kStatuses =
    "Exit statuses: 0 done; 1 some jobs could not; 2 wrong use; 3 none could, or none was meant.";

struct QueueOptions {
    FilterOptions filter;
    std::string storeFile;
    bool json = false;
    // list
    SortColumn sort = SortColumn::Queue;
    bool descending = false;
    std::size_t limit = kPage;
    std::string after;
    // priority, move
    int toPriority = 0;
    std::string to;
    std::string toBatch;
};

int failed(const Error& error) {
    printError(error);
    return kExitNothingDone;
}

int list(const QueueOptions& options) {
    const auto jobs = openQueue(options.storeFile);
    if (!jobs) {
        return failed(jobs.error());
    }
    const auto filter = filterOf(options.filter, **jobs);
    if (!filter) {
        return failed(filter.error());
    }
    const auto page =
        (*jobs)->list(*filter,
                      {options.sort, options.descending},
                      options.limit,
                      options.after.empty() ? std::nullopt : std::optional(options.after));
    if (!page) {
        return failed(page.error());
    }
    const auto counts = (*jobs)->counts(*filter);
    const auto batches = batchNames(**jobs);
    if (!counts || !batches) {
        return failed(counts ? batches.error() : counts.error());
    }
    const std::optional<queue::PageMark>& next = page->next;
    if (options.json) {
        Json rows = Json::array();
        for (const queue::Job& job : page->jobs) {
            rows.push_back(jobJson(job, *batches));
        }
        printJson({{"jobs", std::move(rows)},
                   {"counts", countsJson(*counts)},
                   {"next", next ? Json(*next) : Json(nullptr)}});
        return kExitDone;
    }
    if (page->jobs.empty()) {
        fmt::print("{}\n",
                   options.filter.empty()
                       ? "The queue is empty. Add calls with `chat queue add PATH --batch NAME`."
                       : "No job fits. See all with `chat queue list`.");
        return kExitDone;
    }
    printJobs(page->jobs, *batches);
    fmt::print("\n  {} of {} jobs shown: {}\n",
               page->jobs.size(),
               std::accumulate(counts->begin(), counts->end(), std::size_t{0}),
               countsText(*counts));
    if (next) {
        fmt::print("  The next: the same with --after {}\n", *next);
    }
    return kExitDone;
}

/// Jobs that were named by number and are not there stand among the answers.
void answerForMissing(const FilterOptions& filter, queue::EditOutcome& outcome) {
    std::set<queue::JobId> answered;
    for (const queue::EditAnswer& answer : outcome.answers) {
        answered.insert(answer.job);
    }
    for (const queue::JobId id : filter.ids) {
        if (answered.insert(id).second) {
            outcome.answers.push_back({id, "", "there is no such job that fits"});
        }
    }
}

int answer(Result<queue::EditOutcome> outcome, const QueueOptions& options, std::string_view done) {
    if (!outcome) {
        return failed(outcome.error());
    }
    answerForMissing(options.filter, *outcome);
    if (options.json) {
        printJson(answersJson(*outcome));
    } else if (outcome->answers.empty()) {
        printError({ErrorCode::QDataJobMissing, "No job fits", ""});
    } else {
        printAnswers(*outcome, done);
    }
    if (outcome->done == 0) {
        return kExitNothingDone;
    }
    return outcome->done == outcome->answers.size() ? kExitDone : kExitSomeFailed;
}

int edit(const QueueOptions& options, Edit edit, std::string_view done) {
    const auto jobs = openQueue(options.storeFile);
    if (!jobs) {
        return failed(jobs.error());
    }
    if (!options.toBatch.empty()) {
        const auto batch = queue::batchNamed(**jobs, options.toBatch);
        if (!batch) {
            return failed(batch.error());
        }
        edit.batch = batch->id;
    }
    return answer(filterOf(options.filter, **jobs).and_then([&](const queue::JobFilter& filter) {
        return (*jobs)->edit(filter, edit);
    }),
                  options,
                  done);
}

int undo(const QueueOptions& options) {
    const auto jobs = openQueue(options.storeFile);
    return jobs ? answer((*jobs)->undo(), options, "as before") : failed(jobs.error());
}

void addCommonOptions(CLI::App& command, QueueOptions& options) {
    addStoreOption(command, options.storeFile);
    command.add_flag("--json", options.json, "As JSON");
}

/// A subcommand that changes the jobs that are meant; none said is refused, so that nobody edits 100,000 jobs by accident.
CLI::App* addEdit(CLI::App& queueCommand,
                  const std::string& name,
                  const std::string& description,
                  const std::string& example,
                  const std::shared_ptr<QueueOptions>& options) {
    CLI::App* command = queueCommand.add_subcommand(name, description);
    addFilterOptions(*command, options->filter);
    command->add_flag("--all", options->filter.all, "All jobs of the queue");
    addCommonOptions(*command, *options);
    command->footer("`chat queue undo` takes it back.\nExamples:\n" + example + kStatuses);
    return command;
}

void requireJobs(const QueueOptions& options) {
    if (options.filter.empty() && !options.filter.all) {
        throw CLI::RequiredError("Which jobs: ID, a filter, or --all");
    }
}

struct SimpleEdit {
    const char* name;
    const char* description;
    const char* example;
    Edit::Kind kind;
    const char* done;
};

constexpr std::array kSimpleEdits{
    SimpleEdit{"pause",
               "Hold jobs back until they are resumed",
               "  chat queue pause --batch monday\n",
               Edit::Kind::Pause,
               "paused"},
    SimpleEdit{"resume",
               "Let paused jobs go on",
               "  chat queue resume --batch monday\n",
               Edit::Kind::Resume,
               "resumed"},
    SimpleEdit{
        "retry",
        "Do failed, cancelled or waiting jobs again, with attempts counted anew",
        "  chat queue retry --batch monday --state failed\n"
        "  chat queue retry --error SYS_DATA_PATH_MISSING     once the disk is there again\n",
        Edit::Kind::Retry,
        "to be done again"},
    SimpleEdit{"cancel",
               "Give jobs up; one in work ends soon after",
               "  chat queue cancel --agent Ann\n",
               Edit::Kind::Cancel,
               "cancelled"},
    SimpleEdit{"remove",
               "Take jobs out of the queue; results stay",
               "  chat queue remove --batch monday --state completed\n",
               Edit::Kind::Remove,
               "removed"},
};

void addList(CLI::App& queueCommand, Action& action) {
    auto options = std::make_shared<QueueOptions>();
    CLI::App* command = queueCommand.add_subcommand("list", "Jobs, the next to be done first");
    addFilterOptions(*command, options->filter);
    command->add_option("--sort", options->sort, "Order of the list")
        ->transform(CLI::CheckedTransformer(kSorts).description(""))
        ->type_name("queue|added|sid|chain|store-name|agent|state|started|ended");
    command->add_flag("--descending", options->descending, "The other way round");
    command->add_option("--limit", options->limit, "Most rows")
        ->check(CLI::Range(1, 100'000, "1-100000"))
        ->type_name("N")
        ->capture_default_str();
    command->add_option("--after", options->after, "Go on after the page that gave this mark")
        ->type_name("MARK");
    addCommonOptions(*command, *options);
    command->footer(
        "Examples:\n"
        "  chat queue list --batch monday --state failed --state waiting\n"
        "  chat queue list --agent Ann --json | jq '.jobs[].sid'\n"
        "Exit statuses: 0 shown, also when there were none; 2 wrong use; 3 there is no such batch, "
        "or the "
        "queue cannot be read.");
    command->final_callback([options, &action] { action = [options] { return list(*options); }; });
}

void addPriority(CLI::App& queueCommand, Action& action) {
    auto options = std::make_shared<QueueOptions>();
    CLI::App* command =
        addEdit(queueCommand,
                "priority",
                "Give jobs another priority",
                "  chat queue priority --to 1 17 18\n  chat queue priority --to 5 --batch monday\n",
                options);
    command->add_option("--to", options->toPriority, "1 (critical) to 5; 3 is normal")
        ->check(CLI::Range(queue::kCritical, queue::kLowest, "1-5"))
        ->type_name("N")
        ->required();
    command->final_callback([options, &action] {
        requireJobs(*options);
        action = [options] {
            return edit(*options,
                        {Edit::Kind::Priority, options->toPriority, 0},
                        fmt::format("of priority {}", options->toPriority));
        };
    });
}

void addMove(CLI::App& queueCommand, Action& action) {
    auto options = std::make_shared<QueueOptions>();
    CLI::App* command = addEdit(queueCommand,
                                "move",
                                "Move jobs to the top or bottom of their priority, or to a batch",
                                "  chat queue move --to top 17\n"
                                "  chat queue move --to-batch tuesday --sid CA0123\n",
                                options);
    auto* place = command->add_option("--to", options->to, "Where to")
                      ->check(CLI::IsMember({"top", "bottom"}));
    command->add_option("--to-batch", options->toBatch, "Into this batch")
        ->type_name("NAME")
        ->excludes(place);
    command->final_callback([options, &action] {
        requireJobs(*options);
        if (options->to.empty() && options->toBatch.empty()) {
            throw CLI::RequiredError("--to or --to-batch");
        }
        action = [options] {
            const Edit::Kind kind = !options->toBatch.empty() ? Edit::Kind::Batch
                                    : options->to == "top"    ? Edit::Kind::Top
                                                              : Edit::Kind::Bottom;
            return edit(*options, {kind, queue::kNormal, 0}, "moved");
        };
    });
}

}  // namespace

void addQueue(CLI::App& app, Action& action) {
    CLI::App* queueCommand =
        app.add_subcommand("queue", "Calls that wait: add, list, pause, retry, reorder");
    queueCommand->require_subcommand(1);
    queueCommand->footer(
        "Examples:\n"
        "  chat queue add recordings/ --batch monday      thousands at once\n"
        "  chat queue list --state failed                 what failed, and why\n"
        "  chat queue retry --batch monday --state failed\n"
        "  chat queue priority --to 1 17 18               before everything else\n"
        "  chat queue cancel --agent Ann && chat queue undo\n"
        "`chat run` works the queue off. docs/queue-states.md says which state allows what.\n" +
        std::string(kStatuses));
    addQueueAdd(*queueCommand, action);
    addList(*queueCommand, action);
    for (const SimpleEdit& simple : kSimpleEdits) {
        auto options = std::make_shared<QueueOptions>();
        CLI::App* command =
            addEdit(*queueCommand, simple.name, simple.description, simple.example, options);
        command->final_callback([options, simple, &action] {
            requireJobs(*options);
            action = [options, simple] {
                return edit(*options, {simple.kind, queue::kNormal, 0}, simple.done);
            };
        });
    }
    addPriority(*queueCommand, action);
    addMove(*queueCommand, action);
    auto options = std::make_shared<QueueOptions>();
    CLI::App* command = queueCommand->add_subcommand("undo", "Take the last edit of jobs back");
    addCommonOptions(*command, *options);
    command->footer("Adding calls is no edit. Jobs that have moved on since are left alone.\n" +
                    std::string(kStatuses));
    command->final_callback([options, &action] { action = [options] { return undo(*options); }; });
}

}  // namespace chat::cli
