#include "chat/core/time_zone.h"

#include "chat/core/c_handle.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <glib.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <memory>

namespace chat {

namespace {

constexpr const char* kZones = "/usr/share/zoneinfo/";
constexpr std::size_t kLongestName = 64;

bool isNameCharacter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '_' || c == '+' || c == '-';
}

using ZonePtr = std::unique_ptr<GTimeZone, ReleaseValue<g_time_zone_unref>>;

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

LocalTime localTimeIn(const std::string& zone) {
    ZonePtr known(zone.empty() ? g_time_zone_new_local()
                               : g_time_zone_new_identifier(zone.c_str()));
    const std::shared_ptr<GTimeZone> clocks =
        known ? std::move(known) : ZonePtr(g_time_zone_new_utc());
    return [clocks](std::chrono::sys_seconds time) {
        const std::time_t moment = time.time_since_epoch().count();
        const int interval = g_time_zone_find_interval(clocks.get(), G_TIME_TYPE_UNIVERSAL, moment);
        return fmt::format("{:%Y-%m-%dT%H:%M:%S}",
                           fmt::gmtime(moment + g_time_zone_get_offset(clocks.get(), interval)));
    };
}

std::string dayIn(const std::string& zone, std::chrono::system_clock::time_point time) {
    const std::string shown = localTimeIn(zone)(std::chrono::floor<std::chrono::seconds>(time));
    return shown.substr(0, shown.find('T'));
}

}  // namespace chat
