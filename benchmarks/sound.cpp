// What benchmarks/sound measures: everything up to the silences of one recording, as `chat analyze
// --no-transcribe` does it, without the store and the report. Prints channel-seconds and silences.

#include "chat/audio/acoustics.h"

#include <algorithm>
#include <cstdio>
#include <vector>

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: bench_sound RECORDING\n");
        return 2;
    }
    auto source = chat::audio::openRecording(std::filesystem::path(argv[1]));
    if (!source) {
        std::fprintf(stderr, "%s\n", source.error().what.c_str());
        return 3;
    }
    const auto result = chat::audio::analyzeSound(**source);
    if (!result) {
        std::fprintf(stderr, "%s\n", result.error().what.c_str());
        return 3;
    }
    chat::Intervals speech;
    for (const auto& channel : result->activity) {
        speech.insert(speech.end(), channel.speech.begin(), channel.speech.end());
    }
    std::sort(speech.begin(), speech.end(), [](const auto& a, const auto& b) {
        return a.start < b.start;
    });
    chat::Seconds spokenUntil{0};
    int silences = 0;
    for (const auto& interval : speech) {
        silences += interval.start - spokenUntil >= chat::Seconds{1} ? 1 : 0;
        spokenUntil = std::max(spokenUntil, interval.end);
    }
    silences += result->duration - spokenUntil >= chat::Seconds{1} ? 1 : 0;
    std::printf("%.3f %d\n",
                result->duration.count() * static_cast<double>(result->activity.size()),
                silences);
    return 0;
}
