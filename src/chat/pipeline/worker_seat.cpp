#include "chat/pipeline/worker_seat.h"

#include "chat/core/files.h"
#include "chat/pipeline/sound_copies.h"
#include "chat/store/sqlite_job_store.h"
#include "chat/transcribe/model_measurements.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <map>
#include <mutex>
#include <thread>

namespace chat::pipeline {

namespace {

using namespace std::chrono_literals;

constexpr int kEndedAtOnce = 130;
/// Between two words on how far a call is: more often nobody looks.
constexpr std::chrono::milliseconds kWordOnACall = 100ms;
constexpr std::chrono::milliseconds kWordOnAll = 1s;

/// The supervisor's end of what is said. Any thread; what nobody hears is dropped.
class Teller {
  public:
    explicit Teller(int socket)
        : socket_(socket) {}

    void tell(const WorkerEvent& event) {
        const std::string line = lineOf(event);
        const std::scoped_lock lock(mutex_);
        sendLine(socket_, line);
    }

  private:
    int socket_;
    std::mutex mutex_;
};

void tellOfStages(Teller& teller, StageClocks& stages) {
    for (auto& [batch, clock] : stages) {
        if (auto took = clock.take(); !took.empty()) {
            teller.tell(StagesTook{batch, std::move(took), {}});
        }
        const std::vector<StageSpan> spans = clock.takeSpans();
        for (auto part = spans.begin(); part != spans.end();) {
            const auto end = part + std::min<std::ptrdiff_t>(spans.end() - part, kMostSpans);
            teller.tell(StagesTook{batch, {}, {part, end}});
            part = end;
        }
    }
}

/// Tells of calls, not oftener than is of use.
class CallTeller final : public WorkerObserver {
  public:
    CallTeller(Teller& teller, StageClocks& stages, WorkerObserver* beside)
        : teller_(teller)
        , stages_(stages)
        , beside_(beside) {}

    void working(const queue::Job& job, std::string_view stage, double share) override {
        if (beside_ != nullptr) {
            beside_->working(job, stage, share);
        }
        const auto now = StageClock::now();
        Said& said = said_[job.id];
        if (said.stage != stage || now - said.at >= kWordOnACall) {
            said = {std::string(stage), now};
            teller_.tell(CallWorking{job.id, std::string(stage), std::clamp(share, 0.0, 1.0)});
        }
    }

    void ended(const queue::Job& job, const CallOutcome& outcome) override {
        if (beside_ != nullptr) {
            beside_->ended(job, outcome);
        }
        said_.erase(job.id);
        tellOfStages(teller_, stages_);
        teller_.tell(CallEnded{job.id, outcome});
    }

    void waits(const queue::Job& job) override {
        if (beside_ != nullptr) {
            beside_->waits(job);
        }
        said_.erase(job.id);
        teller_.tell(CallWaits{job.id});
    }

  private:
    struct Said {
        std::string stage;
        StageClock::Time at;
    };
    Teller& teller_;
    StageClocks& stages_;
    WorkerObserver* beside_;
    std::map<queue::JobId, Said> said_;
};

/// The supervisor's orders.
class Orders {
  public:
    explicit Orders(int socket)
        : socket_(socket) {}

    /// Waits for the next one. Nothing at the end, and for what is none.
    [[nodiscard]] std::optional<WorkerOrder> next() {
        for (;;) {
            if (const auto line = lines_.next()) {
                return orderOf(*line);
            }
            std::array<char, 16'384> bytes{};
            const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), 0);
            if (got < 0 && errno == EINTR) {
                continue;
            }
            if (got <= 0 || !lines_.add({bytes.data(), static_cast<std::size_t>(got)})) {
                return std::nullopt;
            }
        }
    }

    /// Whether the next one is there already: the socket does not say so.
    [[nodiscard]] bool ready() const { return lines_.ready(); }

  private:
    int socket_;
    LineBuffer lines_{kLongestOrder};
};

/// Does what the supervisor says while the worker is at work, and tells how it is, from a thread of its own.
class Listener {
  public:
    Listener(int socket, Orders& orders, Teller& teller, Worker& worker, std::stop_source& stop)
        : socket_(socket)
        , orders_(orders)
        , teller_(teller)
        , worker_(worker)
        , stop_(stop)
        , over_(::eventfd(0, EFD_CLOEXEC))
        , terminated_(terminations())
        , thread_([this] { listen(); }) {}

    ~Listener() {
        const std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t put = ::write(over_.get(), &one, sizeof(one));
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    Listener(Listener&&) = delete;
    Listener& operator=(Listener&&) = delete;

  private:
    [[nodiscard]] static FileDescriptor terminations() {
        sigset_t set{};
        ::sigemptyset(&set);
        ::sigaddset(&set, SIGTERM);
        return FileDescriptor(::signalfd(-1, &set, SFD_CLOEXEC));
    }

    void listen() {
        ::pthread_setname_np(::pthread_self(), "chat-orders");
        std::array<pollfd, 3> waiting{pollfd{over_.get(), POLLIN, 0},
                                      pollfd{terminated_.get(), POLLIN, 0},
                                      pollfd{socket_, POLLIN, 0}};
        for (;;) {
            teller_.tell(worker_.state());
            const bool more = orders_.ready();
            ::poll(waiting.data(), waiting.size(), more ? 0 : static_cast<int>(kWordOnAll.count()));
            if (waiting[0].revents != 0) {
                return;
            }
            if (waiting[1].revents != 0) {
                signalfd_siginfo signal{};
                [[maybe_unused]] const ssize_t got =
                    ::read(terminated_.get(), &signal, sizeof(signal));
                stop_.request_stop();
            }
            if ((more || waiting[2].revents != 0) && !obey()) {
                waiting[2].fd = -1;
            }
        }
    }

    /// False when there is nobody any more whose orders these could be.
    bool obey() {
        const auto order = orders_.next();
        if (!order) {
            // After the order to stop, the supervisor stays until we have; it left at once, and so do we.
            if (stopOrdered_) {
                ::_exit(kEndedAtOnce);
            }
            stop_.request_stop();
            return false;
        }
        if (const auto* stop = std::get_if<StopWork>(&*order)) {
            if (stop->now) {
                ::_exit(kEndedAtOnce);
            }
            stopOrdered_ = true;
            stop_.request_stop();
        } else if (const auto* set = std::get_if<SetWorkers>(&*order)) {
            worker_.setWorkers(set->workers);
        }
        return true;
    }

    int socket_;
    Orders& orders_;
    Teller& teller_;
    Worker& worker_;
    std::stop_source& stop_;
    FileDescriptor over_;
    FileDescriptor terminated_;
    bool stopOrdered_ = false;
    std::jthread thread_;  ///< last: it uses the others
};

/// What is done once no call is open.
Status copyMissingSound(const BeginWork& begin, const Clock& clock, const std::stop_token& stop) {
    auto jobs = store::openJobStore(begin.settings.storeFile, clock);
    if (!jobs) {
        return tl::unexpected(jobs.error());
    }
    for (const auto& [id, batch] : begin.plan.batches) {
        queue::JobFilter completed;
        completed.batch = id;
        completed.states = {queue::JobState::Completed};
        const auto all = batch.copies.empty() ? Result<std::vector<queue::Job>>()
                                              : queue::allJobs(**jobs, completed);
        if (!all) {
            return tl::unexpected(all.error());
        }
        placeMissingSound(*all, batch.copies, begin.settings.workers, stop);
    }
    return {};
}

bool wantsSound(const WorkPlan& plan) {
    return std::ranges::any_of(plan.batches,
                               [](const auto& one) { return !one.second.copies.empty(); });
}

/// Nothing stops it but the end of the process: it takes some seconds.
void tryModel(const TryModel& trial, const WorkerParts& parts, const Clock& clock, Teller& teller) {
    transcribe::ModelMeasurement measured;
    measured.workers = trial.workers;
    const auto tried = transcribe::measureModel(
        [&] { return parts.load(trial.model, trial.workers); }, clock, measured);
    if (tried) {
        teller.tell(ModelTook{measured.peakBytes, measured.cost});
    }
    teller.tell(WorkerOver{tried ? std::nullopt : std::optional(tried.error()), false});
}

}  // namespace

int serveAsWorker(int socket, const WorkerParts& parts, const Clock& clock) {
    constexpr int kNoOrder = 2;
    ::pthread_setname_np(::pthread_self(), "chat-worker");
    // Where the supervisor's end of the socket outlived it, in another process.
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    Orders orders(socket);
    auto first = orders.next();
    Teller teller(socket);
    if (const auto* trial = first ? std::get_if<TryModel>(&*first) : nullptr) {
        tryModel(*trial, parts, clock, teller);
        return 0;
    }
    auto* begin = first ? std::get_if<BeginWork>(&*first) : nullptr;
    if (begin == nullptr) {
        return kNoOrder;
    }
    const WorkerSettings& settings = begin->settings;
    // More windows may be wanted at once while it is at work; weights are there once, however many replicas are.
    const int most =
        std::max(settings.workers, static_cast<int>(std::thread::hardware_concurrency()));
    StageClocks stages;
    for (auto& [id, batch] : begin->plan.batches) {
        stages.try_emplace(id, settings.traced);
        if (std::optional<SpeechModel>& model = batch.settings.model) {
            model->load = [&parts, model = *model, most] { return parts.load(model, most); };
            model->smaller =
                [&parts, model = *model, most]() -> std::shared_ptr<const SpeechModel> {
                const auto found = parts.smaller ? parts.smaller(model) : nullptr;
                if (found) {
                    found->load = [&parts, smaller = *found, most] {
                        return parts.load(smaller, most);
                    };
                }
                return found;
            };
        }
    }
    CallTeller calls(teller, stages, parts.beside);
    ErrorJournal journal(
        {settings.storeFile, settings.logFolder, settings.version, settings.errorsKept}, clock);
    std::stop_source stop;
    Worker worker(settings, begin->plan, calls, stages, journal, clock, stop.get_token());
    teller.tell(WorkerBegan{worker.name()});
    Status worked;
    {
        const Listener listener(socket, orders, teller, worker, stop);
        worked = worker.go();
        if (worked && wantsSound(begin->plan) && !begin->plan.only && !stop.stop_requested()) {
            teller.tell(CopyingSound{});
            worked = copyMissingSound(*begin, clock, stop.get_token());
        }
    }
    tellOfStages(teller, stages);
    teller.tell(
        WorkerOver{worked ? std::nullopt : std::optional(worked.error()), stop.stop_requested()});
    return 0;
}

}  // namespace chat::pipeline
