#include "chat/audio/sandbox.h"

#include "chat/audio/decoder_words.h"

#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <initializer_list>

namespace chat::audio {

namespace {

/// System calls that work on what the process has already and reach nothing outside of it.
constexpr std::array kHarmless{
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(close),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getrandom),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(restart_syscall),
};

scmp_arg_cmp equals(unsigned argument, scmp_datum_t value) {
    return {argument, SCMP_CMP_EQ, value, 0};
}
scmp_arg_cmp masked(unsigned argument, scmp_datum_t mask, scmp_datum_t value) {
    return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

[[nodiscard]] bool addRules(void* filter) {
    bool added = true;
    const auto rule =
        [&](std::uint32_t action, int call, std::initializer_list<scmp_arg_cmp> conditions = {}) {
            added &= seccomp_rule_add_array(filter,
                                            action,
                                            call,
                                            static_cast<unsigned>(conditions.size()),
                                            std::data(conditions)) == 0;
        };
    for (const int call : kHarmless) {
        rule(SCMP_ACT_ALLOW, call);
    }
    rule(SCMP_ACT_ALLOW, SCMP_SYS(pread64), {equals(0, kSandboxInput)});
    rule(SCMP_ACT_ALLOW, SCMP_SYS(fstat), {equals(0, kSandboxInput)});
    rule(SCMP_ACT_ALLOW, SCMP_SYS(write), {equals(0, kSandboxOutput)});
    rule(SCMP_ACT_ALLOW, SCMP_SYS(write), {equals(0, STDERR_FILENO)});
    rule(SCMP_ACT_ALLOW, SCMP_SYS(writev), {equals(0, STDERR_FILENO)});
    rule(SCMP_ACT_ALLOW,
         SCMP_SYS(mmap),
         {masked(2, PROT_EXEC, 0),
          masked(3, MAP_SHARED | MAP_PRIVATE | MAP_ANONYMOUS, MAP_PRIVATE | MAP_ANONYMOUS)});
    rule(SCMP_ACT_ALLOW, SCMP_SYS(mprotect), {masked(2, PROT_EXEC, 0)});
    // abort() signals itself, which must not look like an attack: without the signal it ends the process otherwise.
    rule(SCMP_ACT_ERRNO(EPERM), SCMP_SYS(tgkill));
    return added;
}

[[nodiscard]] bool limit(__rlimit_resource what, rlim_t most, rlim_t grace = 0) {
    const rlimit value{most, most + grace};
    return ::setrlimit(what, &value) == 0;
}

}  // namespace

Sandbox::Sandbox()
    : filter_(kForSanitizer ? nullptr : seccomp_init(SCMP_ACT_KILL_PROCESS), [](void* filter) {
        if (filter != nullptr) {
            seccomp_release(filter);
        }
    }) {
    if (filter_ != nullptr && !addRules(filter_.get())) {
        filter_.reset();
    }
}

Status Sandbox::enter(int input, int output, const DecodeLimits& limits) const {
    constexpr rlim_t kGrace = 5;  // for SIGXCPU to say why, before SIGKILL says nothing
    const bool shut = ::dup2(input, kSandboxInput) >= 0 && ::dup2(output, kSandboxOutput) >= 0 &&
                      ::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0U) == 0 &&
                      ::prctl(PR_SET_DUMPABLE, 0) == 0 &&
                      ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && limit(RLIMIT_CORE, 0) &&
                      limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NPROC, 0) &&
                      limit(RLIMIT_CPU, limits.cpuSeconds, kGrace);
    const bool filtered =
        kForSanitizer || (limit(RLIMIT_NOFILE, 0) && limit(RLIMIT_DATA, limits.memoryBytes) &&
                          filter_ != nullptr && seccomp_load(filter_.get()) == 0);
    if (!shut || !filtered) {
        return tl::unexpected(refusal(ErrorCode::SysStateNoDecoder));
    }
    return {};
}

}  // namespace chat::audio
