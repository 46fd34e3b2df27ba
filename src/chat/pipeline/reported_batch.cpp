#include "chat/pipeline/reported_batch.h"

#include "chat/core/time_text.h"
#include "chat/pipeline/batch_report.h"
#include "chat/pipeline/report_assembly.h"
#include "chat/pipeline/sound_copies.h"
#include "chat/store/result_store.h"

namespace chat::pipeline {

namespace {

Validation validationOf(const std::vector<CallOutcome>& calls) {
    Validation validation;
    for (const CallOutcome& call : calls) {
        switch (call.status) {
            case report::CallStatus::Analyzed:
                ++validation.analyzed;
                break;
            case report::CallStatus::Stopped:
                ++validation.skipped;
                break;
            case report::CallStatus::Failed:
                ++(call.error && call.error->code == ErrorCode::SysDataPathMissing
                       ? validation.absent
                       : validation.failed);
                break;
        }
    }
    return validation;
}

std::vector<std::string> recordingsOf(const std::vector<ReportEntry>& entries) {
    std::vector<std::string> recordings;
    recordings.reserve(entries.size());
    for (const ReportEntry& entry : entries) {
        recordings.push_back(entry.jobs.front()->recording);
    }
    return recordings;
}

queue::StateCounts countsOf(const std::vector<queue::Job>& jobs) {
    queue::StateCounts counts{};
    for (const queue::Job& job : jobs) {
        ++counts.at(static_cast<std::size_t>(job.state));
    }
    return counts;
}

}  // namespace

Result<std::vector<queue::Job>> jobsOfBatch(queue::JobStore& jobs, queue::BatchId batch) {
    queue::JobFilter filter;
    filter.batch = batch;
    return queue::allJobs(jobs, filter, {queue::SortColumn::Added, false});
}

ReportedBatch::ReportedBatch(const RunSettings& settings, const Clock& clock)
    : settings_(settings)
    , clock_(clock)
    , began_(clock.steadyNow())
    , startedAt_(utcSecondText(clock.now())) {}

Status ReportedBatch::begin(RunObserver& observer) {
    auto writer = report::ReportWriter::begin(settings_.reportFolder, reportSettings(settings_));
    if (!writer) {
        outcome_ = tl::unexpected(writer.error());
        return tl::unexpected(writer.error());
    }
    writer_ = std::move(*writer);
    observer.gathering(writer_->audioFolder().parent_path());
    return {};
}

PlannedBatch ReportedBatch::plan() const {
    PlannedBatch planned{static_cast<const CallSettings&>(settings_), {}};
    if (settings_.audio == AudioMode::Copy && writer_) {
        planned.copies = writer_->audioFolder();
    }
    return planned;
}

Status ReportedBatch::report(queue::JobStore& jobs,
                             StageClock& stages,
                             std::uint64_t workersMemory,
                             bool complete) {
    RunOutcome outcome;
    outcome.batch = batch.name;
    outcome.warnings = warnings;
    outcome.facts.startedAt = startedAt_;
    outcome.facts.complete = complete;
    auto written = jobsOfBatch(jobs, batch.id).and_then([&](const auto& ended) {
        reported_ = countsOf(ended);
        return write(ended, stages, workersMemory, outcome);
    });
    writer_.reset();
    if (written) {
        outcome_ = std::move(outcome);
    } else {
        outcome_ = tl::unexpected(written.error());
    }
    return written;
}

Status ReportedBatch::write(const std::vector<queue::Job>& ended,
                            StageClock& stages,
                            std::uint64_t workersMemory,
                            RunOutcome& outcome) {
    const std::vector<ReportEntry> entries = reportEntries(ended, otherPaths);
    auto store = store::ResultStore::open(settings_.storeFile, clock_);
    if (!store) {
        return tl::unexpected(store.error());
    }
    removeUnfinishedSound(writer_->audioFolder());
    const auto began = StageClock::now();
    if (auto added = reportBatch(settings_, entries, **store, *writer_, outcome); !added) {
        return added;
    }
    stages.done("report", StageClock::now() - began, 0, static_cast<int>(entries.size()));
    outcome.validation = validationOf(outcome.calls);
    outcome.facts.model = settings_.model ? settings_.model->name : "";
    for (const Warning& warning : outcome.warnings) {
        outcome.facts.notes.push_back(warning.text);
    }
    concludeRun(outcome, settings_, writer_->summary(), stages, clock_, began_);
    outcome.facts.peakMemoryBytes += workersMemory;
    return writer_->finish(outcome.facts).map([&] {
        noteWritten(settings_, recordingsOf(entries), clock_, outcome.facts);
    });
}

bool ReportedBatch::needsRecordings() const {
    const std::optional<queue::StateCounts>& reported = reported_;
    if (settings_.audio != AudioMode::Copy || !outcome_ || !reported) {
        return settings_.audio != AudioMode::None;
    }
    const auto count = [&](queue::JobState state) {
        return reported->at(static_cast<std::size_t>(state));
    };
    return count(queue::JobState::Pending) + count(queue::JobState::Paused) +
               count(queue::JobState::Running) + count(queue::JobState::Waiting) >
           0;
}

Result<bool> ReportedBatch::outdated(queue::JobStore& jobs) const {
    const std::optional<queue::StateCounts>& reported = reported_;
    if (!reported || !outcome_) {
        return false;
    }
    queue::JobFilter filter;
    filter.batch = batch.id;
    const auto counts = jobs.counts(filter);
    return counts ? Result<bool>(*counts != *reported) : tl::unexpected(counts.error());
}

}  // namespace chat::pipeline
