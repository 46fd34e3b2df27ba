#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace chat::transcribe {

/// One file of a model: what it is called, how long it is, what its bytes sum up to.
struct ModelFile {
    std::string_view name;
    std::uint64_t bytes = 0;
    std::string_view sha256;  ///< 64 lower-case hex digits
};

/// A Whisper model in CTranslate2's format, as its publisher offers it.
struct ModelInfo {
    std::string_view name;           ///< what `--model` takes, e.g. "base"
    std::string_view repository;     ///< at huggingface.co, e.g. "Systran/faster-whisper-base"
    std::string_view revision;       ///< the commit that the sums belong to
    std::array<ModelFile, 4> files;  ///< config.json, tokenizer.json, vocabulary, model.bin

    [[nodiscard]] bool englishOnly() const { return name.ends_with(".en"); }
    [[nodiscard]] const ModelFile& weights() const { return files.back(); }
    [[nodiscard]] std::uint64_t bytes() const;
};

/// The models that CHAT knows, from small to large. Every file of each has its sum.
[[nodiscard]] std::span<const ModelInfo> modelCatalog();

/// The model of that name, or null.
[[nodiscard]] const ModelInfo* findModel(std::string_view name);

/// The names of the catalog for a message: "tiny, tiny.en, ...".
[[nodiscard]] std::string modelNames();

}  // namespace chat::transcribe
