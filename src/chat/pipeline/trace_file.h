#pragma once

#include "chat/core/c_handle.h"
#include "chat/core/error.h"
#include "chat/pipeline/analyze_run.h"
#include "chat/pipeline/stage_clock.h"

#include <sys/types.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace chat::pipeline {

/// What the threads of a run did when, and what waited between the stages, for a trace viewer: events of the Trace Event
/// Format (Chromium project) as an array, which may lack its end, as a run that was killed leaves it. Perfetto reads it too.
/// Holds names of stages and threads, and numbers in the queue; nothing of a call. For one thread.
class TraceFile {
  public:
    /// Replaces a file that is there, readable for its owner alone. Errors: SYS_PERM_UNWRITABLE,
    /// SYS_PERM_LINK_REFUSED (to follow none), SYS_RES_DISK_FULL.
    [[nodiscard]] static Result<TraceFile> create(const std::filesystem::path& path);

    void add(pid_t process, const StageSpan& span);
    void add(pid_t process, const WorkerState& state);

    /// Nothing can be added after it. Errors: as `create`, of anything that was added.
    [[nodiscard]] Status close();

  private:
    using File = std::unique_ptr<std::FILE, ReleaseValue<std::fclose>>;

    TraceFile(std::string path, File file);

    void put(const std::string& event);

    std::string path_;
    File file_;
    std::set<std::pair<pid_t, pid_t>> named_;  ///< processes and their threads
    int error_ = 0;                            ///< the first errno
};

}  // namespace chat::pipeline
