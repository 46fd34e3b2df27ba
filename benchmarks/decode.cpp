// Decodes recordings in this process and in processes that are shut in, by turns. Prints the seconds of each way, by the clock
// and of processor time, for one pass over all recordings.

#include "chat/audio/decode_child.h"

#include <sys/resource.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <span>

namespace {

using namespace chat;

double processorSeconds() {
    double sum = 0;
    for (const auto who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
        rusage used{};
        ::getrusage(who, &used);
        sum += static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
               static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    }
    return sum;
}

struct Cost {
    double wall = 0;
    double processor = 0;
};

/// Adds what `pass` takes.
template <typename Pass>
void measure(Cost& cost, const Pass& pass) {
    const auto began = std::chrono::steady_clock::now();
    const double before = processorSeconds();
    pass();
    cost.wall += Seconds(std::chrono::steady_clock::now() - began).count();
    cost.processor += processorSeconds() - before;
}

void readAll(Result<std::unique_ptr<audio::BlockSource>> source) {
    audio::SoundBlock block;
    auto more = source ? (*source)->read(block) : Result<bool>(tl::unexpected(source.error()));
    while (more && *more) {
        more = (*source)->read(block);
    }
    if (!more) {
        std::fprintf(stderr, "%s\n", more.error().what.c_str());
        std::exit(1);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fprintf(stderr, "usage: bench_decode PASSES RECORDING...\n");
        return 2;
    }
    const int passes = std::atoi(argv[1]);
    const std::span paths(argv + 2, argv + argc);
    Cost here;
    Cost apart;
    for (int i = 0; i < passes; ++i) {
        measure(here, [&] {
            for (const char* path : paths) {
                readAll(audio::openRecording(path));
            }
        });
        // The host's start and end are part of it.
        measure(apart, [&] {
            audio::ChildDecoder decoder;
            for (const char* path : paths) {
                readAll(decoder.open(path));
            }
        });
    }
    for (const Cost& cost : {here, apart}) {
        std::printf("%.6f %.6f\n", cost.wall / passes, cost.processor / passes);
    }
    return 0;
}
