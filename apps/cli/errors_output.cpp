#include "errors_output.h"

#include "chat/analyze/error_sentences.h"
#include "chat/analyze/error_trend.h"
#include "chat/core/error_taxonomy.h"
#include "chat/core/text.h"
#include "chat/queue/retry_policy.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "terminal.h"
#include "wrapped_text.h"

namespace chat::cli {

namespace {

using analyze::ErrorCorrelation;
using analyze::ErrorsOfCode;
using analyze::momentText;

constexpr std::size_t kCodeWidth = 28;

/// A file that the text goes to has no width of its own.
std::size_t width() {
    return isTerminal(STDOUT_FILENO) ? static_cast<std::size_t>(terminalWidth(STDOUT_FILENO)) : 120;
}

void printHeading(const std::string& text) {
    const bool color = showsColor(STDOUT_FILENO);
    fmt::print("{}{}{}\n", color ? "\x1B[1m" : "", text, color ? "\x1B[0m" : "");
}

/// Says so where there is nothing to show.
bool printedNothing(const ErrorsView& view) {
    if (!view.events.empty()) {
        return false;
    }
    fmt::print("No errors since {} in {}.\n", view.since, printable(view.place));
    return true;
}

std::string impactText(const analyze::ErrorImpact& impact) {
    std::string text = fmt::format("{} met one; ", counted(impact.calls, "call", "calls"));
    if (impact.lost == 0) {
        return text + "none is lost";
    }
    text += fmt::format("{} without a result", impact.lost);
    if (impact.lostSound.count() > 0) {
        text += fmt::format(", {:.0f} minutes of sound", impact.lostSound.count() / 60);
    }
    if (impact.unknownLength > 0) {
        text += fmt::format(" ({} of unknown length)", impact.unknownLength);
    }
    return text;
}

void printTotal(const ErrorsView& view, std::size_t indent) {
    printWrapped(fmt::format("{} since {}: {}.",
                             counted(view.events.size(), "error", "errors"),
                             view.since,
                             impactText(view.analysis.impact)),
                 indent);
}

/// The call as people know it, else its id.
std::string callText(const ErrorEvent& event) {
    return printable(event.path.empty() ? event.record.call : event.path);
}

std::string share(std::size_t part, std::size_t whole) {
    return fmt::format(
        "{:.0f} %",
        100.0 * static_cast<double>(part) / static_cast<double>(std::max<std::size_t>(1, whole)));
}

/// "1 in 1,000,000" is enough: beyond it the sums are more exact than what they are made from.
std::string chanceText(double chance) {
    return chance < 1e-6 ? "less than 1 in a million" : fmt::format("1 in {:.0f}", 1 / chance);
}

void printDistribution(std::string_view title,
                       std::span<const ErrorEvent> events,
                       std::string (*value)(const ErrorEvent&),
                       std::string_view (*meaning)(std::string_view)) {
    printHeading(fmt::format("\n{}", title));
    for (const auto& [name, count] : analyze::counted(events, value)) {
        const std::string_view explained = meaning == nullptr ? "" : meaning(name);
        fmt::print("  {}{:>7}{:>7}  {}\n",
                   padded(printable(name), 10),
                   count,
                   share(count, events.size()),
                   explained == name ? "" : explained);
    }
}

/// A code with a finding about it below.
void printFinding(const std::string& code, const std::string& text) {
    fmt::print("  {}\n", printable(code));
    printWrapped(printable(text), 4);
}

void printFindings(const analyze::ErrorAnalysis& analysis) {
    if (!analysis.causes.empty()) {
        printHeading("\nlikely common causes");
        for (const analyze::CommonCause& cause : analysis.causes) {
            printFinding(cause.code, cause.sentence);
        }
    }
    if (!analysis.bursts.empty()) {
        printHeading("\nbursts");
        for (const analyze::ErrorBurst& burst : analysis.bursts) {
            printFinding(
                burst.code,
                fmt::format(
                    "{} from {} to {}{}",
                    counted(burst.calls, "call", "calls"),
                    momentText(burst.begin),
                    momentText(burst.end, false),
                    burst.worked > 0 ? fmt::format(", of {} worked on", burst.worked) : ""));
        }
    }
    if (!analysis.together.empty()) {
        printHeading("\ncome together");
        for (const analyze::ErrorsTogether& pair : analysis.together) {
            printFinding(pair.code,
                         fmt::format("{} of its {} calls also met {} (by chance: {})",
                                     pair.both,
                                     pair.calls,
                                     pair.other,
                                     chanceText(pair.chance)));
        }
    }
    if (!analysis.correlations.empty()) {
        printHeading("\nmore often than elsewhere");
        for (const ErrorCorrelation& c : analysis.correlations) {
            printFinding(
                c.code,
                fmt::format("{} of {} calls are {}; of all {} calls{} {} are (by chance: {})",
                            c.with,
                            c.calls,
                            analyze::traitText(c.trait, c.value),
                            c.all,
                            c.amongErrors ? " with an error" : "",
                            c.allWith,
                            chanceText(c.chance)));
        }
    }
}

void printSentences(const Sentences& sentences) {
    for (const std::string_view sentence : sentences) {
        if (!sentence.empty()) {
            printWrapped(sentence, 6, "    - ");
        }
    }
}

/// What is done about a code in the queue, from the table that the worker uses.
std::string retryText(const ErrorInfo& info) {
    const queue::RetryClass of = queue::retryClass(info.code);
    if (of == queue::RetryClass::Never) {
        return "A job that fails with it is not tried again in the same way.";
    }
    const queue::RetryRule& rule = queue::retryRule(of);
    const auto seconds = [](std::chrono::milliseconds time) {
        return std::chrono::duration<double>(time).count();
    };
    return fmt::format(
        "A job that fails with it is tried again in the same way as \"{}\": up to {} times in all, "
        "after random "
        "pauses of at most {:g} s, doubling up to {:g} s.",
        rule.name,
        std::min(rule.attempts, queue::kMaxAttempts),
        seconds(rule.base),
        seconds(rule.cap));
}

}  // namespace

void printErrorList(const ErrorsView& view) {
    if (printedNothing(view)) {
        return;
    }
    const std::size_t total = width();
    const bool wide = total >= 120;
    const std::size_t fixed = 2 + 18 + kCodeWidth + 9;
    const std::size_t rest = std::max<std::size_t>(12, total - std::min(total, fixed + 1));
    const std::size_t callWidth = wide ? rest * 2 / 5 : rest;
    printHeading(fmt::format("  {}{}{}{}{}",
                             padded("time", 18),
                             padded("code", kCodeWidth),
                             padded("outcome", 9),
                             padded("call", callWidth),
                             wide ? " stage and cause" : ""));
    const std::size_t begin = view.events.size() > view.limit ? view.events.size() - view.limit : 0;
    for (const ErrorEvent& event : view.events.subspan(begin)) {
        const ErrorRecord& record = event.record;
        fmt::print(
            "  {}{}{}{}{}\n",
            padded(momentText(record.time), 18),
            padded(printable(record.code), kCodeWidth),
            padded(outcomeName(record.outcome), 9),
            wide ? padded(callText(event), callWidth) : fitted(callText(event), callWidth),
            wide ? " " +
                       fitted(printable(record.stage +
                                        (record.stage.empty() || record.cause.empty() ? "" : ": ") +
                                        record.cause),
                              rest - callWidth - 2)
                 : "");
    }
    if (begin > 0) {
        fmt::print("  The last {} of {}; --limit shows more.\n", view.limit, view.events.size());
    }
}

void printErrorTop(const ErrorsView& view) {
    if (printedNothing(view)) {
        return;
    }
    printHeading(fmt::format("  {}{:>7}{:>7}{:>7}  {:<10}{}",
                             padded("code", kCodeWidth),
                             "errors",
                             "calls",
                             "lost",
                             "severity",
                             "last"));
    const auto& codes = view.analysis.codes;
    for (const ErrorsOfCode& one : std::span(codes).first(std::min(view.limit, codes.size()))) {
        fmt::print("  {}{:>7}{:>7}{:>7}  {:<10}{}\n",
                   padded(printable(one.code), kCodeWidth),
                   one.errors,
                   one.impact.calls,
                   one.impact.lost,
                   severityName(one.severity),
                   momentText(one.last));
        printWrapped(printable(errorMeaning(one.code)), 6);
    }
    fmt::print("\n");
    printTotal(view, 2);
    fmt::print("  chat errors explain CODE says what to do.\n");
}

void printErrorStats(const ErrorsView& view) {
    if (printedNothing(view)) {
        return;
    }
    printTotal(view, 0);
    printDistribution(
        "by part of the program",
        view.events,
        [](const ErrorEvent& event) { return std::string(errorModule(event.record.code)); },
        moduleTitle);
    printDistribution(
        "by kind",
        view.events,
        [](const ErrorEvent& event) { return std::string(errorCategory(event.record.code)); },
        categoryTitle);
    printDistribution(
        "by severity",
        view.events,
        [](const ErrorEvent& event) { return std::string(severityName(event.record.severity)); },
        nullptr);
    printFindings(view.analysis);
}

void printErrorTrend(const ErrorsView& view) {
    if (printedNothing(view)) {
        return;
    }
    const auto steps = analyze::errorTrend(view.events, view.analysis.from, view.analysis.to);
    const auto most = std::ranges::max_element(steps, {}, &analyze::TrendStep::errors)->errors;
    const std::size_t room = std::max<std::size_t>(20, std::min<std::size_t>(width(), 120) - 38);
    printHeading(fmt::format("  {:<18}{:>7}{:>7}", "", "errors", "lost"));
    for (const analyze::TrendStep& step : steps) {
        std::string bar;
        for (std::size_t i = 0;
             i < (step.errors * room + most - 1) / std::max<std::size_t>(1, most);
             ++i) {
            bar += "\xE2\x96\x88";
        }
        fmt::print("  {:<18}{:>7}{:>7}{}{}\n",
                   step.label,
                   step.errors,
                   step.lost,
                   bar.empty() ? "" : "  ",
                   bar);
    }
}

queue::StrategyRecord strategyRecord(const ErrorsView& view,
                                     const std::string& code,
                                     Strategy strategy) {
    if (const auto known = view.strategies.find(code); known != view.strategies.end()) {
        for (const queue::StrategyRecord& record : known->second) {
            if (record.strategy == strategy) {
                return record;
            }
        }
    }
    return {strategy, 0, 0};
}

void printErrorExplanation(const ErrorsView& view, const std::string& code) {
    printHeading(code);
    printWrapped(errorMeaning(code), 2);
    if (const ErrorInfo* info = findError(code)) {
        fmt::print("\n  Severity: {}\n\n  Likely causes:\n", severityName(info->severity));
        printSentences(info->causes);
        fmt::print("\n  What to do:\n");
        printSentences({info->wayOut});
        printSentences(info->steps);
        fmt::print("\n  What CHAT does by itself:\n");
        printWrapped(info->byItself, 4);
        printWrapped(retryText(*info), 4);
        fmt::print("\n  Strategies, the likeliest to help first:\n");
        for (const Strategy strategy : strategiesOf(info->code)) {
            const queue::StrategyRecord record = strategyRecord(view, code, strategy);
            printWrapped(
                fmt::format("{}{}",
                            strategyMeaning(strategy),
                            record.tried == 0 ? ""
                                              : fmt::format("; it helped {} of {} calls here",
                                                            record.helped,
                                                            record.tried)),
                21,
                fmt::format("    {}", strategyName(strategy)));
        }
    }
    const auto& codes = view.analysis.codes;
    const auto found = std::ranges::find(codes, code, &ErrorsOfCode::code);
    fmt::print("\n  Here, since {}:\n", view.since);
    if (found == codes.end()) {
        fmt::print("    It did not happen.\n");
        return;
    }
    printWrapped(fmt::format("{}, the last on {}: {}.",
                             counted(found->errors, "error", "errors"),
                             momentText(found->last),
                             impactText(found->impact)),
                 4);
    for (const analyze::CommonCause& cause : view.analysis.causes) {
        if (cause.code == code) {
            printWrapped(printable(cause.sentence), 4);
        }
    }
}

}  // namespace chat::cli
