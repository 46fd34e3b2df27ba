#include "chat/core/error.h"

#include "chat/core/catalog/an_errors.h"
#include "chat/core/catalog/api_errors.h"
#include "chat/core/catalog/au_errors.h"
#include "chat/core/catalog/cfg_errors.h"
#include "chat/core/catalog/db_errors.h"
#include "chat/core/catalog/dl_errors.h"
#include "chat/core/catalog/gui_errors.h"
#include "chat/core/catalog/q_errors.h"
#include "chat/core/catalog/rp_errors.h"
#include "chat/core/catalog/sys_errors.h"
#include "chat/core/catalog/tr_errors.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace chat {

namespace {

/// The parts one after the other.
template <std::size_t... Sizes>
constexpr auto joined(const std::array<ErrorInfo, Sizes>&... parts) {
    std::array<ErrorInfo, (Sizes + ...)> whole{};
    auto end = whole.begin();
    ((end = std::ranges::copy(parts, end).out), ...);
    return whole;
}

constexpr auto kCatalog = joined(errors::kSysErrors,
                                 errors::kCfgErrors,
                                 errors::kAuErrors,
                                 errors::kTrErrors,
                                 errors::kAnErrors,
                                 errors::kApiErrors,
                                 errors::kDlErrors,
                                 errors::kDbErrors,
                                 errors::kQErrors,
                                 errors::kRpErrors,
                                 errors::kGuiErrors);

constexpr bool inOrder() {
    for (std::size_t i = 0; i < kCatalog.size(); ++i) {
        if (static_cast<std::size_t>(kCatalog[i].code) != i) {
            return false;
        }
    }
    return kCatalog.size() == static_cast<std::size_t>(ErrorCode::GuiUnkGenericError) + 1;
}
static_assert(inOrder(),
              "the catalog must list every ErrorCode once, in the order of the enumeration");

}  // namespace

std::span<const ErrorInfo> catalog() {
    return kCatalog;
}

const ErrorInfo& errorInfo(ErrorCode code) {
    return kCatalog[static_cast<std::size_t>(code)];
}

std::string_view errorName(ErrorCode code) {
    return errorInfo(code).name;
}

const ErrorInfo* findError(std::string_view name) {
    const auto* found = std::ranges::find(kCatalog, name, &ErrorInfo::name);
    return found == kCatalog.end() ? nullptr : &*found;
}

std::string_view severityName(Severity severity) {
    switch (severity) {
        case Severity::Info:
            return "info";
        case Severity::Low:
            return "low";
        case Severity::Medium:
            return "medium";
        case Severity::High:
            return "high";
        case Severity::Critical:
            return "critical";
    }
    return "info";
}

Error systemError(int errnoValue,
                  std::string_view doing,
                  std::string_view path,
                  ErrorCode otherwise) {
    ErrorCode code = otherwise;
    switch (errnoValue) {
        case ENOENT:
        case ENOTDIR:
            code = ErrorCode::SysDataPathMissing;
            break;
        case EACCES:
        case EPERM:
            // Who was writing keeps its own code: the way out differs.
            code = otherwise == ErrorCode::SysUnkGenericError ? ErrorCode::SysPermPathUnreadable
                                                              : otherwise;
            break;
        case ENOSPC:
        case EDQUOT:
            code = ErrorCode::SysResDiskFull;
            break;
        case ENOMEM:
            code = ErrorCode::SysResMemoryError;
            break;
        default:
            break;
    }
    return Error{code,
                 std::string("Could not ").append(doing).append(" ").append(path),
                 std::system_category().message(errnoValue)};
}

}  // namespace chat
