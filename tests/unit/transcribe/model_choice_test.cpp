#include "chat/transcribe/model_choice.h"

#include <gmock/gmock.h>

#include <array>

namespace chat::transcribe {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kMiB = 1024 * 1024;

const std::array kInstalled{
    ModelCandidate{"tiny", 75 * kMiB, false, 300 * kMiB, 0.02},
    ModelCandidate{"tiny.en", 75 * kMiB, true, 300 * kMiB, 0.02},
    ModelCandidate{"base", 145 * kMiB, false, 500 * kMiB, 0.05},
    ModelCandidate{"small", 480 * kMiB, false, 1400 * kMiB, 0.2},
    ModelCandidate{"medium", 1500 * kMiB, false, 4000 * kMiB, 0.6},
};

ModelDemand plenty() {
    ModelDemand demand;
    demand.freeBytes = 16'000 * kMiB;
    demand.workers = 2;
    demand.sound = Seconds{36'000};
    return demand;
}

std::string chosenOf(std::span<const ModelCandidate> models, const ModelDemand& demand) {
    const auto choice = chooseModel(models, demand);
    return choice ? choice->name : "none";
}

std::string chosenFor(const ModelDemand& demand) {
    return chosenOf(kInstalled, demand);
}

TEST(ModelChoice, IsTheMostAccurateThatFitsTheMemory) {
    ModelDemand demand = plenty();
    EXPECT_EQ(chosenFor(demand), "medium");
    demand.freeBytes = 5'000 * kMiB;
    EXPECT_EQ(chosenFor(demand), "medium") << "4,000 of 5,000 MiB are 80 %";
    demand.freeBytes = 4'999 * kMiB;
    EXPECT_EQ(chosenFor(demand), "small");
    demand.freeBytes = 400 * kMiB;
    EXPECT_EQ(chosenFor(demand), "tiny.en") << "of two of a size the one made for English";
}

TEST(ModelChoice, MeetsTheDeadline) {
    ModelDemand demand = plenty();
    demand.untilDeadline = Seconds{10'800};
    EXPECT_EQ(chosenFor(demand), "medium") << "36,000 s x 0.6 / 2 workers";
    demand.untilDeadline = Seconds{10'799};
    EXPECT_EQ(chosenFor(demand), "small");
    demand.untilDeadline = Seconds{900};
    EXPECT_EQ(chosenFor(demand), "base");
}

TEST(ModelChoice, IsTheQuickestWhereNoneMeetsTheDeadline) {
    ModelDemand demand = plenty();
    demand.untilDeadline = Seconds{-5};
    demand.language = "es";
    const auto choice = chooseModel(kInstalled, demand);
    ASSERT_TRUE(choice);
    EXPECT_EQ(choice->name, "tiny");
    EXPECT_THAT(choice->why, HasSubstr("none is expected to meet the deadline"));
}

TEST(ModelChoice, KnowsThatALargerModelIsNotQuicker) {
    // The small one was measured beside other work.
    const std::array measured{ModelCandidate{"tiny", 75 * kMiB, false, 300 * kMiB, 2.6},
                              ModelCandidate{"base", 145 * kMiB, false, 500 * kMiB, 1.5}};
    ModelDemand demand = plenty();
    demand.untilDeadline = Seconds{60};
    EXPECT_EQ(chosenOf(measured, demand), "tiny") << "none meets the deadline";
    demand.untilDeadline = Seconds{36'000};
    EXPECT_EQ(chosenOf(measured, demand), "tiny") << "base is not the quicker one";
    demand.untilDeadline = Seconds{46'800};
    EXPECT_EQ(chosenOf(measured, demand), "base");
}

TEST(ModelChoice, IsOneSizeSmallerOnABusyMachine) {
    ModelDemand demand = plenty();
    demand.load = 0.8;
    EXPECT_EQ(chosenFor(demand), "medium");
    demand.load = 0.81;
    EXPECT_EQ(chosenFor(demand), "small");
    demand.freeBytes = 400 * kMiB;
    EXPECT_EQ(chosenFor(demand), "tiny.en") << "nothing smaller is there";
}

TEST(ModelChoice, KnowsTheLanguage) {
    ModelDemand demand = plenty();
    demand.freeBytes = 400 * kMiB;
    for (const char* language : {"es", "auto"}) {
        demand.language = language;
        EXPECT_EQ(chosenFor(demand), "tiny") << language;
    }
    demand.language = "es";
    EXPECT_FALSE(chooseModel(std::span(kInstalled).subspan(1, 1), demand));
}

TEST(ModelChoice, TakesLeastWhereNothingFits) {
    ModelDemand demand = plenty();
    demand.freeBytes = 0;
    EXPECT_EQ(chosenFor(demand), "tiny.en");
    EXPECT_FALSE(chooseModel({}, demand));
}

TEST(ModelChoice, SaysWhichDeadlineAModelDoesNotMeet) {
    const ModelCandidate& small = kInstalled[3];
    ModelDemand demand = plenty();
    EXPECT_EQ(delayText(small, demand), "");
    demand.untilDeadline = Seconds{3600};
    EXPECT_EQ(delayText(small, demand), "") << "36,000 s of sound take two workers just that";
    demand.untilDeadline = Seconds{1200};
    EXPECT_EQ(delayText(small, demand),
              "With model small about 60 min of work are left, as measured on this machine, but "
              "only 20 min until the "
              "time to finish by.");
    demand.untilDeadline = Seconds{-60};
    EXPECT_THAT(delayText(small, demand), HasSubstr("and the time to finish by is over."));
}

TEST(ModelChoice, SaysWhy) {
    ModelDemand demand = plenty();
    demand.untilDeadline = Seconds{3'600};
    const auto choice = chooseModel(kInstalled, demand);
    ASSERT_TRUE(choice);
    EXPECT_EQ(choice->why,
              "Model small, the most accurate installed one that fits the memory and the deadline. "
              "It takes 1400 "
              "MiB of 16000 MiB that are free and about 60 min of the 60 min until the deadline, "
              "as measured on "
              "this machine.");
}

}  // namespace
}  // namespace chat::transcribe
