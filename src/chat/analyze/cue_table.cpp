#include "chat/analyze/cue_table.h"

#include "chat/core/text.h"

namespace chat::analyze {

std::size_t CueTable::add(std::uint64_t hash) {
    maybe_[bitOf(hash)] = true;
    return cues_.try_emplace(hash, cues_.size()).first->second;
}

std::optional<WeightLine> weightLine(std::string_view line) {
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos || blank + 1 == line.size()) {
        return std::nullopt;
    }
    const auto weight = wholeNumber<double>(line.substr(0, blank));
    return weight ? std::optional(WeightLine{*weight, line.substr(blank + 1)}) : std::nullopt;
}

}  // namespace chat::analyze
