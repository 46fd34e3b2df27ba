#pragma once

#include "chat/core/error.h"

#include <string>
#include <string_view>

namespace chat::cli {

/// Exit statuses; `chat --help` lists them.
enum ExitStatus : int {
    kExitDone = 0,
    kExitSomeFailed = 1,
    kExitWrongUse = 2,
    kExitNothingDone = 3,
    kExitInterrupted = 130,
};

/// Whether a stream is a terminal that shows colors (NO_COLOR and TERM=dumb are obeyed).
[[nodiscard]] bool isTerminal(int fd);
[[nodiscard]] bool showsColor(int fd);
[[nodiscard]] int terminalWidth(int fd);

/// Number of columns that UTF-8 text takes, one a code point.
[[nodiscard]] std::size_t columns(std::string_view text);
/// Cut to at most `width` columns, with an ellipsis where something was cut.
[[nodiscard]] std::string fitted(std::string_view text, std::size_t width);
/// Fitted and filled up with blanks.
[[nodiscard]] std::string padded(std::string_view text, std::size_t width);

/// Prints an error on stderr: what, why, what to do, one line each.
void printErrorOnly(const Error& error);
/// The same for one that ends a command, which is logged, too.
void printError(const Error& error);
/// The same, and gives the exit status of a command that has done nothing: wrong use, stopped, or nothing done.
[[nodiscard]] int endedBy(const Error& error);

}  // namespace chat::cli
