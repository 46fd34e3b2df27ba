#include "chat/core/time_text.h"

#include <gtest/gtest.h>

namespace chat {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

constexpr auto kMorning = sys_days(std::chrono::year(2026) / 11 / 23) + 1h + 2min + 3s + 45ms;

TEST(UtcText, LeadsBackToTheMillisecond) {
    EXPECT_EQ(utcText(kMorning + 999us), "2026-11-23T01:02:03.045Z");
    EXPECT_EQ(utcSecondText(kMorning + 999us), "2026-11-23T01:02:03Z");
    EXPECT_EQ(parseUtcText("2026-11-23T01:02:03.045Z"), kMorning);
    for (const char* text : {"",
                             "2026-11-23",
                             "2026-02-30T01:02:03.045Z",
                             "0026-11-23T01:02:03.045Z",
                             "2026-11-23T24:02:03.045Z",
                             "2026-11-23T01:02:03.045+",
                             "2026-11-23 01:02:03.045Z",
                             "2026-11-23T01:02:-3.045Z"}) {
        EXPECT_EQ(parseUtcText(text), std::nullopt) << text;
    }
}

TEST(SinceTime, CountsBackOrTakesADay) {
    EXPECT_EQ(sinceTime("90m", kMorning), kMorning - 90min);
    EXPECT_EQ(sinceTime("24h", kMorning), kMorning - 24h);
    EXPECT_EQ(sinceTime("7d", kMorning), kMorning - 168h);
    EXPECT_EQ(sinceTime("2w", kMorning), kMorning - 336h);
    const auto day = sinceTime("2026-11-20", kMorning);
    ASSERT_TRUE(day);
    const std::time_t time = std::chrono::system_clock::to_time_t(*day);
    std::tm local{};
    ::localtime_r(&time, &local);
    EXPECT_EQ((std::tuple{local.tm_mday, local.tm_mon, local.tm_hour, local.tm_min}),
              (std::tuple{20, 10, 0, 0}));
    for (const char* text :
         {"", "d", "7", "-7d", "7y", "7 d", "2026-13-01", "1000000d", "yesterday"}) {
        EXPECT_EQ(sinceTime(text, kMorning), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace chat
