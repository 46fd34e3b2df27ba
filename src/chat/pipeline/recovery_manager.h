#pragma once

#include "chat/core/clock.h"
#include "chat/queue/job_store.h"
#include "chat/store/checkpoint_store.h"
#include "chat/store/inspection.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace chat::pipeline {

/// Who has a call that was begun.
enum class Holder : std::uint8_t {
    Nobody,     ///< it waits in the queue
    Dead,       ///< a process of this machine that is no more, or one whose lease has run out
    AtWork,     ///< a process of this machine
    Elsewhere,  ///< a process of another machine: only its lease tells of it
};

/// As far as this machine can tell.
[[nodiscard]] Holder holderOf(const queue::Job& job, queue::Time now);

/// What is kept of a call.
struct KeptWork {
    bool sound = false;
    std::size_t windows = 0;       ///< of speech that were heard for a transcript that is not whole
    std::size_t windowsInAll = 0;  ///< that the call has; 0 while its sound is not known
    std::string words;  ///< name of the model of its whole transcript; empty: none is whole
    bool analysis = false;
    std::uint64_t bytes = 0;
    Seconds took{};                    ///< to make all this
    std::vector<std::string> damaged;  ///< stages whose checkpoint is not what was stored

    [[nodiscard]] bool empty() const { return bytes == 0; }
};

/// A call that was begun and has not ended.
struct RecoverableCall {
    queue::Job job;
    queue::Batch batch;
    std::string recording;  ///< SHA-256; empty when it was not read yet
    std::string stage;      ///< in which it stands: "audio", "transcribe", "analyze"
    Holder holder = Holder::Nobody;
    KeptWork kept;
};

/// Which calls are meant; what is empty says nothing.
struct RecoveryScope {
    std::string call;  ///< SID
    std::string batch;
    std::string stage;
};

struct ResumedCall {
    std::string sid;
    std::string batch;
    bool givenBack = false;  ///< a dead process had it
    std::string refused;     ///< why it cannot go on; empty: it can
};

struct ResumeOutcome {
    store::Inspection inspection;
    std::vector<ResumedCall> calls;
    std::vector<queue::Batch> batches;  ///< with calls that can go on, in the order of `calls`
};

/// A call of which something can be thrown away.
struct DiscardableCall {
    std::string sid;
    std::string recording;
    KeptWork kept;        ///< of the stages that are meant
    std::string refused;  ///< why it stays; empty: it may go
};

/// What a crash, a power cut or a stop has left of calls in hand, and what is done with it. Whatever looks opens the store to read
/// only; `resume` reads the whole store in that way and begins to write when it has found it usable. Whatever changes something
/// notes it in the audit log. Errors of all functions: those of openJobStore and of ResultStore.
class RecoveryManager {
  public:
    RecoveryManager(std::filesystem::path store, const Clock& clock)
        : store_(std::move(store))
        , clock_(clock) {}

    /// Calls that were begun and have not ended, in queue order. Errors: Q_DATA_BATCH_MISSING.
    [[nodiscard]] Result<std::vector<RecoverableCall>> list(const RecoveryScope& scope) const;

    /// Reads all of the store and changes nothing (store::inspect).
    [[nodiscard]] Result<store::Inspection> verify() const;

    /// Takes calls from processes that are no more and puts them back into the queue. What a process is at work on is left to it,
    /// with the reason. Errors: DB_DATA_DAMAGED, and nothing is changed, when the store is not usable; Q_DATA_BATCH_MISSING;
    /// Q_DATA_JOB_MISSING when a call is named that has not been begun, or has ended.
    [[nodiscard]] Result<ResumeOutcome> resume(const RecoveryScope& scope,
                                               const std::string& why) const;

    /// What would go if the checkpoints of `stage` (empty: of all), and those of later stages, were thrown away: of a call; without
    /// one, of the calls that `list` gives. Calls of which nothing is kept are left out. Errors: Q_DATA_JOB_MISSING for a call that
    /// the store does not know.
    [[nodiscard]] Result<std::vector<DiscardableCall>> discardable(const std::string& call,
                                                                   const std::string& stage) const;
    /// Throws them away; gives how many checkpoints went.
    [[nodiscard]] Result<int> discard(const DiscardableCall& call,
                                      const std::string& stage,
                                      const std::string& why) const;

  private:
    [[nodiscard]] Result<std::vector<RecoverableCall>> listFrom(queue::JobStore& jobs,
                                                                const RecoveryScope& scope) const;

    std::filesystem::path store_;
    const Clock& clock_;
};

}  // namespace chat::pipeline
