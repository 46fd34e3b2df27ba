#include "chat/core/error_markdown.h"

#include "chat/core/error.h"
#include "chat/core/error_taxonomy.h"
#include "chat/core/recovery_strategy.h"

#include <fmt/format.h>

namespace chat {

namespace {

std::string listed(const Sentences& sentences) {
    std::string list;
    for (const std::string_view sentence : sentences) {
        if (!sentence.empty()) {
            list += fmt::format("- {}\n", sentence);
        }
    }
    return list;
}

std::string strategyTable() {
    std::string table = "\n| strategy | what is done about a call that failed |\n|---|---|\n";
    for (int i = 0; i <= static_cast<int>(Strategy::RenewModel); ++i) {
        const auto strategy = static_cast<Strategy>(i);
        table += fmt::format("| {} | {} |\n", strategyName(strategy), strategyMeaning(strategy));
    }
    return table;
}

std::string strategiesText(ErrorCode code) {
    std::string text;
    for (const Strategy strategy : strategiesOf(code)) {
        text += fmt::format("{}{}", text.empty() ? "" : ", ", strategyName(strategy));
    }
    return text;
}

}  // namespace

std::string errorCatalogMarkdown() {
    std::string page =
        "# Errors and warnings\n\n"
        "Every failure and warning of CHAT has a code: the part of the program, the kind, the "
        "matter.\n"
        "What can pass by itself is marked with *again*: the same command may succeed later.\n"
        "`chat errors explain CODE` shows the same in a terminal, with what happened here.\n\n"
        "What happened is kept in the store for 90 days (`--keep-errors`), and on each machine as "
        "lines of JSON in\n"
        "`~/.local/state/chat/log/chat.log` (`$XDG_STATE_HOME/chat/log`): 5 MB, and ten packed "
        "archives. "
        "Both hold\n"
        "ids, codes and figures only; to look into the log: `chat errors list --log`, or\n"
        "`jq -r '[.time, .code, .call, .cause] | @tsv' chat.log`.\n\n"
        "What is done about a call that failed is the first of the error's strategies that can be "
        "used here and was not\n"
        "tried at this call. What each has come to in the last 30 days is kept in the store: one "
        "that helped more calls\n"
        "beyond chance goes first, and one that helped none of 20 is not tried any more. A plain "
        "retry is tried as\n"
        "often as the queue allows (`chat errors explain CODE`).\n";
    page += strategyTable();
    std::string_view module;
    for (const ErrorInfo& info : catalog()) {
        const auto own = errorModule(info.name);
        if (own != module) {
            module = own;
            page += fmt::format("\n## {}: {}\n", module, moduleTitle(module));
        }
        page += fmt::format(
            "\n### {}\n\n"
            "{} (*{}{}*)\n\n"
            "Likely causes:\n{}\n"
            "What to do:\n- {}\n{}\n"
            "What CHAT does by itself: {}\n\n"
            "Strategies: {}\n",
            info.name,
            info.meaning,
            severityName(info.severity),
            info.retryable ? ", again" : "",
            listed(info.causes),
            info.wayOut,
            listed(info.steps),
            info.byItself,
            strategiesText(info.code));
    }
    return page;
}

}  // namespace chat
