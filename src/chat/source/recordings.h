#pragma once

#include "chat/core/call.h"
#include "chat/core/error.h"
#include "chat/core/recording.h"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace chat::source {

/// One recording that was named or found, or a problem in its place.
struct SourceRecording {
    std::filesystem::path path;  ///< absolute; links in its parents are resolved; bytes as on disk
    std::string
        displayPath;  ///< UTF-8 text for people: relative to the folder that was named, else the file's name
    CallAttributes attributes;  ///< `sid` is empty unless the manifest or the file's name gives one
    std::optional<Error> error;  ///< why this one cannot be analyzed; the others go on
    std::string telId;           ///< the line or extension on which the call was taken, or empty
};

struct SourceListing {
    std::vector<SourceRecording> recordings;  ///< in the order of the arguments
    std::vector<Warning> warnings;            ///< of the manifest and of file names
};

struct ListingOptions {
    std::optional<std::filesystem::path> manifest;  ///< CSV or JSON, see manifest.h
    std::string filePattern;                        ///< see file_pattern.h; empty for none
    bool allowOutside = false;  ///< the manifest may name files outside its own folder
};

/// The recordings that `paths` name, with what the manifest and the files' names say of them.
///
/// A file that is named is taken whatever it is called. A folder is searched with all below it for
/// names that end as audio files do; hidden ones are left out; what it holds is sorted by the bytes of
/// the relative path. Without `paths` the manifest's files are the recordings, in its order.
///
/// A line of the manifest belongs to the recording at its path, which is relative to the manifest's
/// folder, else to the only one that has it as `displayPath`. What the manifest says goes before what
/// the file's name says. A `sid` stands once: further files that claim it lose it, with a warning.
///
/// Errors of a recording: SYS_DATA_PATH_MISSING, SYS_PERM_PATH_UNREADABLE, SYS_FMT_NOT_A_FILE (pipe,
/// device, socket), SYS_PERM_LINK_REFUSED (symbolic links are never followed), SYS_DATA_NO_RECORDINGS
/// (a folder without any), CFG_PERM_MANIFEST_OUTSIDE. Errors of the whole: those of `readManifest` and
/// `FilePattern::parse`, and SYS_DATA_NO_RECORDINGS when nothing was named. Nothing is read but names
/// and the manifest.
[[nodiscard]] Result<SourceListing> listRecordings(std::span<const std::filesystem::path> paths,
                                                   const ListingOptions& options);

}  // namespace chat::source
