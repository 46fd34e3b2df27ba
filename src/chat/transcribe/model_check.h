#pragma once

#include "chat/core/error.h"

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string_view>

namespace chat::transcribe {

/// What a model's files say about its size.
struct ModelShape {
    int vocabulary = 0;  ///< tokens
    int melBands = 0;    ///< 80 or 128
    int decoderLayers = 0;
    int decoderHeads = 0;
};

/// Reads the outline of `model.bin` (CTranslate2's format 4 to 6: names, shapes and sizes, not the weights) and
/// config.json, and checks that a Whisper model of that outline can be loaded from them: every
/// weight whole and of the size that its shape says, nothing after the last, every token and attention
/// head that the configuration names inside the model. Milliseconds.
///
/// Errors: TR_DATA_MODEL_MISSING (no such folder), TR_DATA_MODEL_INCOMPLETE (a file is missing or ends
/// early), TR_FMT_MODEL_FOREIGN, SYS_PERM_PATH_UNREADABLE.
[[nodiscard]] Result<ModelShape> checkModel(const std::filesystem::path& folder);

/// The outline of a model.bin alone, for any stream of `size` bytes.
[[nodiscard]] Result<ModelShape> readOutline(std::istream& file, std::uintmax_t size);

/// Whether the text of a config.json fits a model of this shape. Error: TR_FMT_MODEL_FOREIGN.
[[nodiscard]] Status checkConfig(std::string_view json, const ModelShape& shape);

}  // namespace chat::transcribe
