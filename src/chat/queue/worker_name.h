#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace chat::queue {

/// Who claims jobs: the process on a machine, and which of its workers. "host-4711-1".
struct WorkerName {
    std::string host;
    pid_t process = 0;
    int number = 1;  ///< of the process's workers, from 1

    [[nodiscard]] std::string text() const;
};

/// Nothing for what is no such name.
[[nodiscard]] std::optional<WorkerName> workerNamed(std::string_view text);

}  // namespace chat::queue
