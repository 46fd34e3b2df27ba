#include "chat/source/search_filter.h"

#include <gtest/gtest.h>

namespace chat::source {
namespace {

SearchFilter with(std::string SearchFilter::* field, std::string value) {
    SearchFilter filter;
    filter.*field = std::move(value);
    return filter;
}

/// The fields that are wrong, in order.
std::string wrongFields(const SearchFilter& filter) {
    std::string fields;
    for (const FilterProblem& problem : problemsOf(filter)) {
        fields += std::string(fields.empty() ? "" : " ") + std::string(problem.field);
    }
    return fields;
}

TEST(SearchFilter, AsksForNothingWhenEmpty) {
    EXPECT_EQ(wrongFields({}), "");
}

TEST(SearchFilter, TakesDaysAndTimesThatExist) {
    EXPECT_EQ(wrongFields(with(&SearchFilter::fromDate, "2024-02-29")), "");
    EXPECT_EQ(wrongFields(with(&SearchFilter::toTime, "23:59:59")), "");
    for (const char* day :
         {"2026-02-29", "2026-13-01", "12.11.2026", "2026-11-12T09:00", "today"}) {
        EXPECT_EQ(wrongFields(with(&SearchFilter::fromDate, day)), "fromDate") << day;
    }
    for (const char* time : {"24:00:00", "9:00:00", "09:00", "09:00:60"}) {
        EXPECT_EQ(wrongFields(with(&SearchFilter::fromTime, time)), "fromTime") << time;
    }
}

TEST(SearchFilter, DoesNotEndBeforeItBegins) {
    SearchFilter filter;
    filter.fromDate = "2026-11-12";
    filter.toDate = "2026-11-12";
    filter.fromTime = "09:00:00";
    filter.toTime = "09:00:00";
    EXPECT_EQ(wrongFields(filter), "");
    filter.toDate = "2026-11-11";
    filter.toTime = "08:59:59";
    EXPECT_EQ(wrongFields(filter), "toDate toTime");
}

TEST(SearchFilter, RefusesTextsThatCouldActSomewhere) {
    EXPECT_EQ(wrongFields(with(&SearchFilter::orderId, "A-17 / \xC3\xA4")), "");
    EXPECT_EQ(wrongFields(with(&SearchFilter::orderId, "A\r\nHost: evil")), "orderId");
    EXPECT_EQ(wrongFields(with(&SearchFilter::custId, "\x1B[2J")), "custId");
    EXPECT_EQ(wrongFields(with(&SearchFilter::callSid, "\xFF")), "callSid");
    EXPECT_EQ(wrongFields(with(&SearchFilter::telId, std::string(257, '1'))), "telId");
}

TEST(SearchFilter, LooksForAStoreWithinItsChain) {
    EXPECT_EQ(wrongFields(with(&SearchFilter::storeId, "s1")), "chainId");
}

}  // namespace
}  // namespace chat::source
