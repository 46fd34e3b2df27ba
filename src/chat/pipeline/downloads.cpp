#include "chat/pipeline/downloads.h"

#include "chat/core/backoff.h"
#include "chat/core/files.h"
#include "chat/fetch/fetch_recording.h"
#include "chat/pipeline/call_errors.h"
#include "chat/pipeline/calls_in_hand.h"
#include "chat/pipeline/stage_clock.h"
#include "chat/queue/retry_policy.h"
#include "chat/source/telephony/open_telephony.h"
#include "chat/store/sqlite_job_store.h"

#include <utility>

namespace chat::pipeline {

namespace {

/// How soon a call that was added, or whose turn has come, is seen: nothing tells of it.
constexpr std::chrono::milliseconds kLook{500};
/// How soon a system that is away is asked again.
constexpr std::chrono::seconds kAway{10};
constexpr const char* kStage = "fetch";

}  // namespace

Result<std::unique_ptr<source::CallSource>> openKept(const queue::KeptSource& kept,
                                                     const Clock& clock) {
    return source::parseTelephonySettings(
               kept.settings, kept.folder, "the settings kept with the call")
        .and_then([&](const source::TelephonySettings& settings) {
            return source::openTelephony(settings, clock, {});
        });
}

Downloads::Downloads(const WorkerSettings& settings,
                     OpenSource open,
                     ErrorJournal& journal,
                     const Clock& clock,
                     const std::stop_token& stop)
    : settings_(settings)
    , open_(std::move(open))
    , journal_(journal)
    , clock_(clock)
    , name_(nextWorkerName())
    , runStopped_(stop, [this] { stop_.request_stop(); })
    // Without a queue there is nothing to fetch either, and workers tell of it.
    , leases_(settings.storeFile, name_, clock, [](const Error&) {})
    , team_("chat-fetch", [this](const auto& wanted) { fetchCalls(wanted); }) {
    team_.resize(1);
}

Downloads::~Downloads() {
    stop_.request_stop();
    team_.join();
}

void Downloads::setBatches(std::vector<queue::BatchId> batches) {
    const std::scoped_lock lock(mutex_);
    batches_ = std::move(batches);
}

std::vector<queue::BatchId> Downloads::batches() {
    const std::scoped_lock lock(mutex_);
    return batches_;
}

std::vector<Downloads::Ended> Downloads::takeEnded() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(ended_, {});
}

void Downloads::fetchCalls(const std::function<bool()>& wanted) {
    auto jobs = store::openJobStore(settings_.storeFile, clock_);
    while (jobs && wanted()) {
        auto job = next(**jobs);
        if (!job) {
            return;
        }
        team_.resize(kConnections);
        fetch(std::move(*job), **jobs);
    }
}

/// Waits for a job to fetch for; nothing when it is time to end.
std::optional<queue::Job> Downloads::next(queue::JobStore& jobs) {
    const std::scoped_lock asking(asking_);
    while (!stop_.stop_requested()) {
        if (const std::vector<queue::BatchId> wanted = batches(); !wanted.empty()) {
            // A queue that cannot be asked now is asked again: if that stays so, the workers end the run.
            auto claimed = jobs.claim({name_, kLease, wanted, 1, {}, kAhead});
            if (claimed && !claimed->empty()) {
                return std::move(claimed->front());
            }
        }
        static_cast<void>(waited(kLook, stop_.get_token()));
    }
    return std::nullopt;
}

void Downloads::fetch(queue::Job claimed, queue::JobStore& jobs) {
    CallJob call(std::move(claimed), stop_.get_token());
    call.showAt(kStage, 0);
    leases_.hold(call);
    const auto began = StageClock::now();
    System& system = systemOf(call.queued.source.value_or(0), jobs);
    const Status brought = bring(call, system);
    leases_.letGo(call);
    Ended ended{call.queued.id, call.queued.batch, StageClock::now() - began, {}};
    // What cannot be written to the queue now is found there when the lease has run out.
    if (brought) {
        static_cast<void>(jobs.fetched(call.queued.id, name_, fileBytes(call.queued.file)));
    } else {
        const bool away = isAway(system, brought);
        queue::AttemptEnd end = endOf(call, brought.error());
        if (away) {
            end = {};
            end.move = queue::Move::Return;
            end.stage = kStage;
        }
        noteEnd(journal_, call, end);
        const auto told = jobs.end(call.queued.id, name_, end);
        if (told && *told && end.move == queue::Move::Fail) {
            ended.failed = end.error;
        }
        if (away) {
            static_cast<void>(waited(kAway, stop_.get_token()));
        }
    }
    if (brought || ended.failed) {
        const std::scoped_lock lock(mutex_);
        ended_.push_back(std::move(ended));
    }
}

Status Downloads::bring(CallJob& call, System& system) {
    if (const std::optional<Error>& error = system.error) {
        return tl::unexpected(*error);
    }
    const auto read = [&](const std::string& sid,
                          const RecordingPart& from,
                          const TakeBytes& take,
                          const std::stop_token& stop) {
        std::uint64_t taken = 0;
        return system.source->readRecording(
            sid,
            from,
            [&](const RecordingPart& part, std::string_view bytes) {
                taken += bytes.size();
                const auto whole = static_cast<double>(part.bytes.value_or(0));
                call.showAt(kStage,
                            whole > 0 ? static_cast<double>(part.offset + taken) / whole : 0);
                return take(part, bytes);
            },
            stop);
    };
    return fetch::fetchRecording(
        read, call.queued.call.sid, call.queued.file, call.stop.get_token());
}

Downloads::System& Downloads::systemOf(queue::SourceId id, queue::JobStore& jobs) {
    const std::scoped_lock lock(mutex_);
    const auto [found, added] = systems_.try_emplace(id);
    if (added) {
        auto opened = jobs.source(id).and_then(open_);
        if (opened) {
            found->second.source = std::move(*opened);
        } else {
            found->second.error = opened.error();
        }
    }
    return found->second;
}

bool Downloads::isAway(System& system, const Status& brought) {
    const std::scoped_lock lock(mutex_);
    if (brought || brought.error().code != ErrorCode::ApiStateHostPaused) {
        if (brought) {
            system.downSince.reset();
        }
        return false;
    }
    const auto now = clock_.steadyNow();
    const auto since = system.downSince.value_or(now);
    system.downSince = since;
    return now - since < kPatience;
}

queue::AttemptEnd Downloads::endOf(const CallJob& call, const Error& error) {
    queue::AttemptEnd end;
    end.stage = kStage;
    if (error.code == ErrorCode::SysStateStopped) {
        end.move = queue::Move::Return;
        return end;
    }
    end.error = error;
    const std::scoped_lock lock(mutex_);
    const auto delay = queue::retryDelay(
        error.code, call.queued.attempts, call.queued.priority, random_, settings_.maxAttempts);
    end.move = delay ? queue::Move::Wait : queue::Move::Fail;
    if (delay) {
        end.notBefore = clock_.now() + *delay;
    }
    return end;
}

}  // namespace chat::pipeline
