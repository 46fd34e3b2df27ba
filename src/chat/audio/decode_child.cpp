#include "chat/audio/decode_child.h"

#include "chat/audio/child_source.h"
#include "chat/audio/decode_protocol.h"
#include "chat/audio/decoder_words.h"
#include "chat/audio/sandbox.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <utility>

namespace chat::audio {

namespace {

[[nodiscard]] tl::unexpected<Error> refuse(ErrorCode code, std::string cause = {}) {
    return tl::unexpected(refusal(code, std::move(cause)));
}

bool makePipe(FileDescriptor& reading, FileDescriptor& writing) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return false;
    }
    reading = FileDescriptor(ends[0]);
    writing = FileDescriptor(ends[1]);
    return true;
}

}  // namespace

std::filesystem::path decoderProgram() {
    std::error_code error;
    return std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "chat-decode";
}

ChildDecoder::ChildDecoder(std::filesystem::path program, const DecodeLimits& limits)
    : program_(std::move(program))
    , limits_(limits) {}

ChildDecoder::~ChildDecoder() {
    endHost();
}

void ChildDecoder::endHost() {
    socket_ = FileDescriptor();
    if (host_ > 0) {
        ::kill(host_, SIGKILL);  // its decoders die with it
        while (::waitpid(host_, nullptr, 0) < 0 && errno == EINTR) {
        }
        host_ = -1;
    }
}

Status ChildDecoder::startHost() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return refuse(ErrorCode::SysStateNoDecoder, "no socket");
    }
    FileDescriptor ours(ends[0]);
    const FileDescriptor theirs(ends[1]);

    posix_spawn_file_actions_t files{};
    posix_spawnattr_t attributes{};
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&attributes);
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO}) {
        ::posix_spawn_file_actions_addopen(&files, standard, "/dev/null", O_RDWR, 0);
    }
    if (!Sandbox::kForSanitizer) {
        ::posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_RDWR, 0);
    }
    ::posix_spawn_file_actions_adddup2(&files, theirs.get(), kHostSocket);
    ::posix_spawn_file_actions_addclosefrom_np(&files, kHostSocket + 1);
    // Ctrl-C at the terminal is for us to act on: the call in hand may still be finished.
    sigset_t none{};
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    std::string name = program_.filename().string();
    std::array<char*, 2> arguments{name.data(), nullptr};
    std::string bound = "LD_BIND_NOW=1";  // once here, instead of again in each of its copies
    std::array<char*, 2> environment{bound.data(), nullptr};
    const int error = ::posix_spawn(
        &host_, program_.c_str(), &files, &attributes, arguments.data(), environment.data());
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&files);
    if (error != 0) {
        host_ = -1;
        return refuse(ErrorCode::SysStateNoDecoder, "chat-decode cannot be started");
    }
    socket_ = std::move(ours);
    return {};
}

Status ChildDecoder::send(const DecodeRequest& request, int file, int output, int ending) {
    const std::array<int, 3> descriptors{file, output, ending};
    iovec bytes{const_cast<DecodeRequest*>(&request), sizeof(request)};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(descriptors))> room{};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = room.data();
    message.msg_controllen = room.size();
    cmsghdr* control = CMSG_FIRSTHDR(&message);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(sizeof(descriptors));
    std::memcpy(CMSG_DATA(control), descriptors.data(), sizeof(descriptors));

    const std::scoped_lock lock(mutex_);
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (!socket_) {
            if (auto started = startHost(); !started) {
                return started;
            }
        }
        ssize_t put = 0;
        do {
            put = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
        } while (put < 0 && errno == EINTR);
        if (put == sizeof(request)) {
            return {};
        }
        endHost();  // it has died; once more with a new one
    }
    return refuse(ErrorCode::SysStateNoDecoder, "chat-decode does not stay");
}

Result<DecoderEnds> ChildDecoder::begin(FileDescriptor file, const DecodeRequest& request) {
    FileDescriptor output;
    FileDescriptor ended;
    DecoderEnds ends;
    if (!makePipe(ends.sound, output) || !makePipe(ends.ending, ended)) {
        return refuse(ErrorCode::SysResMemoryError, "no pipe");
    }
    // What the system allows anybody. With less the decoder waits more often, and nothing else.
    constexpr int kPipeBytes = 1 << 20;
    ::fcntl(output.get(), F_SETPIPE_SZ, kPipeBytes);
    if (auto sent = send(request, file.get(), output.get(), ended.get()); !sent) {
        return tl::unexpected(sent.error());
    }
    return ends;
}

Result<std::unique_ptr<BlockSource>> ChildDecoder::open(FileDescriptor file,
                                                        std::string_view extension,
                                                        const DecoderSettings& settings,
                                                        const std::stop_token& stop) {
    DecodeRequest request;
    request.blockFrames = std::clamp<std::size_t>(settings.blockFrames, 1, kMostBlockFrames);
    request.limits = limits_;
    request.byFrames = settings.byFrames ? 1 : 0;
    // A longer one is of no format that a name decides.
    if (extension.size() < request.extension.size()) {
        std::ranges::copy(extension, request.extension.begin());
    }
    return begin(std::move(file), request).and_then([&](DecoderEnds ends) {
        return openChildSource(std::move(ends), limits_, stop);
    });
}

Result<std::unique_ptr<BlockSource>> ChildDecoder::open(const std::filesystem::path& path,
                                                        const DecoderSettings& settings,
                                                        const std::stop_token& stop) {
    auto file = openRegularFile(path);
    if (!file) {
        return tl::unexpected(file.error());
    }
    return open(std::move(*file), path.extension().string(), settings, stop);
}

pid_t ChildDecoder::hostProcess() {
    const std::scoped_lock lock(mutex_);
    return host_;
}

}  // namespace chat::audio
