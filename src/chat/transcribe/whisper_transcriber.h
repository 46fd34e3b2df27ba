#pragma once

#include "chat/transcribe/judge.h"
#include "chat/transcribe/transcriber.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace chat::transcribe {

struct WhisperOptions {
    int replicas = 2;             ///< windows worked on at the same time, one thread each; 1..64
    int beam = 5;                 ///< 1 is greedy and fastest; 1..20
    std::string language = "en";  ///< ISO 639-1, or "auto": found for each window that does not say
    /// Names to expect; as many as `vocabularyPrompt` takes. A text that is not believed is decoded
    /// again without them.
    // NOLINTNEXTLINE(readability-redundant-member-init): may be left out
    std::vector<std::string> vocabulary{};
    /// A text beyond these is decoded once more with repetition made costly. If that does not help, loops are cut
    /// to one repeat (`cutLoops`), and a text that is still beyond is left out; each with a warning.
    JudgeLimits limits{};
};

/// Whisper on CTranslate2, int8, on the CPU. Only in builds with CHAT_SPEECH_ENGINE.
class WhisperTranscriber final : public Transcriber {
  public:
    /// Loads the model in `folder` (model.bin, config.json, vocabulary.txt or vocabulary.json); about a
    /// second for base. The weights exist once, however many replicas there are. Checks the files
    /// before the engine parses them; whether they are the pinned ones is the caller's to check.
    /// Errors: TR_DATA_MODEL_MISSING, TR_DATA_MODEL_INCOMPLETE, TR_FMT_MODEL_FOREIGN,
    /// CFG_VAL_SETTING (an option out of range, a language that the model does not know),
    /// TR_RES_MEMORY_ERROR.
    [[nodiscard]] static Result<std::unique_ptr<WhisperTranscriber>> load(
        const std::filesystem::path& folder, const WhisperOptions& options = {});

    ~WhisperTranscriber() override;
    WhisperTranscriber(const WhisperTranscriber&) = delete;
    WhisperTranscriber& operator=(const WhisperTranscriber&) = delete;
    WhisperTranscriber(WhisperTranscriber&&) = delete;
    WhisperTranscriber& operator=(WhisperTranscriber&&) = delete;

    [[nodiscard]] Result<WindowTranscript> transcribe(const SpeechWindow& window,
                                                      std::stop_token stop = {}) const override;
    [[nodiscard]] std::vector<Result<WindowTranscript>> transcribeTogether(
        std::span<const SpeechWindow> windows, const std::stop_token& stop = {}) const override;
    [[nodiscard]] Result<std::map<std::string, double>> languages(
        SpeechWindow& window) const override;
    [[nodiscard]] int replicas() const override;

  private:
    class Engine;
    explicit WhisperTranscriber(std::unique_ptr<Engine> engine);
    std::unique_ptr<Engine> engine_;
};

}  // namespace chat::transcribe
