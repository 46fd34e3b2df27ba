#pragma once

#include "chat/store/eta_store.h"

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chat::pipeline {

/// Calls by length: below 1, 3, 10 minutes, and from there on.
inline constexpr std::array<std::string_view, 4> kLengthClasses{
    "under 1 m", "1-3 m", "3-10 m", "from 10 m"};

/// What a stage took of calls of one model and length, in seconds for a minute of the recording.
struct StageGroup {
    std::string model;         ///< with the number of workers
    std::string_view lengths;  ///< one of kLengthClasses
    std::size_t calls = 0;
    double mean = 0;
    double deviation = 0;  ///< 0 of a single call
};

/// Analysis of variance of a stage: which part of the sum of squares about the overall mean lies between the models, between the
/// lengths of each model, and within these groups (Fisher, "Statistical Methods for Research Workers", 1925). The parts add up to 1;
/// all are 0 where all calls took the same.
struct StageVariance {
    std::string_view stage;  ///< "sound", "words", "analysis"
    std::size_t calls = 0;
    double mean = 0;
    double deviation = 0;
    double betweenModels = 0;
    double betweenLengths = 0;
    double within = 0;
    std::vector<StageGroup> groups;  ///< by model, then length; of calls that there are
};

/// Of each stage that took any time. Calls of no length are passed over.
[[nodiscard]] std::vector<StageVariance> stageVariance(
    std::span<const store::EtaStore::Timed> calls);

}  // namespace chat::pipeline
