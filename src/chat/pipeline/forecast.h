#pragma once

#include "chat/pipeline/eta_calculator.h"

#include <cstddef>
#include <optional>

namespace chat::pipeline {

/// What is expected of a run at one moment.
struct Forecast {
    static constexpr std::size_t kFewCalls = 3;

    Eta eta;
    std::size_t ended = 0;  ///< calls of those that were open when the run began or came meanwhile
    std::size_t left = 0;
    std::optional<double> perMinute;  ///< calls; absent in the first five seconds

    /// Too few calls are known for more than a range.
    [[nodiscard]] bool isEstimating() const { return left > 0 && eta.sample < kFewCalls; }
};

}  // namespace chat::pipeline
