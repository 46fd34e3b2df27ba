#include "chat/core/error_markdown.h"

#include "chat/core/error.h"

#include <fmt/format.h>

#include <utility>

namespace chat {

namespace {

/// What the part of a name before the first `_` stands for.
std::string_view moduleTitle(std::string_view module) {
    constexpr std::pair<std::string_view, std::string_view> kTitles[] = {
        {"SYS", "Files, memory, the run itself"},
        {"CFG", "Settings, manifests, rules"},
        {"AU", "Sound"},
        {"TR", "Transcription and models"},
        {"AN", "Analysis"},
        {"DL", "Downloads"},
        {"DB", "The store"},
        {"Q", "The queue"},
        {"RP", "Reports"},
    };
    for (const auto& [name, title] : kTitles) {
        if (name == module) {
            return title;
        }
    }
    return module;
}

}  // namespace

std::string errorCatalogMarkdown() {
    std::string page =
        "# Errors and warnings\n\n"
        "Every failure and warning of CHAT has a code: the part of the program, the kind, the "
        "matter.\n"
        "What can pass by itself is marked with *again*: the same command may succeed later.\n";
    std::string_view module;
    for (const ErrorInfo& info : catalog()) {
        const auto own = info.name.substr(0, info.name.find('_'));
        if (own != module) {
            module = own;
            page += fmt::format("\n## {}: {}\n", module, moduleTitle(module));
        }
        page += fmt::format("\n### {}\n\n{} (*{}{}*)\n\n{}\n",
                            info.name,
                            info.meaning,
                            severityName(info.severity),
                            info.retryable ? ", again" : "",
                            info.wayOut);
    }
    return page;
}

}  // namespace chat
