#include "search_output.h"

#include "chat/core/text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <numeric>

#include "terminal.h"

namespace chat::cli {

namespace {

using source::FoundCall;
using source::Named;

/// "as of 09:41", with the day where it is not today.
std::string asOfText(std::chrono::system_clock::time_point time) {
    const std::tm then = fmt::localtime(std::chrono::system_clock::to_time_t(time));
    const std::tm now = fmt::localtime(std::time(nullptr));
    const bool sameDay = then.tm_yday == now.tm_yday && then.tm_year == now.tm_year;
    return sameDay ? fmt::format("as of {:%H:%M}", then) : fmt::format("as of {:%F %H:%M}", then);
}

std::string stateOf(const FoundCall& found, const CallStates& states) {
    const auto state = states.find(found.call.sid);
    return state == states.end() ? "" : state->second;
}

Json foundJson(const FoundCall& found, const CallStates& states) {
    const std::string state = stateOf(found, states);
    Json json = callJson(found.call);
    json["telId"] = found.telId;
    json["state"] = state.empty() ? Json() : Json(state);
    return json;
}

struct Column {
    std::string_view title;
    std::string CallAttributes::* value;
    std::size_t most;
};
constexpr std::array kColumns{Column{"began", &CallAttributes::startedAt, 25},
                              Column{"sid", &CallAttributes::sid, 34},
                              Column{"order", &CallAttributes::orderId, 16},
                              Column{"chain", &CallAttributes::chain, 24},
                              Column{"store", &CallAttributes::store, 24},
                              Column{"agent", &CallAttributes::agent, 24}};
/// Other than the time, which is whole or worth nothing, a column can be told from the next one with so much of it.
constexpr std::size_t kNarrowest = 8;

using Widths = std::array<std::size_t, kColumns.size()>;

/// As wide as what is in them; where that is too much for the screen, the widest give way.
Widths widthsOf(const SearchResult& found) {
    Widths widths{};
    std::size_t states = 0;
    for (std::size_t i = 0; i < kColumns.size(); ++i) {
        const Column& column = kColumns.at(i);
        widths.at(i) = column.title.size();
        for (const FoundCall& call : found.calls) {
            widths.at(i) = std::max(widths.at(i), columns(printable(call.call.*column.value)));
            states = std::max(states, stateOf(call, found.states).size());
        }
        widths.at(i) = std::min(widths.at(i), column.most);
    }
    const std::size_t screen = isTerminal(STDOUT_FILENO)
                                   ? static_cast<std::size_t>(terminalWidth(STDOUT_FILENO))
                                   : std::numeric_limits<std::size_t>::max();
    const std::size_t between = 2 * (widths.size() + (states > 0 ? 1 : 0));
    std::size_t taken = std::accumulate(widths.begin(), widths.end(), between + states);
    for (; taken > screen; --taken) {
        const auto widest = std::max_element(widths.begin() + 1, widths.end());
        if (*widest <= kNarrowest) {
            break;
        }
        --*widest;
    }
    return widths;
}

void printCalls(const SearchResult& found) {
    const Widths widths = widthsOf(found);
    const auto line = [&](const auto& textOf, const std::string& state) {
        std::string text;
        for (std::size_t i = 0; i < kColumns.size(); ++i) {
            text += "  " + padded(textOf(kColumns.at(i)), widths.at(i));
        }
        text += "  " + state;
        fmt::print("{}\n", text.substr(0, text.find_last_not_of(' ') + 1));
    };
    line([](const Column& column) { return std::string(column.title); }, "");
    for (const FoundCall& call : found.calls) {
        line([&](const Column& column) { return printable(call.call.*column.value); },
             stateOf(call, found.states));
    }
}

}  // namespace

void printNamed(const std::vector<Named>& all,
                const std::optional<std::chrono::system_clock::time_point>& asOf) {
    constexpr std::size_t kWidestId = 40;
    std::size_t width = 2;
    for (const Named& one : all) {
        width = std::max(width, std::min(columns(printable(one.id)), kWidestId));
    }
    fmt::print("  {}  name\n", padded("id", width));
    for (const Named& one : all) {
        fmt::print("  {}  {}\n", padded(printable(one.id), width), printable(one.name));
    }
    if (asOf) {
        std::fflush(stdout);
        fmt::print(stderr, "{}\n", asOfText(*asOf));
    }
}

Json namedJson(const char* key,
               const std::vector<Named>& all,
               const std::optional<std::chrono::system_clock::time_point>& asOf) {
    Json list = Json::array();
    for (const Named& one : all) {
        list.push_back({{"id", one.id}, {"name", one.name}});
    }
    return {{key, std::move(list)}, {"asOf", timeJson(asOf)}};
}

void printFound(const SearchResult& found, const SearchDays& days) {
    printCalls(found);
    const std::string of = found.total ? fmt::format(" of {}", *found.total) : "";
    fmt::print("\n  {}{} {}{}{}{}\n",
               found.calls.size(),
               of,
               found.calls.size() == 1 && !found.total ? "call" : "calls",
               days.ofToday ? fmt::format(" of today, {}", days.today) : "",
               days.timeZone.empty() ? "" : fmt::format(", time of {}", days.timeZone),
               found.unusable > 0
                   ? fmt::format("; {} left out, without a SID that can be used", found.unusable)
                   : "");
    if (const std::optional<EnqueuedCalls>& enqueued = found.enqueued) {
        printEnqueued(*enqueued);
    }
}

Json foundJson(const SearchResult& found, const SearchDays& days) {
    Json calls = Json::array();
    for (const FoundCall& call : found.calls) {
        calls.push_back(foundJson(call, found.states));
    }
    return {{"calls", std::move(calls)},
            {"total", found.total ? Json(*found.total) : Json()},
            {"more", found.more},
            {"unusable", found.unusable},
            {"timeZone", days.timeZone.empty() ? Json() : Json(days.timeZone)},
            {"enqueued", found.enqueued ? enqueuedJson(*found.enqueued) : Json()},
            {"error", errorJson(found.cutShort)}};
}

}  // namespace chat::cli
