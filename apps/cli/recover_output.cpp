#include "recover_output.h"

#include "chat/core/clock.h"
#include "chat/core/text.h"
#include "chat/core/time_text.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "terminal.h"

namespace chat::cli {

namespace {

using pipeline::DiscardableCall;
using pipeline::Holder;
using pipeline::KeptWork;
using pipeline::RecoverableCall;

/// "4 min ago"
std::string agoText(const std::optional<queue::Time>& time) {
    if (!time) {
        return "";
    }
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(SystemClock().now() - *time).count();
    return seconds < 120       ? fmt::format("{} s ago", std::max<std::int64_t>(seconds, 0))
           : seconds < 7'200   ? fmt::format("{} min ago", seconds / 60)
           : seconds < 172'800 ? fmt::format("{} h ago", seconds / 3'600)
                               : fmt::format("{} d ago", seconds / 86'400);
}

std::string keptText(const KeptWork& kept) {
    std::string text;
    const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
    if (kept.sound) {
        add("sound");
    }
    if (!kept.words.empty()) {
        add("words (" + kept.words + ")");
    }
    if (kept.windows > 0) {
        add(kept.windowsInAll > 0 ? fmt::format("{} of {} windows", kept.windows, kept.windowsInAll)
                                  : counted(kept.windows, "window", "windows"));
    }
    if (kept.analysis) {
        add("analysis");
    }
    if (!kept.damaged.empty()) {
        add(fmt::format("{} damaged", kept.damaged.size()));
    }
    return text.empty() ? "nothing" : text;
}

Json keptJson(const KeptWork& kept) {
    return {{"sound", kept.sound},
            {"windowsHeard", kept.windows},
            {"windows", kept.windowsInAll},
            {"words", kept.words.empty() ? Json(nullptr) : Json(kept.words)},
            {"analysis", kept.analysis},
            {"bytes", kept.bytes},
            {"seconds", kept.took.count()},
            {"damaged", kept.damaged}};
}

const char* holderName(Holder holder) {
    switch (holder) {
        case Holder::Nobody:
            return "queue";
        case Holder::Dead:
            return "dead run";
        case Holder::AtWork:
            return "at work";
        case Holder::Elsewhere:
            return "elsewhere";
    }
    return "";
}

Json recoverableJson(const RecoverableCall& call) {
    return {{"sid", call.job.call.sid},
            {"path", call.job.path},
            {"batch", call.batch.name},
            {"state", queue::stateName(call.job.state)},
            {"stage", call.stage},
            {"heldBy", holderName(call.holder)},
            {"worker", call.job.worker},
            {"begunAt", timeJson(call.job.startedAt)},
            {"recording", call.recording.empty() ? Json(nullptr) : Json(call.recording)},
            {"kept", keptJson(call.kept)}};
}

}  // namespace

void printRecoverable(const std::vector<RecoverableCall>& calls) {
    std::size_t sid = 4;
    std::size_t batch = 5;
    std::size_t kept = 4;
    for (const RecoverableCall& call : calls) {
        sid = std::max(sid, columns(printable(call.job.call.sid)));
        batch = std::max(batch, columns(printable(call.batch.name)));
        kept = std::max(kept, columns(keptText(call.kept)));
    }
    const auto width =
        isTerminal(STDOUT_FILENO) ? static_cast<std::size_t>(terminalWidth(STDOUT_FILENO)) : 140;
    const bool wide = width >= 120;
    sid = std::min<std::size_t>(sid, wide ? 34 : 14);
    batch = std::min<std::size_t>(batch, wide ? 24 : 12);
    const auto line = [&](std::string_view first,
                          std::string_view second,
                          std::string_view stage,
                          std::string_view what,
                          std::string_view size,
                          std::string_view begun,
                          std::string_view holder) {
        fmt::print("  {}  {}  {:<11} {}  {:>7}  {:<11} {}\n",
                   padded(first, sid),
                   padded(second, batch),
                   stage,
                   padded(what, kept),
                   size,
                   begun,
                   holder);
    };
    line("call", "batch", "stands in", "kept", "size", "begun", "held by");
    std::size_t dead = 0;
    std::size_t damaged = 0;
    for (const RecoverableCall& call : calls) {
        line(printable(call.job.call.sid),
             printable(call.batch.name),
             call.stage,
             keptText(call.kept),
             sizeText(call.kept.bytes),
             agoText(call.job.startedAt),
             holderName(call.holder));
        dead += call.holder == Holder::Dead ? 1 : 0;
        damaged += call.kept.damaged.empty() ? 0 : 1;
    }
    fmt::print("\n  {} begun and not ended; {} held by a run that is no more.\n",
               counted(calls.size(), "call was", "calls were"),
               dead == 0 ? "none is" : counted(dead, "is", "are"));
    if (damaged > 0) {
        fmt::print("  Of {} a checkpoint is not what was stored: that stage is done anew.\n",
                   counted(damaged, "call", "calls"));
    }
    fmt::print("  chat recover resume --all goes on with them.\n");
}

Json recoverableJson(const std::vector<RecoverableCall>& calls) {
    Json rows = Json::array();
    for (const RecoverableCall& call : calls) {
        rows.push_back(recoverableJson(call));
    }
    return rows;
}

void printResumed(const pipeline::ResumeOutcome& outcome) {
    fmt::print(
        stderr,
        "  The store was read whole and can be used: {} and {} are as they were stored",
        counted(static_cast<std::uint64_t>(outcome.inspection.results), "stage", "stages"),
        counted(static_cast<std::uint64_t>(outcome.inspection.windows), "window", "windows"));
    if (!outcome.inspection.wrong.empty()) {
        fmt::print(stderr,
                   ", all but {}, which are done anew",
                   counted(outcome.inspection.wrong.size(), "one", "of them"));
    }
    fmt::print(stderr, ".\n");
    std::size_t given = 0;
    std::size_t refused = 0;
    for (const pipeline::ResumedCall& call : outcome.calls) {
        given += call.givenBack ? 1 : 0;
        if (!call.refused.empty()) {
            ++refused;
            fmt::print(stderr, "  {}: left, {}\n", printable(call.sid), printable(call.refused));
        }
    }
    fmt::print(stderr,
               "  {} taken back from a run that is no more, {} in the queue already, {} left.\n",
               counted(given, "call", "calls"),
               outcome.calls.size() - given - refused,
               refused);
}

Json resumedJson(const pipeline::ResumeOutcome& outcome, const std::vector<std::string>& commands) {
    Json calls = Json::array();
    for (const pipeline::ResumedCall& call : outcome.calls) {
        calls.push_back({{"sid", call.sid},
                         {"batch", call.batch},
                         {"givenBack", call.givenBack},
                         {"refused", call.refused.empty() ? Json(nullptr) : Json(call.refused)}});
    }
    return {{"verified",
             {{"stages", outcome.inspection.results},
              {"windows", outcome.inspection.windows},
              {"wrong", outcome.inspection.wrong.size()}}},
            {"calls", std::move(calls)},
            {"commands", commands}};
}

void printDiscardable(const std::vector<DiscardableCall>& calls) {
    KeptWork sum;
    std::size_t count = 0;
    for (const DiscardableCall& call : calls) {
        if (!call.refused.empty()) {
            fmt::print("  {}: left, {}\n", printable(call.sid), printable(call.refused));
            continue;
        }
        ++count;
        sum.bytes += call.kept.bytes;
        sum.took += call.kept.took;
        fmt::print("  {}: {}\n", printable(call.sid), keptText(call.kept));
    }
    fmt::print("\n  Of {} this is lost: {}, {:.1f} s of work.\n",
               counted(count, "call", "calls"),
               sizeText(sum.bytes),
               sum.took.count());
}

Json discardJson(const std::vector<DiscardableCall>& calls, int gone) {
    Json all = Json::array();
    for (const DiscardableCall& call : calls) {
        all.push_back({{"sid", call.sid},
                       {"recording", call.recording},
                       {"refused", call.refused.empty() ? Json(nullptr) : Json(call.refused)},
                       {"kept", keptJson(call.kept)}});
    }
    return {{"calls", std::move(all)}, {"discarded", gone}};
}

}  // namespace chat::cli
