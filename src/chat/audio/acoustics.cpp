#include "chat/audio/acoustics.h"

#include "chat/audio/hold_sounds.h"
#include "chat/audio/loud_speech.h"
#include "chat/audio/peak_meter.h"
#include "chat/audio/quality.h"
#include "chat/audio/speech_detector.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <optional>
#include <semaphore>
#include <thread>
#include <utility>
#include <vector>

namespace chat::audio {

namespace {

/// A converter's constant offset, which levels and detector must not hear: the mean of the sound so far, of the
/// last seconds most.
class OffsetMeter {
  public:
    [[nodiscard]] float next(std::span<const float> samples) {
        constexpr double kMemory = 8.0 * kAnalysisRateHz;
        sum_ = std::accumulate(samples.begin(), samples.end(), 0.0F) + sum_;
        n_ += static_cast<double>(samples.size());
        const double mean = n_ > 0 ? sum_ / n_ : 0;
        if (n_ > kMemory) {
            sum_ *= kMemory / n_;
            n_ = kMemory;
        }
        return static_cast<float>(mean);
    }

  private:
    double sum_ = 0;
    double n_ = 0;
};

/// Everything that is measured on one channel, on a thread of its own: it works on a block while the
/// next one is decoded.
class ChannelWorker {
  public:
    ChannelWorker(std::unique_ptr<SpeechDetector> detector, Seconds expected)
        : detector_(std::move(detector))
        , quality_(expected)
        , spectra_(expected)
        , thread_([this] { work(); }) {
        track_.probabilities.reserve(static_cast<std::size_t>(expected / kProbabilityStep) + 1);
    }
    ~ChannelWorker() {
        given_ = std::nullopt;
        go_.release();
    }
    ChannelWorker(const ChannelWorker&) = delete;
    ChannelWorker& operator=(const ChannelWorker&) = delete;
    ChannelWorker(ChannelWorker&&) = delete;
    ChannelWorker& operator=(ChannelWorker&&) = delete;

    /// `samples` must stay as they are until `wait` returns.
    void give(std::span<const float> samples) {
        given_ = samples;
        go_.release();
    }
    void wait() { done_.acquire(); }

    /// Between `wait` and `give` only.
    void finish() {
        fresh_.clear();
        detector_->finish(fresh_);
        takeFresh();
        quality_.finish();
        track_.levels = quality_.takeLevels();
        track_.spectra = spectra_.takeTrack();
    }
    [[nodiscard]] const SoundTrack& track() const { return track_; }
    [[nodiscard]] ChannelQuality quality(const Intervals& speech,
                                         std::int64_t notFiniteSamples) const {
        ChannelQuality quality = quality_.quality(speech, track_.levels, notFiniteSamples);
        quality.bandwidthHz = spectra_.bandwidthHz();
        return quality;
    }

  private:
    void work() {
        for (;;) {
            go_.acquire();
            if (!given_) {
                return;
            }
            fresh_.clear();
            const float offset = offset_.next(*given_);
            centred_.assign(given_->begin(), given_->end());
            for (float& sample : centred_) {
                sample -= offset;
            }
            detector_->add(centred_, fresh_);
            quality_.add(*given_, offset);
            spectra_.add(*given_);
            takeFresh();
            done_.release();
        }
    }

    void takeFresh() {
        spectra_.addProbabilities(fresh_);
        for (const float probability : fresh_) {
            track_.probabilities.push_back(
                static_cast<std::uint8_t>(std::lround(probability * 255)));
        }
    }

    std::unique_ptr<SpeechDetector> detector_;
    QualityMeter quality_;
    SpectralMeter spectra_;
    SoundTrack track_;
    std::vector<float> fresh_;
    std::vector<float> centred_;
    OffsetMeter offset_;
    std::optional<std::span<const float>> given_;
    std::binary_semaphore go_{0};
    std::binary_semaphore done_{0};
    std::jthread thread_;  ///< last: it ends before anything that it uses
};

/// Where one channel speaks by its own track; `other` is a dual recording's other track.
struct Heard {
    Heard(const SoundTrack& ownTrack,
          const SoundTrack* other,
          Seconds duration,
          const SpeechActivitySettings& settings)
        : track(ownTrack)
        , probabilities(other != nullptr ? withoutCrossTalk(track, *other, settings)
                                         : track.probabilities)
        , speech(findSpeech(probabilities, track.levels, duration, settings)) {}

    const SoundTrack& track;
    std::vector<std::uint8_t> probabilities;  ///< without the other party's voice
    Intervals speech;
};

/// The channel's activity; `elsewhere` is where the other party speaks.
ChannelActivity activityOf(const Heard& heard,
                           const Intervals& elsewhere,
                           Seconds duration,
                           const SpeechActivitySettings& settings) {
    const SoundTrack& track = heard.track;
    ChannelActivity activity = evidence(track);
    activity.speech = heard.speech;
    activity.holds = findHoldSounds(track, elsewhere, activity.speech, duration);
    const Intervals loud =
        findLoudSpeech(track, heard.probabilities, activity.holds, activity.speech, duration);
    if (!loud.empty()) {
        activity.speech = findSpeech(heard.probabilities, track.levels, duration, settings, loud);
        activity.holds = findHoldSounds(track, elsewhere, activity.speech, duration);
    }
    return activity;
}

}  // namespace

Result<AcousticResult> analyzeSound(BlockSource& source,
                                    const AcousticSettings& settings,
                                    const std::stop_token& stop,
                                    const SoundProgress& progress) {
    const auto channels = static_cast<std::size_t>(source.info().channels);
    // Growing arrays leave holes of their former sizes behind. A container may promise what it likes; what is
    // not written takes no memory, but there is a limit to what can be promised.
    constexpr Seconds kMostExpected{24.0 * 3600};
    const Seconds expected =
        std::clamp(source.info().declaredDuration * 1.01, Seconds{0}, kMostExpected);
    std::vector<std::unique_ptr<ChannelWorker>> workers;
    for (std::size_t c = 0; c < channels; ++c) {
        auto detector = makeSileroDetector();
        if (!detector) {
            return tl::unexpected<Error>(std::move(detector.error()));
        }
        workers.push_back(std::make_unique<ChannelWorker>(std::move(*detector), expected));
    }
    PeakMeter peaks(channels);
    DuplicateMeter duplicates;
    SoundBlock now;
    SoundBlock next;
    std::int64_t frames = 0;
    auto more = source.read(now);
    while (more && *more) {
        if (stop.stop_requested()) {
            return fail(ErrorCode::SysStateStopped,
                        "The run was stopped before this call was finished.");
        }
        for (std::size_t c = 0; c < channels; ++c) {
            workers[c]->give(now.channels[c]);
        }
        frames += static_cast<std::int64_t>(now.frames());
        more = source.read(next);
        for (std::size_t c = 0; c < channels; ++c) {
            peaks.add(c, now.channels[c]);
        }
        if (channels == 2) {
            duplicates.add(now.channels[0], now.channels[1]);
        }
        for (auto& worker : workers) {
            worker->wait();
        }
        std::swap(now, next);
        if (progress) {
            progress(Seconds{static_cast<double>(frames) / kAnalysisRateHz});
        }
    }
    if (!more) {
        return tl::unexpected<Error>(std::move(more.error()));
    }

    AcousticResult result;
    result.info = source.info();
    result.duration = Seconds{static_cast<double>(frames) / kAnalysisRateHz};
    result.peaks = peaks.peaks();
    result.duplicatedChannels = duplicates.duplicated();
    for (auto& worker : workers) {
        worker->finish();
    }
    const bool parted = channels == 2 && !result.duplicatedChannels;
    std::vector<Heard> heard;
    heard.reserve(channels);
    for (std::size_t c = 0; c < channels; ++c) {
        heard.emplace_back(workers[c]->track(),
                           parted ? &workers[1 - c]->track() : nullptr,
                           result.duration,
                           settings.activity);
    }
    for (std::size_t c = 0; c < channels; ++c) {
        result.activity.push_back(activityOf(heard[c],
                                             parted ? heard[1 - c].speech : Intervals(),
                                             result.duration,
                                             settings.activity));
        result.quality.push_back(
            workers[c]->quality(result.activity[c].speech, source.notFiniteSamples(c)));
    }
    result.warnings = source.warnings();
    for (Warning& warning : qualityWarnings(result)) {
        result.warnings.push_back(std::move(warning));
    }
    return result;
}

}  // namespace chat::audio
