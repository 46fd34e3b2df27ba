#pragma once

#include "chat/core/units.h"
#include "chat/pipeline/run_settings.h"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

namespace chat::pipeline {

/// The speech model in memory: one at a time, since two may not fit. A call that needs another waits until no call uses it any
/// more; whoever asks first gets it first, so that a call of another model waits for those in hand and for no others. Any thread.
class ModelSlot {
  public:
    /// A model that is used; it is given back when the last copy of this goes.
    using Lent = std::shared_ptr<const transcribe::Transcriber>;

    /// Told on the thread that asks.
    struct Told {
        std::function<void()> waits;  ///< for calls that use another model
        std::function<void()> loads;
        std::function<void(const transcribe::Transcriber&)> loaded;  ///< before anybody has it
    };

    /// Loads the model unless it is there. One that could not be loaded is not tried again. Errors: that of the loading;
    /// SYS_STATE_STOPPED.
    [[nodiscard]] Result<Lent> take(const SpeechModel& model,
                                    const std::stop_token& stop,
                                    const Told& told);

    /// Why the model could not be loaded; nothing where it was not tried.
    [[nodiscard]] std::optional<Error> failure(const SpeechModel& model);

  private:
    [[nodiscard]] Result<Lent> lend(const SpeechModel& model, const Told& told);
    [[nodiscard]] std::optional<Error> failureOf(const SpeechModel& model) const;
    void giveBack();

    std::mutex mutex_;  ///< of what follows; held while a model is loaded
    std::condition_variable_any
        changed_;  ///< one was given back, or the next in line has come or gone
    std::deque<std::uint64_t> waiting_;  ///< who asks, in order
    std::uint64_t asked_ = 0;
    std::size_t uses_ = 0;
    std::optional<SpeechModel> model_;  ///< of `transcriber_`
    std::unique_ptr<transcribe::Transcriber> transcriber_;
    std::vector<std::pair<SpeechModel, Error>> failed_;
};

}  // namespace chat::pipeline
