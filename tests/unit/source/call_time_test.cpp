#include "chat/source/call_time.h"

#include <gtest/gtest.h>

namespace chat::source {
namespace {

TEST(CallTime, IsWrittenInOneWay) {
    EXPECT_EQ(normalizedCallTime("2026-11-12T09:41:07"), "2026-11-12T09:41:07");
    EXPECT_EQ(normalizedCallTime("2026-11-12 09:41"), "2026-11-12T09:41:00");
    EXPECT_EQ(normalizedCallTime(" 2026-11-12t09:41:07 "), "2026-11-12T09:41:07");
    EXPECT_EQ(normalizedCallTime("2026-11-12T09:41:07.123456"), "2026-11-12T09:41:07");
}

TEST(CallTime, KeepsItsOffset) {
    EXPECT_EQ(normalizedCallTime("2026-11-12T09:41:07Z"), "2026-11-12T09:41:07Z");
    EXPECT_EQ(normalizedCallTime("2026-11-12T09:41:07.5+0130"), "2026-11-12T09:41:07+01:30");
    EXPECT_EQ(normalizedCallTime("2026-11-12 09:41-05:00"), "2026-11-12T09:41:00-05:00");
    EXPECT_EQ(normalizedCallTime("2026-11-12T09:41:07+02"), "2026-11-12T09:41:07+02:00");
}

TEST(CallTime, MustExistOnTheCalendarAndTheClock) {
    EXPECT_EQ(normalizedCallTime("2028-02-29T00:00:00"), "2028-02-29T00:00:00");
    for (const char* text : {"2026-02-29T00:00:00",
                             "2026-13-01T00:00:00",
                             "2026-00-10T00:00:00",
                             "2026-04-31T00:00:00",
                             "2026-11-12T24:00:00",
                             "2026-11-12T23:60:00",
                             "2026-11-12T23:59:60",
                             "2026-11-12T09:41:07+15:00",
                             "2026-11-12T09:41:07+01:60"}) {
        EXPECT_EQ(normalizedCallTime(text), std::nullopt) << text;
    }
}

TEST(CallTime, IsNothingElse) {
    for (const char* text : {"",
                             "2026-11-12",
                             "12.11.2026 09:41",
                             "11/12/2026 09:41",
                             "2026-11-12T9:41",
                             "2026-11-12T09:41:07 and more",
                             "2026-11-12T09:41:7",
                             "2026-11-12T09:41:07+1",
                             "26-11-12T09:41:07",
                             "-026-11-12T09:41:07"}) {
        EXPECT_EQ(normalizedCallTime(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace chat::source
