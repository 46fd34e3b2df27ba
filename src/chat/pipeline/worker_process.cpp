#include "chat/pipeline/worker_process.h"

#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace chat::pipeline {

namespace {

Result<pid_t> spawn(const WorkerProgram& program, int socket) {
    posix_spawn_file_actions_t files{};
    posix_spawnattr_t attributes{};
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_adddup2(&files, socket, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, socket, STDOUT_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    // Ctrl-C goes to all programs at a terminal, but the worker is stopped by us, after the window in hand; so it is when the
    // terminal goes away. SIGTERM it takes with its own hands (worker_seat.cpp).
    sigset_t blocked{};
    ::sigemptyset(&blocked);
    for (const int signal : {SIGINT, SIGHUP, SIGTERM}) {
        ::sigaddset(&blocked, signal);
    }
    ::posix_spawnattr_setsigmask(&attributes, &blocked);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    std::vector<std::string> texts = program.arguments;
    std::vector<char*> arguments;
    arguments.reserve(texts.size() + 1);
    for (std::string& text : texts) {
        arguments.push_back(text.data());
    }
    arguments.push_back(nullptr);
    pid_t id = -1;
    const int error =
        ::posix_spawn(&id, program.file.c_str(), &files, &attributes, arguments.data(), ::environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&files);
    if (error != 0) {
        return fail(ErrorCode::SysStateWorkerDied,
                    "The process that works on calls cannot be started",
                    std::generic_category().message(error));
    }
    return id;
}

}  // namespace

WorkerProcess::WorkerProcess(pid_t id, FileDescriptor socket)
    : id_(id)
    , socket_(std::move(socket)) {}

WorkerProcess::WorkerProcess(WorkerProcess&& other) noexcept
    : id_(std::exchange(other.id_, -1))
    , socket_(std::move(other.socket_))
    , lines_(std::move(other.lines_)) {}

WorkerProcess::~WorkerProcess() {
    if (id_ > 0) {
        kill();
        (void)wait();
    }
}

Result<WorkerProcess> WorkerProcess::start(const WorkerProgram& program) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return fail(ErrorCode::SysResMemoryError,
                    "There is no line to a worker to be had",
                    std::generic_category().message(errno));
    }
    FileDescriptor ours(ends[0]);
    const FileDescriptor theirs(ends[1]);
    return spawn(program, theirs.get()).map([&](pid_t id) {
        return WorkerProcess(id, std::move(ours));
    });
}

void WorkerProcess::send(const WorkerOrder& order) {
    sendLine(socket_.get(), lineOf(order));
}

std::optional<std::vector<WorkerEvent>> WorkerProcess::read(std::chrono::milliseconds most) {
    std::vector<WorkerEvent> events;
    pollfd waiting{socket_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(most.count())) <= 0) {
        return events;
    }
    std::array<char, 16'384> bytes{};
    const ssize_t got = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EINTR) {
        return events;
    }
    if (got <= 0 || !lines_.add({bytes.data(), static_cast<std::size_t>(got)})) {
        return std::nullopt;
    }
    while (const auto line = lines_.next()) {
        auto event = eventOf(*line);
        if (!event) {
            return std::nullopt;
        }
        events.push_back(std::move(*event));
    }
    return events;
}

void WorkerProcess::kill() {
    ::kill(id_, SIGKILL);
}

WorkerProcess::Ending WorkerProcess::wait() {
    int status = 0;
    rusage used{};
    while (::wait4(id_, &status, 0, &used) < 0 && errno == EINTR) {
    }
    id_ = -1;
    Ending ending;
    ending.peakBytes = static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
    if (WIFSIGNALED(status)) {
        ending.how = fmt::format("signal {}", WTERMSIG(status));
    } else if (WEXITSTATUS(status) != 0) {
        ending.how = fmt::format("exit status {}", WEXITSTATUS(status));
    }
    return ending;
}

}  // namespace chat::pipeline
