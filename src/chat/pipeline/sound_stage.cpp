#include "chat/pipeline/sound_stage.h"

#include "chat/audio/sound_copy.h"
#include "chat/core/text.h"
#include "chat/pipeline/call_errors.h"
#include "chat/pipeline/short_sound.h"
#include "chat/pipeline/stage_keys.h"

#include <chrono>
#include <optional>
#include <utility>

namespace chat::pipeline {

Result<Seconds> soundStage(CallJob& job,
                           audio::ChildDecoder& decoder,
                           store::ResultStore& store,
                           bool force,
                           const std::filesystem::path& copy,
                           const audio::SoundProgress& progress,
                           const std::stop_token& stop) {
    job.soundKey = acousticKey(job.recording, lowerAscii(job.queued.file.extension().string()));
    if (!force) {
        auto stored = usable(store.acoustic(job.soundKey), job);
        if (!stored) {
            return tl::unexpected(stored.error());
        }
        if (std::optional<store::Stored<AcousticResult>> found = std::move(*stored)) {
            job.sound = std::move(found->result);
            job.outcome.took.sound = found->took;
            return Seconds{};
        }
    }
    job.outcome.reused = false;
    if (job.model == nullptr) {
        job.outcome.timedWith = workName(nullptr);
    }
    const auto began = std::chrono::steady_clock::now();
    auto source = decoder.open(job.queued.file, job.decoding(), stop);
    if (!source) {
        return tl::unexpected(source.error());
    }
    std::optional<audio::SoundCopier> copier;
    std::error_code error;
    if (!copy.empty() && !std::filesystem::exists(copy, error)) {
        copier.emplace(**source, copy);
    }
    ShortSound heard(copier ? static_cast<audio::BlockSource&>(*copier) : **source);
    auto sound = audio::analyzeSound(heard, {}, stop, progress);
    if (!sound) {
        return tl::unexpected(sound.error());
    }
    job.sound = std::move(*sound);
    job.shortSound = heard.take();
    const Seconds copying = copier ? copier->spent() : Seconds{};
    const Seconds took = std::chrono::steady_clock::now() - began - copying;
    job.outcome.took.sound = took;
    return store.put(job.soundKey, job.sound, took).map([&] { return copying; });
}

std::vector<std::vector<transcribe::WindowPlan>> windowPlans(const AcousticResult& sound) {
    // Two channels that carry the same sound hold one conversation, which is heard once.
    const std::size_t channels = sound.duplicatedChannels ? 1 : sound.activity.size();
    std::vector<std::vector<transcribe::WindowPlan>> plans;
    plans.reserve(channels);
    for (std::size_t channel = 0; channel < channels; ++channel) {
        plans.push_back(transcribe::planWindows(
            sound.activity[channel], static_cast<int>(channel), sound.duration));
    }
    return plans;
}

Status handOverWindows(CallJob& job,
                       audio::ChildDecoder& decoder,
                       const WindowSink& sink,
                       const std::stop_token& stop) {
    std::vector<transcribe::WindowGatherer> gatherers;
    std::size_t total = 0;
    for (auto& plans : windowPlans(job.sound)) {
        total += plans.size();
        gatherers.emplace_back(std::move(plans));
    }
    if (total == 0) {
        return {};
    }
    {
        const std::scoped_lock lock(job.hearing.mutex);
        job.hearing.total = total;
    }
    const auto handOver = [&](std::vector<transcribe::SpeechWindow> windows) {
        for (transcribe::SpeechWindow& window : windows) {
            if (!sink(std::move(window))) {
                return false;
            }
        }
        return true;
    };
    const auto stopped = [&] {
        return fail(ErrorCode::SysStateStopped,
                    "The run was stopped before " + job.queued.path + " was transcribed");
    };
    const auto add = [&](const audio::SoundBlock& block) -> Status {
        for (std::size_t channel = 0; channel < gatherers.size() && channel < block.channels.size();
             ++channel) {
            if (!handOver(gatherers[channel].add(block.channels[channel]))) {
                return stopped();
            }
        }
        return stop.stop_requested() ? Status(stopped()) : Status();
    };
    if (const auto whole = std::exchange(job.shortSound, std::nullopt)) {
        if (auto added = add(*whole); !added) {
            return added;
        }
    } else {
        auto source = decoder.open(job.queued.file, job.decoding(), stop);
        if (!source) {
            return tl::unexpected(source.error());
        }
        audio::SoundBlock block;
        auto more = (*source)->read(block);
        for (; more && *more; more = (*source)->read(block)) {
            if (auto added = add(block); !added) {
                return added;
            }
        }
        if (!more) {
            return tl::unexpected(more.error());
        }
    }
    for (transcribe::WindowGatherer& gatherer : gatherers) {
        if (!handOver(gatherer.finish())) {
            return stopped();
        }
    }
    return {};
}

}  // namespace chat::pipeline
