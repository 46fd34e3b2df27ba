#include "wrapped_text.h"

#include "chat/core/text.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "terminal.h"

namespace chat::cli {

void printWrapped(std::string_view text, std::size_t indent, std::string_view first) {
    constexpr int kWidest = 100;
    // A file that the text goes to has no width of its own.
    const int width =
        isTerminal(STDOUT_FILENO) ? std::clamp(terminalWidth(STDOUT_FILENO), 40, kWidest) : kWidest;
    const std::size_t room = static_cast<std::size_t>(width) - indent;
    std::string line;
    for (const std::string_view word : split(text, ' ')) {
        if (!line.empty() && columns(line) + 1 + columns(word) > room) {
            fmt::print("{:<{}}{}\n", first, indent, line);
            first = {};
            line.clear();
        }
        line += line.empty() ? "" : " ";
        line += word;
    }
    fmt::print("{:<{}}{}\n", first, indent, line);
}

}  // namespace chat::cli
