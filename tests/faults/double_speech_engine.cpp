// In the place of apps/cli/speech_engine.cpp: a program that is `chat` but for what it hears, which is the same each time and
// costs nothing.
#include "fakes/fake_transcriber.h"
#include "work_options.h"

namespace chat::cli {

Result<std::unique_ptr<transcribe::Transcriber>> loadSpeechModel(
    const pipeline::SpeechModel& /*model*/, int replicas) {
    return std::make_unique<tests::FakeTranscriber>(replicas);
}

}  // namespace chat::cli
