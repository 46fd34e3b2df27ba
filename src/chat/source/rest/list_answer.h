#pragma once

#include "chat/core/error.h"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace chat::source {

/// What stands beside the list of an answer.
struct ListAnswer {
    nlohmann::json rest;  ///< the answer without the list's entries; null when it broke off
    bool whole = false;   ///< false: the text ends before the answer does
};

/// Hands over each entry of the list at the JSON Pointer `list` as soon as it is complete, so that of an answer that breaks off
/// the entries before are had. Errors: API_DATA_INVALID_RESPONSE (no JSON, or no list there), API_RES_TOO_LARGE (nested deeper
/// than `maxDepth`).
[[nodiscard]] Result<ListAnswer> readList(std::string_view text,
                                          const std::string& list,
                                          int maxDepth,
                                          const std::function<void(const nlohmann::json&)>& entry);

/// The text or whole number that a pointer leads to; empty when there is none, or when the pointer is empty.
[[nodiscard]] std::string textAt(const nlohmann::json& value, const std::string& pointer);

/// The same, not longer than names are kept.
[[nodiscard]] std::string nameAt(const nlohmann::json& value, const std::string& pointer);

/// Whether a text can be asked for and shown: 1 to 256 bytes, nothing that cannot be shown.
[[nodiscard]] bool isUsableId(const std::string& id);

}  // namespace chat::source
