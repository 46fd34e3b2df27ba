#include "chat/analyze/cue_table.h"

#include <charconv>

namespace chat::analyze {

std::size_t CueTable::add(std::uint64_t hash) {
    maybe_[bitOf(hash)] = true;
    return cues_.try_emplace(hash, cues_.size()).first->second;
}

std::optional<double> numberOf(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

std::optional<WeightLine> weightLine(std::string_view line) {
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos || blank + 1 == line.size()) {
        return std::nullopt;
    }
    const auto weight = numberOf(line.substr(0, blank));
    return weight ? std::optional(WeightLine{*weight, line.substr(blank + 1)}) : std::nullopt;
}

}  // namespace chat::analyze
