#include "chat/audio/decode_protocol.h"

#include "chat/audio/decoder_words.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace chat::audio {

namespace {

/// The last byte is the protocol's version.
enum class Kind : std::uint32_t {
    Opened = 0x434f'0001,
    Block = 0x4342'0001,
    Ended = 0x4345'0001,
    Refused = 0x4352'0001,
};

struct Header {
    Kind kind{};
    std::uint32_t size = 0;
};

using Name = std::array<char, 32>;
struct OpenedMessage {
    Name container{};
    Name codec{};
    std::int32_t sampleRateHz = 0;
    std::int32_t channels = 0;
    std::int64_t bitRate = 0;
    double declaredSeconds = 0;
};

struct EndedMessage {
    std::array<std::int64_t, 2> notFinite{};
    std::uint64_t isCut = 0;
    double cutStart = 0;
    double cutEnd = 0;
};

struct RefusedMessage {
    std::uint32_t code = 0;
};

/// Resampling overshoots full scale; the decoder cuts at four times of it before.
constexpr float kLoudestSample = 64;

[[nodiscard]] tl::unexpected<Error> breach() {
    return tl::unexpected(
        refusal(ErrorCode::AuPermDecoderBreach, "it did not keep to its protocol"));
}

template <std::size_t Size>
void put(std::array<char, Size>& into, std::string_view text) {
    std::ranges::copy(text.substr(0, Size - 1), into.begin());
}

template <std::size_t Size>
std::string_view textOf(const std::array<char, Size>& bytes) {
    const auto* end = std::find(bytes.begin(), bytes.end(), '\0');
    return {bytes.data(), static_cast<std::size_t>(end - bytes.begin())};
}

/// FFmpeg's names of containers and codecs.
bool isName(std::string_view text) {
    return !text.empty() && text.size() < std::tuple_size_v<Name> &&
           std::ranges::all_of(
               text,
               [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

bool isTime(double seconds) {
    return seconds >= 0 && seconds <= kLongestDeclared.count();  // false for what is not a number
}

template <typename T>
Status send(const WriteBytes& write, Kind kind, const T& message) {
    struct {
        Header header;
        T message;
    } const whole{{kind, sizeof(T)}, message};
    static_assert(sizeof(whole) == sizeof(Header) + sizeof(T));
    return write(std::as_bytes(std::span(&whole, 1)));
}

template <typename T>
Status receive(const ReadBytes& read, T& message) {
    static_assert(std::is_trivially_copyable_v<T>);
    return read(std::as_writable_bytes(std::span(&message, 1)));
}

bool isSane(std::span<const float> samples) {
    // One pass without a branch; a NaN fails every comparison.
    bool sane = true;
    for (const float sample : samples) {
        sane &= std::abs(sample) <= kLoudestSample;
    }
    return sane;
}

}  // namespace

Status sendOpened(const WriteBytes& write, const RecordingInfo& info) {
    OpenedMessage message;
    put(message.container, info.container);
    put(message.codec, info.codec);
    message.sampleRateHz = info.sampleRateHz;
    message.channels = info.channels;
    message.bitRate = info.bitRate;
    message.declaredSeconds = info.declaredDuration.count();
    return send(write, Kind::Opened, message);
}

Status sendBlock(const WriteBytes& write, const SoundBlock& block) {
    const std::size_t bytes = block.channels.size() * block.frames() * sizeof(float);
    const Header header{Kind::Block, static_cast<std::uint32_t>(bytes)};
    Status sent = write(std::as_bytes(std::span(&header, 1)));
    for (const auto& channel : block.channels) {
        sent = sent ? write(std::as_bytes(std::span(channel))) : sent;
    }
    return sent;
}

Status sendEnded(const WriteBytes& write, const BlockSource& source) {
    EndedMessage message;
    for (std::size_t c = 0; c < static_cast<std::size_t>(source.info().channels); ++c) {
        message.notFinite.at(c) = source.notFiniteSamples(c);
    }
    for (const Warning& warning : source.warnings()) {
        if (warning.code == ErrorCode::AuDataTruncated) {
            message.isCut = 1;
            message.cutStart = warning.where.start.count();
            message.cutEnd = warning.where.end.count();
        }
    }
    return send(write, Kind::Ended, message);
}

Status sendRefused(const WriteBytes& write, ErrorCode code) {
    return send(write, Kind::Refused, RefusedMessage{static_cast<std::uint32_t>(code)});
}

tl::unexpected<Error> ProtocolReader::refused(std::size_t size) {
    RefusedMessage message;
    if (size != sizeof(message)) {
        return breach();
    }
    if (auto got = receive(read_, message); !got) {
        return tl::unexpected(got.error());
    }
    if (message.code >= catalog().size() || !isRefusal(static_cast<ErrorCode>(message.code))) {
        return breach();
    }
    return tl::unexpected(refusal(static_cast<ErrorCode>(message.code)));
}

Result<RecordingInfo> ProtocolReader::opened() {
    Header header;
    if (auto got = receive(read_, header); !got) {
        return tl::unexpected(got.error());
    }
    if (header.kind == Kind::Refused) {
        return refused(header.size);
    }
    OpenedMessage message;
    if (header.kind != Kind::Opened || header.size != sizeof(message)) {
        return breach();
    }
    if (auto got = receive(read_, message); !got) {
        return tl::unexpected(got.error());
    }
    const bool sane = isName(textOf(message.container)) && isName(textOf(message.codec)) &&
                      message.sampleRateHz >= 0 &&
                      (message.channels == 1 || message.channels == 2) &&
                      isTime(message.declaredSeconds);
    if (!sane) {
        return breach();
    }
    channels_ = static_cast<std::size_t>(message.channels);
    notFinite_.assign(channels_, 0);
    return RecordingInfo{std::string(textOf(message.container)),
                         std::string(textOf(message.codec)),
                         message.sampleRateHz,
                         message.channels,
                         message.bitRate,
                         Seconds{message.declaredSeconds}};
}

Result<bool> ProtocolReader::block(SoundBlock& block) {
    block.channels.resize(channels_);
    const auto empty = [&] {
        for (auto& channel : block.channels) {
            channel.clear();
        }
    };
    if (ended_) {
        empty();
        return false;
    }
    Header header;
    if (auto got = receive(read_, header); !got) {
        return tl::unexpected(got.error());
    }
    switch (header.kind) {
        case Kind::Block:
            return fill(block, header.size).map([] { return true; });
        case Kind::Ended:
            empty();
            return takeEnd(header.size).map([] { return false; });
        case Kind::Refused:
            return refused(header.size);
        case Kind::Opened:
            break;
    }
    return breach();
}

Status ProtocolReader::fill(SoundBlock& block, std::size_t size) {
    const std::size_t frameBytes = channels_ * sizeof(float);
    const std::size_t frames = frameBytes == 0 ? 0 : size / frameBytes;
    frames_ += static_cast<std::int64_t>(frames);
    if (frames == 0 || frames > kMostBlockFrames || size % frameBytes != 0 ||
        frames_ > mostFrames_) {
        return breach();
    }
    for (auto& channel : block.channels) {
        channel.resize(frames);
        if (auto got = read_(std::as_writable_bytes(std::span(channel))); !got) {
            return got;
        }
        if (!isSane(channel)) {
            return breach();
        }
    }
    return {};
}

Status ProtocolReader::takeEnd(std::size_t size) {
    EndedMessage message;
    if (size != sizeof(message)) {
        return breach();
    }
    if (auto got = receive(read_, message); !got) {
        return got;
    }
    if (std::ranges::any_of(message.notFinite, [](std::int64_t count) { return count < 0; }) ||
        !isTime(message.cutStart) || !isTime(message.cutEnd)) {
        return breach();
    }
    std::copy_n(message.notFinite.begin(), channels_, notFinite_.begin());
    std::optional<Interval> cut;
    if (message.isCut != 0) {
        cut = {Seconds{message.cutStart}, Seconds{message.cutEnd}};
    }
    warnings_ = decodingWarnings(cut, notFinite_);
    ended_ = true;
    return {};
}

}  // namespace chat::audio
