// What every Transcriber keeps, whatever is behind it.

#include "chat/audio/acoustics.h"
#include "chat/audio/decoder.h"
#include "chat/transcribe/transcriber.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <thread>

#include "fakes/fake_transcriber.h"
#ifdef CHAT_SPEECH_ENGINE
#include "chat/transcribe/installed_models.h"
#include "chat/transcribe/whisper_transcriber.h"
#endif

namespace chat::transcribe {
namespace {

struct Implementation {
    std::string name;
    std::function<std::unique_ptr<Transcriber>()> make;
};

void PrintTo(const Implementation& implementation, std::ostream* out) {
    *out << implementation.name;
}

/// The first windows of a real call.
const std::vector<SpeechWindow>& realWindows() {
    static const std::vector<SpeechWindow> kWindows = [] {
        const std::string path = CHAT_SOURCE_DIR "/demo/recordings/add_service_44k.m4a";
        const auto sound =
            audio::analyzeSound(**audio::openRecording(std::filesystem::path(path))).value();
        WindowGatherer gatherer(
            planWindows(sound.activity[0], 0, sound.duration, {.longest = Seconds{12}}));
        std::vector<SpeechWindow> windows;
        const auto source = audio::openRecording(std::filesystem::path(path)).value();
        audio::SoundBlock block;
        while (source->read(block).value()) {
            for (SpeechWindow& window : gatherer.add(block.channels[0])) {
                windows.push_back(std::move(window));
            }
        }
        for (SpeechWindow& window : gatherer.finish()) {
            windows.push_back(std::move(window));
        }
        return windows;
    }();
    return kWindows;
}

bool same(const WindowTranscript& a, const WindowTranscript& b) {
    return std::ranges::equal(a.words, b.words, [](const Word& x, const Word& y) {
        return x.text == y.text && x.start == y.start && x.end == y.end &&
               x.probability == y.probability;
    });
}

class TranscriberContract : public testing::TestWithParam<Implementation> {
  protected:
    std::unique_ptr<Transcriber> transcriber_ = GetParam().make();
};

TEST_P(TranscriberContract, GivesWordsInOrderInsideTheWindow) {
    ASSERT_GE(realWindows().size(), 2U);
    for (const SpeechWindow& window : realWindows()) {
        const auto heard = transcriber_->transcribe(window);
        ASSERT_TRUE(heard) << heard.error().what;
        EXPECT_FALSE(heard->words.empty());
        Seconds before{0};
        for (const Word& word : heard->words) {
            EXPECT_FALSE(word.text.empty());
            EXPECT_EQ(word.text.find(' '), std::string::npos);
            EXPECT_GE(word.start, before);
            EXPECT_GE(word.end, word.start);
            EXPECT_LE(word.end, window.plan.length() + Seconds{0.25});
            EXPECT_GE(word.probability, 0);
            EXPECT_LE(word.probability, 1);
            before = word.start;
        }
    }
}

TEST_P(TranscriberContract, AWindowWithoutSoundHasNoWords) {
    const auto heard = transcriber_->transcribe(SpeechWindow{});
    ASSERT_TRUE(heard);
    EXPECT_TRUE(heard->words.empty());
}

TEST_P(TranscriberContract, TheResultDependsOnTheWindowAlone) {
    const auto& windows = realWindows();
    std::vector<WindowTranscript> alone;
    for (const SpeechWindow& window : windows) {
        alone.push_back(transcriber_->transcribe(window).value());
    }
    std::vector<WindowTranscript> together(windows.size());
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < windows.size(); ++i) {
            threads.emplace_back(
                [&, i] { together[i] = transcriber_->transcribe(windows[i]).value(); });
        }
    }
    for (std::size_t i = 0; i < windows.size(); ++i) {
        EXPECT_TRUE(same(alone[i], together[i])) << "window " << i;
    }
}

TEST_P(TranscriberContract, TellsHowLikelyEachLanguageIs) {
    SpeechWindow window = realWindows().front();
    const auto languages = transcriber_->languages(window);
    ASSERT_TRUE(languages) << languages.error().what;
    ASSERT_FALSE(languages->empty());
    double sum = 0;
    for (const auto& [language, probability] : *languages) {
        EXPECT_FALSE(language.empty());
        EXPECT_GE(probability, 0);
        sum += probability;
    }
    EXPECT_NEAR(sum, 1, 0.01);
    EXPECT_GT(languages->at("en"), 0.5);
}

TEST_P(TranscriberContract, AWindowWhoseLanguageWasAskedIsHeardAsAnyOther) {
    SpeechWindow asked = realWindows().front();
    ASSERT_TRUE(transcriber_->languages(asked));
    EXPECT_TRUE(same(transcriber_->transcribe(asked).value(),
                     transcriber_->transcribe(realWindows().front()).value()));
}

std::vector<Implementation> implementations() {
    std::vector<Implementation> all{
        {"Fake", [] { return std::make_unique<tests::FakeTranscriber>(); }}};
#ifdef CHAT_SPEECH_ENGINE
    for (const char* model : {"tiny.en", "base"}) {
        all.push_back(
            {model == std::string("base") ? "WhisperBase" : "WhisperTinyEnglish",
             [model] { return WhisperTranscriber::load(modelsFolder() / model).value(); }});
    }
#endif
    return all;
}

INSTANTIATE_TEST_SUITE_P(Every,
                         TranscriberContract,
                         testing::ValuesIn(implementations()),
                         [](const auto& of) { return of.param.name; });

}  // namespace
}  // namespace chat::transcribe
