#pragma once

#include "chat/core/clock.h"
#include "chat/core/error.h"
#include "chat/core/units.h"
#include "chat/queue/job.h"
#include "chat/store/access.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace chat::store {

class SqliteConnection;

/// Attempts that tell of each other: of one machine, model and number of workers.
struct KindOfWork {
    std::string host;
    std::string model;  ///< by which words were found, with its settings; never empty
    int workers = 1;
};

/// What an attempt took; absent: it failed and was to be made again.
struct StageSeconds {
    Seconds audio{};  ///< length of the recording
    Seconds sound{};
    Seconds words{};
    Seconds analysis{};
};
using TimedAttempt = std::optional<StageSeconds>;

/// What was predicted when so many of a run's calls had ended, and what came.
struct KeptPrediction {
    std::chrono::system_clock::time_point madeAt;
    int percent = 0;  ///< of the calls, 1-99
    Seconds remaining{};
    Seconds lower{};
    Seconds upper{};
    double widened = 1;
    Seconds came{};
};

/// What is kept so that it is known when a run will end: beside the attempts what they took, and predictions. Holds nothing of a
/// call but times. An object belongs to one thread. Errors of all functions: those of ResultStore.
class EtaStore {
  public:
    /// Errors: those of openJobStore.
    [[nodiscard]] static Result<std::unique_ptr<EtaStore>> open(const std::filesystem::path& file,
                                                                const Clock& clock,
                                                                Access access = Access::Write);
    ~EtaStore();
    EtaStore(const EtaStore&) = delete;
    EtaStore& operator=(const EtaStore&) = delete;
    EtaStore(EtaStore&&) = delete;
    EtaStore& operator=(EtaStore&&) = delete;

    /// What the last attempt at a job took, which has ended; its machine is the worker's. A job that is gone is passed over. Need not
    /// survive a power cut.
    [[nodiscard]] Status note(queue::JobId job,
                              const std::string& model,
                              int workers,
                              const TimedAttempt& took);
    /// The last ones of a kind, the oldest first.
    [[nodiscard]] Result<std::vector<TimedAttempt>> attempts(const KindOfWork& kind,
                                                             std::size_t most);
    [[nodiscard]] Result<std::vector<KeptPrediction>> predictions(const KindOfWork& kind,
                                                                  std::size_t most);
    /// All or none.
    [[nodiscard]] Status keep(const KindOfWork& kind, std::span<const KeptPrediction> predictions);

    /// Of all kinds of a machine, the oldest first.
    [[nodiscard]] Result<std::vector<KeptPrediction>> predictions(const std::string& host);

    struct Timed {
        KindOfWork kind;
        StageSeconds took;
    };
    /// Of all kinds and machines, the last ones, without those that failed; the oldest first.
    [[nodiscard]] Result<std::vector<Timed>> timed(std::size_t most);

  private:
    explicit EtaStore(std::unique_ptr<SqliteConnection> connection);
    std::unique_ptr<SqliteConnection> sqlite_;
};

}  // namespace chat::store
