#include "chat/pipeline/trace_file.h"

#include "chat/core/files.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <thread>

#include "fakes/temporary_folder.h"

namespace chat::pipeline {
namespace {

using Json = nlohmann::json;

class TraceFileTest : public testing::Test {
  protected:
    [[nodiscard]] std::string text() const {
        return readFile(path_, 1U << 20U, ErrorCode::SysUnkGenericError).value();
    }

    tests::TemporaryFolder folder_;
    std::filesystem::path path_ = folder_.path() / "trace.json";
};

TEST_F(TraceFileTest, SaysWhichThreadWasWhenAtWhatAndWhatWaited) {
    StageClock clock(true);
    std::jthread([&] {
        ::pthread_setname_np(::pthread_self(), "chat-prepare");
        clock.done("audio", Seconds{0.25}, 7);
        clock.done("transcribe", Seconds{0}, 7);
    }).join();
    auto spans = clock.takeSpans();
    ASSERT_EQ(spans.size(), 1U) << "what took no time is no stretch";
    EXPECT_TRUE(clock.takeSpans().empty());
    auto trace = TraceFile::create(path_);
    ASSERT_TRUE(trace);
    trace->add(42, spans.front());
    trace->add(42, spans.front());
    WorkerState state;
    state.windows = 3;
    state.memory = 2U << 20U;
    trace->add(42, state);
    ASSERT_TRUE(trace->close());

    const Json events = Json::parse(text());
    const auto of = [&](const char* kind) {
        std::vector<Json> found;
        std::ranges::copy_if(events, std::back_inserter(found), [&](const Json& event) {
            return event["ph"] == kind;
        });
        return found;
    };
    const auto work = of("X");
    ASSERT_EQ(work.size(), 2U);
    EXPECT_EQ(work[0]["name"], "audio");
    EXPECT_EQ(work[0]["pid"], 42);
    EXPECT_EQ(work[0]["tid"], spans.front().thread);
    EXPECT_DOUBLE_EQ(work[0]["dur"].get<double>(), 250'000);
    EXPECT_EQ(work[0]["args"]["job"], 7);
    const auto names = of("M");
    ASSERT_EQ(names.size(), 3U) << "each once: the worker, its thread, and the program itself";
    EXPECT_EQ(names[1]["args"]["name"], "chat-prepare");
    const auto counters = of("C");
    ASSERT_EQ(counters.size(), 3U);
    EXPECT_EQ(counters[0]["args"]["windows that wait to be heard"], 3);
    EXPECT_EQ(counters[2]["args"]["memory, MiB"], 2);
}

TEST_F(TraceFileTest, IsForItsOwnerAlone) {
    ASSERT_TRUE(TraceFile::create(path_)->close());
    struct stat info{};
    ASSERT_EQ(::stat(path_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(TraceFileTest, FollowsNoLinkAndSaysWhatCannotBeWritten) {
    std::filesystem::create_symlink(folder_.path() / "other", path_);
    EXPECT_FALSE(TraceFile::create(path_));
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "other"));
    EXPECT_FALSE(TraceFile::create(folder_.path() / "nowhere" / "trace.json"));
    auto full = TraceFile::create("/dev/full");
    ASSERT_TRUE(full);
    const auto closed = full->close();
    ASSERT_FALSE(closed);
    EXPECT_EQ(closed.error().code, ErrorCode::SysResDiskFull);
}

TEST(StageClock, WithoutATraceKeepsNoStretches) {
    StageClock clock;
    clock.done("audio", Seconds{1}, 7);
    EXPECT_TRUE(clock.takeSpans().empty());
}

}  // namespace
}  // namespace chat::pipeline
