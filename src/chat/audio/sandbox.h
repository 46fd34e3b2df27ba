#pragma once

#include "chat/audio/decode_request.h"
#include "chat/core/error.h"

#include <memory>

/// What a process that decodes may do: read one file, write to one pipe, take some memory, end.
namespace chat::audio {

/// Where a process in the sandbox finds the file and the pipe.
inline constexpr int kSandboxInput = 0;
inline constexpr int kSandboxOutput = 1;

/// Shuts processes in, by libseccomp and resource limits. Its filter is made once, for any number of copies of the process.
class Sandbox {
  public:
    Sandbox();

    /// Shuts the calling process in, for good. `input` becomes descriptor 0, `output` 1; 2 is left as it is, every other
    /// one is closed (`input` and `output` are above 2). From here on it can read 0 with `pread` and `fstat`, write to 1
    /// (and to 2, for the C library's last words), take private memory that is not executable, up to
    /// `limits.memoryBytes`, and end. Any other system call ends the whole process with SIGSYS, and so does SIGXCPU after
    /// `limits.cpuSeconds`. It leaves no core.
    ///
    /// Builds with a sanitizer (`kForSanitizer`) leave out the filter and the limit of memory, which the sanitizer's own
    /// work does not fit into; process, descriptors and the other limits are the same.
    ///
    /// For a process of one thread. Errors: SYS_STATE_NO_DECODER, when the kernel refuses any of it: then nothing may be
    /// decoded.
    [[nodiscard]] Status enter(int input, int output, const DecodeLimits& limits) const;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    static constexpr bool kForSanitizer = true;
#else
    static constexpr bool kForSanitizer = false;
#endif

  private:
    std::shared_ptr<void> filter_;  ///< none when it could not be made
};

}  // namespace chat::audio
