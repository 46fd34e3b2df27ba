#include "chat/pipeline/finish_time.h"

#include <gmock/gmock.h>

#include <ctime>

namespace chat::pipeline {
namespace {

using std::chrono::minutes;

/// 30 November, 14:30 by this machine's time of day.
std::chrono::system_clock::time_point lastOfNovember() {
    std::tm time{};
    time.tm_year = 126;
    time.tm_mon = 10;
    time.tm_mday = 30;
    time.tm_hour = 14;
    time.tm_min = 30;
    time.tm_isdst = -1;
    return std::chrono::system_clock::from_time_t(std::mktime(&time));
}

TEST(FinishTime, IsWhenATimeOfDayComesNext) {
    const auto now = lastOfNovember();
    EXPECT_EQ(finishTime("15:00", now), now + minutes(30));
    EXPECT_EQ(finishTime(" 14:31 ", now), now + minutes(1));
    EXPECT_EQ(finishTime("14:30", now), now + minutes(24 * 60)) << "now is over";
    EXPECT_EQ(finishTime("00:15", now), now + minutes(9 * 60 + 45)) << "on the first of December";
}

TEST(FinishTime, IsAMomentOfIso8601) {
    const auto now = lastOfNovember();
    EXPECT_EQ(finishTime("2026-11-30T16:30", now), now + minutes(120));
    EXPECT_EQ(finishTime("2026-11-30T13:30:00", now), now - minutes(60)) << "late, as it says";
    EXPECT_EQ(finishTime("2026-11-30T16:30:00Z", now),
              finishTime("2026-11-30T18:00:00+01:30", now));
    EXPECT_EQ(finishTime("1970-01-01T00:00:10Z", now),
              std::chrono::system_clock::time_point(std::chrono::seconds(10)));
}

TEST(FinishTime, IsNothingElse) {
    for (const char* text :
         {"", "soon", "25:00", "7:00", "14:60", "14:3a", "2026-13-01T00:00", "14:30:00"}) {
        EXPECT_FALSE(finishTime(text, lastOfNovember())) << text;
    }
}

}  // namespace
}  // namespace chat::pipeline
