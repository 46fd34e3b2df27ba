#include "chat/pipeline/run_forecast.h"

#include "chat/core/machine.h"
#include "chat/pipeline/call_job.h"
#include "chat/queue/worker_name.h"
#include "chat/store/sqlite_job_store.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>

#include "fakes/manual_clock.h"
#include "fakes/temporary_folder.h"

namespace chat::pipeline {
namespace {

using namespace std::chrono_literals;
using queue::Edit;
using queue::JobId;

/// A run whose calls are a minute each and take six seconds of words, one after the other.
class RunForecastTest : public testing::Test {
  protected:
    RunForecastTest() {
        jobs_ = store::openJobStore(file_, clock_).value();
        batch_ = jobs_->createBatch("b", "{}", 100).value();
    }

    void add(int calls) {
        for (int i = 0; i < calls; ++i) {
            queue::NewJob job;
            job.call.sid = std::to_string(++added_);
            job.file = "/calls/" + job.call.sid + ".wav";
            job.bytes = 60 * 16'000;
            ASSERT_TRUE(jobs_->add(batch_, {&job, 1}));
        }
    }

    RunForecast& begin() {
        return forecast_.emplace(
            RunForecast::Run{file_, {batch_}, "tiny.en, beam 1", true, 1}, *jobs_, clock_);
    }

    [[nodiscard]] std::optional<queue::Job> claim(const std::string& worker) {
        const auto claimed = jobs_->claim({worker, 10min, {batch_}, 1, std::nullopt}).value();
        return claimed.empty() ? std::nullopt : std::optional(claimed.front());
    }

    /// The next call from its beginning to its end.
    void work(RunForecast& forecast, std::chrono::milliseconds words = 6s, bool reused = false) {
        const auto job = claim(name_);
        ASSERT_TRUE(job);
        forecast.working(job->id, "sound");
        forecast.working(job->id, "words");
        clock_.advance(words);
        end(forecast, job->id, words, reused);
    }

    void end(RunForecast& forecast, JobId job, std::chrono::milliseconds words, bool reused) {
        CallOutcome outcome;
        outcome.status = report::CallStatus::Analyzed;
        outcome.duration = Seconds{60};
        outcome.took.words = words;
        outcome.timedWith = reused ? "" : "tiny.en, beam 1";
        outcome.reused = reused;
        queue::AttemptEnd end;
        end.duration = outcome.duration;
        ASSERT_TRUE(jobs_->end(job, name_, end).value());
        forecast.ended(job, outcome);
    }

    /// Works off all that is there.
    void workOff(RunForecast& forecast) {
        while (jobs_->counts({}).value()[0] > 0) {
            work(forecast);
        }
    }

    /// An estimate that is of this moment.
    [[nodiscard]] Forecast at(RunForecast& forecast) {
        clock_.advance(10s);
        return forecast.look().value();
    }

    [[nodiscard]] std::vector<store::KeptPrediction> kept() const {
        return store::EtaStore::open(file_, clock_)
            .value()
            ->predictions({hostName(), "tiny.en, beam 1", 1}, 100)
            .value();
    }

    void edit(Edit::Kind kind, const std::string& sid) {
        queue::JobFilter one;
        one.sid = sid;
        ASSERT_EQ(jobs_->edit(one, {kind, queue::kNormal, 0}).value().done, 1U);
    }

    tests::TemporaryFolder folder_;
    std::filesystem::path file_ = folder_.path() / "store.sqlite";
    tests::ManualClock clock_;
    std::unique_ptr<queue::JobStore> jobs_;
    queue::BatchId batch_ = 0;
    int added_ = 0;
    const std::string name_ = queue::WorkerName{hostName(), ::getpid(), 1}.text();
    std::optional<RunForecast> forecast_;
};

TEST_F(RunForecastTest, ItEstimatesUntilCallsHaveTaughtItAndEndsWithNothing) {
    add(20);
    RunForecast& forecast = begin();
    const Forecast first = forecast.look().value();
    EXPECT_TRUE(first.isEstimating());
    EXPECT_GT(first.eta.lower, Seconds{0});
    EXPECT_GT(first.eta.upper, first.eta.lower);
    EXPECT_EQ(first.left, 20U);
    EXPECT_FALSE(first.perMinute);
    for (int call = 0; call < 10; ++call) {
        work(forecast);
    }
    const Forecast half = forecast.look().value();
    EXPECT_FALSE(half.isEstimating());
    EXPECT_EQ(half.eta.sample, 10U);
    EXPECT_EQ(half.ended, 10U);
    EXPECT_NEAR(half.eta.remaining.count(), 60, 6);
    EXPECT_LT(half.eta.lower, Seconds{60});
    EXPECT_GT(half.eta.upper, Seconds{60});
    EXPECT_NEAR(half.perMinute.value(), 10, 0.1);
    workOff(forecast);
    const Forecast over = forecast.look().value();
    EXPECT_EQ(over.left, 0U);
    EXPECT_EQ(over.eta.remaining, Seconds{0});
    EXPECT_EQ(over.eta.upper, Seconds{0});
}

TEST_F(RunForecastTest, AnEstimateIsMadeOnceASecond) {
    add(3);
    RunForecast& forecast = begin();
    EXPECT_TRUE(forecast.look());
    clock_.advance(900ms);
    EXPECT_FALSE(forecast.look());
    clock_.advance(100ms);
    EXPECT_TRUE(forecast.look());
}

TEST_F(RunForecastTest, PredictionsAreKeptWithWhatCameAndTheNextRunKnowsThem) {
    add(20);
    RunForecast& first = begin();
    const double believed = first.look().value().eta.widened;
    workOff(first);
    EXPECT_TRUE(kept().empty()) << "nobody knows yet whether more will come";
    first.finish();
    const auto predictions = kept();
    ASSERT_EQ(predictions.size(), 5U);
    const std::vector<int> percents{10, 25, 50, 75, 90};
    for (std::size_t i = 0; i < predictions.size(); ++i) {
        EXPECT_EQ(predictions[i].percent, percents[i]);
        EXPECT_DOUBLE_EQ(predictions[i].came.count(), (100 - percents[i]) / 5 * 6.0);
        EXPECT_LE(predictions[i].lower, predictions[i].came);
        EXPECT_GE(predictions[i].upper, predictions[i].came);
    }
    add(20);
    const Forecast again = begin().look().value();
    EXPECT_FALSE(again.isEstimating());
    EXPECT_NEAR(again.eta.remaining.count(), 120, 12);
    EXPECT_LT(again.eta.widened, believed) << "what was predicted was nearer than it said";
}

TEST_F(RunForecastTest, AStretchThatAPersonPausedIsNotLearntFrom) {
    add(20);
    RunForecast& forecast = begin();
    for (int call = 0; call < 8; ++call) {
        work(forecast);
    }
    edit(Edit::Kind::Pause, "20");
    (void)at(forecast);
    edit(Edit::Kind::Resume, "20");
    (void)at(forecast);
    workOff(forecast);
    forecast.finish();
    const auto predictions = kept();
    ASSERT_EQ(predictions.size(), 3U) << "those at 50, 75 and 90 % were made afterwards";
    EXPECT_EQ(predictions[0].percent, 50);
}

TEST_F(RunForecastTest, WithCallsAddedOrAnotherNumberOfWorkersWhatWasPredictedIsDropped) {
    add(10);
    RunForecast& more = begin();
    work(more);
    work(more);
    add(1);
    EXPECT_EQ(at(more).left, 9U);
    more.finish();
    EXPECT_TRUE(kept().empty());
    workOff(more);
    add(10);
    RunForecast& others = begin();
    for (int call = 0; call < 5; ++call) {
        work(others);
    }
    const Seconds one = at(others).eta.remaining;
    others.workers(2);
    const Seconds two = others.look().value().eta.remaining;
    EXPECT_NEAR(two / one, 0.5, 0.1);
    workOff(others);
    others.finish();
    EXPECT_TRUE(kept().empty());
}

TEST_F(RunForecastTest, ResultsThatWereThereTellNothingOfTheOthers) {
    add(10);
    RunForecast& forecast = begin();
    for (int call = 0; call < 9; ++call) {
        work(forecast, 1ms, true);
    }
    const Forecast known = at(forecast);
    EXPECT_EQ(known.eta.sample, 0U);
    EXPECT_EQ(known.left, 1U);
    EXPECT_EQ(known.perMinute.value(), 0);
    work(forecast, 1ms, true);
    forecast.finish();
    EXPECT_TRUE(kept().empty());
}

TEST_F(RunForecastTest, OfACallInHandTheTimeThatItTookIsTakenOff) {
    add(20);
    RunForecast& forecast = begin();
    for (int call = 0; call < 19; ++call) {
        work(forecast);
    }
    const auto job = claim(name_);
    ASSERT_TRUE(job);
    forecast.working(job->id, "sound");
    forecast.working(job->id, kWaitingForModel);
    const Seconds whole = at(forecast).eta.remaining;
    EXPECT_NEAR(whole.count(), 6, 1) << "to wait is not to work";
    forecast.working(job->id, "words");
    clock_.advance(4s);
    const auto part = forecast.look();
    ASSERT_TRUE(part);
    EXPECT_NEAR(part->eta.remaining.count(), 2, 1);
}

TEST_F(RunForecastTest, ACallWhoseWorkerDiedWaitsAgain) {
    add(2);
    RunForecast& forecast = begin();
    const auto job = claim(name_);
    ASSERT_TRUE(job);
    forecast.working(job->id, "words");
    clock_.advance(5min);
    const Seconds hanging = forecast.look().value().eta.remaining;
    forecast.workerProcess(0);
    EXPECT_LT(at(forecast).eta.remaining, hanging);
}

TEST_F(RunForecastTest, AnAttemptThatFailedGoesToTheEndAndMakesOthersLikelier) {
    add(40);
    RunForecast& forecast = begin();
    for (int call = 0; call < 10; ++call) {
        work(forecast);
    }
    const Forecast before = at(forecast);
    const auto job = claim(name_);
    ASSERT_TRUE(job);
    queue::AttemptEnd wait;
    wait.move = queue::Move::Wait;
    wait.error = Error{ErrorCode::DlConnNetworkError, "No", ""};
    wait.notBefore = clock_.now() + 1h;
    ASSERT_TRUE(jobs_->end(job->id, name_, wait).value());
    forecast.waits(job->id);
    const Forecast after = at(forecast);
    EXPECT_EQ(after.left, before.left);
    EXPECT_GT(after.eta.remaining, before.eta.remaining);
}

TEST_F(RunForecastTest, CallsInHandOfAnotherProgramShareTheWork) {
    add(40);
    RunForecast& forecast = begin();
    for (int call = 0; call < 20; ++call) {
        work(forecast);
    }
    const Seconds alone = at(forecast).eta.remaining;
    ASSERT_TRUE(claim("elsewhere-7-1"));
    const Forecast together = at(forecast);
    EXPECT_EQ(together.left, 20U);
    EXPECT_NEAR(together.eta.remaining / alone, 0.5, 0.1);
}

TEST_F(RunForecastTest, LengthsAreGuessedAsTheEndedOnesTurnedOut) {
    add(10);
    {
        queue::NewJob job;
        job.call.sid = "size unknown";
        job.file = "/calls/x.wav";
        ASSERT_TRUE(jobs_->add(batch_, {&job, 1}));
    }
    RunForecast& forecast = begin();
    for (int call = 0; call < 10; ++call) {
        work(forecast);
    }
    EXPECT_NEAR(at(forecast).eta.remaining.count(), 6, 1.5) << "as long as the others";
}

}  // namespace
}  // namespace chat::pipeline
