#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace chat::analyze {

/// The cues that a model weighs, by the hash of their name (word_runs.h). Nearly all lookups are of cues that no model knows.
class CueTable {
  public:
    /// The cue's number, from 0 in the order of adding; that of before for one that was added before.
    std::size_t add(std::uint64_t hash);

    /// Nothing when no such cue was added.
    [[nodiscard]] std::optional<std::size_t> find(std::uint64_t hash) const {
        if (!maybe_[bitOf(hash)]) {
            return std::nullopt;
        }
        const auto cue = cues_.find(hash);
        return cue != cues_.end() ? std::optional(cue->second) : std::nullopt;
    }

    [[nodiscard]] std::size_t size() const { return cues_.size(); }

  private:
    static constexpr int kBits = 18;
    static std::size_t bitOf(std::uint64_t hash) { return hash >> (64 - kBits); }

    std::unordered_map<std::uint64_t, std::size_t> cues_;
    /// By bitOf: false when no cue has it. It stays in the processor's cache, where most lookups end.
    std::vector<bool> maybe_ = std::vector<bool>(std::size_t{1} << kBits);
};

/// A line of a model's file.
struct WeightLine {
    double weight = 0;
    std::string_view cue;  ///< its name
};

/// A line "WEIGHT CUE"; nothing when it is none.
[[nodiscard]] std::optional<WeightLine> weightLine(std::string_view line);

}  // namespace chat::analyze
