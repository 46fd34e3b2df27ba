#include "summary_table.h"

#include "chat/core/text.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "terminal.h"

namespace chat::cli {

namespace {

namespace fs = std::filesystem;
using report::CallStatus;

constexpr std::size_t kNameWidth = 44;
/// More calls than this are summed up only: the list would push the totals off the screen.
constexpr std::size_t kMostRows = 40;

std::string percent(Seconds part, Seconds whole) {
    return whole.count() > 0 ? fmt::format("{:.1f} %", 100 * part / whole) : "";
}

void printRow(const pipeline::CallOutcome& call) {
    const std::string name = padded(printable(call.path), kNameWidth);
    if (call.status == CallStatus::Analyzed) {
        fmt::print("  {}{:>8}{:>10}{:>9}{:>10}{:>10}\n",
                   name,
                   clockText(call.duration.count()),
                   call.silences,
                   fmt::format("{:.1f} s", call.silence.count()),
                   percent(call.silence, call.duration),
                   call.silences > 0 ? fmt::format("{:.1f} s", call.longest.count()) : "");
    } else {
        fmt::print("  {}  {}\n",
                   name,
                   call.status == CallStatus::Failed ? "failed" : "not done: " + call.skipped);
    }
}

void printFailures(const pipeline::RunOutcome& outcome) {
    for (const pipeline::CallOutcome& call : outcome.calls) {
        if (call.status == CallStatus::Failed && call.error) {
            const ErrorInfo& info = errorInfo(call.error->code);
            fmt::print(
                "\n  {}: {} ({})\n", printable(call.path), printable(call.error->what), info.name);
            fmt::print("    why: {}\n    do:  {}\n", info.meaning, info.wayOut);
        }
    }
}

Json validationJson(const pipeline::Validation& all) {
    return {{"analyzed", all.analyzed},
            {"failed", all.failed},
            {"absent", all.absent},
            {"skipped", all.skipped}};
}

}  // namespace

void printSummary(const pipeline::RunOutcome& outcome, const pipeline::RunSettings& settings) {
    const bool color = showsColor(STDOUT_FILENO);
    const char* bold = color ? "\x1B[1m" : "";
    const char* plain = color ? "\x1B[0m" : "";
    const auto& calls = outcome.calls;
    fmt::print("\n{}  {}{:>8}{:>10}{:>9}{:>10}{:>10}{}\n",
               bold,
               padded("call", kNameWidth),
               "length",
               "silences",
               "quiet",
               "share",
               "longest",
               plain);
    if (calls.size() <= kMostRows) {
        std::ranges::for_each(calls, printRow);
    }
    const auto count = [&](CallStatus status) {
        return std::ranges::count(calls, status, &pipeline::CallOutcome::status);
    };
    int silences = 0;
    Seconds longest{};
    for (const pipeline::CallOutcome& call : calls) {
        silences += call.silences;
        longest = std::max(longest, call.longest);
    }
    fmt::print(
        "{}  {}{:>8}{:>10}{:>9}{:>10}{:>10}{}\n",
        bold,
        padded(fmt::format("{} of {} calls analyzed", count(CallStatus::Analyzed), calls.size()),
               kNameWidth),
        clockText(outcome.duration.count()),
        silences,
        fmt::format("{:.1f} s", outcome.silence.count()),
        percent(outcome.silence, outcome.duration),
        silences > 0 ? fmt::format("{:.1f} s", longest.count()) : "",
        plain);
    printFailures(outcome);
    fmt::print("\n");
    if (const pipeline::Validation& all = outcome.validation;
        all.analyzed < calls.size() && !outcome.batch.empty()) {
        fmt::print(
            "  Of {} calls {} analyzed, {} failed, {} absent (no recording there), {} skipped.\n",
            calls.size(),
            all.analyzed,
            all.failed,
            all.absent,
            all.skipped);
    }
    if (const auto stopped = count(CallStatus::Stopped); stopped > 0) {
        fmt::print(
            "  {} {} not done; what was stopped is continued by the same command or by\n"
            "  chat run --batch '{}'\n",
            stopped,
            stopped == 1 ? "call is" : "calls are",
            printable(outcome.batch));
    }
    for (const std::string& note : outcome.facts.notes) {
        fmt::print("  Note: {}\n", printable(note));
    }
    const auto warnings =
        std::ranges::count_if(calls, [](const auto& call) { return call.warnings > 0; });
    if (warnings > 0) {
        fmt::print("  {} {} warnings; the report says which.\n",
                   warnings,
                   warnings == 1 ? "call has" : "calls have");
    }
    fmt::print("  Done in {:.1f} s, at most {} MiB of memory.\n",
               outcome.facts.elapsed.count(),
               outcome.facts.peakMemoryBytes >> 20);
    if (!settings.reportFolder.empty()) {
        const fs::path page = fs::absolute(settings.reportFolder).lexically_normal() / "index.html";
        fmt::print("  Open the dashboard: {}\n", printable(page.string()));
    }
}

Json outcomeJson(const pipeline::RunOutcome& outcome, const fs::path& report) {
    Json calls = Json::array();
    for (const pipeline::CallOutcome& call : outcome.calls) {
        calls.push_back({{"path", call.path},
                         {"status", report::name(call.status)},
                         {"durationSeconds", call.duration.count()},
                         {"silences", call.silences},
                         {"silenceSeconds", call.silence.count()},
                         {"longestSilenceSeconds", call.longest.count()},
                         {"warnings", call.warnings},
                         {"processingSeconds", call.processing.count()},
                         {"error", errorJson(call.error)},
                         {"skipped", call.skipped.empty() ? Json(nullptr) : Json(call.skipped)}});
    }
    Json timings = Json::array();
    for (const report::StageTiming& timing : outcome.facts.timings) {
        timings.push_back({{"stage", timing.stage},
                           {"seconds", timing.wall.count()},
                           {"calls", timing.calls},
                           {"reused", timing.reused}});
    }
    return {
        {"report",
         report.empty() ? Json(nullptr)
                        : Json((fs::absolute(report).lexically_normal() / "report.json").string())},
        {"batch", outcome.batch},
        {"validation", validationJson(outcome.validation)},
        {"complete", outcome.facts.complete},
        {"summary", Json::parse(outcome.summaryJson)},
        {"calls", std::move(calls)},
        {"notes", outcome.facts.notes},
        {"elapsedSeconds", outcome.facts.elapsed.count()},
        {"peakMemoryBytes", outcome.facts.peakMemoryBytes},
        {"timings", std::move(timings)}};
}

Json outcomesJson(const std::vector<ShownOutcome>& outcomes) {
    Json batches = Json::array();
    pipeline::Validation all;
    bool complete = true;
    Seconds elapsed{};
    std::uint64_t memory = 0;
    for (const auto& [outcome, settings] : outcomes) {
        batches.push_back(outcomeJson(*outcome, settings->reportFolder));
        all.analyzed += outcome->validation.analyzed;
        all.failed += outcome->validation.failed;
        all.absent += outcome->validation.absent;
        all.skipped += outcome->validation.skipped;
        complete = complete && outcome->facts.complete;
        elapsed = std::max(elapsed, outcome->facts.elapsed);
        memory = std::max(memory, outcome->facts.peakMemoryBytes);
    }
    return {{"batches", std::move(batches)},
            {"validation", validationJson(all)},
            {"complete", complete},
            {"elapsedSeconds", elapsed.count()},
            {"peakMemoryBytes", memory}};
}

}  // namespace chat::cli
