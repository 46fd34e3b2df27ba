#include "chat/transcribe/judge.h"

#include <gtest/gtest.h>

#include <string>

namespace chat::transcribe {
namespace {

constexpr std::string_view kSpeech =
    "Of course, I'm so sorry for the inconvenience. Jack, what was your last name so I can look "
    "you "
    "up in the system? Could you spell that for me, please?";

std::string loop() {
    std::string text;
    for (int i = 0; i < 40; ++i) {
        text += "Thank you very much. ";
    }
    return text;
}

TEST(Judge, CompressionTellsALoopFromSpeech) {
    EXPECT_EQ(compressionRatio(""), 0);
    EXPECT_GT(compressionRatio(kSpeech), 1.0);
    EXPECT_LT(compressionRatio(kSpeech), 1.8);
    EXPECT_GT(compressionRatio(loop()), 10);
}

TEST(Judge, BelievesWhatIsSureAndVaried) {
    EXPECT_EQ(judge(kSpeech, -0.3, 0.1, {}), Verdict::Heard);
    EXPECT_EQ(judge("", -0.3, 0.1, {}), Verdict::Heard);
}

TEST(Judge, SureWordsStandEvenWhereTheModelDoubtsThatAnybodySpeaks) {
    EXPECT_EQ(judge(kSpeech, -0.3, 0.9, {}), Verdict::Heard);
}

TEST(Judge, SaysWhyItDoesNotBelieve) {
    EXPECT_EQ(judge(loop(), -0.1, 0.1, {}), Verdict::Repeated);
    EXPECT_EQ(judge(kSpeech, -1.2, 0.1, {}), Verdict::Unsure);
    EXPECT_EQ(judge(kSpeech, -1.2, 0.7, {}), Verdict::NobodySpeaks);
}

TEST(Judge, LimitsCanBeSet) {
    EXPECT_EQ(judge(kSpeech, -0.3, 0.1, {.maxCompressionRatio = 1.0}), Verdict::Repeated);
    EXPECT_EQ(judge(kSpeech, -0.3, 0.1, {.minLogProbability = -0.2}), Verdict::Unsure);
}

}  // namespace
}  // namespace chat::transcribe
