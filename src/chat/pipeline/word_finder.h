#pragma once

#include "chat/audio/decode_child.h"
#include "chat/core/clock.h"
#include "chat/pipeline/bounded_queue.h"
#include "chat/pipeline/call_job.h"
#include "chat/pipeline/model_slot.h"
#include "chat/pipeline/stage_clock.h"
#include "chat/pipeline/thread_team.h"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

namespace chat::pipeline {

/// Has the windows of calls turned into words, by threads of its own: listeners, as many as the transcriber has replicas. Each
/// window that was heard is in the store, until its call's transcript is.
///
/// Memory: two windows wait at most for each worker; who hands over one more waits with it.
class WordFinder {
  public:
    /// Told from any thread.
    struct Told {
        std::function<void(CallJob&, std::string_view stage, double share)> working;
        std::function<void(CallJob&)>
            heard;  ///< all of its windows, of a call that was handed over
    };

    WordFinder(const WorkerSettings& settings, const Clock& clock, Told told);

    /// Takes a call's words from the store, or hands its windows to the listeners. The first call that needs the model loads
    /// it; the others that need one wait. `stages` must outlive this. Errors: those of the model, the store, `handOverWindows` and `LanguageChoice`.
    [[nodiscard]] Status find(CallJob& job,
                              const SpeechModel& model,
                              audio::ChildDecoder& decoder,
                              store::ResultStore& store,
                              StageClock& stages);
    /// Nothing further comes of a call, whether or not `find` was asked for it.
    void handedOver(CallJob& job);

    /// The model could not be loaded, and is not tried again.
    [[nodiscard]] bool cannotLoad(const SpeechModel& model) {
        return models_.failure(model).has_value();
    }

    void setWorkers(int workers);
    [[nodiscard]] std::size_t waiting() const { return windows_.size(); }  ///< windows

    /// When nothing is handed over any more: waits for the listeners.
    void join();

  private:
    struct WindowTask {
        CallJob* job = nullptr;
        StageClock* stages = nullptr;
        transcribe::SpeechWindow window;
    };

    [[nodiscard]] Status takeModel(CallJob& job, const SpeechModel& model, StageClock& stages);
    void fitListeners();
    void listen(const std::function<bool()>& wanted);
    static void keep(CallJob& job,
                     const transcribe::WindowPlan& plan,
                     const transcribe::WindowTranscript& heard,
                     Seconds took,
                     store::ResultStore& store);
    void heard(CallJob& job,
               transcribe::WindowPlan plan,
               Result<transcribe::WindowTranscript> result,
               Seconds took);

    const WorkerSettings& settings_;
    const Clock& clock_;
    Told told_;
    BoundedQueue<WindowTask> windows_;

    std::mutex teamMutex_;  ///< of what follows
    int workers_;
    int replicas_ = 0;  ///< of the transcriber; 0 until one is loaded

    ModelSlot models_;
    ThreadTeam listeners_;  ///< last: the threads use the others
};

}  // namespace chat::pipeline
