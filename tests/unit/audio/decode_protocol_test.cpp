#include "chat/audio/decode_protocol.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "sound_helpers.h"

namespace chat::audio {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace): helpers of this folder's tests

using Bytes = std::vector<std::byte>;

WriteBytes into(Bytes& bytes) {
    return [&bytes](std::span<const std::byte> more) -> Status {
        bytes.insert(bytes.end(), more.begin(), more.end());
        return {};
    };
}

constexpr std::string_view kTheEnd = "the bytes end";

ReadBytes from(const Bytes& bytes) {
    return [&bytes, at = std::size_t{0}](std::span<std::byte> wanted) mutable -> Status {
        if (bytes.size() - at < wanted.size()) {
            return fail(ErrorCode::AuStateDecoderDied, std::string(kTheEnd));
        }
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), wanted.size(), wanted.begin());
        at += wanted.size();
        return {};
    };
}

/// What a decoder says of two channels of 3,000 samples.
Bytes conversation() {
    MemorySource source(
        {std::vector<float>(3'000, 0.5F), std::vector<float>(3'000, -0.25F)}, 1, 1'000);
    Bytes bytes;
    EXPECT_TRUE(sendOpened(into(bytes), source.info()));
    SoundBlock block;
    for (auto more = source.read(block); more && *more; more = source.read(block)) {
        EXPECT_TRUE(sendBlock(into(bytes), block));
    }
    EXPECT_TRUE(sendEnded(into(bytes), source));
    return bytes;
}

/// Reads to the end or to the first error; "" when all went well.
std::string heard(const Bytes& bytes) {
    ProtocolReader reader(from(bytes));
    const auto info = reader.opened();
    if (!info) {
        return std::string(errorName(info.error().code));
    }
    EXPECT_TRUE(info->channels == 1 || info->channels == 2);
    EXPECT_TRUE(std::isfinite(info->declaredDuration.count()));
    SoundBlock block;
    for (;;) {
        const auto more = reader.block(block);
        if (!more) {
            EXPECT_FALSE(more.error().what.empty());
            return std::string(errorName(more.error().code));
        }
        EXPECT_EQ(block.channels.size(), static_cast<std::size_t>(info->channels));
        EXPECT_LE(block.frames(), kMostBlockFrames);
        for (const auto& channel : block.channels) {
            EXPECT_EQ(channel.size(), block.frames());
            EXPECT_TRUE(std::ranges::all_of(channel, [](float x) { return std::isfinite(x); }));
        }
        if (!*more) {
            EXPECT_LE(reader.warnings().size(), 3U);
            return "";
        }
    }
}

template <typename T>
Bytes withValue(Bytes bytes, std::size_t at, T value) {
    std::memcpy(bytes.data() + at, &value, sizeof(value));
    return bytes;
}

constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kChannelsAt = kHeaderBytes + 32 + 32 + 4;
constexpr std::size_t kDeclaredAt = kChannelsAt + 4 + 8;
constexpr std::size_t kFirstBlockAt = kDeclaredAt + 8;
constexpr std::size_t kFirstSampleAt = kFirstBlockAt + kHeaderBytes;

TEST(DecodeProtocol, CarriesEverything) {
    const Bytes bytes = conversation();
    ProtocolReader reader(from(bytes));
    const auto info = reader.opened();
    ASSERT_TRUE(info);
    EXPECT_EQ(info->container, "memory");
    EXPECT_EQ(info->codec, "pcm_f32le");
    EXPECT_EQ(info->sampleRateHz, kAnalysisRateHz);
    SoundBlock block;
    std::size_t frames = 0;
    auto more = reader.block(block);
    for (; more && *more; more = reader.block(block)) {
        frames += block.frames();
        EXPECT_EQ(block.channels[0][999], 0.5F);
        EXPECT_EQ(block.channels[1][0], -0.25F);
    }
    ASSERT_TRUE(more);
    EXPECT_EQ(frames, 3'000U);
    EXPECT_EQ(block.frames(), 0U);
    EXPECT_FALSE(*reader.block(block)) << "the end stays the end";
}

TEST(DecodeProtocol, ARefusalIsSaidInOurWords) {
    Bytes bytes;
    ASSERT_TRUE(sendRefused(into(bytes), ErrorCode::AuFmtPlaylist));
    ProtocolReader reader(from(bytes));
    const auto info = reader.opened();
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code, ErrorCode::AuFmtPlaylist);
    EXPECT_EQ(info.error().what, "The file is a playlist that names other files, not a recording.");
}

TEST(DecodeProtocol, WhatADecoderNeverSendsIsABreach) {
    const Bytes good = conversation();
    ASSERT_EQ(heard(good), "");
    const std::string breach = "AU_PERM_DECODER_BREACH";
    EXPECT_EQ(heard(withValue(good, 0, 0x1234'5678U)), breach) << "unknown message";
    EXPECT_EQ(heard(withValue(good, 4, 1'000'000U)), breach) << "length of a message";
    EXPECT_EQ(heard(withValue(good, kChannelsAt, 3)), breach);
    EXPECT_EQ(heard(withValue(good, kChannelsAt, 0)), breach);
    EXPECT_EQ(heard(withValue(good, kChannelsAt, -1)), breach);
    EXPECT_EQ(heard(withValue(good, kHeaderBytes, '\n')), breach) << "a name";
    EXPECT_EQ(heard(withValue(good, kDeclaredAt, std::numeric_limits<double>::quiet_NaN())),
              breach);
    EXPECT_EQ(heard(withValue(good, kFirstBlockAt + 4, 0xFFFF'FFF8U)), breach) << "4 GiB of it";
    EXPECT_EQ(heard(withValue(good, kFirstBlockAt + 4, 0U)), breach) << "an empty block";
    EXPECT_EQ(heard(withValue(good, kFirstBlockAt + 4, 7'999U)), breach) << "half a sample";
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(),
                            std::numeric_limits<float>::infinity(),
                            -1e30F}) {
        EXPECT_EQ(heard(withValue(good, kFirstSampleAt, bad)), breach) << bad;
    }
    Bytes twice = good;
    twice.resize(kFirstBlockAt);
    twice.insert(twice.end(), good.begin(), good.end());
    EXPECT_EQ(heard(twice), breach) << "opened twice";
    Bytes ended = good;
    ended.resize(good.size() - 1);
    EXPECT_EQ(heard(ended), "AU_STATE_DECODER_DIED");
}

TEST(DecodeProtocol, AnEndlessStreamEnds) {
    MemorySource source({std::vector<float>(1, 0.0F)});
    Bytes bytes;
    ASSERT_TRUE(sendOpened(into(bytes), source.info()));
    const std::size_t opened = bytes.size();
    SoundBlock block;
    block.channels.assign(1, std::vector<float>(kMostBlockFrames, 0.0F));
    ASSERT_TRUE(sendBlock(into(bytes), block));
    // The same block for ever.
    std::size_t at = 0;
    constexpr std::int64_t kMost = std::int64_t{3600} * kAnalysisRateHz;
    ProtocolReader reader(
        [&](std::span<std::byte> wanted) -> Status {
            if (at == bytes.size()) {
                at = opened;
            }
            std::memcpy(wanted.data(), bytes.data() + at, wanted.size());
            at += wanted.size();
            return {};
        },
        kMost);
    ASSERT_TRUE(reader.opened());
    std::int64_t frames = 0;
    auto more = reader.block(block);
    for (; more && *more && frames <= 2 * kMost; more = reader.block(block)) {
        frames += static_cast<std::int64_t>(block.frames());
    }
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().code, ErrorCode::AuPermDecoderBreach);
    EXPECT_LE(frames, kMost);
}

/// Anything at all is understood, refused or found to end; never more.
TEST(DecodeProtocol, WithstandsAnyBytes) {
    const Bytes good = conversation();
    std::mt19937 random(20'261'123);
    const auto below = [&](std::size_t limit) { return random() % limit; };
    int understood = 0;
    for (int round = 0; round < 20'000; ++round) {
        Bytes bytes = good;
        for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
            // Mostly where the messages' figures are.
            const std::size_t ends = good.size() - 180;
            const std::size_t at = below(3) == 0   ? below(good.size())
                                   : below(2) == 0 ? below(kFirstSampleAt)
                                                   : ends + below(180);
            bytes[at] = static_cast<std::byte>(random());
        }
        if (below(4) == 0) {
            bytes.resize(below(bytes.size()));
        }
        const std::string said = heard(bytes);
        understood += said.empty() ? 1 : 0;
        ASSERT_TRUE(said.empty() || findError(said) != nullptr);
    }
    EXPECT_GT(understood, 100) << "changed samples are still sound";
    EXPECT_LT(understood, 19'000);
}

}  // namespace
}  // namespace chat::audio
