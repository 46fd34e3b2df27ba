#pragma once

#include "chat/core/units.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace chat::transcribe {

/// An installed model and what it took on this machine.
struct ModelCandidate {
    std::string name;
    std::uint64_t bytes = 0;  ///< of its weights: of Whisper's models the larger one errs less
    bool englishOnly = false;
    std::uint64_t peakBytes = 0;  ///< of the whole program while it transcribed
    double cost =
        0;  ///< seconds of one worker for a second of a recording, all its parties together
};

/// What a run asks of its model.
struct ModelDemand {
    std::string language = "en";
    std::uint64_t freeBytes = 0;  ///< memory that nobody uses
    double load = 0;              ///< share of the processors that is taken by others, 0..
    int workers = 1;
    Seconds sound{};  ///< of all recordings together
    std::optional<Seconds> untilDeadline;
};

struct ModelChoice {
    std::string name;
    std::string why;  ///< a sentence or two for the report
};

inline constexpr double kMemoryShare = 0.8;  ///< of the free memory that a model may take
inline constexpr double kBusyLoad = 0.8;  ///< from this load on a model one size smaller is taken

/// The most accurate model that fits into memory and, with a deadline, is expected to meet it; one size smaller on a
/// busy machine. When none meets the deadline, the quickest that fits; when none fits, the one that takes least. Models
/// for English alone are for English alone, and there the better ones of their size. Nothing without a candidate.
/// Pure.
[[nodiscard]] std::optional<ModelChoice> chooseModel(std::span<const ModelCandidate> installed,
                                                     const ModelDemand& demand);

/// What to say of a demand whose deadline the model is not expected to meet; empty when it is, or there is none. Pure.
[[nodiscard]] std::string delayText(const ModelCandidate& model, const ModelDemand& demand);

}  // namespace chat::transcribe
