#include "chat/core/time_zone.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <optional>

namespace chat {

namespace {

constexpr const char* kZones = "/usr/share/zoneinfo/";
constexpr std::size_t kLongestName = 64;

bool isNameCharacter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '_' || c == '+' || c == '-';
}

std::string localDay(std::chrono::system_clock::time_point time) {
    return fmt::format("{:%Y-%m-%d}", fmt::localtime(std::chrono::system_clock::to_time_t(time)));
}

void setZone(const std::optional<std::string>& zone) {
    // NOLINTBEGIN(concurrency-mt-unsafe): the caller has one thread
    if (zone) {
        ::setenv("TZ", zone->c_str(), 1);
    } else {
        ::unsetenv("TZ");
    }
    // NOLINTEND(concurrency-mt-unsafe)
    ::tzset();
}

}  // namespace

bool isTimeZone(std::string_view name) {
    if (name == "UTC") {
        return true;  // also where no zones are installed
    }
    if (name.empty() || name.size() > kLongestName || name.front() == '/' ||
        !std::ranges::all_of(name, isNameCharacter)) {
        return false;
    }
    std::ifstream file(kZones + std::string(name), std::ios::binary);
    std::array<char, 4> begin{};
    return file.read(begin.data(), begin.size()) &&
           std::string_view(begin.data(), begin.size()) == "TZif";
}

std::string dayIn(const std::string& zone, std::chrono::system_clock::time_point time) {
    if (zone.empty()) {
        return localDay(time);
    }
    const char* set = std::getenv("TZ");  // NOLINT(concurrency-mt-unsafe): as above
    const auto before = set == nullptr ? std::nullopt : std::optional<std::string>(set);
    setZone(zone);
    std::string day = localDay(time);
    setZone(before);
    return day;
}

}  // namespace chat
