#pragma once

#include "chat/core/error.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chat::store {

/// The versions of the stages' code whose results this program reads.
struct StageVersions {
    int audio = 0;
    int transcribe = 0;
    int analyze = 0;

    /// Of a stage by its name: "audio", "transcribe", else "analyze".
    [[nodiscard]] int of(std::string_view stage) const {
        return stage == "audio" ? audio : stage == "transcribe" ? transcribe : analyze;
    }
};

/// One table of a store and what is wrong in it, without a word of what it holds.
struct TableState {
    std::string name;
    std::int64_t rows = 0;  ///< -1 where they cannot be counted
    std::vector<std::string> problems;
};

/// A checkpoint that is not what was stored. It is made anew when its call is worked on.
struct WrongCheckpoint {
    std::string call;     ///< SID, else the recording's SHA-256
    std::string stage;    ///< "audio", "transcribe", "analyze"
    bool window = false;  ///< of a transcript that is not whole
};

/// What `inspect` found in a store or a backup of one.
struct Inspection {
    std::uint64_t bytes = 0;
    int version = 0;  ///< number of the newest migration that it has had
    std::vector<TableState> tables;
    std::vector<std::string> problems;  ///< of the file as a whole
    std::int64_t results = 0;  ///< stored results of the current versions, each of which was read
    std::int64_t oldResults =
        0;                     ///< of other versions; of these hash and outer form were looked at
    std::int64_t windows = 0;  ///< heard for transcripts that are not whole, by the current version
    std::int64_t oldWindows = 0;  ///< by other versions: they are never used
    std::vector<WrongCheckpoint> wrong;

    [[nodiscard]] bool sound() const;
    /// Sound but for checkpoints, which are made anew.
    [[nodiscard]] bool usable() const;
};

/// Reads all of a store or a backup and changes nothing: pages, indexes, foreign keys, and of each checkpoint its hash and
/// form. Other programs
/// may use it meanwhile. Errors: SYS_DATA_PATH_MISSING, DB_DATA_DAMAGED when not even its tables can be listed or the
/// file is not CHAT's, DB_FMT_TOO_NEW, DB_CONN_LOCKED, DB_UNK_GENERIC_ERROR.
[[nodiscard]] Result<Inspection> inspect(const std::filesystem::path& file,
                                         const StageVersions& versions);

/// Whether bytes have the outer form of a stored result (well-formed CBOR).
[[nodiscard]] bool isWellFormedResult(std::span<const std::uint8_t> bytes);

}  // namespace chat::store
