#include "terminal.h"

#include "chat/core/error_log.h"
#include "chat/core/text.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace chat::cli {

bool isTerminal(int fd) {
    return ::isatty(fd) == 1;
}

bool showsColor(int fd) {
    // Written only before there is a second thread.
    const char* noColor = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe)
    const char* term = std::getenv("TERM");         // NOLINT(concurrency-mt-unsafe)
    return isTerminal(fd) && (noColor == nullptr || *noColor == '\0') &&
           (term == nullptr || std::string_view(term) != "dumb");
}

int terminalWidth(int fd) {
    winsize size{};
    return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::size_t columns(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text) {
        count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
    }
    return count;
}

std::string fitted(std::string_view text, std::size_t width) {
    if (columns(text) <= width) {
        return std::string(text);
    }
    std::size_t end = 0;
    for (std::size_t count = 0; end < text.size(); ++end) {
        if ((static_cast<unsigned char>(text[end]) & 0xC0) != 0x80 && ++count == width) {
            break;
        }
    }
    return std::string(text.substr(0, end)) + "\xE2\x80\xA6";
}

std::string padded(std::string_view text, std::size_t width) {
    std::string result = fitted(text, width);
    return result + std::string(width - columns(result), ' ');
}

void printErrorOnly(const Error& error) {
    const ErrorInfo& info = errorInfo(error.code);
    fmt::print(stderr, "chat: {} ({})\n", printable(error.what), info.name);
    fmt::print(stderr,
               "  why: {}{}\n",
               info.meaning,
               error.cause.empty() ? "" : " [" + printable(error.cause) + "]");
    fmt::print(stderr, "  do:  {}\n", info.wayOut);
}

void printError(const Error& error) {
    printErrorOnly(error);
    ErrorContext context;
    context.operation = "command";
    // Whoever sees the error on the screen can do without the log.
    (void)ErrorLog(defaultLogFolder())
        .append(errorRecord(error,
                            context,
                            CHAT_VERSION,
                            systemState(std::filesystem::path()),
                            std::chrono::system_clock::now()));
}

int endedBy(const Error& error) {
    printError(error);
    switch (error.code) {
        case ErrorCode::CfgValSetting:
        case ErrorCode::ApiValRequestRefused:
            return kExitWrongUse;
        case ErrorCode::SysStateStopped:
            return kExitInterrupted;
        default:
            return kExitNothingDone;
    }
}

}  // namespace chat::cli
