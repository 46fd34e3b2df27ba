#pragma once

#include "chat/core/clock.h"
#include "chat/pipeline/worker.h"

#include <functional>
#include <memory>

namespace chat::pipeline {

/// What a worker's process brings with it.
struct WorkerParts {
    /// Loads `model.folder` with its beam, language and names, ready for so many windows at once.
    std::function<Result<std::unique_ptr<transcribe::Transcriber>>(const SpeechModel& model,
                                                                   int replicas)>
        load;
    /// The next smaller model that is installed, without `load`; null: there is none.
    std::function<std::shared_ptr<SpeechModel>(const SpeechModel& model)> smaller;
    /// Told what the supervisor is told, before it is; for tests. May be null.
    WorkerObserver* beside = nullptr;
};

/// The whole of a worker's process, or of one that tries a model: takes its orders from `socket` (worker_messages.h), does them, and says on it how it goes. Gives
/// the exit status: 0 after an orderly end, 2 where `socket` is none or brings no order to begin.
///
/// An order to stop, SIGTERM, and the end of the socket (the supervisor is gone) stop it after the windows in hand; an order to
/// stop at once, and the end of the socket after an order to stop, end the process where it stands, with 130. SIGINT, SIGHUP and
/// SIGTERM must be blocked in all threads; the one that calls this must be the first.
[[nodiscard]] int serveAsWorker(int socket, const WorkerParts& parts, const Clock& clock);

}  // namespace chat::pipeline
