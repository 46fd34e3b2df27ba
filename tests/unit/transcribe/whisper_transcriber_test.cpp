#include "chat/transcribe/whisper_transcriber.h"

#include "chat/audio/decoder.h"
#include "chat/core/files.h"
#include "chat/core/text.h"
#include "chat/transcribe/words.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <thread>

#include "fakes/temporary_folder.h"

namespace chat::transcribe {
namespace {

std::filesystem::path models() {
    const char* set =
        std::getenv("CHAT_MODELS");  // NOLINT(concurrency-mt-unsafe): before any thread
    return set != nullptr ? std::filesystem::path(set) : cacheFolder() / "models";
}

/// The first channel of a recording that ships, at 16 kHz.
std::vector<float> soundOf(const std::string& name) {
    auto source =
        audio::openRecording(std::filesystem::path(CHAT_SOURCE_DIR "/demo/recordings/") / name);
    std::vector<float> sound;
    if (!source) {
        ADD_FAILURE() << source.error().what;
        return sound;
    }
    audio::SoundBlock block;
    while ((*source)->read(block).value_or(false)) {
        sound.insert(sound.end(), block.channels[0].begin(), block.channels[0].end());
    }
    return sound;
}

/// Two windows of auto_loan_mono, where speech was marked by hand and eye.
std::vector<SpeechWindow> loanWindows() {
    const std::vector<float> sound = soundOf("auto_loan_mono.flac");
    ChannelActivity activity;
    for (const auto& [start, end] : {std::pair{0.5, 19.0}, std::pair{19.4, 37.7}}) {
        activity.speech.push_back({Seconds(start), Seconds(end)});
    }
    WindowGatherer gatherer(
        planWindows(activity, 0, Seconds(static_cast<double>(sound.size()) / kAnalysisRateHz)));
    std::vector<SpeechWindow> windows = gatherer.add(sound);
    for (SpeechWindow& window : gatherer.finish()) {
        windows.push_back(std::move(window));
    }
    return windows;
}

std::vector<Word> wordsOf(const WhisperTranscriber& transcriber,
                          const std::vector<SpeechWindow>& windows) {
    std::vector<Result<WindowTranscript>> transcripts(windows.size(), WindowTranscript{});
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < windows.size(); ++i) {
            threads.emplace_back([&, i] { transcripts[i] = transcriber.transcribe(windows[i]); });
        }
    }
    std::vector<Word> words;
    for (std::size_t i = 0; i < windows.size(); ++i) {
        EXPECT_TRUE(transcripts[i]);
        const PlacedWords placed = placeWords(windows[i].plan, *transcripts[i]);
        words.insert(words.end(), placed.words.begin(), placed.words.end());
    }
    return words;
}

bool equal(const std::vector<Word>& a, const std::vector<Word>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Word& x, const Word& y) {
        return x.text == y.text && x.start == y.start && x.end == y.end &&
               x.probability == y.probability;
    });
}

std::unique_ptr<WhisperTranscriber> load(const WhisperOptions& options) {
    auto transcriber = WhisperTranscriber::load(models() / "tiny.en", options);
    EXPECT_TRUE(transcriber) << transcriber.error().what;
    return transcriber ? std::move(*transcriber) : nullptr;
}

TEST(WhisperTranscriber, HearsInTwoWindowsTogetherWhatItHearsInEachAlone) {
    const auto transcriber = load({});
    ASSERT_NE(transcriber, nullptr);
    std::vector<SpeechWindow> windows = loanWindows();
    ASSERT_EQ(windows.size(), 2U);
    const auto together = transcriber->transcribeTogether(windows);
    ASSERT_EQ(together.size(), 2U);
    for (std::size_t i = 0; i < windows.size(); ++i) {
        const auto alone = transcriber->transcribe(windows[i]);
        ASSERT_TRUE(alone && together[i]);
        EXPECT_FALSE(alone->words.empty());
        EXPECT_TRUE(equal(together[i]->words, alone->words));
    }

    // One that cannot be heard does not take the other with it.
    windows[0].samples[0] = std::numeric_limits<float>::infinity();
    const auto one = transcriber->transcribeTogether(windows);
    EXPECT_EQ(one[0].error().code, ErrorCode::TrFmtInvalidAudio);
    EXPECT_TRUE(one[1] && equal(one[1]->words, together[1]->words));
}

TEST(WhisperTranscriber, HearsTheWordsWhereTheyAreSpoken) {
    const auto transcriber = load({});
    ASSERT_NE(transcriber, nullptr);
    const std::vector<Word> words = wordsOf(*transcriber, loanWindows());
    struct Expected {
        const char* text;
        double start;
    };
    std::size_t from = 0;
    for (const Expected& expected : {Expected{"dave", 1.28},
                                     Expected{"application", 4.54},
                                     Expected{"happy", 9.56},
                                     Expected{"vehicle", 14.52},
                                     Expected{"individual", 17.08},
                                     Expected{"occasion", 22.12},
                                     Expected{"sufficient", 32.9},
                                     Expected{"fees", 36.3}}) {
        while (from < words.size() &&
               lowerAscii(words[from].text).find(expected.text) == std::string::npos) {
            ++from;
        }
        ASSERT_LT(from, words.size()) << expected.text << " was not heard, or not in order";
        EXPECT_NEAR(words[from].start.count(), expected.start, 0.3) << expected.text;
        EXPECT_GT(words[from].probability, 0.3) << expected.text;
        EXPECT_LE(words[from].probability, 1.0) << expected.text;
    }
}

TEST(WhisperTranscriber, EqualRunsGiveEqualWordsWhateverRunsBeside) {
    const std::vector<SpeechWindow> windows = loanWindows();
    const auto one = load({.replicas = 1});
    const auto two = load({.replicas = 2});
    ASSERT_NE(one, nullptr);
    ASSERT_NE(two, nullptr);
    EXPECT_EQ(two->replicas(), 2);
    const std::vector<Word> words = wordsOf(*one, windows);
    EXPECT_GT(words.size(), 40U);
    EXPECT_TRUE(equal(words, wordsOf(*one, windows)));
    EXPECT_TRUE(equal(words, wordsOf(*two, windows)));
}

TEST(WhisperTranscriber, WritesNothingIntoNoiseOrALoop) {
    const auto transcriber = load({});
    ASSERT_NE(transcriber, nullptr);
    SpeechWindow window;
    window.plan.channel = 1;
    window.plan.speech = {{Seconds(5), Seconds(25)}};
    window.plan.pieces = {{{Seconds(5), Seconds(25)}, Seconds(0)}};
    std::uint32_t state = 1;
    for (int i = 0; i < 20 * kAnalysisRateHz; ++i) {
        state = state * 1664525U + 1013904223U;
        window.samples.push_back(static_cast<float>(state >> 16U) / 655'360.0F);
    }
    const Result<WindowTranscript> transcript = transcriber->transcribe(window);
    ASSERT_TRUE(transcript);
    EXPECT_LE(transcript->words.size(), 3U);
    for (const Warning& warning : transcript->warnings) {
        EXPECT_EQ(warning.where, window.plan.extent());
        EXPECT_EQ(warning.channel, 1);
    }
}

TEST(WhisperTranscriber, LimitsThatNothingMeetsLeaveAWarningInsteadOfWords) {
    const std::vector<SpeechWindow> windows = loanWindows();
    const auto unsure = load({.limits = {.minLogProbability = 0}});
    const auto repeated = load({.limits = {.maxCompressionRatio = 0.1}});
    ASSERT_NE(unsure, nullptr);
    ASSERT_NE(repeated, nullptr);
    for (const auto& [transcriber, code] :
         {std::pair{unsure.get(), ErrorCode::TrDataLowConfidence},
          std::pair{repeated.get(), ErrorCode::TrDataRepetition}}) {
        const Result<WindowTranscript> transcript = transcriber->transcribe(windows[0]);
        ASSERT_TRUE(transcript);
        EXPECT_TRUE(transcript->words.empty());
        ASSERT_EQ(transcript->warnings.size(), 1U);
        EXPECT_EQ(transcript->warnings[0].code, code);
        EXPECT_EQ(transcript->warnings[0].where, windows[0].plan.extent());
    }
}

TEST(WhisperTranscriber, StopsAndRefusesBadSound) {
    const auto transcriber = load({.replicas = 1, .beam = 1});
    ASSERT_NE(transcriber, nullptr);
    EXPECT_TRUE(transcriber->transcribe({})->words.empty());
    SpeechWindow window;
    window.samples.assign(100, 0.0F);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(transcriber->transcribe(window, stop.get_token()).error().code,
              ErrorCode::SysStateStopped);
    EXPECT_TRUE(transcriber->transcribe(window));
    window.samples[50] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(transcriber->transcribe(window).error().code, ErrorCode::TrFmtInvalidAudio);
    window.samples.assign(480'001, 0.0F);
    EXPECT_EQ(transcriber->transcribe(window).error().code, ErrorCode::TrFmtInvalidAudio);
}

TEST(WhisperTranscriber, RefusesOptionsOutOfRange) {
    for (const WhisperOptions& options : {WhisperOptions{.replicas = 0},
                                          WhisperOptions{.beam = 0},
                                          WhisperOptions{.beam = 21},
                                          WhisperOptions{.language = "es"},
                                          WhisperOptions{.language = "auto"}}) {
        const auto transcriber = WhisperTranscriber::load(models() / "tiny.en", options);
        ASSERT_FALSE(transcriber);
        EXPECT_EQ(transcriber.error().code, ErrorCode::CfgValSetting);
    }
}

TEST(WhisperTranscriber, RefusesCutAndForeignModels) {
    const tests::TemporaryFolder folder;
    const std::filesystem::path model = models() / "tiny.en";
    for (const char* name : {"config.json", "vocabulary.txt"}) {
        std::filesystem::copy(model / name, folder.path() / name);
    }
    const auto codeWith = [&folder](std::string_view modelBin) {
        (void)folder.file("model.bin", modelBin);
        const auto transcriber = WhisperTranscriber::load(folder.path());
        return transcriber ? ErrorCode::SysUnkGenericError : transcriber.error().code;
    };
    std::string start(1'000'000, '\0');
    std::ifstream(model / "model.bin", std::ios::binary)
        .read(start.data(), static_cast<std::streamsize>(start.size()));
    EXPECT_EQ(codeWith(start), ErrorCode::TrDataModelIncomplete);
    EXPECT_EQ(codeWith("GGML, but not for this engine"), ErrorCode::TrFmtModelForeign);
    EXPECT_EQ(WhisperTranscriber::load(folder.path() / "none").error().code,
              ErrorCode::TrDataModelMissing);
    std::filesystem::remove(folder.path() / "model.bin");
    EXPECT_EQ(WhisperTranscriber::load(folder.path()).error().code,
              ErrorCode::TrDataModelIncomplete);
}

TEST(WhisperTranscriber, RefusesTheVocabularyOfAnotherModel) {
    const tests::TemporaryFolder folder;
    for (const char* name : {"config.json", "model.bin"}) {
        std::filesystem::create_symlink(models() / "tiny.en" / name, folder.path() / name);
    }
    std::ifstream vocabulary(models() / "tiny.en" / "vocabulary.txt");
    (void)folder.file("vocabulary.txt",
                      "one-more\n" + std::string(std::istreambuf_iterator<char>(vocabulary), {}));
    EXPECT_EQ(WhisperTranscriber::load(folder.path()).error().code, ErrorCode::TrFmtModelForeign);
}

}  // namespace
}  // namespace chat::transcribe
