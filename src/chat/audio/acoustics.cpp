#include "chat/audio/acoustics.h"

#include "chat/audio/peak_meter.h"
#include "chat/audio/quality.h"
#include "chat/audio/speech_detector.h"

#include <cmath>
#include <memory>
#include <optional>
#include <semaphore>
#include <thread>
#include <utility>
#include <vector>

namespace chat::audio {

namespace {

/// Everything that is measured on one channel, on a thread of its own: it works on a block while the
/// next one is decoded.
class ChannelWorker {
  public:
    explicit ChannelWorker(std::unique_ptr<SpeechDetector> detector)
        : detector_(std::move(detector))
        , thread_([this] { work(); }) {}
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
        activity_.levels = quality_.levels();
    }
    [[nodiscard]] ChannelActivity& activity() { return activity_; }
    [[nodiscard]] const QualityMeter& quality() const { return quality_; }

  private:
    void work() {
        for (;;) {
            go_.acquire();
            if (!given_) {
                return;
            }
            fresh_.clear();
            detector_->add(*given_, fresh_);
            quality_.add(*given_);
            takeFresh();
            done_.release();
        }
    }

    void takeFresh() {
        quality_.addProbabilities(fresh_);
        for (const float probability : fresh_) {
            activity_.probabilities.push_back(
                static_cast<std::uint8_t>(std::lround(probability * 255)));
        }
    }

    std::unique_ptr<SpeechDetector> detector_;
    QualityMeter quality_;
    ChannelActivity activity_;
    std::vector<float> fresh_;
    std::optional<std::span<const float>> given_;
    std::binary_semaphore go_{0};
    std::binary_semaphore done_{0};
    std::jthread thread_;  ///< last: it ends before anything that it uses
};

void findActivity(std::vector<ChannelActivity>& activity,
                  bool duplicated,
                  Seconds duration,
                  const SpeechActivitySettings& settings) {
    const bool parted = activity.size() == 2 && !duplicated;
    std::vector<Intervals> speech;
    for (std::size_t c = 0; c < activity.size(); ++c) {
        const ChannelActivity& channel = activity[c];
        speech.push_back(findSpeech(
            parted ? withoutCrossTalk(channel, activity[1 - c], settings) : channel.probabilities,
            channel.levels,
            duration,
            settings));
    }
    for (std::size_t c = 0; c < activity.size(); ++c) {
        activity[c].speech = std::move(speech[c]);
    }
}

}  // namespace

Result<AcousticResult> analyzeSound(BlockSource& source,
                                    const AcousticSettings& settings,
                                    const std::stop_token& stop,
                                    const SoundProgress& progress) {
    const auto channels = static_cast<std::size_t>(source.info().channels);
    std::vector<std::unique_ptr<ChannelWorker>> workers;
    for (std::size_t c = 0; c < channels; ++c) {
        auto detector = makeSileroDetector();
        if (!detector) {
            return tl::unexpected<Error>(std::move(detector.error()));
        }
        workers.push_back(std::make_unique<ChannelWorker>(std::move(*detector)));
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
        result.activity.push_back(std::move(worker->activity()));
    }
    findActivity(result.activity, result.duplicatedChannels, result.duration, settings.activity);
    for (std::size_t c = 0; c < channels; ++c) {
        result.quality.push_back(
            workers[c]->quality().quality(result.activity[c].speech, source.notFiniteSamples(c)));
    }
    result.warnings = source.warnings();
    for (Warning& warning : qualityWarnings(result)) {
        result.warnings.push_back(std::move(warning));
    }
    return result;
}

}  // namespace chat::audio
