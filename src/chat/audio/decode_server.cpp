#include "chat/audio/decode_server.h"

#include "chat/audio/decode_protocol.h"
#include "chat/audio/decode_request.h"
#include "chat/audio/sandbox.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <new>
#include <optional>
#include <utility>
#include <vector>

namespace chat::audio {

namespace {

struct Task {
    DecodeRequest request;
    FileDescriptor file;
    FileDescriptor output;
    FileDescriptor ending;
};

/// A pipe whose other end is gone ends the process: nobody waits for the rest.
Status writeSound(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t put = ::write(kSandboxOutput, bytes.data(), bytes.size());
        if (put < 0 && errno != EINTR) {
            ::_exit(0);
        }
        bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(put, 0)));
    }
    return {};
}

/// Ends the process when everything is sent, without taking down what it built; returns why it cannot be.
ErrorCode decodeFile(const DecodeRequest& request) {
    DecoderSettings settings;
    settings.blockFrames = std::clamp<std::size_t>(request.blockFrames, 1, kMostBlockFrames);
    settings.byFrames = request.byFrames != 0;
    const auto source =
        openRecording(FileDescriptor(kSandboxInput), request.extension.data(), settings);
    if (!source) {
        return source.error().code;
    }
    static_cast<void>(sendOpened(writeSound, (*source)->info()));
    SoundBlock block;
    for (;;) {
        const auto more = (*source)->read(block);
        if (!more) {
            return more.error().code;
        }
        if (!*more) {
            static_cast<void>(sendEnded(writeSound, **source));
            ::_exit(0);
        }
        static_cast<void>(sendBlock(writeSound, block));
    }
}

/// The life of a decoder, from its first to its last instruction.
[[noreturn]] void decode(const Sandbox& sandbox, const Task& task) noexcept {
    ErrorCode why{};
    try {
        const Status shut = sandbox.enter(task.file.get(), task.output.get(), task.request.limits);
        why = shut ? decodeFile(task.request) : shut.error().code;
    } catch (const std::bad_alloc&) {
        why = ErrorCode::SysResMemoryError;
    }
    // Memory is short in here because that is what a decoder may take.
    why = why == ErrorCode::SysResMemoryError ? ErrorCode::AuResDecoderLimit : why;
    static_cast<void>(sendRefused(writeSound, why));
    ::_exit(0);
}

/// The next request; nothing when the other end is gone.
std::optional<Task> receiveTask(int socket) {
    constexpr std::size_t kDescriptors = 3;
    Task task;
    iovec bytes{&task.request, sizeof(task.request)};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(kDescriptors * sizeof(int))> room{};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = room.data();
    message.msg_controllen = room.size();
    ssize_t got = 0;
    do {
        got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    const cmsghdr* control = CMSG_FIRSTHDR(&message);
    if (got != sizeof(task.request) || control == nullptr || control->cmsg_type != SCM_RIGHTS ||
        control->cmsg_len != CMSG_LEN(kDescriptors * sizeof(int))) {
        return std::nullopt;
    }
    std::array<int, kDescriptors> descriptors{};
    std::memcpy(descriptors.data(), CMSG_DATA(control), sizeof(descriptors));
    task.file = FileDescriptor(descriptors[0]);
    task.output = FileDescriptor(descriptors[1]);
    task.ending = FileDescriptor(descriptors[2]);
    task.request.extension.back() = '\0';
    return task;
}

/// A decoder at work.
struct Decoder {
    pid_t process = -1;
    FileDescriptor ending;  ///< where to say how it ended
};

/// Without a process the asking side sees its pipes end at once.
std::optional<Decoder> begin(const Sandbox& sandbox, Task task) {
    const pid_t host = ::getpid();
    const pid_t process = ::fork();
    if (process == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != host) {
            ::_exit(1);  // the host died before this would have been noticed
        }
        decode(sandbox, task);
    }
    if (process < 0) {
        return std::nullopt;
    }
    return Decoder{process, std::move(task.ending)};
}

/// Ends a decoder that is unwanted, and says how one ended that has. True when it is gone.
bool concluded(const Decoder& decoder, bool unwanted) {
    if (unwanted) {
        ::kill(decoder.process, SIGKILL);
    }
    int status = 0;
    if (::waitpid(decoder.process, &status, unwanted ? 0 : WNOHANG) != decoder.process) {
        return false;
    }
    // Nobody may be left who wants to know.
    [[maybe_unused]] const ssize_t put = ::write(decoder.ending.get(), &status, sizeof(status));
    return true;
}

}  // namespace

int hostDecoders(int socket) {
    ::signal(SIGPIPE, SIG_IGN);
    for (const int request : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
        ::signal(request, SIG_IGN);  // whoever asked decides when to end, by closing the socket
    }
    sigset_t children{};
    ::sigemptyset(&children);
    ::sigaddset(&children, SIGCHLD);
    ::pthread_sigmask(SIG_BLOCK, &children, nullptr);
    const FileDescriptor ended(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!ended) {
        return 1;
    }
    ::tzset();  // FFmpeg turns times into dates, for which a decoder could not read the zone any more
    const Sandbox sandbox;
    std::vector<Decoder> decoders;
    std::vector<pollfd> waiting;
    for (;;) {
        waiting.assign({{socket, POLLIN, 0}, {ended.get(), POLLIN, 0}});
        for (const Decoder& decoder : decoders) {
            waiting.push_back({decoder.ending.get(), 0, 0});
        }
        if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) {
            return 1;
        }
        signalfd_siginfo seen{};
        while (::read(ended.get(), &seen, sizeof(seen)) > 0) {
        }
        for (std::size_t i = decoders.size(); i-- > 0;) {
            if (concluded(decoders[i], waiting[2 + i].revents != 0)) {
                decoders.erase(decoders.begin() + static_cast<std::ptrdiff_t>(i));
            }
        }
        if (waiting[0].revents != 0) {
            auto task = receiveTask(socket);
            if (!task) {
                return 0;
            }
            if (auto begun = begin(sandbox, std::move(*task))) {
                decoders.push_back(std::move(*begun));
            }
        }
    }
}

}  // namespace chat::audio
