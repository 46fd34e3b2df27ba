#include "chat/pipeline/supervisor.h"

#include "chat/pipeline/trace_file.h"
#include "chat/store/audit_log.h"

#include <fmt/format.h>

#include <algorithm>

namespace chat::pipeline {

namespace {

using namespace std::chrono_literals;

/// How soon a stop or another number of workers reaches the worker.
constexpr std::chrono::milliseconds kLook = 50ms;
constexpr std::chrono::milliseconds kAsk = 1s;
/// A longer time between two looks was not the worker's: this process or the machine slept.
constexpr std::chrono::milliseconds kLongestLook = 2s;

Error diedError(const std::string& what, const std::string& how) {
    return {ErrorCode::SysStateWorkerDied, what, how};
}

}  // namespace

Supervisor::Supervisor(const RunSettings& settings,
                       const WorkerProgram& program,
                       WorkPlan plan,
                       queue::JobStore& jobs,
                       BatchProgress& progress,
                       StageClocks& stages,
                       ErrorJournal& journal,
                       const std::stop_token& stop,
                       std::function<bool()> enough)
    : settings_(settings)
    , program_(program)
    , plan_(std::move(plan))
    , jobs_(jobs)
    , progress_(progress)
    , stages_(stages)
    , journal_(journal)
    , stop_(stop)
    , enough_(std::move(enough))
    , asked_(StageClock::now()) {}

Status Supervisor::go() {
    for (;;) {
        const auto ending = watch(plan_, 0);
        if (!ending) {
            return tl::unexpected(ending.error());
        }
        if (const std::optional<WorkerOver>& over = ending->over) {
            if (over->error) {
                return tl::unexpected(*over->error);
            }
            if (!over->stopped || stop_.stop_requested() || interrupted_) {
                return {};
            }
            continue;  // somebody else has stopped it
        }
        auto held = heldBy(ending->name);
        if (!held) {
            return tl::unexpected(held.error());
        }
        if (auto given = giveBack(*held, *ending); !given) {
            return given;
        }
        // What is missing then is sound in the report, which says so.
        if (stop_.stop_requested() || ending->copying || interrupted_) {
            return {};
        }
        if (auto found = findTheKiller(*held); !found) {
            return found;
        }
        if (stop_.stop_requested()) {
            return {};
        }
        unheld_ = held->empty() ? unheld_ + 1 : 0;
        if (unheld_ == kMostBeginnings) {
            return tl::unexpected(
                diedError("The process that works on calls does not stay", ending->how));
        }
    }
}

/// Begins a worker and stays with it to its end.
Result<Supervisor::Ending> Supervisor::watch(const WorkPlan& plan, int workers) {
    auto worker = WorkerProcess::start(program_);
    if (!worker) {
        return tl::unexpected(worker.error());
    }
    progress_.workerProcess(worker->id());
    BeginWork begin{static_cast<const WorkerSettings&>(settings_), plan};
    int given = workers;
    if (workers > 0) {
        begin.settings.workers = workers;
    } else if (settings_.workersWanted != nullptr) {
        begin.settings.workers = given = *settings_.workersWanted;
    }
    begin.settings.traced = settings_.trace != nullptr;
    worker->send(begin);

    Ending ending;
    ending.process = worker->id();
    inHand_.clear();
    watched_ = heardOf_ = {};
    looked_ = StageClock::now();
    bool stopping = false;
    while (const auto events = worker->read(kLook)) {
        for (const WorkerEvent& event : *events) {
            take(event, ending);
        }
        if (!stopping && (stop_.stop_requested() || (workers == 0 && isEnough()))) {
            stopping = true;
            worker->send(StopWork{});
        }
        if (settings_.workersWanted != nullptr && workers == 0 &&
            given != *settings_.workersWanted) {
            given = *settings_.workersWanted;
            worker->send(SetWorkers{given});
        }
        if (stalled() && ending.how.empty()) {
            ending.how =
                fmt::format("no progress for {:.0f} s", Seconds(settings_.stalledAfter).count());
            worker->kill();
        }
    }
    // Before it is waited for: its number may be another program's at once.
    progress_.workerProcess(0);
    // One that has closed its end, or talks nonsense, and stays.
    if (!ending.over) {
        worker->kill();
    }
    const auto end = worker->wait();
    peak_ = std::max(peak_, end.peakBytes);
    if (!end.how.empty()) {
        ending.over.reset();
    }
    if (ending.how.empty()) {
        ending.how = end.how;
    }
    return ending;
}

/// Whether the worker is silent, or one of its calls stands still.
bool Supervisor::stalled() {
    const auto now = StageClock::now();
    watched_ += std::min<StageClock::Time::duration>(now - looked_, kLongestLook);
    looked_ = now;
    const auto tooLong = [&](std::chrono::steady_clock::duration since) {
        return watched_ - since >= settings_.stalledAfter;
    };
    return tooLong(heardOf_) || std::ranges::any_of(inHand_, [&](const auto& call) {
               return call.second.stage != kWaitingForModel && tooLong(call.second.since);
           });
}

bool Supervisor::isEnough() {
    if (enough_ && !interrupted_ && StageClock::now() - asked_ >= kAsk) {
        asked_ = StageClock::now();
        interrupted_ = enough_();
    }
    return interrupted_;
}

void Supervisor::take(const WorkerEvent& event, Ending& ending) {
    heardOf_ = watched_;
    if (const auto* began = std::get_if<WorkerBegan>(&event)) {
        ending.name = began->worker;
    } else if (const auto* working = std::get_if<CallWorking>(&event)) {
        InHand& call = inHand_[working->job];
        if (call.stage != working->stage || call.share != working->share) {
            call = {working->stage, working->share, watched_};
        }
        progress_.working(working->job, working->stage, working->share);
    } else if (const auto* ended = std::get_if<CallEnded>(&event)) {
        inHand_.erase(ended->job);
        // Given back to go on with it soon.
        if (!interrupted_ || ended->outcome.status != report::CallStatus::Stopped) {
            progress_.ended(ended->job, ended->outcome);
        }
    } else if (const auto* waits = std::get_if<CallWaits>(&event)) {
        inHand_.erase(waits->job);
        progress_.waits(waits->job);
    } else if (const auto* took = std::get_if<StagesTook>(&event)) {
        if (const auto stages = stages_.find(took->batch); stages != stages_.end()) {
            std::ranges::for_each(took->timings,
                                  [&](const auto& timing) { stages->second.add(timing); });
        }
        if (settings_.trace != nullptr) {
            std::ranges::for_each(
                took->spans, [&](const auto& span) { settings_.trace->add(ending.process, span); });
        }
    } else if (const auto* state = std::get_if<WorkerState>(&event)) {
        peak_ = std::max(peak_, state->memory);
        progress_.state(*state);
        if (settings_.trace != nullptr) {
            settings_.trace->add(ending.process, *state);
        }
    } else if (std::holds_alternative<CopyingSound>(event)) {
        ending.copying = true;
    } else if (const auto* over = std::get_if<WorkerOver>(&event)) {
        ending.over = *over;
    }
}

Result<std::vector<queue::Job>> Supervisor::heldBy(const std::string& worker) {
    queue::JobFilter running;
    running.states = {queue::JobState::Running};
    return queue::allJobs(jobs_, running).map([&](std::vector<queue::Job> jobs) {
        std::erase_if(jobs, [&](const queue::Job& job) { return job.worker != worker; });
        return jobs;
    });
}

/// The jobs of a worker that has died. Its attempts at them do not count.
Status Supervisor::giveBack(const std::vector<queue::Job>& held, const Ending& ending) {
    for (const queue::Job& job : held) {
        queue::AttemptEnd end;
        end.move = queue::Move::Return;
        end.stage = job.stage;
        end.error = diedError("The worker died while it had " + job.path + " and others in hand",
                              ending.how);
        end.strategy = Strategy::RetryAlone;
        if (auto ended = jobs_.end(job.id, ending.name, end); !ended) {
            return tl::unexpected(ended.error());
        }
        note(job, *end.error, ErrorOutcome::Retried);
    }
    return {};
}

Status Supervisor::findTheKiller(const std::vector<queue::Job>& suspects) {
    for (const queue::Job& job : suspects) {
        if (stop_.stop_requested()) {
            return {};
        }
        WorkPlan alone = plan_;
        alone.only = job.id;
        const auto ending = watch(alone, 1);
        if (!ending) {
            return tl::unexpected(ending.error());
        }
        const std::optional<WorkerOver>& over = ending->over;
        if (!over) {
            if (auto failed = failKiller(job, *ending); !failed) {
                return failed;
            }
        } else if (over->error) {
            return tl::unexpected(*over->error);
        }
    }
    return {};
}

/// The worker died with nothing but `job` in hand. It may have died before it claimed it; then the job is still in the queue.
Status Supervisor::failKiller(const queue::Job& job, const Ending& ending) {
    queue::AttemptEnd end;
    end.move = queue::Move::Fail;
    end.stage = inHand_.contains(job.id) ? inHand_.at(job.id).stage : "";
    end.error =
        diedError("The worker died twice while it had " + job.path + " in hand", ending.how);
    auto ended = jobs_.end(job.id, ending.name, end);
    if (!ended) {
        return tl::unexpected(ended.error());
    }
    if (*ended) {
        note(job, *end.error, ErrorOutcome::Failed);
        // The run goes on without a line in the audit log, too: the error says the same.
        static_cast<void>(store::noteAction(settings_.storeFile,
                                            SystemClock(),
                                            "fail",
                                            job.call.sid,
                                            "its worker died twice with it: " + ending.how));
        CallOutcome outcome;
        outcome.status = report::CallStatus::Failed;
        outcome.error = end.error;
        progress_.ended(job.id, outcome);
    }
    return {};
}

void Supervisor::note(const queue::Job& job, const Error& error, ErrorOutcome outcome) {
    ErrorContext context = contextOf(job);
    context.recording = job.recording;
    context.stage = job.stage;
    context.operation = "work";
    context.worker = job.worker;
    context.attempt = job.attempts;
    context.outcome = outcome;
    journal_.note(error, context);
}

}  // namespace chat::pipeline
