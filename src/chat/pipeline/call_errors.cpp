#include "chat/pipeline/call_errors.h"

#include "chat/core/error_taxonomy.h"

#include <set>

namespace chat::pipeline {

namespace {

ErrorContext attemptContext(const CallJob& job, std::string_view stage, ErrorOutcome outcome) {
    ErrorContext context = contextOf(job.queued);
    context.recording = job.recording;
    context.stage = stage;
    context.operation = "work";
    context.worker = job.queued.worker;
    context.attempt = job.queued.attempts;
    context.outcome = outcome;
    return context;
}

}  // namespace

void noteEnd(ErrorJournal& journal, const CallJob& job, const queue::AttemptEnd& end) {
    for (const Error& error : job.passedOver) {
        journal.note(error, attemptContext(job, end.stage, ErrorOutcome::WentOn));
    }
    if (end.error) {
        const bool again = end.move == queue::Move::Wait;
        journal.note(
            *end.error,
            attemptContext(job, end.stage, again ? ErrorOutcome::Retried : ErrorOutcome::Failed));
    }
}

void noteWarnings(ErrorJournal& journal,
                  const CallJob& job,
                  std::span<const Warning> warnings,
                  std::string_view stage) {
    std::set<ErrorCode> noted;
    for (const Warning& warning : warnings) {
        const ErrorInfo& info = errorInfo(warning.code);
        if (info.severity != Severity::Info && errorModule(info.name) != "TR" &&
            noted.insert(warning.code).second) {
            journal.note({warning.code, warning.text, ""},
                         attemptContext(job, stage, ErrorOutcome::WentOn));
        }
    }
}

}  // namespace chat::pipeline
