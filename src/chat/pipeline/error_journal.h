#pragma once

#include "chat/core/clock.h"
#include "chat/core/error_log.h"
#include "chat/queue/job.h"
#include "chat/store/error_store.h"

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

namespace chat::pipeline {

struct JournalSettings {
    std::filesystem::path storeFile;
    std::filesystem::path logFolder = defaultLogFolder();
    std::string version;                          ///< of CHAT
    std::chrono::days kept = store::kErrorsKept;  ///< older errors of the store are removed
};

/// Where the errors of a run are kept: as lines in the log, and in the store.
///
/// `note` may be called from any thread and never fails: what cannot be written to one of the two is written to the other, and
/// the first reason is kept for whoever asks. Nothing is opened before the first error.
class ErrorJournal {
  public:
    ErrorJournal(JournalSettings settings, const Clock& clock);

    void note(const Error& error, const ErrorContext& context);

    /// Why an error could not be kept; nothing when all were.
    [[nodiscard]] std::optional<Error> trouble() const;

  private:
    [[nodiscard]] Status keep(const ErrorRecord& record);

    JournalSettings settings_;
    const Clock& clock_;
    ErrorLog log_;
    mutable std::mutex mutex_;  ///< of what follows
    std::unique_ptr<store::ErrorStore> store_;
    std::optional<Error> trouble_;
};

/// What the queue knows of a job.
[[nodiscard]] ErrorContext contextOf(const queue::Job& job);

/// Keeps why calls that were just added to a batch cannot be read: no worker will meet them. Jobs without an error are passed over.
void noteUnread(std::span<const queue::Job> added, ErrorJournal& journal);

}  // namespace chat::pipeline
