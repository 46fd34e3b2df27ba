// Two hundred short calls with a transcriber that answers at once: what the queue, the sound stage, the store and the
// report cost beside the speech model. Prints seconds.

#include "chat/core/clock.h"
#include "chat/pipeline/analyze_run.h"

#include <cstdio>
#include <filesystem>

#include "fakes/fake_transcriber.h"

namespace {

class Silent final : public chat::pipeline::RunObserver {
  public:
    void listed(const std::vector<std::uint64_t>&) override {}
    void gathering(const std::filesystem::path&) override {}
    void working(std::size_t, const std::string&, std::string_view, double) override {}
    void ended(std::size_t, const chat::pipeline::CallOutcome&) override {}
};

}  // namespace

int main(int argc, char** argv) {
    using namespace chat;
    if (argc != 3) {
        std::fprintf(stderr, "usage: bench_calls RECORDINGS WORK\n");
        return 2;
    }
    const std::filesystem::path work = argv[2];
    pipeline::RunSettings settings;
    settings.paths = {argv[1]};
    settings.storeFile = work / "store.sqlite";
    settings.logFolder = work / "log";
    settings.reportFolder = work / "report";
    settings.audio = pipeline::AudioMode::None;
    pipeline::SpeechModel model;
    model.name = "double";
    model.fingerprint = "double";
    model.load = []() -> Result<std::unique_ptr<transcribe::Transcriber>> {
        return std::make_unique<tests::FakeTranscriber>(2);
    };
    settings.model = model;
    Silent silent;
    const SystemClock clock;
    const auto outcome = pipeline::analyzeRecordings(settings, silent, clock, {});
    if (!outcome || outcome->validation.analyzed != outcome->calls.size()) {
        std::fprintf(stderr, "the run failed\n");
        return 1;
    }
    std::printf("%zu calls %.3f s\n", outcome->calls.size(), outcome->facts.elapsed.count());
    for (const report::StageTiming& timing : outcome->facts.timings) {
        std::printf("  %-10s %7.3f s\n", timing.stage.c_str(), timing.wall.count());
    }
    return 0;
}
