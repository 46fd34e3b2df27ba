// What benchmarks/queue measures: the queue in SQLite at 100,000 jobs, each figure against its limit.
// Usage: bench_queue FOLDER   (an empty folder on the disk that is meant)

#include "chat/store/sqlite_job_store.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace chat;
using namespace chat::queue;
using Watch = std::chrono::steady_clock;

constexpr std::size_t kJobs = 100'000;
constexpr std::size_t kPage = 100;
constexpr std::chrono::minutes kLease{1};

const SystemClock kClock;
bool allHeld = true;

double secondsSince(Watch::time_point start) {
    return std::chrono::duration<double>(Watch::now() - start).count();
}

/// By the clock, and of the processor: what a machine without other work would need.
struct Times {
    Watch::time_point start = Watch::now();
    std::clock_t used = std::clock();
    [[nodiscard]] double clock() const { return secondsSince(start); }
    [[nodiscard]] double processor() const {
        return static_cast<double>(std::clock() - used) / CLOCKS_PER_SEC;
    }
};

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

void report(const std::string& what,
            const std::string& measured,
            const std::string& must,
            bool held) {
    std::printf("  %-48s %-30s must be %-12s %s\n",
                what.c_str(),
                measured.c_str(),
                must.c_str(),
                held ? "ok" : "MISSED");
    allHeld = allHeld && held;
}

std::string text(const char* format, double value) {
    std::array<char, 64> buffer{};
    std::snprintf(buffer.data(), buffer.size(), format, value);
    return buffer.data();
}

template <typename T>
T orStop(Result<T> result) {
    if (!result) {
        std::fprintf(
            stderr, "%s (%s)\n", result.error().what.c_str(), result.error().cause.c_str());
        std::exit(3);
    }
    return std::move(*result);
}

std::unique_ptr<JobStore> open(const std::filesystem::path& file) {
    return orStop(store::openJobStore(file, kClock));
}

/// Calls as a telephony system gives them: SIDs without order, few chains, many agents; every 20th cannot be read.
std::vector<NewJob> calls(std::size_t count) {
    std::mt19937_64 random(1);
    const auto number = [&](std::uint64_t below) { return std::to_string(random() % below); };
    std::vector<NewJob> jobs(count);
    for (std::size_t i = 0; i < count; ++i) {
        NewJob& job = jobs[i];
        std::array<char, 40> sid{};
        std::snprintf(sid.data(),
                      sid.size(),
                      "CA%016llx%016llx",
                      static_cast<unsigned long long>(random()),
                      static_cast<unsigned long long>(random()));
        job.call.sid = sid.data();
        job.call.orderId = "order-" + std::to_string(i);
        job.call.chain = "Chain " + number(3);
        job.call.store = "Store " + number(500);
        job.call.agent = "Agent " + number(2000);
        job.call.phone = "+1555" + number(10'000'000);
        job.call.startedAt = "2026-11-20T10:00:00";
        job.path = "2026-11/" + number(30) + "/" + job.call.sid + ".wav";
        job.file = "/srv/recordings/" + job.path;
        job.bytes = 480'044;
        job.priority = 1 + static_cast<int>(random() % 5);
        if (i % 20 == 0) {
            job.error = Error{ErrorCode::AuDataEmpty, "The recording holds no sound", job.path};
        }
    }
    return jobs;
}

void measureBulk(JobStore& store, BatchId batch, const std::vector<NewJob>& jobs) {
    const auto seconds = [](const Times& times) {
        return text("%.2f s", times.clock()) + text(" (processor %.2f)", times.processor());
    };
    Times times;
    const std::size_t added = orStop(store.add(batch, jobs)).added;
    report("100,000 jobs added", seconds(times), "< 2 s", times.clock() < 2 && added == kJobs);
    Edit edit;
    edit.kind = Edit::Kind::Priority;
    edit.priority = kHigh;
    times = {};
    const EditOutcome outcome = orStop(store.edit({}, edit));
    report("priority of all of them (" + std::to_string(outcome.done) + " may be changed)",
           seconds(times),
           "< 1 s",
           times.clock() < 1);
    times = {};
    (void)orStop(store.undo());
    std::printf("  %-48s %s\n", "the same taken back", seconds(times).c_str());
}

struct NamedFilter {
    const char* name;
    JobFilter filter;
};

std::vector<NamedFilter> filters(BatchId batch, const NewJob& one) {
    std::vector<NamedFilter> filters(11);
    filters[0].name = "all";
    filters[1] = {"state pending", {}};
    filters[1].filter.states = {JobState::Pending};
    filters[2] = {"state failed", {}};
    filters[2].filter.states = {JobState::Failed};
    filters[3] = {"the batch", {}};
    filters[3].filter.batch = batch;
    filters[4] = {"a chain of three", {}};
    filters[4].filter.chain = one.call.chain;
    filters[5] = {"an agent of 2,000", {}};
    filters[5].filter.agent = one.call.agent;
    filters[6] = {"a call SID", {}};
    filters[6].filter.sid = one.call.sid;
    filters[7] = {"an error and a batch", {}};
    filters[7].filter.errorCode = "AU_DATA_EMPTY";
    filters[7].filter.batch = batch;
    filters[8] = {"part of the path, in one job", {}};
    filters[8].filter.path = one.call.sid.substr(10, 12);
    filters[9] = {"part of the path, in one of thirty", {}};
    filters[9].filter.path = "-11/29/";
    filters[10] = {"part of the path, in all", {}};
    filters[10].filter.path = "2026-11";
    return filters;
}

/// First, middle and last page by each column, both ways; the slowest by the median of five.
void measurePages(JobStore& store, BatchId batch, const NewJob& one) {
    constexpr int kColumns = static_cast<int>(SortColumn::EndedAt) + 1;
    for (const NamedFilter& named : filters(batch, one)) {
        const StateCounts counts = orStop(store.counts(named.filter));
        std::size_t total = 0;
        for (const std::size_t count : counts) {
            total += count;
        }
        double worst = 0;
        double worstUsed = 0;
        std::string where;
        for (int column = 0; column < 2 * kColumns; ++column) {
            const JobSort sort{static_cast<SortColumn>(column / 2), column % 2 == 1};
            std::vector<std::optional<PageMark>> marks{std::nullopt};
            if (total > kPage) {
                marks.push_back(orStop(store.list(named.filter, sort, total - kPage, {})).next);
            }
            for (const auto& mark : marks) {
                std::vector<double> times;
                std::vector<double> used;
                for (int i = 0; i < 5; ++i) {
                    const Times time;
                    (void)orStop(store.list(named.filter, sort, kPage, mark));
                    times.push_back(time.clock() * 1000);
                    used.push_back(time.processor() * 1000);
                }
                if (median(times) > worst) {
                    worst = median(times);
                    worstUsed = median(used);
                    where = "sort " + std::to_string(column / 2) +
                            (sort.descending ? " down" : " up") +
                            (mark ? ", last page" : ", first page");
                }
            }
        }
        report("slowest page: " + std::string(named.name) + " (" + std::to_string(total) + ")",
               text("%.1f ms", worst) + text(" (processor %.1f), ", worstUsed) + where,
               "< 20 ms",
               worst < 20);
    }
}

/// Ten batches of ten calls each, behind all others.
std::vector<BatchId> addTenBatches(JobStore& store, std::span<const NewJob> jobs) {
    std::vector<BatchId> batches;
    for (int i = 0; i < 10; ++i) {
        batches.push_back(orStop(store.createBatch("small " + std::to_string(i), "{}", 0)));
        std::vector<NewJob> ten(jobs.begin(), jobs.begin() + 10);
        for (NewJob& job : ten) {
            job.priority = kLowest;
            job.error.reset();
        }
        (void)orStop(store.add(batches.back(), ten));
    }
    return batches;
}

/// One claim, in ms; the job is given back.
double timedClaim(JobStore& store, const std::vector<BatchId>& batches) {
    const auto start = Watch::now();
    const auto jobs = orStop(store.claim({"bench", kLease, batches, 1}));
    const double took = secondsSince(start) * 1000;
    AttemptEnd back;
    back.move = Move::Return;
    (void)orStop(store.end(jobs.at(0).id, "bench", back));
    return took;
}

void measureClaims(const std::string& what,
                   JobStore& many,
                   const std::vector<BatchId>& ofMany,
                   JobStore& few,
                   const std::vector<BatchId>& ofFew) {
    std::array<std::vector<double>, 2> times;
    for (int i = 0; i < 400; ++i) {
        times[0].push_back(timedClaim(many, ofMany));
        times[1].push_back(timedClaim(few, ofFew));
    }
    const double ratio = median(times[0]) / median(times[1]);
    report("a claim" + what + " under 100,000 against under 100",
           text("%.3f", median(times[0])) + text(" / %.3f ms", median(times[1])) +
               text(" = %.2f", ratio),
           "<= 1.2",
           ratio <= 1.2);
}

/// What one process claims, a job at a time, until nothing is left; false on any error.
bool claimAll(const std::filesystem::path& file, const std::filesystem::path& list, int gate) {
    const auto store = open(file);
    const std::string worker = "process " + std::to_string(::getpid());
    char go = 0;
    if (::read(gate, &go, 1) < 0) {  // the end of the pipe: all have opened the store
        return false;
    }
    std::vector<JobId> claimed;
    for (;;) {
        const auto jobs = store->claim({worker, kLease, {}, 1});
        if (!jobs) {
            std::fprintf(
                stderr, "%s (%s)\n", jobs.error().what.c_str(), jobs.error().cause.c_str());
            return false;
        }
        if (jobs->empty()) {
            break;
        }
        claimed.push_back(jobs->front().id);
    }
    std::ofstream out(list);
    for (const JobId id : claimed) {
        out << id << '\n';
    }
    return out.good();
}

void measureProcesses(const std::filesystem::path& folder, const std::vector<NewJob>& jobs) {
    constexpr std::size_t kClaims = 20'000;
    constexpr int kProcesses = 4;
    const auto file = folder / "processes.sqlite";
    {
        const auto store = open(file);
        const BatchId batch = orStop(store->createBatch("processes", "{}", 0));
        std::vector<NewJob> some(jobs.begin(), jobs.begin() + kClaims);
        for (NewJob& job : some) {
            job.error.reset();
        }
        (void)orStop(store->add(batch, some));
    }
    std::array<int, 2> gate{};
    if (::pipe(gate.data()) != 0) {
        std::exit(3);
    }
    std::fflush(stdout);
    std::vector<pid_t> children;
    for (int i = 0; i < kProcesses; ++i) {
        children.push_back(::fork());
        if (children.back() == 0) {
            ::close(gate[1]);
            ::_exit(claimAll(file, folder / std::to_string(i), gate[0]) ? 0 : 1);
        }
    }
    ::usleep(300'000);
    const auto start = Watch::now();
    ::close(gate[1]);
    bool quiet = true;
    for (const pid_t child : children) {
        int status = 0;
        ::waitpid(child, &status, 0);
        quiet = quiet && status == 0;
    }
    const double took = secondsSince(start);
    std::vector<JobId> claimed;
    std::string shares;
    for (int i = 0; i < kProcesses; ++i) {
        std::ifstream in(folder / std::to_string(i));
        const std::size_t before = claimed.size();
        for (JobId id = 0; in >> id;) {
            claimed.push_back(id);
        }
        shares += (i == 0 ? "" : ", ") + std::to_string(claimed.size() - before);
    }
    std::ranges::sort(claimed);
    const bool once =
        claimed.size() == kClaims && std::ranges::adjacent_find(claimed) == claimed.end();
    report("four processes claim 20,000 jobs, one at a time",
           text("%.0f claims/s", kClaims / took),
           ">= 4,000",
           kClaims / took >= 4000);
    report("each exactly once (" + shares + "), no busy error",
           once && quiet ? "yes" : "no",
           "yes",
           once && quiet);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: bench_queue FOLDER\n");
        return 2;
    }
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const std::filesystem::path folder = argv[1];
    const auto jobs = calls(kJobs);
    measureProcesses(folder, jobs);
    const auto many = open(folder / "many.sqlite");
    const BatchId batch = orStop(many->createBatch("many", "{}", 0));
    measureBulk(*many, batch, jobs);
    {
        const auto few = open(folder / "few.sqlite");
        const auto ofFew = addTenBatches(*few, jobs);
        const auto ofMany = addTenBatches(*many, jobs);
        measureClaims("", *many, {}, *few, {});
        measureClaims(" of one batch", *many, {ofMany[0]}, *few, {ofFew[0]});
        measureClaims(" of ten batches", *many, ofMany, *few, ofFew);
    }
    // Half of the work done, as the list is looked at most: what is first in the queue is not pending any more.
    Edit cancel;
    cancel.kind = Edit::Kind::Cancel;
    JobFilter done;
    for (const Job& job : orStop(many->list({}, {}, kJobs / 2, {})).jobs) {
        done.ids.push_back(job.id);
    }
    (void)orStop(many->edit(done, cancel));
    measurePages(*many, batch, jobs.back());
    return allHeld ? 0 : 1;
}
