#pragma once

#include "chat/audio/decoder.h"
#include "chat/core/error.h"
#include "chat/core/recording.h"
#include "chat/pipeline/analyze_run.h"
#include "chat/queue/job.h"
#include "chat/store/result_store.h"
#include "chat/transcribe/windows.h"
#include "chat/transcribe/words.h"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace chat::pipeline {

/// Share of a call's progress that the sound stage stands for when words are found too.
inline constexpr double kSoundShare = 0.05;

/// The stage of a call that waits for its model until other calls have done without it: it makes no progress meanwhile.
inline constexpr const char* kWaitingForModel = "waiting for its model";

/// One call on its way through the stages. Worked on by one thread at a time, but for `hearing`, to which the
/// transcribing threads add, and what it shows of itself, which any may ask.
struct CallJob {
    CallJob(queue::Job claimed, const std::stop_token& runStop)
        : queued(std::move(claimed))
        , runStopped_(runStop, [this] { stop.request_stop(); }) {}

    queue::Job queued;       ///< as it was claimed
    std::string recording;   ///< SHA-256
    bool duplicate = false;  ///< this worker has begun another call with the same bytes
    std::stop_source stop;   ///< the run is stopped, or the job is not ours any more

    store::StageKey soundKey;                 ///< this and `sound`: filled by the sound stage
    std::optional<store::StageKey> wordsKey;  ///< absent without a model
    AcousticResult sound;
    std::optional<audio::SoundBlock>
        shortSound;  ///< of a recording that was short; until its windows are cut
    /// Lent until all windows are heard; see ModelSlot.
    std::shared_ptr<const transcribe::Transcriber> transcriber;
    std::optional<Transcript> words;  ///< absent without a model, and until all windows are heard
    CallOutcome outcome;
    std::vector<Error> passedOver;       ///< that did not end the attempt
    const SpeechModel* model = nullptr;  ///< by which its words are found; null: there are none

    [[nodiscard]] bool isMadeBy(Strategy strategy) const {
        return queued.retrial && queued.retrial->strategy == strategy;
    }
    [[nodiscard]] audio::DecoderSettings decoding() const {
        audio::DecoderSettings settings;
        settings.byFrames = isMadeBy(Strategy::OtherDecoding) &&
                            audio::canDecodeByFrames(queued.file.extension().string());
        return settings;
    }

    void showAt(std::string_view stage, double share) {
        const std::scoped_lock lock(shownMutex_);
        stage_ = stage;
        share_ = share;
    }
    [[nodiscard]] std::string stage() const {
        const std::scoped_lock lock(shownMutex_);
        return stage_;
    }
    [[nodiscard]] double share() const {
        const std::scoped_lock lock(shownMutex_);
        return share_;
    }

    /// Windows of this call that were heard, in the order of their ends.
    struct HeardWindow {
        transcribe::WindowPlan plan;
        transcribe::WindowTranscript transcript;
    };
    struct Hearing {
        std::mutex mutex;
        std::vector<HeardWindow> heard;
        std::size_t total = 0;   ///< windows that the call has
        std::size_t queued = 0;  ///< windows handed over so far
        std::size_t returned = 0;
        bool complete = false;  ///< nothing further will be handed over
        std::optional<Error> error;
        Seconds took{};  ///< sum over the windows
    };
    Hearing hearing;

  private:
    mutable std::mutex shownMutex_;
    std::string stage_;
    double share_ = 0;
    std::stop_callback<std::function<void()>> runStopped_;
};

}  // namespace chat::pipeline
