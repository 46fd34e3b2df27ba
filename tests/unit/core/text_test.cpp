#include "chat/core/text.h"

#include <gtest/gtest.h>

namespace chat {
namespace {

TEST(Printable, TakesTheTeethOutOfTerminalText) {
    EXPECT_EQ(printable("plain caf\xC3\xA9"), "plain caf\xC3\xA9");
    EXPECT_EQ(printable("\x1B[31mred\n\r\t"), "?[31mred???");
    EXPECT_EQ(printable("a\xE2\x80\xAE"
                        "b"),
              "a?b")
        << "right-to-left override";
    EXPECT_EQ(printable("a\xC2\x9B"
                        "b"),
              "a?b")
        << "C1 control sequence introducer";
    EXPECT_EQ(printable("a\xFF"
                        "b"),
              "a\xEF\xBF\xBD"
              "b");
}

TEST(ValidUtf8, ReplacesOnlyWhatIsBroken) {
    EXPECT_EQ(validUtf8("caf\xC3\xA9\n"), "caf\xC3\xA9\n");
    EXPECT_EQ(validUtf8("\xC3"), "\xEF\xBF\xBD");
    EXPECT_EQ(validUtf8("\xC0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD") << "overlong";
    EXPECT_EQ(validUtf8("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD") << "surrogate";
}

TEST(ClockText, ShowsHoursOnlyWhenThereAreSome) {
    EXPECT_EQ(clockText(0), "0:00");
    EXPECT_EQ(clockText(65.9), "1:05");
    EXPECT_EQ(clockText(3600), "1:00:00");
    EXPECT_EQ(clockText(-1), "0:00");
}

TEST(Counted, TellsOneFromMany) {
    EXPECT_EQ(counted(1, "call", "calls"), "1 call");
    EXPECT_EQ(counted(0, "call", "calls"), "0 calls");
    EXPECT_EQ(counted(2, "call", "calls"), "2 calls");
}

TEST(SizeText, ChoosesAUnitThatReads) {
    EXPECT_EQ(sizeText(0), "0 kB");
    EXPECT_EQ(sizeText(12'400), "12 kB");
    EXPECT_EQ(sizeText(999'600), "1.0 MB");
    EXPECT_EQ(sizeText(3'440'000), "3.4 MB");
    EXPECT_EQ(sizeText(99'960'000), "100 MB");
    EXPECT_EQ(sizeText(999'600'000), "1.0 GB");
    EXPECT_EQ(sizeText(2'500'000'000'000), "2500 GB");
}

TEST(ShellWord, IsOneWordToAShell) {
    EXPECT_EQ(shellWord("calls/a-1.wav"), "calls/a-1.wav");
    EXPECT_EQ(shellWord(""), "''");
    EXPECT_EQ(shellWord("late calls"), "'late calls'");
    EXPECT_EQ(shellWord("it's $HOME"), "'it'\\''s $HOME'");
}

TEST(Split, KeepsEmptyPieces) {
    EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
    EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
}

TEST(WholeNumber, TakesAllOfTheText) {
    EXPECT_EQ(wholeNumber<int>("-12"), -12);
    EXPECT_EQ(wholeNumber<double>("0.5"), 0.5);
    for (const char* text : {"", " 1", "1 ", "+1", "1x", "0x1", "99999999999"}) {
        EXPECT_EQ(wholeNumber<int>(text), std::nullopt) << text;
    }
    EXPECT_EQ(wholeNumber<unsigned>("-1"), std::nullopt);
}

TEST(Trimmed, CutsBlanksAtBothEnds) {
    EXPECT_EQ(trimmed(" \t a b \r\n"), "a b");
    EXPECT_EQ(trimmed("  "), "");
}

}  // namespace
}  // namespace chat
