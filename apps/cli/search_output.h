#pragma once

#include "chat/source/call_source.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "search_enqueue.h"

namespace chat::cli {

/// What the pages of a search together brought.
struct SearchResult {
    std::vector<source::FoundCall> calls;
    std::optional<std::uint64_t> total;
    std::size_t unusable = 0;
    bool more = false;
    std::optional<Error> cutShort;
    CallStates states;
    std::optional<EnqueuedCalls> enqueued;
};

/// What a search meant by today.
struct SearchDays {
    std::string timeZone;  ///< of the call center; empty: this machine's
    bool ofToday = false;  ///< no other day was asked for
    std::string today;     ///< there
};

/// Chains, stores or agents; `asOf`: when a list that was kept was had.
void printNamed(const std::vector<source::Named>& all,
                const std::optional<std::chrono::system_clock::time_point>& asOf);
/// `key`: what they are, "chains".
[[nodiscard]] Json namedJson(const char* key,
                             const std::vector<source::Named>& all,
                             const std::optional<std::chrono::system_clock::time_point>& asOf);

/// A line a call, as wide as the terminal.
void printFound(const SearchResult& found, const SearchDays& days);
[[nodiscard]] Json foundJson(const SearchResult& found, const SearchDays& days);

}  // namespace chat::cli
