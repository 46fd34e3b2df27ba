#include "chat/source/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace chat::source {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::vector<std::string>> fieldsOf(std::string_view text) {
    std::vector<std::vector<std::string>> fields;
    const auto rows = parseCsv(text, "calls.csv");
    EXPECT_TRUE(rows) << rows.error().what;
    if (rows) {
        for (const CsvRow& row : *rows) {
            fields.push_back(row.fields);
        }
    }
    return fields;
}

std::string errorOf(std::string_view text) {
    const auto rows = parseCsv(text, "calls.csv");
    EXPECT_FALSE(rows);
    EXPECT_EQ(rows.error().code, ErrorCode::CfgFmtManifest);
    return rows.error().what;
}

TEST(Csv, ReadsWhatProgramsWrite) {
    EXPECT_THAT(fieldsOf("a,b\n1,2\n"), ElementsAre(ElementsAre("a", "b"), ElementsAre("1", "2")));
    EXPECT_THAT(fieldsOf("a,b\r\n1,\r\n"),
                ElementsAre(ElementsAre("a", "b"), ElementsAre("1", "")));
    EXPECT_THAT(fieldsOf("a\rb"), ElementsAre(ElementsAre("a"), ElementsAre("b")));
    EXPECT_THAT(fieldsOf("\xEF\xBB\xBF"
                         "a,b"),
                ElementsAre(ElementsAre("a", "b")));
    EXPECT_THAT(fieldsOf("\n\r\na\n\n"), ElementsAre(ElementsAre("a")))
        << "blank lines are no rows";
    EXPECT_THAT(fieldsOf(""), ElementsAre());
}

TEST(Csv, QuotesHoldAnything) {
    EXPECT_THAT(
        fieldsOf("\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\"\n\"\",x"),
        ElementsAre(ElementsAre("a,b", "say \"hi\"", "two\r\nlines"), ElementsAre("", "x")));
}

TEST(Csv, FindsTheSeparatorInTheFirstLine) {
    EXPECT_THAT(fieldsOf("a;b\n1,5;2"),
                ElementsAre(ElementsAre("a", "b"), ElementsAre("1,5", "2")));
    EXPECT_THAT(fieldsOf("a\tb\n1;2\t3"),
                ElementsAre(ElementsAre("a", "b"), ElementsAre("1;2", "3")));
    EXPECT_THAT(fieldsOf("\"a;b;c\",d"), ElementsAre(ElementsAre("a;b;c", "d")))
        << "separators inside quotes do not count";
}

TEST(Csv, RowsKnowTheirLine) {
    const auto rows = parseCsv("a\n\"1\n2\n3\"\r\n\r\nb", "calls.csv");
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 3U);
    EXPECT_EQ((*rows)[0].line, 1);
    EXPECT_EQ((*rows)[1].line, 2);
    EXPECT_EQ((*rows)[2].line, 6);
}

TEST(Csv, SaysWhereItIsBroken) {
    EXPECT_EQ(errorOf("a,b\n1,\"open\n2,3\n"),
              "calls.csv, line 2, column 3: the quote that starts here does not end");
    EXPECT_THAT(errorOf("a,b\n\"x\"y,2"), HasSubstr("line 2, column 4"));
    EXPECT_THAT(errorOf("a,b\n1,x\"y"), HasSubstr("line 2, column 4"));
    EXPECT_THAT(errorOf(std::string_view("a\0b", 3)), HasSubstr("line 1, column 2"));
    EXPECT_THAT(errorOf(std::string_view("\"a\0b\"", 5)), HasSubstr("zero byte"));
}

TEST(Csv, HasBounds) {
    EXPECT_THAT(errorOf(std::string(kCsvMaxFieldBytes + 1, 'x')), HasSubstr("longer than"));
    EXPECT_THAT(errorOf("\"" + std::string(kCsvMaxFieldBytes + 1, 'x') + "\""),
                HasSubstr("longer than"));
    EXPECT_THAT(errorOf(std::string(kCsvMaxFields, ',')), HasSubstr("more than 256 fields"));
    std::string rows;
    for (std::size_t i = 0; i <= kCsvMaxRows; ++i) {
        rows += "x\n";
    }
    EXPECT_THAT(errorOf(rows), HasSubstr("more than 1000000 rows"));
}

std::string written(const std::vector<std::vector<std::string>>& table, char separator) {
    std::string text;
    for (const auto& row : table) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            text += i > 0 ? std::string(1, separator) : "";
            text += '"';
            for (const char c : row[i]) {
                text += c == '"' ? "\"\"" : std::string(1, c);
            }
            text += '"';
        }
        text += "\r\n";
    }
    return text;
}

TEST(Csv, GivesBackWhatWasWritten) {
    std::mt19937 random(20261112);  // NOLINT(cert-msc51-cpp): the same tables at each run
    constexpr std::string_view kCharacters = "ab\",;\t\r\n \xC3\xA9'=";
    for (int round = 0; round < 2'000; ++round) {
        const char separator = ",;\t"[random() % 3];
        std::vector<std::vector<std::string>> table(1 + random() % 5);
        const std::size_t width = 2 + random() % 4;
        for (auto& row : table) {
            row.resize(width);
            for (std::string& field : row) {
                for (std::size_t n = random() % 8; n > 0; --n) {
                    field += kCharacters[random() % kCharacters.size()];
                }
            }
        }
        ASSERT_EQ(fieldsOf(written(table, separator)), table) << "round " << round;
    }
}

}  // namespace
}  // namespace chat::source
