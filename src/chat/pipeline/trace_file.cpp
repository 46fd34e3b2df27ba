#include "chat/pipeline/trace_file.h"

#include "chat/core/write_point.h"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <cerrno>

namespace chat::pipeline {

namespace {

using Json = nlohmann::json;

/// The format's unit.
std::int64_t microseconds(std::chrono::steady_clock::duration time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

Json counter(pid_t process, const char* name, double value) {
    return {{"ph", "C"},
            {"name", name},
            {"pid", process},
            {"ts", microseconds(StageClock::now().time_since_epoch())},
            {"args", {{name, value}}}};
}

Json naming(const char* what, pid_t process, pid_t thread, const std::string& name) {
    return {
        {"ph", "M"}, {"name", what}, {"pid", process}, {"tid", thread}, {"args", {{"name", name}}}};
}

}  // namespace

TraceFile::TraceFile(std::string path, File file)
    : path_(std::move(path))
    , file_(std::move(file)) {}

Result<TraceFile> TraceFile::create(const std::filesystem::path& path) {
    const WritePoint point("trace");
    const int fd = ::open(
        path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd >= 0) {
        if (std::FILE* file = ::fdopen(fd, "w"); file != nullptr) {
            TraceFile trace(path.string(), File(file));
            trace.put("[");
            return trace;
        }
        ::close(fd);
    }
    return tl::unexpected(systemError(errno, "write", path.string(), ErrorCode::SysPermUnwritable));
}

void TraceFile::add(pid_t process, const StageSpan& span) {
    if (named_.emplace(process, 0).second) {
        put("\n" +
            naming("process_name", process, 0, process == ::getpid() ? "chat" : "chat worker")
                .dump() +
            ",");
    }
    if (named_.emplace(process, span.thread).second) {
        put("\n" + naming("thread_name", process, span.thread, span.threadName).dump() + ",");
    }
    const Json event{{"ph", "X"},
                     {"name", span.stage},
                     {"pid", process},
                     {"tid", span.thread},
                     {"ts", microseconds(span.began.time_since_epoch())},
                     {"dur", span.took.count() * 1e6},
                     {"args", {{"job", span.job}}}};
    put("\n" + event.dump() + ",");
}

void TraceFile::add(pid_t process, const WorkerState& state) {
    constexpr double kMebibyte = 1024.0 * 1024.0;
    for (const Json& event :
         {counter(process, "windows that wait to be heard", static_cast<double>(state.windows)),
          counter(process, "calls that wait to be analyzed", static_cast<double>(state.ready)),
          counter(process, "memory, MiB", static_cast<double>(state.memory) / kMebibyte)}) {
        put("\n" + event.dump() + ",");
    }
}

Status TraceFile::close() {
    const WritePoint point("trace");
    // After the last comma stands one more event, which says nothing: the array's end must follow one.
    put("\n" + naming("process_name", ::getpid(), 0, "chat").dump() + "\n]\n");
    if (std::fclose(file_.release()) != 0 && error_ == 0) {
        error_ = errno;
    }
    if (error_ != 0) {
        return tl::unexpected(systemError(error_, "write", path_, ErrorCode::SysPermUnwritable));
    }
    return {};
}

void TraceFile::put(const std::string& event) {
    const WritePoint point("trace");
    if (std::fputs(event.c_str(), file_.get()) < 0 && error_ == 0) {
        error_ = errno;
    }
}

}  // namespace chat::pipeline
