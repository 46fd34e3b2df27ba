#pragma once

#include "chat/transcribe/transcriber.h"

#include <atomic>
#include <functional>

namespace chat::tests {

/// Hears one word at the start of each stretch of speech, or whatever `answer` gives. Any thread.
class FakeTranscriber final : public transcribe::Transcriber {
  public:
    using Answer =
        std::function<Result<transcribe::WindowTranscript>(const transcribe::SpeechWindow&)>;

    explicit FakeTranscriber(int replicas = 2, Answer answer = {})
        : replicas_(replicas)
        , answer_(std::move(answer)) {}

    [[nodiscard]] Result<transcribe::WindowTranscript> transcribe(
        const transcribe::SpeechWindow& window, std::stop_token) const override {
        ++windows;
        if (answer_) {
            return answer_(window);
        }
        transcribe::WindowTranscript transcript;
        transcript.language = window.language.empty() ? "en" : window.language;
        for (const Interval& speech : window.plan.speech) {
            const Seconds start = window.plan.toWindow(speech.start);
            transcript.words.push_back({"word", start, start + Seconds{0.1}, 0.9});
        }
        return transcript;
    }
    [[nodiscard]] Result<std::map<std::string, double>> languages(
        transcribe::SpeechWindow& window) const override {
        return language ? language(window) : std::map<std::string, double>{{"en", 1.0}};
    }
    [[nodiscard]] int replicas() const override { return replicas_; }

    mutable std::atomic<int> windows = 0;
    std::function<std::map<std::string, double>(const transcribe::SpeechWindow&)> language;

  private:
    int replicas_;
    Answer answer_;
};

}  // namespace chat::tests
