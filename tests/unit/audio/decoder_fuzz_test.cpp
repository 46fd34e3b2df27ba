#include "chat/audio/decoder.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <random>
#include <utility>

#include "sound_helpers.h"

namespace chat::audio {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace): helpers of this folder's tests

/// One to eight random changes, most of them in the header, where they do most harm.
std::string mutated(std::string bytes, std::mt19937& random) {
    const auto below = [&](std::size_t limit) {
        return static_cast<std::size_t>(random()) % std::max<std::size_t>(limit, 1);
    };
    for (std::size_t changes = 1 + below(8); changes > 0 && !bytes.empty(); --changes) {
        const std::size_t at =
            below(below(3) == 0 ? bytes.size() : std::min<std::size_t>(bytes.size(), 256));
        constexpr std::array<unsigned char, 6> kNasty{0x00, 0xFF, 0x7F, 0x80, 0x01, 0xFE};
        switch (below(6)) {
            case 0:
                bytes[at] = static_cast<char>(random());
                break;
            case 1:
                bytes[at] = static_cast<char>(kNasty[below(kNasty.size())]);
                break;
            case 2:
                bytes.erase(at, below(32));
                break;
            case 3:
                bytes.insert(at, bytes.substr(below(bytes.size()), below(64)));
                break;
            case 4:
                bytes.resize(at + 1);
                break;
            default:
                bytes.replace(at, std::min<std::size_t>(4, bytes.size() - at), "\xFF\xFF\xFF\x7F");
                break;
        }
    }
    return bytes;
}

/// A damaged or hostile file is refused or read in part, soon, and what is read can be worked with.
class DamagedFiles : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(DamagedFiles, AreRefusedOrReadInPart) {
    const TemporaryFolder folder;
    const auto& [name, arguments] = GetParam();
    const std::string whole =
        fileContent(encoded(folder, name, callArguments(0.5, 9) + " " + arguments));
    ASSERT_FALSE(whole.empty());
    std::mt19937 random(20'261'112);
    int opened = 0;
    for (int round = 0; round < 150; ++round) {
        const auto path = folder.file(std::string("damaged-") + name, mutated(whole, random));
        const auto started = std::chrono::steady_clock::now();
        auto source = openRecording(path, {.blockFrames = 4'096});
        if (source) {
            ++opened;
            ASSERT_GE((*source)->info().channels, 1);
            ASSERT_LE((*source)->info().channels, 2);
            for (const auto& channel : readAll(**source)) {
                ASSERT_TRUE(std::all_of(
                    channel.begin(), channel.end(), [](float x) { return std::isfinite(x); }));
            }
        } else {
            ASSERT_FALSE(source.error().what.empty());
        }
        ASSERT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds{10}) << round;
    }
    EXPECT_GT(opened, 0);
}

INSTANTIATE_TEST_SUITE_P(Decoder,
                         DamagedFiles,
                         testing::Values(std::pair{"a.wav", "-c:a pcm_s16le"},
                                         std::pair{"float.wav", "-c:a pcm_f32le"},
                                         std::pair{"adpcm.wav", "-c:a adpcm_ms -ac 1"},
                                         std::pair{"gsm.wav", "-c:a libgsm_ms -ac 1"},
                                         std::pair{"a.gsm", "-c:a libgsm -ac 1"},
                                         std::pair{"a.g722", "-c:a g722 -ac 1"},
                                         std::pair{"a.mp3", "-c:a libmp3lame -b:a 32k"},
                                         std::pair{"a.m4a", "-c:a aac"},
                                         std::pair{"a.aac", "-c:a aac"},
                                         std::pair{"a.ogg", "-c:a libvorbis"},
                                         std::pair{"a.opus", "-c:a libopus"},
                                         std::pair{"a.webm", "-c:a libopus"},
                                         std::pair{"a.flac", "-c:a flac"},
                                         std::pair{"a.wma", "-c:a wmav2"},
                                         std::pair{"a.aiff", "-c:a pcm_s16be"},
                                         std::pair{"a.caf", "-c:a pcm_s16be"}),
                         [](const auto& kind) {
                             std::string name = kind.param.first;
                             std::replace(name.begin(), name.end(), '.', '_');
                             return name;
                         });

}  // namespace
}  // namespace chat::audio
