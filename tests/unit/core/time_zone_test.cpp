#include "chat/core/time_zone.h"

#include "chat/core/time_text.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace chat {
namespace {

std::chrono::system_clock::time_point at(std::string_view utc) {
    return parseUtcText(utc).value_or(std::chrono::system_clock::time_point());
}

TEST(TimeZone, HasANameThatThisMachineKnows) {
    EXPECT_TRUE(isTimeZone("UTC"));
    EXPECT_TRUE(isTimeZone("Europe/Berlin"));
    EXPECT_TRUE(isTimeZone("America/Argentina/Buenos_Aires"));
    EXPECT_TRUE(isTimeZone("Etc/GMT+5"));
    for (const char* other : {"",
                              "Europe",
                              "Europe/Atlantis",
                              "zone.tab",
                              "/usr/share/zoneinfo/UTC",
                              "../zoneinfo/Europe/Berlin",
                              "Europe/Berlin ",
                              "CET-1CEST"}) {
        EXPECT_FALSE(isTimeZone(other)) << other;
    }
    EXPECT_FALSE(isTimeZone(std::string(10'000, 'a')));
}

TEST(TimeZone, SaysWhichDayItIsThere) {
    const auto evening = at("2026-11-23T23:30:00.000Z");
    EXPECT_EQ(dayIn("UTC", evening), "2026-11-23");
    EXPECT_EQ(dayIn("Europe/Berlin", evening), "2026-11-24");
    EXPECT_EQ(dayIn("America/New_York", at("2026-11-23T04:59:00.000Z")), "2026-11-22");
    EXPECT_EQ(dayIn("America/New_York", at("2026-11-23T05:00:00.000Z")), "2026-11-23");
    EXPECT_EQ(dayIn("America/New_York", at("2026-07-23T04:00:00.000Z")), "2026-07-23")
        << "summer time";
}

TEST(TimeZone, LeavesThatOfTheProgramAsItWas) {
    ::setenv("TZ", "Asia/Tokyo", 1);  // NOLINT(concurrency-mt-unsafe): one thread
    const auto evening = at("2026-11-23T16:00:00.000Z");
    EXPECT_EQ(dayIn("UTC", evening), "2026-11-23");
    EXPECT_EQ(dayIn("", evening), "2026-11-24");
    ::unsetenv("TZ");  // NOLINT(concurrency-mt-unsafe): one thread
}

}  // namespace
}  // namespace chat
