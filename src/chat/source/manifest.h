#pragma once

#include "chat/core/call.h"
#include "chat/core/error.h"
#include "chat/core/recording.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace chat::source {

/// What the manifest says of one file.
struct ManifestEntry {
    std::string file;           ///< as written, never empty
    CallAttributes attributes;  ///< UTF-8; `startedAt` as `normalizedCallTime` gives it
    int line = 0;               ///< from 1, where the entry starts
};

struct Manifest {
    std::vector<ManifestEntry> entries;
    /// Values and lines that cannot be used, each with its line: CFG_VAL_MANIFEST_ENTRY.
    std::vector<Warning> warnings;
};

/// Reads a list of recordings.
///
/// CSV has a header line; comma, semicolon or tab separates. JSON (a file that starts with `[` or `{`)
/// is an array of objects, or an object with such an array as `calls`. Columns and keys, in any case,
/// with or without `_`, `-` and blanks: `file` (`path`, `filename`, `recording`), `sid` (`call sid`),
/// `order id` (`order`), `chain` (`chain name`), `store` (`store name`), `agent` (`agent name`),
/// `call time` (`started at`), `phone` (`customer phone`); others are left alone.
///
/// Errors: CFG_FMT_MANIFEST with line and column, also for a file that is over 64 MiB or that has no
/// column `file`; those of `readFile`.
[[nodiscard]] Result<Manifest> readManifest(const std::filesystem::path& path);

/// The same from text; `name` is what errors call it.
[[nodiscard]] Result<Manifest> parseManifest(std::string_view text, std::string_view name);

}  // namespace chat::source
