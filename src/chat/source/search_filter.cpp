#include "chat/source/search_filter.h"

#include "chat/core/text.h"
#include "chat/source/call_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace chat::source {

namespace {

constexpr std::size_t kMaxTextBytes = 256;

constexpr std::array kFields{FilterField{"fromDate", &SearchFilter::fromDate},
                             FilterField{"toDate", &SearchFilter::toDate},
                             FilterField{"fromTime", &SearchFilter::fromTime},
                             FilterField{"toTime", &SearchFilter::toTime},
                             FilterField{"chainId", &SearchFilter::chainId},
                             FilterField{"storeId", &SearchFilter::storeId},
                             FilterField{"agentId", &SearchFilter::agentId},
                             FilterField{"orderId", &SearchFilter::orderId},
                             FilterField{"callSid", &SearchFilter::callSid},
                             FilterField{"telId", &SearchFilter::telId},
                             FilterField{"custId", &SearchFilter::custId}};

bool isDate(const std::string& text) {
    return normalizedCallTime(text + "T00:00:00") == text + "T00:00:00";
}

bool isTimeOfDay(const std::string& text) {
    return normalizedCallTime("2000-01-01T" + text) == "2000-01-01T" + text;
}

/// What keeps a text from being an id or number.
std::string problemOfText(const std::string& text) {
    if (text.size() > kMaxTextBytes) {
        return fmt::format("It is longer than {} bytes.", kMaxTextBytes);
    }
    return printable(text) != text ? "It holds signs that cannot be shown." : "";
}

std::string problemOf(std::string_view field, const std::string& text) {
    if (text.empty()) {
        return {};
    }
    if (field.ends_with("Date")) {
        return isDate(text) ? "" : "It is not a day such as 2026-11-12.";
    }
    if (field.ends_with("Time")) {
        return isTimeOfDay(text) ? "" : "It is not a time of day such as 09:00:00.";
    }
    return problemOfText(text);
}

}  // namespace

std::span<const FilterField> filterFields() {
    return kFields;
}

std::vector<FilterProblem> problemsOf(const SearchFilter& filter) {
    std::vector<FilterProblem> problems;
    for (const FilterField& field : kFields) {
        if (std::string text = problemOf(field.name, filter.*field.value); !text.empty()) {
            problems.push_back({field.name, std::move(text)});
        }
    }
    if (!problems.empty()) {
        return problems;
    }
    // Both forms sort as text.
    if (!filter.fromDate.empty() && !filter.toDate.empty() && filter.toDate < filter.fromDate) {
        problems.push_back({"toDate", "The last day is before the first."});
    }
    if (!filter.fromTime.empty() && !filter.toTime.empty() && filter.toTime < filter.fromTime) {
        problems.push_back({"toTime", "The latest time of day is before the earliest."});
    }
    if (!filter.storeId.empty() && filter.chainId.empty()) {
        problems.push_back({"chainId", "A store is looked for within its chain."});
    }
    return problems;
}

}  // namespace chat::source
