#include "chat/core/error_record.h"

#include "chat/core/audio_names.h"
#include "chat/core/error_event.h"
#include "chat/core/machine.h"
#include "chat/core/text.h"

#include <algorithm>
#include <ctime>

namespace chat {

namespace {

constexpr std::string_view kEllipsis = "\xE2\x80\xA6";
constexpr std::size_t kLongestCause = 300;

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}
bool isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool isHex(char c) {
    return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Letters with at most a sign at their end, or up to three digits: a word of a sentence.
bool isPlain(std::string_view word) {
    while (!word.empty() &&
           std::string_view(".,:;!?()").find(word.back()) != std::string_view::npos) {
        word.remove_suffix(1);
    }
    if (word.starts_with('(')) {
        word.remove_prefix(1);
    }
    return std::ranges::all_of(word, [](char c) { return isLetter(c) || c == '-' || c == '\''; }) ||
           (word.size() <= 3 && std::ranges::all_of(word, isDigit));
}

}  // namespace

std::string_view outcomeName(ErrorOutcome outcome) {
    switch (outcome) {
        case ErrorOutcome::Failed:
            return "failed";
        case ErrorOutcome::Retried:
            return "retried";
        case ErrorOutcome::WentOn:
            return "went on";
    }
    return "failed";
}

std::optional<ErrorOutcome> outcomeNamed(std::string_view name) {
    for (const auto outcome : {ErrorOutcome::Failed, ErrorOutcome::Retried, ErrorOutcome::WentOn}) {
        if (outcomeName(outcome) == name) {
            return outcome;
        }
    }
    return std::nullopt;
}

std::optional<Severity> severityNamed(std::string_view name) {
    for (const auto severity :
         {Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical}) {
        if (severityName(severity) == name) {
            return severity;
        }
    }
    return std::nullopt;
}

SystemState systemState(const std::filesystem::path& folder) {
    SystemState state;
    state.freeMemoryBytes = freeMemory();
    std::error_code error;
    const auto space = std::filesystem::space(folder.empty() ? "." : folder, error);
    state.freeDiskBytes = error ? 0 : space.available;
    state.load = machineLoad();
    return state;
}

std::string hourOf(std::chrono::system_clock::time_point time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    std::tm local{};
    ::localtime_r(&seconds, &local);
    return {static_cast<char>('0' + local.tm_hour / 10),
            static_cast<char>('0' + local.tm_hour % 10)};
}

std::string loggedCall(std::string_view sid, std::string_view recording) {
    std::string_view rest = sid;
    for (int prefix = 0; prefix < 2 && !rest.empty() && isLetter(rest.front()); ++prefix) {
        rest.remove_prefix(1);
    }
    const auto digits = std::ranges::count_if(rest, isHex);
    const bool isId = digits >= 16 && sid.size() <= 64 &&
                      std::ranges::all_of(rest, [](char c) { return isHex(c) || c == '-'; }) &&
                      std::ranges::any_of(sid, isLetter);
    return std::string(isId ? sid : recording);
}

std::string loggedCause(std::string_view cause) {
    std::string result;
    bool elided = false;
    const auto elide = [&] {
        if (!elided) {
            result += result.empty() ? "" : " ";
            result += kEllipsis;
            elided = true;
        }
    };
    const bool manyDigits = std::ranges::count_if(cause, isDigit) >= 7;
    char quote = '\0';
    for (const std::string_view word : split(cause, ' ')) {
        if (quote != '\0') {
            elide();
            if (word.find(quote) != std::string_view::npos) {
                quote = '\0';
            }
            continue;
        }
        if (word.empty()) {
            continue;
        }
        if (const auto begin = word.find_first_of("\"`'");
            begin != std::string_view::npos && (begin == 0 || !isLetter(word[begin - 1]))) {
            elide();
            quote =
                word.find(word[begin], begin + 1) == std::string_view::npos ? word[begin] : '\0';
            continue;
        }
        if (!isPlain(word) || (manyDigits && std::ranges::any_of(word, isDigit))) {
            elide();
            continue;
        }
        if (result.size() + word.size() > kLongestCause) {
            elide();
            break;
        }
        result += result.empty() ? "" : " ";
        result += word;
        elided = false;
    }
    return result;
}

ErrorRecord errorRecord(const Error& error,
                        const ErrorContext& context,
                        const std::string& version,
                        const SystemState& system,
                        std::chrono::system_clock::time_point now) {
    const ErrorInfo& info = errorInfo(error.code);
    ErrorRecord record;
    record.time = std::chrono::floor<std::chrono::milliseconds>(now);
    record.code = info.name;
    record.severity = info.severity;
    record.outcome = context.outcome;
    record.call = loggedCall(context.sid, context.recording);
    record.fileType = audioEnding(context.file);
    record.job = context.job;
    record.batch = context.batch;
    record.stage = context.stage;
    record.operation = context.operation;
    record.host = hostName();
    record.worker = context.worker;
    record.attempt = context.attempt;
    record.cause = loggedCause(error.cause);
    record.system = system;
    record.version = version;
    return record;
}

}  // namespace chat
