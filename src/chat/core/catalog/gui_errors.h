#pragma once

#include "chat/core/catalog/common.h"

namespace chat::errors {

/// Errors and warnings of the desktop.
inline constexpr std::array kGuiErrors{
    ErrorInfo{
        .code = ErrorCode::GuiUnkGenericError,
        .name = "GUI_UNK_GENERIC_ERROR",
        .severity = Severity::Medium,
        .retryable = false,
        .meaning = "The desktop program failed in something that CHAT has no name for.",
        .wayOut = "Start it again; work that was begun goes on without it.",
        .causes = {"A fault in CHAT, or in the system's windows."},
        .steps = {"Do the same with the command line, which can do whatever the desktop can."},
        .byItself = "Workers go on: they do not need the desktop."},
};

}  // namespace chat::errors
