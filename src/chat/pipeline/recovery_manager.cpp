#include "chat/pipeline/recovery_manager.h"

#include "chat/core/machine.h"
#include "chat/pipeline/sound_stage.h"
#include "chat/pipeline/stage_keys.h"
#include "chat/queue/worker_name.h"
#include "chat/store/audit_log.h"
#include "chat/store/sqlite_job_store.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>

namespace chat::pipeline {

namespace {

using queue::JobState;
using store::Access;
using store::Checkpoint;

/// Whether a process is there and one of CHAT's: numbers are given again to others.
bool isChatProcess(pid_t process) {
    if (process == ::getpid()) {
        return true;
    }
    std::ifstream file(fmt::format("/proc/{}/stat", process));
    std::string line;
    std::getline(file, line);  // 4711 (chat-worker) S ...
    const auto begin = line.find('(');
    const auto end = line.rfind(')');
    return begin != std::string::npos && end != std::string::npos && end + 2 < line.size() &&
           line.compare(begin + 1, 4, "chat") == 0 && line[end + 2] != 'Z';
}

/// What a batch transcribes with; empty: with nothing. "auto": whatever suits.
std::string modelOf(const queue::Batch& batch) {
    const auto settings = nlohmann::json::parse(batch.settings, nullptr, false);
    if (!settings.is_object()) {
        return "auto";
    }
    if (settings.contains("no-transcribe") && settings["no-transcribe"] == true) {
        return "";
    }
    const auto model = settings.find("model");
    if (model == settings.end() || !model->is_string() || model->get<std::string>().empty()) {
        return "base";
    }
    return std::filesystem::path(model->get<std::string>()).filename().string();
}

std::string stageOf(const KeptWork& kept, const std::string& model) {
    if (!kept.sound) {
        return "audio";
    }
    if (kept.windows > 0) {
        return "transcribe";
    }
    const bool heard = model == "auto" ? !kept.words.empty() : kept.words == model;
    return heard || model.empty() ? "analyze" : "transcribe";
}

std::size_t countOf(const std::vector<std::vector<transcribe::WindowPlan>>& plans) {
    std::size_t count = 0;
    for (const auto& channel : plans) {
        count += channel.size();
    }
    return count;
}

/// Reads what is kept of recordings. The meaning of the checkpoints is asked of ResultStore, which compares hashes too.
class Reader {
  public:
    Reader(std::unique_ptr<store::CheckpointStore> checkpoints,
           std::unique_ptr<store::ResultStore> results)
        : checkpoints_(std::move(checkpoints))
        , results_(std::move(results)) {}

    [[nodiscard]] static Result<Reader> open(const std::filesystem::path& file,
                                             const Clock& clock) {
        auto checkpoints = store::CheckpointStore::open(file, clock, Access::Read);
        if (!checkpoints) {
            return tl::unexpected(checkpoints.error());
        }
        auto results = store::ResultStore::open(file, clock, Access::Read);
        if (!results) {
            return tl::unexpected(results.error());
        }
        return Reader(std::move(*checkpoints), std::move(*results));
    }

    [[nodiscard]] store::CheckpointStore& checkpoints() { return *checkpoints_; }

    /// Of this stage and those that follow it; empty: of all.
    [[nodiscard]] Result<KeptWork> keptOf(const std::string& recording,
                                          const std::string& from = {}) {
        if (recording.empty()) {
            return KeptWork{};
        }
        const auto all = checkpoints_->of(recording, stageVersions());
        if (!all) {
            return tl::unexpected(all.error());
        }
        KeptWork kept;
        std::map<std::pair<std::string, std::string>, std::size_t> windows;  // by transcript
        for (const Checkpoint& one : *all) {
            if (isBefore(one.stage, from)) {
                continue;
            }
            kept.bytes += one.bytes;
            kept.took += one.took;
            if (one.damaged) {
                kept.damaged.push_back(one.stage);
                continue;
            }
            if (one.key.version != stageVersions().of(one.stage)) {
                continue;
            }
            if (one.window) {
                const auto key = std::pair(one.key.input, one.key.settings);
                kept.windows = std::max(kept.windows, ++windows[key]);
            } else if (one.stage == "audio") {
                kept.sound = true;
            } else if (one.stage == "analyze") {
                kept.analysis = true;
            }
        }
        return fillMeaning(recording, from, std::move(kept));
    }

  private:
    static bool isBefore(const std::string& stage, const std::string& from) {
        return (from == "transcribe" && stage == "audio") ||
               (from == "analyze" && stage != "analyze");
    }

    [[nodiscard]] Result<KeptWork> fillMeaning(const std::string& recording,
                                               const std::string& from,
                                               KeptWork kept) {
        const auto passed = [](const auto& result) {
            return result || result.error().code == ErrorCode::DbDataCheckpoint;
        };
        auto sound = results_->newestAcoustic(recording, stageVersions().audio);
        if (!passed(sound)) {
            return tl::unexpected(sound.error());
        }
        if (sound && *sound) {
            const std::optional<store::Keyed<AcousticResult>>& found = *sound;
            kept.windowsInAll = found ? countOf(windowPlans(found->result)) : 0;
        }
        if (from != "analyze") {
            auto words = results_->newestTranscript(recording, stageVersions().transcribe);
            if (!passed(words)) {
                return tl::unexpected(words.error());
            }
            if (words && *words) {
                const std::optional<store::Keyed<Transcript>>& found = *words;
                kept.words = found ? found->result.model : "";
            }
        }
        return kept;
    }

    std::unique_ptr<store::CheckpointStore> checkpoints_;
    std::unique_ptr<store::ResultStore> results_;
};

std::string refusalOf(Holder holder, const queue::Job& job) {
    switch (holder) {
        case Holder::Nobody:
        case Holder::Dead:
            return "";
        case Holder::AtWork: {
            const auto worker = queue::workerNamed(job.worker);
            return fmt::format(
                "process {} of this machine is at work on it: wait for it, or end it",
                worker ? worker->process : 0);
        }
        case Holder::Elsewhere:
            return fmt::format(
                "worker {} on another machine has it until {:%H:%M:%S} UTC, and may renew that: "
                "wait for it, or end it there",
                job.worker,
                fmt::gmtime(
                    std::chrono::system_clock::to_time_t(job.leaseUntil.value_or(queue::Time()))));
    }
    return "";
}

Result<queue::JobFilter> filterOf(const RecoveryScope& scope, queue::JobStore& jobs) {
    queue::JobFilter filter;
    filter.states = {JobState::Running, JobState::Waiting, JobState::Pending, JobState::Paused};
    if (!scope.call.empty()) {
        filter.sid = scope.call;
    }
    if (!scope.batch.empty()) {
        const auto batch = queue::batchNamed(jobs, scope.batch);
        if (!batch) {
            return tl::unexpected(batch.error());
        }
        filter.batch = batch->id;
    }
    return filter;
}

}  // namespace

Holder holderOf(const queue::Job& job, queue::Time now) {
    if (job.state != JobState::Running) {
        return Holder::Nobody;
    }
    if (!job.leaseUntil || *job.leaseUntil <= now) {
        return Holder::Dead;
    }
    const auto worker = queue::workerNamed(job.worker);
    if (!worker || worker->host != hostName()) {
        return Holder::Elsewhere;
    }
    return isChatProcess(worker->process) ? Holder::AtWork : Holder::Dead;
}

Result<store::Inspection> RecoveryManager::verify() const {
    return store::inspect(store_, stageVersions());
}

Result<std::vector<RecoverableCall>> RecoveryManager::list(const RecoveryScope& scope) const {
    return store::openJobStore(store_, clock_, Access::Read)
        .and_then(
            [&](const std::unique_ptr<queue::JobStore>& jobs) { return listFrom(*jobs, scope); });
}

Result<std::vector<RecoverableCall>> RecoveryManager::listFrom(queue::JobStore& jobs,
                                                               const RecoveryScope& scope) const {
    const auto filter = filterOf(scope, jobs);
    if (!filter) {
        return tl::unexpected(filter.error());
    }
    auto batches = jobs.batches();
    if (!batches) {
        return tl::unexpected(batches.error());
    }
    std::map<queue::BatchId, const queue::Batch*> batchOf;
    for (const queue::Batch& batch : *batches) {
        batchOf[batch.id] = &batch;
    }
    auto open = queue::allJobs(jobs, *filter);
    if (!open) {
        return tl::unexpected(open.error());
    }
    auto reader = Reader::open(store_, clock_);
    if (!reader) {
        return tl::unexpected(reader.error());
    }
    std::vector<RecoverableCall> calls;
    for (queue::Job& job : *open) {
        const auto batch = batchOf.find(job.batch);
        if (!job.startedAt || batch == batchOf.end()) {
            continue;
        }
        auto recording = reader->checkpoints().recordingOf(job);
        if (!recording) {
            return tl::unexpected(recording.error());
        }
        auto kept = reader->keptOf(*recording);
        if (!kept) {
            return tl::unexpected(kept.error());
        }
        RecoverableCall call;
        call.batch = *batch->second;
        call.recording = std::move(*recording);
        call.stage = stageOf(*kept, modelOf(*batch->second));
        call.holder = holderOf(job, clock_.now());
        call.kept = std::move(*kept);
        call.job = std::move(job);
        if (scope.stage.empty() || call.stage == scope.stage) {
            calls.push_back(std::move(call));
        }
    }
    return calls;
}

Result<ResumeOutcome> RecoveryManager::resume(const RecoveryScope& scope,
                                              const std::string& why) const {
    ResumeOutcome outcome;
    auto inspection = verify();
    if (!inspection) {
        return tl::unexpected(inspection.error());
    }
    outcome.inspection = std::move(*inspection);
    if (!outcome.inspection.usable()) {
        return fail(ErrorCode::DbDataDamaged,
                    "The store " + store_.string() + " is damaged; nothing was changed");
    }
    const auto calls = list(scope);
    if (!calls) {
        return tl::unexpected(calls.error());
    }
    if (calls->empty() && !scope.call.empty()) {
        return fail(ErrorCode::QDataJobMissing,
                    "No call " + scope.call + " was begun and has not ended");
    }
    const auto jobs = store::openJobStore(store_, clock_);
    if (!jobs) {
        return tl::unexpected(jobs.error());
    }
    for (const RecoverableCall& call : *calls) {
        ResumedCall& resumed = outcome.calls.emplace_back();
        resumed.sid = call.job.call.sid;
        resumed.batch = call.batch.name;
        resumed.refused = call.job.state == JobState::Paused ? "it is paused: chat queue resume"
                                                             : refusalOf(call.holder, call.job);
        if (call.holder == Holder::Dead) {
            queue::AttemptEnd end;
            end.move = queue::Move::Return;
            end.stage = call.job.stage;
            end.error =
                Error{ErrorCode::SysStateWorkerDied,
                      "The worker died while it had " + call.job.path + " and others in hand",
                      "found by chat recover resume"};
            const auto ended = (*jobs)->end(call.job.id, call.job.worker, end);
            if (!ended) {
                return tl::unexpected(ended.error());
            }
            // False: it went back by itself meanwhile, its lease having run out.
            resumed.givenBack = *ended;
            if (*ended) {
                if (auto noted = store::noteAction(
                        store_,
                        clock_,
                        "resume",
                        resumed.sid,
                        why.empty() ? "given back for " + call.job.worker + ", which is no more"
                                    : why);
                    !noted) {
                    return tl::unexpected(noted.error());
                }
            }
        }
        if (resumed.refused.empty() &&
            std::ranges::find(outcome.batches, call.batch.id, &queue::Batch::id) ==
                outcome.batches.end()) {
            outcome.batches.push_back(call.batch);
        }
    }
    return outcome;
}

Result<std::vector<DiscardableCall>> RecoveryManager::discardable(const std::string& call,
                                                                  const std::string& stage) const {
    const auto jobs = store::openJobStore(store_, clock_, Access::Read);
    if (!jobs) {
        return tl::unexpected(jobs.error());
    }
    auto reader = Reader::open(store_, clock_);
    if (!reader) {
        return tl::unexpected(reader.error());
    }
    // By recording: calls with the same one share its checkpoints.
    std::map<std::string, DiscardableCall> found;
    const auto take = [&](const std::string& recording, const std::string& sid) {
        DiscardableCall& one = found[recording];
        one.recording = recording;
        one.sid = one.sid.empty() ? sid : one.sid;
        return &one;
    };
    queue::JobFilter filter;
    if (call.empty()) {
        filter.states = {JobState::Running, JobState::Waiting, JobState::Pending, JobState::Paused};
    } else {
        filter.sid = call;
    }
    const auto known = queue::allJobs(**jobs, filter);
    if (!known) {
        return tl::unexpected(known.error());
    }
    for (const queue::Job& job : *known) {
        const auto recording = reader->checkpoints().recordingOf(job);
        if (!recording) {
            return tl::unexpected(recording.error());
        }
        if (!recording->empty() && job.startedAt) {
            DiscardableCall* one = take(*recording, job.call.sid);
            one->refused =
                one->refused.empty() ? refusalOf(holderOf(job, clock_.now()), job) : one->refused;
        }
    }
    if (!call.empty()) {
        const auto others = reader->checkpoints().recordingsOf(call);
        if (!others) {
            return tl::unexpected(others.error());
        }
        for (const std::string& recording : *others) {
            take(recording, call);
        }
        if (found.empty() && known->empty()) {
            return fail(ErrorCode::QDataJobMissing, "The store knows no call " + call);
        }
    }
    std::vector<DiscardableCall> calls;
    for (auto& [recording, one] : found) {
        auto kept = reader->keptOf(recording, stage);
        if (!kept) {
            return tl::unexpected(kept.error());
        }
        if (kept->empty()) {
            continue;
        }
        const auto completed = reader->checkpoints().isCompleted(recording);
        if (!completed) {
            return tl::unexpected(completed.error());
        }
        if (*completed && kept->damaged.empty()) {
            one.refused =
                "it is done: `chat analyze --force` does it anew, `chat forget` removes it";
        }
        one.kept = std::move(*kept);
        calls.push_back(std::move(one));
    }
    std::ranges::sort(calls, {}, &DiscardableCall::sid);
    return calls;
}

Result<int> RecoveryManager::discard(const DiscardableCall& call,
                                     const std::string& stage,
                                     const std::string& why) const {
    const std::string from = stage.empty() ? "audio" : stage;
    return store::CheckpointStore::open(store_, clock_, Access::Write)
        .and_then([&](const std::unique_ptr<store::CheckpointStore>& checkpoints) {
            return checkpoints->discard(
                {call.recording, from}, call.sid, why.empty() ? "from stage " + from + " on" : why);
        });
}

}  // namespace chat::pipeline
