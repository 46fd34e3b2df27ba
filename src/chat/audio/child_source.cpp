#include "chat/audio/child_source.h"

#include "chat/audio/decode_protocol.h"
#include "chat/audio/decoder_words.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace chat::audio {

namespace {

[[nodiscard]] tl::unexpected<Error> refuse(ErrorCode code, std::string cause) {
    return tl::unexpected(refusal(code, std::move(cause)));
}

/// How a decoder that did not finish has ended; `status` as of waitpid.
[[nodiscard]] Error endingOf(int status) {
    if (WIFSIGNALED(status)) {
        const std::string cause = "signal " + std::to_string(WTERMSIG(status));
        switch (WTERMSIG(status)) {
            case SIGSYS:
                return refusal(ErrorCode::AuPermDecoderBreach, cause);
            case SIGXCPU:
                return refusal(ErrorCode::AuResDecoderLimit, cause);
            default:
                return refusal(ErrorCode::AuStateDecoderDied, cause);
        }
    }
    return refusal(ErrorCode::AuStateDecoderDied, "it ended by itself");
}

/// The reading end of a decoder's pipe.
class DecoderPipe {
  public:
    DecoderPipe(DecoderEnds ends, const DecodeLimits& limits, const std::stop_token& stop)
        : ends_(std::move(ends))
        , stopping_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
        , limits_(limits)
        , wakeOnStop_(stop, [this] {
            const std::uint64_t one = 1;
            [[maybe_unused]] const ssize_t put = ::write(stopping_.get(), &one, sizeof(one));
        }) {}

    /// All of `bytes`, or why not. `frames`: how much sound has come so far.
    [[nodiscard]] Status read(std::span<std::byte> bytes, std::int64_t frames) {
        while (!bytes.empty()) {
            if (auto ready = await(ends_.sound.get(), frames); !ready) {
                return ready;
            }
            const ssize_t got = ::read(ends_.sound.get(), bytes.data(), bytes.size());
            if (got == 0) {
                return ending(frames);
            }
            if (got < 0 && errno != EINTR && errno != EAGAIN) {
                return refuse(ErrorCode::AuStateDecoderDied, "its pipe broke");
            }
            bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        }
        return {};
    }

  private:
    /// Waits for the decoder's end, and says how it was; never well.
    [[nodiscard]] Status ending(std::int64_t frames) {
        if (auto ready = await(ends_.ending.get(), frames); !ready) {
            return ready;
        }
        int status = 0;
        if (::read(ends_.ending.get(), &status, sizeof(status)) != sizeof(status)) {
            return refuse(ErrorCode::AuStateDecoderDied, "its host ended");
        }
        return tl::unexpected(endingOf(status));
    }

    /// Until something can be read from `descriptor`; time in here is time that the decoder costs.
    [[nodiscard]] Status await(int descriptor, std::int64_t frames) {
        constexpr std::chrono::milliseconds kSlice{500};
        const double sound = static_cast<double>(frames) / kAnalysisRateHz;
        const Seconds most{limits_.waitSeconds + sound * limits_.waitPerSecond};
        while (waited_ < most) {
            std::array<pollfd, 2> waiting{pollfd{descriptor, POLLIN, 0},
                                          pollfd{stopping_.get(), POLLIN, 0}};
            const auto began = std::chrono::steady_clock::now();
            const int found =
                ::poll(waiting.data(), waiting.size(), static_cast<int>(kSlice.count()));
            // No more than the slice: this process may have been stopped itself meanwhile (Ctrl-Z).
            waited_ += std::min<Seconds>(std::chrono::steady_clock::now() - began, kSlice);
            if (waiting[1].revents != 0) {
                return fail(ErrorCode::SysStateStopped,
                            "The run was stopped before this call was finished.");
            }
            if (found > 0) {
                return {};
            }
        }
        return refuse(ErrorCode::AuResDecoderLimit, "waiting for it");
    }

    DecoderEnds ends_;
    FileDescriptor stopping_;
    DecodeLimits limits_;
    Seconds waited_{};
    std::stop_callback<std::function<void()>> wakeOnStop_;
};

class ChildSource final : public BlockSource {
  public:
    ChildSource(DecoderEnds ends, const DecodeLimits& limits, const std::stop_token& stop)
        : pipe_(std::make_unique<DecoderPipe>(std::move(ends), limits, stop))
        , reader_([this](std::span<std::byte> bytes) {
            return pipe_->read(bytes, reader_.frames());
        }) {}

    [[nodiscard]] Status begin() {
        auto info = reader_.opened();
        if (!info) {
            return tl::unexpected(info.error());
        }
        info_ = std::move(*info);
        return {};
    }

    [[nodiscard]] const RecordingInfo& info() const override { return info_; }
    [[nodiscard]] const std::vector<Warning>& warnings() const override {
        return reader_.warnings();
    }
    [[nodiscard]] std::int64_t notFiniteSamples(std::size_t channel) const override {
        return reader_.notFiniteSamples(channel);
    }

    [[nodiscard]] Result<bool> read(SoundBlock& block) override {
        if (failed_) {
            return tl::unexpected(*failed_);
        }
        auto more = reader_.block(block);
        if (!more) {
            failed_ = more.error();
            pipe_.reset();  // which ends the decoder
        }
        return more;
    }

  private:
    std::unique_ptr<DecoderPipe> pipe_;
    ProtocolReader reader_;
    RecordingInfo info_;
    std::optional<Error> failed_;
};

}  // namespace

Result<std::unique_ptr<BlockSource>> openChildSource(DecoderEnds ends,
                                                     const DecodeLimits& limits,
                                                     const std::stop_token& stop) {
    auto source = std::make_unique<ChildSource>(std::move(ends), limits, stop);
    if (auto begun = source->begin(); !begun) {
        return tl::unexpected(begun.error());
    }
    return source;
}

}  // namespace chat::audio
