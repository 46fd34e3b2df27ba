#include "chat/store/eta_store.h"

#include "chat/store/sqlite_job_store.h"

#include <gtest/gtest.h>

#include "fakes/manual_clock.h"
#include "fakes/temporary_folder.h"

namespace chat::store {
namespace {

class EtaStoreTest : public testing::Test {
  protected:
    EtaStoreTest() {
        jobs_ = openJobStore(file_, clock_).value();
        batch_ = jobs_->createBatch("b", "{}", 100).value();
    }

    /// An attempt at a new call.
    queue::JobId attempt(const std::string& worker, const queue::AttemptEnd& end = {}) {
        queue::NewJob job;
        job.call.sid = std::to_string(++calls_);
        EXPECT_TRUE(jobs_->add(batch_, {&job, 1}));
        const auto claimed =
            jobs_->claim({worker, std::chrono::minutes(1), {batch_}, 1, std::nullopt}).value();
        EXPECT_TRUE(jobs_->end(claimed.at(0).id, worker, end).value());
        return claimed.at(0).id;
    }

    /// A call whose words took so long.
    void timed(const std::string& worker, double words, int workers = 2) {
        ASSERT_TRUE(open()->note(attempt(worker), kModel, workers, took(words)));
    }

    static StageSeconds took(double words) {
        return {Seconds{60}, Seconds{0.5}, Seconds{words}, Seconds{0.01}};
    }

    [[nodiscard]] std::unique_ptr<EtaStore> open() const {
        return EtaStore::open(file_, clock_).value();
    }

    static constexpr const char* kModel = "tiny.en, beam 1";
    const KindOfWork kind_{"host", kModel, 2};
    tests::TemporaryFolder folder_;
    std::filesystem::path file_ = folder_.path() / "store.sqlite";
    tests::ManualClock clock_;
    std::unique_ptr<queue::JobStore> jobs_;
    queue::BatchId batch_ = 0;
    int calls_ = 0;
};

TEST_F(EtaStoreTest, WhatAttemptsTookIsThereInTheirOrder) {
    timed("host-1-1", 3);
    queue::AttemptEnd failed;
    failed.move = queue::Move::Wait;
    failed.error = Error{ErrorCode::DlConnNetworkError, "No", ""};
    failed.notBefore = clock_.now() + std::chrono::hours(1);
    ASSERT_TRUE(open()->note(attempt("host-1-1", failed), kModel, 2, std::nullopt));
    timed("host-2-1", 5);
    const auto attempts = open()->attempts(kind_, 10).value();
    ASSERT_EQ(attempts.size(), 3U);
    const StageSeconds first = attempts[0].value();
    EXPECT_EQ(first.audio, Seconds{60});
    EXPECT_EQ(first.sound, Seconds{0.5});
    EXPECT_EQ(first.words, Seconds{3});
    EXPECT_EQ(first.analysis, Seconds{0.01});
    EXPECT_FALSE(attempts[1]) << "it failed";
    EXPECT_EQ(attempts[2].value().words, Seconds{5});
    const auto last = open()->attempts(kind_, 1).value();
    ASSERT_EQ(last.size(), 1U);
    EXPECT_EQ(last[0].value().words, Seconds{5}) << "the last ones";
}

TEST_F(EtaStoreTest, OtherMachinesModelsAndNumbersOfWorkersTellNothing) {
    timed("other-1-1", 3);
    timed("host-1-1", 3, 4);
    ASSERT_TRUE(open()->note(attempt("host-1-1"), "base, beam 1", 2, took(3)));
    attempt("host-1-1");  // its results were there already
    EXPECT_TRUE(open()->attempts(kind_, 10).value().empty());
    EXPECT_EQ(open()->timed(10).value().size(), 3U) << "but in the table of all";
}

TEST_F(EtaStoreTest, PredictionsAreKeptByKindWithWhatCame) {
    const KeptPrediction one{
        clock_.now(), 25, Seconds{100}, Seconds{80}, Seconds{130}, 1.25, Seconds{110}};
    KeptPrediction two = one;
    two.percent = 50;
    ASSERT_TRUE(open()->keep(kind_, std::vector{one, two}));
    ASSERT_TRUE(open()->keep({"host", "base, beam 5", 2}, std::vector{one}));
    ASSERT_TRUE(open()->keep({"other", "tiny.en, beam 1", 2}, std::vector{one}));
    const auto kept = open()->predictions(kind_, 10).value();
    ASSERT_EQ(kept.size(), 2U);
    EXPECT_EQ(kept[0].madeAt, one.madeAt);
    EXPECT_EQ(kept[0].percent, 25);
    EXPECT_EQ(kept[0].remaining, one.remaining);
    EXPECT_EQ(kept[0].lower, one.lower);
    EXPECT_EQ(kept[0].upper, one.upper);
    EXPECT_EQ(kept[0].widened, one.widened);
    EXPECT_EQ(kept[0].came, one.came);
    EXPECT_EQ(kept[1].percent, 50);
    EXPECT_EQ(open()->predictions(kind_, 1).value()[0].percent, 50) << "the last ones";
    EXPECT_EQ(open()->predictions("host").value().size(), 3U) << "of all kinds of a machine";
}

TEST_F(EtaStoreTest, OfPredictionsAllOrNoneAreKept) {
    KeptPrediction wrong{clock_.now(), 25, Seconds{1}, Seconds{2}, Seconds{3}, 1, Seconds{1}};
    const KeptPrediction right{clock_.now(), 25, Seconds{2}, Seconds{1}, Seconds{3}, 1, Seconds{1}};
    EXPECT_FALSE(open()->keep(kind_, std::vector{right, wrong}));
    EXPECT_TRUE(open()->predictions(kind_, 10).value().empty());
}

}  // namespace
}  // namespace chat::store
