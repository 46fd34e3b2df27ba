// A run whose calls are worked on by a process of their own, and what befalls that.

#include "chat/pipeline/supervisor.h"

#include "chat/core/files.h"
#include "chat/pipeline/batch_run.h"
#include "chat/store/audit_log.h"
#include "chat/store/error_store.h"
#include "chat/store/sqlite_job_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <set>

#include "fakes/fake_transcriber.h"
#include "fakes/temporary_folder.h"

namespace chat::pipeline {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using queue::Move;
using report::CallStatus;

const fs::path kRecordings = fs::path(CHAT_SOURCE_DIR) / "demo" / "recordings";
const fs::path kDouble = fs::path(CHAT_BINARY_DIR) / "bin" / "worker_double";

class Observer final : public RunObserver {
  public:
    void listed(const std::vector<std::uint64_t>&) override {}
    void gathering(const fs::path&) override {}
    void working(std::size_t, const std::string&, std::string_view, double) override {}
    void ended(std::size_t call, const CallOutcome& outcome) override {
        EXPECT_TRUE(over.insert(call).second) << "a call ends once";
        paths.insert(outcome.path);
        if (over.size() == stopAfter) {
            stop.request_stop();
        }
        if (onEnded) {
            onEnded();
        }
    }
    void state(const WorkerState& state) override { workers.insert(state.workers); }
    void workerProcess(pid_t process) override { begun += process > 0 ? 1 : 0; }

    std::set<std::size_t> over;
    std::set<std::string> paths;
    std::set<int> workers;
    int begun = 0;
    std::size_t stopAfter = 0;
    std::function<void()> onEnded;
    std::stop_source stop;
};

class SupervisorTest : public testing::Test {
  protected:
    SupervisorTest() {
        settings_.storeFile = folder_.path() / "store.sqlite";
        settings_.logFolder = folder_.path() / "log";
        settings_.reportFolder = folder_.path() / "report";
        settings_.paths = {kRecordings / "add_service_44k.m4a",
                           kRecordings / "auto_loan_mono.flac",
                           kRecordings / "points_balance_duplicated.mp3"};
        SpeechModel model;
        model.name = "double";
        model.fingerprint = "double";
        settings_.model = model;
        befall({});
    }

    /// What befalls the workers; see worker_double.cpp.
    void befall(const std::vector<std::string>& mishap) {
        std::vector<std::string> arguments{"worker_double"};
        arguments.insert(arguments.end(), mishap.begin(), mishap.end());
        settings_.workerProgram = {kDouble, arguments};
    }

    RunOutcome run() {
        auto outcome = analyzeRecordings(settings_, observer_, clock_, observer_.stop.get_token());
        EXPECT_TRUE(outcome) << outcome.error().what << " " << outcome.error().cause;
        return outcome.value_or(RunOutcome{});
    }

    [[nodiscard]] nlohmann::json report() const {
        auto all = nlohmann::json::parse(
            readFile(settings_.reportFolder / "report.json", 1 << 26, ErrorCode::SysUnkGenericError)
                .value());
        all.erase("run");
        return all;
    }

    [[nodiscard]] std::unique_ptr<queue::JobStore> queue() const {
        return store::openJobStore(settings_.storeFile, clock_).value();
    }

    /// How the attempts at a call ended.
    [[nodiscard]] std::vector<Move> attemptsAt(const std::string& path) const {
        const auto jobs = queue();
        std::vector<Move> ends;
        const queue::JobPage page = jobs->list({}, {}, 100, {}).value();
        for (const queue::Job& job : page.jobs) {
            const auto attempts =
                job.path == path ? jobs->attempts(job.id).value() : std::vector<queue::Attempt>();
            for (const queue::Attempt& attempt : attempts) {
                ends.push_back(attempt.end);
            }
        }
        return ends;
    }

    tests::TemporaryFolder folder_;
    SystemClock clock_;
    Observer observer_;
    RunSettings settings_;
};

TEST_F(SupervisorTest, AProcessOfItsOwnFindsWhatThisOneDoes) {
    settings_.force = true;
    const RunOutcome apart = run();
    EXPECT_EQ(observer_.begun, 1);
    EXPECT_THAT(observer_.paths,
                testing::ElementsAre(
                    "add_service_44k.m4a", "auto_loan_mono.flac", "points_balance_duplicated.mp3"));
    EXPECT_EQ(apart.validation.analyzed, 3U);
    const auto found = report();
    EXPECT_EQ(std::distance(fs::directory_iterator(settings_.reportFolder / "audio"), {}), 3);
    std::map<std::string, int> timed;
    for (const report::StageTiming& timing : apart.facts.timings) {
        timed[timing.stage] = timing.calls;
    }
    EXPECT_EQ(timed["audio"], 3);
    EXPECT_EQ(timed["transcribe"], 3);
    EXPECT_EQ(timed["analyze"], 3);
    settings_.workerProgram.reset();
    settings_.model->load = []() -> Result<std::unique_ptr<transcribe::Transcriber>> {
        return std::make_unique<tests::FakeTranscriber>();
    };
    Observer here;
    ASSERT_TRUE(analyzeRecordings(settings_, here, clock_, {}));
    EXPECT_EQ(report(), found);
}

TEST_F(SupervisorTest, TheCallThatKillsItsWorkerIsFoundAndTheOthersFinish) {
    befall({"die", "words", "auto_loan_mono.flac"});
    const RunOutcome outcome = run();
    EXPECT_EQ(outcome.validation.analyzed, 2U);
    EXPECT_EQ(outcome.validation.failed, 1U);
    EXPECT_EQ(outcome.calls[1].error.value().code, ErrorCode::SysStateWorkerDied);
    EXPECT_EQ(outcome.calls[1].error.value().cause, "signal 9");
    EXPECT_TRUE(outcome.facts.complete);
    EXPECT_EQ(observer_.over.size(), 3U);
    EXPECT_EQ(attemptsAt("auto_loan_mono.flac"), (std::vector{Move::Return, Move::Fail}));
    EXPECT_EQ(attemptsAt("points_balance_duplicated.mp3").back(), Move::Complete);
    const auto errors =
        store::ErrorStore::open(settings_.storeFile, clock_).value()->events({}).value();
    std::vector<ErrorOutcome> died;
    for (const ErrorEvent& error : errors) {
        if (error.record.code == "SYS_STATE_WORKER_DIED" && error.path == "auto_loan_mono.flac") {
            died.push_back(error.record.outcome);
        }
    }
    EXPECT_EQ(died, (std::vector{ErrorOutcome::Retried, ErrorOutcome::Failed}));
    const auto audit = store::auditLog(settings_.storeFile, {}, 10, clock_).value();
    ASSERT_EQ(audit.size(), 1U);
    EXPECT_EQ(audit[0].action, "fail");
    EXPECT_EQ(audit[0].why, "its worker died twice with it: signal 9");
    const auto records = queue()->strategyRecords("SYS_STATE_WORKER_DIED", {}).value();
    for (const queue::StrategyRecord& record : records) {
        EXPECT_EQ(record.strategy, Strategy::RetryAlone);
        EXPECT_EQ(record.tried, record.helped + 1)
            << "of those that were tried alone it killed one";
    }
}

TEST_F(SupervisorTest, WhereMemoryDoesNotSufficeForTheModelASmallerOneFindsTheWords) {
    befall({"short"});
    const RunOutcome outcome = run();
    EXPECT_EQ(outcome.validation.analyzed, 3U);
    const auto found = report();
    for (const auto& call : found.at("calls")) {
        EXPECT_NE(call.dump().find("by the smaller model smaller."), std::string::npos);
    }
    EXPECT_EQ(attemptsAt("auto_loan_mono.flac"), (std::vector{Move::Wait, Move::Complete}));
    const auto records = queue()->strategyRecords("TR_RES_MEMORY_ERROR", {}).value();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].strategy, Strategy::SmallerModel);
    EXPECT_EQ(records[0].tried, 3U);
    EXPECT_EQ(records[0].helped, 3U);
    const auto jobs = queue();
    const auto attempts = jobs->attempts(1).value();
    EXPECT_FALSE(attempts[0].retrial) << "the first was the usual one";
    EXPECT_EQ(attempts[1].retrial.value().because, "TR_RES_MEMORY_ERROR");
}

TEST_F(SupervisorTest, ACallThatDiedWithItsWorkerOnceIsDoneTheSecondTime) {
    befall({"die", "words", ".flac", folder_.path() / "once"});
    const RunOutcome outcome = run();
    EXPECT_EQ(outcome.validation.analyzed, 3U);
    EXPECT_GE(observer_.begun, 2);
    const auto found = report();
    befall({});
    settings_.force = true;
    Observer undisturbed;
    ASSERT_TRUE(analyzeRecordings(settings_, undisturbed, clock_, {}));
    EXPECT_EQ(report(), found);
}

TEST_F(SupervisorTest, AWorkerThatLeavesWithoutAWordHasDied) {
    befall({"exit", "sound", ".flac", folder_.path() / "once"});
    EXPECT_EQ(run().validation.analyzed, 3U);
    EXPECT_GE(observer_.begun, 2);
}

TEST_F(SupervisorTest, AWorkerThatSaysWhatNoWorkerSaysIsReplaced) {
    befall({"babble", "sound", ".flac", folder_.path() / "once"});
    EXPECT_EQ(run().validation.analyzed, 3U);
    EXPECT_GE(observer_.begun, 2);
}

TEST_F(SupervisorTest, ACallThatStandsStillIsGivenUp) {
    befall({"stall", "words", "auto_loan_mono.flac"});
    settings_.stalledAfter = 4s;
    const RunOutcome outcome = run();
    EXPECT_EQ(outcome.validation.analyzed, 2U);
    EXPECT_EQ(outcome.calls[1].error.value().code, ErrorCode::SysStateWorkerDied);
    EXPECT_EQ(outcome.calls[1].error.value().cause, "no progress for 4 s");
}

TEST_F(SupervisorTest, WorkersThatDoNotStayEndTheRun) {
    for (const char* program : {"/bin/false", "/no/such/program"}) {
        settings_.workerProgram = {program, {"worker"}};
        const auto outcome = analyzeRecordings(settings_, observer_, clock_, {});
        ASSERT_FALSE(outcome) << program;
        EXPECT_EQ(outcome.error().code, ErrorCode::SysStateWorkerDied);
    }
    EXPECT_TRUE(observer_.over.empty());
}

TEST_F(SupervisorTest, AStopGivesCallsBackAtOnceAndTheNextRunContinues) {
    settings_.workers = 1;
    observer_.stopAfter = 1;
    const RunOutcome stopped = run();
    EXPECT_FALSE(stopped.facts.complete);
    EXPECT_GE(stopped.validation.skipped, 1U);
    queue::JobFilter running;
    running.states = {queue::JobState::Running};
    EXPECT_TRUE(queue()->list(running, {}, 10, {}).value().jobs.empty());
    Observer second;
    const auto outcome = runBatch(settings_, stopped.batch, second, clock_, {});
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->validation.analyzed, 3U);
}

TEST_F(SupervisorTest, SoundOfCallsThatWereDoneBeforeIsCopiedByAWorkerToo) {
    const RunOutcome first = run();
    settings_.reportFolder = folder_.path() / "again";
    Observer second;
    ASSERT_TRUE(runBatch(settings_, first.batch, second, clock_, {}));
    EXPECT_EQ(second.begun, 1);
    EXPECT_EQ(std::distance(fs::directory_iterator(settings_.reportFolder / "audio"), {}), 3);
    settings_.audio = AudioMode::None;
    Observer third;
    ASSERT_TRUE(runBatch(settings_, first.batch, third, clock_, {}));
    EXPECT_EQ(third.begun, 0) << "nothing is left to do for one";
}

TEST_F(SupervisorTest, TheNumberOfWorkersChangesWhileTheyAreAtWork) {
    std::atomic<int> wanted = 1;
    settings_.workersWanted = &wanted;
    observer_.onEnded = [&] { wanted = 3; };
    EXPECT_EQ(run().validation.analyzed, 3U);
    EXPECT_EQ(observer_.workers, (std::set{1, 3}));
}

TEST_F(SupervisorTest, WhereMemoryIsShortCallsGoOneByOne) {
    settings_.mostMemory = 0;
    settings_.workers = 3;
    class OneByOne final : public RunObserver {
      public:
        void listed(const std::vector<std::uint64_t>&) override {}
        void gathering(const fs::path&) override {}
        void working(std::size_t call, const std::string&, std::string_view, double) override {
            inHand.insert(call);
            most = std::max(most, inHand.size());
        }
        void ended(std::size_t call, const CallOutcome&) override { inHand.erase(call); }
        std::set<std::size_t> inHand;
        std::size_t most = 0;
    } observer;
    const auto outcome = analyzeRecordings(settings_, observer, clock_, {});
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->validation.analyzed, 3U);
    EXPECT_EQ(observer.most, 1U);
}

}  // namespace
}  // namespace chat::pipeline
