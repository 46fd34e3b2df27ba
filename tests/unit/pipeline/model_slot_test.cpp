#include "chat/pipeline/model_slot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "fakes/fake_transcriber.h"

namespace chat::pipeline {
namespace {

class ModelSlotTest : public testing::Test {
  protected:
    SpeechModel model(const std::string& name) {
        SpeechModel one;
        one.name = name;
        one.fingerprint = name;
        one.load = [this, name]() -> Result<std::unique_ptr<transcribe::Transcriber>> {
            const std::scoped_lock lock(mutex_);
            loads_.push_back(name);
            return std::make_unique<tests::FakeTranscriber>(2);
        };
        return one;
    }

    Result<ModelSlot::Lent> take(const SpeechModel& model, const std::stop_token& stop = {}) {
        return slot_.take(
            model, stop, {[this] { ++waited_; }, [] {}, [](const transcribe::Transcriber&) {}});
    }

    void untilOneWaits(int count = 1) const {
        while (waited_ < count) {
            std::this_thread::yield();
        }
    }

    ModelSlot slot_;
    std::mutex mutex_;
    std::vector<std::string> loads_;
    std::atomic<int> waited_ = 0;
};

TEST_F(ModelSlotTest, AModelIsLoadedOnceForAllWhoUseIt) {
    const auto first = take(model("a")).value();
    const auto second = take(model("a")).value();
    EXPECT_EQ(first, second);
    EXPECT_THAT(loads_, testing::ElementsAre("a"));
    EXPECT_EQ(waited_, 0);
}

TEST_F(ModelSlotTest, AModelStaysUntilAnotherIsWanted) {
    (void)take(model("a")).value();
    (void)take(model("a")).value();
    (void)take(model("b")).value();
    (void)take(model("a")).value();
    EXPECT_THAT(loads_, testing::ElementsAre("a", "b", "a"));
}

TEST_F(ModelSlotTest, AnotherModelWaitsForThoseInUseAndGoesBeforeThoseThatCameLater) {
    auto used = take(model("a")).value();
    std::vector<std::string> order;
    const auto takeAndSay = [&](const std::string& name) {
        const auto lent = take(model(name)).value();
        const std::scoped_lock lock(mutex_);
        order.push_back(name);
    };
    {
        const std::jthread other([&] { takeAndSay("b"); });
        untilOneWaits();
        const std::jthread later([&] { takeAndSay("a"); });
        untilOneWaits(2);
        {
            const std::scoped_lock lock(mutex_);
            EXPECT_THAT(loads_, testing::ElementsAre("a"));
        }
        used.reset();
    }
    EXPECT_THAT(order, testing::ElementsAre("b", "a"));
}

TEST_F(ModelSlotTest, WhoIsStoppedWhileWaitingHoldsNobodyUp) {
    const auto used = take(model("a")).value();
    std::stop_source stop;
    std::jthread other([&] {
        EXPECT_EQ(take(model("b"), stop.get_token()).error().code, ErrorCode::SysStateStopped);
    });
    untilOneWaits();
    stop.request_stop();
    other.join();
    EXPECT_TRUE(take(model("a")));
}

TEST_F(ModelSlotTest, OneThatCannotBeLoadedIsTriedOnceAndTheOthersGoOn) {
    SpeechModel broken = model("broken");
    int tried = 0;
    broken.load = [&]() -> Result<std::unique_ptr<transcribe::Transcriber>> {
        ++tried;
        return fail(ErrorCode::TrResMemoryError, "There is not enough memory for the model");
    };
    EXPECT_EQ(slot_.failure(broken), std::nullopt);
    EXPECT_EQ(take(broken).error().code, ErrorCode::TrResMemoryError);
    EXPECT_EQ(take(broken).error().code, ErrorCode::TrResMemoryError);
    EXPECT_EQ(tried, 1);
    EXPECT_TRUE(slot_.failure(broken));
    EXPECT_TRUE(take(model("a")));
    EXPECT_EQ(slot_.failure(model("a")), std::nullopt);
}

}  // namespace
}  // namespace chat::pipeline
