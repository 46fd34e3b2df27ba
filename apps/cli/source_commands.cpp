#include "chat/core/clock.h"
#include "chat/core/files.h"
#include "chat/core/time_zone.h"
#include "chat/source/folder/folder_source.h"
#include "chat/source/telephony/open_telephony.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>

#include "commands.h"
#include "json_output.h"
#include "listing_options.h"
#include "search_enqueue.h"
#include "search_memory.h"
#include "search_output.h"
#include "stop_signal.h"
#include "terminal.h"

namespace chat::cli {

namespace {

using source::CallSource;
using source::Named;

constexpr std::size_t kMostCalls = 100'000;
constexpr const char* kStatuses =
    "Exit statuses: 0 shown, also when there was none; 1 only a part could be had; 2 wrong use; 3 "
    "nothing "
    "could be\nhad; 130 stopped by Ctrl-C.";

struct SourceOptions {
    ListingOptions recordings;
    std::string telephony;
    source::SearchFilter filter;  ///< chain, store and agent by id or name, until `resolve`
    bool anyDay = false;
    std::string timeZone;  ///< of the call center; empty: this machine's
    std::string today;     ///< there
    std::size_t limit = 100;
    std::size_t pageSize = 100;
    EnqueueOptions enqueue;
    bool json = false;
    SearchMemory memory;
};

/// A source, and where its lists are kept.
struct Opened {
    std::unique_ptr<source::CatalogCache> cache;  ///< none for recordings on disk
    std::unique_ptr<CallSource> source;

    [[nodiscard]] auto asOf() const { return cache ? cache->asOf() : std::nullopt; }
};

Result<Opened> openedTelephony(const SourceOptions& options,
                               const Clock& clock,
                               const std::stop_token& stop) {
    auto settings = source::readTelephonySettings(options.telephony);
    if (!settings) {
        return tl::unexpected(settings.error());
    }
    settings->timeZone = options.timeZone;
    auto cache = std::make_unique<source::CatalogCache>(
        cacheFolder() / "lists", settings->catalogLife, clock);
    auto source = source::openTelephony(*settings, clock, stop, cache.get());
    if (!source) {
        return tl::unexpected(source.error());
    }
    return Opened{std::move(cache), *std::move(source)};
}

Result<Opened> opened(const SourceOptions& options,
                      const Clock& clock,
                      const std::stop_token& stop) {
    // Recordings that were named go before a telephone system that the configuration names.
    if (!options.recordings.isGiven()) {
        if (options.telephony.empty()) {
            return fail(ErrorCode::CfgValSetting,
                        "Where to look was not said: --telephony, PATH or --manifest, or once and "
                        "for all with `chat config set telephony FILE`");
        }
        return openedTelephony(options, clock, stop);
    }
    return source::listRecordings(options.recordings.files(), options.recordings.listing())
        .and_then([&](const source::SourceListing& listing) {
            return source::FolderSource::open(listing, stop);
        })
        .map([](source::FolderSource&& folder) {
            return Opened{nullptr, std::make_unique<source::FolderSource>(std::move(folder))};
        });
}

/// The id of what a person named by its id or name.
Result<std::string> idOf(const Result<std::vector<Named>>& all,
                         const std::string& wanted,
                         std::string_view kind) {
    if (!all) {
        return tl::unexpected(all.error());
    }
    for (const auto part : {&Named::id, &Named::name}) {
        if (const auto found = std::ranges::find(*all, wanted, part); found != all->end()) {
            return found->id;
        }
    }
    return fail(ErrorCode::ApiDataNotFound, fmt::format("There is no {} {}", kind, wanted));
}

/// Replaces names of chain, store and agent by their ids.
Status resolve(const Opened& opened, SourceOptions& options, const std::stop_token& stop) {
    CallSource& source = *opened.source;
    source::SearchFilter& filter = options.filter;
    if (!filter.storeId.empty() && filter.chainId.empty()) {
        return fail(ErrorCode::ApiValRequestRefused,
                    "A store is looked for within its chain: --chain is missing");
    }
    const auto take = [&](std::string& wanted,
                          std::string_view kind,
                          const std::function<Result<std::vector<Named>>()>& list) -> Status {
        if (wanted.empty()) {
            return {};
        }
        auto id = idOf(list(), wanted, kind);
        if (!id && id.error().code == ErrorCode::ApiDataNotFound && opened.asOf()) {
            opened.cache->expire();  // it may be younger than the kept list
            id = idOf(list(), wanted, kind);
        }
        return id.map([&](const std::string& text) { wanted = text; });
    };
    return take(filter.chainId, "chain", [&] { return source.chains(stop); })
        .and_then([&] {
            return take(
                filter.storeId, "store", [&] { return source.stores(filter.chainId, stop); });
        })
        .and_then([&] {
            return take(filter.agentId, "agent", [&] {
                return source.agents(filter.chainId, filter.storeId, stop);
            });
        });
}

/// Page after page until there are enough. A page that fails ends it; what came before is kept.
Result<SearchResult> searchPages(CallSource& source,
                                 const SourceOptions& options,
                                 const std::stop_token& stop) {
    SearchResult found;
    source::PageRequest request;
    do {
        request.limit = std::min(options.pageSize, options.limit - found.calls.size());
        auto page = source.search(options.filter, request, stop);
        if (!page) {
            if (found.calls.empty() || stop.stop_requested()) {
                return tl::unexpected(page.error());
            }
            found.cutShort = page.error();
            break;
        }
        std::ranges::move(page->calls, std::back_inserter(found.calls));
        found.total = page->total;
        found.unusable += page->unusable;
        found.cutShort = page->cutShort;
        request.cursor = page->next;
    } while (!found.cutShort && !request.cursor.empty() && found.calls.size() < options.limit);
    found.more = found.cutShort || !request.cursor.empty();
    return found;
}

Result<int> search(const Opened& opened, SourceOptions& options, const std::stop_token& stop) {
    source::SearchFilter& filter = options.filter;
    if (!options.anyDay && filter.fromDate.empty() && filter.toDate.empty()) {
        filter.fromDate = options.today;
        filter.toDate = filter.fromDate;
    }
    auto found = searchPages(*opened.source, options, stop);
    if (!found) {
        return tl::unexpected(found.error());
    }
    const auto system = systemOf(options.telephony, found->calls);
    if (!system) {
        return tl::unexpected(system.error());
    }
    if (options.enqueue.enqueue) {
        auto enqueued = enqueueCalls(options.enqueue, *system, found->calls);
        if (!enqueued) {
            return tl::unexpected(enqueued.error());
        }
        found->enqueued = std::move(*enqueued);
    }
    found->states = callStates(options.enqueue, *system, found->calls);
    const SearchDays days{options.timeZone,
                          filter.fromDate == options.today && filter.toDate == options.today,
                          options.today};
    if (options.json) {
        printJson(foundJson(*found, days));
    } else {
        printFound(*found, days);
    }
    if (const std::optional<Error>& cutShort = found->cutShort) {
        printError(*cutShort);
        return kExitSomeFailed;
    }
    return kExitDone;
}

int showNamed(const char* key,
              const std::vector<Named>& all,
              const Opened& opened,
              const SourceOptions& options) {
    if (options.json) {
        printJson(namedJson(key, all, opened.asOf()));
    } else {
        printNamed(all, opened.asOf());
    }
    return kExitDone;
}

Result<int> chains(const Opened& opened, SourceOptions& options, const std::stop_token& stop) {
    return opened.source->chains(stop).map(
        [&](const auto& all) { return showNamed("chains", all, opened, options); });
}

Result<int> stores(const Opened& opened, SourceOptions& options, const std::stop_token& stop) {
    return opened.source->stores(options.filter.chainId, stop).map([&](const auto& all) {
        return showNamed("stores", all, opened, options);
    });
}

Result<int> agents(const Opened& opened, SourceOptions& options, const std::stop_token& stop) {
    return opened.source->agents(options.filter.chainId, options.filter.storeId, stop)
        .map([&](const auto& all) { return showNamed("agents", all, opened, options); });
}

using Work = Result<int> (*)(const Opened&, SourceOptions&, const std::stop_token&);

int run(SourceOptions& options, Work work) {
    const SystemClock clock;
    options.today = dayIn(options.timeZone, clock.now());
    StopSignal signal;
    const auto done = opened(options, clock, signal.token()).and_then([&](const Opened& source) {
        return resolve(source, options, signal.token()).and_then([&] {
            return work(source, options, signal.token());
        });
    });
    return done ? *done : endedBy(done.error());
}

/// The same for a search, which begins from another one and is kept.
int runSearch(SourceOptions& options) {
    source::SavedSearch wanted{options.filter, options.anyDay};
    if (const auto recalled = recallSearch(options.memory, wanted); !recalled) {
        printError(recalled.error());
        return kExitWrongUse;
    }
    options.filter = wanted.filter;
    options.anyDay = wanted.anyDay;
    const int exit = run(options, search);
    if (exit == kExitDone || exit == kExitSomeFailed) {
        if (const auto kept = rememberSearch(options.memory, wanted); !kept) {
            printError(kept.error());
            return kExitSomeFailed;
        }
    }
    return exit;
}

/// A subcommand with the options that all have.
CLI::App* added(CLI::App& app,
                Action& action,
                const std::string& name,
                const std::string& about,
                Work work,
                const std::shared_ptr<SourceOptions>& options) {
    CLI::App* command = app.add_subcommand(name, about);
    command
        ->add_option("--telephony",
                     options->telephony,
                     "Where the telephone system is and how to ask it (docs/telephony.md)")
        ->type_name("FILE");
    addListingOptions(*command, options->recordings);
    command->add_flag("--json", options->json, "As JSON");
    command->final_callback([options, work, &action] {
        if (!options->telephony.empty() && options->recordings.isGiven()) {
            throw CLI::ValidationError("--telephony",
                                       "either a telephone system or recordings on disk");
        }
        action = [options, work] {
            return work == search ? runSearch(*options) : run(*options, work);
        };
    });
    return command;
}

void addChain(CLI::App& command, SourceOptions& options) {
    command.add_option("--chain", options.filter.chainId, "Chain, by its id or name")
        ->type_name("CHAIN");
}

void addStore(CLI::App& command, SourceOptions& options) {
    addChain(command, options);
    command.add_option("--store", options.filter.storeId, "Store of the chain, by its id or name")
        ->type_name("STORE");
}

void addFilter(CLI::App& command, SourceOptions& options) {
    source::SearchFilter& filter = options.filter;
    const auto add =
        [&](const char* name, std::string& value, const char* about, const char* type) {
            return command.add_option(name, value, about)->type_name(type);
        };
    add("--from", filter.fromDate, "First day; without --from and --to: today", "DATE");
    add("--to", filter.toDate, "Last day, itself included", "DATE");
    command.add_flag("--any-day", options.anyDay, "Whatever the day, also without one");
    add("--time-zone",
        options.timeZone,
        "Time zone of the call center: what today is, and Twilio's times",
        "ZONE")
        ->check([](const std::string& name) {
            return isTimeZone(name) ? "" : name + " is not a time zone such as Europe/Berlin";
        })
        ->default_str("this machine's");
    add("--from-time", filter.fromTime, "Earliest time of day, on each of the days", "HH:MM:SS");
    add("--to-time", filter.toTime, "Latest time of day, itself included", "HH:MM:SS");
    addStore(command, options);
    command.add_option("--agent", filter.agentId, "Agent, by id or name")->type_name("AGENT");
    add("--order", filter.orderId, "Order ID", "ID");
    add("--sid", filter.callSid, "The call's SID", "SID");
    add("--tel", filter.telId, "Line or extension on which the call was taken", "ID");
    add("--customer", filter.custId, "The customer's telephone number", "NUMBER");
    addSearchMemory(command, options.memory);
    command.add_option("--limit", options.limit, "Most calls to show")
        ->check(CLI::Range(std::size_t{1}, kMostCalls))
        ->type_name("N")
        ->capture_default_str();
    command.add_option("--page-size", options.pageSize, "Calls to ask for at once")
        ->check(CLI::Range(std::size_t{1}, source::kMaxPage))
        ->type_name("N")
        ->capture_default_str();
}

}  // namespace

void addSources(CLI::App& app, Action& action) {
    auto options = std::make_shared<SourceOptions>();
    CLI::App* command =
        added(app, action, "chains", "The chains of a telephone system or folder", chains, options);
    command->footer("Example:\n  chat chains --telephony telephony.toml\n" +
                    std::string(kStatuses));

    options = std::make_shared<SourceOptions>();
    command = added(app, action, "stores", "The stores of a chain", stores, options);
    addChain(*command, *options);
    command->get_option("--chain")->required();
    command->footer("Example:\n  chat stores --telephony telephony.toml --chain 'Pizza Roma'\n" +
                    std::string(kStatuses));

    options = std::make_shared<SourceOptions>();
    command = added(app, action, "agents", "The agents of a chain or store", agents, options);
    addStore(*command, *options);
    command->footer(
        "Example:\n  chat agents --telephony telephony.toml --chain 'Pizza Roma' --store Harbor\n" +
        std::string(kStatuses));

    options = std::make_shared<SourceOptions>();
    command = added(app,
                    action,
                    "search",
                    "The calls that fit what is asked for, oldest first",
                    search,
                    options);
    addFilter(*command, *options);
    addEnqueueOptions(*command, options->enqueue);
    command->footer(
        "Days and times are those of the call center. Everything that is given must fit. A call "
        "that the queue\nhas says so at the end of its line; --enqueue leaves it out. Recordings "
        "of a telephone system are fetched by\nchat run.\n"
        "Examples:\n"
        "  chat search --telephony telephony.toml --from 2026-11-16 --to 2026-11-20\n"
        "  chat search --telephony telephony.toml --any-day --order A-1041 --json\n"
        "  chat search --telephony telephony.toml --saved 'late calls' --from 2026-11-23\n"
        "  chat config set telephony telephony.toml   then, without --telephony:\n"
        "  chat search --chain 'Pizza Roma'           the calls of today\n"
        "  chat search --telephony telephony.toml --enqueue --batch today && chat run --batch "
        "today\n"
        "  chat search --manifest demo/calls.csv --any-day --chain 'Example Lending (invented)'\n" +
        std::string(kStatuses));
}

}  // namespace chat::cli
