// What benchmarks/vad measures of ours: the detector over a file of 32-bit floats at 16 kHz, on one thread.
// Prints the seconds of the second of two passes; writes the probabilities.

#include "chat/audio/speech_detector.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <vector>

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: bench_vad SOUND.f32 PROBABILITIES.f32\n");
        return 2;
    }
    std::vector<float> sound(std::filesystem::file_size(argv[1]) / sizeof(float));
    std::ifstream(argv[1], std::ios::binary)
        .read(reinterpret_cast<char*>(sound.data()),
              static_cast<std::streamsize>(sound.size() * sizeof(float)));
    auto detector = chat::audio::makeSileroDetector();
    if (!detector) {
        std::fprintf(stderr, "%s\n", detector.error().what.c_str());
        return 3;
    }
    std::vector<float> probabilities;
    double seconds = 0;
    for (int pass = 0; pass < 2; ++pass) {
        probabilities.clear();
        const auto started = std::chrono::steady_clock::now();
        (*detector)->add(sound, probabilities);
        (*detector)->finish(probabilities);
        seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    }
    std::ofstream(argv[2], std::ios::binary)
        .write(reinterpret_cast<const char*>(probabilities.data()),
               static_cast<std::streamsize>(probabilities.size() * sizeof(float)));
    std::printf("%.6f\n", seconds);
    return 0;
}
