#include "json_output.h"

#include "chat/core/time_text.h"

#include <fmt/format.h>

namespace chat::cli {

std::string jsonText(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

void printJson(const Json& json) {
    fmt::print("{}\n", jsonText(json));
}

Json timeJson(const std::optional<std::chrono::system_clock::time_point>& time) {
    return time ? Json(utcSecondText(*time)) : Json(nullptr);
}

Json errorJson(const std::optional<Error>& error) {
    if (!error) {
        return nullptr;
    }
    const ErrorInfo& info = errorInfo(error->code);
    return {{"code", info.name}, {"text", error->what}, {"wayOut", info.wayOut}};
}

Json callJson(const CallAttributes& call) {
    return {{"sid", call.sid},
            {"orderId", call.orderId},
            {"chain", call.chain},
            {"storeName", call.store},
            {"agent", call.agent},
            {"phone", call.phone},
            {"callTime", call.startedAt}};
}

}  // namespace chat::cli
