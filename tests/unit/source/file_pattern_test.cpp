#include "chat/source/file_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chat::source {
namespace {

using testing::HasSubstr;

std::optional<CallAttributes> match(std::string_view pattern, std::string_view path) {
    const auto parsed = FilePattern::parse(pattern);
    EXPECT_TRUE(parsed) << parsed.error().what;
    return parsed ? parsed->match(path) : std::nullopt;
}

/// What a path that must fit says.
CallAttributes said(std::string_view pattern, std::string_view path) {
    const auto attributes = match(pattern, path);
    EXPECT_TRUE(attributes) << path << " does not fit " << pattern;
    return attributes.value_or(CallAttributes{});
}

std::string refusal(std::string_view pattern) {
    const auto parsed = FilePattern::parse(pattern);
    EXPECT_FALSE(parsed) << pattern;
    if (parsed) {
        return {};
    }
    EXPECT_EQ(parsed.error().code, ErrorCode::CfgValSetting);
    return parsed.error().what;
}

TEST(FilePattern, ReadsTheNamesThatRecordersWrite) {
    const auto call = said("{chain}_{store}_{agent}_{date}_{time}_{sid}",
                           "/calls/roma_main street_ann_20261112_094107_CA-1.wav");
    EXPECT_EQ(call.chain, "roma");
    EXPECT_EQ(call.store, "main street");
    EXPECT_EQ(call.agent, "ann");
    EXPECT_EQ(call.startedAt, "2026-11-12T09:41:07");
    EXPECT_EQ(call.sid, "CA-1");
    EXPECT_EQ(call.orderId, "");
}

TEST(FilePattern, TakesDatesAndTimesInTheirUsualShapes) {
    EXPECT_EQ(said("{date}{time}", "20261112094107.wav").startedAt, "2026-11-12T09:41:07");
    EXPECT_EQ(said("{date} {time}", "2026-11-12 09-41.wav").startedAt, "2026-11-12T09:41:00");
    EXPECT_EQ(said("{date}T{time}", "2026-11-12T09-41-07.wav").startedAt, "2026-11-12T09:41:07");
    EXPECT_EQ(said("{time}_{date}", "094107_20261112").startedAt, "2026-11-12T09:41:07");
    EXPECT_FALSE(match("{date}_{time}", "20260230_094107.wav")) << "no such day";
    EXPECT_FALSE(match("{date}_{time}", "20261112_994107.wav")) << "no such hour";
}

TEST(FilePattern, LeavesOutWhatItIsToldTo) {
    const auto call = said("{*}-{order}-{phone}", "rec-4711-0301234.flac");
    EXPECT_EQ(call.orderId, "4711");
    EXPECT_EQ(call.phone, "0301234");
}

TEST(FilePattern, FieldsTakeAsLittleAsFits) {
    const auto call = said("{chain}_{agent}", "a_b_c.wav");
    EXPECT_EQ(call.chain, "a");
    EXPECT_EQ(call.agent, "b_c");
}

TEST(FilePattern, ReadsFoldersWhenItHasSlashes) {
    const auto call = said("{chain}/{store}/{sid}", "/data/roma/north/42.wav");
    EXPECT_EQ(call.chain, "roma");
    EXPECT_EQ(call.store, "north");
    EXPECT_EQ(call.sid, "42");
    EXPECT_FALSE(match("{chain}_{sid}", "/a_b/c.wav")) << "no field reaches over a slash";
}

TEST(FilePattern, TakesItsOwnTextLiterally) {
    EXPECT_EQ(said("(a.b)[{sid}]+", "(a.b)[7]+.wav").sid, "7");
    EXPECT_FALSE(match("(a.b)[{sid}]+", "(axb)[7]+.wav"));
    EXPECT_EQ(said("\xC3\xA9-{sid}", "\xC3\xA9-7.wav").sid, "7");
    EXPECT_EQ(said("{sid}", "\xFF.wav").sid, "\xFF") << "names on disk are bytes";
    EXPECT_EQ(said("{sid}", "/x/.hidden").sid, ".hidden") << "a name is not its extension";
}

TEST(FilePattern, SaysWhatIsWrongWithIt) {
    EXPECT_THAT(refusal("{chain}_{shop}"), HasSubstr("no field {shop}; there are {chain} {store}"));
    EXPECT_THAT(refusal("{sid}_{sid}"), HasSubstr("stands twice"));
    EXPECT_THAT(refusal("{chain}{store}"), HasSubstr("need a text between them"));
    EXPECT_THAT(refusal("{date}_{sid}"), HasSubstr("go together"));
    EXPECT_THAT(refusal("{sid"), HasSubstr("not closed"));
    EXPECT_THAT(refusal("plain"), HasSubstr("no field"));
    EXPECT_THAT(refusal(std::string(600, 'x')), HasSubstr("longer than 512"));
}

}  // namespace
}  // namespace chat::source
