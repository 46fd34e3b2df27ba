#include "chat/core/time_text.h"

#include "chat/core/text.h"

#include <fmt/chrono.h>

#include <ctime>

namespace chat {

namespace {

using Time = std::chrono::system_clock::time_point;

/// All of which the system's clock can count, in nanoseconds.
constexpr std::chrono::year kFirstYear{1678};
constexpr std::chrono::year kLastYear{2261};

/// Digits and nothing else.
std::optional<int> number(std::string_view text) {
    const auto value = wholeNumber<int>(text);
    return value && *value >= 0 ? value : std::nullopt;
}

std::optional<std::chrono::year_month_day> day(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') {
        return std::nullopt;
    }
    const auto year = number(text.substr(0, 4));
    const auto month = number(text.substr(5, 2));
    const auto dayOfMonth = number(text.substr(8, 2));
    if (!year || !month || !dayOfMonth) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year{*year},
                                           std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*dayOfMonth)}};
    return date.ok() && date.year() >= kFirstYear && date.year() <= kLastYear ? std::optional(date)
                                                                              : std::nullopt;
}

}  // namespace

std::string utcText(Time time) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    const auto rest = std::chrono::floor<std::chrono::milliseconds>(time - whole);
    return fmt::format(
        "{:%FT%T}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(whole)), rest.count());
}

std::string utcSecondText(Time time) {
    return fmt::format("{:%FT%TZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::optional<Time> parseUtcText(std::string_view text) {
    if (text.size() != 24 || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
        text[19] != '.' || text[23] != 'Z') {
        return std::nullopt;
    }
    const auto date = day(text.substr(0, 10));
    const auto hour = number(text.substr(11, 2));
    const auto minute = number(text.substr(14, 2));
    const auto second = number(text.substr(17, 2));
    const auto millisecond = number(text.substr(20, 3));
    if (!date || !hour || !minute || !second || !millisecond || *hour > 23 || *minute > 59 ||
        *second > 59) {
        return std::nullopt;
    }
    return std::chrono::sys_days(*date) + std::chrono::hours(*hour) +
           std::chrono::minutes(*minute) + std::chrono::seconds(*second) +
           std::chrono::milliseconds(*millisecond);
}

std::optional<Time> sinceTime(std::string_view text, Time now) {
    if (const auto date = day(text)) {
        std::tm local{};
        local.tm_year = static_cast<int>(date->year()) - 1900;
        local.tm_mon = static_cast<int>(static_cast<unsigned>(date->month())) - 1;
        local.tm_mday = static_cast<int>(static_cast<unsigned>(date->day()));
        local.tm_isdst = -1;
        return std::chrono::system_clock::from_time_t(std::mktime(&local));
    }
    if (text.size() < 2 || text.size() > 6) {
        return std::nullopt;
    }
    const auto count = number(text.substr(0, text.size() - 1));
    if (!count) {
        return std::nullopt;
    }
    switch (text.back()) {
        case 'm':
            return now - std::chrono::minutes(*count);
        case 'h':
            return now - std::chrono::hours(*count);
        case 'd':
            return now - std::chrono::days(*count);
        case 'w':
            return now - std::chrono::weeks(*count);
        default:
            return std::nullopt;
    }
}

}  // namespace chat
