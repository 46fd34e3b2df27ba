#pragma once

#include "chat/core/units.h"
#include "chat/pipeline/forecast.h"

#include <string>

#include "json_output.h"

namespace chat::cli {

/// "12 m left (9-16 m, 95 % sure)", or "estimating: 5-40 m". `since`: that ago it was estimated.
[[nodiscard]] std::string expectedText(const pipeline::Forecast& forecast, Seconds since);

/// For programs.
[[nodiscard]] Json expectedJson(const pipeline::Forecast& forecast);

/// A bar of `width` columns, filled by `share` (0-1) of it. What is not filled stands for the time until the latest end that is
/// expected: shaded from the earliest on, with a mark at the likeliest. Without a forecast there is nothing in it.
[[nodiscard]] std::string expectedBar(double share, std::size_t width, const pipeline::Eta& eta);

}  // namespace chat::cli
