// Random sequences of everything that can be done to a queue, beside a model of it that knows only the table of moves.

#include "chat/queue/job_states.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "contract/job_stores.h"
#include "fakes/manual_clock.h"
#include "fakes/temporary_folder.h"

namespace chat::queue {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = Edit::Kind;

constexpr const char* kHeldAlready = "the batch holds this call already";

/// A job as it should be, and what has happened to it. The rank is the model's own: only its order is compared.
struct Expected {
    Job job;
    int moves = 0;
    std::vector<Move> attempts;
};

void expectSame(const Job& is, const Job& should) {
    EXPECT_EQ(is.id, should.id);
    EXPECT_EQ(is.batch, should.batch);
    EXPECT_EQ(is.call.sid, should.call.sid);
    EXPECT_EQ(is.call.chain, should.call.chain);
    EXPECT_EQ(is.priority, should.priority);
    EXPECT_EQ(stateName(is.state), stateName(should.state));
    EXPECT_EQ(is.stage, should.stage);
    EXPECT_EQ(is.progress, should.progress);
    EXPECT_EQ(is.attempts, should.attempts);
    EXPECT_EQ(is.addedAt, should.addedAt);
    EXPECT_EQ(is.notBefore, should.notBefore);
    EXPECT_EQ(is.startedAt, should.startedAt);
    EXPECT_EQ(is.endedAt, should.endedAt);
    EXPECT_EQ(is.worker, should.worker);
    EXPECT_EQ(is.leaseUntil, should.leaseUntil);
    EXPECT_EQ(is.error.has_value(), should.error.has_value());
    if (is.error && should.error) {
        EXPECT_EQ(is.error->code, should.error->code);
        EXPECT_EQ(is.error->what, should.error->what);
        EXPECT_EQ(is.error->cause, should.error->cause);
    }
    EXPECT_EQ(is.duration.count(), should.duration.count());
    EXPECT_EQ(is.processing.count(), should.processing.count());
}

class JobStoreProperty : public testing::TestWithParam<tests::JobStoreKind> {
  protected:
    void SetUp() override {
        store_ = GetParam().open(folder_.path(), clock_).value();
        for (const char* name : {"monday", "tuesday"}) {
            const BatchId batch = store_->createBatch(name, "{}", kBudget).value();
            batches_.push_back(batch);
            retriesLeft_[batch] = kBudget;
        }
    }

    /// Everything gone, and an edit on record that is the model's.
    void beginAnew(unsigned seed) {
        random_.seed(seed);
        Edit edit;
        for (const Kind kind : {Kind::Cancel, Kind::Remove}) {
            edit.kind = kind;
            ASSERT_TRUE(store_->edit({}, edit));
        }
        jobs_.clear();
        NewJob first = newJob("first");
        first.error.reset();
        add({first}, batches_[0]);
        edit.kind = Kind::Pause;
        change({}, edit);
    }

    void randomStep() {
        switch (below(12)) {
            case 0:
            case 1: {
                std::vector<NewJob> jobs(1 + static_cast<std::size_t>(below(4)));
                std::ranges::generate(jobs,
                                      [&] { return newJob("s" + std::to_string(below(15))); });
                return add(jobs, oneOf(batches_));
            }
            case 2:
            case 3:
            case 4:
                return claim();
            case 5:
                return heartbeat();
            case 6:
            case 7:
                return end();
            case 8:
                return clock_.advance(milliseconds(below(30'000)));
            case 9:
            case 10: {
                Edit edit;
                edit.kind = static_cast<Kind>(below(static_cast<int>(Kind::Bottom) + 1));
                edit.priority = 1 + below(kLowest);
                edit.batch = oneOf(batches_);
                return change(filter(), edit);
            }
            default:
                return undo();
        }
    }

    void expectAsTheModelSays() {
        const auto listed = store_->list({}, {}, 1000, {}).value().jobs;
        const auto expected = inOrder({});
        ASSERT_EQ(listed.size(), expected.size());
        for (std::size_t i = 0; i < listed.size(); ++i) {
            expectSame(listed[i], expected[i]->job);
        }
        const JobFilter some = filter();
        StateCounts counts{};
        for (const Expected* one : inOrder(some)) {
            ++counts.at(static_cast<std::size_t>(one->job.state));
        }
        EXPECT_EQ(store_->counts(some).value(), counts);
        std::optional<Time> due;
        for (const auto& [id, one] : jobs_) {
            const auto at =
                one.job.state == JobState::Waiting ? one.job.notBefore : one.job.leaseUntil;
            if (at && one.job.batch == batches_[0] && (!due || *at < *due)) {
                due = at;
            }
        }
        EXPECT_EQ(store_->nextDue({batches_[0]}).value(), due);
    }

    void expectAttemptsAsTheModelSays() {
        for (const auto& [id, one] : jobs_) {
            std::vector<Move> ends;
            const auto attempts = store_->attempts(id).value();
            for (const Attempt& attempt : attempts) {
                ends.push_back(attempt.end);
            }
            EXPECT_EQ(ends, one.attempts) << one.job.call.sid;
        }
    }

  private:
    static constexpr std::int64_t kBudget = 200;

    int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }

    template <typename T>
    T oneOf(const std::vector<T>& values) {
        return values[static_cast<std::size_t>(below(static_cast<int>(values.size())))];
    }

    NewJob newJob(const std::string& sid) {
        NewJob job;
        job.call.sid = sid;
        job.call.chain = oneOf(std::vector<std::string>{"North", "South"});
        job.file = "/calls/" + sid + ".wav";
        job.path = sid + ".wav";
        job.priority = 1 + below(kLowest);
        if (below(6) == 0) {
            job.error = Error{ErrorCode::AuDataEmpty, "It is empty", sid};
        }
        return job;
    }

    JobFilter filter() {
        JobFilter filter;
        const int parts = below(3);
        for (int i = 0; i < parts; ++i) {
            switch (below(6)) {
                case 0:
                    for (const auto& [id, one] : jobs_) {
                        if (below(3) == 0) {
                            filter.ids.push_back(id);
                        }
                    }
                    break;
                case 1:
                    filter.batch = oneOf(batches_);
                    break;
                case 2:
                    filter.states = {static_cast<JobState>(below(7)),
                                     static_cast<JobState>(below(7))};
                    break;
                case 3:
                    filter.priority = 1 + below(kLowest);
                    break;
                case 4:
                    filter.chain = "nORTH";
                    break;
                default:
                    filter.path = "S1";
            }
        }
        return filter;
    }

    static bool meant(const JobFilter& filter, const Job& job) {
        return (filter.ids.empty() || std::ranges::find(filter.ids, job.id) != filter.ids.end()) &&
               (!filter.batch || *filter.batch == job.batch) &&
               (filter.states.empty() ||
                std::ranges::find(filter.states, job.state) != filter.states.end()) &&
               (!filter.priority || *filter.priority == job.priority) &&
               (!filter.chain || job.call.chain == "North") &&
               (!filter.path || job.path.starts_with("s1"));
    }

    /// Those that are meant, by priority, then rank.
    std::vector<Expected*> inOrder(const JobFilter& filter) {
        std::vector<Expected*> found;
        for (auto& [id, one] : jobs_) {
            if (meant(filter, one.job)) {
                found.push_back(&one);
            }
        }
        std::ranges::stable_sort(found, {}, [](const Expected* one) {
            return std::pair(one->job.priority, one->job.rank);
        });
        return found;
    }

    /// The only way in which a state of the model changes.
    static void make(Move move, Expected& one) {
        const auto row = std::ranges::find_if(moves(), [&](const AllowedMove& m) {
            return m.move == move && m.from == one.job.state;
        });
        ASSERT_NE(row, moves().end());
        ++one.moves;
        if (row->to) {
            one.job.state = *row->to;
        }
        if (one.job.state != JobState::Waiting) {
            one.job.notBefore.reset();
        }
        if (one.job.state != JobState::Running) {
            one.job.leaseUntil.reset();
        }
    }

    bool holds(BatchId batch, const std::string& sid, JobId butFor = 0) const {
        return std::ranges::any_of(jobs_, [&](const auto& entry) {
            const Job& job = entry.second.job;
            return job.batch == batch && job.call.sid == sid && job.id != butFor;
        });
    }

    void add(const std::vector<NewJob>& given, BatchId batch) {
        std::size_t added = 0;
        for (const NewJob& one : given) {
            added += holds(batch, one.call.sid) ? 0 : 1;
            if (holds(batch, one.call.sid)) {
                continue;
            }
            Job job;
            job.id = --unknownId_;
            job.batch = batch;
            job.call = one.call;
            job.path = one.path;
            job.priority = one.priority;
            job.rank = ++bottom_;
            job.state = one.error ? JobState::Failed : JobState::Pending;
            job.addedAt = clock_.now();
            job.endedAt = one.error ? std::optional(clock_.now()) : std::nullopt;
            job.error = one.error;
            jobs_[job.id] = {job, 0, {}};
        }
        const AddOutcome outcome = store_->add(batch, given).value();
        EXPECT_EQ(outcome.added, added);
        EXPECT_EQ(outcome.duplicates, given.size() - added);
        EXPECT_EQ(outcome.total, given.size());
        learnIds();
    }

    /// Jobs get their numbers from the store.
    void learnIds() {
        const JobPage all = store_->list({}, {}, 1000, {}).value();
        for (const Job& listed : all.jobs) {
            const auto unknown = std::ranges::find_if(jobs_, [&](const auto& entry) {
                const Job& job = entry.second.job;
                return job.id < 0 && job.batch == listed.batch && job.call.sid == listed.call.sid;
            });
            if (unknown != jobs_.end()) {
                auto node = jobs_.extract(unknown);
                node.key() = node.mapped().job.id = listed.id;
                EXPECT_TRUE(jobs_.insert(std::move(node)).inserted) << "a number given twice";
            }
        }
    }

    void makeDueOnesPending(const std::string& claimer) {
        for (auto& [id, one] : jobs_) {
            if (one.job.state == JobState::Waiting && *one.job.notBefore <= clock_.now()) {
                make(Move::Due, one);
            } else if (one.job.state == JobState::Running && one.job.worker != claimer &&
                       *one.job.leaseUntil <= clock_.now()) {
                make(Move::Return, one);
                one.job.progress = 0;
                one.attempts.push_back(Move::Return);
            }
        }
    }

    void claim() {
        ClaimRequest request;
        request.worker = oneOf(workers_);
        request.lease = seconds(20);
        request.count = static_cast<std::size_t>(1 + below(3));
        JobFilter pending;
        pending.states = {JobState::Pending};
        // None of them means any.
        std::ranges::copy_if(
            batches_, std::back_inserter(request.batches), [&](BatchId) { return below(2) == 0; });
        makeDueOnesPending(request.worker);
        auto first = inOrder(pending);
        std::erase_if(first, [&](const Expected* one) {
            return !request.batches.empty() &&
                   std::ranges::find(request.batches, one->job.batch) == request.batches.end();
        });
        first.resize(std::min(first.size(), request.count));
        for (Expected* one : first) {
            make(Move::Claim, *one);
            one->job.worker = request.worker;
            one->job.leaseUntil = clock_.now() + request.lease;
            one->job.startedAt = clock_.now();
            one->job.endedAt.reset();
            one->job.stage.clear();
            one->job.progress = 0;
            ++one->job.attempts;
        }
        const auto claimed = store_->claim(request).value();
        ASSERT_EQ(claimed.size(), first.size());
        for (std::size_t i = 0; i < claimed.size(); ++i) {
            expectSame(claimed[i], first[i]->job);
        }
    }

    /// Any job, or one that runs, which random choice would seldom meet.
    Expected* someJob() {
        JobFilter running;
        running.states = {JobState::Running};
        auto some = inOrder(below(4) == 0 ? JobFilter{} : running);
        return some.empty() ? nullptr : oneOf(some);
    }

    void heartbeat() {
        Expected* one = someJob();
        if (one == nullptr) {
            return;
        }
        const std::string worker = below(3) == 0 ? oneOf(workers_) : one->job.worker;
        const bool held = one->job.state == JobState::Running && one->job.worker == worker;
        if (held) {
            one->job.leaseUntil = clock_.now() + seconds(40);
            one->job.stage = "transcribe";
            one->job.progress = 0.25;
        }
        EXPECT_EQ(store_->heartbeat(one->job.id, worker, seconds(40), "transcribe", 0.25).value(),
                  held);
    }

    void end() {
        Expected* one = someJob();
        if (one == nullptr) {
            return;
        }
        const std::string worker = below(3) == 0 ? oneOf(workers_) : one->job.worker;
        AttemptEnd end;
        end.move = oneOf(std::vector{Move::Complete, Move::Fail, Move::Wait, Move::Return});
        end.stage = "analyze";
        end.processing = Seconds{static_cast<double>(below(100))};
        end.duration = Seconds{static_cast<double>(below(2) * 60)};
        if (end.move == Move::Fail || end.move == Move::Wait) {
            end.error =
                Error{ErrorCode::DlConnNetworkError, "It broke off", std::to_string(below(9))};
        }
        if (end.move == Move::Wait) {
            end.notBefore = clock_.now() + milliseconds(below(20'000));
        }
        const bool held = one->job.state == JobState::Running && one->job.worker == worker;
        if (held) {
            concludeInModel(*one, end);
        }
        EXPECT_EQ(store_->end(one->job.id, worker, end).value(), held);
    }

    void concludeInModel(Expected& one, const AttemptEnd& end) {
        Move move = end.move;
        if (move == Move::Wait && retriesLeft_[one.job.batch]-- <= 0) {
            move = Move::Fail;
        }
        make(move, one);
        one.attempts.push_back(move);
        one.job.stage = end.stage;
        one.job.progress = move == Move::Complete ? 1 : 0;
        one.job.processing = end.processing;
        one.job.duration = end.duration.count() > 0 ? end.duration : one.job.duration;
        if (move == Move::Return) {
            --one.job.attempts;
        } else {
            one.job.error = end.error;
        }
        if (move == Move::Wait) {
            one.job.notBefore = end.notBefore;
        } else if (move != Move::Return) {
            one.job.endedAt = clock_.now();
        }
    }

    void change(const JobFilter& filter, const Edit& edit) {
        const Move move = moveOf(edit.kind);
        const auto meant = inOrder(filter);
        const EditOutcome outcome = store_->edit(filter, edit).value();
        ASSERT_EQ(outcome.answers.size(), meant.size());
        top_ -= static_cast<std::int64_t>(meant.size());
        std::vector<Expected> before;
        std::vector<Expected> held;
        for (std::size_t i = 0; i < meant.size(); ++i) {
            const EditAnswer& answer = outcome.answers[i];
            Expected& one = *meant[i];
            ASSERT_EQ(answer.job, one.job.id) << "answers come in queue order";
            EXPECT_EQ(answer.sid, one.job.call.sid);
            if (!allowed(move, one.job.state)) {
                EXPECT_EQ(answer.refused, refusal(move, one.job.state));
            } else if (answer.refused.empty()) {
                before.push_back(one);
                apply(edit, one, static_cast<std::int64_t>(i));
            } else {
                // Which of two jobs with one call comes into the batch is left open; that one does is not.
                EXPECT_EQ(answer.refused, kHeldAlready);
                held.push_back(one);
                EXPECT_EQ(edit.kind, Kind::Batch);
            }
        }
        for (const Expected& one : held) {
            EXPECT_TRUE(holds(edit.batch, one.job.call.sid, one.job.id));
        }
        EXPECT_EQ(outcome.done, before.size());
        if (before.empty()) {
            return;
        }
        edited_ = std::move(before);
        if (edit.kind == Kind::Remove) {
            for (const Expected& one : edited_) {
                jobs_.erase(one.job.id);
            }
        }
    }

    void apply(const Edit& edit, Expected& one, std::int64_t position) {
        Job& job = one.job;
        const bool wasRunning = job.state == JobState::Running;
        make(moveOf(edit.kind), one);
        switch (edit.kind) {
            case Kind::Retry:
                job.attempts = 0;
                job.progress = 0;
                job.endedAt.reset();
                job.error.reset();
                break;
            case Kind::Cancel:
                job.endedAt = clock_.now();
                if (wasRunning) {
                    one.attempts.push_back(Move::Cancel);
                }
                break;
            case Kind::Priority:
                job.priority = edit.priority;
                break;
            case Kind::Batch:
                job.batch = edit.batch;
                break;
            case Kind::Top:
                job.rank = top_ + position;
                break;
            case Kind::Bottom:
                job.rank = ++bottom_;
                break;
            default:
                break;
        }
    }

    void undo() {
        const auto outcome = store_->undo();
        if (edited_.empty()) {
            ASSERT_FALSE(outcome);
            EXPECT_EQ(outcome.error().code, ErrorCode::QStateNothingToUndo);
            return;
        }
        ASSERT_TRUE(outcome);
        ASSERT_EQ(outcome->answers.size(), edited_.size());
        for (std::size_t i = 0; i < edited_.size(); ++i) {
            Expected& before = edited_[i];
            const auto now = jobs_.find(before.job.id);
            const std::string& refused = outcome->answers[i].refused;
            ASSERT_EQ(outcome->answers[i].job, before.job.id) << "answers come in queue order";
            if (now != jobs_.end() && now->second.moves > before.moves + 1) {
                EXPECT_EQ(refused,
                          "it has moved on since: it is " +
                              std::string(stateName(now->second.job.state)) + " now");
            } else if (holds(before.job.batch, before.job.call.sid, before.job.id)) {
                EXPECT_EQ(refused, kHeldAlready);
            } else {
                EXPECT_EQ(refused, "");
                restore(before);
            }
        }
        edited_.clear();
    }

    void restore(Expected before) {
        if (const auto now = jobs_.find(before.job.id); now != jobs_.end()) {
            before.attempts = now->second.attempts;
        }
        before.moves += 2;
        if (before.job.state == JobState::Running) {
            before.job.state = JobState::Pending;
            before.job.leaseUntil.reset();
            before.job.progress = 0;
        }
        jobs_[before.job.id] = std::move(before);
    }

    tests::TemporaryFolder folder_;
    tests::ManualClock clock_;
    std::unique_ptr<JobStore> store_;
    std::mt19937 random_;
    std::vector<BatchId> batches_;
    const std::vector<std::string> workers_{"w1", "w2", "w3"};
    std::map<BatchId, std::int64_t> retriesLeft_;
    std::map<JobId, Expected> jobs_;
    std::vector<Expected> edited_;  ///< by the last edit, as they were before it
    std::int64_t top_ = 0;
    std::int64_t bottom_ = 0;
    JobId unknownId_ = 0;
};

TEST_P(JobStoreProperty, RandomSequencesGoAsTheTableOfMovesSays) {
    constexpr unsigned kSequences = 300;
    constexpr int kSteps = 25;
    for (unsigned seed = 0; seed < kSequences; ++seed) {
        beginAnew(seed);
        for (int step = 0; step < kSteps; ++step) {
            SCOPED_TRACE("sequence " + std::to_string(seed) + ", step " + std::to_string(step));
            randomStep();
            expectAsTheModelSays();
            if (HasFailure()) {
                return;
            }
        }
        expectAttemptsAsTheModelSays();
    }
}

INSTANTIATE_TEST_SUITE_P(Stores,
                         JobStoreProperty,
                         testing::ValuesIn(tests::jobStores()),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace chat::queue
