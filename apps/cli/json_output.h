#pragma once

#include "chat/core/call.h"
#include "chat/core/error.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace chat::cli {

/// Keys stay in the order in which they are written.
using Json = nlohmann::ordered_json;

/// Indented text; what is not UTF-8 is replaced.
[[nodiscard]] std::string jsonText(const Json& json);
/// Prints that on stdout.
void printJson(const Json& json);

/// ISO 8601, UTC, to the second; null where there is none.
[[nodiscard]] Json timeJson(const std::optional<std::chrono::system_clock::time_point>& time);
/// Code, text and what to do; null where there is none.
[[nodiscard]] Json errorJson(const std::optional<Error>& error);
/// What a call is found by, each key in every call.
[[nodiscard]] Json callJson(const CallAttributes& call);

}  // namespace chat::cli
