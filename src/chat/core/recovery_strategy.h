#pragma once

#include "chat/core/error.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace chat {

/// What is done about a call that failed.
enum class Strategy : std::uint8_t {
    GiveUp,         ///< nothing that CHAT could do makes a difference
    Retry,          ///< the same once more, after a pause
    RetryAlone,     ///< the same while its worker has nothing else in hand
    SmallerModel,   ///< its words by the next smaller model that is installed
    OtherDecoding,  ///< its sound read by frames, without the container's header and index
    RenewModel,  ///< a person looks whether the speech model is sound, and pulls it anew: CHAT downloads nothing unasked
};

[[nodiscard]] std::string_view strategyName(Strategy strategy);  ///< "retry alone"
[[nodiscard]] std::optional<Strategy> strategyNamed(std::string_view name);
/// What it does, as a sentence's end: "the same once more, after a pause".
[[nodiscard]] std::string_view strategyMeaning(Strategy strategy);

/// The catalog's column: what may help against an error, what helps likeliest first; never empty. What is not named there
/// is Retry where the catalog calls the error retryable, else GiveUp.
[[nodiscard]] std::span<const Strategy> strategiesOf(ErrorCode code);

}  // namespace chat
