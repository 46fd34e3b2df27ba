#include "chat/pipeline/batch_report.h"

#include "chat/core/text.h"
#include "chat/pipeline/batch_jobs.h"
#include "chat/pipeline/report_assembly.h"
#include "chat/pipeline/sound_copies.h"
#include "chat/pipeline/stage_keys.h"
#include "chat/transcribe/transcriber.h"

#include <algorithm>

namespace chat::pipeline {

namespace {

using queue::JobState;

/// What the stages stored of a recording under the run's settings; with `smallerModel`, its words by whichever model heard them last.
/// False when a stage's result is missing.
Result<bool> takeResults(const RunSettings& settings,
                         const std::string& extension,
                         bool smallerModel,
                         store::ResultStore& store,
                         report::ReportCall& call) {
    const store::StageKey soundKey = acousticKey(call.recording, extension);
    auto sound = store.acoustic(soundKey);
    if (!sound) {
        return tl::unexpected(sound.error());
    }
    std::optional<store::Stored<AcousticResult>> heard = std::move(*sound);
    if (!heard) {
        return false;
    }
    call.sound = std::move(heard->result);
    call.processing = heard->took;
    std::optional<store::StageKey> wordsKey;
    std::string bySmaller;
    if (settings.model) {
        wordsKey = transcriptKey(call.recording, call.sound, *settings.model);
        auto words = store.transcript(*wordsKey);
        if (!words) {
            return tl::unexpected(words.error());
        }
        if (std::optional<store::Stored<Transcript>> transcript = std::move(*words)) {
            call.transcript = std::move(transcript->result);
            call.processing += transcript->took;
        } else if (smallerModel) {
            auto newest = store.newestTranscript(call.recording, transcribe::kTranscriptVersion);
            if (!newest) {
                return tl::unexpected(newest.error());
            }
            if (std::optional<store::Keyed<Transcript>> heardSo = std::move(*newest)) {
                wordsKey = std::move(heardSo->key);
                bySmaller = "Memory did not suffice for the model " + settings.model->name +
                            "; the words are by the smaller model " + heardSo->result.model + ".";
                call.transcript = std::move(heardSo->result);
            }
        }
        if (!call.transcript) {
            return false;
        }
    }
    auto analysis = store.analysis(analysisKey(soundKey, wordsKey, settings));
    if (!analysis) {
        return tl::unexpected(analysis.error());
    }
    std::optional<store::Stored<CallAnalysis>> found = std::move(*analysis);
    if (!found) {
        return false;
    }
    call.analysis = std::move(found->result);
    call.processing += found->took;
    if (!bySmaller.empty()) {
        call.analysis.warnings.push_back(
            {ErrorCode::TrResMemoryError, std::move(bySmaller), {}, -1});
    }
    return true;
}

/// Where none of an entry's jobs left results: the state of the one that tells most.
void takeFailure(const ReportEntry& entry, report::ReportCall& call) {
    call.status = report::CallStatus::Stopped;
    for (const queue::Job* job : entry.jobs) {
        if (job->state == JobState::Failed) {
            call.status = report::CallStatus::Failed;
            call.error = job->error;
            return;
        }
    }
    if (const queue::Job& first = *entry.jobs.front(); first.state == JobState::Completed) {
        call.status = report::CallStatus::Failed;
        call.error = Error{ErrorCode::AnDataNothingStored,
                           "The store holds no result of " + first.path + " for these settings",
                           ""};
    }
}

Result<report::ReportCall> reportCall(const RunSettings& settings,
                                      const ReportEntry& entry,
                                      store::ResultStore& store) {
    const queue::Job& first = *entry.jobs.front();
    report::ReportCall call;
    call.recording = first.recording;
    call.attributes = first.call;
    if (call.attributes.sid == unreadSid(first.file)) {
        call.attributes.sid.clear();
    }
    call.path = first.path;
    call.otherPaths = entry.otherPaths;
    // Only what a job of the batch has reached counts: results of an earlier run are no answer to a call that was cancelled.
    const bool ended = std::ranges::any_of(
        entry.jobs, [](const queue::Job* job) { return job->state == JobState::Completed; });
    if (ended && !call.recording.empty()) {
        auto complete =
            takeResults(settings,
                        lowerAscii(first.file.extension().string()),
                        std::ranges::any_of(entry.jobs,
                                            [](const queue::Job* job) {
                                                return job->retrial && job->retrial->strategy ==
                                                                           Strategy::SmallerModel;
                                            }),
                        store,
                        call);
        if (complete && *complete) {
            return call;
        }
        if (!complete && complete.error().code != ErrorCode::DbDataCheckpoint) {
            return tl::unexpected(complete.error());
        }
        if (!complete) {
            call.status = report::CallStatus::Failed;
            call.error = Error{ErrorCode::DbDataCheckpoint,
                               complete.error().what + ": " + first.path,
                               complete.error().cause};
            return call;
        }
    }
    takeFailure(entry, call);
    return call;
}

void placeSound(const RunSettings& settings,
                const std::filesystem::path& recording,
                const std::filesystem::path& audioFolder,
                report::ReportCall& call) {
    if (settings.audio == AudioMode::Link) {
        call.audio = relativeAddress(recording, settings.reportFolder);
    } else if (settings.audio == AudioMode::Copy) {
        const std::string address = soundCopyAddress(call.recording);
        std::error_code error;
        if (std::filesystem::exists(audioFolder.parent_path() / address, error)) {
            call.audio = address;
        } else {
            // Every figure is there without it; only listening is not.
            call.analysis.warnings.push_back({ErrorCode::AuUnkGenericError,
                                              "The sound could not be put into the report.",
                                              {},
                                              -1});
        }
    }
}

/// Why a call that was neither analyzed nor failed was not done.
std::string reasonSkipped(const ReportEntry& entry) {
    switch (entry.jobs.front()->state) {
        case JobState::Paused:
            return "it is paused";
        case JobState::Cancelled:
            return "it was cancelled";
        case JobState::Waiting:
            return "it waits to be tried again";
        case JobState::Running:
            return "another worker has it in hand";
        case JobState::Pending:
        case JobState::Completed:
        case JobState::Failed:
            return "the run was stopped before it";
    }
    return "";
}

CallOutcome outcomeOf(const report::ReportCall& call, const ReportEntry& entry) {
    CallOutcome outcome;
    outcome.path = call.path;
    outcome.status = call.status;
    outcome.error = call.error;
    outcome.processing = call.processing;
    if (call.status == report::CallStatus::Stopped) {
        outcome.skipped = reasonSkipped(entry);
    }
    if (call.status == report::CallStatus::Analyzed) {
        fillFigures(
            outcome, call.sound, call.transcript ? &*call.transcript : nullptr, call.analysis);
    }
    return outcome;
}

}  // namespace

std::vector<ReportEntry> reportEntries(
    std::span<const queue::Job> jobs,
    const std::map<std::string, std::vector<std::string>>& otherPaths) {
    std::vector<ReportEntry> entries;
    std::map<std::string, std::size_t> entryOf;  // by the recording's bytes
    for (const queue::Job& job : jobs) {
        std::size_t place = entries.size();
        if (!job.recording.empty()) {
            place = entryOf.try_emplace(job.recording, place).first->second;
        }
        if (place == entries.size()) {
            entries.emplace_back();
        } else {
            entries[place].otherPaths.push_back(job.path);
        }
        ReportEntry& entry = entries[place];
        entry.jobs.push_back(&job);
        if (const auto others = otherPaths.find(job.call.sid); others != otherPaths.end()) {
            entry.otherPaths.insert(
                entry.otherPaths.end(), others->second.begin(), others->second.end());
        }
    }
    return entries;
}

Status reportBatch(const RunSettings& settings,
                   std::span<const ReportEntry> entries,
                   store::ResultStore& store,
                   report::ReportWriter& writer,
                   RunOutcome& outcome) {
    outcome.calls.reserve(entries.size());
    for (const ReportEntry& entry : entries) {
        auto call = reportCall(settings, entry, store);
        if (!call) {
            return tl::unexpected(call.error());
        }
        if (call->status == report::CallStatus::Analyzed) {
            placeSound(settings, entry.jobs.front()->file, writer.audioFolder(), *call);
        }
        if (auto added = writer.add(*call); !added) {
            return added;
        }
        outcome.calls.push_back(outcomeOf(*call, entry));
    }
    return {};
}

}  // namespace chat::pipeline
