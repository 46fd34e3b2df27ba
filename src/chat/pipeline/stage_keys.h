#pragma once

#include "chat/core/recording.h"
#include "chat/pipeline/analyze_run.h"
#include "chat/store/inspection.h"
#include "chat/store/result_store.h"

#include <string>

namespace chat::pipeline {

/// The keys under which a recording's results are stored: what each stage reads, and nothing else, so
/// that a new pattern never costs a transcription.
[[nodiscard]] store::StageKey acousticKey(const std::string& recording,
                                          const std::string& extension);
[[nodiscard]] store::StageKey transcriptKey(const std::string& recording,
                                            const AcousticResult& sound,
                                            const SpeechModel& model);
[[nodiscard]] store::StageKey analysisKey(const store::StageKey& sound,
                                          const std::optional<store::StageKey>& words,
                                          const CallSettings& settings);

/// The versions of the stages' code in this program.
[[nodiscard]] store::StageVersions stageVersions();

}  // namespace chat::pipeline
