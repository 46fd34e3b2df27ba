#pragma once

#include "chat/analyze/error_analytics.h"

namespace chat::analyze {

/// Errors of one hour or one day.
struct TrendStep {
    Moment begin;
    std::string label;  ///< "2026-11-23 12:00" or "2026-11-23", this machine's time
    std::size_t errors = 0;
    std::size_t lost = 0;  ///< errors of calls without a result now
};

/// Errors hour by hour where the time is two days at most, else day by day; steps without errors included.
[[nodiscard]] std::vector<TrendStep> errorTrend(std::span<const ErrorEvent> events,
                                                Moment from,
                                                Moment to);

/// How often each value of something occurs, the commonest first, equals in the order of their names.
[[nodiscard]] std::vector<std::pair<std::string, std::size_t>> counted(
    std::span<const ErrorEvent> events, std::string (*value)(const ErrorEvent&));

}  // namespace chat::analyze
