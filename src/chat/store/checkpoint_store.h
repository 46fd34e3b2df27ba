#pragma once

#include "chat/core/clock.h"
#include "chat/queue/job.h"
#include "chat/store/access.h"
#include "chat/store/inspection.h"
#include "chat/store/result_store.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace chat::store {

class SqliteConnection;

/// What a finished stage, or a window that was heard, left of a recording.
struct Checkpoint {
    StageKey key;
    std::string stage;                   ///< "audio", "transcribe", "analyze"
    std::optional<WindowNumber> window;  ///< of a transcript that is not whole
    std::uint64_t bytes = 0;
    Seconds took{};        ///< to make it
    bool damaged = false;  ///< its bytes are not those that were stored, or no result
};

/// What is thrown away.
struct Discard {
    std::string recording;
    std::string from;  ///< "audio", "transcribe" or "analyze": this stage and those that follow it
};

/// The checkpoints of the stages as what they are: bytes with a hash. Their meaning is ResultStore's. An object belongs to one
/// thread. Errors of all functions: those of ResultStore.
class CheckpointStore {
  public:
    /// Errors: those of openJobStore.
    [[nodiscard]] static Result<std::unique_ptr<CheckpointStore>> open(
        const std::filesystem::path& file, const Clock& clock, Access access);
    ~CheckpointStore();
    CheckpointStore(const CheckpointStore&) = delete;
    CheckpointStore& operator=(const CheckpointStore&) = delete;
    CheckpointStore(CheckpointStore&&) = delete;
    CheckpointStore& operator=(CheckpointStore&&) = delete;

    /// The recording of a job's call: as an attempt has noted it, else the last that was seen in its file; empty when none was read.
    [[nodiscard]] Result<std::string> recordingOf(const queue::Job& job);
    /// The recordings of the calls with this SID, or the recording that it is the SHA-256 of.
    [[nodiscard]] Result<std::vector<std::string>> recordingsOf(const std::string& sid);
    /// All that is kept of a recording, each read and compared with its hash.
    [[nodiscard]] Result<std::vector<Checkpoint>> of(const std::string& recording,
                                                     const StageVersions& versions);
    /// Whether a job with this recording has ended well: its checkpoints are results.
    [[nodiscard]] Result<bool> isCompleted(const std::string& recording);
    /// Removes checkpoints and notes it in the audit log, in one transaction; gives how many went.
    [[nodiscard]] Result<int> discard(const Discard& what,
                                      const std::string& sid,
                                      const std::string& why);

  private:
    explicit CheckpointStore(std::unique_ptr<SqliteConnection> connection);
    std::unique_ptr<SqliteConnection> sqlite_;
};

}  // namespace chat::store
