#include "chat/pipeline/finish_time.h"

#include "chat/core/text.h"
#include "chat/source/call_time.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>
#include <ctime>
#include <string>

namespace chat::pipeline {

namespace {

using Time = std::chrono::system_clock::time_point;

/// Digits of a text whose form was checked.
int number(std::string_view text, std::size_t from, std::size_t count) {
    int value = 0;
    const std::string_view digits = text.substr(from, count);
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

}  // namespace

std::optional<Time> finishTime(std::string_view text, Time now) {
    text = trimmed(text);
    const bool timeOfDay = text.size() == 5 && text[2] == ':';
    const std::tm today = fmt::localtime(std::chrono::system_clock::to_time_t(now));
    // "YYYY-MM-DDTHH:MM:SS", with "Z" or "+hh:mm" behind it where one was given.
    const auto moment =
        source::normalizedCallTime(timeOfDay ? fmt::format("{:%F}T{}", today, text) : text);
    if (!moment) {
        return std::nullopt;
    }
    std::tm time{};
    time.tm_year = number(*moment, 0, 4) - 1900;
    time.tm_mon = number(*moment, 5, 2) - 1;
    time.tm_mday = number(*moment, 8, 2);
    time.tm_hour = number(*moment, 11, 2);
    time.tm_min = number(*moment, 14, 2);
    time.tm_sec = number(*moment, 17, 2);
    time.tm_isdst = -1;
    constexpr std::size_t kZone = 19;
    if (moment->size() > kZone) {
        const int sign = (*moment)[kZone] == '-' ? -1 : 1;
        const int minutes = (*moment)[kZone] == 'Z'
                                ? 0
                                : sign * (number(*moment, 20, 2) * 60 + number(*moment, 23, 2));
        return std::chrono::system_clock::from_time_t(::timegm(&time)) -
               std::chrono::minutes(minutes);
    }
    const std::tm asGiven = time;
    Time result = std::chrono::system_clock::from_time_t(::mktime(&time));
    if (timeOfDay && result <= now) {
        time = asGiven;
        ++time.tm_mday;  // mktime carries it into the next month
        result = std::chrono::system_clock::from_time_t(::mktime(&time));
    }
    return result;
}

}  // namespace chat::pipeline
