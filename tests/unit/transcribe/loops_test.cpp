#include "chat/transcribe/loops.h"

#include <gmock/gmock.h>

#include <random>

namespace chat::transcribe {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Tokens = std::vector<std::size_t>;
using Kept = CutText::Kept;

Tokens repeated(const Tokens& tokens, int times) {
    Tokens result;
    for (int i = 0; i < times; ++i) {
        result.insert(result.end(), tokens.begin(), tokens.end());
    }
    return result;
}

Tokens joined(std::initializer_list<Tokens> parts) {
    Tokens result;
    for (const Tokens& part : parts) {
        result.insert(result.end(), part.begin(), part.end());
    }
    return result;
}

TEST(Loops, AreCutToOneRepeat) {
    const CutText text = cutLoops(joined({{7, 8}, repeated({1, 2, 3}, 9), {5}}));
    EXPECT_THAT(text.tokens, ElementsAre(7, 8, 1, 2, 3, 5));
    EXPECT_THAT(text.loops, ElementsAre(Kept{2, 5}));
}

TEST(Loops, OfOneTokenAreCut) {
    EXPECT_THAT(cutLoops(repeated({4}, 60)).tokens, ElementsAre(4));
}

TEST(Loops, LoseARepeatThatTheEndCutsShort) {
    const CutText text = cutLoops(joined({repeated({1, 2, 3, 4}, 5), {1, 2}}));
    EXPECT_THAT(text.tokens, ElementsAre(1, 2, 3, 4));
}

TEST(Loops, KeepWhatGoesOnOtherwise) {
    const CutText text = cutLoops(joined({repeated({1, 2, 3, 4}, 5), {1, 2, 9}}));
    EXPECT_THAT(text.tokens, ElementsAre(1, 2, 3, 4, 1, 2, 9));
    EXPECT_THAT(text.loops, ElementsAre(Kept{0, 4}));
}

TEST(Loops, AreCutEachForItself) {
    const CutText text = cutLoops(joined({repeated({1, 2, 3}, 6), {5, 6}, repeated({8, 9}, 10)}));
    EXPECT_THAT(text.tokens, ElementsAre(1, 2, 3, 5, 6, 8, 9));
    EXPECT_THAT(text.loops, ElementsAre(Kept{0, 3}, Kept{5, 7}));
}

TEST(Loops, AreMoreThanPeopleSay) {
    for (const Tokens& said :
         {repeated({1, 2}, 4), repeated({1, 2, 3, 4, 5, 6, 7, 8}, 2), Tokens{}}) {
        const CutText text = cutLoops(said);
        EXPECT_EQ(text.tokens, said);
        EXPECT_THAT(text.loops, IsEmpty());
    }
}

TEST(Loops, OnceCutAreNone) {
    std::mt19937 random(5);
    for (int round = 0; round < 300; ++round) {
        Tokens said;
        while (said.size() < 150) {
            Tokens piece;
            for (auto left = random() % 6 + 1; left > 0; --left) {
                piece.push_back(random() % 50);
            }
            const Tokens part = repeated(piece, static_cast<int>(random() % 12 + 1));
            said.insert(said.end(), part.begin(), part.end());
        }
        const CutText text = cutLoops(said);
        EXPECT_LE(text.tokens.size(), said.size());
        for (const Kept& kept : text.loops) {
            EXPECT_LT(kept.first, kept.last);
            EXPECT_LE(kept.last, text.tokens.size());
        }
        EXPECT_EQ(text.tokens.size() < said.size(), !text.loops.empty());
    }
}

}  // namespace
}  // namespace chat::transcribe
