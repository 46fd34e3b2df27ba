#pragma once

#include "chat/core/error.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace chat::store {

/// The versions of the stages' code whose results this program reads.
struct StageVersions {
    int audio = 0;
    int transcribe = 0;
    int analyze = 0;
};

/// One table of a store and what is wrong in it, without a word of what it holds.
struct TableState {
    std::string name;
    std::int64_t rows = 0;  ///< -1 where they cannot be counted
    std::vector<std::string> problems;
};

/// What `inspect` found in a store or a backup of one.
struct Inspection {
    std::uint64_t bytes = 0;
    int version = 0;  ///< number of the newest migration that it has had
    std::vector<TableState> tables;
    std::vector<std::string> problems;  ///< of the file as a whole
    std::int64_t results = 0;  ///< stored results of the current versions, each of which was read
    std::int64_t oldResults = 0;  ///< of other versions; only their outer form was looked at

    [[nodiscard]] bool sound() const;
};

/// Reads all of a store or a backup and changes nothing: pages, indexes, foreign keys, stored results. Other programs
/// may use it meanwhile. Errors: SYS_DATA_PATH_MISSING, DB_DATA_DAMAGED when not even its tables can be listed or the
/// file is not CHAT's, DB_FMT_TOO_NEW, DB_CONN_LOCKED, DB_UNK_GENERIC_ERROR.
[[nodiscard]] Result<Inspection> inspect(const std::filesystem::path& file,
                                         const StageVersions& versions);

/// Whether bytes have the outer form of a stored result (well-formed CBOR).
[[nodiscard]] bool isWellFormedResult(std::span<const std::uint8_t> bytes);

}  // namespace chat::store
