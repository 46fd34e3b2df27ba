// What benchmarks/speech measures: recordings to placed words, as `chat analyze` does it, without the
// store and the report. Prints one JSON object.

#include "chat/audio/acoustics.h"
#include "chat/audio/decoder.h"
#include "chat/transcribe/whisper_transcriber.h"
#include "chat/transcribe/words.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <thread>
#include <vector>

namespace {

using namespace chat;

double secondsSince(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

[[noreturn]] void giveUp(const Error& error) {
    std::fprintf(stderr, "%s %s\n", error.what.c_str(), error.cause.c_str());
    std::exit(3);  // NOLINT(concurrency-mt-unsafe): no other thread runs yet or any more
}

/// The windows of one recording: once through for the speech, once more for its samples.
void gather(const std::filesystem::path& path, std::vector<transcribe::SpeechWindow>& windows) {
    auto source = audio::openRecording(path);
    const auto sound = source ? audio::analyzeSound(**source) : tl::unexpected(source.error());
    source = audio::openRecording(path);
    if (!sound || !source) {
        giveUp(!sound ? sound.error() : source.error());
    }
    const std::size_t channels = sound->duplicatedChannels ? 1 : sound->activity.size();
    std::vector<transcribe::WindowGatherer> gatherers;
    for (std::size_t i = 0; i < channels; ++i) {
        gatherers.emplace_back(
            transcribe::planWindows(sound->activity[i], static_cast<int>(i), sound->duration));
    }
    const auto keep = [&windows](std::vector<transcribe::SpeechWindow> more) {
        std::move(more.begin(), more.end(), std::back_inserter(windows));
    };
    audio::SoundBlock block;
    while ((*source)->read(block).value_or(false)) {
        for (std::size_t i = 0; i < channels; ++i) {
            keep(gatherers[i].add(block.channels[i]));
        }
    }
    for (transcribe::WindowGatherer& gatherer : gatherers) {
        keep(gatherer.finish());
    }
}

double at(const std::vector<double>& sorted, double share) {
    return sorted.empty()
               ? 0
               : sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5) {
        std::fprintf(stderr, "usage: bench_speech MODEL-FOLDER BEAM REPLICAS RECORDING...\n");
        return 2;
    }
    const int replicas = std::atoi(argv[3]);
    auto start = std::chrono::steady_clock::now();
    const auto transcriber = transcribe::WhisperTranscriber::load(
        argv[1], {.replicas = replicas, .beam = std::atoi(argv[2])});
    if (!transcriber) {
        giveUp(transcriber.error());
    }
    const double load = secondsSince(start);

    start = std::chrono::steady_clock::now();
    std::vector<transcribe::SpeechWindow> windows;
    for (int i = 4; i < argc; ++i) {
        gather(argv[i], windows);
    }
    const double sound = secondsSince(start);
    std::vector<transcribe::PlacedWords> placed(windows.size());
    std::atomic<std::size_t> next{0};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < replicas; ++i) {
            threads.emplace_back([&] {
                constexpr std::size_t kTogether = transcribe::kWindowsTogether;
                for (std::size_t w = next.fetch_add(kTogether); w < windows.size();
                     w = next.fetch_add(kTogether)) {
                    const std::span together(&windows[w], std::min(kTogether, windows.size() - w));
                    const auto transcripts = (*transcriber)->transcribeTogether(together);
                    for (std::size_t k = 0; k < together.size(); ++k) {
                        placed[w + k] = transcribe::placeWords(
                            together[k].plan,
                            transcripts[k].value_or(transcribe::WindowTranscript{}));
                    }
                }
            });
        }
    }
    const double run = secondsSince(start);

    transcribe::HoldStatistics held;
    std::size_t warnings = 0;
    for (const transcribe::PlacedWords& words : placed) {
        held.add(words.statistics);
        warnings += words.warnings.size();
    }
    std::sort(held.edgeErrors.begin(), held.edgeErrors.end());
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::printf(
        R"({"load": %.3f, "sound": %.3f, "run": %.3f, "memoryMiB": %ld, "windows": %zu, )"
        R"("words": %d, "warnings": %zu, "edges": %zu, "edgeMedian": %.3f, "edgeP90": %.3f, )"
        R"("moved": %d, "dropped": %d})"
        "\n",
        load,
        sound,
        run,
        usage.ru_maxrss / 1024,
        windows.size(),
        held.words,
        warnings,
        held.edgeErrors.size(),
        at(held.edgeErrors, 0.5),
        at(held.edgeErrors, 0.9),
        held.moved,
        held.dropped);
    return 0;
}
