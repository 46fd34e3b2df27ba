#include "chat/store/checkpoint.h"

#include "chat/core/sha256.h"
#include "chat/store/codec.h"

namespace chat::store {

std::string hashOf(std::span<const std::uint8_t> bytes) {
    Sha256 sum;
    sum.add(std::as_bytes(bytes));
    return sum.hex();
}

bool hasHash(std::span<const std::uint8_t> bytes, std::string_view hash) {
    return hash.empty() || hashOf(bytes) == hash;
}

bool isResultOf(std::string_view stage, std::span<const std::uint8_t> bytes) {
    return stage == "audio"        ? decode<AcousticResult>(bytes).has_value()
           : stage == "transcribe" ? decode<Transcript>(bytes).has_value()
                                   : decode<CallAnalysis>(bytes).has_value();
}

std::span<const std::uint8_t> blobOf(const SQLite::Column& column) {
    return {static_cast<const std::uint8_t*>(column.getBlob()),
            static_cast<std::size_t>(column.getBytes())};
}

}  // namespace chat::store
