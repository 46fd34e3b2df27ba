#pragma once

#include "chat/core/files.h"
#include "chat/pipeline/worker_messages.h"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chat::pipeline {

/// A worker's process, and the line to it: a socket that is its standard input and output. It has our standard error, and Ctrl-C at
/// the terminal does not reach it. For one thread, which must live as long as the process: that gets SIGTERM when
/// the thread ends.
class WorkerProcess {
  public:
    /// Errors: SYS_STATE_WORKER_DIED (it cannot be started), SYS_RES_MEMORY_ERROR.
    [[nodiscard]] static Result<WorkerProcess> start(const WorkerProgram& program);
    /// Kills it if it is still there.
    ~WorkerProcess();
    WorkerProcess(WorkerProcess&& other) noexcept;
    WorkerProcess& operator=(WorkerProcess&&) = delete;
    WorkerProcess(const WorkerProcess&) = delete;
    WorkerProcess& operator=(const WorkerProcess&) = delete;

    [[nodiscard]] pid_t id() const { return id_; }

    /// One that has died gets nothing, and `read` tells.
    void send(const WorkerOrder& order);

    /// What it has said, waiting at most `most` for the first of it; nothing when it has said all it will ever say, or says what no
    /// worker says.
    [[nodiscard]] std::optional<std::vector<WorkerEvent>> read(std::chrono::milliseconds most);

    void kill();

    struct Ending {
        std::string how;              ///< "signal 9"; empty: it ended by itself with status 0
        std::uint64_t peakBytes = 0;  ///< the most memory that it had at once
    };
    /// Waits for its end.
    [[nodiscard]] Ending wait();

  private:
    WorkerProcess(pid_t id, FileDescriptor socket);

    pid_t id_ = -1;
    FileDescriptor socket_;
    LineBuffer lines_{kLongestEvent};
};

}  // namespace chat::pipeline
