#pragma once

#include "chat/core/clock.h"
#include "chat/core/error_event.h"

#include <filesystem>
#include <memory>
#include <vector>

namespace chat::store {

class SqliteConnection;

/// How long errors are kept unless another time is set.
inline constexpr std::chrono::days kErrorsKept{90};

/// The errors in the store's SQLite file. An object belongs to one thread at a time. Errors of all functions: those of
/// ResultStore.
class ErrorStore {
  public:
    [[nodiscard]] static Result<std::unique_ptr<ErrorStore>> open(const std::filesystem::path& file,
                                                                  const Clock& clock);
    ~ErrorStore();
    ErrorStore(const ErrorStore&) = delete;
    ErrorStore& operator=(const ErrorStore&) = delete;
    ErrorStore(ErrorStore&&) = delete;
    ErrorStore& operator=(ErrorStore&&) = delete;

    [[nodiscard]] Status add(const ErrorRecord& record);
    /// Those from `since` on, the oldest first, with what the queue knows of their calls.
    [[nodiscard]] Result<std::vector<ErrorEvent>> events(
        std::chrono::system_clock::time_point since);
    /// The calls that were worked on since then, by shop, host, file type and hour.
    [[nodiscard]] Result<CallCounts> calls(std::chrono::system_clock::time_point since);
    /// Removes what is older than `kept`; gives how many.
    [[nodiscard]] Result<int> removeOld(std::chrono::seconds kept);

  private:
    explicit ErrorStore(std::unique_ptr<SqliteConnection> connection);
    std::unique_ptr<SqliteConnection> sqlite_;
};

}  // namespace chat::store
