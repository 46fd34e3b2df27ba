#pragma once

#include "chat/pipeline/analyze_run.h"
#include "chat/pipeline/stage_clock.h"
#include "chat/queue/job.h"
#include "chat/report/report_model.h"

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What a supervisor and a worker's process say to each other: JSON objects, one a line. Nothing else of a call crosses than its
/// number in the queue, its figures and why it failed. Readers take nothing for granted: a line that is too long, is not of these
/// kinds or holds values that cannot be is nothing.
namespace chat::pipeline {

/// A batch to be worked on.
struct PlannedBatch {
    CallSettings settings;
    std::filesystem::path copies;  ///< folder for copies of the sound; empty: none are made
};

/// What a worker is to do: calls of these batches in the order of the queue, whatever the batch.
struct WorkPlan {
    std::map<queue::BatchId, PlannedBatch> batches;
    std::optional<queue::JobId>
        only;  ///< this job alone, whose results are not waited for by others

    [[nodiscard]] std::vector<queue::BatchId> ids() const {
        std::vector<queue::BatchId> all;
        all.reserve(batches.size());
        for (const auto& [id, batch] : batches) {
            all.push_back(id);
        }
        return all;
    }
};

/// The worker has a name in the queue now; it says so before it claims anything.
struct WorkerBegan {
    std::string worker;
};
struct CallWorking {
    queue::JobId job = 0;
    std::string stage;
    double share = 0;  ///< 0-1
};
/// `outcome.path` is not sent.
struct CallEnded {
    queue::JobId job = 0;
    CallOutcome outcome;
};
/// An attempt has failed, and another will be made.
struct CallWaits {
    queue::JobId job = 0;
};
/// Since the worker last said so.
struct StagesTook {
    queue::BatchId batch = 0;
    std::vector<report::StageTiming> timings;
    std::vector<StageSpan> spans;  ///< at most kMostSpans; none unless `settings.traced`
};
/// All calls are done; what is still missing is sound in the report.
struct CopyingSound {};
/// The orderly end: nothing follows.
struct WorkerOver {
    std::optional<Error> error;  ///< the queue or the store cannot be used
    bool stopped = false;        ///< before everything was done
};
/// The answer to TryModel.
struct ModelTook {
    std::uint64_t peakBytes = 0;  ///< as transcribe::ModelMeasurement
    double cost = 0;
};
using WorkerEvent = std::variant<WorkerBegan,
                                 CallWorking,
                                 CallEnded,
                                 CallWaits,
                                 StagesTook,
                                 WorkerState,
                                 CopyingSound,
                                 ModelTook,
                                 WorkerOver>;

/// The first line to a worker: what to do, and the settings as its supervisor resolved them, so that a file of rules or
/// names that is edited while a batch is worked on changes nothing halfway. Not among them: what only the supervisor uses, and
/// how the model is loaded.
struct BeginWork {
    WorkerSettings settings;
    WorkPlan plan;
};
/// The first and only line to a process that is to find out what a model takes (transcribe::measureModel).
struct TryModel {
    SpeechModel model;
    int workers = 1;
};
struct StopWork {
    bool now = false;  ///< else after the windows in hand
};
struct SetWorkers {
    int workers = 1;
};
using WorkerOrder = std::variant<BeginWork, TryModel, StopWork, SetWorkers>;

/// They fit into an event.
inline constexpr std::size_t kMostSpans = 200;
inline constexpr std::size_t kLongestEvent = std::size_t{64} << 10U;
/// Rules and names of each batch are most of it; JSON may take six bytes for one.
inline constexpr std::size_t kLongestOrder = std::size_t{256} << 20U;

/// With its end of line. What is not UTF-8 is replaced.
[[nodiscard]] std::string lineOf(const WorkerEvent& event);
[[nodiscard]] std::string lineOf(const WorkerOrder& order);
[[nodiscard]] std::optional<WorkerEvent> eventOf(std::string_view line);
[[nodiscard]] std::optional<WorkerOrder> orderOf(std::string_view line);

/// Puts a line into a socket. Where nobody listens any more, nothing happens.
void sendLine(int socket, std::string_view line);

/// Cuts what arrives into lines.
class LineBuffer {
  public:
    explicit LineBuffer(std::size_t longest)
        : longest_(longest) {}

    /// Adds what has arrived. False when a line is longer than may be: nothing that follows can be trusted.
    [[nodiscard]] bool add(std::string_view bytes);
    /// The next whole line, without its end.
    [[nodiscard]] std::optional<std::string> next();
    /// Whether there is a whole line.
    [[nodiscard]] bool ready() const { return bytes_.find('\n', begin_) != std::string::npos; }

  private:
    std::size_t longest_;
    std::string bytes_;
    std::size_t begin_ = 0;
};

}  // namespace chat::pipeline
