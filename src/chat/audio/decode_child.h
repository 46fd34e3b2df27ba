#pragma once

#include "chat/audio/decode_request.h"
#include "chat/audio/decoder.h"
#include "chat/core/error.h"
#include "chat/core/files.h"

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string_view>

namespace chat::audio {

struct DecoderEnds;

/// `chat-decode`, where it stands beside the running program.
[[nodiscard]] std::filesystem::path decoderProgram();

/// Decodes recordings in processes of their own, so that a hostile one can fail itself and nothing else.
///
/// The first `open` starts `chat-decode`, the decoders' host (`decode_server.h`), with an environment of its own; it is
/// started again when it has died, and ends with this object or this process, however that ends. Each recording has a decoder
/// of its own: a copy of the host, shut in (`sandbox.h`) before it looks at the file. The sound is the same as that of
/// `openRecording`, to the last bit.
///
/// Any thread may call `open`; a source is for one thread, and must not outlive this object.
class ChildDecoder {
  public:
    explicit ChildDecoder(std::filesystem::path program = decoderProgram(),
                          const DecodeLimits& limits = {});
    ~ChildDecoder();
    ChildDecoder(const ChildDecoder&) = delete;
    ChildDecoder& operator=(const ChildDecoder&) = delete;
    ChildDecoder(ChildDecoder&&) = delete;
    ChildDecoder& operator=(ChildDecoder&&) = delete;

    /// As `openRecording` for an open file. The decoder is ahead of the reader by a pipe's room. It ends at once
    /// when the source is destroyed or `stop` is requested, which a waiting `open` or `read` then says.
    ///
    /// Errors, of `read` too: those of `openRecording`; SYS_STATE_NO_DECODER (the program is missing, or this
    /// kernel cannot shut it in); AU_STATE_DECODER_DIED; AU_RES_DECODER_LIMIT (time or memory);
    /// AU_PERM_DECODER_BREACH (it tried another system call, or sent what it never does); SYS_STATE_STOPPED.
    [[nodiscard]] Result<std::unique_ptr<BlockSource>> open(FileDescriptor file,
                                                            std::string_view extension,
                                                            const DecoderSettings& settings = {},
                                                            const std::stop_token& stop = {});

    /// The same for a path. Errors: also those of `openRegularFile`.
    [[nodiscard]] Result<std::unique_ptr<BlockSource>> open(const std::filesystem::path& path,
                                                            const DecoderSettings& settings = {},
                                                            const std::stop_token& stop = {});

    /// The host's process; -1 before the first `open`. For tests.
    [[nodiscard]] pid_t hostProcess();

  private:
    [[nodiscard]] Status startHost();
    [[nodiscard]] Status send(const DecodeRequest& request, int file, int output, int ending);
    [[nodiscard]] Result<DecoderEnds> begin(FileDescriptor file, const DecodeRequest& request);
    void endHost();

    std::filesystem::path program_;
    DecodeLimits limits_;
    std::mutex mutex_;  ///< of what follows
    pid_t host_ = -1;
    FileDescriptor socket_;
};

}  // namespace chat::audio
