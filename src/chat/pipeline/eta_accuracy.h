#pragma once

#include "chat/core/wilson.h"
#include "chat/store/eta_store.h"

#include <cstddef>
#include <span>
#include <vector>

namespace chat::pipeline {

/// How right the predictions were that were made at one point of their runs.
struct EtaAccuracy {
    int percent = 0;  ///< of the calls that had ended; 0: at any point
    std::size_t made = 0;
    std::size_t held = 0;    ///< what came lay in the interval
    ShareInterval coverage;  ///< what the share of those may be
    double meanError = 0;    ///< of the absolute errors, in shares of what came
    double meanWidth = 0;    ///< of the intervals, the same
};

/// By the point at which they were made, and at last all; empty without any. Those after which nothing came count for no mean.
[[nodiscard]] std::vector<EtaAccuracy> etaAccuracy(
    std::span<const store::KeptPrediction> predictions);

}  // namespace chat::pipeline
