#include "chat/transcribe/whisper_transcriber.h"

#include "chat/transcribe/log_mel.h"
#include "chat/transcribe/loops.h"
#include "chat/transcribe/model_check.h"
#include "chat/transcribe/tokenizer.h"
#include "chat/transcribe/vocabulary.h"

#include <ctranslate2/models/whisper.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace chat::transcribe {

namespace {

using ctranslate2::StorageView;
using ctranslate2::models::Model;
using ctranslate2::models::WhisperAlignmentResult;
using ctranslate2::models::WhisperGenerationResult;
using ctranslate2::models::WhisperReplica;

/// Nobody speaks faster; a text that reaches this is a loop, and stopping it there saves its time.
constexpr double kMostTokensPerSecond = 12;
constexpr std::size_t kLeastTokens = 24;
constexpr std::size_t kMostTokens = 224;
/// Of the second attempt.
constexpr float kRepetitionPenalty = 1.1F;
constexpr std::size_t kNoRepeatedTokens = 4;
/// Of openai/whisper's word times.
constexpr int kMedianFilter = 7;
constexpr double kSecondsPerFrame = 0.02;

struct Decoded {
    std::vector<std::size_t> tokens;
    std::string text;
    Verdict verdict = Verdict::Heard;
    double logProbability = 0;  ///< mean over the tokens
    double noSpeech = 0;
    std::vector<CutText::Kept> loops;  ///< that were cut; what is left of them
};

Result<std::shared_ptr<const Model>> loadModel(const std::filesystem::path& folder) {
    try {
        return Model::load(
            folder.string(), ctranslate2::Device::CPU, 0, ctranslate2::ComputeType::INT8);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::TrResMemoryError,
                    fmt::format("There is not enough memory for the model {}.", folder.string()));
    } catch (const std::exception& error) {
        return fail(
            ErrorCode::TrFmtModelForeign,
            fmt::format("The model {} cannot be loaded: {}", folder.string(), error.what()));
    }
}

Status checkOptions(const WhisperOptions& options, const Tokenizer& tokenizer) {
    if (options.replicas < 1 || options.replicas > 64) {
        return fail(ErrorCode::CfgValSetting, "The number of replicas must be 1 to 64.");
    }
    if (options.beam < 1 || options.beam > 20) {
        return fail(ErrorCode::CfgValSetting, "The beam must be 1 to 20 wide.");
    }
    const bool autoLanguage = options.language == "auto" && tokenizer.multilingual();
    if (!autoLanguage && !tokenizer.knowsLanguage(options.language)) {
        return fail(ErrorCode::CfgValSetting,
                    fmt::format("The model does not know the language {}.", options.language));
    }
    return {};
}

/// Start of each token in seconds, and the end of the last: where the alignment's path first reaches it.
std::vector<double> tokenTimes(const WhisperAlignmentResult& alignment, std::size_t tokens) {
    std::vector<double> times(tokens + 1, 0);
    std::size_t known = 0;
    for (const auto& [token, frame] : alignment.alignments) {
        const auto index = static_cast<std::size_t>(token);
        if (index == known && index <= tokens) {
            times[index] = static_cast<double>(frame) * kSecondsPerFrame;
            ++known;
        }
    }
    for (std::size_t i = std::max<std::size_t>(known, 1); i <= tokens; ++i) {
        times[i] = times[i - 1];
    }
    return times;
}

bool canBeHeard(const SpeechWindow& window) {
    return window.samples.size() <= LogMel::kSamples &&
           std::ranges::all_of(window.samples, [](float sample) { return std::isfinite(sample); });
}

/// What `work` does with windows that the engine can take, its exceptions as errors.
template <typename Work>
std::invoke_result_t<Work> guarded(std::span<const SpeechWindow> windows, Work work) {
    if (!std::ranges::all_of(windows, canBeHeard)) {
        return fail(ErrorCode::TrFmtInvalidAudio, "A window of sound cannot be transcribed.");
    }
    try {
        return work();
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::TrResMemoryError, "There is not enough memory to transcribe.");
    } catch (const std::exception& error) {
        return fail(ErrorCode::TrUnkGenericError, "The speech engine failed.", error.what());
    }
}

}  // namespace

class WhisperTranscriber::Engine {
  public:
    Engine(const Model& model, Tokenizer tokenizer, const ModelShape& shape, WhisperOptions options)
        : tokenizer_(std::move(tokenizer))
        , mel_(shape.melBands)
        , bands_(shape.melBands)
        , options_(std::move(options)) {
        const std::vector<int> prompt = vocabularyPrompt(tokenizer_, options_.vocabulary).tokens;
        if (!prompt.empty()) {
            prompt_.push_back(static_cast<std::size_t>(tokenizer_.startOfPrevious()));
            prompt_.insert(prompt_.end(), prompt.begin(), prompt.end());
        }
        for (int i = 0; i < options_.replicas; ++i) {
            free_.push_back(WhisperReplica::create_from_model(model));
        }
    }

    [[nodiscard]] int replicas() const { return options_.replicas; }

    /// One transcript for each window.
    Result<std::vector<WindowTranscript>> transcribe(std::span<const SpeechWindow> windows,
                                                     const std::stop_token& stop) {
        const Lease replica(*this);
        std::vector<Part> parts;
        parts.reserve(windows.size());
        for (const SpeechWindow& window : windows) {
            Part part{window,
                      encode(*replica, window),
                      window.language.empty() ? options_.language : window.language};
            if (part.language == "auto") {
                part.language = mostLikely(spokenLanguages(*replica, part.sound));
            }
            parts.push_back(std::move(part));
            if (stop.stop_requested()) {
                return stopped();
            }
        }
        std::vector<Decoded> texts = decode(*replica, parts, false);
        std::vector<WindowTranscript> transcripts;
        transcripts.reserve(windows.size());
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (stop.stop_requested()) {
                return stopped();
            }
            transcripts.push_back(complete(*replica, parts[i], std::move(texts[i])));
        }
        return transcripts;
    }

    /// A text may get this many tokens. Windows decoded together share it.
    static std::size_t mostTokens(const SpeechWindow& window) {
        const double seconds = static_cast<double>(window.samples.size()) / kAnalysisRateHz;
        return std::min(kMostTokens,
                        kLeastTokens + static_cast<std::size_t>(seconds * kMostTokensPerSecond));
    }

    std::map<std::string, double> languages(SpeechWindow& window) {
        if (!tokenizer_.multilingual()) {
            return {{"en", 1.0}};
        }
        const Lease replica(*this);
        auto sound = std::make_shared<Encoded>(encode(*replica, window));
        auto languages = spokenLanguages(*replica, sound->sound);
        window.encoded = std::move(sound);
        return languages;
    }

  private:
    struct Encoded final : EncodedSound {
        explicit Encoded(StorageView encoded)
            : sound(std::move(encoded)) {}
        StorageView sound;
    };

    struct Part {
        const SpeechWindow& window;
        StorageView sound;  ///< encoded
        std::string language;
    };

    /// A replica taken from those that are free, given back at the end; waits for one.
    class Lease {
      public:
        explicit Lease(Engine& engine)
            : engine_(engine) {
            std::unique_lock lock(engine.mutex_);
            engine.released_.wait(lock, [&engine] { return !engine.free_.empty(); });
            replica_ = std::move(engine.free_.back());
            engine.free_.pop_back();
        }
        ~Lease() {
            {
                const std::lock_guard lock(engine_.mutex_);
                engine_.free_.push_back(std::move(replica_));
            }
            engine_.released_.notify_one();
        }
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        Lease(Lease&&) = delete;
        Lease& operator=(Lease&&) = delete;

        WhisperReplica& operator*() const { return *replica_; }
        WhisperReplica* operator->() const { return replica_.get(); }

      private:
        Engine& engine_;
        std::unique_ptr<WhisperReplica> replica_;
    };

    static tl::unexpected<Error> stopped() {
        return fail(ErrorCode::SysStateStopped, "The transcription was stopped.");
    }

    static Warning removal(Verdict verdict, const WindowPlan& plan) {
        if (verdict == Verdict::Repeated) {
            return {
                ErrorCode::TrDataRepetition,
                "The speech engine repeated itself here, and the stretch was left without words.",
                plan.extent(),
                plan.channel};
        }
        return {ErrorCode::TrDataLowConfidence,
                "The speech engine was unsure of this stretch, and it was left without words.",
                plan.extent(),
                plan.channel};
    }

    StorageView encode(WhisperReplica& replica, const SpeechWindow& window) const {
        if (const auto* known = dynamic_cast<const Encoded*>(window.encoded.get())) {
            return known->sound;
        }
        // One thread a replica: OpenMP keeps this setting for each calling thread.
        ctranslate2::set_num_threads(1);
        const std::vector<float> features = mel_.compute(window.samples);
        return replica.encode(StorageView({1, bands_, LogMel::kFrames}, features), false);
    }

    std::map<std::string, double> spokenLanguages(WhisperReplica& replica,
                                                  const StorageView& sound) const {
        const auto windows = replica.detect_language(sound);
        std::map<std::string, double> languages;
        for (const auto& [token, probability] : windows.at(0)) {
            languages.emplace(tokenizer_.languageOf(token), probability);
        }
        return languages;
    }

    static std::string mostLikely(const std::map<std::string, double>& languages) {
        return std::ranges::max_element(
                   languages, {}, [](const auto& language) { return language.second; })
            ->first;
    }

    /// The texts of windows with the same `mostTokens`.
    std::vector<Decoded> decode(WhisperReplica& replica,
                                std::span<const Part> parts,
                                bool again) const {
        ctranslate2::models::WhisperOptions options;
        options.beam_size = static_cast<std::size_t>(options_.beam);
        std::vector<std::vector<std::size_t>> prompts;
        prompts.reserve(parts.size());
        for (const Part& part : parts) {
            std::vector<std::size_t>& prompt = prompts.emplace_back();
            if (!again) {
                prompt = prompt_;  // names can be what leads astray
            }
            const std::vector<std::size_t> start = startOf(part.language);
            prompt.insert(prompt.end(), start.begin(), start.end());
            prompt.push_back(static_cast<std::size_t>(tokenizer_.noTimestamps()));
        }
        const std::size_t most = mostTokens(parts.front().window);
        // The engine decodes half of this many tokens, less what the prompt has beyond its half.
        options.max_length = most + std::max(most, prompts.front().size());
        options.return_scores = true;
        options.return_no_speech_prob = true;
        if (again) {
            options.repetition_penalty = kRepetitionPenalty;
            options.no_repeat_ngram_size = kNoRepeatedTokens;
        }
        std::vector<Decoded> texts;
        texts.reserve(parts.size());
        for (const WhisperGenerationResult& result :
             replica.generate(joined(parts), prompts, options)) {
            texts.push_back(decoded(result));
        }
        return texts;
    }

    [[nodiscard]] Decoded decoded(const WhisperGenerationResult& result) const {
        Decoded text;
        for (const std::size_t token : result.sequences_ids.at(0)) {
            if (token < static_cast<std::size_t>(tokenizer_.endOfText())) {
                text.tokens.push_back(token);
            }
        }
        text.text = tokenizer_.decode(asInts(text.tokens));
        // The score is a mean over the tokens without the end token, whose probability is in it.
        const auto length = static_cast<double>(result.sequences_ids.at(0).size());
        text.logProbability = result.scores.at(0) * length / (length + 1);
        text.noSpeech = result.no_speech_prob;
        text.verdict = judged(text);
        return text;
    }

    /// The encoded sounds in one tensor, windows first.
    static StorageView joined(std::span<const Part> parts) {
        const StorageView& first = parts.front().sound;
        if (parts.size() == 1) {
            return first;
        }
        StorageView all({static_cast<ctranslate2::dim_t>(parts.size()), first.dim(1), first.dim(2)},
                        first.dtype(),
                        first.device());
        float* to = all.data<float>();
        for (const Part& part : parts) {
            to = std::copy_n(part.sound.data<float>(), part.sound.size(), to);
        }
        return all;
    }

    /// What becomes of a window whose text is there: tried again if it is not believed, cut, timed.
    WindowTranscript complete(WhisperReplica& replica, const Part& part, Decoded text) const {
        WindowTranscript transcript;
        transcript.language = part.language;
        if (text.verdict == Verdict::Repeated || text.verdict == Verdict::Unsure) {
            Decoded second = std::move(decode(replica, {&part, 1}, true).front());
            if (second.verdict == Verdict::Heard) {
                text = std::move(second);
            }
        }
        if (text.verdict == Verdict::Repeated) {
            text = withoutLoops(std::move(text));
        }
        if (text.verdict == Verdict::Heard) {
            timeWords(replica, part.sound, part.window, text, transcript);
        } else {
            transcript.warnings.push_back(removal(text.verdict, part.window.plan));
        }
        return transcript;
    }

    [[nodiscard]] Verdict judged(const Decoded& decoded) const {
        return judge(decoded.text, decoded.logProbability, decoded.noSpeech, options_.limits);
    }

    /// A text that repeats itself with each loop cut to one repeat, judged again: what stands around a loop was
    /// heard.
    [[nodiscard]] Decoded withoutLoops(Decoded decoded) const {
        CutText cut = cutLoops(decoded.tokens);
        decoded.tokens = std::move(cut.tokens);
        decoded.loops = std::move(cut.loops);
        decoded.text = tokenizer_.decode(asInts(decoded.tokens));
        decoded.verdict = judged(decoded);
        return decoded;
    }

    /// Fills the words of a transcript, and a warning where each loop was.
    void timeWords(WhisperReplica& replica,
                   const StorageView& sound,
                   const SpeechWindow& window,
                   const Decoded& decoded,
                   WindowTranscript& transcript) const {
        if (decoded.tokens.empty()) {
            return;
        }
        const std::string& language = transcript.language;
        const std::size_t frames = std::max<std::size_t>(window.samples.size() / 160, 2);
        const WhisperAlignmentResult alignment =
            replica.align(sound, startOf(language), {decoded.tokens}, {frames}, kMedianFilter)
                .at(0);
        const std::vector<double> times = tokenTimes(alignment, decoded.tokens.size());
        for (const CutText::Kept& loop : decoded.loops) {
            transcript.warnings.push_back(
                {ErrorCode::TrDataRepetition,
                 "The speech engine repeated itself here; the words stand once.",
                 {window.plan.toRecording(Seconds(times[loop.first])),
                  loop.last < decoded.tokens.size()
                      ? window.plan.toRecording(Seconds(times[loop.last]))
                      : window.plan.extent().end},
                 window.plan.channel});
        }
        for (const TokenWord& word : tokenizer_.words(asInts(decoded.tokens), language)) {
            double probability = 0;
            for (std::size_t i = 0; i < word.tokens; ++i) {
                probability += alignment.text_token_probs.at(word.firstToken + i);
            }
            transcript.words.push_back({word.text,
                                        Seconds(times[word.firstToken]),
                                        Seconds(times[word.firstToken + word.tokens]),
                                        probability / static_cast<double>(word.tokens)});
        }
    }

    [[nodiscard]] std::vector<std::size_t> startOf(const std::string& language) const {
        const std::vector<int> start = tokenizer_.startSequence(language);
        return {start.begin(), start.end()};
    }

    static std::vector<int> asInts(const std::vector<std::size_t>& tokens) {
        return {tokens.begin(), tokens.end()};
    }

    Tokenizer tokenizer_;
    LogMel mel_;
    int bands_;
    WhisperOptions options_;
    std::vector<std::size_t> prompt_;  ///< before the start sequence; empty without a vocabulary
    std::mutex mutex_;
    std::condition_variable released_;
    std::vector<std::unique_ptr<WhisperReplica>> free_;  ///< guarded by mutex_
};

WhisperTranscriber::WhisperTranscriber(std::unique_ptr<Engine> engine)
    : engine_(std::move(engine)) {}

WhisperTranscriber::~WhisperTranscriber() = default;

Result<std::unique_ptr<WhisperTranscriber>> WhisperTranscriber::load(
    const std::filesystem::path& folder, const WhisperOptions& options) {
    const Result<ModelShape> shape = checkModel(folder);
    if (!shape) {
        return tl::unexpected(shape.error());
    }
    Result<Tokenizer> tokenizer = Tokenizer::load(folder);
    if (!tokenizer) {
        return tl::unexpected(tokenizer.error());
    }
    if (tokenizer->size() != shape->vocabulary) {
        return fail(ErrorCode::TrFmtModelForeign,
                    fmt::format("The vocabulary in {} belongs to another model.", folder.string()));
    }
    if (const Status usable = checkOptions(options, *tokenizer); !usable) {
        return tl::unexpected(usable.error());
    }
    ctranslate2::set_num_threads(1);
    const Result<std::shared_ptr<const Model>> model = loadModel(folder);
    if (!model) {
        return tl::unexpected(model.error());
    }
    try {
        return std::unique_ptr<WhisperTranscriber>(new WhisperTranscriber(
            std::make_unique<Engine>(**model, std::move(*tokenizer), *shape, options)));
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::TrResMemoryError, "There is not enough memory for the replicas.");
    } catch (const std::exception& error) {
        return fail(
            ErrorCode::TrFmtModelForeign,
            fmt::format(
                "The model {} lacks what Whisper needs: {}", folder.string(), error.what()));
    }
}

Result<WindowTranscript> WhisperTranscriber::transcribe(const SpeechWindow& window,
                                                        std::stop_token stop) const {
    if (stop.stop_requested()) {
        return fail(ErrorCode::SysStateStopped, "The transcription was stopped.");
    }
    if (window.samples.empty()) {
        return WindowTranscript{};
    }
    return guarded({&window, 1}, [&]() -> Result<WindowTranscript> {
        auto transcripts = engine_->transcribe({&window, 1}, stop);
        if (!transcripts) {
            return tl::unexpected(transcripts.error());
        }
        return std::move(transcripts->front());
    });
}

std::vector<Result<WindowTranscript>> WhisperTranscriber::transcribeTogether(
    std::span<const SpeechWindow> windows, const std::stop_token& stop) const {
    const bool alike = std::ranges::all_of(windows, [&](const SpeechWindow& window) {
        return !window.samples.empty() &&
               Engine::mostTokens(window) == Engine::mostTokens(windows.front());
    });
    if (windows.size() > 1 && alike && !stop.stop_requested()) {
        auto transcripts = guarded(windows, [&] { return engine_->transcribe(windows, stop); });
        if (transcripts) {
            return {std::make_move_iterator(transcripts->begin()),
                    std::make_move_iterator(transcripts->end())};
        }
    }
    // Also after a fault: it is the fault of one.
    return Transcriber::transcribeTogether(windows, stop);
}

Result<std::map<std::string, double>> WhisperTranscriber::languages(SpeechWindow& window) const {
    using Languages = Result<std::map<std::string, double>>;
    return guarded({&window, 1}, [&] { return Languages(engine_->languages(window)); });
}

int WhisperTranscriber::replicas() const {
    return engine_->replicas();
}

}  // namespace chat::transcribe
