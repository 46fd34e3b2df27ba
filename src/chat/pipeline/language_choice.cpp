#include "chat/pipeline/language_choice.h"

#include <algorithm>
#include <utility>

namespace chat::pipeline {

namespace {

/// Both parties of a dual call, and past a greeting that is in two languages.
constexpr std::size_t kWindows = 4;

}  // namespace

LanguageChoice::LanguageChoice(const transcribe::Transcriber& transcriber,
                               const WindowSink& next,
                               std::string known)
    : transcriber_(transcriber)
    , next_(next)
    , language_(std::move(known)) {}

bool LanguageChoice::take(transcribe::SpeechWindow window) {
    if (!language_.empty()) {
        window.language = language_;
        return next_(std::move(window));
    }
    waiting_.push_back(std::move(window));
    return waiting_.size() < kWindows || decide();
}

Status LanguageChoice::finish() {
    if (status_ && language_.empty() && !waiting_.empty()) {
        static_cast<void>(decide());
    }
    return status_;
}

bool LanguageChoice::decide() {
    std::map<std::string, double> spoken;  // seconds, shared out by probability
    for (transcribe::SpeechWindow& window : waiting_) {
        const auto languages = transcriber_.languages(window);
        if (!languages) {
            status_ = tl::unexpected(languages.error());
            return false;
        }
        for (const auto& [language, probability] : *languages) {
            spoken[language] += probability * window.plan.length().count();
        }
    }
    language_ = std::ranges::max_element(spoken, {}, [](const auto& language) {
                    return language.second;
                })->first;
    for (transcribe::SpeechWindow& window : waiting_) {
        window.language = language_;
        if (!next_(std::move(window))) {
            return false;
        }
    }
    waiting_.clear();
    return true;
}

}  // namespace chat::pipeline
