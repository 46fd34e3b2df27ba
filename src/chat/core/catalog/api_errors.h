#pragma once

#include "chat/core/catalog/common.h"

namespace chat::errors {

/// Errors and warnings of the telephony's server.
inline constexpr std::array kApiErrors{
    ErrorInfo{.code = ErrorCode::ApiConnTimeout,
              .name = "API_CONN_TIMEOUT",
              .severity = Severity::Medium,
              .retryable = true,
              .meaning = "The telephony's server took too long to answer.",
              .wayOut = "Run the same command again; it goes on where it stopped.",
              .causes = {"The server or the network is overloaded.",
                         "A firewall drops packets instead of refusing them."},
              .steps = {"Try a shorter span of dates: it asks less of the server."},
              .byItself = kTriedAgain},
    ErrorInfo{
        .code = ErrorCode::ApiDataInvalidResponse,
        .name = "API_DATA_INVALID_RESPONSE",
        .severity = Severity::Medium,
        .retryable = false,
        .meaning = "The telephony's server answered with something that is not a list of calls.",
        .wayOut = "Check the server's address, and that its version is one that CHAT knows.",
        .causes = {"The address leads to a page for people, or to a log-in.",
                   "The server was updated and answers in another form."},
        .steps = {"Show the server's own log for the same minute to whoever runs it."},
        .byItself = "Nothing of the answer is used."},
    ErrorInfo{
        .code = ErrorCode::ApiUnkGenericError,
        .name = "API_UNK_GENERIC_ERROR",
        .severity = Severity::Medium,
        .retryable = true,
        .meaning = "The telephony's server could not be asked.",
        .wayOut = "Run the same command again; if it fails again, ask whoever runs the server.",
        .causes = {"The server answered with an error of its own."},
        .steps = {"Look at the server's own log for the same minute."},
        .byItself = kTriedAgain},
};

}  // namespace chat::errors
