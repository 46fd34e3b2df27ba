#pragma once

#include "chat/core/error.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace chat {

/// What an error did to the work in hand.
enum class ErrorOutcome : std::uint8_t {
    Failed,   ///< it was given up
    Retried,  ///< it will be tried again by itself
    WentOn,   ///< it went on without what was missing
};
[[nodiscard]] std::string_view outcomeName(
    ErrorOutcome outcome);  ///< "failed", "retried", "went on"

/// Where an error happened, as its caller knows it. All of it may be empty.
struct ErrorContext {
    std::string sid;        ///< as given; recorded only where it is an id (`loggedCall`)
    std::string recording;  ///< SHA-256, once the recording has been read
    std::string file;       ///< as shown; of it only a known ending is recorded
    std::int64_t job = 0;
    std::int64_t batch = 0;
    std::string stage;      ///< "audio"; as in StageResult
    std::string operation;  ///< a fixed word of the program: "decode", "store"
    std::string worker;
    int attempt = 0;  ///< from 1
    ErrorOutcome outcome = ErrorOutcome::Failed;
};

/// What the machine had left when an error happened.
struct SystemState {
    std::uint64_t freeMemoryBytes = 0;
    std::uint64_t freeDiskBytes = 0;  ///< where the store lies
    double load = 0;                  ///< mean number of busy threads of the last minute

    bool operator==(const SystemState&) const = default;
};
[[nodiscard]] SystemState systemState(const std::filesystem::path& folder);

/// One error as it is kept in the log and in the store.
///
/// It holds ids, fixed words and numbers only: no names, phone numbers, file names, words of a call or secrets, whatever
/// the recording, its name or its manifest hold. `Error::what`, which names things, is not in it.
struct ErrorRecord {
    std::chrono::system_clock::time_point time;  ///< to the millisecond
    std::string code;  ///< a name of the catalog, or one that this version does not know
    Severity severity = Severity::Medium;
    ErrorOutcome outcome = ErrorOutcome::Failed;
    std::string call;  ///< SID, or SHA-256 of the recording; empty when neither may or can be told
    std::string fileType;  ///< ending of the recording's name, e.g. "wav"
    std::int64_t job = 0;
    std::int64_t batch = 0;
    std::string stage;
    std::string operation;
    std::string host;
    std::string worker;
    int attempt = 0;
    std::string cause;  ///< what the system or a library said, without what it may quote
    SystemState system;
    std::string version;  ///< of CHAT

    bool operator==(const ErrorRecord&) const = default;
};

[[nodiscard]] ErrorRecord errorRecord(const Error& error,
                                      const ErrorContext& context,
                                      const std::string& version,
                                      const SystemState& system,
                                      std::chrono::system_clock::time_point now);

/// The SID where it is an id of a telephony (16 to 62 letters a-f and digits after at most two letters, as "CA" and 32
/// digits of Twilio; UUIDs), else the recording: a SID that people made up can hold a name or a phone number.
[[nodiscard]] std::string loggedCall(std::string_view sid, std::string_view recording);

/// A cause without what it may quote: text in quotation marks, and words with signs or with digits as in paths,
/// addresses and phone numbers, are replaced by an ellipsis. One line, at most 300 bytes.
[[nodiscard]] std::string loggedCause(std::string_view cause);

/// One line of JSON without its end; `parseErrorRecord` gives the record back, or nothing for what is no record.
[[nodiscard]] std::string errorRecordJson(const ErrorRecord& record);
[[nodiscard]] std::optional<ErrorRecord> parseErrorRecord(std::string_view line);

[[nodiscard]] std::optional<Severity> severityNamed(std::string_view name);
[[nodiscard]] std::optional<ErrorOutcome> outcomeNamed(std::string_view name);

}  // namespace chat
