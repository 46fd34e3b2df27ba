#include "chat/core/error_record.h"
#include "chat/core/time_text.h"

#include <nlohmann/json.hpp>

namespace chat {

namespace {
using Json = nlohmann::ordered_json;
}

std::string errorRecordJson(const ErrorRecord& record) {
    const ErrorInfo* info = findError(record.code);
    return Json{{"time", utcText(record.time)},
                {"code", record.code},
                {"severity", severityName(record.severity)},
                {"outcome", outcomeName(record.outcome)},
                {"meaning", info != nullptr ? info->meaning : ""},
                {"cause", record.cause},
                {"call", record.call},
                {"fileType", record.fileType},
                {"job", record.job},
                {"batch", record.batch},
                {"stage", record.stage},
                {"operation", record.operation},
                {"host", record.host},
                {"worker", record.worker},
                {"attempt", record.attempt},
                {"freeMemoryBytes", record.system.freeMemoryBytes},
                {"freeDiskBytes", record.system.freeDiskBytes},
                {"load", record.system.load},
                {"version", record.version}}
        .dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<ErrorRecord> parseErrorRecord(std::string_view line) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) {
        return std::nullopt;
    }
    try {
        const auto text = [&](const char* name) { return json.value(name, std::string()); };
        const auto time = parseUtcText(text("time"));
        if (!time || text("code").empty()) {
            return std::nullopt;
        }
        ErrorRecord record;
        record.time = *time;
        record.code = text("code");
        record.severity = severityNamed(text("severity")).value_or(Severity::Medium);
        record.outcome = outcomeNamed(text("outcome")).value_or(ErrorOutcome::Failed);
        record.cause = text("cause");
        record.call = text("call");
        record.fileType = text("fileType");
        record.job = json.value("job", std::int64_t{0});
        record.batch = json.value("batch", std::int64_t{0});
        record.stage = text("stage");
        record.operation = text("operation");
        record.host = text("host");
        record.worker = text("worker");
        record.attempt = json.value("attempt", 0);
        record.system.freeMemoryBytes = json.value("freeMemoryBytes", std::uint64_t{0});
        record.system.freeDiskBytes = json.value("freeDiskBytes", std::uint64_t{0});
        record.system.load = json.value("load", 0.0);
        record.version = text("version");
        return record;
    } catch (const Json::exception&) {
        return std::nullopt;  // a member of another kind: no record of ours
    }
}

}  // namespace chat
