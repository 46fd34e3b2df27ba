#include "chat/pipeline/word_stage.h"

#include <algorithm>

namespace chat::pipeline {

Transcript joinWindows(const std::vector<CallJob::HeardWindow>& heard,
                       const AcousticResult& sound,
                       const SpeechModel& model) {
    std::vector<const CallJob::HeardWindow*> ordered;
    ordered.reserve(heard.size());
    for (const CallJob::HeardWindow& window : heard) {
        ordered.push_back(&window);
    }
    // Windows end in any order; what they say must not depend on it.
    std::ranges::sort(ordered, {}, [](const CallJob::HeardWindow* window) {
        return std::pair(window->plan.channel, window->plan.extent().start);
    });
    Transcript transcript;
    transcript.model = model.name;
    transcript.channels.resize(sound.duplicatedChannels ? 1 : sound.activity.size());
    // One for the whole call; without speech there is none.
    transcript.language = model.language == "auto" ? "" : model.language;
    for (const CallJob::HeardWindow* window : ordered) {
        transcribe::PlacedWords placed = transcribe::placeWords(window->plan, window->transcript);
        auto& words = transcript.channels[static_cast<std::size_t>(window->plan.channel)].words;
        std::ranges::move(placed.words, std::back_inserter(words));
        std::ranges::move(placed.warnings, std::back_inserter(transcript.warnings));
        transcript.language = window->transcript.language;
    }
    return transcript;
}

Transcript keptWindow(const transcribe::WindowTranscript& heard) {
    return {"", heard.language, {{heard.words}}, heard.warnings};
}

transcribe::WindowTranscript heardWindow(Transcript kept) {
    transcribe::WindowTranscript heard;
    if (!kept.channels.empty()) {
        heard.words = std::move(kept.channels.front().words);
    }
    heard.warnings = std::move(kept.warnings);
    heard.language = std::move(kept.language);
    return heard;
}

}  // namespace chat::pipeline
