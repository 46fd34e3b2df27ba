#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// What a stage left in the store, as bytes with their hash. For the files of this folder.
namespace chat::store {

/// SHA-256 as 64 lower-case hex digits.
[[nodiscard]] std::string hashOf(std::span<const std::uint8_t> bytes);

/// Whether bytes are those that were stored with this hash; an empty one says nothing against them.
[[nodiscard]] bool hasHash(std::span<const std::uint8_t> bytes, std::string_view hash);

/// Whether bytes are a result of this stage ("audio", "transcribe", "analyze") in the form that this program writes.
[[nodiscard]] bool isResultOf(std::string_view stage, std::span<const std::uint8_t> bytes);

/// Of a column, as long as its row is not left.
[[nodiscard]] std::span<const std::uint8_t> blobOf(const SQLite::Column& column);

}  // namespace chat::store
