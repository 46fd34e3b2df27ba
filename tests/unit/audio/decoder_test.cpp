#include "chat/audio/decoder.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <ostream>

#include "sound_helpers.h"

namespace chat::audio {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace): helpers of this folder's tests

struct Format {
    const char* file;
    const char* arguments;
    const char* container;
    const char* codec;
    int sampleRateHz;
    int channels;
    friend std::ostream& operator<<(std::ostream& out, const Format& f) { return out << f.file; }
};

constexpr std::array kFormats{
    Format{"pcm8.wav", "-c:a pcm_s16le -ar 8000", "wav", "pcm_s16le", 8'000, 2},
    Format{"pcm16.wav", "-c:a pcm_s16le -ar 16000", "wav", "pcm_s16le", 16'000, 2},
    Format{"pcm44.wav", "-c:a pcm_s24le -ar 44100", "wav", "pcm_s24le", 44'100, 2},
    Format{"float48.wav", "-c:a pcm_f32le -ar 48000", "wav", "pcm_f32le", 48'000, 2},
    Format{"high.wav", "-c:a pcm_s16le -ar 96000 -ac 1", "wav", "pcm_s16le", 96'000, 1},
    Format{"mulaw.wav", "-c:a pcm_mulaw", "wav", "pcm_mulaw", 8'000, 2},
    Format{"alaw.wav", "-c:a pcm_alaw", "wav", "pcm_alaw", 8'000, 2},
    Format{"msgsm.wav", "-c:a libgsm_ms -ac 1", "wav", "gsm_ms", 8'000, 1},
    Format{"adpcm.wav", "-c:a adpcm_ms -ac 1", "wav", "adpcm_ms", 8'000, 1},
    Format{"raw.gsm", "-c:a libgsm -ac 1", "gsm", "gsm", 8'000, 1},
    Format{"raw.g722", "-c:a g722 -ac 1 -ar 16000", "g722", "g722", 16'000, 1},
    Format{"raw.ul", "-f mulaw -ac 1", "mulaw", "pcm_mulaw", 8'000, 1},
    Format{"raw.al", "-f alaw -ac 1", "alaw", "pcm_alaw", 8'000, 1},
    Format{"raw.sln", "-f s16le -ac 1", "sln", "pcm_s16le", 8'000, 1},
    Format{"raw.sln16", "-f s16le -ac 1 -ar 16000", "sln", "pcm_s16le", 16'000, 1},
    Format{"a.mp3", "-c:a libmp3lame -b:a 32k", "mp3", "mp3float", 8'000, 2},
    Format{"a44.mp3", "-c:a libmp3lame -ar 44100 -ac 1", "mp3", "mp3float", 44'100, 1},
    Format{"a.m4a", "-c:a aac -ar 16000", "mov", "aac", 16'000, 2},
    Format{"a.aac", "-c:a aac -ar 44100", "aac", "aac", 44'100, 2},
    Format{"a.opus", "-c:a libopus", "ogg", "opus", 48'000, 2},
    Format{"a.webm", "-c:a libopus", "matroska", "opus", 48'000, 2},
    Format{"a.ogg", "-c:a libvorbis", "ogg", "vorbis", 8'000, 2},
    Format{"a.flac", "-c:a flac", "flac", "flac", 8'000, 2},
    Format{"a.wma", "-c:a wmav2 -ar 44100", "asf", "wmav2", 44'100, 2},
    Format{"a.au", "-c:a pcm_mulaw", "au", "pcm_mulaw", 8'000, 2},
    Format{"a.aiff", "-c:a pcm_s16be", "aiff", "pcm_s16be", 8'000, 2},
    Format{"a.caf", "-c:a pcm_s16be", "caf", "pcm_s16be", 8'000, 2},
    Format{"a.w64", "-c:a pcm_s16le", "w64", "pcm_s16le", 8'000, 2},
};

class EveryFormat : public testing::TestWithParam<Format> {
  protected:
    TemporaryFolder folder_;
};

TEST_P(EveryFormat, IsReadInBlocksAsItIsReadWhole) {
    const Format& format = GetParam();
    const auto path = encoded(folder_, format.file, callArguments() + " " + format.arguments);
    auto whole = openRecording(path, {.blockFrames = 10'000'000});
    ASSERT_TRUE(whole) << whole.error().what << whole.error().cause;
    EXPECT_EQ((*whole)->info().container, format.container);
    EXPECT_EQ((*whole)->info().codec, format.codec);
    EXPECT_EQ((*whole)->info().sampleRateHz, format.sampleRateHz);
    EXPECT_EQ((*whole)->info().channels, format.channels);
    const auto sound = readAll(**whole);
    EXPECT_TRUE((*whole)->warnings().empty()) << (*whole)->warnings()[0].text;
    EXPECT_NEAR(static_cast<double>(sound[0].size()) / kAnalysisRateHz, 6.0, 0.15);
    for (const std::size_t frames : {std::size_t{1'000}, std::size_t{65'536}}) {
        auto cut = openRecording(path, {.blockFrames = frames});
        ASSERT_TRUE(cut);
        EXPECT_EQ(readAll(**cut), sound);
    }
}

/// What the ffmpeg program makes of the same file is the yardstick; a wrong rate, order of channels or
/// lost end would show.
TEST_P(EveryFormat, SoundsAsTheFfmpegProgramMakesIt) {
    const Format& format = GetParam();
    if (std::string_view(format.file).starts_with("raw.")) {
        GTEST_SKIP() << "headerless: the program does not know the rate";
    }
    const auto path = encoded(folder_, format.file, callArguments() + " " + format.arguments);
    const auto reference =
        encoded(folder_, "reference.f32", "-i " + path.string() + " -ar 16000 -f f32le");
    auto source = openRecording(path);
    ASSERT_TRUE(source);
    const auto sound = readAll(**source);
    const std::string bytes = fileContent(reference);
    ASSERT_NEAR(static_cast<double>(bytes.size() / sizeof(float)),
                static_cast<double>(sound.size() * sound[0].size()),
                2'000);
    double difference = 0;
    const std::size_t frames =
        std::min(sound[0].size(), bytes.size() / sizeof(float) / sound.size());
    for (std::size_t i = 0; i < frames * sound.size(); ++i) {
        float expected = 0;
        std::memcpy(&expected, bytes.data() + i * sizeof(float), sizeof(float));
        difference = std::max<double>(
            difference, std::abs(sound[i % sound.size()][i / sound.size()] - expected));
    }
    EXPECT_LT(difference, 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Decoder,
                         EveryFormat,
                         testing::ValuesIn(kFormats),
                         [](const testing::TestParamInfo<Format>& format) {
                             std::string name = format.param.file;
                             std::replace(name.begin(), name.end(), '.', '_');
                             return name;
                         });

class BadInput : public testing::Test {
  protected:
    [[nodiscard]] std::filesystem::path file(const std::string& name,
                                             std::string_view content) const {
        return folder_.file(name, content);
    }
    /// A valid file cut to `share` of its bytes.
    [[nodiscard]] std::filesystem::path cut(const std::string& name,
                                            const std::string& arguments,
                                            double share) const {
        const std::string whole =
            fileContent(encoded(folder_, "whole-" + name, callArguments(20) + " " + arguments));
        // To a whole number of samples, so that only the length tells.
        const auto bytes =
            static_cast<std::size_t>(share * static_cast<double>(whole.size())) / 4 * 4;
        return file(name, whole.substr(0, bytes));
    }
    TemporaryFolder folder_;
};

TEST_F(BadInput, PlaylistsAreRefusedWhateverTheyAreCalled) {
    const auto secret = encoded(folder_, "secret.wav", callArguments());
    EXPECT_EQ(errorOf(file("a.wav", "ffconcat version 1.0\nfile secret.wav\n")), "AU_FMT_PLAYLIST");
    EXPECT_EQ(errorOf(file("b.wav", "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nsecret.wav\n")),
              "AU_FMT_PLAYLIST");
    EXPECT_EQ(errorOf(file("c.mp3", "\xEF\xBB\xBF  #extm3u\nsecret.wav\n")), "AU_FMT_PLAYLIST");
    EXPECT_EQ(errorOf(file("d.wav", "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n")),
              "AU_FMT_PLAYLIST");
    EXPECT_EQ(errorOf(file("e.wav", "[playlist]\nFile1=secret.wav\n")), "AU_FMT_PLAYLIST");
    EXPECT_EQ(errorOf(file("f.wav", "<?xml version=\"1.0\"?>\n<MPD type=\"static\"></MPD>")),
              "AU_FMT_PLAYLIST");
    EXPECT_EQ(errorOf(file("g.ul", "ffconcat version 1.0\nfile secret.wav\n")), "AU_FMT_PLAYLIST");
}

TEST_F(BadInput, WhatIsNotSoundIsRefused) {
    EXPECT_EQ(errorOf(file("empty.wav", "")), "AU_DATA_EMPTY");
    EXPECT_EQ(errorOf(file("text.wav", "This is not a recording, only some words in a file.\n")),
              "AU_FMT_UNSUPPORTED");
    EXPECT_EQ(errorOf(file("zeros.wav", std::string(100'000, '\0'))), "AU_FMT_UNSUPPORTED");
    EXPECT_EQ(errorOf(encoded(folder_, "picture.png", "-f lavfi -i testsrc=d=1 -frames:v 1")),
              "AU_FMT_UNSUPPORTED");
    EXPECT_EQ(errorOf(encoded(folder_, "film.mp4", "-f lavfi -i testsrc=d=1:s=64x64")),
              "AU_FMT_NO_AUDIO");
    EXPECT_EQ(errorOf(encoded(folder_, "nothing.wav", "-f lavfi -i anullsrc=r=8000:cl=mono -t 0")),
              "AU_DATA_EMPTY");
    EXPECT_EQ(errorOf(folder_.path() / "missing.wav"), "SYS_DATA_PATH_MISSING");
    EXPECT_EQ(errorOf(folder_.path()), "SYS_FMT_NOT_A_FILE");
}

TEST_F(BadInput, OnlyOneOrTwoChannelsAreACall) {
    EXPECT_EQ(errorOf(encoded(folder_, "six.wav", callArguments() + " -ac 6")),
              "AU_VAL_TOO_MANY_CHANNELS");
    std::string none =
        fileContent(encoded(folder_, "one.wav", callArguments() + " -ac 1 -bitexact"));
    none[22] = 0;  // the number of channels in a WAV header
    none[32] = 0;  // and the bytes of one sample of all of them
    EXPECT_EQ(errorOf(file("none.wav", none)), "AU_VAL_NO_CHANNELS");
}

TEST_F(BadInput, ATruncatedRecordingIsReadAndMarked) {
    const std::array<std::array<std::string, 2>, 7> formats{
        {{"a.wav", "-c:a pcm_s16le -bitexact"},
         {"b.wav", "-c:a pcm_mulaw"},
         {"c.flac", ""},
         {"d.mp3", "-c:a libmp3lame"},
         {"e.m4a", "-c:a aac -movflags +faststart"},
         {"f.webm", "-c:a libopus"},
         {"g.au", "-c:a pcm_s16be"}}};
    for (const auto& [name, arguments] : formats) {
        auto source = openRecording(cut(name, arguments, 0.5));
        ASSERT_TRUE(source) << name;
        const auto sound = readAll(**source);
        const double seconds = static_cast<double>(sound[0].size()) / kAnalysisRateHz;
        EXPECT_GT(seconds, 4) << name;
        EXPECT_LT(seconds, 16) << name;
        EXPECT_TRUE(warnsOf((*source)->warnings(), ErrorCode::AuDataTruncated)) << name;
    }
}

TEST_F(BadInput, AHeaderWithoutALengthIsNoTruncation) {
    const auto piped = encoded(folder_, "piped.wav", callArguments() + " -f wav - >");
    auto source = openRecording(piped);
    ASSERT_TRUE(source);
    EXPECT_EQ(readAll(**source)[0].size(), 96'000U);
    EXPECT_TRUE((*source)->warnings().empty());
}

TEST_F(BadInput, SamplesThatAreNoNumbersBecomeSilence) {
    std::string wav = fileContent(
        encoded(folder_, "float.wav", callArguments() + " -ar 16000 -c:a pcm_f32le -bitexact"));
    const std::array<float, 4> bad{std::numeric_limits<float>::quiet_NaN(),
                                   std::numeric_limits<float>::infinity(),
                                   -std::numeric_limits<float>::infinity(),
                                   std::numeric_limits<float>::max()};
    std::memcpy(wav.data() + 8'000, bad.data(), sizeof(bad));
    auto source = openRecording(file("bad.wav", wav));
    ASSERT_TRUE(source);
    const auto sound = readAll(**source);
    for (const auto& channel : sound) {
        EXPECT_TRUE(
            std::all_of(channel.begin(), channel.end(), [](float x) { return std::abs(x) < 10; }));
    }
    EXPECT_EQ((*source)->notFiniteSamples(0) + (*source)->notFiniteSamples(1), 3);
    EXPECT_TRUE(warnsOf((*source)->warnings(), ErrorCode::AuDataNotFinite, 0));
    EXPECT_TRUE(warnsOf((*source)->warnings(), ErrorCode::AuDataNotFinite, 1));
}

TEST(Decoder, ReadsAnOpenFileFromItsBeginningWhereverItsPositionIs) {
    auto file = openRegularFile(recording("auto_loan_mono.flac"));
    ASSERT_TRUE(file);
    ASSERT_EQ(::lseek(file->get(), 1'000, SEEK_SET), 1'000);
    auto source = openRecording(std::move(*file), "");
    ASSERT_TRUE(source);
    EXPECT_NEAR((*source)->info().declaredDuration.count(), 37.789, 0.001);
    EXPECT_EQ(readAll(**source)[0].size(), 604'622U);
}

TEST(Decoder, TakesTheSoundOfAFilm) {
    const TemporaryFolder folder;
    const auto film =
        encoded(folder,
                "film.mkv",
                callArguments() + " -f lavfi -i testsrc=d=6:s=64x64 -c:a pcm_s16le -shortest");
    auto source = openRecording(film);
    ASSERT_TRUE(source);
    EXPECT_EQ((*source)->info().codec, "pcm_s16le");
    EXPECT_NEAR(static_cast<double>(readAll(**source)[0].size()) / kAnalysisRateHz, 6.0, 0.1);
}

}  // namespace
}  // namespace chat::audio
