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

std::chrono::sys_seconds second(std::string_view utc) {
    return std::chrono::floor<std::chrono::seconds>(at(utc));
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

TEST(TimeZone, HasClocksThatAreSetForwardAndBack) {
    const LocalTime newYork = localTimeIn("America/New_York");
    EXPECT_EQ(newYork(second("2026-03-08T06:59:59.000Z")), "2026-03-08T01:59:59");
    EXPECT_EQ(newYork(second("2026-03-08T07:00:00.000Z")), "2026-03-08T03:00:00");
    EXPECT_EQ(newYork(second("2026-11-01T05:30:00.000Z")), "2026-11-01T01:30:00");
    EXPECT_EQ(newYork(second("2026-11-01T06:30:00.000Z")), "2026-11-01T01:30:00");
    EXPECT_EQ(newYork(second("2126-07-01T12:00:00.000Z")), "2126-07-01T08:00:00")
        << "by the rule that holds now";
    EXPECT_EQ(newYork(second("1700-01-01T12:00:00.000Z")), "1700-01-01T07:03:58")
        << "local mean time";
    EXPECT_EQ(localTimeIn("Asia/Kathmandu")(second("1999-12-31T23:00:00.000Z")),
              "2000-01-01T04:45:00");
    EXPECT_EQ(localTimeIn("Europe/Atlantis")(std::chrono::sys_seconds()), "1970-01-01T00:00:00");
}

TEST(TimeZone, IsThatOfThisMachineWhereNoneIsNamed) {
    const LocalTime berlin = localTimeIn("Europe/Berlin");
    ::setenv("TZ", "Asia/Tokyo", 1);  // NOLINT(concurrency-mt-unsafe): one thread
    const auto evening = at("2026-11-23T16:00:00.000Z");
    EXPECT_EQ(dayIn("", evening), "2026-11-24");
    EXPECT_EQ(dayIn("UTC", evening), "2026-11-23");
    EXPECT_EQ(localTimeIn("")(second("2026-11-23T16:00:00.000Z")), "2026-11-24T01:00:00");
    EXPECT_EQ(berlin(second("2026-11-23T16:00:00.000Z")), "2026-11-23T17:00:00");
    ::unsetenv("TZ");  // NOLINT(concurrency-mt-unsafe): one thread
}

}  // namespace
}  // namespace chat
