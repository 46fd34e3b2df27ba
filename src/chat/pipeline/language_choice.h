#pragma once

#include "chat/pipeline/sound_stage.h"
#include "chat/transcribe/transcriber.h"

#include <map>
#include <string>
#include <vector>

namespace chat::pipeline {

/// Finds the language of a call once, from its first windows, and passes all of them on in it: found
/// for each window by itself, a name or a greeting would turn a stretch of the call into another language.
/// Holds four windows at most. For one thread.
///
/// `known`: the language in which windows of the call were heard before; empty: none were.
class LanguageChoice {
  public:
    LanguageChoice(const transcribe::Transcriber& transcriber,
                   const WindowSink& next,
                   std::string known);

    /// As WindowSink; false too when the language could not be found, which `finish` tells.
    [[nodiscard]] bool take(transcribe::SpeechWindow window);

    /// No further window comes. Errors: those of `Transcriber::languages`.
    [[nodiscard]] Status finish();

  private:
    [[nodiscard]] bool decide();

    const transcribe::Transcriber& transcriber_;
    const WindowSink& next_;
    std::vector<transcribe::SpeechWindow> waiting_;
    std::string language_;  ///< empty until decided
    Status status_;
};

}  // namespace chat::pipeline
