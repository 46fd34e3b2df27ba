#include "chat/audio/decode_child.h"

#include "chat/audio/acoustics.h"
#include "chat/audio/sandbox.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include "sound_helpers.h"

namespace chat::audio {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace): helpers of this folder's tests
using namespace std::chrono_literals;

std::string nameOf(const Error& error) {
    return std::string(errorName(error.code));
}

/// The decoders of a host that are there now.
std::vector<pid_t> decodersOf(pid_t host) {
    const std::string id = std::to_string(host);
    std::ifstream file("/proc/" + id + "/task/" + id + "/children");
    std::vector<pid_t> found;
    for (pid_t child = 0; file >> child;) {
        found.push_back(child);
    }
    return found;
}

/// Whether a condition comes true within some seconds.
template <typename Condition>
bool soon(Condition condition) {
    for (int i = 0; i < 500; ++i) {
        if (condition()) {
            return true;
        }
        std::this_thread::sleep_for(10ms);
    }
    return false;
}

std::size_t openDescriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry :
         std::filesystem::directory_iterator("/proc/self/fd")) {
        ++count;
    }
    return count;
}

/// A recording of hours, all silence, which a decoder cannot have done by the time that a test looks.
std::filesystem::path longRecording(const TemporaryFolder& folder) {
    auto path = folder.file("long.sln48", "");
    std::filesystem::resize_file(path, std::uintmax_t{2} << 30U);
    return path;
}

/// Reads until the end or the first error, and says which.
Result<bool> readToEnd(BlockSource& source) {
    SoundBlock block;
    auto more = source.read(block);
    while (more && *more) {
        more = source.read(block);
    }
    return more;
}

class ChildDecoderTest : public testing::Test {
  protected:
    [[nodiscard]] std::string failureOf(const std::filesystem::path& path) {
        auto source = decoder_.open(path);
        return source ? "opened" : nameOf(source.error());
    }
    TemporaryFolder folder_;
    ChildDecoder decoder_;
};

TEST_F(ChildDecoderTest, GivesWhatDecodingInThisProcessGives) {
    for (const auto& path : {recording("auto_repairs_1.flac"),
                             recording("points_balance_duplicated.mp3"),
                             encoded(folder_, "a.gsm", callArguments() + " -ac 1 -c:a libgsm"),
                             encoded(folder_, "a.webm", callArguments() + " -c:a libopus"),
                             encoded(folder_, "a.m4a", callArguments() + " -c:a aac")}) {
        auto here = openRecording(path);
        auto there = decoder_.open(path);
        ASSERT_TRUE(here) << path;
        ASSERT_TRUE(there) << path << there.error().what << there.error().cause;
        EXPECT_EQ((*there)->info().container, (*here)->info().container);
        EXPECT_EQ((*there)->info().codec, (*here)->info().codec);
        EXPECT_EQ((*there)->info().sampleRateHz, (*here)->info().sampleRateHz);
        EXPECT_EQ((*there)->info().bitRate, (*here)->info().bitRate);
        EXPECT_EQ((*there)->info().declaredDuration, (*here)->info().declaredDuration);
        EXPECT_EQ(readAll(**there), readAll(**here)) << path;
    }
}

TEST_F(ChildDecoderTest, MeasuresTheSameSoundToTheLastBit) {
    for (const char* name : {"auto_repairs_1.flac", "auto_loan_mono.flac"}) {
        auto here = openRecording(recording(name));
        auto there = decoder_.open(recording(name));
        ASSERT_TRUE(here && there);
        const auto one = analyzeSound(**here);
        const auto other = analyzeSound(**there);
        ASSERT_TRUE(one && other);
        EXPECT_EQ(one->duration, other->duration);
        EXPECT_EQ(one->peaks.channels, other->peaks.channels);
        for (std::size_t c = 0; c < one->activity.size(); ++c) {
            EXPECT_EQ(one->activity[c].speech, other->activity[c].speech);
            EXPECT_EQ(one->activity[c].probabilities, other->activity[c].probabilities);
            EXPECT_EQ(one->activity[c].levels, other->activity[c].levels);
            EXPECT_EQ(one->activity[c].holds, other->activity[c].holds);
            EXPECT_EQ(one->quality[c].loudnessLufs, other->quality[c].loudnessLufs);
            EXPECT_EQ(one->quality[c].snrDb, other->quality[c].snrDb);
        }
    }
}

TEST_F(ChildDecoderTest, RefusesAndWarnsInTheSameWords) {
    const std::string whole =
        fileContent(encoded(folder_, "whole.wav", callArguments(20) + " -bitexact"));
    const auto cut = folder_.file("cut.wav", whole.substr(0, whole.size() / 8 * 4));
    auto here = openRecording(cut);
    auto there = decoder_.open(cut);
    ASSERT_TRUE(here && there);
    readAll(**here);
    readAll(**there);
    ASSERT_EQ((*there)->warnings().size(), 1U);
    EXPECT_EQ((*there)->warnings()[0].text, (*here)->warnings()[0].text);
    EXPECT_EQ((*there)->warnings()[0].where, (*here)->warnings()[0].where);

    for (const auto& path : {folder_.file("a.wav", "no sound, only some words\n"),
                             folder_.file("b.wav", ""),
                             folder_.file("c.wav", "ffconcat version 1.0\nfile cut.wav\n"),
                             encoded(folder_, "six.wav", callArguments() + " -ac 6"),
                             folder_.path() / "missing.wav"}) {
        const auto refusedHere = openRecording(path);
        const auto refusedThere = decoder_.open(path);
        ASSERT_FALSE(refusedHere || refusedThere) << path;
        EXPECT_EQ(refusedThere.error().code, refusedHere.error().code) << path;
        EXPECT_EQ(refusedThere.error().what, refusedHere.error().what) << path;
        EXPECT_EQ(refusedThere.error().cause, refusedHere.error().cause) << path;
    }
}

TEST_F(ChildDecoderTest, ADecoderThatIsKilledFailsItsOwnRecordingOnly) {
    const auto path = longRecording(folder_);
    auto victim = decoder_.open(path);
    ASSERT_TRUE(victim);
    const auto first = decodersOf(decoder_.hostProcess());
    ASSERT_EQ(first.size(), 1U);
    auto other = decoder_.open(recording("auto_repairs_1.flac"));
    ASSERT_TRUE(other);
    ASSERT_EQ(::kill(first[0], SIGKILL), 0);
    const auto more = readToEnd(**victim);
    ASSERT_FALSE(more);
    EXPECT_EQ(nameOf(more.error()), "AU_STATE_DECODER_DIED");
    EXPECT_EQ(more.error().cause, "signal 9");
    EXPECT_FALSE(readToEnd(**victim)) << "and it stays so";
    EXPECT_EQ(readAll(**other), readAll(**openRecording(recording("auto_repairs_1.flac"))));
}

TEST_F(ChildDecoderTest, AHostThatDiesFailsWhatIsOpenAndIsReplaced) {
    auto source = decoder_.open(longRecording(folder_));
    ASSERT_TRUE(source);
    const pid_t host = decoder_.hostProcess();
    const auto decoders = decodersOf(host);
    ASSERT_EQ(decoders.size(), 1U);
    ASSERT_EQ(::kill(host, SIGKILL), 0);
    const auto more = readToEnd(**source);
    ASSERT_FALSE(more);
    EXPECT_EQ(nameOf(more.error()), "AU_STATE_DECODER_DIED");
    EXPECT_TRUE(soon([&] { return ::kill(decoders[0], 0) != 0; })) << "no orphan";
    auto next = decoder_.open(recording("auto_loan_mono.flac"));
    ASSERT_TRUE(next) << next.error().what;
    EXPECT_NE(decoder_.hostProcess(), host);
}

TEST_F(ChildDecoderTest, StopEndsTheDecoderAtOnceAndLeavesNothing) {
    ASSERT_TRUE(decoder_.open(recording("auto_loan_mono.flac")));
    const std::size_t before = openDescriptors();
    for (int round = 0; round < 20; ++round) {
        std::stop_source stop;
        auto source = decoder_.open(recording("auto_repairs_1.flac"), {}, stop.get_token());
        ASSERT_TRUE(source);
        stop.request_stop();
        SoundBlock block;
        const auto more = (*source)->read(block);
        ASSERT_FALSE(more);
        EXPECT_EQ(nameOf(more.error()), "SYS_STATE_STOPPED");
    }
    const pid_t host = decoder_.hostProcess();
    EXPECT_TRUE(soon([&] { return decodersOf(host).empty(); })) << "no zombie, no orphan";
    EXPECT_EQ(openDescriptors(), before);
    std::stop_source stopped;
    stopped.request_stop();
    EXPECT_FALSE(decoder_.open(recording("auto_loan_mono.flac"), {}, stopped.get_token()));
}

TEST_F(ChildDecoderTest, AStopWakesAReaderThatWaits) {
    auto source = decoder_.open(longRecording(folder_));
    ASSERT_TRUE(source);
    const auto decoders = decodersOf(decoder_.hostProcess());
    ASSERT_EQ(decoders.size(), 1U);
    source = tl::unexpected(Error{});
    std::stop_source stop;
    auto waiting = decoder_.open(longRecording(folder_), {}, stop.get_token());
    ASSERT_TRUE(waiting);
    ASSERT_TRUE(soon([&] { return decodersOf(decoder_.hostProcess()).size() == 1; }));
    ::kill(decodersOf(decoder_.hostProcess())[0], SIGSTOP);
    std::jthread later([&] {
        std::this_thread::sleep_for(200ms);
        stop.request_stop();
    });
    const auto began = std::chrono::steady_clock::now();
    const auto more = readToEnd(**waiting);
    ASSERT_FALSE(more);
    EXPECT_EQ(nameOf(more.error()), "SYS_STATE_STOPPED");
    EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
    waiting = tl::unexpected(Error{});
    EXPECT_TRUE(soon([&] { return decodersOf(decoder_.hostProcess()).empty(); }));
}

TEST_F(ChildDecoderTest, ASourceThatIsLeftEndsItsDecoder) {
    {
        auto source = decoder_.open(longRecording(folder_));
        ASSERT_TRUE(source);
        ASSERT_EQ(decodersOf(decoder_.hostProcess()).size(), 1U);
    }
    EXPECT_TRUE(soon([&] { return decodersOf(decoder_.hostProcess()).empty(); }));
}

TEST(DecoderLimits, ADecoderThatComesNoFurtherIsGivenUp) {
    const TemporaryFolder folder;
    DecodeLimits limits;
    limits.waitSeconds = 1;
    limits.waitPerSecond = 0;
    ChildDecoder decoder(decoderProgram(), limits);
    auto source = decoder.open(longRecording(folder));
    ASSERT_TRUE(source);
    ::kill(decodersOf(decoder.hostProcess())[0], SIGSTOP);
    const auto more = readToEnd(**source);
    ASSERT_FALSE(more);
    EXPECT_EQ(nameOf(more.error()), "AU_RES_DECODER_LIMIT");
    EXPECT_TRUE(soon([&] { return decodersOf(decoder.hostProcess()).empty(); }));
}

TEST(DecoderLimits, ProcessorTimeIsLimited) {
    const TemporaryFolder folder;
    DecodeLimits limits;
    limits.cpuSeconds = 1;
    ChildDecoder decoder(decoderProgram(), limits);
    auto source = decoder.open(longRecording(folder));
    ASSERT_TRUE(source);
    const auto more = readToEnd(**source);
    ASSERT_FALSE(more);
    EXPECT_EQ(nameOf(more.error()), "AU_RES_DECODER_LIMIT");
    EXPECT_EQ(more.error().cause, "signal 24");
}

TEST(DecoderLimits, MemoryIsLimited) {
    if (Sandbox::kForSanitizer) {
        GTEST_SKIP() << "the sanitizer needs the memory";
    }
    DecodeLimits limits;
    limits.memoryBytes = 8 << 20;  // less than the libraries' own data
    ChildDecoder decoder(decoderProgram(), limits);
    const auto source =
        decoder.open(recording("auto_repairs_1.flac"), {.blockFrames = kAnalysisRateHz * 60});
    ASSERT_FALSE(source);
    EXPECT_EQ(nameOf(source.error()), "AU_RES_DECODER_LIMIT");
}

TEST(DecoderHost, WithoutTheProgramNothingIsDecoded) {
    ChildDecoder decoder("/nowhere/chat-decode");
    const auto source = decoder.open(recording("auto_repairs_1.flac"));
    ASSERT_FALSE(source);
    EXPECT_EQ(nameOf(source.error()), "SYS_STATE_NO_DECODER");
    ChildDecoder other("/bin/true");
    const auto none = other.open(recording("auto_repairs_1.flac"));
    ASSERT_FALSE(none);
    EXPECT_TRUE(nameOf(none.error()) == "SYS_STATE_NO_DECODER" ||
                nameOf(none.error()) == "AU_STATE_DECODER_DIED");
}

TEST(DecoderHost, EndsWithTheObjectThatStartedIt) {
    pid_t host = -1;
    {
        ChildDecoder decoder;
        ASSERT_TRUE(decoder.open(recording("auto_loan_mono.flac")));
        host = decoder.hostProcess();
        ASSERT_GT(host, 0);
    }
    EXPECT_NE(::kill(host, 0), 0);
}

TEST(DecoderHost, ServesSeveralThreadsAtOnce) {
    ChildDecoder decoder;
    const auto expected = readAll(**openRecording(recording("auto_loan_mono.flac")));
    std::vector<std::jthread> threads;
    std::atomic<int> same = 0;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int round = 0; round < 5; ++round) {
                auto source = decoder.open(recording("auto_loan_mono.flac"));
                same += source && readAll(**source) == expected ? 1 : 0;
            }
        });
    }
    threads.clear();
    EXPECT_EQ(same, 20);
}

}  // namespace
}  // namespace chat::audio
