#include "chat/core/error_record.h"

#include <gtest/gtest.h>

namespace chat {
namespace {

const std::string kSid = "CA0123456789abcdef0123456789abcdef";
const std::string kSum(64, 'a');

TEST(LoggedCall, IsTheSidOnlyWhereThatIsAnId) {
    EXPECT_EQ(loggedCall(kSid, kSum), kSid);
    EXPECT_EQ(loggedCall("3f2b8c1e-9d4a-4e6b-8f70-1a2b3c4d5e6f", kSum),
              "3f2b8c1e-9d4a-4e6b-8f70-1a2b3c4d5e6f");
    EXPECT_EQ(loggedCall(kSum, ""), kSum);
    for (const char* made : {"",
                             "15551234567",
                             "+1 555 123 4567",
                             "555-123-4567-8901-23456",
                             "4111111111111111",
                             "Jane_Doe_0042",
                             "Jane00000000000000000000",
                             "jane.doe@example.com",
                             "call-17"}) {
        EXPECT_EQ(loggedCall(made, kSum), kSum) << made;
        EXPECT_EQ(loggedCall(made, ""), "") << made;
    }
}

TEST(LoggedCause, KeepsSentencesOfTheSystemAndOfLibraries) {
    for (const char* cause : {"No space left on device",
                              "Invalid data found when processing input",
                              "database disk image is malformed",
                              "Couldn't connect to server",
                              "disk I/O error"}) {
        const std::string expected =
            std::string_view(cause) == "disk I/O error" ? "disk \u2026 error" : cause;
        EXPECT_EQ(loggedCause(cause), expected);
    }
}

TEST(LoggedCause, LeavesOutWhatIsQuotedAndWhatLooksLikeAnAddressOrANumber) {
    EXPECT_EQ(loggedCause("Unable to open file 'jane doe.bin' in model '/data/jane'"),
              "Unable to open file \u2026 in model \u2026");
    EXPECT_EQ(loggedCause("cannot read /data/jane/555.wav"), "cannot read \u2026");
    EXPECT_EQ(loggedCause("unexpected \"my name is jane\" here"), "unexpected \u2026 here");
    EXPECT_EQ(loggedCause("asked jane@example.com twice"), "asked \u2026 twice");
    EXPECT_EQ(loggedCause("called 555 123 4567 back"), "called \u2026 back");
    EXPECT_EQ(loggedCause("called 5551234 back, 2 times"), "called \u2026 back, \u2026 times");
    EXPECT_EQ(loggedCause("token=s3cret was refused"), "\u2026 was refused");
    EXPECT_EQ(loggedCause("a line\nand \x1b[31m another"), "a \u2026 another");
    EXPECT_EQ(loggedCause("never 'closed and more"), "never \u2026");
    EXPECT_LE(loggedCause(std::string(5'000, 'x')).size(), 310U);
}

TEST(ErrorRecordOf, HoldsIdsAndNumbersButNotTheSentenceForThePerson) {
    const Error error{ErrorCode::SysResDiskFull,
                      "Could not write /calls/jane_555.wav",
                      "No space left on device"};
    ErrorContext context;
    context.sid = kSid;
    context.file = "jane_5551234567.WAV";
    context.job = 7;
    context.stage = "audio";
    context.attempt = 2;
    context.outcome = ErrorOutcome::Retried;
    const auto now =
        std::chrono::system_clock::time_point(std::chrono::microseconds(1'794'000'000'123'456));
    const ErrorRecord record = errorRecord(error, context, "0.1.0", {5, 6, 0.5}, now);
    EXPECT_EQ(record.code, "SYS_RES_DISK_FULL");
    EXPECT_EQ(record.severity, Severity::High);
    EXPECT_EQ(record.call, kSid);
    EXPECT_EQ(record.fileType, "wav");
    EXPECT_EQ(record.cause, "No space left on device");
    EXPECT_FALSE(record.host.empty());
    const std::string line = errorRecordJson(record);
    EXPECT_EQ(line.find("jane"), std::string::npos) << line;
    EXPECT_EQ(line.find("555"), std::string::npos) << line;
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_EQ(parseErrorRecord(line), record);

    context.file = "call.jane";
    EXPECT_EQ(errorRecord(error, context, "", {}, now).fileType, "");
}

TEST(ErrorRecordText, OtherTextIsNoRecord) {
    for (const char* line :
         {"",
          "{",
          "[]",
          "null",
          "{}",
          R"({"time":"2026-11-23T01:02:03.045Z"})",
          R"({"time":"2026-11-23T01:02:03.045Z","code":7})",
          R"({"time":"2026-11-23T01:02:03.045Z","code":"AU_X","job":"seven"})"}) {
        EXPECT_EQ(parseErrorRecord(line), std::nullopt) << line;
    }
    const auto unknown = parseErrorRecord(
        R"({"time":"2026-11-23T01:02:03.045Z","code":"AU_RES_GONE","severity":"high"})");
    ASSERT_TRUE(unknown);
    EXPECT_EQ(unknown->code, "AU_RES_GONE");
    EXPECT_EQ(unknown->severity, Severity::High);
}

TEST(SystemStateNow, IsThatOfThisMachine) {
    const SystemState state = systemState("/");
    EXPECT_GT(state.freeMemoryBytes, 1'000'000U);
    EXPECT_GT(state.freeDiskBytes, 0U);
    EXPECT_GE(state.load, 0);
}

}  // namespace
}  // namespace chat
