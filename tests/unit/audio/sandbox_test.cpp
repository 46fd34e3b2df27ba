#include "chat/audio/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>

#include "sound_helpers.h"

namespace chat::audio {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace): helpers of this folder's tests

constexpr int kRefused = 99;

/// What a process in the sandbox that does `work` with a file of four bytes writes into its pipe, and how it ends.
struct Ending {
    int status = 0;
    std::string written;
};

Ending shutIn(const std::function<void()>& work) {
    const TemporaryFolder folder;
    const FileDescriptor file(::open(folder.file("in", "abcd").c_str(), O_RDONLY | O_CLOEXEC));
    std::array<int, 2> pipe{};
    EXPECT_EQ(::pipe(pipe.data()), 0);
    const Sandbox sandbox;
    const pid_t child = ::fork();
    if (child == 0) {
        if (!sandbox.enter(file.get(), pipe[1], {})) {
            ::_exit(kRefused);
        }
        work();
        ::_exit(0);
    }
    ::close(pipe[1]);
    Ending ending;
    std::array<char, 64> bytes{};
    for (ssize_t got = 0; (got = ::read(pipe[0], bytes.data(), bytes.size())) > 0;) {
        ending.written.append(bytes.data(), static_cast<std::size_t>(got));
    }
    ::close(pipe[0]);
    EXPECT_EQ(::waitpid(child, &ending.status, 0), child);
    return ending;
}

class SandboxTest : public testing::Test {
    void SetUp() override {
        if (Sandbox::kForSanitizer) {
            GTEST_SKIP() << "there is no filter in builds with a sanitizer";
        }
    }
};

TEST_F(SandboxTest, LetsOneFileBeReadAndOnePipeBeWritten) {
    const Ending ending = shutIn([] {
        std::string bytes(4, ' ');
        if (::pread(kSandboxInput, bytes.data(), bytes.size(), 0) == 4) {
            [[maybe_unused]] const ssize_t put =
                ::write(kSandboxOutput, bytes.data(), bytes.size());
        }
    });
    EXPECT_EQ(ending.status, 0);
    EXPECT_EQ(ending.written, "abcd");
}

TEST_F(SandboxTest, LetsMemoryBeTakenUpToTheLimit) {
    const Ending ending = shutIn([] {
        constexpr std::size_t kMuch = std::size_t{400} << 20U;
        void* first = std::malloc(kMuch);
        void* second = std::malloc(kMuch);
        ::_exit(first != nullptr && second == nullptr ? 7 : 8);
    });
    EXPECT_TRUE(WIFEXITED(ending.status));
    EXPECT_EQ(WEXITSTATUS(ending.status), 7);
}

TEST_F(SandboxTest, AnAbortIsNoBreach) {
    const Ending ending = shutIn([] { std::abort(); });
    ASSERT_TRUE(WIFSIGNALED(ending.status));
    EXPECT_NE(WTERMSIG(ending.status), SIGSYS);
}

TEST_F(SandboxTest, NothingElseIsPossible) {
    char byte = 0;
    std::array<char*, 1> none{nullptr};
    const rlimit files{16, 16};
    constexpr int kAnonymous = MAP_PRIVATE | MAP_ANONYMOUS;
    const std::vector<std::pair<const char*, std::function<void()>>> escapes{
        {"open a file", [] { ::open("/proc/self/status", O_RDONLY | O_CLOEXEC); }},
        {"make a file", [] { ::open("/tmp/escaped", O_WRONLY | O_CREAT | O_CLOEXEC, 0600); }},
        {"remove a file", [] { ::unlink("/tmp/escaped"); }},
        {"connect", [] { ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }},
        {"connect on this machine", [] { ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }},
        {"fork", [] { ::fork(); }},
        {"start a thread", [] { std::jthread([] {}); }},
        {"run a program", [&] { ::execve("/bin/true", none.data(), none.data()); }},
        {"read what it is to write", [&] { ::pread(kSandboxOutput, &byte, 1, 0); }},
        {"write what it is to read", [&] { ::write(kSandboxInput, &byte, 1); }},
        {"write elsewhere", [&] { ::write(5, &byte, 1); }},
        {"copy a descriptor", [] { ::dup(kSandboxInput); }},
        {"signal another process", [] { ::kill(::getppid(), 0); }},
        {"bring code", [&] { ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, kAnonymous, -1, 0); }},
        {"map the file", [] { ::mmap(nullptr, 4, PROT_READ, MAP_PRIVATE, kSandboxInput, 0); }},
        {"raise a limit", [&] { ::setrlimit(RLIMIT_NOFILE, &files); }},
        {"trace", [] { ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }},
        {"wait for nothing", [] { ::pause(); }},
    };
    for (const auto& [what, escape] : escapes) {
        const Ending ending = shutIn(escape);
        EXPECT_TRUE(WIFSIGNALED(ending.status) && WTERMSIG(ending.status) == SIGSYS)
            << what << ' ' << ending.status;
        EXPECT_EQ(ending.written, "");
    }
}

}  // namespace
}  // namespace chat::audio
