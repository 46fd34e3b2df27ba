#include "chat/core/machine.h"
#include "chat/core/text.h"
#include "chat/pipeline/eta_accuracy.h"
#include "chat/pipeline/eta_calculator.h"
#include "chat/pipeline/stage_variance.h"

#include <fmt/format.h>

#include <algorithm>

#include "commands.h"
#include "json_output.h"
#include "salvage_text.h"
#include "store_option.h"
#include "terminal.h"

namespace chat::cli {

namespace {

using pipeline::EtaAccuracy;
using pipeline::StageGroup;
using pipeline::StageVariance;

struct PerfOptions {
    std::string store;
    bool json = false;
};

constexpr const char* kStatuses =
    "Exit statuses: 0 shown, also when nothing is known yet; 2 wrong use; 3 the store cannot be "
    "read.";
/// Calls that the table of stages is of.
constexpr std::size_t kMostCalls = 20'000;

/// What `read` finds; nothing of a store that is not there, since looking must not make one.
template <typename T>
Result<std::vector<T>> known(const PerfOptions& options,
                             const std::function<Result<std::vector<T>>(store::EtaStore&)>& read) {
    const std::filesystem::path file = storeFileOf(options.store);
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) {
        return std::vector<T>();
    }
    const SystemClock clock;
    return makeUsable(file)
        .and_then([&] { return store::EtaStore::open(file, clock, store::Access::Read); })
        .and_then([&](const auto& opened) { return read(*opened); });
}

std::string percentText(double share) {
    return fmt::format("{:.0f} %", 100 * share);
}

double heldShare(const EtaAccuracy& one) {
    return static_cast<double>(one.held) / static_cast<double>(one.made);
}

void printAccuracy(const std::vector<EtaAccuracy>& all) {
    if (all.empty()) {
        fmt::print(
            "No prediction has been kept on this machine yet. `chat run` and `chat analyze` keep "
            "some of each run that\n"
            "goes to its end and finds work to do.\n");
        return;
    }
    fmt::print("How often runs ended within the times that were said, at {:.0f} % sure:\n\n",
               100 * pipeline::kEtaConfidence);
    fmt::print("{:<20}{:>6}{:>9}{:>14}{:>12}{:>12}\n",
               "said when",
               "times",
               "held",
               "may be",
               "mean error",
               "mean width");
    for (const EtaAccuracy& one : all) {
        fmt::print("{:<20}{:>6}{:>9}{:>14}{:>12}{:>12}\n",
                   one.percent == 0 ? "at any point" : fmt::format("{} % had ended", one.percent),
                   one.made,
                   percentText(heldShare(one)),
                   fmt::format("{:.0f}-{}", 100 * one.coverage.low, percentText(one.coverage.high)),
                   percentText(one.meanError),
                   percentText(one.meanWidth));
    }
    fmt::print(
        "\nError and width are shares of the time that it took from then on. The width follows "
        "what "
        "came, run by run.\n");
}

Json accuracyJson(const std::vector<EtaAccuracy>& all) {
    Json rows = Json::array();
    for (const EtaAccuracy& one : all) {
        rows.push_back({{"percent", one.percent == 0 ? Json(nullptr) : Json(one.percent)},
                        {"predictions", one.made},
                        {"held", one.held},
                        {"coverage", heldShare(one)},
                        {"coverageLow", one.coverage.low},
                        {"coverageHigh", one.coverage.high},
                        {"meanError", one.meanError},
                        {"meanWidth", one.meanWidth}});
    }
    return {{"confidence", pipeline::kEtaConfidence}, {"eta", std::move(rows)}};
}

/// Of seconds for a minute, which are thousands of them or a hundredth.
std::string timeText(double seconds) {
    return seconds < 0.1 ? fmt::format("{:.2f} ms", 1000 * seconds)
                         : fmt::format("{:.2f} s", seconds);
}

void printStages(const std::vector<StageVariance>& stages) {
    if (stages.empty()) {
        fmt::print(
            "No call has been timed yet. `chat run` and `chat analyze` keep what each stage of a "
            "call took.\n");
        return;
    }
    fmt::print("Time of one worker for a minute of a call, by stage, model and length:\n");
    for (const StageVariance& stage : stages) {
        fmt::print("\n{:<42}{:>8}{:>12}{:>12}\n", stage.stage, "calls", "mean", "deviation");
        for (const StageGroup& group : stage.groups) {
            fmt::print("{}{:>8}{:>12}{:>12}\n",
                       padded(fmt::format("  {}, {}", printable(group.model), group.lengths), 42),
                       group.calls,
                       timeText(group.mean),
                       timeText(group.deviation));
        }
        fmt::print("{:<42}{:>8}{:>12}{:>12}\n",
                   "  all",
                   stage.calls,
                   timeText(stage.mean),
                   timeText(stage.deviation));
        fmt::print("  Of the variance {} is between the models, {} between lengths, {} within.\n",
                   percentText(stage.betweenModels),
                   percentText(stage.betweenLengths),
                   percentText(stage.within));
    }
}

Json stagesJson(const std::vector<StageVariance>& stages) {
    Json all = Json::array();
    for (const StageVariance& stage : stages) {
        Json groups = Json::array();
        for (const StageGroup& group : stage.groups) {
            groups.push_back({{"model", group.model},
                              {"lengths", group.lengths},
                              {"calls", group.calls},
                              {"meanSecondsPerMinute", group.mean},
                              {"deviation", group.deviation}});
        }
        all.push_back({{"stage", stage.stage},
                       {"calls", stage.calls},
                       {"meanSecondsPerMinute", stage.mean},
                       {"deviation", stage.deviation},
                       {"variance",
                        {{"betweenModels", stage.betweenModels},
                         {"betweenLengths", stage.betweenLengths},
                         {"within", stage.within}}},
                       {"groups", std::move(groups)}});
    }
    return {{"stages", std::move(all)}};
}

int showEta(const PerfOptions& options) {
    const auto kept = known<store::KeptPrediction>(
        options, [](store::EtaStore& store) { return store.predictions(hostName()); });
    if (!kept) {
        printError(kept.error());
        return kExitNothingDone;
    }
    const auto accuracy = pipeline::etaAccuracy(*kept);
    if (options.json) {
        printJson(accuracyJson(accuracy));
    } else {
        printAccuracy(accuracy);
    }
    return kExitDone;
}

int showStages(const PerfOptions& options) {
    const auto calls = known<store::EtaStore::Timed>(
        options, [](store::EtaStore& store) { return store.timed(kMostCalls); });
    if (!calls) {
        printError(calls.error());
        return kExitNothingDone;
    }
    const auto stages = pipeline::stageVariance(*calls);
    if (options.json) {
        printJson(stagesJson(stages));
    } else {
        printStages(stages);
    }
    return kExitDone;
}

}  // namespace

void addPerf(CLI::App& app, Action& action) {
    CLI::App* perf = app.add_subcommand(
        "perf", "How right predictions of a run's end were, and what the stages take");
    perf->require_subcommand(1);
    perf->footer(
        "Examples:\n"
        "  chat perf eta      did runs end when they were said to?\n"
        "  chat perf stages   what each stage takes, by model and length of the call\n" +
        std::string(kStatuses));
    auto options = std::make_shared<PerfOptions>();
    const auto add = [&](const char* name,
                         const char* what,
                         const char* example,
                         int (*show)(const PerfOptions&)) {
        CLI::App* command = perf->add_subcommand(name, what);
        addStoreOption(*command, options->store);
        command->add_flag("--json", options->json, "As JSON");
        command->footer(std::string("Example:\n  ") + example + "\n" + kStatuses);
        command->final_callback(
            [options, show, &action] { action = [options, show] { return show(*options); }; });
    };
    add("eta",
        "How often runs ended within the times that were said, on this machine",
        "chat perf eta --json | jq '.eta[] | select(.percent == 50)'",
        showEta);
    add("stages",
        "What the stages took, by model and length, with an analysis of variance",
        "chat perf stages --json | jq '.stages[].variance'",
        showStages);
}

}  // namespace chat::cli
