#include "chat/analyze/error_trend.h"

#include "chat/analyze/error_sentences.h"

#include <algorithm>
#include <ctime>
#include <map>

namespace chat::analyze {

namespace {

/// The beginning of the local hour or day, `steps` of them later. The calendar is asked, since days of a change of the clock
/// have 23 or 25 hours.
Moment stepBegin(Moment moment, bool hourly, int steps) {
    const std::time_t time = std::chrono::system_clock::to_time_t(moment);
    std::tm local{};
    ::localtime_r(&time, &local);
    local.tm_sec = 0;
    local.tm_min = 0;
    if (hourly) {
        return std::chrono::system_clock::from_time_t(std::mktime(&local)) +
               std::chrono::hours(steps);
    }
    local.tm_hour = 0;
    local.tm_mday += steps;
    local.tm_isdst = -1;
    return std::chrono::system_clock::from_time_t(std::mktime(&local));
}

}  // namespace

std::vector<TrendStep> errorTrend(std::span<const ErrorEvent> events, Moment from, Moment to) {
    const bool hourly = to - from <= std::chrono::days(2);
    std::vector<TrendStep> steps;
    for (Moment begin = stepBegin(from, hourly, 0); begin <= to;
         begin = stepBegin(begin, hourly, 1)) {
        const std::string label = momentText(begin);
        steps.push_back({begin, hourly ? label : label.substr(0, 10), 0, 0});
    }
    for (const ErrorEvent& event : events) {
        auto after = std::ranges::upper_bound(steps, event.record.time, {}, &TrendStep::begin);
        if (after != steps.begin()) {
            --after;
            ++after->errors;
            after->lost += event.lost ? 1U : 0U;
        }
    }
    return steps;
}

std::vector<std::pair<std::string, std::size_t>> counted(std::span<const ErrorEvent> events,
                                                         std::string (*value)(const ErrorEvent&)) {
    std::map<std::string, std::size_t> counts;
    for (const ErrorEvent& event : events) {
        ++counts[value(event)];
    }
    std::vector<std::pair<std::string, std::size_t>> sorted(counts.begin(), counts.end());
    std::ranges::stable_sort(
        sorted, std::ranges::greater(), &std::pair<std::string, std::size_t>::second);
    return sorted;
}

}  // namespace chat::analyze
