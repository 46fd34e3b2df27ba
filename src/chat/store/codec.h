#pragma once

#include "chat/core/analysis.h"
#include "chat/core/error.h"
#include "chat/core/recording.h"
#include "chat/core/transcript.h"

#include <cstdint>
#include <span>
#include <vector>

namespace chat::store {

using Bytes = std::vector<std::uint8_t>;

/// Stage results as CBOR (RFC 8949) and back. The same result always gives the same bytes.
[[nodiscard]] Bytes encode(const AcousticResult& result);
[[nodiscard]] Bytes encode(const Transcript& result);
[[nodiscard]] Bytes encode(const CallAnalysis& result);

/// Errors: DB_DATA_DAMAGED for bytes that `encode` did not write.
template <typename T>
[[nodiscard]] Result<T> decode(std::span<const std::uint8_t> bytes);
template <>
[[nodiscard]] Result<AcousticResult> decode(std::span<const std::uint8_t> bytes);
template <>
[[nodiscard]] Result<Transcript> decode(std::span<const std::uint8_t> bytes);
template <>
[[nodiscard]] Result<CallAnalysis> decode(std::span<const std::uint8_t> bytes);

}  // namespace chat::store
