#include "chat/pipeline/run_forecast.h"

#include "chat/core/machine.h"
#include "chat/pipeline/call_job.h"
#include "chat/queue/worker_name.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

namespace chat::pipeline {

namespace {

using namespace std::chrono_literals;
using queue::JobState;

constexpr std::size_t kKeptAttempts = 200;
constexpr std::size_t kKeptPredictions = 250;
constexpr std::array kPercents{10, 25, 50, 75, 90};
constexpr auto kEstimateEvery = 1s;
constexpr auto kRelistEvery = 10s;
/// Of the time, that estimates and lists may take.
constexpr int kSeldom = 100;
/// The process says something every second: longer than this, it or this program stood still.
constexpr auto kStoodStill = 10s;
constexpr auto kRateOver = 5min;
constexpr auto kNoRateBefore = 5s;
/// Before anything is known: what finding words takes, in shares of a call's length.
constexpr double kWordsShare = 0.1;
constexpr Seconds kWindow{30};  ///< a worker hears so much of a call at once

Eta etaOf(const store::KeptPrediction& kept) {
    Eta eta;
    eta.remaining = kept.remaining;
    eta.lower = kept.lower;
    eta.upper = kept.upper;
    eta.widened = kept.widened;
    return eta;
}

}  // namespace

RunForecast::RunForecast(Run run, queue::JobStore& jobs, const Clock& clock)
    : run_(std::move(run))
    , jobs_(jobs)
    , clock_(clock)
    , calculator_(ProcessingTime(run_.findsWords ? kWordsShare : 0))
    , workers_(run_.workers)
    , began_(clock.steadyNow())
    , passedTo_(began_)
    , lastEnd_(began_)
    , estimateAt_(began_)
    , relistAt_(began_) {
    learnKept();
    withdrawn_ = withdrawn();
    relist();
}

void RunForecast::learnKept() {
    queue::JobFilter completed;
    completed.states = {JobState::Completed};
    if (const auto page =
            jobs_.list(completed, {queue::SortColumn::EndedAt, true}, kKeptAttempts, {})) {
        for (const queue::Job& job : page->jobs) {
            lengths_.learn(CallLengths::of(job), job.duration);
        }
    }
    const std::optional<std::string>& model = run_.model;
    if (auto store = store::EtaStore::open(run_.store, clock_)) {
        kept_ = std::move(*store);
    }
    if (!model || !kept_) {
        return;
    }
    const store::KindOfWork kind{hostName(), *model, run_.workers};
    if (const auto attempts = kept_->attempts(kind, kKeptAttempts)) {
        for (const store::TimedAttempt& attempt : *attempts) {
            if (attempt) {
                calculator_.learn(attempt->audio,
                                  {attempt->sound, attempt->words, attempt->analysis});
            } else {
                calculator_.learnFailure();
            }
        }
    }
    if (const auto predictions = kept_->predictions(kind, kKeptPredictions)) {
        for (const store::KeptPrediction& kept : *predictions) {
            calculator_.settle(etaOf(kept), kept.came);
        }
    }
}

void RunForecast::addBatch(queue::BatchId batch) {
    run_.batches.push_back(batch);
    run_.model.reset();  // it may have another
    disturb();
    relistAt_ = clock_.steadyNow();
}

void RunForecast::working(queue::JobId job, std::string_view stage) {
    pass();
    InHand& call = inHand_[job];
    const CallStage of =
        stage == "words" || stage == kWaitingForModel ? CallStage::Words : CallStage::Sound;
    if (of != call.stage) {
        call = {of, false, {}};
    }
    call.works = stage == "words" || stage == "sound";
}

void RunForecast::ended(queue::JobId job, const CallOutcome& outcome) {
    pass();
    inHand_.erase(job);
    const auto known = open_.find(job);
    if (outcome.status == report::CallStatus::Stopped || known == open_.end()) {
        return;
    }
    lengths_.learn(known->second, outcome.duration);
    open_.erase(known);
    ++ended_;
    lastEnd_ = clock_.steadyNow();
    const bool timed = !outcome.timedWith.empty() && outcome.status == report::CallStatus::Analyzed;
    if (timed) {
        const StageTimes& took = outcome.took;
        calculator_.learn(outcome.duration, took);
        note(job,
             outcome.timedWith,
             store::StageSeconds{outcome.duration, took.sound, took.words, took.analysis});
    }
    if (timed || outcome.status == report::CallStatus::Failed) {
        lately_.push_back(lastEnd_);
    } else {
        disturb();
    }
    makePrediction();
    if (open_.empty()) {
        estimateAt_ = lastEnd_;
    }
}

void RunForecast::waits(queue::JobId job) {
    pass();
    inHand_.erase(job);
    calculator_.learnFailure();
    if (const std::optional<std::string>& model = run_.model) {
        note(job, *model, std::nullopt);
    }
    if (std::erase(waiting_, job) > 0 || open_.contains(job)) {
        waiting_.push_back(job);
    }
}

/// Without a place to keep it, the next run knows less.
void RunForecast::note(queue::JobId job,
                       const std::string& model,
                       const store::TimedAttempt& took) {
    if (kept_) {
        static_cast<void>(kept_->note(job, model, workers_, took));
    }
}

void RunForecast::workers(int count) {
    const Time now = clock_.steadyNow();
    if (heardOf_ && now - *heardOf_ > kStoodStill) {
        disturb();
    }
    heardOf_ = now;
    if (count != workers_) {
        pass();
        workers_ = count;
        estimateAt_ = now;
        disturb();
    }
}

void RunForecast::workerProcess(pid_t process) {
    pass();
    heardOf_.reset();
    if (process == 0) {
        inHand_.clear();
    } else {
        process_ = process;
    }
}

std::optional<Forecast> RunForecast::look() {
    if (clock_.steadyNow() < estimateAt_) {
        return std::nullopt;
    }
    if (clock_.steadyNow() >= relistAt_) {
        relist();
    }
    const Time began = clock_.steadyNow();
    Forecast forecast = estimate();
    const Time ended = clock_.steadyNow();
    estimateAt_ = ended + std::max<Time::duration>(kEstimateEvery, kSeldom * (ended - began));
    return forecast;
}

void RunForecast::finish() {
    relist();
    const std::optional<std::string>& model = run_.model;
    if (!model || made_.empty()) {
        return;
    }
    std::vector<store::KeptPrediction> kept;
    kept.reserve(made_.size());
    for (const Made& one : made_) {
        kept.push_back({one.wall,
                        one.percent,
                        one.eta.remaining,
                        one.eta.lower,
                        one.eta.upper,
                        one.eta.widened,
                        lastEnd_ - one.at});
    }
    made_.clear();
    // Without a place to keep them, the next run knows less.
    if (kept_) {
        static_cast<void>(kept_->keep({hostName(), *model, run_.workers}, kept));
    }
}

Result<std::vector<queue::Job>> RunForecast::openJobs() {
    std::vector<queue::Job> all;
    for (const queue::BatchId batch : run_.batches) {
        queue::JobFilter open;
        open.batch = batch;
        open.states = {JobState::Pending, JobState::Running, JobState::Waiting};
        auto jobs = queue::allJobs(jobs_, open);
        if (!jobs) {
            return jobs;
        }
        std::ranges::move(*jobs, std::back_inserter(all));
    }
    std::ranges::stable_sort(all, {}, [](const queue::Job& job) {
        return std::tuple(job.state == JobState::Waiting, job.priority, job.rank, job.id);
    });
    return all;
}

/// Jobs of these batches that persons keep from being done.
std::size_t RunForecast::withdrawn() {
    std::size_t count = 0;
    for (const queue::BatchId batch : run_.batches) {
        queue::JobFilter withdrawn;
        withdrawn.batch = batch;
        withdrawn.states = {JobState::Paused, JobState::Cancelled};
        if (const auto counts = jobs_.counts(withdrawn)) {
            count += counts->at(static_cast<std::size_t>(JobState::Paused)) +
                     counts->at(static_cast<std::size_t>(JobState::Cancelled));
        }
    }
    return count;
}

void RunForecast::relist() {
    const Time began = clock_.steadyNow();
    const bool first = open_.empty() && ended_ == 0;
    if (const auto jobs = openJobs()) {
        std::unordered_map<queue::JobId, CallLengths::Call> open;
        std::set<std::string> others;
        bool more = false;
        waiting_.clear();
        elsewhere_.clear();
        for (const queue::Job& job : *jobs) {
            more = more || !open_.contains(job.id);
            open.emplace(job.id, CallLengths::of(job));
            if (job.state == JobState::Running && !isOurs(job) && !inHand_.contains(job.id)) {
                others.insert(job.worker);
                const auto since = job.startedAt ? clock_.now() - *job.startedAt
                                                 : std::chrono::system_clock::duration{};
                elsewhere_[job.id] = began - std::max(since, decltype(since){});
            } else {
                waiting_.push_back(job.id);
            }
        }
        // The queue knows of an end before it is told here.
        for (const auto& [job, call] : inHand_) {
            if (const auto known = open_.find(job); known != open_.end()) {
                open.insert(*known);
            }
        }
        open_ = std::move(open);
        const std::size_t now = withdrawn();
        if ((more && !first) || now != withdrawn_ || others.size() != othersAtWork_) {
            disturb();
        }
        withdrawn_ = now;
        othersAtWork_ = others.size();
    }
    const Time ended = clock_.steadyNow();
    relistAt_ = ended + std::max<Time::duration>(kRelistEvery, kSeldom * (ended - began));
}

bool RunForecast::isOurs(const queue::Job& job) const {
    const auto name = queue::workerNamed(job.worker);
    return name && (name->process == process_ || name->process == ::getpid()) &&
           name->host == hostName();
}

/// Counts the time since the last event to the calls that are worked on. Workers that find words share themselves among the calls
/// that have some to be found, but no more of them hear a call at once than it has windows.
void RunForecast::pass() {
    const Time now = clock_.steadyNow();
    const Seconds passed = now - passedTo_;
    passedTo_ = now;
    const auto words = static_cast<double>(std::ranges::count_if(inHand_, [](const auto& one) {
        return one.second.works && one.second.stage == CallStage::Words;
    }));
    for (auto& [job, call] : inHand_) {
        if (!call.works) {
            continue;
        }
        double share = 1;
        if (call.stage == CallStage::Words) {
            const auto known = open_.find(job);
            const double windows =
                known == open_.end() ? 1 : std::ceil(lengths_.at(known->second) / kWindow);
            share = std::min(static_cast<double>(workers_) / words, std::max(1.0, windows));
        }
        call.spent += passed * share;
    }
}

/// What was predicted so far is no prediction of what comes.
void RunForecast::disturb() {
    made_.clear();
}

WorkLeft RunForecast::workLeft() const {
    WorkLeft left;
    left.inPieces = run_.findsWords;
    left.workers = workers_ * static_cast<int>(1 + othersAtWork_);
    const auto add = [&](queue::JobId job, CallStage stage, Seconds spent) {
        if (const auto known = open_.find(job); known != open_.end()) {
            left.inHand.push_back({lengths_.at(known->second), stage, spent});
        }
    };
    for (const auto& [job, call] : inHand_) {
        add(job, call.stage, call.spent);
    }
    for (const auto& [job, since] : elsewhere_) {
        if (!inHand_.contains(job)) {
            add(job,
                run_.findsWords ? CallStage::Words : CallStage::Sound,
                clock_.steadyNow() - since);
        }
    }
    left.waiting.reserve(waiting_.size());
    for (const queue::JobId job : waiting_) {
        const auto known = open_.find(job);
        if (known != open_.end() && !inHand_.contains(job)) {
            left.waiting.push_back(lengths_.at(known->second));
        }
    }
    return left;
}

Forecast RunForecast::estimate() {
    pass();
    Forecast forecast;
    forecast.eta = calculator_.estimate(workLeft());
    forecast.ended = ended_;
    forecast.left = open_.size();
    while (!lately_.empty() && lately_.front() < clock_.steadyNow() - kRateOver) {
        lately_.pop_front();
    }
    forecast.perMinute = perMinute();
    return forecast;
}

void RunForecast::makePrediction() {
    const double done = 100.0 * static_cast<double>(ended_) /
                        static_cast<double>(std::max<std::size_t>(1, ended_ + open_.size()));
    const int before = passed_;
    for (const int percent : kPercents) {
        if (done >= percent) {
            passed_ = std::max(passed_, percent);
        }
    }
    // Of each step that is passed one; where several are at once, of the last.
    if (passed_ > before && !open_.empty() && workers_ == run_.workers && othersAtWork_ == 0) {
        made_.push_back({passed_, clock_.steadyNow(), clock_.now(), estimate().eta});
    }
}

std::optional<double> RunForecast::perMinute() const {
    const Time now = clock_.steadyNow();
    if (now - began_ < kNoRateBefore) {
        return std::nullopt;
    }
    const std::chrono::duration<double, std::ratio<60>> minutes =
        std::min<Time::duration>(now - began_, kRateOver);
    return static_cast<double>(lately_.size()) / minutes.count();
}

}  // namespace chat::pipeline
