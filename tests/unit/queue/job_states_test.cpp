#include "chat/queue/job_states.h"

#include "chat/core/files.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

namespace chat::queue {
namespace {

constexpr int kStateCount = 7;
constexpr int kMoveCount = 12;

TEST(JobStates, EveryStateHasANameThatLeadsBack) {
    std::set<std::string_view> names;
    for (int i = 0; i < kStateCount; ++i) {
        const auto state = static_cast<JobState>(i);
        names.insert(stateName(state));
        EXPECT_EQ(stateNamed(stateName(state)), state);
    }
    EXPECT_EQ(names.size(), kStateCount);
    EXPECT_EQ(stateNamed("asleep"), std::nullopt);
}

TEST(JobStates, EachMoveLeadsFromAStateToOneOther) {
    std::set<std::pair<Move, JobState>> seen;
    for (const AllowedMove& row : moves()) {
        EXPECT_TRUE(seen.insert({row.move, row.from}).second)
            << moveName(row.move) << " from " << stateName(row.from) << " stands twice";
    }
}

TEST(JobStates, AMoveThatIsNotAllowedSaysWhyAndWhatToDoInstead) {
    for (int m = 0; m < kMoveCount; ++m) {
        for (int s = 0; s < kStateCount; ++s) {
            const auto move = static_cast<Move>(m);
            const auto state = static_cast<JobState>(s);
            if (!allowed(move, state)) {
                const std::string why = refusal(move, state);
                EXPECT_NE(why.find(stateName(state)), std::string::npos) << why;
                EXPECT_NE(why.find("; "), std::string::npos) << why;
            }
        }
    }
    EXPECT_EQ(
        refusal(Move::Pause, JobState::Completed),
        "it is completed and cannot be paused; remove it; to do it anew, add it to another batch");
}

TEST(JobStates, AJobInHandIsOnlyEndedReturnedOrCancelled) {
    std::set<Move> fromRunning;
    for (const AllowedMove& row : moves()) {
        if (row.from == JobState::Running) {
            fromRunning.insert(row.move);
        }
    }
    EXPECT_EQ(fromRunning,
              (std::set{Move::Complete, Move::Fail, Move::Wait, Move::Return, Move::Cancel}));
}

TEST(JobStates, DocsAreThePageMadeFromTheTable) {
    const std::string path = CHAT_SOURCE_DIR "/docs/queue-states.md";
    const std::string page = queueStatesMarkdown();
    if (std::getenv("CHAT_UPDATE_GOLDEN") != nullptr) {  // NOLINT(concurrency-mt-unsafe)
        ASSERT_TRUE(writeFileAtomically(path, page));
        FAIL() << "docs/queue-states.md was written anew; run without CHAT_UPDATE_GOLDEN";
    }
    EXPECT_EQ(readFile(path, 1'000'000, ErrorCode::SysUnkGenericError).value_or(""), page)
        << "run test_queue with CHAT_UPDATE_GOLDEN=1";
}

}  // namespace
}  // namespace chat::queue
