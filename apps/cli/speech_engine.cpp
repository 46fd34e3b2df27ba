#include "chat/transcribe/whisper_transcriber.h"

#include "work_options.h"

namespace chat::cli {

Result<std::unique_ptr<transcribe::Transcriber>> loadSpeechModel(const pipeline::SpeechModel& model,
                                                                 int replicas) {
    transcribe::WhisperOptions options;
    options.replicas = replicas;
    options.beam = model.beam;
    options.language = model.language;
    options.vocabulary = model.vocabulary;
    return transcribe::WhisperTranscriber::load(model.folder, options);
}

}  // namespace chat::cli
