#include "chat/pipeline/auto_model.h"

#include "chat/audio/decode_child.h"
#include "chat/core/machine.h"
#include "chat/pipeline/worker_process.h"
#include "chat/transcribe/installed_models.h"

#include <algorithm>
#include <thread>

namespace chat::pipeline {

namespace {

namespace fs = std::filesystem;

/// How soon a stop is seen while a model is tried.
constexpr std::chrono::milliseconds kLook{100};

/// As the containers say; a recording that cannot be opened takes no time either.
Result<Seconds> declaredSound(const AutoModelSettings& settings) {
    if (settings.paths.empty() && !settings.listing.manifest) {
        return Seconds{0};
    }
    const auto listing = source::listRecordings(settings.paths, settings.listing);
    if (!listing) {
        return tl::unexpected(listing.error());
    }
    audio::ChildDecoder decoder;
    Seconds sum{};
    for (const source::SourceRecording& recording : listing->recordings) {
        if (!recording.error) {
            if (const auto opened = decoder.open(recording.path)) {
                sum += (*opened)->info().declaredDuration;
            }
        }
    }
    return sum;
}

/// Has the model used once, in a process of its own: whatever it does there, we live.
Result<ModelTook> tryModel(const WorkerProgram& program,
                           const TryModel& trial,
                           const std::stop_token& stop) {
    auto process = WorkerProcess::start(program);
    if (!process) {
        return tl::unexpected(process.error());
    }
    process->send(trial);
    std::optional<ModelTook> took;
    while (!stop.stop_requested()) {
        const auto events = process->read(kLook);
        if (!events) {
            break;
        }
        for (const WorkerEvent& event : *events) {
            if (const auto* told = std::get_if<ModelTook>(&event)) {
                took = *told;
            } else if (const auto* over = std::get_if<WorkerOver>(&event); over && over->error) {
                return tl::unexpected(*over->error);
            }
        }
    }
    if (!took) {
        return fail(ErrorCode::SysStateWorkerDied, "The process that tried a model has died.");
    }
    return *took;
}

/// Kept, or made now; nothing for a model that cannot be used.
std::optional<transcribe::ModelMeasurement> measurementFor(const transcribe::ModelStatus& model,
                                                           std::uint64_t bytes,
                                                           const AutoModelSettings& settings,
                                                           const std::stop_token& stop) {
    transcribe::ModelMeasurement measurement{
        model.name, bytes, settings.workers, settings.beam, 0, 0};
    const auto known = transcribe::readMeasurements(settings.measurements);
    if (const auto* found = transcribe::findMeasurement(known, measurement)) {
        return *found;
    }
    const auto resolved = transcribe::resolveModel(model.name, {}, settings.models, stop);
    if (!resolved) {
        return std::nullopt;
    }
    TryModel trial;
    trial.model.name = model.name;
    trial.model.folder = resolved->folder;
    trial.model.beam = settings.beam;
    trial.model.language = settings.language;
    trial.workers = settings.workers;
    const auto took = tryModel(settings.program, trial, stop);
    if (!took) {
        return std::nullopt;
    }
    measurement.peakBytes = took->peakBytes;
    measurement.cost = took->cost;
    // Without a place to keep it, it is measured again the next time.
    static_cast<void>(transcribe::noteMeasurement(settings.measurements, measurement));
    return measurement;
}

}  // namespace

Result<std::optional<transcribe::ModelChoice>> chooseInstalledModel(
    const AutoModelSettings& settings, const Clock& clock, const std::stop_token& stop) {
    transcribe::ModelDemand demand;
    demand.language = settings.language;
    demand.workers = settings.workers;
    demand.freeBytes = freeMemory();
    demand.load =
        machineLoad() /
        std::max(1U, std::thread::hardware_concurrency());  // before measuring makes its own
    if (settings.finishBy) {
        const auto sound = declaredSound(settings);
        if (!sound) {
            return tl::unexpected(sound.error());
        }
        demand.sound = *sound;
    }
    std::vector<transcribe::ModelCandidate> candidates;
    for (const transcribe::ModelStatus& model : transcribe::usableModels(settings.models)) {
        if (stop.stop_requested()) {
            return fail(ErrorCode::SysStateStopped, "The choice of a model was stopped.");
        }
        const std::uint64_t bytes = model.info->weights().bytes;
        // Larger than what it may take: not even to be tried.
        const bool hopeless = static_cast<double>(bytes) >
                              transcribe::kMemoryShare * static_cast<double>(demand.freeBytes);
        if (hopeless && !candidates.empty()) {
            break;
        }
        if (const auto took = measurementFor(model, bytes, settings, stop)) {
            candidates.push_back(
                {model.name, bytes, model.info->englishOnly(), took->peakBytes, took->cost});
        }
    }
    if (settings.finishBy) {
        demand.untilDeadline = *settings.finishBy - clock.now();
    }
    return transcribe::chooseModel(candidates, demand);
}

Result<Outlook> outlookFor(const AutoModelSettings& settings,
                           const SpeechModel& model,
                           const Clock& clock) {
    const auto known = transcribe::readMeasurements(settings.measurements);
    const auto* took = transcribe::findMeasurement(
        known, {model.name, model.bytes, settings.workers, settings.beam, 0, 0});
    if (took == nullptr || !settings.finishBy) {
        return Outlook{};
    }
    return declaredSound(settings).map([&](Seconds sound) {
        transcribe::ModelDemand demand;
        demand.workers = settings.workers;
        demand.sound = sound;
        demand.untilDeadline = *settings.finishBy - clock.now();
        return Outlook{true,
                       transcribe::delayText(
                           {model.name, model.bytes, false, took->peakBytes, took->cost}, demand)};
    });
}

std::optional<transcribe::ModelMeasurement> measurementOf(const RunOutcome& outcome,
                                                          const SpeechModel& model,
                                                          int workers) {
    constexpr Seconds kLeastSound{60};
    const auto& timings = outcome.facts.timings;
    const auto words = std::ranges::find(timings, "transcribe", &report::StageTiming::stage);
    if (!outcome.facts.complete || words == timings.end() || words->calls == 0 ||
        words->reused > 0) {
        return std::nullopt;
    }
    Seconds sound{};
    for (const CallOutcome& call : outcome.calls) {
        sound += call.status == report::CallStatus::Analyzed ? call.duration : Seconds{0};
    }
    if (sound < kLeastSound) {
        return std::nullopt;
    }
    return transcribe::ModelMeasurement{model.name,
                                        model.bytes,
                                        workers,
                                        model.beam,
                                        outcome.facts.peakMemoryBytes,
                                        words->wall / sound};
}

}  // namespace chat::pipeline
